"""How much is measured: a full run, and a quick one that only shows that everything works."""

from __future__ import annotations

from dataclasses import dataclass

from tests.bench import world
from tests.bench.world import Recipe


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts of what each measure repeats; a full run takes about ten minutes, a quick one less than two."""

    name: str
    recipe: Recipe
    commands: int
    throughput_repeats: int
    starts: int
    asked: int
    joins: int
    burst: int
    bursts: int
    searches: int


FULL = Scale(
    "full",
    world.FULL,
    commands=3_000,
    throughput_repeats=3,
    starts=5,
    asked=200,
    joins=120,
    burst=200,
    bursts=3,
    searches=50,
)
QUICK = Scale(
    "quick",
    world.QUICK,
    commands=300,
    throughput_repeats=1,
    starts=1,
    asked=10,
    joins=4,
    burst=40,
    bursts=1,
    searches=3,
)
