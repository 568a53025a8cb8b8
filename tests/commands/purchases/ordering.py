"""A purchase that went through, for whatever comes after: who ordered what, and what the sheets say."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import load_workbook

from commands.purchases import standing
from storage import commitments, purchase_lines, purchases
from storage.purchase_lines import LineDraft
from storage.session import Session
from tests.commands.purchases import market
from tests.commands.talk import Said, Talk

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def confirmed(
    talk: Talk,
    lines: Sequence[LineDraft],
    wanted: Mapping[str, Sequence[tuple[int, int]]],
    number: int | None = None,
    **fields: Any,
) -> int:
    """A purchase of Ani's with these lines (or that one, which is open), for which people committed (quantity,
    tolerance) for each line, and which went through."""
    number = number or market.purchase(talk, lines=lines, **fields)
    for user, quantities in wanted.items():
        for position, (quantity, tolerance) in enumerate(quantities, start=1):
            if quantity or tolerance:
                market.commit(talk, user, quantity, tolerance, number=number, position=position)

    def decide(session: Session) -> None:
        found = purchases.get(session, number)
        assert found is not None
        made = commitments.of_purchase(session, number)
        for line_id, allotment in standing.allotments(found, made).items():
            purchase_lines.fix_order(session, line_id, cases=allotment.cases, cents=allotment.cents)
            commitments.fix(session, allotment.units, allotment.dropped)
        purchases.move(session, number, "tipped", now=talk.ms())
        purchases.move(session, number, "confirmed", now=talk.ms())

    talk.write(decide)
    return number


def received(talk: Talk, number: int, came: str = "") -> None:
    """It was ordered and came, all of it or what is said."""
    talk.say(market.ANI, f"!purchase ordered {number}")
    talk.say(market.ANI, f"!purchase received {number} {came}".strip())


def files(said: Sequence[Said]) -> dict[str, bytes]:
    """What was sent, by the names of the files."""
    return {each.draft.file.name: each.draft.file.data for each in said if each.draft.file}


def cells(data: bytes, sheet: int = 0) -> list[list[Any]]:
    """The values of a workbook's sheet, by row, without the rows that are empty."""
    page = load_workbook(io.BytesIO(data)).worksheets[sheet]
    rows = ([cell.value for cell in row] for row in page.iter_rows())
    return [row for row in rows if any(value is not None for value in row)]
