"""A file goes to the homeserver once, however often its message has to be tried."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from bot import files
from bot.client import Homeserver
from storage import outbox
from storage.database import Database
from storage.outbox import Draft, FileOut


class Store:
    """Keeps count of what was put there."""

    def __init__(self) -> None:
        self.uploads = 0

    async def upload(self, data: bytes, mimetype: str, name: str) -> str:
        self.uploads += 1
        return f"mxc://example.org/{self.uploads}"


async def test_what_was_uploaded_before_is_not_uploaded_again(tmp_path: Path) -> None:
    store = Store()
    file = FileOut("kring.json", "application/json", b"{}")
    draft = Draft("m.room.message", {"body": "kring.json"}, room_id="!a", file=file)
    database = await Database.open(tmp_path / "kring.db", readers=1)
    try:
        await database.write(lambda session: outbox.add(session, draft, now=1))
        for _ in range(2):
            stored = await database.read(lambda session: outbox.file_of(session, draft.key))
            assert stored is not None
            await files.upload(cast(Homeserver, store), database, draft.key, stored)
    finally:
        await database.close()
    assert store.uploads == 1
