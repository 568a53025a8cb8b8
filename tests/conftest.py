"""Fixtures for all floors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.talk import Talk


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    """A conversation partner: the whole set of commands on a database of its own."""
    opened = Talk.open(tmp_path)
    yield opened
    opened.close()
