"""The market in which purchases are tried, opened for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.purchases.market import market
from tests.commands.talk import Talk


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with market(tmp_path) as opened:
        yield opened
