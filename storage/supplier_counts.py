"""How many suppliers members can find, by class and by mode."""

from __future__ import annotations

from dataclasses import dataclass, field

from storage.session import Session
from storage.suppliers import CLASSES, MODES, Class, Mode


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one class: all suppliers that members see, and by each mode that they offer (several may)."""

    total: int = 0
    by_mode: dict[Mode, int] = field(default_factory=dict)


def visible(session: Session) -> dict[Class, Counts]:
    """Every class, in its order; modes that nobody offers are left out."""
    totals = {
        row["class"]: row["found"]
        for row in session.rows(
            "SELECT class, count(*) AS found FROM suppliers"
            " WHERE state IN ('approved', 'conditional') GROUP BY class"
        )
    }
    modes: dict[str, dict[str, int]] = {}
    for row in session.rows(
        "SELECT class, value, count(*) AS offering FROM suppliers"
        " JOIN supplier_traits ON supplier_id = suppliers.id AND trait = 'mode'"
        " WHERE state IN ('approved', 'conditional') GROUP BY class, value"
    ):
        modes.setdefault(row["class"], {})[row["value"]] = row["offering"]
    return {
        class_: Counts(
            totals.get(class_, 0),
            {mode: modes[class_][mode] for mode in MODES if mode in modes.get(class_, {})},
        )
        for class_ in CLASSES
    }
