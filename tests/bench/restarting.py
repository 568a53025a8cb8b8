"""How soon a bot that encrypts is back, and how much memory it takes, by how many keys it has kept."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from storage.crypto import devices, room_keys
from storage.crypto.devices import Device, Listing
from storage.crypto.room_keys import Inbound
from storage.database import Database
from storage.session import Session
from tests.bench import bots
from tests.bench.figures import Aim, Figure, median
from tests.bench.floor import PREFIX
from tests.bench.processes import peak_memory_mib
from tests.bench.sealed import SealedTable
from tests.bench.talk import Unanswered
from tests.bench.world import FLOOR, KRING, PASSWORD, SERVER, World

_SETTLE = 2.0
_DEVICES = 2
_EVERY = 0.5
_TRIES = 20
# About as long as what vodozemac makes of a session; the bot opens none of these.
_PICKLE = "p" * 620
_KEY = "k" * 31


@dataclass(slots=True)
class _Starts:
    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


async def restarts(
    sealed: SealedTable, world: World, url: str, *, repeats: int, sessions: int, followed: int
) -> tuple[list[Figure], list[str]]:
    """Cold starts, then warm ones with few keys and with many, the floor beside them in a plain room.

    The figures, and broken promises.
    """
    room = sealed.rooms[1]
    folder = world.folder / "restart"
    cold, warm, full, floor = _Starts(), _Starts(), _Starts(), _Starts()
    for _ in range(repeats):
        bots.prepare(folder, url, f"@{KRING}:{SERVER}", PASSWORD, world.database)
        await _cold(sealed, room, folder, cold)
    since = world.folder / "restart-floor"
    for turn in range(repeats):
        await _floor(sealed, world, since, url, floor, first=not turn)
        await _warm(sealed, room, folder, warm)
    await _fill(folder / "kring.db", sessions, followed)
    for _ in range(repeats):
        await _warm(sealed, room, folder, full)
    here = "Process start to first answer in an encrypted room (the floor's is plain)"
    growth = (
        f"The same with {sessions:,} sessions to read by and {followed * _DEVICES:,} devices of"
        f" {followed:,} users, and (in the floor's place) without them"
    )
    return [
        Figure(here, "warm", "s", median(warm.seconds), median(floor.seconds), Aim("≤", 1.1)),
        Figure(
            here, "cold, a new device that gets the key", "s", median(cold.seconds), None,
            Aim("≤", 2.5),
        ),
        Figure(here, "peak memory", "MiB", max(cold.memory + warm.memory), max(floor.memory),
               Aim("≤", 100.0)),
        Figure(growth, "warm", "s", median(full.seconds), median(warm.seconds),
               Aim("≤", 1.15, "ratio")),
        Figure(growth, "peak memory of a warm start", "MiB", max(full.memory), max(warm.memory),
               Aim("≤", 1.05, "ratio")),
    ], sealed.faults(room)  # fmt: skip


async def _cold(sealed: SealedTable, room: str, folder: Path, found: _Starts) -> None:
    """A member's device hands its key over as soon as the bot's new device is there, and asks."""
    table = sealed.table
    with bots.kring(folder) as child:
        await sealed.hand_over(folder, child, [0], room)
        answer = ""
        for _ in range(_TRIES):
            child.check()
            kind, content = sealed.sealed(0, room)
            event_id = await table.talkers[0].send_event(room, kind, content)
            # What was said before the first sync began is history, and not answered.
            with suppress(Unanswered):
                answer = await table.answer(room, event_id, _EVERY)
                break
        else:
            raise Unanswered(f"{_TRIES} sealed commands were not answered after a cold start")
        found.seconds.append(table.observer.seen_at[answer] - child.started)
        await table.until_quiet(_SETTLE)
        found.memory.append(peak_memory_mib(child.pid))


async def _warm(sealed: SealedTable, room: str, folder: Path, found: _Starts) -> None:
    table = sealed.table
    kind, content = sealed.sealed(0, room)
    event_id = await table.talkers[0].send_event(room, kind, content)
    await table.until_quiet(0.3)
    with bots.kring(folder) as child:
        answer = await table.answer(room, event_id)
        found.seconds.append(table.observer.seen_at[answer] - child.started)
        await table.until_quiet(_SETTLE)
        found.memory.append(peak_memory_mib(child.pid))


async def _floor(
    sealed: SealedTable, world: World, folder: Path, url: str, found: _Starts, *, first: bool
) -> None:
    table, room, token = sealed.table, world.talk_rooms[1], world.people[FLOOR].token
    if first:
        with bots.floor(folder, url, token=token) as child:
            await table.first_answer(room, f"{PREFIX}help", child, _EVERY)
    event_id = await table.talkers[0].send(room, f"{PREFIX}help")
    await table.until_quiet(0.3)
    with bots.floor(folder, url, token=token) as child:
        answer = await table.answer(room, event_id)
        found.seconds.append(table.observer.seen_at[answer] - child.started)
        found.memory.append(peak_memory_mib(child.pid))


async def _fill(path: Path, sessions: int, followed: int) -> None:
    """As after a long life: sessions that were backed up, and users in rooms that the bot has left since."""
    now = int(time.time() * 1000)

    def fill(session: Session) -> None:
        for number in range(sessions):
            new = Inbound(
                f"!{number % 100:043d}", f"{number:043d}", f"@crowd{number % followed}:{SERVER}",
                f"{_KEY}{number:012d}", f"{_KEY}{number:012d}", _PICKLE, 0, "backup",
            )  # fmt: skip
            room_keys.add_inbound(session, new, now=now)
        users = [f"@crowd{number}:{SERVER}" for number in range(followed)]
        devices.track(session, users)
        for number, user in enumerate(users):
            listed = tuple(
                Device(user, f"D{which}", f"{_KEY}{which}{number:011d}",
                       f"{_KEY}{which}{number:011d}", True)
                for which in range(_DEVICES)
            )  # fmt: skip
            devices.store(session, Listing(user, None, None, listed), 1)

    database = await Database.open(path)
    try:
        await database.write(fill)
    finally:
        await database.close()
