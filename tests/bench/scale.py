"""How much is measured: a full run, and a quick one that only shows that everything works."""

from __future__ import annotations

from dataclasses import dataclass

from tests.bench import world
from tests.bench.world import Recipe


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts of what each measure repeats, and of the `sessions` and `followed` users that a bot has kept.

    A full run takes about fifteen minutes, a quick one about two.
    """

    name: str
    recipe: Recipe
    commands: int
    throughput_repeats: int
    starts: int
    asked: int
    joins: int
    sealed_joins: int
    burst: int
    bursts: int
    before_share: int
    sessions: int
    followed: int
    searches: int
    suppliers: int
    purchase_lines: int
    purchase_members: int


FULL = Scale(
    "full",
    world.FULL,
    commands=3_000,
    throughput_repeats=3,
    starts=5,
    asked=200,
    joins=80,
    sealed_joins=40,
    burst=200,
    bursts=3,
    before_share=30,
    sessions=20_000,
    followed=35_000,
    searches=50,
    suppliers=5_000,
    purchase_lines=200,
    purchase_members=500,
)
QUICK = Scale(
    "quick",
    world.QUICK,
    commands=300,
    throughput_repeats=1,
    starts=1,
    asked=10,
    joins=4,
    sealed_joins=2,
    burst=40,
    bursts=1,
    before_share=3,
    sessions=500,
    followed=1_000,
    searches=3,
    suppliers=200,
    purchase_lines=20,
    purchase_members=50,
)
