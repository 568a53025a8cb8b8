"""Search alone: how long a query takes in the database, by kind of query, with the whole register in it."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from commands.labels import load_labels
from commands.members.search import Query, find
from storage.database import Database
from storage.session import Session
from tests.bench.figures import Aim, Figure, percentile

_MEASURE = "Search alone, in the database"
_CLASSES: dict[str, tuple[Query, ...]] = {
    "a whole word": (
        Query("vertaler"),
        Query("photographe"),
        Query("developer"),
        Query("grafisch ontwerper"),
    ),
    "two words": (
        Query("vertaler gent"),
        Query("photographe liège"),
        Query("journalist brussel"),
        Query("translator english"),
    ),
    "the beginning of a word": (Query("foto"), Query("vert"), Query("web"), Query("dans")),
    "one letter": (Query("a"), Query("m"), Query("e"), Query("s")),
    "mistyped": (
        Query("vertalr"),
        Query("fotograff"),
        Query("traductuer"),
        Query("jouranlist gent"),
    ),
    "accented, or without its accents": (
        Query("comédien"),
        Query("comedien"),
        Query("vidéaste"),
        Query("liège"),
    ),
    "another language": (
        Query("traducteur gand"),
        Query("translator ghent"),
        Query("filmmaker"),
        Query("cineast"),
    ),
    "with filters": (
        Query("vertaler", place="gent"),
        Query("", place="brussel", language="fr"),
        Query("designer", sector="J"),
        Query("", language="de"),
    ),
    "no one": (Query("xyzzyqwert"), Query("kwantumsmid"), Query("vertaler xyzzyqwert")),
}


async def searches(database: Path, user: str, *, rounds: int) -> list[Figure]:
    """Each query `rounds` times as that member; the waits are those of the bot's own way to the database."""
    labels = load_labels(())
    waits: dict[str, list[float]] = {name: [] for name in _CLASSES}
    opened = await Database.open(database, check=False)

    def look(query: Query, session: Session) -> None:
        find(session, labels, query, user=user, language="en")

    try:
        for number in range(rounds + 1):
            for name, queries in _CLASSES.items():
                for query in queries:
                    begun = time.perf_counter()
                    await opened.read(partial(look, query))
                    # The first round warms the caches, as the first minute of a bot does.
                    if number:
                        waits[name].append(time.perf_counter() - begun)
    finally:
        await opened.close()
    figures = []
    for name, values in waits.items():
        figures += [
            Figure(_MEASURE, f"{name}, p50", "ms", percentile(values, 0.5) * 1000),
            Figure(
                _MEASURE, f"{name}, p99", "ms", percentile(values, 0.99) * 1000, aim=Aim("≤", 10.0)
            ),
        ]
    return figures
