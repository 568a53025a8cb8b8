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
    """An end that comes or has come. `due` is the last day; `criterion` is None but for evidence, `knocks_out`
    is whether nobody is shown without that evidence."""

    supplier: Supplier
    kind: Kind
    due: date
    criterion: Criterion | None = None
    under_review: bool = False
    knocks_out: bool = False

    @property
    def notice(self) -> Notice:
        subject = self.criterion.key if self.criterion is not None else ""
        return Notice(self.supplier.id, self.kind, subject, self.due.isoformat())

    @property
    def suspends(self) -> bool:
        """Whether the supplier is suspended when it lapses."""
        return self.kind == "condition" or self.knocks_out

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
    last = ctx.today + timedelta(days=ctx.settings.warn_days)
    found = [lapse for lapse in _every(ctx) if lapse.due <= last]
    return sorted(found, key=lambda lapse: (lapse.due, lapse.supplier.id, lapse.weight))


def _every(ctx: Context) -> Iterator[Lapse]:
    charter = charters.in_force(ctx.session)
    evidence = supplier_notices.evidence_ends(ctx.session)
    reviewed = supplier_notices.under_review(ctx.session)
    knock_outs = _KnockOuts(ctx)
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
                knocks_out = knock_outs.of(supplier, criterion)
                yield Lapse(
                    supplier,
                    "evidence",
                    date.fromisoformat(day),
                    criterion,
                    is_reviewed,
                    knocks_out,
                )


class _KnockOuts:
    """What nobody is shown without: asked by the charter in force and by the one that the supplier was
    reviewed against. What a new charter asks is looked at in the review that it brings."""

    def __init__(self, ctx: Context) -> None:
        self._session = ctx.session
        self._versions = supplier_notices.standing_by(ctx.session)
        self._keys: dict[int, frozenset[str]] = {}

    def of(self, supplier: Supplier, criterion: Criterion) -> bool:
        version = self._versions.get(supplier.id)
        return (
            criterion.knock_out and version is not None and criterion.key in self._asked_by(version)
        )

    def _asked_by(self, version: int) -> frozenset[str]:
        if version not in self._keys:
            charter = charters.get(self._session, version)
            criteria = charter.criteria if charter is not None else ()
            self._keys[version] = frozenset(one.key for one in criteria if one.knock_out)
        return self._keys[version]
