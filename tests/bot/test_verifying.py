"""A verification through the worker: steps from the inbox, answers in the outboxes, each exactly once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.clock import milliseconds
from bot.errors import Unreachable
from bot.metrics import Metrics
from bot.verifying import Verifying
from bot.worker import Worker
from commands.all import routers
from commands.kernel.kernel import Kernel
from commands.kernel.settings import Settings
from storage import inbox, outbox, rooms
from storage.crypto import devices, outgoing, own_keys
from storage.crypto.devices import Device, Listing
from storage.crypto.own_keys import OwnKeys
from storage.database import Database
from storage.session import Session
from tests.bot.crypto.person import Person, unpadded
from tests.bot.scripted import BOT, Scripted, StandingClock

ANNA = "@anna:example.org"
DIRECT = "!direct:example.org"
ED25519, MASTER = unpadded(b"d" * 32), unpadded(b"m" * 32)
KEYS = {"ed25519:KRING": ED25519, f"ed25519:{MASTER}": MASTER}


class Office:
    """A worker with a verifier on a database, and what a homeserver would list of Anna."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = StandingClock()
        self.now = milliseconds(self.clock.now())
        self.lanes: list[str] = []
        self.flushed = 0
        self.fetched: list[str] = []
        self.away = False
        self.listed: list[Device] = []
        self._seen = [0, 0]
        self._count = 0
        kernel = Kernel(Settings(bot_user=BOT, language="nl"), routers(), [])
        self.verifying = Verifying(
            database,
            kernel,
            self.clock,
            user_id=BOT,
            device_id="KRING",
            ed25519=ED25519,
            master_public=lambda: MASTER,
            who="everyone",
            fetch=self._fetch,
            on_drafts=self.lanes.extend,
            on_outgoing=self._flush,
        )
        self.worker = Worker(
            Scripted(lambda method, path, query: {}).homeserver,
            database,
            kernel,
            self.clock,
            Metrics(),
            trusted_servers=frozenset(),
            patience=60.0,
            device_since=0,
            caught_up=asyncio.Event(),
            refresh=self._fetch,
            on_drafts=self.lanes.extend,
            on_jobs=lambda: None,
            on_fatal=lambda error: None,
            verify=self.verifying.deal,
        )

    def _flush(self) -> None:
        self.flushed += 1

    async def _fetch(self, user_id: str) -> None:
        self.fetched.append(user_id)
        if self.away:
            raise Unreachable("nobody answers")

        def store(session: Session) -> None:
            devices.track(session, [user_id])
            version = devices.wanted_version(session, user_id)
            assert version is not None, "the list that is there is taken for good"
            listing = Listing(user_id, None, None, tuple(self.listed))
            devices.store(session, listing, version)

        await self.database.write(store)

    async def store(self, person: Person, step: str, content: dict[str, Any]) -> inbox.Item:
        """What the sync stores of a step."""
        self._count += 1
        in_room = person.room is not None
        is_request = in_room and step == "request"

        def add(session: Session) -> inbox.Item:
            inbox.add(
                session,
                event_id=person.transaction
                if is_request
                else f"$e{self._count}"
                if in_room
                else None,
                kind="verification",
                lane=ANNA,
                room_id=person.room,
                sender=person.user,
                body={"type": f"m.key.verification.{step}", "content": content},
                sent_at=self.now,
                now=self.now,
            )
            return inbox.next_in_lane(session, ANNA)[-1]

        return await self.database.write(add)

    async def hears(self, person: Person, step: str, content: dict[str, Any]) -> list[Any]:
        """Deal with a step as the worker does; (type, content) of what is to be sent since the last look."""
        item = await self.store(person, step, content)
        assert await self.worker._deal(item) == 0
        return await self.sent()

    async def sent(self) -> list[Any]:
        def look(session: Session) -> tuple[list[Any], list[Any]]:
            to_device = [
                (one.type, one.messages[ANNA].popitem()[1])
                for one in outgoing.waiting(session, limit=100)
            ]
            in_room = [
                (row["type"], json.loads(row["content"]))
                for row in session.rows("SELECT * FROM outbox ORDER BY id")
            ]
            return to_device, in_room

        parts = await self.database.read(look)
        fresh = [one for part, seen in zip(parts, self._seen, strict=True) for one in part[seen:]]
        self._seen = [len(part) for part in parts]
        return [(kind.rpartition(".")[2], content) for kind, content in fresh]

    def person(self, *, room: str | None = None) -> Person:
        made = Person(ANNA, "PHONE", (BOT, "KRING"), transaction="$request", room=room)
        self.listed = [Device(ANNA, "PHONE", "curve", made.ed25519, cross_signed=False)]
        return made


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    database = await Database.open(tmp_path / "kring.db", readers=1)

    def make(session: Session) -> None:
        rooms.know(session, DIRECT, now=1)
        rooms.set_kind(session, DIRECT, "direct", direct_user=ANNA)
        rooms.set_joined(session, DIRECT, True, None)
        for user in (BOT, ANNA):
            rooms.set_membership(session, DIRECT, user, "join", display_name=None, since=1)

    await database.write(make)
    yield Office(database)
    await database.close()


async def verify(office: Office, person: Person) -> list[Any]:
    """From the request to their MAC; returns what was said to that."""
    ((step, _),) = await office.hears(person, "request", person.request(office.now))
    assert step == "ready"
    ((step, accept),) = await office.hears(person, "start", person.start())
    assert step == "accept"
    person.hears_accept(accept)
    said = dict(await office.hears(person, "key", person.key()))
    assert set(said) == {"key", "mac", "message"}
    person.hears_key(said["key"])
    person.hears_mac(said["mac"], KEYS)
    assert "Dit zijn de emoji die ik zie" in said["message"]["body"]
    return await office.hears(person, "mac", person.mac())


@pytest.mark.parametrize("room", [None, DIRECT])
async def test_a_person_verifies_the_bot(office: Office, room: str | None) -> None:
    anna = office.person(room=room)
    ((step, _),) = await verify(office, anna)
    assert step == "done"
    assert await office.hears(anna, "done", anna.done()) == []
    # Whoever is in no encrypted room with the bot is looked up, once.
    assert office.fetched == [ANNA]
    if room is None:
        assert office.flushed == 4
    else:
        assert office.flushed == 0
        assert set(office.lanes) == {ANNA}


async def test_keys_that_cannot_be_fetched_hold_nobody_up(office: Office) -> None:
    office.away = True
    ((step, content),) = await verify(office, office.person(room=DIRECT))
    assert step == "cancel"
    assert content["code"] == "m.key_mismatch"
    assert content["reason"].startswith("De sleutels van je apparaat")


async def test_a_new_device_of_somebody_known_is_looked_up(office: Office) -> None:
    anna = office.person(room=DIRECT)
    phone, office.listed = office.listed, []
    await office.verifying._fetch(ANNA)
    office.listed = phone
    ((step, _),) = await verify(office, anna)
    assert step == "done"


async def test_what_was_taken_back_meanwhile_changes_nothing(office: Office) -> None:
    anna = office.person(room=DIRECT)
    item = await office.store(anna, "request", anna.request(office.now))
    await office.database.write(lambda s: inbox.withdraw(s, "$request", now=office.now))
    await office.verifying.deal(item)
    assert await office.sent() == []
    ((step, content),) = await office.hears(anna, "start", anna.start())
    assert (step, content["code"]) == ("cancel", "m.unknown_transaction")


async def test_a_step_whose_transaction_fails_is_taken_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = office.person(room=DIRECT)
    await office.hears(anna, "request", anna.request(office.now))
    ((_, accept),) = await office.hears(anna, "start", anna.start())
    anna.hears_accept(accept)
    item = await office.store(anna, "key", anna.key())
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "add", lambda *_, **__: 1 / 0)
        assert await office.worker._deal(item) > 0
    assert await office.sent() == []
    assert await office.worker._deal(item) == 0
    said = dict(await office.sent())
    anna.hears_key(said["key"])
    anna.hears_mac(said["mac"], KEYS)


@pytest.mark.parametrize(
    "body", [{}, {"type": 1, "content": 2}, {"type": "m.key.verification.key", "content": {}}]
)
async def test_what_is_no_step_is_done_with(office: Office, body: dict[str, Any]) -> None:
    anna = office.person()
    item = await office.store(anna, "key", {})
    item.body.clear()
    item.body.update(body)
    assert await office.worker._deal(item) == 0
    assert await office.sent() == []
    assert not await office.database.read(inbox.waiting_lanes)


async def test_the_keys_are_noted_for_those_who_ask(office: Office) -> None:
    await office.database.write(office.verifying.remember_keys)
    assert await office.database.read(own_keys.get) == OwnKeys(BOT, "KRING", ED25519, MASTER)
