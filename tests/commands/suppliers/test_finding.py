"""`!suppliers` as people type it, and what they read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.suppliers.directory import CARO, cooperative, supplier
from tests.commands.talk import Talk, answer


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path)
    cooperative(opened)
    yield opened
    opened.close()


@pytest.mark.parametrize("typed", ["catalogue", "catalogus"])
def test_the_catalogue_counts_what_members_may_see(talk: Talk, typed: str) -> None:
    supplier(talk, "Inkpot", modes=("rent", "buy"))
    supplier(talk, "Quill", modes=("buy",))
    supplier(talk, "Mill", class_="product", modes=("second_hand",))
    supplier(talk, "Hidden", class_="investment", state="review")
    talk.say(CARO, "language english")
    text = answer(talk.say(CARO, typed))
    assert "3 suppliers" in text
    assert "service: 2 (rent 1 · buy 2)" in text
    assert "product: 1 (second-hand 1)" in text
    assert "investment: 0" in text
    assert "Hidden" not in text


def test_an_empty_catalogue_says_how_to_fill_it(talk: Talk) -> None:
    talk.say(CARO, "language english")
    assert "propose supplier" in answer(talk.say(CARO, "catalogue"))
