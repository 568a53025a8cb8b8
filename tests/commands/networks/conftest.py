"""A conversation partner that knows the commands of networks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.networks.world import DIALOGUES_UNDER_TEST, ROUTERS_UNDER_TEST, cooperative
from tests.commands.talk import Talk


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path, routers=ROUTERS_UNDER_TEST, dialogues=DIALOGUES_UNDER_TEST)
    cooperative(opened)
    yield opened
    opened.close()
