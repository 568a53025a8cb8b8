"""The index in which members are found: documents of folded words and codes, and the words they hold.

What a document says, what a query means and who comes first is decided by `commands/members`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Final

from storage.member_accounts import SAME_PERSON
from storage.session import Session

# Documents for members of a shared network stand apart from those for everyone by their rowid.
_SHARED: Final = 1 << 40
_BATCH: Final = 2000


@dataclass(frozen=True, slots=True)
class Document:
    """What may be found of one member: words separated by spaces, folded; codes begin with `_`."""

    profession: str = ""
    skills: str = ""
    name: str = ""
    place: str = ""
    sector: str = ""
    language: str = ""
    about: str = ""

    def words(self) -> set[str]:
        return {
            word
            for column in COLUMNS
            for word in getattr(self, column).split()
            if not word.startswith("_")
        }


COLUMNS: Final = tuple(entry.name for entry in fields(Document))
_NAMES: Final = ", ".join(COLUMNS)
_ADD: Final = f"INSERT INTO member_documents (id, {_NAMES}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that a document must have: any of these prefixes, whole words, or codes, or `phrase`,
    which is several words that must all begin some word. `column` is where, anywhere if empty."""

    prefixes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    phrase: tuple[str, ...] = ()
    column: str = ""

    def expression(self) -> str:
        """As FTS5 reads it (https://www.sqlite.org/fts5.html, section 3). Raises ValueError for what is no
        single word."""
        options = [f"{_quoted(prefix)}*" for prefix in self.prefixes]
        options += [_quoted(word) for word in (*self.words, *self.codes)]
        if self.phrase:
            options.append("(" + " AND ".join(f"{_quoted(word)}*" for word in self.phrase) + ")")
        joined = f"({' OR '.join(options)})"
        return f"{self.column} : {joined}" if self.column else joined


def _quoted(word: str) -> str:
    # The index knows no phrases, and what its tokenizer would cut in two would be one.
    if not word or any(
        letter.isascii() and not (letter.isalnum() or letter == "_") for letter in word
    ):
        raise ValueError(f"{word!r} is no word")
    return f'"{word}"'


def put(
    session: Session, member_id: int, everyone: Document, shared: Document | None = None
) -> None:
    """Index a member anew: what everyone may find, and what people of a shared network may, if more."""
    remove(session, member_id)
    _write(session, member_id, everyone)
    _write(session, member_id + _SHARED, shared or everyone)


def _write(session: Session, rowid: int, document: Document) -> None:
    values = (rowid, *(getattr(document, column) for column in COLUMNS))
    session.run(_ADD, values)
    session.run(
        f"INSERT INTO member_search (rowid, {_NAMES}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values
    )
    session.run_many(
        "INSERT INTO member_vocabulary (term, uses) VALUES (?, 1)"
        " ON CONFLICT (term) DO UPDATE SET uses = uses + 1",
        ((word,) for word in document.words()),
    )


def remove(session: Session, member_id: int) -> bool:
    """Nobody finds the member from now on; whether somebody could."""
    found = False
    for rowid in (member_id, member_id + _SHARED):
        row = session.row(f"SELECT {_NAMES} FROM member_documents WHERE id = ?", (rowid,))
        if row is None:
            continue
        found = True
        # The index keeps no text of its own: to take a document out it must be told what it said.
        session.run(
            f"INSERT INTO member_search (member_search, rowid, {_NAMES})"
            " VALUES ('delete', ?, ?, ?, ?, ?, ?, ?, ?)",
            (rowid, *row),
        )
        session.run("DELETE FROM member_documents WHERE id = ?", (rowid,))
        for word in Document(*row).words():
            session.run("UPDATE member_vocabulary SET uses = uses - 1 WHERE term = ?", (word,))
            session.run("DELETE FROM member_vocabulary WHERE term = ? AND uses <= 0", (word,))
    return found


def forget(session: Session, member_id: int) -> None:
    """As `remove`, leaving no trace in the file: FTS5 drops deleted words only when it merges (0.5 s at
    35,000 members)."""
    if remove(session, member_id):
        session.run("INSERT INTO member_search (member_search) VALUES ('optimize')")


def rebuild(session: Session, documents: Iterable[tuple[int, Document, Document | None]]) -> int:
    """Replace the whole index, in less time than one by one; returns how many members are in it."""
    session.run("DELETE FROM member_documents")
    session.run("DELETE FROM member_vocabulary")
    uses: Counter[str] = Counter()
    count = 0
    rest = iter(documents)
    while batch := list(islice(rest, _BATCH)):
        rows: list[tuple[int | str, ...]] = []
        for member_id, everyone, shared in batch:
            for rowid, document in (
                (member_id, everyone),
                (member_id + _SHARED, shared or everyone),
            ):
                rows.append((rowid, *(getattr(document, column) for column in COLUMNS)))
                uses.update(document.words())
        session.run_many(_ADD, rows)
        count += len(batch)
    session.run_many(
        "INSERT INTO member_vocabulary (term, uses) VALUES (?, ?)", sorted(uses.items())
    )
    session.run("INSERT INTO member_search (member_search) VALUES ('rebuild')")
    return count


def matching(session: Session, wanted: Sequence[Wanted], *, shared: bool, limit: int) -> list[int]:
    """Ids of at most `limit` members who have everything wanted, in order of id: by what everyone may see,
    or by what only people of a shared network may see (which the caller must make sure of).

    Unranked on purpose: a single letter finds most members, and ranking them all takes 100 ms.
    """
    if not wanted:
        return []
    found = session.column(
        "SELECT rowid FROM member_search WHERE member_search MATCH ?"
        f" AND rowid {'>=' if shared else '<'} {_SHARED} LIMIT ?",
        (" AND ".join(one.expression() for one in wanted), limit),
    )
    return [rowid - _SHARED for rowid in found] if shared else found


def documents(
    session: Session, member_ids: Iterable[int], *, shared: bool
) -> list[tuple[int, tuple[str, ...]]]:
    """The columns (in order of `COLUMNS`) of those who can be found, in order of id; `shared` gives what
    people of a shared network may see."""
    first = _SHARED if shared else 0
    rows = session.rows(
        f"SELECT id, {_NAMES} FROM member_documents"
        " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps([one + first for one in member_ids]),),
    )
    return [(row[0] - first, tuple(row)[1:]) for row in rows]


def sharing_network(session: Session, user_id: str, limit: int = 5000) -> set[int]:
    """Members who are in a network's room in which the person is, from any account of either."""
    return set(
        session.column(
            f"WITH own AS ({SAME_PERSON}),"
            " shared AS (SELECT DISTINCT room_id FROM room_members JOIN own USING (user_id)"
            " JOIN rooms USING (room_id)"
            " WHERE membership = 'join' AND rooms.kind = 'network' AND rooms.joined = 1)"
            " SELECT member_id FROM shared JOIN room_members AS there USING (room_id)"
            " JOIN member_accounts AS them ON them.user_id = there.user_id"
            " WHERE there.membership = 'join' LIMIT ?",
            (user_id, user_id, limit),
        )
    )


def in_rooms(session: Session, room_ids: Sequence[str]) -> set[int]:
    """Members who are in one of these rooms."""
    return set(
        session.column(
            "SELECT member_id FROM room_members JOIN member_accounts USING (user_id)"
            " WHERE membership = 'join' AND room_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(room_ids)),),
        )
    )


def begins_some_word(session: Session, prefix: str) -> bool:
    """Whether any document holds a word that begins so."""
    return (
        session.value(
            "SELECT 1 FROM member_vocabulary WHERE term >= ? AND term < ? LIMIT 1",
            (prefix, prefix + "\U0010ffff"),
        )
        is not None
    )


def words_like(session: Session, word: str, errors: int) -> list[tuple[str, int]]:
    """Words of the documents that may be `word` with that many typing errors, with their uses.

    Looks where such a word can stand: among those with the same first letter, those with the first two
    letters exchanged, and those whose first letter is wrong, missing or too many. The caller measures.
    """
    rest, swapped = word[1:4], word[1:2] + word[:1]
    rows = session.rows(
        "SELECT term, uses FROM member_vocabulary WHERE term >= :first AND term < :after_first"
        " AND length(term) BETWEEN :shortest AND :longest"
        " UNION SELECT term, uses FROM member_vocabulary WHERE term >= :swapped"
        " AND term < :after_swapped AND length(term) BETWEEN :shortest AND :longest"
        " UNION SELECT term, uses FROM member_vocabulary WHERE term >= :rest"
        " AND term < :after_rest AND length(term) BETWEEN :shortest AND :longest"
        " UNION SELECT term, uses FROM member_vocabulary WHERE substr(term, 2, 3)"
        " IN (:rest, :head) AND length(term) BETWEEN :shortest AND :longest",
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
