"""What is told of a purchase, the same in every language: its lines with how full their cases are, whom it is
bought from, the freight check, what comes next and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from commands.purchases.hints import Fill, fill_of, told_first
from commands.purchases.rules.freight import Costs
from commands.purchases.standing import Check, LineStanding, check_now, costs_of, standing
from storage.purchase_lines import Line
from storage.purchases import Purchase, State
from storage.session import Session

# While the check can still change what becomes of the purchase.
_CHECKED: Final[frozenset[State]] = frozenset({"open", "filling", "tipped", "confirmed"})
_DECIDED: Final[frozenset[State]] = frozenset(
    {"tipped", "confirmed", "ordered", "received", "settled"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a purchase, and how full its cases are."""

    standing: LineStanding
    fill: Fill

    @property
    def line(self) -> Line:
        return self.standing.line

    @property
    def has_cases(self) -> bool:
        """Whether there is anything to fill: not where any number of units can be ordered."""
        return self.fill.size > 1

    @property
    def reference_on(self) -> date | None:
        return date.fromisoformat(self.line.reference_on) if self.line.reference_on else None


@dataclass(frozen=True, slots=True)
class Told:
    """A purchase as it is told. `suppliers` are their names, each once; `check` is None where none is to
    be shown; times are aware."""

    purchase: Purchase
    rows: tuple[Row, ...]
    suppliers: tuple[str, ...]
    costs: Costs
    check: Check | None
    has_reference: bool
    deadline: datetime
    due: datetime | None
    since: datetime

    @property
    def expected(self) -> date | None:
        """When what was ordered should come, where that was said."""
        found = self.purchase.expected_on
        return date.fromisoformat(found) if found is not None else None

    @property
    def is_decided(self) -> bool:
        """Whether what is ordered of each line is fixed."""
        return self.purchase.state in _DECIDED

    def first(self, most: int) -> tuple[Row, ...]:
        """So many lines: those that lack something first where there are more."""
        return _rows_of(told_first([row.standing for row in self.rows], most))


def _rows_of(standings: Sequence[LineStanding]) -> tuple[Row, ...]:
    return tuple(Row(one, fill_of(one)) for one in standings)


def told(session: Session, purchase: Purchase) -> Told:
    """As it stands now; a draft as it would be without anybody taking part."""
    is_checked = purchase.state in _CHECKED
    standings = standing(session, purchase)
    return Told(
        purchase=purchase,
        rows=_rows_of(standings),
        suppliers=tuple(dict.fromkeys(line.supplier_name for line in purchase.lines)),
        costs=costs_of(purchase),
        check=check_now(session, purchase, standings) if is_checked else None,
        has_reference=any(line.reference_cents is not None for line in purchase.lines),
        deadline=moment(purchase.deadline),
        due=None if purchase.due_at is None else moment(purchase.due_at),
        since=moment(purchase.state_since),
    )


def moment(milliseconds: int) -> datetime:
    """Of a stored time, which is in ms UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
