"""What an operator has: a folder with a configuration and an account for the bot, and the command line."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli import execute
from bot.demo.homeserver import EmbeddedHomeserver
from storage.inspection import inspect
from storage.rooms import Room
from tests.support.synapse import PASSWORD, unique


@dataclass
class Installation:
    """`bot` is the account's Matrix id."""

    folder: Path
    bot: str
    capsys: pytest.CaptureFixture[str]

    @classmethod
    async def made(
        cls, homeserver: EmbeddedHomeserver, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> Installation:
        account = await homeserver.register(unique("kring"), PASSWORD)
        (folder / "pw").write_text(PASSWORD + "\n")
        (folder / "config.toml").write_text(
            f'[homeserver]\nurl = "{homeserver.base_url}"\nuser_id = "{account.user_id}"\n'
            'password_file = "pw"\n[territory]\nname = "Coop"\ntimezone = "Europe/Brussels"\n'
            f'[rooms]\nspace_alias = "{unique("coop")}"\n'
        )
        return cls(folder, account.user_id, capsys)

    async def kring(self, *arguments: str) -> tuple[int, str]:
        """Exit code, and all that was said."""
        code = await asyncio.to_thread(
            execute, ["--config", str(self.folder / "config.toml"), *arguments]
        )
        said = self.capsys.readouterr()
        return code, said.out + said.err

    def configure(self, old: str, new: str) -> None:
        """Change the configuration."""
        path = self.folder / "config.toml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def lose_data(self) -> None:
        """The disk broke."""
        shutil.rmtree(self.folder / "data")

    def rooms(self) -> dict[str, Room]:
        found = inspect(self.folder / "data" / "kring.db").rooms
        assert len(found) == len({room.kind for room in found}), "a room was made twice"
        return {room.kind: room for room in found}
