"""What of a supplier and a loan goes into the search index, and when: whoever changes one calls `reindex`."""

from __future__ import annotations

from commands.labels import Labels
from storage.session import Session


def reindex(session: Session, labels: Labels, supplier_id: int) -> None:
    """Bring the index up to date with one supplier: only visible ones are in it."""


def reindex_loan(session: Session, labels: Labels, loan_id: int) -> None:
    """Bring the index up to date with one loan: only those that are offered are in it."""
