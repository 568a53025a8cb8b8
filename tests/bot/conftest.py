"""Where an operator works: a folder with a configuration and a database, and `kring` to be typed there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from bot.cli import execute
from bot.config_load import erasure_key, load
from storage.database import Database
from storage.session import Session

T = TypeVar("T")

CONFIG = """
[homeserver]
url = "http://127.0.0.1:1"
user_id = "@kring:example.org"
password = "correct horse"
[territory]
name = "Example"
timezone = "Europe/Brussels"
"""


class Office:
    """`kring` runs in this process; no homeserver answers."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def kring(self, *arguments: str) -> tuple[int, str]:
        """Exit code, and all that was said."""
        code = execute(arguments)
        said = self._capsys.readouterr()
        return code, said.out + said.err

    def do(self, work: Callable[[Session], T]) -> T:
        """Something in a transaction of its own."""

        async def write() -> T:
            database = await Database.open(self.folder / "data" / "kring.db")
            try:
                return await database.write(work)
            finally:
                await database.close()

        return asyncio.run(write())


@pytest.fixture
def root_logging() -> Iterator[None]:
    """What a test sets up for logging ends with it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


@pytest.fixture
def office(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Office:
    """With the configuration `CONFIG`, an erasure key and an empty database."""
    (tmp_path / "config.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    erasure_key(load(), create=True)
    made = Office(tmp_path, capsys)
    made.do(lambda session: None)
    return made
