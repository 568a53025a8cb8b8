"""The index in which suppliers, and what members lend, are found; and what puts equally good ones in order.

What a document says, what a query means and who comes first is decided by `commands/suppliers`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from storage.search_index import Columns, SearchIndex
from storage.session import Session

COLUMNS: Final = ("name", "category", "mode", "class", "place", "language", "offer")
INDEX: Final = SearchIndex("supplier", COLUMNS)

# What members lend stands apart from suppliers by its rowid.
_LOANS: Final = 1 << 40
SUPPLIER_ROWS: Final = range(1, _LOANS)
LOAN_ROWS: Final = range(_LOANS, 2 * _LOANS)


@dataclass(frozen=True, slots=True)
class Document:
    """What may be found: words separated by spaces, folded; codes begin with `_`."""

    name: str = ""
    category: str = ""
    mode: str = ""
    class_: str = ""
    place: str = ""
    language: str = ""
    offer: str = ""

    def columns(self) -> Columns:
        return (
            self.name,
            self.category,
            self.mode,
            self.class_,
            self.place,
            self.language,
            self.offer,
        )


@dataclass(slots=True)
class Standing:
    """The review by which a supplier stands: the version of its charter, and scores by criterion, None for
    what is unrated."""

    charter_version: int
    scores: dict[str, int | None] = field(default_factory=dict)


def loan_row(loan_id: int) -> int:
    """The row in which something that a member lends stands."""
    return _LOANS + loan_id


def loan_id(row: int) -> int | None:
    """Of a row of the index, if it is no supplier's."""
    return row - _LOANS if row >= _LOANS else None


def standings(session: Session, supplier_ids: Iterable[int]) -> dict[int, Standing]:
    """By supplier; those that no review holds are left out."""
    found: dict[int, Standing] = {}
    for row in session.rows(
        "SELECT suppliers.id, charter_version, criterion, score FROM suppliers"
        " JOIN supplier_rounds AS rounds ON rounds.id = suppliers.round_id"
        " LEFT JOIN supplier_scores AS scores ON scores.round_id = rounds.id"
        " WHERE suppliers.id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(supplier_ids)),),
    ):
        standing = found.setdefault(row[0], Standing(row[1]))
        if row[2] is not None:
            standing.scores[row[2]] = row[3]
    return found
