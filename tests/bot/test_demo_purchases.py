"""The demonstration's purchases are sound: one in every state, decided by the rules, and adding up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from bot.demo.cast import DEMO_NETWORKS, demo_members
from bot.demo.purchase_sample import sample
from bot.demo.purchases import seed
from bot.demo.suppliers import Cast as Directory
from bot.demo.suppliers import seed as seed_suppliers
from commands.kernel.settings import Settings
from commands.labels import load_labels
from commands.purchases import changes
from commands.purchases.standing import standing
from commands.suppliers.charter_file import shipped
from storage import commitments, jobs, networks, purchase_bills, purchases, tenders
from storage.database import Database
from storage.purchases import Purchase, State
from storage.session import Session

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
EVERYONE = {one.login: f"@{one.login}:localhost" for one in demo_members("localhost")}
SETTINGS = Settings(bot_user="@kring:localhost")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "kring.db")
    directory = Directory((EVERYONE["mehdi"], EVERYONE["quentin"]), EVERYONE["grace"], EVERYONE)

    def write(session: Session) -> None:
        for one in DEMO_NETWORKS:
            networks.add(
                session, slug=one.slug, kind=one.kind, label=None, region=one.region or None,
                languages=one.languages, criterion_kind=one.criterion_kind, openness=one.openness,
                encrypted=False, texts={"name": one.names}, room_id=f"!{one.slug}",
                created_by=None, now=1,
            )  # fmt: skip
        charter = shipped()
        seed_suppliers(
            session, load_labels(), directory, (charter.texts, charter.criteria), now=NOW
        )
        assert seed(session, SETTINGS, EVERYONE, now=NOW) == len(sample().purchase)

    await opened.write(write)
    yield opened
    await opened.close()


def every(session: Session) -> list[Purchase]:
    found = (purchases.get(session, number) for number in range(1, len(sample().purchase) + 1))
    return [one for one in found if one is not None]


def in_state(session: Session, state: State) -> Purchase:
    return next(one for one in every(session) if one.state == state)


async def test_there_is_one_in_nearly_every_state(database: Database) -> None:
    states = {one.state for one in await database.read(every)}
    assert states == set(get_args(State)) - {"confirmed"}


async def test_all_is_bought_from_the_directory_and_for_networks_that_there_are(
    database: Database,
) -> None:
    for one in await database.read(every):
        assert one.network_ids, one.title
        assert one.regions, one.title
        assert all(line.supplier_id is not None for line in one.lines), one.title
    for tender in await database.read(lambda s: tenders.in_states(s, ["open"])):
        assert tender.supplier_id is not None
        assert all(line.called > 0 for line in tender.lines)


async def test_who_takes_part_is_in_one_of_its_networks(database: Database) -> None:
    places = {one.login: {*one.networks, *one.animates} for one in demo_members("localhost")}
    for one in sample().purchase:
        for login in (one.opener, *one.takes, *one.interested):
            assert places[login] & set(one.networks), (one.title, login)


async def test_something_is_missing_where_it_is_open_or_filling(database: Database) -> None:
    def look(session: Session) -> None:
        for state in ("open", "filling"):
            assert any(each.missing for each in standing(session, in_state(session, state)))

    await database.read(look)


async def test_what_is_decided_is_shared_out_in_full(database: Database) -> None:
    def look(session: Session) -> None:
        for one in every(session):
            made = commitments.of_purchase(session, one.id)
            for line in one.lines:
                given = sum(each.ordered_units or 0 for each in made.get(line.id, ()))
                assert given == line.ordered_units, (one.title, line.article)
        tipped = in_state(session, "tipped")
        assert all(line.ordered_cases for line in tipped.lines)
        assert not any(line.ordered_cases for line in in_state(session, "failed").lines)

    await database.read(look)


async def test_what_is_settled_is_paid_to_the_cent(database: Database) -> None:
    def look(session: Session) -> None:
        one = in_state(session, "settled")
        bills = purchase_bills.of_purchase(session, one.id)
        assert len(bills) == 5 and not any(bill.is_open for bill in bills)
        net = sum(line.ordered_units * (line.ordered_cents or 0) for line in one.lines)
        assert sum(bill.net_cents for bill in bills) == net
        assert sum(bill.costs_cents for bill in bills) == one.freight_cents
        summary = purchase_bills.summary_of(session, one.id)
        assert summary is not None
        assert summary.units == sum(line.delivered_units or 0 for line in one.lines)
        assert summary.gained_cents == sum(bill.gain_cents for bill in bills) > 0

    await database.read(look)


async def test_nothing_is_due_but_the_messages_about_them(database: Database) -> None:
    due = await database.read(lambda s: jobs.due(s, now=int(NOW.timestamp() * 1000)))
    assert {job.kind for job in due} == {changes.REFRESH}
    later = await database.read(lambda s: jobs.due(s, now=int(NOW.timestamp() * 1000) * 2))
    assert {job.kind for job in later} == {changes.REFRESH, changes.STEP, changes.REMIND}


async def test_a_second_start_writes_nothing(database: Database) -> None:
    assert await database.write(lambda session: seed(session, SETTINGS, EVERYONE, now=NOW)) == 0
