"""An index in which things are found by folded words and codes: its documents and the words they hold.

What a document says, what a query means and what comes first is decided by those who use one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from storage.session import Session

Columns = tuple[str, ...]

_BATCH: Final = 4000


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that a document must have: any of these prefixes, whole words, or codes, or `phrase`,
    which is several words that must all begin some word, or everything of `apart`. `column` is where
    (several with spaces between), anywhere if empty."""

    prefixes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    phrase: tuple[str, ...] = ()
    column: str = ""
    apart: tuple[Wanted, ...] = ()

    def expression(self) -> str:
        """As FTS5 reads it (https://www.sqlite.org/fts5.html, section 3). Raises ValueError for what is no
        single word."""
        options = [f"{_quoted(prefix)}*" for prefix in self.prefixes]
        options += [_quoted(word) for word in (*self.words, *self.codes)]
        if self.phrase:
            options.append("(" + " AND ".join(f"{_quoted(word)}*" for word in self.phrase) + ")")
        if self.apart:
            options.append("(" + " AND ".join(one.expression() for one in self.apart) + ")")
        joined = f"({' OR '.join(options)})"
        return f"{{{self.column}}} : {joined}" if self.column else joined


def _quoted(word: str) -> str:
    # The index knows no phrases, and what its tokenizer would cut in two would be one.
    if not word or any(
        letter.isascii() and not (letter.isalnum() or letter == "_") for letter in word
    ):
        raise ValueError(f"{word!r} is no word")
    return f'"{word}"'


def _words(document: Columns) -> set[str]:
    """The words that a person could type: codes begin with `_`."""
    return {word for text in document for word in text.split() if not word.startswith("_")}


class SearchIndex:
    """The tables `{name}_documents` (`id` and the columns), `{name}_search` (FTS5 over them) and
    `{name}_vocabulary` (`term`, `uses`), as a migration made them.

    A document is one text for each column, in their order: words separated by spaces, folded.
    """

    def __init__(self, name: str, columns: Columns) -> None:
        self.columns: Final = columns
        self._documents = f"{name}_documents"
        self._search = f"{name}_search"
        self._vocabulary = f"{name}_vocabulary"
        self._names = ", ".join(columns)
        self._marks = ", ".join("?" for _ in columns)
        self._add = f"INSERT INTO {self._documents} (id, {self._names}) VALUES (?, {self._marks})"

    def put(self, session: Session, rowid: int, document: Columns) -> None:
        """Index a document, in place of what was there."""
        self.remove(session, rowid)
        session.run(self._add, (rowid, *document))
        session.run(
            f"INSERT INTO {self._search} (rowid, {self._names}) VALUES (?, {self._marks})",
            (rowid, *document),
        )
        session.run_many(
            f"INSERT INTO {self._vocabulary} (term, uses) VALUES (?, 1)"
            " ON CONFLICT (term) DO UPDATE SET uses = uses + 1",
            ((word,) for word in _words(document)),
        )

    def remove(self, session: Session, rowid: int) -> bool:
        """Nobody finds the document from now on; whether somebody could."""
        row = session.row(
            f"SELECT {self._names} FROM {self._documents} WHERE id = ?",
            (rowid,),
        )
        if row is None:
            return False
        # The index keeps no text of its own: to take a document out it must be told what it said.
        session.run(
            f"INSERT INTO {self._search} ({self._search}, rowid, {self._names})"
            f" VALUES ('delete', ?, {self._marks})",
            (rowid, *row),
        )
        session.run(f"DELETE FROM {self._documents} WHERE id = ?", (rowid,))
        for word in _words(tuple(row)):
            session.run(f"UPDATE {self._vocabulary} SET uses = uses - 1 WHERE term = ?", (word,))
            session.run(f"DELETE FROM {self._vocabulary} WHERE term = ? AND uses <= 0", (word,))
        return True

    def leave_no_trace(self, session: Session) -> None:
        """What was removed leaves the file too: FTS5 drops deleted words only when it merges (0.5 s at
        70,000 documents)."""
        session.run(f"INSERT INTO {self._search} ({self._search}) VALUES ('optimize')")

    def rebuild(self, session: Session, documents: Iterable[tuple[int, Columns]]) -> int:
        """Replace the whole index, in less time than one by one; returns how many documents are in it."""
        session.run(f"DELETE FROM {self._documents}")
        session.run(f"DELETE FROM {self._vocabulary}")
        uses: Counter[str] = Counter()
        count = 0
        rest = iter(documents)
        while batch := list(islice(rest, _BATCH)):
            for _, document in batch:
                uses.update(_words(document))
            session.run_many(self._add, ((rowid, *document) for rowid, document in batch))
            count += len(batch)
        session.run_many(
            f"INSERT INTO {self._vocabulary} (term, uses) VALUES (?, ?)", sorted(uses.items())
        )
        session.run(f"INSERT INTO {self._search} ({self._search}) VALUES ('rebuild')")
        return count

    def matching(
        self, session: Session, wanted: Sequence[Wanted], *, rowids: range, limit: int
    ) -> list[int]:
        """At most `limit` of these rowids whose documents have everything wanted, in order.

        Unranked on purpose: a single letter finds most documents, and ranking tens of thousands takes
        100 ms.
        """
        if not wanted:
            return []
        return session.column(
            f"SELECT rowid FROM {self._search} WHERE {self._search} MATCH ?"
            " AND rowid >= ? AND rowid < ? LIMIT ?",
            (" AND ".join(one.expression() for one in wanted), rowids.start, rowids.stop, limit),
        )

    def documents(self, session: Session, rowids: Iterable[int]) -> list[tuple[int, Columns]]:
        """Those of these documents that are in the index, in order of rowid."""
        rows = session.rows(
            f"SELECT id, {self._names} FROM {self._documents}"
            " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
            (json.dumps(list(rowids)),),
        )
        return [(row[0], tuple(row)[1:]) for row in rows]

    def begins_some_word(self, session: Session, prefix: str) -> bool:
        """Whether any document holds a word that begins so."""
        return (
            session.value(
                f"SELECT 1 FROM {self._vocabulary} WHERE term >= ? AND term < ? LIMIT 1",
                (prefix, prefix + "\U0010ffff"),
            )
            is not None
        )

    def words_like(self, session: Session, word: str, errors: int) -> list[tuple[str, int]]:
        """Words of the documents that may be `word` with that many typing errors, with their uses.

        Looks where such a word can stand: among those with the same first letter, those with the first two
        letters exchanged, and those whose first letter is wrong, missing or too many. The caller measures.
        """
        rest, swapped = word[1:4], word[1:2] + word[:1]
        select = f"SELECT term, uses FROM {self._vocabulary} WHERE"
        long_enough = "AND length(term) BETWEEN :shortest AND :longest"
        rows = session.rows(
            f"{select} term >= :first AND term < :after_first {long_enough}"
            f" UNION {select} term >= :swapped AND term < :after_swapped {long_enough}"
            f" UNION {select} term >= :rest AND term < :after_rest {long_enough}"
            f" UNION {select} substr(term, 2, 3) IN (:rest, :head) {long_enough}",
            {
                "first": word[:1],
                "after_first": word[:1] + "\U0010ffff",
                "swapped": swapped,
                "after_swapped": swapped + "\U0010ffff",
                "rest": rest,
                "after_rest": rest + "\U0010ffff",
                "head": word[:3],
                "shortest": len(word) - errors,
                "longest": len(word) + errors,
            },
        )
        return [(row[0], row[1]) for row in rows]
