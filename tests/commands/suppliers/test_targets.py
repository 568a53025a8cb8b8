"""`!target` and `!targets`: which share of the suppliers is approved, and how it moved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage import supplier_targets, suppliers
from storage.supplier_targets import Share
from storage.suppliers import Draft
from tests.commands.suppliers.directory import (
    ANNA,
    BUYER,
    BUYERS_ROOM,
    ROOM,
    cooperative,
    supplier,
)
from tests.commands.talk import Talk, answer


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path)
    cooperative(opened)
    yield opened
    opened.close()


def at(talk: Talk, year: int) -> None:
    talk.now = datetime(year, 6, 1, 9, tzinfo=UTC)


def prospect(talk: Talk, name: str) -> None:
    talk.write(
        lambda session: suppliers.add(
            session, Draft(name, "service"), state="prospect", proposer=None, language="en",
            now=talk.ms(),
        )
    )  # fmt: skip


def history(talk: Talk) -> None:
    """Services: 1 of 2 at the end of 2024, 2 of 3 at the end of 2025, then one is suspended."""
    at(talk, 2024)
    supplier(talk, "Ink")
    supplier(talk, "Paper", state="proposed")
    prospect(talk, "Perhaps")
    at(talk, 2025)
    supplier(talk, "Glue", condition=("Mend it", "2027-01-01"))
    at(talk, 2026)
    talk.write(lambda session: suppliers.move(session, 1, "suspended", now=talk.ms()))
    supplier(talk, "Lathe", class_="product")


def line_of(text: str, name: str) -> str:
    lines = text.split("\n")
    start = next(number for number, line in enumerate(lines) if name in line)
    return " ".join(lines[start : start + 2])


def test_the_share_is_shown_as_it_was_and_is_against_its_targets(talk: Talk) -> None:
    history(talk)
    said = answer(talk.say(BUYER, "!target 2026 service 40", room=BUYERS_ROOM))
    assert "40%" in said
    assert "33%" in said and "1 of 3" in said
    answer(talk.say(BUYER, "target 2027 service 60%"))
    text = answer(talk.say(BUYER, "!targets", room=BUYERS_ROOM))
    service = line_of(text, "service")
    assert "■■■□□□□□□□ 33% (1/3) ↘" in service
    assert "target 2026: 40%" in service and "40% ✔" not in service
    assert "2027: 60%" in service
    assert "2023: –" in service and "2026: 33%" not in service
    assert "2024: 50%" in service
    assert "2025: 67%" in service
    assert "100% (1/1)" in line_of(text, "product")
    assert "no supplier yet" in line_of(text, "investment")
    assert "conditional" in text  # what the share is stands below it


def test_a_target_that_is_reached_and_one_that_is_taken_away(talk: Talk) -> None:
    history(talk)
    for line in ("streefcijfer 2026 dienst 30", "objectif 2026 produit 100"):
        answer(talk.say(BUYER, line))
    assert talk.write(supplier_targets.every) == {(2026, "service"): 30, (2026, "product"): 100}
    assert "30% ✔" in line_of(answer(talk.say(BUYER, "targets")), "service")
    assert "it was 30%" in answer(talk.say(BUYER, "target 2026 service -"))
    assert "✔" not in line_of(answer(talk.say(BUYER, "targets")), "service")


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("target 2027 service 101", "0 to 100"),
        ("target 2027 service half", "0 to 100"),
        ("target 2027 nonsense 50", "investment"),
        ("target 2020 service 50", "2026"),
        ("target 2027", "class"),
    ],
)
def test_what_is_no_target_is_explained(talk: Talk, line: str, hint: str) -> None:
    assert hint in answer(talk.say(BUYER, line))
    assert talk.write(supplier_targets.every) == {}


def test_they_are_for_buyers_and_for_no_other_ears(talk: Talk) -> None:
    history(talk)
    assert "buyers' room" in answer(talk.say(ANNA, "targets"))
    said = talk.say(BUYER, "!targets", room=ROOM)
    assert not any("33%" in each.text for each in said if each.draft.room_id == ROOM)
    assert any("33%" in each.text for each in said)


def test_halves_are_rounded_up_and_nothing_is_no_share() -> None:
    assert Share(1, 8).percent == 13
    assert Share(0, 0).percent is None
