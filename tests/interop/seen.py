"""What a person with matrix-js-sdk sees: events with their shields, and verifications."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.interop.peer import JsPerson


class PeerFault(AssertionError):
    """What was asked of the client failed there, or did not come about in time."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An event of a room as a client shows it; `colour` and `reason` are those of its shield."""

    id: str
    sender: str
    type: str
    content: dict[str, Any]
    encrypted: bool
    failure: str | None
    session: str | None
    colour: str | None
    reason: str | None
    wire: dict[str, Any] | None

    @property
    def body(self) -> str:
        body = self.content.get("m.new_content", self.content).get("body")
        return body if isinstance(body, str) else ""

    @property
    def unshielded(self) -> bool:
        """Encrypted, read, and shown without a warning."""
        return self.encrypted and self.failure is None and self.colour == "none"


@dataclass(slots=True)
class Verification:
    """A verification as this person's client sees it; `code` says why it was cancelled, `by` by whom."""

    person: JsPerson
    number: int
    user: str = ""
    room: str | None = None
    phase: str = "unsent"
    code: str | None = None
    by: str | None = None
    emoji: list[str] = field(default_factory=list)
    decimal: list[int] = field(default_factory=list)
    verified: bool = False
    refused: str | None = None

    async def reaches(self, *phases: str) -> str:
        """Wait for one of these phases."""
        await self.person.until(lambda: self.phase in phases, f"phase {phases} in {self!r}")
        return self.phase

    async def start(self) -> list[str]:
        """Begin with emoji, or go along with the other side who began; the emoji that are shown."""
        await self.reaches("ready", "started")
        await self.person.do("startSas", request=self.number)
        await self.person.until(
            lambda: bool(self.emoji) or self.phase == "cancelled", f"emoji in {self!r}"
        )
        return self.emoji

    async def accept(self) -> None:
        await self.person.do("acceptVerification", request=self.number)

    async def confirm(self) -> None:
        """Say that the emoji are the same."""
        await self.person.do("confirmSas", request=self.number)

    async def deny(self) -> None:
        """Say that the emoji differ."""
        await self.person.do("mismatchSas", request=self.number)

    async def completes(self) -> None:
        """Wait until this side is done."""
        await self.person.until(lambda: self.verified or bool(self.refused), f"an end of {self!r}")
        assert self.verified, self.refused
        await self.reaches("done")

    def __repr__(self) -> str:
        return f"verification with {self.user}: {self.phase} {self.code or ''} {self.emoji}"
