"""Which Matrix accounts are whose, one-time codes that prove it, and who does not want to meet whom."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from storage import members
from storage.members import Member, Profile
from storage.session import Session

Source = Literal["self", "register", "code"]
LinkOutcome = Literal["linked", "already", "other_member", "wrong", "expired", "too_many"]

# Without I, L, O, U: what is read aloud or copied by hand (Crockford's base 32).
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKE: Final = str.maketrans("ILO", "110")
_SELECTOR: Final = 4
_SECRET: Final = 8
_ATTEMPTS_PER_CODE: Final = 5
_ATTEMPTS_PER_DAY: Final = 10
_DAY: Final = 86_400_000


def accounts_of(session: Session, member_id: int) -> list[str]:
    """User ids, the oldest link first."""
    return session.column(
        "SELECT user_id FROM member_accounts WHERE member_id = ? ORDER BY linked_at, user_id",
        (member_id,),
    )


# Accounts of the same member stand for each other: who blocks one account blocks the person.
SAME_PERSON: Final = (
    "SELECT ? AS user_id UNION SELECT others.user_id FROM member_accounts AS own"
    " JOIN member_accounts AS others USING (member_id) WHERE own.user_id = ?"
)


def same_person(session: Session, user_id: str) -> list[str]:
    """All accounts of the person behind this one, which need not be a member's; itself among them."""
    return session.column(f"{SAME_PERSON} ORDER BY user_id", (user_id, user_id))


def one_each(session: Session, accounts: Iterable[str]) -> dict[str, str]:
    """For each of these accounts the one of them that stands for the person behind it."""
    given = sorted(set(accounts))
    persons: dict[str, int] = {
        row["value"]: row["member_id"]
        for row in session.rows(
            "SELECT given.value, own.member_id FROM json_each(?) AS given"
            " JOIN member_accounts AS own ON own.user_id = given.value",
            (json.dumps(given),),
        )
    }
    first: dict[object, str] = {}
    return {account: first.setdefault(persons.get(account, account), account) for account in given}


def ensure_for_user(session: Session, user_id: str, *, display_name: str = "", now: int) -> Member:
    """The member of that account; a self-made profile is added when there is none.

    Whether this account may have one is for the caller to decide.
    """
    found = members.by_user(session, user_id)
    if found is None:
        member_id = members.add(session, Profile(display_name=display_name), now=now)
        attach(session, user_id, member_id, source="self", now=now)
        found = members.get(session, member_id)
        assert found is not None
    return found


def attach(session: Session, user_id: str, member_id: int, *, source: Source, now: int) -> None:
    """Make it that member's account, whoever's it was."""
    session.run(
        "INSERT INTO member_accounts (user_id, member_id, source, linked_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (user_id) DO UPDATE SET member_id = excluded.member_id,"
        " source = excluded.source, linked_at = excluded.linked_at",
        (user_id, member_id, source, now),
    )


def detach(session: Session, user_id: str) -> bool:
    """Whether there was such a link."""
    return session.run("DELETE FROM member_accounts WHERE user_id = ?", (user_id,)) > 0


@dataclass(frozen=True, slots=True)
class Account:
    user_id: str
    member_id: int
    source: Source


def every(session: Session) -> dict[str, Account]:
    """All links by user id."""
    return {
        row["user_id"]: Account(row["user_id"], row["member_id"], row["source"])
        for row in session.rows("SELECT user_id, member_id, source FROM member_accounts")
    }


def new_code(
    session: Session, member_id: int, *, by: str, now: int, lifetime_ms: int = 7 * _DAY
) -> str:
    """A one-time code such as `7KQ2-M4XW-9TBC` that links an account to this member.

    Only its salted hash is stored. An earlier code of the same member is void from now on.
    """
    session.run("DELETE FROM link_codes WHERE member_id = ? OR expires_at <= ?", (member_id, now))
    while True:
        selector = "".join(secrets.choice(_ALPHABET) for _ in range(_SELECTOR))
        if session.value("SELECT 1 FROM link_codes WHERE selector = ?", (selector,)) is None:
            break
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET))
    salt = secrets.token_bytes(16)
    session.run(
        "INSERT INTO link_codes (selector, member_id, salt, hash, attempts_left, created_by,"
        " created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            selector,
            member_id,
            salt,
            _hash(salt, secret),
            _ATTEMPTS_PER_CODE,
            by,
            now,
            now + lifetime_ms,
        ),
    )
    return f"{selector}-{secret[:4]}-{secret[4:]}"


def redeem(
    session: Session, code: str, user_id: str, *, now: int
) -> tuple[LinkOutcome, int | None]:
    """Link the account to the member that the code was made for; returns what happened, and the member.

    Never raises for a bad code, since the failed attempt must be kept: a code allows five, an account ten
    a day. A self-made profile of the account is absorbed. An account of another row of the register stays
    where it is ('other_member') and the code stays good.
    """
    session.run("DELETE FROM link_failures WHERE at <= ?", (now - _DAY,))
    failures = session.value("SELECT count(*) FROM link_failures WHERE user_id = ?", (user_id,))
    if failures >= _ATTEMPTS_PER_DAY:
        return "too_many", None
    plain = "".join(c for c in code.upper() if c.isalnum()).translate(_LOOK_ALIKE)
    selector, secret = plain[:_SELECTOR], plain[_SELECTOR:]
    row = session.row("SELECT * FROM link_codes WHERE selector = ?", (selector,))
    if row is None or not hmac.compare_digest(_hash(row["salt"], secret), row["hash"]):
        session.run("INSERT INTO link_failures (user_id, at) VALUES (?, ?)", (user_id, now))
        session.run(
            "UPDATE link_codes SET attempts_left = attempts_left - 1 WHERE selector = ?",
            (selector,),
        )
        session.run("DELETE FROM link_codes WHERE attempts_left <= 0")
        return "wrong", None
    if row["expires_at"] <= now:
        session.run("DELETE FROM link_codes WHERE selector = ?", (selector,))
        return "expired", None
    member_id: int = row["member_id"]
    before = members.by_user(session, user_id)
    if before is not None and before.id != member_id and before.number is not None:
        return "other_member", None
    session.run("DELETE FROM link_codes WHERE selector = ?", (selector,))
    if before is not None and before.id == member_id:
        return "already", member_id
    if before is not None:
        members.absorb(session, member_id, before.id, now=now)
    attach(session, user_id, member_id, source="code", now=now)
    return "linked", member_id


def _hash(salt: bytes, secret: str) -> bytes:
    return hashlib.sha256(salt + secret.encode()).digest()


def block(session: Session, user_id: str, blocked: str, *, now: int) -> bool:
    """From now on the two find each other no more; False when it was so, or is the same person."""
    if user_id == blocked:
        return False
    return (
        session.run(
            "INSERT INTO blocks (user_id, blocked_user_id, since) VALUES (?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (user_id, blocked, now),
        )
        > 0
    )


def unblock(session: Session, user_id: str, blocked: str) -> bool:
    """Take back one's own block; whether there was one. The other's own stays."""
    return (
        session.run(
            "DELETE FROM blocks WHERE user_id = ? AND blocked_user_id = ?", (user_id, blocked)
        )
        > 0
    )


def blocked_by(session: Session, user_id: str) -> list[str]:
    """Whom the person blocked, oldest first."""
    return session.column(
        "SELECT blocked_user_id FROM blocks WHERE user_id = ? ORDER BY since, blocked_user_id",
        (user_id,),
    )


def hidden_from(session: Session, user_id: str) -> set[int]:
    """Ids of the members with whom this person has a block, either way, from whichever account."""
    return set(
        session.column(
            f"WITH me AS ({SAME_PERSON})"
            " SELECT member_id FROM blocks JOIN me USING (user_id)"
            " JOIN member_accounts AS them ON them.user_id = blocked_user_id"
            " UNION SELECT member_id FROM blocks JOIN me ON me.user_id = blocked_user_id"
            " JOIN member_accounts AS them ON them.user_id = blocks.user_id",
            (user_id, user_id),
        )
    )
