"""A large group purchase alone: reading it, what a room's message needs of it, the allocation, the decision at
the deadline, the sheets; each beside the least that it takes, and the memory that the decision takes."""

from __future__ import annotations

import gc
import io
import random
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from openpyxl import Workbook, load_workbook

from commands.purchases import settlement_sheet, sheets, standing
from commands.purchases.rules.settlement import Delivered, settle
from storage import commitments, purchase_bills, purchases
from storage.commitments import Commitment
from storage.purchase_bills import BillLine, NewBill
from storage.purchases import Purchase
from storage.session import Session
from tests.bench.figures import Aim, Figure, median
from tests.commands.purchases import market
from tests.commands.talk import Talk

T = TypeVar("T")
_MEASURE = "A purchase of {lines} lines with {people} members"
_STEP = "purchases.step"
_ROUNDS = 3


def purchase_figures(folder: Path, *, lines: int, people: int) -> list[Figure]:
    """In a process of its own, whose memory is that of the purchase alone."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        return alone.submit(_measured, folder, lines, people).result()


def _measured(folder: Path, lines: int, people: int) -> list[Figure]:
    with market.market(folder) as talk:
        number = _filled(talk, lines, people)
        gc.collect()
        gc.freeze()
        figures = [*_reading(talk, number), *_computing(talk, number), *_deciding(talk, number)]
        figures += [*_settling(talk, number), *_writing(talk, number)]
    measure = _MEASURE.format(lines=lines, people=people)
    return [replace(figure, measure=measure) for figure in figures]


def _filled(talk: Talk, lines: int, people: int) -> int:
    """Everybody wants something of each line, some a little more or less, and some at no higher price."""
    chance = random.Random(7)
    drafts = [
        market.line(f"Article {number}", case=5 + number % 7, minimum=number % 3)
        for number in range(lines)
    ]
    number = market.purchase(talk, lines=drafts, freight_cents=45_000, handling_minutes=600)
    talk.write(partial(_commit, number, people, chance))
    return number


def _commit(number: int, people: int, chance: random.Random, session: Session) -> None:
    found = _purchase(session, number)
    for member in range(people):
        for line in found.lines:
            commitments.put(
                session, line.id, f"@member{member:04}:localhost", quantity=chance.randint(1, 6),
                tolerance=chance.choice((0, 0, 1, 2)),
                accepted_cents=chance.choice((1000, 1000, 900)), now=1,
            )  # fmt: skip


def _purchase(session: Session, number: int) -> Purchase:
    found = purchases.get(session, number)
    assert found is not None
    return found


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    """In seconds: the median of some rounds."""
    taken = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        result = work()
        taken.append(time.perf_counter() - begun)
    return median(taken), result


def _beside(name: str, work: Callable[[], object], floor: Callable[[], object], aim: Aim) -> Figure:
    return Figure("", name, "ms", _timed(work)[0] * 1000, _timed(floor)[0] * 1000, aim)


def _reading(talk: Talk, number: int) -> Iterable[Figure]:
    found = talk.write(partial(_purchase, number=number))

    def everything(session: Session) -> object:
        return purchases.get(session, number), commitments.of_purchase(session, number)

    def bare(session: Session) -> object:
        return [
            session.rows(f"SELECT * FROM {table}")
            for table in ("purchases", "purchase_lines", "commitments", "commitment_units")
        ]

    def told(session: Session) -> object:
        stands = standing.standing(session, found)
        return stands, standing.check_now(session, found, stands)

    def summed(session: Session) -> object:
        return session.rows("SELECT sum(units) FROM commitment_units GROUP BY commitment_id")

    yield _beside(
        "reading all of it",
        lambda: talk.write(everything),
        lambda: talk.write(bare),
        Aim("≤", 8.0, "ratio"),
    )
    yield _beside(
        "what a room's message tells",
        lambda: talk.write(told),
        lambda: talk.write(summed),
        Aim("≤", 500),
    )


def _computing(talk: Talk, number: int) -> Iterable[Figure]:
    found, made = talk.write(
        lambda session: (_purchase(session, number), commitments.of_purchase(session, number))
    )
    allotted = standing.allotments(found, made)
    yield _beside(
        "the allocation",
        lambda: standing.allotments(found, made),
        lambda: _in_order(made),
        Aim("≤", 1000),
    )
    yield _beside(
        "the freight check",
        lambda: standing.freight_check(found, made, allotted, {}),
        lambda: [allotted[one.line_id].units.get(one.id) for some in made.values() for one in some],
        Aim("≤", 500),
    )


def _in_order(made: dict[int, list[Commitment]]) -> list[int]:
    """No allocation can do with less: units in their order, counted."""
    return [
        sum(
            units
            for _, units in sorted((each.id, each.units) for one in some for each in one.parcels)
        )
        for some in made.values()
    ]


def _deciding(talk: Talk, number: int) -> Iterable[Figure]:
    """As the clock does it, with everything that is said; the floor writes down an order that is known."""

    def bare(session: Session) -> None:
        session.run("UPDATE commitments SET ordered_units = accepted_cents % 7")
        session.run("UPDATE commitments SET ordered_units = NULL")

    floor, _ = _timed(lambda: talk.write(bare))
    talk.wait(days=9)
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    begun = time.perf_counter()
    # Where cases are incomplete, the first step opens the filling phase.
    market.run_jobs(talk, _STEP)
    if market.get(talk, number).state == "filling":
        talk.wait(days=2)
        market.run_jobs(talk, _STEP)
    taken = time.perf_counter() - begun
    assert market.get(talk, number).state == "tipped"
    took, least = taken * 1000, floor * 1000
    yield Figure("", "the decision and all that is said", "ms", took, least, Aim("≤", 10_000))
    peak = _memory("VmHWM")
    yield Figure("", "peak memory of the decision", "MiB", peak, before, Aim("≤", 300))


def _memory(kind: str) -> float:
    """Resident now (`VmRSS`), or at most since the mark was put back (`VmHWM`), in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the process has no memory")


def _settling(talk: Talk, number: int) -> Iterable[Figure]:
    """What everybody owes, where all came, is worked out and stored for the sheets."""
    found, made = talk.write(
        lambda session: (_purchase(session, number), commitments.of_purchase(session, number))
    )
    delivered = [
        Delivered(
            {one.user_id or "": one.ordered_units or 0 for one in made[line.id]},
            line.ordered_cents or 0, line.vat, line.reference_cents,
        )
        for line in found.lines
    ]  # fmt: skip
    parts = settle(delivered, found.freight_cents, found.costs_vat)
    bills = [
        NewBill(
            user,
            tuple(
                BillLine(
                    found.lines[got.place].id, got.units, delivered[got.place].cents,
                    got.net_cents, got.vat_cents,
                )
                for got in part.got
            ),
            part.costs_cents, part.costs_vat_cents, part.gain_cents,
        )
        for user, part in parts.items()
    ]  # fmt: skip
    talk.write(lambda session: purchase_bills.write(session, number, bills, now=1))
    yield _beside(
        "what everybody owes",
        lambda: settle(delivered, found.freight_cents, found.costs_vat),
        lambda: [
            (user, units * line.cents) for line in delivered for user, units in line.units.items()
        ],
        Aim("≤", 1000),
    )


def _writing(talk: Talk, number: int) -> Iterable[Figure]:
    def ordered(session: Session) -> bytes:
        ctx = market.context(talk, session, market.ANI)
        (order,) = sheets.orders_of(ctx, _purchase(session, number))
        day = date(2026, 12, 7)
        workbook, _ = sheets.order_files(order, buyer="Ani", day=day, currency="EUR", ctx=ctx)
        return workbook.data

    def settled(session: Session) -> bytes:
        return settlement_sheet.settlement_file(
            market.context(talk, session, market.ANI),
            _purchase(session, number),
            purchase_bills.of_purchase(session, number),
            purchase_bills.lines_of(session, number),
            language="en",
        ).data

    for name, make in (("the order sheet", ordered), ("the settlement sheet", settled)):
        taken, data = _timed(partial(talk.write, make))
        floor, _ = _timed(partial(_plain, _cells(data)))
        yield Figure("", name, "ms", taken * 1000, floor * 1000, Aim("≤", 4.0, "ratio"))


def _cells(data: bytes) -> list[list[tuple[Any, ...]]]:
    """By sheet and row."""
    book = load_workbook(io.BytesIO(data), read_only=True)
    return [list(sheet.iter_rows(values_only=True)) for sheet in book]


def _plain(cells: list[list[tuple[Any, ...]]]) -> bytes:
    """The same cells without any format."""
    book = Workbook(write_only=True)
    for rows in cells:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
