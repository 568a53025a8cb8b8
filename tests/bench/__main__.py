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
import time
from pathlib import Path

import tests
from tests.bench import bots
from tests.bench.burst import bursts
from tests.bench.conversation import QUERIES, latencies
from tests.bench.figures import Report
from tests.bench.processes import peak_memory_mib
from tests.bench.scale import FULL, QUICK, Scale
from tests.bench.searching import searches
from tests.bench.starting import starts
from tests.bench.talk import table
from tests.bench.throughput import throughput
from tests.bench.world import FLOOR, KRING, PASSWORD, SERVER, World, working_copy

NAMES = ("throughput", "starts", "latency", "burst", "search")
CACHE = Path(tests.__file__).parents[1] / ".bench"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def _measure(scale: Scale, only: frozenset[str]) -> Report:
    report = Report(scale.name)
    world = await working_copy(scale.recipe, CACHE, _say)
    try:
        if "throughput" in only:
            _throughput(report, world, scale)
        if only & {"starts", "latency", "burst", "search"}:
            async with world.homeserver() as server:
                await _on_synapse(report, world, scale, only, server.base_url)
    finally:
        shutil.rmtree(world.folder, ignore_errors=True)
    return report


def _throughput(report: Report, world: World, scale: Scale) -> None:
    _say("Commands on the ideal homeserver ...")
    figures, faults = throughput(
        world.folder / "ideal",
        world.register,
        QUERIES,
        count=scale.commands,
        repeats=scale.throughput_repeats,
    )
    report.add(figures)
    report.faults += faults


async def _on_synapse(
    report: Report, world: World, scale: Scale, only: frozenset[str], url: str
) -> None:
    async with table(world, url) as members:
        if "starts" in only:
            _say("Starts ...")
            report.add(await starts(members, world, url, repeats=scale.starts))
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
                figures, faults = await latencies(
                    members, world, count=scale.asked, joins=scale.joins
                )
                report.add(figures)
                report.faults += faults
            if "burst" in only:
                _say("Many at once ...")
                figures, faults = await bursts(
                    members, world.talk_rooms, commands=scale.burst, repeats=scale.bursts
                )
                report.add(figures)
                report.faults += faults
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
