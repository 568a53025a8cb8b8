"""Where what was meant for one person goes, as things stand when it is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from bot.crypto.engine import Encryption
from bot.outgoing import next_job
from storage import outbox, rooms
from storage.database import Database
from storage.outbox import Draft
from storage.session import Session
from tests.bot.test_unanswered import CHAT, FILM, Sends

ANNA, BEN = "@anna:example.org", "@ben:example.org"


def direct(session: Session, room_id: str, user_id: str) -> None:
    rooms.know(session, room_id, now=1)
    rooms.set_joined(session, room_id, True, None)
    rooms.set_kind(session, room_id, "direct", direct_user=user_id)
    rooms.set_membership(session, room_id, user_id, "join", display_name=None, since=1)


def goes_to(session: Session) -> str | None:
    job = next_job(session, ANNA)
    assert job is not None
    assert job.user_id == ANNA
    return job.room_id


@pytest.mark.parametrize("addressed", [True, False])
def test_no_room_with_a_third_person_hears_it(session: Session, addressed: bool) -> None:
    direct(session, "!one", ANNA)
    draft = Draft(
        "m.room.message", {"body": "code"}, room_id="!one", user_id=ANNA if addressed else None
    )
    assert outbox.add(session, draft, now=1) == ANNA
    assert goes_to(session) == "!one"
    rooms.set_kind(session, "!one", "other")
    assert goes_to(session) is None
    direct(session, "!two", ANNA)
    assert goes_to(session) == "!two"


def test_neither_does_somebody_elses_direct_chat_or_one_that_the_bot_left(session: Session) -> None:
    direct(session, "!one", ANNA)
    outbox.add(session, Draft("m.room.message", {}, room_id="!one", user_id=ANNA), now=1)
    rooms.set_kind(session, "!one", "direct", direct_user=BEN)
    assert goes_to(session) is None
    rooms.set_kind(session, "!one", "direct", direct_user=ANNA)
    rooms.left(session, "!one")
    assert goes_to(session) is None


def test_what_is_said_in_a_room_stays_there(session: Session) -> None:
    outbox.add(session, Draft("m.room.message", {}, room_id="!room"), now=1)
    job = next_job(session, "!room")
    assert job is not None
    assert (job.room_id, job.user_id) == ("!room", None)


class Slow:
    """While keys are shared, somebody else comes into the first chat."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.rooms: list[str] = []

    async def encrypt(self, room_id: str, *_: Any, **__: Any) -> dict[str, Any]:
        self.rooms.append(room_id)
        if room_id == FILM:
            await self.database.write(lambda s: rooms.set_kind(s, FILM, "other"))
        return {"body": "sealed"}


async def test_whoever_comes_in_while_keys_are_shared_does_not_get_it(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "kring.db", readers=1)
    sends = Sends(database)
    slow = Slow(database)
    sends.sender._encryption = cast(Encryption, slow)

    def world(session: Session) -> list[str]:
        for room_id in (CHAT, FILM):
            direct(session, room_id, ANNA)
            for kind, content in (
                ("m.room.create", {"room_version": "12"}),
                ("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}),
            ):
                rooms.apply_state(
                    session, room_id, {"type": kind, "sender": ANNA, "content": content}
                )
        code = Draft("m.room.message", {"body": "code"}, room_id=FILM, user_id=ANNA)
        return [outbox.add(session, code, now=1)]

    await sends.ends(await database.write(world))
    assert slow.rooms == [FILM, CHAT]
    assert sends.taken == [(CHAT, "sealed")]
    await database.close()
