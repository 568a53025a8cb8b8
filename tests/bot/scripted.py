"""A homeserver that answers from a script, for what one part of the engine asks by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from bot.client import Homeserver

BOT = "@kring:example.org"


class StandingClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class Scripted:
    """`answers` gets method, path and query, and returns an answer or raises; `asked` keeps what came."""

    user_id = BOT
    device_id = "KRING"
    server_name = "example.org"

    def __init__(self, answers: Callable[[str, str, Mapping[str, str]], dict[str, Any]]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str]] = []

    async def request(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, **_: Any
    ) -> dict[str, Any]:
        self.asked.append((method, path))
        return self.answers(method, path, query or {})

    async def state(self, room_id: str, kind: str, key: str = "") -> dict[str, Any] | None:
        return await self.request("GET", f"state {kind}")

    @property
    def homeserver(self) -> Homeserver:
        return cast(Homeserver, self)
