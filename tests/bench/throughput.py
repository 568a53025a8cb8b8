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
def load(folder: Path) -> Iterator[Load]:
    folder.mkdir(parents=True, exist_ok=True)
    core = cores()[-1] if len(cores()) > 1 else None
    with Child(["-m", "tests.bench.load"], folder / "load.txt", core=core, talks=True) as child:
        yield Load(child)


@dataclass(slots=True)
class _Rates:
    per_second: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)

    def take(self, seen: dict[str, Any], count: int) -> None:
        self.per_second.append(count / seen["seconds"])
        self.cpu_ms.append(seen["cpu"] / count * 1000)


def throughput(
    folder: Path, database: Path, queries: Sequence[str], *, count: int, repeats: int
) -> tuple[list[Figure], list[str]]:
    """In turns with the floor; `database` is copied for each start. The figures, and broken promises."""
    helps, finds, floors = _Rates(), _Rates(), _Rates()
    faults: list[str] = []
    searches = [f"!find {query}" for query in queries]
    for number in range(repeats):
        for who in ("kring", "floor") if number % 2 else ("floor", "kring"):
            with load(folder) as members:
                if who == "floor":
                    child = bots.floor(folder / "floor", members.url, token="bench", core=_core())
                    (folder / "floor" / "since").unlink(missing_ok=True)
                    plan = [(floors, [f"{PREFIX}help"], count)]
                else:
                    bots.prepare(folder / "kring", members.url, BOT, "any", database)
                    child = bots.kring(folder / "kring", core=_core())
                    plan = [(helps, ["!help"], count), (finds, searches, count // 3)]
                with child:
                    members.until_synced(child)
                    for rates, commands, times in plan:
                        members.say(child.pid, commands, max(100, times // 10))
                        seen = members.say(child.pid, commands, times)
                        rates.take(seen, times)
                        alone = members.say(child.pid, commands, _ALONE, rooms=1, window=1)
                        rates.alone += alone["waits"]
                        if who == "kring":
                            faults += [*seen["faults"], *alone["faults"]]
                    child.check()
    return [*_figures("!help", helps, floors), *_figures("!find", finds, floors, aim=False)], faults


def _core() -> int | None:
    return cores()[0] if len(cores()) > 1 else None


def _figures(name: str, ours: _Rates, floor: _Rates, *, aim: bool = True) -> list[Figure]:
    return [
        Figure(
            _MEASURE,
            f"{name}, commands answered",
            "1/s",
            median(ours.per_second),
            median(floor.per_second),
            Aim("≥", 300.0) if aim else None,
        ),
        Figure(
            _MEASURE,
            f"{name}, processor time for one",
            "ms",
            median(ours.cpu_ms),
            median(floor.cpu_ms),
        ),
        *(
            Figure(
                _MEASURE,
                f"{name}, one at a time, p{round(share * 100)}",
                "ms",
                percentile(ours.alone, share) * 1000,
                percentile(floor.alone, share) * 1000,
            )
            for share in (0.5, 0.99)
        ),
    ]
