"""Nothing is said in clear in a room that is encrypted, or that may have become it a moment ago."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio

from bot.crypto.engine import Encryption
from storage import outbox, rooms
from storage.database import Database
from storage.outbox import Draft, FileOut
from storage.session import Session
from tests.bot.scripted import BOT
from tests.bot.test_unanswered import ANNA, CHAT, FILM, Sends

MEGOLM = {"algorithm": "m.megolm.v1.aes-sha2"}
SHEET = FileOut("salaries.csv", "text/csv", b"name,amount\nanna,1\n")


def create(session: Session, room_id: str) -> None:
    """What the room is becomes known; it is not encrypted unless that was said before."""
    event = {"type": "m.room.create", "sender": ANNA, "content": {"room_version": "12"}}
    rooms.apply_state(session, room_id, event)


def encrypt(session: Session, room_id: str) -> None:
    event = {"type": "m.room.encryption", "sender": ANNA, "content": MEGOLM}
    rooms.apply_state(session, room_id, event)


class Guarded(Sends):
    """Writes down, in order, what is asked, refreshed, uploaded, encrypted and sent.

    `state` is what the homeserver says of a room's encryption; `during_upload` happens in the database
    while the first file is on its way.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.is_late = False
        self.says: dict[str, Any] | None = None
        self.during_upload: list[Callable[[Session], None]] = []
        self.steps: list[str] = []
        self.secrets: list[Mapping[str, Any]] = []
        self.sender._is_late = lambda: self.is_late
        self.sender._encryption = cast(Encryption, self)

    async def state(self, room_id: str, kind: str, key: str = "") -> dict[str, Any] | None:
        assert (kind, key) == ("m.room.encryption", "")
        self.steps.append(f"ask {room_id}")
        return self.says

    async def look(self, room_id: str) -> None:
        self.steps.append(f"refresh {room_id}")
        await self.database.write(lambda session: create(session, room_id))

    async def upload(self, data: bytes, mimetype: str, name: str | None = None) -> str:
        self.steps.append("upload" if data == SHEET.data else "upload sealed")
        for happens in self.during_upload:
            await self.database.write(happens)
        self.during_upload = []
        return f"mxc://example.org/{len(self.steps)}"

    async def encrypt(
        self, room_id: str, kind: str, content: Mapping[str, Any], *, patient: bool
    ) -> dict[str, Any]:
        self.steps.append(f"encrypt for {room_id}")
        self.secrets.append(content)
        return {"ciphertext": "sealed"}

    async def request(
        self, method: str, path: str, *, body: Any = None, **_: Any
    ) -> dict[str, Any]:
        assert method == "PUT"
        room_id = next(room for room in (FILM, CHAT) if room[1:5] in path)
        kind = "sealed" if "/m.room.encrypted/" in path else "clear"
        assert ("ciphertext" in body) == (kind == "sealed")
        assert ("body" in body) == (kind == "clear")
        self.steps.append(f"send {kind} {room_id}")
        return {"event_id": f"$sent{len(self.steps)}"}

    async def queues(self, draft: Draft) -> None:
        """Returns when it was dealt with."""
        lane = await self.database.write(lambda session: outbox.add(session, draft, now=1))
        await self.ends([lane])
        assert await self.database.read(outbox.count_waiting) == 0


@pytest_asyncio.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Guarded]:
    """The bot is in both rooms and knows nothing of either yet."""
    database = await Database.open(tmp_path / "kring.db", readers=1)

    def world(session: Session) -> None:
        for room_id in (FILM, CHAT):
            rooms.know(session, room_id, now=1)
            rooms.set_joined(session, room_id, True, None)
            for user_id in (ANNA, BOT):
                rooms.set_membership(session, room_id, user_id, "join", display_name=None, since=1)
        rooms.set_kind(session, FILM, "network")

    await database.write(world)
    yield Guarded(database)
    await database.close()


def hello() -> Draft:
    return Draft("m.room.message", {"body": "hello"}, room_id=FILM)


def sheet(user_id: str | None = None) -> Draft:
    return Draft("m.room.message", {"body": SHEET.name}, room_id=FILM, user_id=user_id, file=SHEET)


async def known(guarded: Guarded, *room_ids: str) -> None:
    def learn(session: Session) -> None:
        for room_id in room_ids:
            create(session, room_id)

    await guarded.database.write(learn)


async def test_a_late_sync_has_the_homeserver_asked_before_anything_is_clear(
    guarded: Guarded,
) -> None:
    await known(guarded, FILM)
    guarded.is_late = True
    guarded.says = MEGOLM
    await guarded.queues(hello())
    assert guarded.steps == [f"ask {FILM}", f"encrypt for {FILM}", f"send sealed {FILM}"]
    await guarded.queues(hello())
    assert guarded.steps[3:] == [f"encrypt for {FILM}", f"send sealed {FILM}"]


async def test_while_the_sync_is_late_every_clear_message_asks(guarded: Guarded) -> None:
    await known(guarded, FILM)
    guarded.is_late = True
    await guarded.queues(hello())
    await guarded.queues(hello())
    assert guarded.steps == [f"ask {FILM}", f"send clear {FILM}"] * 2


async def test_a_sync_that_keeps_up_has_told_it(guarded: Guarded) -> None:
    await known(guarded, FILM)
    guarded.says = MEGOLM
    await guarded.queues(hello())
    assert guarded.steps == [f"send clear {FILM}"]


async def test_of_an_unknown_room_the_homeserver_is_asked(guarded: Guarded) -> None:
    await guarded.queues(hello())
    assert guarded.steps == [f"ask {FILM}", f"send clear {FILM}"]


async def test_what_the_homeserver_said_of_it_holds_for_the_file_and_its_message(
    guarded: Guarded,
) -> None:
    await guarded.queues(sheet())
    assert guarded.steps == [f"ask {FILM}", "upload", f"send clear {FILM}"]


@pytest.mark.parametrize("answer", [{}, {"algorithm": None}, {"algorithm": ""}])
async def test_where_it_is_not_known_nothing_is_clear(
    guarded: Guarded, answer: dict[str, Any]
) -> None:
    guarded.says = answer
    await guarded.queues(hello())
    assert guarded.steps[0] == f"ask {FILM}"
    assert guarded.steps[-2:] == [f"encrypt for {FILM}", f"send sealed {FILM}"]


async def test_neither_is_a_file(guarded: Guarded) -> None:
    guarded.says = {}
    await guarded.queues(sheet())
    assert guarded.steps[1:] == ["upload sealed", f"encrypt for {FILM}", f"send sealed {FILM}"]
    assert "url" not in guarded.secrets[0]


async def test_who_reads_an_encrypted_room_is_known_before_it_is_encrypted_for_them(
    guarded: Guarded,
) -> None:
    await guarded.database.write(lambda session: encrypt(session, FILM))
    await guarded.queues(hello())
    assert guarded.steps == [f"refresh {FILM}", f"encrypt for {FILM}", f"send sealed {FILM}"]
    await guarded.queues(hello())
    assert guarded.steps[3:] == [f"encrypt for {FILM}", f"send sealed {FILM}"]


async def test_a_file_is_sealed_anew_where_its_room_became_encrypted_meanwhile(
    guarded: Guarded,
) -> None:
    await known(guarded, FILM)
    guarded.during_upload = [lambda session: encrypt(session, FILM)]
    await guarded.queues(sheet())
    assert guarded.steps == [
        "upload", "upload sealed", f"encrypt for {FILM}", f"send sealed {FILM}",
    ]  # fmt: skip
    [secret] = guarded.secrets
    assert "url" not in secret
    assert secret["file"]["url"] == "mxc://example.org/2"
    assert secret["file"].keys() == {"url", "key", "iv", "hashes", "v"}


async def test_another_chat_for_it_is_asked_for_itself(guarded: Guarded) -> None:
    """While the file goes up somebody else comes into the chat, so that another is taken instead."""

    def chats(session: Session) -> None:
        for room_id in (FILM, CHAT):
            rooms.set_kind(session, room_id, "direct", direct_user=ANNA)

    await guarded.database.write(chats)
    await known(guarded, FILM)
    guarded.during_upload = [lambda session: rooms.set_kind(session, FILM, "other")]
    guarded.says = MEGOLM
    await guarded.queues(sheet(ANNA))
    assert guarded.steps == [
        "upload", f"ask {CHAT}", f"refresh {CHAT}", "upload sealed",
        f"encrypt for {CHAT}", f"send sealed {CHAT}",
    ]  # fmt: skip
    assert "url" not in guarded.secrets[0]
