"""What members lend, share and rent to each other, and who asked for what. Who may be told of whom is decided
by those who use this; somebody who left lends nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from storage.member_accounts import SAME_PERSON
from storage.session import Session

LoanMode = Literal["borrow", "share", "rent"]
Answer = Literal["yes", "no"]

MODES: Final[tuple[LoanMode, ...]] = ("borrow", "share", "rent")


@dataclass(frozen=True, slots=True)
class Loan:
    """`category` is a code; `region` the code of a city or region, or as typed; `language` that of `title`
    and `terms`. Milliseconds UTC."""

    id: int
    user_id: str
    title: str
    mode: LoanMode
    category: str | None
    region: str | None
    terms: str
    language: str
    offered_at: int
    withdrawn_at: int | None


@dataclass(frozen=True, slots=True)
class Request:
    """`answered` is None while its owner has not decided."""

    loan_id: int
    user_id: str
    at: int
    answered: Answer | None


def _loan(row: sqlite3.Row) -> Loan:
    return Loan(
        row["id"],
        row["user_id"],
        row["title"],
        row["mode"],
        row["category"],
        row["region"],
        row["terms"],
        row["language"],
        row["offered_at"],
        row["withdrawn_at"],
    )


def _request(row: sqlite3.Row) -> Request:
    return Request(row["loan_id"], row["user_id"], row["at"], row["answered"])


_LEFT: Final = (
    "EXISTS (SELECT 1 FROM member_accounts AS account JOIN members ON members.id = account.member_id"
    " WHERE account.user_id = loans.user_id AND members.status = 'left')"
)
_OFFERED: Final = f"loans.withdrawn_at IS NULL AND NOT {_LEFT}"
_AMONG: Final = "IN (SELECT value FROM json_each(?))"
# Whoever is blocked from one account is blocked from all, and with all of theirs.
_HIDDEN: Final = (
    f"WITH me AS ({SAME_PERSON}), blocked AS ("
    "SELECT blocked_user_id AS user_id FROM blocks JOIN me USING (user_id)"
    " UNION SELECT blocks.user_id FROM blocks JOIN me ON me.user_id = blocked_user_id)"
    " SELECT user_id FROM blocked UNION SELECT others.user_id FROM blocked"
    " JOIN member_accounts AS own USING (user_id)"
    " JOIN member_accounts AS others USING (member_id)"
)


def add(
    session: Session,
    user_id: str,
    title: str,
    mode: LoanMode,
    *,
    category: str | None,
    region: str | None,
    terms: str,
    language: str,
    now: int,
) -> int:
    """Returns its number. The search index is the caller's care, here and wherever a loan goes."""
    return session.insert(
        "INSERT INTO loans (user_id, title, mode, category, region, terms, language, offered_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (user_id, title, mode, category, region, terms, language, now),
    )


def get(session: Session, loan_id: int) -> Loan | None:
    """Also one that is not offered any more."""
    row = session.row("SELECT * FROM loans WHERE id = ?", (loan_id,))
    return _loan(row) if row else None


def offered(session: Session) -> list[Loan]:
    """All that somebody may find, in order of number."""
    return session.typed(_loan, f"SELECT * FROM loans WHERE {_OFFERED} ORDER BY id")


def seen_by(session: Session, user_id: str, loan_ids: Iterable[int]) -> dict[int, Loan]:
    """Those of them that are offered and whose owner has no block with this person, either way; by number,
    in the order given."""
    wanted = list(loan_ids)
    rows = session.typed(
        _loan,
        f"SELECT * FROM loans WHERE id {_AMONG} AND {_OFFERED} AND user_id NOT IN ({_HIDDEN})",
        (json.dumps(wanted), user_id, user_id),
    )
    found = {loan.id: loan for loan in rows}
    return {one: found[one] for one in wanted if one in found}


def of_person(session: Session, accounts: Sequence[str]) -> list[Loan]:
    """What they offer now, oldest first."""
    return session.typed(
        _loan,
        f"SELECT * FROM loans WHERE withdrawn_at IS NULL AND user_id {_AMONG} ORDER BY id",
        (json.dumps(list(accounts)),),
    )


def of_those_who_left(session: Session) -> list[Loan]:
    """What was not withdrawn although its owner is marked as having left."""
    return session.typed(
        _loan, f"SELECT * FROM loans WHERE withdrawn_at IS NULL AND {_LEFT} ORDER BY id"
    )


def withdraw(session: Session, loan_id: int, *, now: int) -> bool:
    """False when it was withdrawn before."""
    return bool(
        session.run(
            "UPDATE loans SET withdrawn_at = ? WHERE id = ? AND withdrawn_at IS NULL",
            (now, loan_id),
        )
    )


# --- asking for one --------------------------------------------------------------------------


def ask(
    session: Session,
    loan_id: int,
    user_id: str,
    accounts: Sequence[str],
    *,
    again_before: int,
    now: int,
) -> Request | None:
    """Note that a person asks for it, from one of their accounts; None where it is new, else their earlier
    request. One made before `again_before` (ms UTC) gives way to the new one."""
    theirs = (loan_id, json.dumps(list(accounts)))
    session.run(
        f"DELETE FROM loan_requests WHERE loan_id = ? AND user_id {_AMONG} AND at < ?",
        (*theirs, again_before),
    )
    row = session.row(f"SELECT * FROM loan_requests WHERE loan_id = ? AND user_id {_AMONG}", theirs)
    if row is not None:
        return _request(row)
    session.run(
        "INSERT INTO loan_requests (loan_id, user_id, at) VALUES (?, ?, ?)", (loan_id, user_id, now)
    )
    return None


def request(session: Session, loan_id: int, user_id: str) -> Request | None:
    row = session.row(
        "SELECT * FROM loan_requests WHERE loan_id = ? AND user_id = ?", (loan_id, user_id)
    )
    return _request(row) if row else None


def waiting(session: Session, loan_ids: Iterable[int]) -> list[Request]:
    """The requests for these that are not answered, oldest first."""
    return session.typed(
        _request,
        f"SELECT * FROM loan_requests WHERE answered IS NULL AND loan_id {_AMONG}"
        " ORDER BY at, user_id",
        (json.dumps(list(loan_ids)),),
    )


def count_asked(session: Session, accounts: Sequence[str], *, since: int) -> int:
    """How many things a person asked for since then (ms UTC)."""
    return int(
        session.value(
            f"SELECT count(*) FROM loan_requests WHERE at >= ? AND user_id {_AMONG}",
            (since, json.dumps(list(accounts))),
        )
    )


def answer(session: Session, loan_id: int, user_id: str, answered: Answer) -> bool:
    """False when it was answered before: the first answer stands."""
    return bool(
        session.run(
            "UPDATE loan_requests SET answered = ?"
            " WHERE loan_id = ? AND user_id = ? AND answered IS NULL",
            (answered, loan_id, user_id),
        )
    )


def forget_request(session: Session, loan_id: int, user_id: str) -> None:
    """It cannot be answered any more; the person may ask anew."""
    session.run("DELETE FROM loan_requests WHERE loan_id = ? AND user_id = ?", (loan_id, user_id))
