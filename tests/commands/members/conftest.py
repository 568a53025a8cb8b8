"""People of a small cooperative who talk with the bot about themselves and each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.members.world import STAFF_ROOM, STAFFER
from tests.commands.talk import Talk


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path)
    opened.room("!space", "space", {})
    opened.room(STAFF_ROOM, "staff", {STAFFER: 50})
    yield opened
    opened.close()
