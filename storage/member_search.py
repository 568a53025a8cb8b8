"""The index in which members are found: what everyone may find of them, and what people of a shared
network may.

What a document says, what a query means and who comes first is decided by `commands/members`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Final

from storage.member_accounts import SAME_PERSON
from storage.search_index import Columns, SearchIndex, Wanted
from storage.session import Session

# Documents for members of a shared network stand apart from those for everyone by their rowid.
_SHARED: Final = 1 << 40


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

    def columns(self) -> Columns:
        return (
            self.profession,
            self.skills,
            self.name,
            self.place,
            self.sector,
            self.language,
            self.about,
        )


INDEX: Final = SearchIndex("member", tuple(entry.name for entry in fields(Document)))


def put(
    session: Session, member_id: int, everyone: Document, shared: Document | None = None
) -> None:
    """Index a member anew: what everyone may find, and what people of a shared network may, if more."""
    for rowid, columns in _both(member_id, everyone, shared):
        INDEX.put(session, rowid, columns)


def _both(
    member_id: int, everyone: Document, shared: Document | None
) -> Iterator[tuple[int, Columns]]:
    yield member_id, everyone.columns()
    yield member_id + _SHARED, (shared or everyone).columns()


def remove(session: Session, member_id: int) -> bool:
    """Nobody finds the member from now on; whether somebody could."""
    found = INDEX.remove(session, member_id)
    return INDEX.remove(session, member_id + _SHARED) or found


def forget(session: Session, member_id: int) -> None:
    """As `remove`, leaving no trace in the file."""
    if remove(session, member_id):
        INDEX.leave_no_trace(session)


def rebuild(session: Session, documents: Iterable[tuple[int, Document, Document | None]]) -> int:
    """Replace the whole index, in less time than one by one; returns how many members are in it."""
    return INDEX.rebuild(session, (row for one in documents for row in _both(*one))) // 2


def matching(session: Session, wanted: Sequence[Wanted], *, shared: bool, limit: int) -> list[int]:
    """Ids of at most `limit` members who have everything wanted, in order of id: by what everyone may see,
    or by what only people of a shared network may see (which the caller must make sure of)."""
    first = _SHARED if shared else 0
    rowids = range(first, first + _SHARED)
    return [one - first for one in INDEX.matching(session, wanted, rowids=rowids, limit=limit)]


def documents(
    session: Session, member_ids: Iterable[int], *, shared: bool
) -> list[tuple[int, Columns]]:
    """The columns (in order of `INDEX.columns`) of those who can be found, in order of id; `shared` gives
    what people of a shared network may see."""
    first = _SHARED if shared else 0
    found = INDEX.documents(session, (one + first for one in member_ids))
    return [(rowid - first, columns) for rowid, columns in found]


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
