"""`make bench`: builds the world if need be, takes every measure beside its floor, and prints them.

Exits with 1 when a promise was broken (a command lost, answered twice or out of turn); a missed aim is
printed, and only `--strict` makes it an error.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import tests
from tests.bench import bots
from tests.bench.burst import bursts
from tests.bench.conversation import QUERIES, latencies
from tests.bench.encrypted import sealed_bursts, sealed_latencies
from tests.bench.figures import Report
from tests.bench.processes import peak_memory_mib
from tests.bench.purchasing import purchase_figures
from tests.bench.restarting import restarts
from tests.bench.scale import FULL, QUICK, Scale
from tests.bench.sealed import SealedTable
from tests.bench.searching import searches
from tests.bench.sharing import first_message
from tests.bench.starting import starts
from tests.bench.supplying import supplier_searches
from tests.bench.talk import Table, table
from tests.bench.throughput import throughput
from tests.bench.world import (
    FLOOR,
    KRING,
    PASSWORD,
    SERVER,
    World,
    give_identities,
    working_copy,
)

NAMES = (
    "throughput",
    "starts",
    "latency",
    "burst",
    "encrypted",
    "share",
    "restart",
    "search",
    "suppliers",
    "purchases",
)
CACHE = Path(tests.__file__).parents[1] / ".bench"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def _measure(scale: Scale, only: frozenset[str]) -> Report:
    report = Report(scale.name)
    if "suppliers" in only:
        _say("Search among suppliers ...")
        await _suppliers(report, scale)
        only -= {"suppliers"}
    if "purchases" in only:
        _say("A large purchase ...")
        _purchases(report, scale)
        only -= {"purchases"}
    if not only:
        return report
    world = await working_copy(scale.recipe, CACHE, _say)
    try:
        if only & {"throughput", "encrypted"}:
            _throughput(report, world, scale, encrypted="encrypted" in only)
        if only - {"throughput"}:
            async with world.homeserver() as server:
                await _on_synapse(report, world, scale, only, server.base_url)
    finally:
        shutil.rmtree(world.folder, ignore_errors=True)
    return report


async def _suppliers(report: Report, scale: Scale) -> None:
    """They have a database of their own, which takes no world."""
    with tempfile.TemporaryDirectory(prefix="kring-bench-") as folder:
        report.add(
            await supplier_searches(
                Path(folder),
                rounds=scale.searches,
                count=scale.suppliers,
                lent=scale.suppliers // 10,
            )
        )


def _purchases(report: Report, scale: Scale) -> None:
    with tempfile.TemporaryDirectory(prefix="kring-bench-") as folder:
        report.add(
            purchase_figures(
                Path(folder), lines=scale.purchase_lines, people=scale.purchase_members
            )
        )


def _throughput(report: Report, world: World, scale: Scale, *, encrypted: bool) -> None:
    _say("Commands on the ideal homeserver ...")
    figures, faults = throughput(
        world.folder / "ideal",
        world.register,
        QUERIES,
        count=scale.commands,
        repeats=scale.throughput_repeats,
        encrypted=encrypted,
    )
    report.add(figures)
    report.faults += faults


async def _on_synapse(
    report: Report, world: World, scale: Scale, only: frozenset[str], url: str
) -> None:
    await give_identities(world, url)
    async with table(world, url) as members:
        if "starts" in only:
            _say("Starts ...")
            report.add(await starts(members, world, url, repeats=scale.starts))
        sealed = None
        if only & {"encrypted", "share", "restart"}:
            _say("Encrypted rooms ...")
            sealed = await SealedTable.begin(members, world, world.recipe.talk_rooms)
        if only & {"latency", "burst", "encrypted", "search"}:
            await _talk(report, world, scale, only, url, members, sealed)
        if sealed is not None and "restart" in only:
            _say("Restarts with encryption ...")
            figures, faults = await restarts(
                sealed, world, url,
                repeats=scale.starts, sessions=scale.sessions, followed=scale.followed,
            )  # fmt: skip
            report.take(figures, faults)
        if sealed is not None and "share" in only:
            _say("The first message to a large encrypted room ...")
            report.take(*await first_message(sealed, world, url, before=scale.before_share))


async def _talk(
    report: Report,
    world: World,
    scale: Scale,
    only: frozenset[str],
    url: str,
    members: Table,
    sealed: SealedTable | None,
) -> None:
    """What is asked of a Kring and a floor that keep running."""
    folder = world.folder / "talk"
    bots.prepare(folder, url, f"@{KRING}:{SERVER}", PASSWORD, world.database)
    with (
        bots.kring(folder) as kring,
        bots.floor(world.folder / "floor", url, token=world.people[FLOOR].token) as floor,
    ):
        room = world.talk_rooms[0]
        await members.first_answer(room, "!help", kring, 1.0)
        await members.first_answer(room, "%help", floor, 1.0)
        await members.until_quiet(2.0)
        if "latency" in only:
            _say("Command to answer ...")
            found = await latencies(members, world, count=scale.asked, joins=scale.joins)
            report.take(*found)
        if "burst" in only:
            _say("Many at once ...")
            found = await bursts(
                members, world.talk_rooms, commands=scale.burst, repeats=scale.bursts
            )
            report.take(*found)
        if sealed is not None and "encrypted" in only:
            _say("The same in encrypted rooms ...")
            everyone = range(len(members.talkers))
            await sealed.hand_over(folder, kring, everyone, *sealed.rooms)
            for room in sealed.rooms:
                await sealed.ask(room, "!help")  # so that everyone has the bot's key
            await members.until_quiet(1.0)
            found = await sealed_latencies(
                sealed, world,
                count=scale.asked, before=scale.joins, joins=scale.sealed_joins,
            )  # fmt: skip
            report.take(*found)
            report.take(
                *await sealed_bursts(sealed, world, commands=scale.burst, repeats=scale.bursts)
            )
        memory = peak_memory_mib(kring.pid)
        report.notes.append(f"Peak memory of Kring after all of this: {memory:.0f} MiB.")
    if "search" in only:
        _say("Search ...")
        user = world.talkers[0].user_id
        report.add(await searches(folder / "kring.db", user, rounds=scale.searches))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    parser.add_argument("--quick", action="store_true", help="a small world and few repeats")
    parser.add_argument("--strict", action="store_true", help="a missed aim is an error")
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="NAME", default=NAMES,
                        help=f"some of: {', '.join(NAMES)}")  # fmt: skip
    given = parser.parse_args()
    # As Ctrl-C, so that every process that was started is ended on the way out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    scale = QUICK if given.quick else FULL
    begun = time.monotonic()
    try:
        report = asyncio.run(_measure(scale, frozenset(given.only)))
    except KeyboardInterrupt:
        _say("Stopped.")
        return 130
    _say(f"Measured in {time.monotonic() - begun:.0f} s.\n")
    print(report.heading())
    print(report.table())
    if given.json is not None:
        report.write_json(given.json)
    if given.markdown is not None:
        given.markdown.write_text(report.markdown(), encoding="utf-8")
    missed = any(figure.verdict == "missed" for figure in report.figures)
    return 1 if report.faults or (given.strict and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
