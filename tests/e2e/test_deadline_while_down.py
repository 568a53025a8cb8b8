"""A deadline that passes while the bot is down: what was said before it counts, what was said after it not."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.folder import DATABASE_NAME
from commands.purchases.changes import STEP
from storage import commitments, jobs, purchases
from storage.database import Database
from storage.session import Session
from tests.e2e.buying import kernel, line_of, makers, now, purchase, put
from tests.e2e.directory import until
from tests.e2e.kring import Kring
from tests.support.synapse import NewUser

pytestmark = pytest.mark.e2e


async def test_what_was_said_before_the_deadline_counts_although_the_bot_was_down(
    kring: Kring, new_user: NewUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if it had been down for longer than the time that is given to what was just said.
    monkeypatch.setattr("bot.schedule._ON_THE_WAY", timedelta())
    anna, mia = await new_user("anna"), await new_user("mia")
    async with kring.running(kernel) as app:
        room = await makers(kring, app.database, anna, mia)
    database = await Database.open(kring.options.data / DATABASE_NAME)
    try:
        number = await database.write(
            lambda session: put(session, anna.user_id, [(anna.user_id, 3, 0)])
        )
        await mia.send(room, f"!commit {number} 2")
        deadline = now() + 500
        await database.write(lambda session: close_at(session, number, deadline))
        await asyncio.sleep((deadline - now()) / 1000 + 0.05)
        await anna.send(room, f"!commit {number} 8")
        async with kring.running(kernel):
            await until(database, lambda session: decided(session, number), 30)
            await anna.expect(room, "There are enough of you", 20)
        found = await database.read(lambda session: commitments_of(session, number))
    finally:
        await database.close()
    assert found == {anna.user_id: (3, 3), mia.user_id: (2, 2)}


def close_at(session: Session, number: int, deadline: int) -> None:
    purchases.change(session, number, now=now(), deadline=deadline, due_at=deadline)
    data = {"purchase": number}
    jobs.add(session, STEP, f"{number}-{deadline}", due_at=deadline, data=data)


def decided(session: Session, number: int) -> bool:
    return purchase(session, number).state not in ("open", "filling")


def commitments_of(session: Session, number: int) -> dict[str | None, tuple[int, int | None]]:
    """By account: how many were wanted, and how many are ordered."""
    made = commitments.of_purchase(session, number)[line_of(session, number)]
    return {one.user_id: (one.quantity, one.ordered_units) for one in made}
