"""The demonstration's directory is sound: two approved what members find, and there is some of everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.demo.cast import demo_members
from bot.demo.supplier_sample import sample
from bot.demo.suppliers import Cast, seed
from commands.labels import load_labels
from commands.suppliers import rules
from commands.suppliers.charter_file import shipped
from commands.suppliers.companies import company
from storage import (
    charters,
    deal_uses,
    loans,
    supplier_demand,
    supplier_evidence,
    supplier_rounds,
    suppliers,
)
from storage.database import Database
from storage.session import Session
from storage.suppliers import CLASSES, MODES, Supplier

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LABELS = load_labels()
LANGUAGES = {"nl", "fr", "en"}
EVERYONE = {one.login: f"@{one.login}:localhost" for one in demo_members("localhost")}
CAST = Cast((EVERYONE["mehdi"], EVERYONE["quentin"]), EVERYONE["grace"], EVERYONE)
CHARTER = (shipped().texts, shipped().criteria)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "kring.db")
    await opened.write(lambda session: seed(session, LABELS, CAST, CHARTER, now=NOW))
    yield opened
    await opened.close()


def visible(session: Session) -> list[Supplier]:
    return suppliers.visible(session)


async def test_every_supplier_that_members_find_was_approved_by_two(database: Database) -> None:
    def look(session: Session) -> None:
        charter = charters.in_force(session)
        assert charter is not None
        assert charter.made_by != charter.decided_by
        for one in visible(session):
            assert one.round_id is not None
            assert supplier_rounds.count_votes(session, one.round_id, one.state) == 2  # type: ignore[arg-type]  # visible states are verdicts
            assert one.proposer not in CAST.buyers
            scores = {
                key: each.score
                for key, each in supplier_rounds.scores(session, one.round_id).items()
            }
            assert set(scores) == {each.key for each in charter.criteria}
            assert not rules.failed_knock_outs(charter, scores), one.name
            states = [state for state, _ in suppliers.history(session, one.id)]
            assert states == ["proposed", "triage", "evidence", "review", one.state]
            moments = [at for _, at in suppliers.history(session, one.id)]
            assert moments == sorted(moments)
            assert moments[-1] < NOW.timestamp() * 1000
            assert one.review_due is not None
            assert one.review_due > NOW.date().isoformat()
            lasting = supplier_evidence.lasting(session, one.id)
            assert all(day > NOW.date().isoformat() for day in lasting.values())
            knock_outs = [each.key for each in charter.criteria if each.knock_out]
            assert lasting.keys() >= {key for key in knock_outs if scores[key] is not None}

    await database.read(look)


async def test_there_is_some_of_everything(database: Database) -> None:
    def look(session: Session) -> None:
        everyone = suppliers.every(session)
        assert len(everyone) >= 44
        found = visible(session)
        assert len(found) >= 35
        assert {mode for one in found for mode in one.modes} == set(MODES)
        assert {one.class_ for one in found} == set(CLASSES)
        regions = {LABELS.places[code].region for one in found for code in one.regions}
        assert regions >= {"brussels", "flanders", "wallonia", "berlin", "hauts-de-france"}
        states = Counter(one.state for one in everyone)
        assert states["prospect"] == 2
        assert min(
            states[state]
            for state in ("conditional", "suspended", "expired", "triage", "evidence", "review")
        ) > 0  # fmt: skip
        ratings = deal_uses.ratings(session, [one.id for one in found])
        assert sorted(rating.people for rating in ratings.values()) == [3, 6]
        soon = "2026-12-24"
        assert any(soon in supplier_evidence.lasting(session, one.id).values() for one in found)
        assert len(loans.offered(session)) == 5
        assert supplier_demand.needs(session)
        assert supplier_demand.mentions(session)

    await database.read(look)


async def test_what_is_said_of_suppliers_is_there_in_three_languages(database: Database) -> None:
    def look(session: Session) -> None:
        for one in suppliers.every(session):
            assert set(one.texts["offer"]) == LANGUAGES, one.name
            for field in ("deal", "steps"):
                assert set(one.texts.get(field, LANGUAGES)) == LANGUAGES, (one.name, field)
            if one.deal is not None:
                assert one.texts["deal"], one.name
                assert one.texts["steps"], one.name

    await database.read(look)


async def test_a_world_that_has_suppliers_is_left_alone(database: Database) -> None:
    before = await database.read(suppliers.names)
    again = await database.write(lambda session: seed(session, LABELS, CAST, CHARTER, now=NOW))
    assert again == 0
    assert await database.read(suppliers.names) == before


def test_everything_is_invented_and_named_in_the_tables() -> None:
    told = sample()
    names = [one.name for one in told.supplier]
    assert len(set(names)) == len(names)
    for one in told.supplier:
        assert one.website.endswith(".example")
        assert all(LABELS.category(code) for code in one.categories), one.name
        assert all(code in LABELS.places for code in one.regions), one.name
        if one.company:
            assert company(one.company, usual=None).number.startswith(("0999", "999"))
    for loan in told.loan:
        assert loan.who in EVERYONE
        assert LABELS.category(loan.category)
        assert loan.place in LABELS.places
    for logins in (*(one.who for one in told.need), *(one.who for one in told.mention)):
        assert set(logins) <= EVERYONE.keys()
