"""An answer that the homeserver refuses for good: whoever asked hears of it, once and in private."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio

from bot.actions import Actions
from bot.client import Homeserver
from bot.clock import milliseconds
from bot.crypto.engine import Encryption
from bot.direct import DirectChats
from bot.errors import HomeserverError
from bot.metrics import Metrics
from bot.sender import Sender
from commands.all import dialogues, routers
from commands.kernel.kernel import Kernel
from commands.kernel.settings import Settings
from storage import inbox, outbox, rooms
from storage.database import Database
from storage.outbox import Draft
from storage.session import Session
from tests.bot.scripted import BOT, StandingClock

ANNA = "@anna:example.org"
FILM, CHAT = "!film:example.org", "!chat:example.org"


class Sends:
    """A sender on a database, and what each room takes: nothing where an error code is set."""

    user_id = BOT

    def __init__(self, database: Database) -> None:
        self.database = database
        self.refuses: dict[str, str] = {}
        self.taken: list[tuple[str, str]] = []
        self.clock = StandingClock()
        caught_up = asyncio.Event()
        caught_up.set()
        self.sender = Sender(
            cast(Homeserver, self),
            database,
            Kernel(Settings(bot_user=BOT), routers(), dialogues()),
            self.clock,
            cast(DirectChats, None),
            cast(Actions, None),
            cast(Encryption, None),
            Metrics(),
            refresh=self.look,
            caught_up=caught_up,
            is_late=lambda: False,
            on_jobs=lambda: None,
            on_fatal=lambda error: None,
        )

    async def look(self, room_id: str) -> None:
        raise AssertionError(f"what {room_id} is was known")

    async def request(
        self, method: str, path: str, *, body: Any = None, **_: Any
    ) -> dict[str, Any]:
        if method == "GET":
            return {"chunk": []}
        room = next(room for room in (FILM, CHAT) if room[1:5] in path)
        if room in self.refuses:
            raise HomeserverError(self.refuses[room], 403)
        if len(body["body"]) > 60_000:
            raise HomeserverError("M_TOO_LARGE", 413)
        self.taken.append((room, body["body"]))
        return {"event_id": f"$sent{len(self.taken)}"}

    async def answers(self, *drafts: Draft, kind: inbox.Kind = "message", room: str = FILM) -> None:
        """These answer one thing that Anna said in a room; returns when everything has ended."""

        now = milliseconds(self.clock.now())

        def store(session: Session) -> list[str]:
            item = inbox.add(
                session, event_id=None, kind=kind, lane=room, room_id=room, sender=ANNA, body={},
                sent_at=now, now=now,
            )  # fmt: skip
            said = [Draft(each.type, each.content, room_id=room, inbox_id=item) for each in drafts]
            return [outbox.add(session, draft, now=now) for draft in said]

        await self.ends(await self.database.write(store))

    async def ends(self, lanes: list[str]) -> None:
        """Returns when everything in these lanes has ended."""
        self.sender.lanes.wake(lanes)
        async with asyncio.timeout(10):
            while tasks := [
                task for task in asyncio.all_tasks() if task.get_name() == "sender-lane"
            ]:
                await asyncio.wait(tasks)


@pytest_asyncio.fixture
async def sends(tmp_path: Path) -> AsyncIterator[Sends]:
    database = await Database.open(tmp_path / "kring.db", readers=1)

    def world(session: Session) -> None:
        for room_id in (FILM, CHAT):
            rooms.know(session, room_id, now=1)
            rooms.set_joined(session, room_id, True, None)
            created = {"type": "m.room.create", "sender": ANNA, "content": {"room_version": "12"}}
            rooms.apply_state(session, room_id, created)
            rooms.set_membership(session, room_id, ANNA, "join", display_name=None, since=1)
        rooms.set_kind(session, FILM, "network")
        rooms.set_kind(session, CHAT, "direct", direct_user=ANNA)
        name = {"type": "m.room.name", "sender": BOT, "content": {"name": "Film"}}
        rooms.apply_state(session, FILM, name)

    await database.write(world)
    yield Sends(database)
    await database.close()


def says(text: str = "hello") -> Draft:
    return Draft("m.room.message", {"body": text}, room_id=FILM)


async def test_a_refused_answer_is_told_once_in_the_direct_chat(sends: Sends) -> None:
    sends.refuses = {FILM: "M_FORBIDDEN"}
    await sends.answers(says("one"), says("two"))
    ((room, text),) = sends.taken
    assert room == CHAT
    assert "in “Film”" in text
    assert "ask me here" in text


async def test_what_was_too_large_is_told_in_the_direct_chat_itself(sends: Sends) -> None:
    await sends.answers(says("x" * 70_000), room=CHAT)
    ((room, text),) = sends.taken
    assert room == CHAT
    assert "too large" in text


async def test_a_notice_that_is_refused_too_is_the_end_of_it(sends: Sends) -> None:
    sends.refuses = {FILM: "M_FORBIDDEN", CHAT: "M_FORBIDDEN"}
    await sends.answers(says())
    assert sends.taken == []
    assert sends.sender.failed == 2
    assert await sends.database.read(outbox.count_waiting) == 0


async def test_a_direct_chat_that_takes_nothing_is_left_alone(sends: Sends) -> None:
    sends.refuses = {CHAT: "M_FORBIDDEN"}
    await sends.answers(says(), room=CHAT)
    assert sends.sender.failed == 1


async def test_what_nobody_asked_for_is_told_to_nobody(sends: Sends) -> None:
    sends.refuses = {FILM: "M_FORBIDDEN"}
    reaction = Draft("m.reaction", {"body": "👍"}, room_id=FILM)
    await sends.answers(reaction)
    assert sends.taken == []


async def test_what_came_of_a_membership_is_told_to_nobody(sends: Sends) -> None:
    sends.refuses = {FILM: "M_FORBIDDEN"}
    await sends.answers(says(), kind="membership")
    assert sends.taken == []


async def test_a_fault_in_telling_it_does_not_have_it_sent_again(
    sends: Sends, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Kernel, "unanswered", fails)
    sends.refuses = {FILM: "M_FORBIDDEN"}
    await sends.answers(says())
    assert sends.sender.failed == 1
    assert await sends.database.read(outbox.count_waiting) == 0
