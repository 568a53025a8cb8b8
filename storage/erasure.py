"""Forgetting a member, and keeping no more than a keyed hash so that the next import does not bring them
back. Also the reverse: everything that is known about one."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any, Literal

from storage import audit, inbox, member_accounts, member_search, members, outbox, people
from storage.crypto import unreadable
from storage.session import Session

Kind = Literal["number", "account"]


def key_of(key: bytes, kind: Kind, identifier: str) -> bytes:
    """HMAC-SHA256 of what identified the member; without the key nobody can tell who it was."""
    return hmac.digest(key, f"{kind}:{identifier.strip()}".encode(), hashlib.sha256)


def every(session: Session) -> frozenset[bytes]:
    """All hashes, for an import that has many rows to check."""
    return frozenset(session.column("SELECT hash FROM erasures"))


def lift(session: Session, key: bytes, kind: Kind, identifier: str) -> bool:
    """Let the next import bring them in again, on their own wish; whether there was something to lift."""
    return session.run("DELETE FROM erasures WHERE hash = ?", (key_of(key, kind, identifier),)) > 0


def erase(session: Session, member_id: int, *, key: bytes, now: int) -> list[str]:
    """Forget all about a member; returns their accounts, for whoever else keeps something of them.

    Gone afterwards: the profile, the links to accounts, codes, their words in the search index, and all
    that `forget_account` forgets. What stays is a keyed hash of the number and of each account.
    """
    member = members.get(session, member_id)
    if member is None:
        return []
    accounts = member_accounts.accounts_of(session, member_id)
    hashes = [key_of(key, "account", user_id) for user_id in accounts]
    if member.number is not None:
        hashes.append(key_of(key, "number", member.number))
    session.run_many(
        "INSERT INTO erasures (hash, erased_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
        ((one, now) for one in hashes),
    )
    member_search.forget(session, member_id)
    session.run("DELETE FROM members WHERE id = ?", (member_id,))
    for user_id in accounts:
        forget_account(session, user_id, now=now)
    return accounts


def forget_account(session: Session, user_id: str, *, now: int) -> None:
    """Forget what is kept about an account, be it a member's or not.

    Gone afterwards: blocks from and against it, open conversations, its language, what waits to be sent
    to it, whose messages were dealt with, and who was told of what could not be read. The audit log
    says *former member*.
    """
    session.run("DELETE FROM blocks WHERE user_id = ? OR blocked_user_id = ?", (user_id, user_id))
    session.run("DELETE FROM link_failures WHERE user_id = ?", (user_id,))
    session.run("DELETE FROM dialogues WHERE user_id = ?", (user_id,))
    people.forget(session, user_id)
    audit.forget_actor(session, user_id)
    outbox.forget_person(session, user_id, now=now)
    inbox.forget_person(session, user_id)
    unreadable.forget_person(session, user_id)


def everything_about(session: Session, member_id: int) -> dict[str, Any]:
    """All that these tables hold on a member, as JSON values; times in milliseconds UTC. Empty if unknown.

    Names neither those who blocked them nor what hashes are for: these are other people's or nobody's.
    """
    row = session.row("SELECT * FROM members WHERE id = ?", (member_id,))
    if row is None:
        return {}
    known: dict[str, Any] = {name: row[name] for name in row.keys() if name != "id"}  # noqa: SIM118
    for name in (*members.LISTS, "visibility", "corrected"):
        known[name] = json.loads(known[name])
    known["public_page"] = bool(known["public_page"])
    accounts = session.rows(
        "SELECT user_id, source, linked_at FROM member_accounts WHERE member_id = ?"
        " ORDER BY linked_at, user_id",
        (member_id,),
    )
    known["accounts"] = [dict(account) for account in accounts]
    known["open_link_codes"] = [
        dict(code)
        for code in session.rows(
            "SELECT created_by, created_at, expires_at FROM link_codes WHERE member_id = ?",
            (member_id,),
        )
    ]
    return known | everything_about_accounts(session, [account["user_id"] for account in accounts])


def everything_about_accounts(session: Session, accounts: Sequence[str]) -> dict[str, Any]:
    """What is kept about accounts, be they a member's or not; as `everything_about`."""
    known: dict[str, Any] = {}
    user_ids = json.dumps(list(accounts))
    mine = "IN (SELECT value FROM json_each(?))"
    for name, sql in {
        "people": f"SELECT user_id, language, first_seen_at FROM people WHERE user_id {mine}",
        "blocked": "SELECT user_id, blocked_user_id, since FROM blocks"
        f" WHERE user_id {mine} ORDER BY since",
        "rooms": "SELECT user_id, room_id, rooms.name, rooms.kind, membership, since"
        f" FROM room_members JOIN rooms USING (room_id) WHERE user_id {mine} ORDER BY since",
        "conversations": "SELECT user_id, name, step, data, doubted, created_at, expires_at"
        f" FROM dialogues WHERE user_id {mine} ORDER BY id",
        "devices": f"SELECT user_id, device_id, cross_signed FROM crypto_devices WHERE user_id {mine}"
        " ORDER BY user_id, device_id",
        "not_readable": "SELECT user_id, room_id, at FROM crypto_notices"
        f" WHERE user_id {mine} ORDER BY at",
        "keys_refused": "SELECT user_id, room_id, code, at FROM crypto_withheld"
        f" WHERE user_id {mine} ORDER BY at",
        "acts": "SELECT at, actor, action, object, details FROM audit"
        f" WHERE actor {mine} ORDER BY id",
    }.items():
        known[name] = [dict(one) for one in session.rows(sql, (user_ids,))]
    return known
