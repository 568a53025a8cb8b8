"""Networks: their sheets in several languages, their helpers, and who takes part (which the rooms say)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from storage.session import Session

NetworkKind = Literal["profession", "sector", "other"]
CriterionKind = Literal["quantitative", "strategic"]
Openness = Literal["open", "approval", "invitation"]
Stage = Literal["creation", "launch", "events", "first_results", "decline", "closed"]
TextField = Literal["name", "purpose", "criterion", "goals", "cooperative_role", "means"]
HelperRole = Literal["ambassador", "advisor"]
Texts = Mapping[str, Mapping[str, str]]

TEXT_FIELDS: tuple[TextField, ...] = (
    "name",
    "purpose",
    "criterion",
    "goals",
    "cooperative_role",
    "means",
)
# What a sheet may be changed in directly; texts, aliases and the stage have functions of their own.
_COLUMNS = ("kind", "label", "region", "criterion_kind", "openness", "encrypted")


@dataclass(frozen=True, slots=True)
class Network:
    """One network's sheet. `texts` is field -> language -> text; times are milliseconds UTC."""

    id: int
    slug: str
    kind: NetworkKind
    label: str | None
    region: str | None
    languages: tuple[str, ...]
    criterion_kind: CriterionKind
    openness: Openness
    stage: Stage
    stage_since: int
    encrypted: bool
    room_id: str | None
    created_by: str | None
    created_at: int
    texts: Texts

    def text(self, field: TextField, language: str) -> str:
        """The text in that language, else in one of the room's, else in any; '' without one."""
        written = self.texts.get(field, {})
        for candidate in (language, *self.languages, "en"):
            if candidate in written:
                return written[candidate]
        return next(iter(written.values()), "")

    def name(self, language: str) -> str:
        return self.text("name", language) or self.slug

    @property
    def visible(self) -> bool:
        """Whether members hear of it: its room is there and it is not closed."""
        return self.room_id is not None and self.stage != "closed"


def _network(row: sqlite3.Row, texts: Texts) -> Network:
    return Network(
        id=row["id"],
        slug=row["slug"],
        kind=row["kind"],
        label=row["label"],
        region=row["region"],
        languages=tuple(json.loads(row["languages"])),
        criterion_kind=row["criterion_kind"],
        openness=row["openness"],
        stage=row["stage"],
        stage_since=row["stage_since"],
        encrypted=bool(row["encrypted"]),
        room_id=row["room_id"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        texts=texts,
    )


def _with_texts(session: Session, rows: Sequence[sqlite3.Row]) -> list[Network]:
    texts: dict[int, dict[str, dict[str, str]]] = {row["id"]: {} for row in rows}
    if len(rows) == 1:
        found = session.rows("SELECT * FROM network_texts WHERE network_id = ?", (rows[0]["id"],))
    else:
        found = session.rows("SELECT * FROM network_texts")
    for row in found:
        if row["network_id"] in texts:
            fields = texts[row["network_id"]].setdefault(row["field"], {})
            fields[row["language"]] = row["text"]
    return [_network(row, texts[row["id"]]) for row in rows]


def _one(session: Session, where: str, value: object) -> Network | None:
    rows = session.rows(f"SELECT * FROM networks WHERE {where}", (value,))
    return _with_texts(session, rows)[0] if rows else None


def get(session: Session, network_id: int) -> Network | None:
    return _one(session, "id = ?", network_id)


def several(session: Session, network_ids: Iterable[int]) -> list[Network]:
    """In that order; what is not there is left out."""
    found = (get(session, network_id) for network_id in network_ids)
    return [network for network in found if network is not None]


def by_slug(session: Session, slug: str) -> Network | None:
    """The network of that slug or former slug (alias)."""
    return _one(session, "slug = ?", slug) or _one(
        session, "id = (SELECT network_id FROM network_aliases WHERE alias = ?)", slug
    )


def by_room(session: Session, room_id: str) -> Network | None:
    return _one(session, "room_id = ?", room_id)


def every(session: Session) -> list[Network]:
    """All networks, those that are closed or have no room yet included, by slug."""
    return _with_texts(session, session.rows("SELECT * FROM networks ORDER BY slug"))


def aliases(session: Session) -> dict[str, int]:
    """All other words for networks, with the network's id."""
    return {
        row["alias"]: row["network_id"]
        for row in session.rows("SELECT alias, network_id FROM network_aliases")
    }


def aliases_of(session: Session, network_id: int) -> list[str]:
    return session.column(
        "SELECT alias FROM network_aliases WHERE network_id = ? ORDER BY alias", (network_id,)
    )


def slug_is_free(session: Session, slug: str) -> bool:
    return not session.value(
        "SELECT 1 FROM networks WHERE slug = :slug"
        " UNION ALL SELECT 1 FROM network_aliases WHERE alias = :slug",
        {"slug": slug},
    )


def add(
    session: Session,
    *,
    slug: str,
    kind: NetworkKind,
    label: str | None,
    region: str | None,
    languages: Sequence[str],
    criterion_kind: CriterionKind,
    openness: Openness,
    encrypted: bool,
    texts: Texts,
    room_id: str | None,
    created_by: str | None,
    now: int,
) -> Network:
    """Store a new network's sheet; its room may still have to be made."""
    network_id = session.insert(
        "INSERT INTO networks (slug, kind, label, region, languages, criterion_kind, openness,"
        " stage_since, encrypted, room_id, created_by, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            slug,
            kind,
            label,
            region,
            json.dumps(list(languages)),
            criterion_kind,
            openness,
            now,
            encrypted,
            room_id,
            created_by,
            now,
        ),
    )
    for field, written in texts.items():
        for language, text in written.items():
            set_text(session, network_id, field, language, text)
    made = get(session, network_id)
    assert made is not None
    return made


def set_text(session: Session, network_id: int, field: str, language: str, text: str) -> None:
    """An empty text takes the language away."""
    if not text:
        session.run(
            "DELETE FROM network_texts WHERE network_id = ? AND field = ? AND language = ?",
            (network_id, field, language),
        )
        return
    session.run(
        "INSERT INTO network_texts (network_id, field, language, text) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET text = excluded.text",
        (network_id, field, language, text),
    )


def change(session: Session, network_id: int, column: str, value: str | int | None) -> None:
    """Change one of the plain fields of the sheet. Raises ValueError for any other column."""
    if column not in _COLUMNS:
        raise ValueError(column)
    session.run(f"UPDATE networks SET {column} = ? WHERE id = ?", (value, network_id))


def set_languages(session: Session, network_id: int, languages: Sequence[str]) -> None:
    session.run(
        "UPDATE networks SET languages = ? WHERE id = ?", (json.dumps(list(languages)), network_id)
    )


def set_slug(session: Session, network_id: int, slug: str) -> None:
    """The former slug stays as an alias, so that what people learned goes on working."""
    session.run(
        "INSERT INTO network_aliases (alias, network_id) SELECT slug, id FROM networks"
        " WHERE id = ? ON CONFLICT DO NOTHING",
        (network_id,),
    )
    session.run("DELETE FROM network_aliases WHERE alias = ?", (slug,))
    session.run("UPDATE networks SET slug = ? WHERE id = ?", (slug, network_id))


def set_aliases(session: Session, network_id: int, words: Iterable[str]) -> None:
    session.run("DELETE FROM network_aliases WHERE network_id = ?", (network_id,))
    session.run_many(
        "INSERT INTO network_aliases (alias, network_id) VALUES (?, ?)",
        [(word, network_id) for word in dict.fromkeys(words)],
    )


def set_stage(session: Session, network_id: int, stage: Stage, *, now: int) -> bool:
    """False when it was in that stage already."""
    return bool(
        session.run(
            "UPDATE networks SET stage = ?, stage_since = ? WHERE id = ? AND stage <> ?",
            (stage, now, network_id, stage),
        )
    )


def set_room(session: Session, network_id: int, room_id: str | None) -> None:
    session.run("UPDATE networks SET room_id = ? WHERE id = ?", (room_id, network_id))


# --- who takes part ------------------------------------------------------------------------------


def joined_by(session: Session, accounts: Iterable[str]) -> list[int]:
    """Ids of the networks, not closed, whose room one of the accounts has joined, longest first."""
    return session.column(
        "SELECT networks.id FROM room_members JOIN networks USING (room_id)"
        " WHERE user_id IN (SELECT value FROM json_each(?)) AND membership = 'join'"
        " AND stage <> 'closed' GROUP BY networks.id ORDER BY min(since), networks.id",
        (json.dumps(list(accounts)),),
    )


def count_members(session: Session, room_id: str, *, bot_user: str) -> int:
    """People in the room, the bot left out; several accounts of one member are one."""
    return int(
        session.value(
            "SELECT count(DISTINCT coalesce(member_id, user_id)) FROM room_members"
            " LEFT JOIN member_accounts USING (user_id)"
            " WHERE room_id = ? AND membership = 'join' AND user_id <> ?",
            (room_id, bot_user),
        )
    )


def welcome_once(session: Session, network_id: int, user_id: str, *, now: int) -> bool:
    """True the first time for this person."""
    return bool(
        session.run(
            "INSERT INTO network_welcomes (network_id, user_id, at) VALUES (?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (network_id, user_id, now),
        )
    )


# --- helpers and checklist -----------------------------------------------------------------------


def helpers(session: Session, network_id: int, role: HelperRole) -> list[str]:
    return session.column(
        "SELECT user_id FROM network_helpers WHERE network_id = ? AND role = ? ORDER BY since",
        (network_id, role),
    )


def add_helper(
    session: Session, network_id: int, user_id: str, role: HelperRole, *, now: int
) -> bool:
    """False when the person had that role already."""
    return bool(
        session.run(
            "INSERT INTO network_helpers (network_id, user_id, role, since) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (network_id, user_id, role, now),
        )
    )


def remove_helper(session: Session, network_id: int, user_id: str, role: HelperRole) -> bool:
    """Whether the person had that role."""
    return bool(
        session.run(
            "DELETE FROM network_helpers WHERE network_id = ? AND user_id = ? AND role = ?",
            (network_id, user_id, role),
        )
    )


def checklist(session: Session, network_id: int) -> dict[str, int]:
    """The items that are done, with when (milliseconds UTC)."""
    return {
        row["item"]: row["done_at"]
        for row in session.rows(
            "SELECT item, done_at FROM network_checklist WHERE network_id = ?", (network_id,)
        )
    }


def tick(session: Session, network_id: int, item: str, *, done: bool, now: int) -> None:
    if done:
        session.run(
            "INSERT INTO network_checklist (network_id, item, done_at) VALUES (?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (network_id, item, now),
        )
    else:
        session.run(
            "DELETE FROM network_checklist WHERE network_id = ? AND item = ?", (network_id, item)
        )


def about_person(session: Session, user_id: str) -> list[tuple[int, str]]:
    """What is kept of a person here, for `!mydata`: (network id, role)."""
    return [
        (row["network_id"], row["role"])
        for row in session.rows(
            "SELECT network_id, role FROM network_helpers WHERE user_id = ?", (user_id,)
        )
    ]


def forget_person(session: Session, user_id: str) -> None:
    """Erase a person from networks' sheets; their place in rooms is the homeserver's."""
    session.run("DELETE FROM network_helpers WHERE user_id = ?", (user_id,))
    session.run("DELETE FROM network_welcomes WHERE user_id = ?", (user_id,))
    session.run("UPDATE networks SET created_by = NULL WHERE created_by = ?", (user_id,))
