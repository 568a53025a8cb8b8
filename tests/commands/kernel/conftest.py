"""A conversation partner that knows the sample commands and conversations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.sample import ANN, BOB, open_sample
from tests.commands.talk import Talk


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = open_sample(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def film(talk: Talk) -> str:
    """A network's room with two people."""
    return talk.room("!film", "network", {ANN: 0, BOB: 0})
