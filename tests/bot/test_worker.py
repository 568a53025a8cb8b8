"""What the worker leaves alone: what was taken back, edits that are nobody's, rooms that follow nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.clock import milliseconds
from bot.metrics import Metrics
from bot.worker import Worker
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.incoming import RoomReplaced
from commands.kernel.kernel import Kernel
from commands.kernel.settings import Settings
from storage import facts, inbox, outbox, rooms
from storage.database import Database
from storage.session import Session
from tests.bot.scripted import BOT, Scripted, StandingClock

ANNA, BEN = "@anna:example.org", "@ben:example.org"
ROOM, NEW = "!room:example.org", "!new:example.org"
DAY = 24 * 3_600_000

router = Router("test")


@router.command(
    "mark",
    nl=("merk",),
    fr=("marque",),
    summary="notes that it ran",
    examples={"en": ("mark",)},
    arguments=Nothing,
)
def mark(ctx: Context, arguments: Nothing) -> None:
    facts.put(ctx.session, "ran", ctx.user)


@router.replacements.append
def follow(ctx: Context, replaced: RoomReplaced) -> None:
    facts.put(ctx.session, "moved", replaced.successor)


class Works:
    """A worker on a database, and what it would find at the homeserver."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = StandingClock()
        self.now = milliseconds(self.clock.now())
        self.found: dict[str, Any] = {}
        self.worker = Worker(
            Scripted(self._answer).homeserver,
            database,
            Kernel(Settings(bot_user=BOT), [router], []),
            self.clock,
            Metrics(),
            trusted_servers=frozenset(),
            patience=60.0,
            device_since=0,
            caught_up=asyncio.Event(),
            refresh=self._refresh,
            on_drafts=lambda lanes: None,
            on_jobs=lambda: None,
            on_fatal=lambda error: None,
        )

    def _answer(self, method: str, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        return self.found

    async def _refresh(self, room_id: str) -> None:
        """The mirror knows the room already."""

    async def hears(self, kind: inbox.Kind, sender: str, body: dict[str, Any]) -> inbox.Item:
        def add(session: Session) -> inbox.Item:
            inbox.add(
                session,
                event_id="$heard",
                kind=kind,
                lane=ROOM,
                room_id=ROOM,
                sender=sender,
                body=body,
                sent_at=self.now,
                now=self.now,
            )
            (item,) = inbox.next_in_lane(session, ROOM)
            return item

        return await self.database.write(add)

    async def noted(self, name: str) -> str | None:
        return await self.database.read(lambda session: facts.get(session, name))


@pytest_asyncio.fixture
async def works(tmp_path: Path) -> AsyncIterator[Works]:
    database = await Database.open(tmp_path / "kring.db", readers=1)

    def settle(session: Session) -> None:
        for room_id, creator in ((ROOM, ANNA), (NEW, ANNA)):
            rooms.know(session, room_id, now=1)
            create = {"type": "m.room.create", "sender": creator, "content": {"room_version": "12"}}
            rooms.apply_state(session, room_id, create)
            rooms.set_membership(session, room_id, ANNA, "join", display_name=None, since=1)
        rooms.set_joined(session, ROOM, True, None)
        rooms.set_kind(session, ROOM, "network")

    await database.write(settle)
    yield Works(database)
    await database.close()


def typed(body: str) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body}


async def test_what_was_taken_back_after_it_was_read_is_not_run(works: Works) -> None:
    item = await works.hears("message", ANNA, typed("!mark"))
    await works.database.write(lambda session: inbox.withdraw(session, "$heard", now=works.now))
    await works.worker._deal(item)
    assert await works.noted("ran") is None
    assert await works.database.read(outbox.waiting_lanes) == []


@pytest.mark.parametrize(
    ("author", "age", "runs"),
    [(ANNA, 0, True), (ANNA, 5 * DAY, True), (ANNA, 7 * DAY, False), (BEN, 0, False)],
)
async def test_an_edit_is_run_if_it_is_of_ones_own_and_recent(
    works: Works, author: str, age: int, runs: bool
) -> None:
    works.found = {
        "event_id": "$original",
        "type": "m.room.message",
        "sender": author,
        "origin_server_ts": works.now - age,
        "content": typed("mark"),
    }
    relation = {"rel_type": "m.replace", "event_id": "$original"}
    body = {**typed("* !mark"), "m.new_content": typed("!mark"), "m.relates_to": relation}
    await works.worker._deal(await works.hears("edit", ANNA, body))
    assert await works.noted("ran") == (ANNA if runs else None)
    assert await works.database.read(inbox.count_waiting) == 0


@pytest.mark.parametrize(
    ("predecessor", "sender", "follows"),
    [
        (ROOM, ANNA, True),
        ("!other:example.org", ANNA, False),
        (None, ANNA, False),
        (ROOM, BEN, False),
    ],
)
async def test_a_room_is_followed_to_one_that_names_it_by_who_may_invite_there(
    works: Works, predecessor: str | None, sender: str, follows: bool
) -> None:
    works.found = {"predecessor": {"room_id": predecessor}} if predecessor else {}
    await works.worker._deal(await works.hears("state", sender, {"replacement_room": NEW}))
    assert await works.noted("moved") == (NEW if follows else None)
    left = await works.database.read(lambda session: outbox.next_in_lane(session, NEW))
    assert [item.type for item in left] == ([] if follows else ["leave"])


@pytest.mark.parametrize(("direct", "action"), [(True, "join"), (False, "leave")])
async def test_a_stranger_gets_the_bot_into_a_direct_chat_at_most(
    works: Works, direct: bool, action: str
) -> None:
    await works.worker._deal(await works.hears("invite", "@x:far.example", {"is_direct": direct}))
    (item,) = await works.database.read(lambda session: outbox.next_in_lane(session, ROOM))
    assert item.type == action
    if direct:
        assert item.content["only_direct"] is True
