"""Many at the same moment: commitments against the last case while the decision is taken, and call-offs of a
tender's last units by several connections to one file."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from commands.purchases import standing
from commands.purchases.rules.allocation import Allotment
from storage import commitments, purchase_lines, purchases, tenders
from storage.database import Database
from storage.purchase_lines import LineDraft, Tier
from storage.purchases import Draft
from storage.session import Session

T = TypeVar("T")
NOW = 1_700_000_000_000
PEOPLE = [f"@member{number}:localhost" for number in range(120)]
THREADS = 6


def opened(session: Session) -> int:
    """Chairs by ten, which are cheaper from 200 on."""
    draft = Draft(
        title="Chairs", language="en", currency="EUR", deadline=NOW, network_ids=(), regions=(),
        lines=(LineDraft("Chairs", "piece", 10, (Tier(1, 1000), Tier(200, 900)), 2100, "Coop"),),
        responsible=PEOPLE[0],
    )  # fmt: skip
    number = purchases.add(session, draft, opener=PEOPLE[0], now=NOW)
    purchases.move(session, number, "open", now=NOW, due_at=NOW)
    return number


def commit(user: str, quantity: int, tolerance: int, session: Session) -> bool:
    """Refused once it is decided, and then nothing of it is kept."""
    try:
        commitments.put(
            session, 1, user, quantity=quantity, tolerance=tolerance, accepted_cents=1000, now=NOW
        )
    except sqlite3.IntegrityError:
        return False
    return True


def decide(session: Session) -> Allotment:
    found = purchases.get(session, 1)
    assert found is not None
    made = commitments.of_purchase(session, found.id)
    allotment = standing.allotments(found, made)[1]
    purchase_lines.fix_order(session, 1, cases=allotment.cases, cents=allotment.cents)
    commitments.fix(session, allotment.units, allotment.dropped)
    purchases.move(session, found.id, "tipped", now=NOW)
    return allotment


async def test_whoever_was_before_the_decision_is_in_it_and_nobody_else(tmp_path: Path) -> None:
    chance = random.Random("the last case")
    wishes = {user: (chance.randint(1, 3), chance.randint(0, 2)) for user in PEOPLE}
    database = await Database.open(tmp_path / "kring.db")
    try:
        await database.write(opened)
        at_once = [database.write(partial(commit, user, *wish)) for user, wish in wishes.items()]
        half = len(at_once) // 2
        first, second = at_once[:half], at_once[half:]
        answers = await asyncio.gather(*first, database.write(decide), *second)
        made = await database.read(lambda session: commitments.of_purchase(session, 1)[1])
        line = await database.read(lambda session: purchases.get(session, 1).lines[0])  # type: ignore[union-attr]
    finally:
        await database.close()
    allotment = answers.pop(half)
    assert isinstance(allotment, Allotment)
    kept = [user for user, answer in zip(PEOPLE, answers, strict=True) if answer]
    assert kept == PEOPLE[:half]
    assert [one.user_id for one in made] == kept
    assert {one.user_id: (one.quantity, one.tolerance) for one in made} == {
        user: wishes[user] for user in kept
    }
    ordered = [one.ordered_units for one in made]
    assert None not in ordered
    assert sum(filter(None, ordered)) == line.ordered_units == allotment.cases * 10 > 0


def connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=60)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def from_threads(path: Path, works: Sequence[Callable[[Session], T]]) -> list[T]:
    """Each in a transaction of its own, by several connections that begin together."""
    barrier = threading.Barrier(THREADS)

    def run(some: Sequence[Callable[[Session], T]]) -> list[T]:
        connection = connected(path)
        session = Session(connection, writable=True)
        answers = []
        barrier.wait()
        try:
            for work in some:
                connection.execute("BEGIN IMMEDIATE")
                answers.append(work(session))
                connection.execute("COMMIT")
        finally:
            connection.close()
        return answers

    with ThreadPoolExecutor(THREADS) as pool:
        done = pool.map(run, (works[start::THREADS] for start in range(THREADS)))
        return [answer for answers in done for answer in answers]


def tendered(session: Session) -> int:
    lines = (tenders.LineDraft("Laptops", "piece", 80_000, 2100, 37),)
    draft = tenders.Draft(
        title="Laptops", language="en", currency="EUR", valid_until="2027-01-31",
        supplier_name="Coop", network_ids=(), lines=lines, responsible=PEOPLE[0],
    )  # fmt: skip
    number = tenders.add(session, draft, now=NOW)
    tenders.move(session, number, "open", now=NOW)
    return number


def call_off(user: str, units: int, session: Session) -> int:
    """The units that were got."""
    try:
        tenders.call_off(session, 1, user, units, now=NOW)
    except sqlite3.IntegrityError:
        return 0
    return units


async def test_of_a_tenders_last_units_no_more_are_called_off_than_there_are(
    tmp_path: Path,
) -> None:
    path = tmp_path / "kring.db"
    database = await Database.open(path)
    await database.write(tendered)
    await database.close()
    works = [partial(call_off, user, 1 + number % 3) for number, user in enumerate(PEOPLE)]
    got = await asyncio.to_thread(from_threads, path, works)
    with contextlib.closing(connected(path)) as connection:
        session = Session(connection, writable=False)
        found = tenders.get(session, 1)
        standing_ones = tenders.call_offs(session, 1)
    assert found is not None
    # Forty asked for one: nothing is left.
    assert sum(got) == found.lines[0].called == 37
    assert found.lines[0].remaining == 0
    assert sum(one.units for one in standing_ones) == 37


async def test_one_person_from_several_connections_has_one_commitment(tmp_path: Path) -> None:
    path = tmp_path / "kring.db"
    database = await Database.open(path)
    await database.write(opened)
    await database.close()
    works = [partial(commit, PEOPLE[number % 7], 1 + number % 5, 0) for number in range(210)]
    assert all(await asyncio.to_thread(from_threads, path, works))
    with contextlib.closing(connected(path)) as connection:
        session = Session(connection, writable=False)
        made = commitments.of_purchase(session, 1)[1]
        sums = commitments.sums(session, 1)[1]
    assert Counter(one.user_id for one in made) == Counter(PEOPLE[:7])
    assert sums.quantity == sum(one.quantity for one in made)
    assert all(1 <= one.quantity <= 5 for one in made)
