"""What a command costs the bot itself: Kring and the floor, each alone on one core, on the ideal homeserver.

The homeserver and its members have the other core, so that the bot is never what waits.
"""

from __future__ import annotations

import json
import select
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import bots
from tests.bench.figures import Aim, Figure, median, percentile
from tests.bench.floor import PREFIX
from tests.bench.load import BOT
from tests.bench.processes import Child, ProcessEnded, cores

_MEASURE = "On the ideal homeserver, the bot on one core"
_COSTS = "The same in encrypted rooms and (in the floor's place) in plain ones"
_ALONE = 200
_PATIENCE = 150.0


class Load:
    """The process that is homeserver and members in one."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self.url: str = json.loads(self._line())["url"]

    def _line(self) -> str:
        process: subprocess.Popen[str] = self._child.process
        assert process.stdout is not None
        # One line is asked for at a time, so that none can wait in a buffer unseen.
        ready, _, _ = select.select([process.stdout], [], [], _PATIENCE)
        line = process.stdout.readline() if ready else ""
        if not line:
            self._child.check()
            raise ProcessEnded(f"the ideal homeserver said nothing for {_PATIENCE:.0f} s")
        return line

    def order(self, what: object) -> dict[str, Any]:
        process = self._child.process
        assert process.stdin is not None
        process.stdin.write(json.dumps(what) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._line())
        return answer

    def until_synced(self, bot: Child) -> None:
        """Wait until the bot waits for news. Raises ProcessEnded if it ends instead."""
        while not self.order("synced")["synced"]:
            bot.check()

    def say(self, pid: int, commands: Sequence[str], count: int, **details: int) -> dict[str, Any]:
        return self.order({"pid": pid, "commands": list(commands), "count": count, **details})


@contextmanager
def load(folder: Path, *, encrypted: bool = False) -> Iterator[Load]:
    folder.mkdir(parents=True, exist_ok=True)
    core = cores()[-1] if len(cores()) > 1 else None
    arguments = ["-m", "tests.bench.load", *(["--encrypted"] if encrypted else [])]
    with Child(arguments, folder / "load.txt", core=core, talks=True) as child:
        yield Load(child)


@dataclass(slots=True)
class _Rates:
    per_second: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)

    def take(self, seen: dict[str, Any], count: int) -> None:
        self.per_second.append(count / seen["seconds"])
        self.cpu_ms.append(seen["cpu"] / count * 1000)


@dataclass(slots=True)
class _Competitor:
    """One bot in one kind of room: what it is asked, and how it did."""

    name: str
    help: _Rates = field(default_factory=_Rates)
    find: _Rates = field(default_factory=_Rates)


def throughput(
    folder: Path,
    database: Path,
    queries: Sequence[str],
    *,
    count: int,
    repeats: int,
    encrypted: bool,
) -> tuple[list[Figure], list[str]]:
    """In turns with the floor, with `encrypted` in encrypted rooms too; `database` is copied for each start.

    The figures, and broken promises.
    """
    floor, plain, sealed = (_Competitor(name) for name in ("floor", "plain", "sealed"))
    faults: list[str] = []
    turns = [floor, plain, *([sealed] if encrypted else [])]
    for number in range(repeats):
        for who in turns if number % 2 else turns[::-1]:
            with load(folder, encrypted=who is sealed) as members:
                if who is floor:
                    child = bots.floor(folder / "floor", members.url, token="bench", core=_core())
                    (folder / "floor" / "since").unlink(missing_ok=True)
                    plan = [(floor.help, [f"{PREFIX}help"], count)]
                else:
                    bots.prepare(folder / "kring", members.url, BOT, "any", database)
                    child = bots.kring(folder / "kring", core=_core())
                    finds = [f"!find {query}" for query in queries]
                    plan = [(who.help, ["!help"], count), (who.find, finds, count // 3)]
                with child:
                    members.until_synced(child)
                    for rates, commands, times in plan:
                        members.say(child.pid, commands, max(100, times // 10))
                        seen = members.say(child.pid, commands, times)
                        rates.take(seen, times)
                        alone = members.say(child.pid, commands, _ALONE, rooms=1, window=1)
                        rates.alone += alone["waits"]
                        if who is not floor:
                            faults += [*seen["faults"], *alone["faults"]]
                    child.check()
    figures = [
        *_figures(_MEASURE, "!help", plain.help, floor.help, Aim("≥", 300.0)),
        *_figures(_MEASURE, "!find", plain.find, floor.help),
    ]
    if encrypted:
        figures += _figures(
            f"{_MEASURE}, in encrypted rooms (the floor's are plain)",
            "!help",
            sealed.help,
            floor.help,
            Aim("≥", 150.0),
        )
        figures += _figures(_COSTS, "!help", sealed.help, plain.help)
        figures += _figures(_COSTS, "!find", sealed.find, plain.find)
    return figures, faults


def _core() -> int | None:
    return cores()[0] if len(cores()) > 1 else None


def _figures(
    measure: str, name: str, ours: _Rates, floor: _Rates, aim: Aim | None = None
) -> list[Figure]:
    return [
        Figure(
            measure,
            f"{name}, commands answered",
            "1/s",
            median(ours.per_second),
            median(floor.per_second),
            aim,
        ),
        Figure(
            measure,
            f"{name}, processor time for one",
            "ms",
            median(ours.cpu_ms),
            median(floor.cpu_ms),
        ),
        *(
            Figure(
                measure,
                f"{name}, one at a time, p{round(share * 100)}",
                "ms",
                percentile(ours.alone, share) * 1000,
                percentile(floor.alone, share) * 1000,
            )
            for share in (0.5, 0.99)
        ),
    ]
