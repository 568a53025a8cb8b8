"""What an installation decides about encryption."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """`only_cross_signed`: keys go only to devices that their owners vouch for (MSC4153).

    `wait_seconds` is how long a key is awaited; an outbound session is changed after
    `rotate_messages` messages or `rotate_seconds`, or earlier where the room asks for it.
    """

    only_cross_signed: bool = False
    wait_seconds: float = 60.0
    rotate_messages: int = 100
    rotate_seconds: int = 7 * 24 * 3600
