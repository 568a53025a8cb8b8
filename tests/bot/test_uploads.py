"""A file goes to the homeserver once, however often its message has to be tried, and into an encrypted room
only encrypted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pytest_asyncio
from PIL import Image

from bot import files
from bot.client import Homeserver
from bot.crypto import attachments
from bot.errors import Unreachable
from storage import outbox
from storage.database import Database
from storage.outbox import Draft, FileOut

SHEET = FileOut("salaries of anna.csv", "text/csv", b"name,amount\nanna,1\n")


class Store:
    """Keeps what was put there, with what was said of it; `broken` after so many uploads."""

    def __init__(self) -> None:
        self.put: list[tuple[bytes, str, str | None]] = []
        self.broken: int | None = None

    async def upload(self, data: bytes, mimetype: str, name: str | None = None) -> str:
        if self.broken == len(self.put):
            raise Unreachable
        self.put.append((data, mimetype, name))
        return f"mxc://example.org/{len(self.put)}"

    def opened(self, file: dict[str, Any]) -> bytes:
        """What somebody sees who has the message."""
        stored = self.put[int(file["url"].rpartition("/")[2]) - 1][0]
        return attachments.decrypt(stored, file)


class Sending:
    """A file in the outbox of a database of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = Store()
        self.key = ""

    async def queue(self, file: FileOut) -> None:
        draft = Draft("m.room.message", {"body": file.name}, room_id="!a", file=file)
        self.key = draft.key
        await self.database.write(lambda session: outbox.add(session, draft, now=1))

    async def attempt(self, *, encrypted: bool) -> dict[str, Any]:
        stored = await self.database.read(lambda session: outbox.file_of(session, self.key))
        assert stored is not None
        homeserver = cast(Homeserver, self.store)
        return await files.upload(homeserver, self.database, self.key, stored, encrypted=encrypted)


@pytest_asyncio.fixture
async def sending(tmp_path: Path) -> AsyncIterator[Sending]:
    database = await Database.open(tmp_path / "kring.db", readers=1)
    yield Sending(database)
    await database.close()


def large_picture() -> FileOut:
    written = BytesIO()
    Image.new("RGB", (1600, 900), "teal").save(written, "PNG")
    return FileOut("fill.png", "image/png", written.getvalue())


async def test_what_was_uploaded_before_is_not_uploaded_again(sending: Sending) -> None:
    await sending.queue(SHEET)
    first = await sending.attempt(encrypted=False)
    assert await sending.attempt(encrypted=False) == first
    assert first["url"] == "mxc://example.org/1"
    assert sending.store.put == [(SHEET.data, "text/csv", SHEET.name)]


async def test_an_encrypted_file_says_nothing_to_the_homeserver(sending: Sending) -> None:
    await sending.queue(SHEET)
    shown = await sending.attempt(encrypted=True)
    assert "url" not in shown
    assert shown["filename"] == SHEET.name
    assert shown["info"] == {"mimetype": "text/csv", "size": len(SHEET.data)}
    assert shown["file"].keys() == {"url", "key", "iv", "hashes", "v"}
    [(stored, mimetype, name)] = sending.store.put
    assert (mimetype, name) == ("application/octet-stream", None)
    assert b"anna" not in stored
    assert sending.store.opened(shown["file"]) == SHEET.data


async def test_a_retry_says_the_same_keys(sending: Sending) -> None:
    await sending.queue(large_picture())
    first = await sending.attempt(encrypted=True)
    assert await sending.attempt(encrypted=True) == first
    assert len(sending.store.put) == 2


async def test_the_thumbnail_is_encrypted_too(sending: Sending) -> None:
    picture = large_picture()
    await sending.queue(picture)
    shown = await sending.attempt(encrypted=True)
    assert sending.store.opened(shown["file"]) == picture.data
    info = shown["info"]
    assert "thumbnail_url" not in info
    with Image.open(BytesIO(sending.store.opened(info["thumbnail_file"]))) as thumbnail:
        assert thumbnail.size == (info["thumbnail_info"]["w"], info["thumbnail_info"]["h"])
    assert shown["file"]["key"] != info["thumbnail_file"]["key"]
    assert all(put[1:] == ("application/octet-stream", None) for put in sending.store.put)


async def test_a_room_that_became_encrypted_gets_an_encrypted_copy(sending: Sending) -> None:
    await sending.queue(large_picture())
    assert "url" in await sending.attempt(encrypted=False)
    shown = await sending.attempt(encrypted=True)
    assert "url" not in shown and "thumbnail_url" not in shown["info"]
    assert sending.store.opened(shown["file"]) == large_picture().data
    assert shown["info"]["thumbnail_file"]["url"] == "mxc://example.org/4"


async def test_what_was_once_encrypted_never_goes_out_in_clear(sending: Sending) -> None:
    await sending.queue(large_picture())
    first = await sending.attempt(encrypted=True)
    assert await sending.attempt(encrypted=False) == first
    assert len(sending.store.put) == 2


async def test_a_thumbnail_that_failed_is_tried_again_with_its_picture(sending: Sending) -> None:
    await sending.queue(large_picture())
    sending.store.broken = 1
    try:
        await sending.attempt(encrypted=True)
    except Unreachable:
        sending.store.broken = None
    shown = await sending.attempt(encrypted=True)
    assert sending.store.opened(shown["file"]) == large_picture().data
    assert sending.store.opened(shown["info"]["thumbnail_file"])
