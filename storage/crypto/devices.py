"""The devices of those who share an encrypted room with the bot, as their homeservers list them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from storage.session import Session


@dataclass(frozen=True, slots=True)
class Device:
    """`cross_signed`: its owner's self-signing key vouches for it. Keys are unpadded base64."""

    user_id: str
    device_id: str
    curve25519: str
    ed25519: str
    cross_signed: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """What a homeserver says of one user; keys are None where they have no cross-signing."""

    user_id: str
    master_key: str | None
    self_signing_key: str | None
    devices: tuple[Device, ...]


def _device(row: sqlite3.Row) -> Device:
    return Device(
        row["user_id"],
        row["device_id"],
        row["curve25519"],
        row["ed25519"],
        bool(row["cross_signed"]),
    )


def track(session: Session, users: Iterable[str]) -> int:
    """Follow these users' devices from now on; how many of them were not followed before."""
    return session.run_many(
        "INSERT INTO crypto_users (user_id) VALUES (?) ON CONFLICT (user_id) DO NOTHING",
        [(user,) for user in users],
    )


def outdate(session: Session, users: Iterable[str]) -> int:
    """Their devices changed; how many of them are followed."""
    return session.run_many(
        "UPDATE crypto_users SET wanted = wanted + 1, retry_at = 0 WHERE user_id = ?",
        [(user,) for user in users],
    )


def outdate_all(session: Session) -> None:
    """What changed meanwhile cannot be told: everything is fetched again when it is needed."""
    session.run("UPDATE crypto_users SET wanted = wanted + 1, retry_at = 0")


def untrack(session: Session, users: Iterable[str]) -> None:
    """No encrypted room is shared with them any more."""
    rows = [(user,) for user in users]
    session.run_many("DELETE FROM crypto_devices WHERE user_id = ?", rows)
    session.run_many("DELETE FROM crypto_users WHERE user_id = ?", rows)


def purge(session: Session) -> int:
    """Forget the devices of those with whom no room is shared: strangers who wrote or verified, and were
    looked up for that."""
    gone = 0
    for table in ("crypto_devices", "crypto_users"):
        gone += session.run(
            f"DELETE FROM {table} WHERE user_id NOT IN"
            " (SELECT user_id FROM room_members WHERE membership IN ('join', 'invite'))"
        )
    return gone


def wanted_version(session: Session, user_id: str) -> int | None:
    """The version that a fetch from now on brings; None if what is known is good."""
    value: int | None = session.value(
        "SELECT wanted FROM crypto_users WHERE user_id = ? AND known < wanted", (user_id,)
    )
    return value


def retry_later(session: Session, users: Iterable[str], *, at: int) -> None:
    session.run_many(
        "UPDATE crypto_users SET retry_at = ? WHERE user_id = ?", [(at, user) for user in users]
    )


def store(session: Session, listing: Listing, version: int) -> None:
    """Take over what a homeserver said in answer to a question of that version."""
    user = listing.user_id
    changed = session.run(
        "UPDATE crypto_users SET known = max(known, ?), retry_at = 0, master_key = ?,"
        " self_signing_key = ? WHERE user_id = ? AND known < ?",
        (version, listing.master_key, listing.self_signing_key, user, version),
    )
    if not changed:
        return
    before = {
        device_id: (curve25519, ed25519)
        for device_id, curve25519, ed25519 in (
            tuple(row)
            for row in session.rows(
                "SELECT device_id, curve25519, ed25519 FROM crypto_devices WHERE user_id = ?",
                (user,),
            )
        )
    }
    for device in listing.devices:
        # A device never changes its keys: whoever shows others under its name is somebody else.
        known = before.pop(device.device_id, None)
        if known is not None and known != (device.curve25519, device.ed25519):
            continue
        session.run(
            "INSERT INTO crypto_devices (user_id, device_id, curve25519, ed25519, cross_signed)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (user_id, device_id) DO UPDATE SET"
            " cross_signed = excluded.cross_signed",
            (user, device.device_id, device.curve25519, device.ed25519, device.cross_signed),
        )
    session.run_many(
        "DELETE FROM crypto_devices WHERE user_id = ? AND device_id = ?",
        [(user, device_id) for device_id in before],
    )


def of_user(session: Session, user_id: str) -> list[Device]:
    return session.typed(
        _device, "SELECT * FROM crypto_devices WHERE user_id = ? ORDER BY device_id", (user_id,)
    )


def get(session: Session, user_id: str, device_id: str) -> Device | None:
    row = session.row(
        "SELECT * FROM crypto_devices WHERE user_id = ? AND device_id = ?", (user_id, device_id)
    )
    return _device(row) if row else None


def by_key(session: Session, user_id: str, curve25519: str) -> Device | None:
    """The user's device with that identity key; others may list the same key, but cannot use it."""
    row = session.row(
        "SELECT * FROM crypto_devices WHERE user_id = ? AND curve25519 = ?", (user_id, curve25519)
    )
    return _device(row) if row else None


def master_key(session: Session, user_id: str) -> str | None:
    value: str | None = session.value(
        "SELECT master_key FROM crypto_users WHERE user_id = ?", (user_id,)
    )
    return value


def claimable(session: Session, devices: Iterable[Device], now: int) -> list[Device]:
    """Those without an Olm session, but for those whose last claim failed a moment ago."""
    return [
        device
        for device in devices
        if session.value(
            "SELECT 1 FROM crypto_devices WHERE user_id = ? AND device_id = ? AND claim_after <= ?"
            " AND NOT EXISTS (SELECT 1 FROM crypto_olm_sessions AS s"
            "  WHERE s.user_id = crypto_devices.user_id"
            "  AND s.curve25519 = crypto_devices.curve25519)",
            (device.user_id, device.device_id, now),
        )
    ]


def forget_waits(session: Session) -> None:
    """Try all again at once: a clock that was put back would have them wait for its old time."""
    session.run("UPDATE crypto_users SET retry_at = 0 WHERE retry_at <> 0")
    session.run("UPDATE crypto_devices SET claim_after = 0 WHERE claim_after <> 0")


def claim_later(session: Session, devices: Iterable[Device], *, first: int, at: int) -> None:
    """A claim brought no one-time key: ask again from `at` on, or from `first` on if it never failed before."""
    session.run_many(
        "UPDATE crypto_devices SET claim_after = CASE claim_after WHEN 0 THEN ? ELSE ? END"
        " WHERE user_id = ? AND device_id = ?",
        [(first, at, device.user_id, device.device_id) for device in devices],
    )


def reachable(session: Session, user_id: str, curve25519: str) -> None:
    """There is a session with a device: the rooms whose keys it missed for want of one are looked at anew."""
    session.run(
        "UPDATE crypto_devices SET claim_after = 0 WHERE user_id = ? AND curve25519 = ?",
        (user_id, curve25519),
    )
    session.run(
        "DELETE FROM crypto_ready WHERE room_id IN (SELECT room_id FROM crypto_shares"
        " WHERE user_id = ? AND curve25519 = ? AND withheld = 'm.no_olm')",
        (user_id, curve25519),
    )


def healed(session: Session, device: Device, *, now: int, every: int) -> bool:
    """Note that the session with a device is replaced; False if that was less than `every` ms ago."""
    return bool(
        session.run(
            "UPDATE crypto_devices SET healed_at = ?"
            " WHERE user_id = ? AND device_id = ? AND healed_at <= ?",
            (now, device.user_id, device.device_id, now - every),
        )
    )


def to_repair(session: Session, user_id: str, curve25519: str) -> None:
    """What came from the device cannot be read: a new session is to be made with it."""
    session.run(
        "INSERT INTO crypto_repairs (user_id, curve25519) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (user_id, curve25519),
    )


_STRANGE = (
    "NOT EXISTS (SELECT 1 FROM crypto_devices AS d WHERE d.user_id = crypto_repairs.user_id"
    " AND d.curve25519 = crypto_repairs.curve25519)"
)


def strange_repairs(session: Session, limit: int) -> list[str]:
    """Users whose broken sessions are with devices that are not known."""
    return session.column(
        f"SELECT DISTINCT user_id FROM crypto_repairs WHERE {_STRANGE} LIMIT ?", (limit,)
    )


def forget_strange_repairs(session: Session, users: Iterable[str]) -> None:
    """These users' devices were fetched, and that is not among them."""
    session.run_many(
        f"DELETE FROM crypto_repairs WHERE user_id = ? AND {_STRANGE}", [(user,) for user in users]
    )


def repairs(session: Session, limit: int) -> list[Device]:
    return session.typed(
        _device,
        "SELECT crypto_devices.* FROM crypto_repairs JOIN crypto_devices USING (user_id, curve25519)"
        " LIMIT ?",
        (limit,),
    )


def repaired(session: Session, device: Device) -> None:
    session.run(
        "DELETE FROM crypto_repairs WHERE user_id = ? AND curve25519 = ?",
        (device.user_id, device.curve25519),
    )
