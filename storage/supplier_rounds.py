"""Rounds of review: scores for each criterion, votes of which those of eligible people count, conflicts of
interest. A round is open or closed; a supplier has at most one that is open."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

from storage.session import Session

Kind = Literal["first", "renewal", "complaint", "charter", "return", "condition"]
Verdict = Literal["approved", "conditional", "rejected"]
Outcome = Literal["approved", "conditional", "rejected", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Round:
    """`condition` and `condition_due` (an ISO day) are what votes for *conditional* agree on."""

    id: int
    supplier_id: int
    kind: Kind
    charter_version: int
    condition: str | None
    condition_due: str | None
    opened_by: str | None
    opened_at: int
    outcome: Outcome | None
    closed_at: int | None


@dataclass(frozen=True, slots=True)
class Score:
    """0 to 4, or None for unrated."""

    criterion: str
    score: int | None
    note: str | None
    scored_by: str | None
    scored_at: int


@dataclass(frozen=True, slots=True)
class Vote:
    """`counts` is False for the proposer and for somebody with a conflict of interest; `reason` is that of a
    vote against."""

    user_id: str
    verdict: Verdict
    reason: str | None
    at: int
    counts: bool


def _round(row: sqlite3.Row) -> Round:
    return Round(
        row["id"],
        row["supplier_id"],
        row["kind"],
        row["charter_version"],
        row["condition"],
        row["condition_due"],
        row["opened_by"],
        row["opened_at"],
        row["outcome"],
        row["closed_at"],
    )


def _score(row: sqlite3.Row) -> Score:
    return Score(row["criterion"], row["score"], row["note"], row["scored_by"], row["scored_at"])


def open_round(
    session: Session,
    supplier_id: int,
    kind: Kind,
    *,
    charter_version: int,
    by: str | None,
    now: int,
) -> int:
    """Returns its id. Raises sqlite3.IntegrityError while another one is open."""
    return session.insert(
        "INSERT INTO supplier_rounds (supplier_id, kind, charter_version, opened_by, opened_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (supplier_id, kind, charter_version, by, now),
    )


def close(session: Session, round_id: int, outcome: Outcome, *, now: int) -> bool:
    """False when it was closed before."""
    return bool(
        session.run(
            "UPDATE supplier_rounds SET outcome = ?, closed_at = ?"
            " WHERE id = ? AND closed_at IS NULL",
            (outcome, now, round_id),
        )
    )


def get(session: Session, round_id: int) -> Round | None:
    row = session.row("SELECT * FROM supplier_rounds WHERE id = ?", (round_id,))
    return _round(row) if row else None


def current(session: Session, supplier_id: int) -> Round | None:
    """The open round of a supplier."""
    row = session.row(
        "SELECT * FROM supplier_rounds WHERE supplier_id = ? AND closed_at IS NULL", (supplier_id,)
    )
    return _round(row) if row else None


def of_supplier(session: Session, supplier_id: int) -> list[Round]:
    """Oldest first."""
    return session.typed(
        _round, "SELECT * FROM supplier_rounds WHERE supplier_id = ? ORDER BY id", (supplier_id,)
    )


# --- scores ----------------------------------------------------------------------------------


def put_score(
    session: Session,
    round_id: int,
    criterion: str,
    score: int | None,
    *,
    note: str | None,
    by: str,
    now: int,
) -> None:
    """A new or changed score ends the votes given so far (migration 0008)."""
    session.run(
        "INSERT INTO supplier_scores (round_id, criterion, score, note, scored_by, scored_at)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (round_id, criterion) DO UPDATE SET"
        " score = excluded.score, note = excluded.note, scored_by = excluded.scored_by,"
        " scored_at = excluded.scored_at",
        (round_id, criterion, score, note, by, now),
    )


def scores(session: Session, round_id: int) -> dict[str, Score]:
    """By criterion; those that were looked at."""
    found = session.typed(_score, "SELECT * FROM supplier_scores WHERE round_id = ?", (round_id,))
    return {each.criterion: each for each in found}


def copy_scores(session: Session, source: int, target: int) -> None:
    """Begin a round with the scores of an earlier one."""
    session.run(
        "INSERT INTO supplier_scores (round_id, criterion, score, note, scored_by, scored_at)"
        " SELECT ?, criterion, score, note, scored_by, scored_at FROM supplier_scores"
        " WHERE round_id = ?",
        (target, source),
    )


# --- votes -----------------------------------------------------------------------------------


def set_condition(session: Session, round_id: int, condition: str, due: str) -> None:
    """What *conditional* means in this round; votes for another condition end."""
    session.run(
        "DELETE FROM supplier_votes WHERE outcome = 'conditional' AND round_id IN"
        " (SELECT id FROM supplier_rounds WHERE id = ?"
        " AND (condition IS NOT ? OR condition_due IS NOT ?))",
        (round_id, condition, due),
    )
    session.run(
        "UPDATE supplier_rounds SET condition = ?, condition_due = ? WHERE id = ?",
        (condition, due, round_id),
    )


def vote(
    session: Session,
    round_id: int,
    user_id: str,
    verdict: Verdict,
    *,
    reason: str | None = None,
    now: int,
) -> None:
    """In place of what the person said before. Raises sqlite3.IntegrityError in a closed round."""
    take_back(session, round_id, user_id)
    session.run(
        "INSERT INTO supplier_votes (round_id, user_id, outcome, reason, at)"
        " VALUES (?, ?, ?, ?, ?)",
        (round_id, user_id, verdict, reason, now),
    )


def take_back(session: Session, round_id: int, user_id: str) -> bool:
    """End the vote of a person, given from any of their accounts; whether there was one."""
    return bool(
        session.run(
            "DELETE FROM supplier_votes WHERE round_id = ? AND user_id IN"
            " (SELECT ? UNION SELECT same.user_id FROM member_accounts AS own"
            " JOIN member_accounts AS same USING (member_id) WHERE own.user_id = ?)",
            (round_id, user_id, user_id),
        )
    )


def end_votes(session: Session, round_id: int) -> int:
    """Those who voted are asked again; returns how many they are."""
    return session.run("DELETE FROM supplier_votes WHERE round_id = ?", (round_id,))


def votes(session: Session, round_id: int) -> list[Vote]:
    """Oldest first."""
    return session.typed(
        lambda row: Vote(
            row["user_id"], row["outcome"], row["reason"], row["at"], bool(row["counts"])
        ),
        "SELECT votes.user_id, votes.outcome, votes.reason, votes.at, EXISTS (SELECT 1 FROM supplier_ballots"
        " WHERE supplier_ballots.round_id = votes.round_id"
        " AND person = coalesce(account.member_id, votes.user_id)) AS counts"
        " FROM supplier_votes AS votes LEFT JOIN member_accounts AS account USING (user_id)"
        " WHERE votes.round_id = ? ORDER BY votes.at, votes.user_id",
        (round_id,),
    )


def count_votes(session: Session, round_id: int, verdict: Verdict) -> int:
    """Of eligible people, each once."""
    return int(
        session.value(
            "SELECT count(*) FROM supplier_ballots WHERE round_id = ? AND outcome = ?",
            (round_id, verdict),
        )
    )


def declare_conflict(session: Session, supplier_id: int, user_id: str, *, now: int) -> bool:
    """False when it was declared before."""
    return bool(
        session.run(
            "INSERT INTO supplier_conflicts (supplier_id, user_id, at) VALUES (?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (supplier_id, user_id, now),
        )
    )


def conflicted(session: Session, supplier_id: int) -> list[str]:
    """Accounts that declared a conflict of interest."""
    return session.column(
        "SELECT user_id FROM supplier_conflicts WHERE supplier_id = ? ORDER BY at", (supplier_id,)
    )


def forget_person(session: Session, user_id: str) -> None:
    """Votes in closed rounds stay, as a former member's; those in open rounds end."""
    session.run(
        "DELETE FROM supplier_votes WHERE user_id = ? AND round_id IN"
        " (SELECT id FROM supplier_rounds WHERE closed_at IS NULL)",
        (user_id,),
    )
    session.run(
        "UPDATE supplier_votes SET user_id = 'former-' || lower(hex(randomblob(6)))"
        " WHERE user_id = ?",
        (user_id,),
    )
    session.run("DELETE FROM supplier_conflicts WHERE user_id = ?", (user_id,))
    session.run("UPDATE supplier_rounds SET opened_by = NULL WHERE opened_by = ?", (user_id,))
    session.run("UPDATE supplier_scores SET scored_by = NULL WHERE scored_by = ?", (user_id,))
