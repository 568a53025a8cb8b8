"""The first message to an encrypted room of a thousand: how long its reader waits, what it takes, and what
others notice of it meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

from bot.demo.account import Account
from tests.bench import bots
from tests.bench.figures import Aim, Figure, percentile
from tests.bench.floor import PREFIX
from tests.bench.processes import peak_memory_mib
from tests.bench.sealed import SealedTable, give_everyone_a_device
from tests.bench.talk import PAUSE, in_turns
from tests.bench.voices import ENCRYPTION
from tests.bench.world import FLOOR, KRING, PASSWORD, SERVER, SMALLER, World
from tests.support.faultproxy import FaultProxy

_PATIENCE = 150.0


async def first_message(
    sealed: SealedTable, world: World, url: str, *, before: int
) -> tuple[list[Figure], list[str]]:
    """The world's large room becomes encrypted, everyone in it gets a device, and one says a command.

    The figures, and broken promises.
    """
    table, large = sealed.table, world.rooms[-1]
    bot_names = {KRING, SMALLER, FLOOR}
    talkers = {talker.user_id for talker in table.talkers}
    people = [
        person
        for name, person in world.people.items()
        if name not in bot_names and person.user_id not in talkers
    ]
    devices = await give_everyone_a_device(url, people) + len(talkers)
    kring = world.people[KRING]
    async with Account(url, kring.user_id, kring.token) as account:
        await account.set_state(large, "m.room.encryption", ENCRYPTION)
    folder = world.folder / "share"
    # A sync that still waits when the bot is gone is an error for the proxy, and none for us.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    async with FaultProxy(url) as proxy:
        bots.prepare(folder, proxy.base_url, f"@{KRING}:{SERVER}", PASSWORD, world.database)
        with (
            bots.kring(folder) as child,
            bots.floor(world.folder / "floor", url, token=world.people[FLOOR].token) as floor,
        ):
            await table.first_answer(world.talk_rooms[0], "!help", child, 1.0)
            await table.first_answer(world.talk_rooms[0], f"{PREFIX}help", floor, 1.0)
            await sealed.hand_over(folder, child, [0], large)
            await table.until_quiet(2.0)
            rest, rest_floor = await in_turns(
                before,
                lambda _: table.ask(world.talk_rooms[0], "!help", 1),
                lambda _: table.ask(world.talk_rooms[1], f"{PREFIX}help", 2),
            )
            memory = peak_memory_mib(child.pid)
            at = len(proxy.requests)
            first = asyncio.create_task(sealed.ask(large, "!help", patience=_PATIENCE))
            meanwhile, meanwhile_floor = await asyncio.gather(
                _until(first, sealed, world.talk_rooms[0], "!help", 1),
                _until(first, sealed, world.talk_rooms[1], f"{PREFIX}help", 2),
            )
            seconds = await first
            asked = Counter(_about(path) for _, path in proxy.requests[at:])
            await table.until_quiet(1.0)
            second = await sealed.ask(large, "!help")
            await table.until_quiet(1.0)
            highest = peak_memory_mib(child.pid)
    name = f"First message to an encrypted room of {devices:,} devices"
    requests = asked["keys/query"] + asked["keys/claim"] + asked["sendToDevice"]
    return [
        Figure(name, "until its answer is seen", "s", seconds, aim=Aim("≤", 15.0)),
        Figure(name, "until the answer to the second is seen", "s", second, aim=Aim("≤", 0.5)),
        Figure(name, "requests about keys for it", "n", requests, aim=Aim("≤", devices / 20 + 10)),
        Figure(name, f"answers in another room before, p50 of {before}", "ms",
               percentile(rest, 0.5) * 1000, percentile(rest_floor, 0.5) * 1000),
        Figure(name, f"answers in another room before, p99 of {before}", "ms",
               percentile(rest, 0.99) * 1000, percentile(rest_floor, 0.99) * 1000),
        Figure(name, f"answers in another room meanwhile, p50 of {len(meanwhile)}", "ms",
               percentile(meanwhile, 0.5) * 1000, percentile(meanwhile_floor, 0.5) * 1000),
        Figure(name, f"answers in another room meanwhile, p99 of {len(meanwhile)}", "ms",
               percentile(meanwhile, 0.99) * 1000, percentile(meanwhile_floor, 0.99) * 1000,
               Aim("≤", 2.0, "ratio")),
        Figure(name, "peak memory (in the floor's place: before it)", "MiB", highest, memory,
               Aim("≤", 1.3, "ratio")),
    ], sealed.faults(large)  # fmt: skip


async def _until(
    done: asyncio.Task[float], sealed: SealedTable, room: str, text: str, talker: int
) -> list[float]:
    """How long each answer took of those that were asked for one after another, at least one."""
    waits: list[float] = []
    while not waits or not done.done():
        waits.append(await sealed.table.ask(room, text, talker))
        await asyncio.sleep(PAUSE)
    return waits


def _about(path: str) -> str:
    for what in ("keys/query", "keys/claim", "sendToDevice"):
        if what in path:
            return what
    return "other"
