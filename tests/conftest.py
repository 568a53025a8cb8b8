"""Fixtures for all floors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.session import Session
from tests.commands.talk import Talk
from tests.support.memory import session_in_memory


@pytest.fixture
def session() -> Iterator[Session]:
    """A session on a fresh database in memory."""
    with session_in_memory() as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is configured where the tests run says nothing about Kring."""
    for name in [*os.environ]:
        if name.startswith("KRING_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    """A conversation partner: the whole set of commands on a database of its own."""
    opened = Talk.open(tmp_path)
    yield opened
    opened.close()
