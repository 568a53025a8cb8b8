"""Search among suppliers alone: how long a query takes in the database, by kind of query, beside a floor that
asks the same index for documents with the same words and looks no further."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from commands.labels import load_labels
from commands.search.words import asked
from commands.suppliers import indexing
from commands.suppliers.search import Query, find
from storage.database import Database
from storage.session import Session
from tests.bench.directory import MEMBER, fill
from tests.bench.figures import Aim, Figure, percentile

_MEASURE = "Search among suppliers, in the database"
_PAGE = 10
_CLASSES: dict[str, tuple[Query, ...]] = {
    "a whole word": (
        Query("drukwerk"),
        Query("imprimerie"),
        Query("tools"),
        Query("boekhouder"),
    ),
    "two words": (
        Query("drukwerk gent"),
        Query("imprimerie liège"),
        Query("coworking brussel"),
        Query("bike repair antwerp"),
    ),
    "the beginning of a word": (Query("druk"), Query("fiets"), Query("impr"), Query("cam")),
    "one letter": (Query("a"), Query("m"), Query("e"), Query("s")),
    "mistyped": (
        Query("drukewrk"),
        Query("imprimreie"),
        Query("coffe gent"),
        Query("fietsherstleling"),
    ),
    "another language": (
        Query("imprimerie gand"),
        Query("printing ghent"),
        Query("furniture"),
        Query("tuinieren liège"),
    ),
    "with filters": (
        Query("", mode="rent", place="gent"),
        Query("computers", mode="second_hand"),
        Query("", class_="investment", language="fr"),
        Query("", category="tools", place="brussel"),
    ),
    "none": (Query("xyzzyqwert"), Query("kwantumsmid"), Query("drukwerk xyzzyqwert")),
}


async def supplier_searches(folder: Path, *, rounds: int, count: int, lent: int) -> list[Figure]:
    """Each query `rounds` times as a member, among `count` suppliers and `lent` things of members, in a
    database of its own; the waits are those of the bot's own way to the database."""
    labels = load_labels(())
    opened = await Database.open(folder / "suppliers.db")

    def begin(session: Session) -> None:
        fill(session, labels, count=count, lent=lent)
        indexing.bring_up_to_date(session, labels)

    def look(query: Query, session: Session) -> None:
        find(session, labels, query, user=MEMBER, smallest=5, limit=_PAGE)

    waits: dict[str, list[float]] = {name: [] for name in _CLASSES}
    floors: dict[str, list[float]] = {name: [] for name in _CLASSES}
    try:
        await opened.write(begin)
        # As the bot does when it begins to work.
        gc.collect()
        gc.freeze()
        for number in range(rounds + 1):
            for name, queries in _CLASSES.items():
                for query in queries:
                    # The first round warms the caches, as the first minute of a bot does.
                    taken = await _timed(opened, partial(look, query))
                    floor = await _timed(opened, partial(_bare, _match(query)))
                    if number:
                        waits[name].append(taken)
                        floors[name].append(floor)
    finally:
        await opened.close()
    figures = []
    for name, values in waits.items():
        aim = Aim("≤", 10.0)
        figures += [
            Figure(_MEASURE, f"{name}, p50", "ms", *_both(values, floors[name], 0.5)),
            Figure(_MEASURE, f"{name}, p99", "ms", *_both(values, floors[name], 0.99), aim=aim),
        ]
    return figures


async def _timed(opened: Database, work: Callable[[Session], object]) -> float:
    begun = time.perf_counter()
    await opened.read(work)
    return time.perf_counter() - begun


def _both(values: list[float], floors: list[float], share: float) -> tuple[float, float]:
    return percentile(values, share) * 1000, percentile(floors, share) * 1000


def _match(query: Query) -> str:
    """All the words that were typed, each as the beginning of one."""
    return " ".join(f'"{word}"*' for word in asked(f"{query.text} {query.place}")) or '"a"*'


def _bare(match: str, session: Session) -> None:
    session.rows(
        "SELECT supplier_documents.* FROM supplier_search"
        " JOIN supplier_documents ON supplier_documents.id = supplier_search.rowid"
        " WHERE supplier_search MATCH ? LIMIT ?",
        (match, _PAGE),
    )
