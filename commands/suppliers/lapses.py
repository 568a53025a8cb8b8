"""What ends for the suppliers that members see, and what each end brings about by itself.

product.md, section 4: a lapsed knock-out suspends, a condition has its day, reviews are due. A last day still
counts: something has lapsed on the day after. When people hear of it is `upkeep`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from commands.kernel.context import Context
from commands.suppliers.values import today
from storage import charters, supplier_notices, suppliers
from storage.charters import Criterion
from storage.supplier_notices import Kind, Notice
from storage.suppliers import Supplier

# Why a supplier was suspended where nobody typed a reason; `suppliers/why` has the words.
EVIDENCE_LAPSED: Final = "#evidence"
CONDITION_LAPSED: Final = "#condition"

Consequence = Literal["suspended", "expired"]
_WEIGHT: Final[dict[Kind, int]] = {"review": 0, "evidence": 1, "condition": 2, "deal": 3}


@dataclass(frozen=True, slots=True)
class Lapse:
    """An end that comes or has come. `due` is the last day; `criterion` is None but for evidence."""

    supplier: Supplier
    kind: Kind
    due: date
    criterion: Criterion | None = None
    under_review: bool = False

    @property
    def notice(self) -> Notice:
        subject = self.criterion.key if self.criterion is not None else ""
        return Notice(self.supplier.id, self.kind, subject, self.due.isoformat())

    @property
    def suspends(self) -> bool:
        """Whether the supplier is suspended when it lapses."""
        return self.kind == "condition" or (self.criterion is not None and self.criterion.knock_out)

    def consequence(self, day: date, grace: timedelta) -> Consequence | None:
        """What it brings about on that day by itself.

        Whoever is under review is not to pay for a vote that takes its time: the end of an approval or of
        a condition waits for it, up to `grace`. A lapsed knock-out does not wait.
        """
        waits = grace if self.under_review and self.kind != "evidence" else timedelta()
        if day <= self.due + waits:
            return None
        if self.kind == "review":
            return "expired"
        return "suspended" if self.suspends else None

    @property
    def weight(self) -> int:
        """Of several that lapsed, the lowest is what counts."""
        return _WEIGHT[self.kind]


def coming(ctx: Context) -> list[Lapse]:
    """What has lapsed, or does within the days of warning, by the day and then by the supplier."""
    last = today(ctx) + timedelta(days=ctx.settings.warn_days)
    found = [lapse for lapse in _every(ctx) if lapse.due <= last]
    return sorted(found, key=lambda lapse: (lapse.due, lapse.supplier.id, lapse.weight))


def _every(ctx: Context) -> Iterator[Lapse]:
    charter = charters.in_force(ctx.session)
    evidence = supplier_notices.evidence_ends(ctx.session)
    reviewed = supplier_notices.under_review(ctx.session)
    for supplier in suppliers.visible(ctx.session):
        is_reviewed = supplier.id in reviewed
        single: dict[Kind, str | None] = {
            "review": supplier.review_due,
            "deal": supplier.deal.ends if supplier.deal is not None else None,
            "condition": supplier.condition_due if supplier.state == "conditional" else None,
        }
        for kind, day in single.items():
            if day is not None:
                yield Lapse(supplier, kind, date.fromisoformat(day), None, is_reviewed)
        ends = evidence.get(supplier.id, {})
        for criterion in charter.criteria if charter is not None else ():
            if criterion.key in ends:
                day = ends[criterion.key]
                yield Lapse(supplier, "evidence", date.fromisoformat(day), criterion, is_reviewed)
