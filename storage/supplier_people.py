"""All that the directory of suppliers, and what members lend each other, hold on a person: to show it, and to
forget it. What each table makes of a former member is its own module's to say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from storage import (
    charters,
    deal_uses,
    supplier_complaints,
    supplier_contacts,
    supplier_demand,
    supplier_evidence,
    supplier_rounds,
    supplier_search,
    supplier_targets,
    suppliers,
)
from storage.session import Session

_MINE: Final = "IN (SELECT value FROM json_each(?))"
_OF_SUPPLIER: Final = "JOIN suppliers ON suppliers.id ="
_FACTS: Final = {
    "suppliers_proposed": "SELECT id AS number, name, state, created_at FROM suppliers"
    f" WHERE proposer {_MINE} ORDER BY id",
    "votes": "SELECT suppliers.name AS supplier, rounds.kind, votes.outcome AS vote,"
    " votes.reason, votes.at"
    " FROM supplier_votes AS votes JOIN supplier_rounds AS rounds ON rounds.id = votes.round_id"
    f" {_OF_SUPPLIER} rounds.supplier_id WHERE votes.user_id {_MINE} ORDER BY votes.at",
    "scores_given": "SELECT suppliers.name AS supplier, scores.criterion, scores.score, scores.note,"
    " scores.scored_at FROM supplier_scores AS scores"
    f" JOIN supplier_rounds AS rounds ON rounds.id = scores.round_id {_OF_SUPPLIER}"
    f" rounds.supplier_id WHERE scores.scored_by {_MINE} ORDER BY scores.scored_at",
    "reviews_opened": "SELECT suppliers.name AS supplier, rounds.kind, rounds.opened_at"
    f" FROM supplier_rounds AS rounds {_OF_SUPPLIER} rounds.supplier_id"
    f" WHERE rounds.opened_by {_MINE} ORDER BY rounds.id",
    "conflicts_of_interest": "SELECT suppliers.name AS supplier, conflicts.at"
    f" FROM supplier_conflicts AS conflicts {_OF_SUPPLIER} conflicts.supplier_id"
    f" WHERE conflicts.user_id {_MINE} ORDER BY conflicts.at",
    "evidence_recorded": "SELECT suppliers.name AS supplier, criterion, claim, link, file_name,"
    f" valid_until, recorded_at FROM supplier_evidence AS evidence {_OF_SUPPLIER}"
    f" evidence.supplier_id WHERE recorded_by {_MINE} ORDER BY evidence.id",
    "evidence_checked": "SELECT suppliers.name AS supplier, criterion, claim, checked_at"
    f" FROM supplier_evidence AS evidence {_OF_SUPPLIER} evidence.supplier_id"
    f" WHERE checked_by {_MINE} ORDER BY evidence.id",
    "complaints": "SELECT suppliers.name AS supplier, text, complaints.language, status, answer,"
    f" made_at, closed_at FROM supplier_complaints AS complaints {_OF_SUPPLIER}"
    f" complaints.supplier_id WHERE complaints.user_id {_MINE} ORDER BY complaints.id",
    "complaints_closed": "SELECT suppliers.name AS supplier, answer, closed_at"
    f" FROM supplier_complaints AS complaints {_OF_SUPPLIER} complaints.supplier_id"
    f" WHERE closed_by {_MINE} ORDER BY complaints.id",
    "contacts_noted": "SELECT suppliers.name AS supplier, note, contacts.at"
    f" FROM supplier_contacts AS contacts {_OF_SUPPLIER} contacts.supplier_id"
    f" WHERE contacts.user_id {_MINE} ORDER BY contacts.id",
    "targets_set": "SELECT year, class, percent, set_at FROM supplier_targets"
    f" WHERE set_by {_MINE} ORDER BY year, class",
    "charter_versions_made": "SELECT version, status, made_at FROM charter_versions"
    f" WHERE made_by {_MINE} ORDER BY version",
    "charter_versions_decided": "SELECT version, status, decided_at FROM charter_versions"
    f" WHERE decided_by {_MINE} ORDER BY version",
    "loans": "SELECT id AS number, title, mode, category, region, terms, language, offered_at,"
    f" withdrawn_at FROM loans WHERE user_id {_MINE} ORDER BY id",
    "loans_asked_for": "SELECT loans.title AS loan, loan_requests.at, answered FROM loan_requests"
    f" JOIN loans ON loans.id = loan_id WHERE loan_requests.user_id {_MINE} ORDER BY at",
}


def everything_about(session: Session, accounts: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """By what it is, oldest first; moments in ms UTC under names that end in `at`, days in ISO 8601."""
    theirs = (json.dumps(list(accounts)),)
    known = {name: [dict(row) for row in session.rows(sql, theirs)] for name, sql in _FACTS.items()}
    demand = supplier_demand.of_person(session, accounts)
    return {**known, "deals_used": deal_uses.of_person(session, accounts), **demand}


def forget(session: Session, accounts: Sequence[str]) -> None:
    """Forget all accounts of one person at once: what the cooperative decided stays as a former member's, what
    was the person's own goes."""
    for user in accounts:
        suppliers.forget_person(session, user)
        supplier_rounds.forget_person(session, user)
        supplier_evidence.forget_person(session, user)
        supplier_complaints.forget_person(session, user)
        supplier_contacts.forget_person(session, user)
        supplier_targets.forget_person(session, user)
        charters.forget_person(session, user)
    deal_uses.forget_person(session, accounts)
    supplier_demand.forget_person(session, accounts)
    _forget_loans(session, accounts)


def _forget_loans(session: Session, accounts: Sequence[str]) -> None:
    """What they lent and asked for; nobody finds it any more."""
    theirs = (json.dumps(list(accounts)),)
    found = session.column(f"SELECT id FROM loans WHERE user_id {_MINE}", theirs)
    removed = [
        supplier_search.INDEX.remove(session, supplier_search.loan_row(number)) for number in found
    ]
    if any(removed):
        supplier_search.INDEX.leave_no_trace(session)
    session.run(f"DELETE FROM loans WHERE user_id {_MINE}", theirs)
    session.run(f"DELETE FROM loan_requests WHERE user_id {_MINE}", theirs)
