"""Kring's database for the benchmarks: the invented register, most of whom may be found, and the networks."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.demo.register import RegisterRow, rows
from commands.labels import load_labels
from commands.members import indexing
from commands.members.fields import parse
from storage import member_accounts, members, networks, rooms
from storage.database import Database
from storage.members import FIELDS, Consent, Profile
from storage.session import Session

_YES = 0.8
_NO = 0.1


def slug_of(number: int) -> str:
    """What the network of that room is called."""
    return f"bench-{number:03d}"


async def fill_register(
    path: Path, profiles: int, *, accounts: int, homeserver: str, say: Callable[[str], None]
) -> None:
    """The register alone; the first `accounts` of it have one on the homeserver."""
    say(f"  {profiles:,} profiles ...")
    labels = load_labels(())
    # Parsed before the transaction begins, as an import does it.
    invented = [
        (
            row,
            Profile(**{name: parse(name, getattr(row, name), labels).value for name in FIELDS}),  # type: ignore[arg-type]  # parse gives each field its own type
        )
        for row in rows(profiles, homeserver=homeserver, accounts=accounts)
    ]
    chance = random.Random(1)
    now = int(time.time() * 1000)

    def fill(session: Session) -> None:
        for row, profile in invented:
            _member(session, row, profile, _consent(chance.random()), now)
        indexing.rebuild(session, labels)

    await _write(path, fill)


def _consent(drawn: float) -> Consent:
    if drawn < _YES:
        return "yes"
    return "no" if drawn < _YES + _NO else "unasked"


def _member(
    session: Session, row: RegisterRow, profile: Profile, consent: Consent, now: int
) -> None:
    member_id = members.add(session, profile, number=row.member_number, now=now)
    members.set_consent(session, member_id, consent, now=now)
    if row.matrix_id:
        member_accounts.attach(session, row.matrix_id, member_id, source="register", now=now)


async def fill_database(
    path: Path, register: Path, *, space: str, room_ids: Sequence[str], open_ones: range
) -> None:
    """The register, and a network for each room; those in `open_ones` are open, others by invitation."""
    shutil.copy(register, path)
    now = int(time.time() * 1000)

    def fill(session: Session) -> None:
        rooms.know(session, space, now=now)
        rooms.set_kind(session, space, "space")
        for number, room_id in enumerate(room_ids):
            rooms.know(session, room_id, now=now)
            rooms.set_kind(session, room_id, "network")
            networks.add(
                session,
                slug=slug_of(number),
                kind="other",
                label=None,
                region=None,
                languages=["en"],
                criterion_kind="strategic",
                openness="open" if number in open_ones else "invitation",
                encrypted=False,
                texts={"name": {"en": f"Bench {number:03d}"}, "purpose": {"en": "To be measured"}},
                room_id=room_id,
                created_by=None,
                now=now,
            )

    await _write(path, fill)


async def _write(path: Path, fill: Callable[[Session], None]) -> None:
    opened = await Database.open(path)
    try:
        await opened.write(fill)
    finally:
        # Closing the last connection takes the log into the file, so that a copy of it is whole.
        await opened.close()
