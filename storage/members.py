"""Members: their profile, what others may see of it, and whether they may be found at all.

Accounts are `member_accounts`' business, finding members is `member_search`'s, and what a valid value is
the commands decide. Who changes a member here must renew the index afterwards.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, get_args

from storage.session import Session

Status = Literal["active", "left"]
Consent = Literal["unasked", "yes", "no"]
Visibility = Literal["everyone", "networks", "nobody"]
Source = Literal["register", "member"]
Value: TypeAlias = str | tuple[str, ...]

VISIBILITIES: Final[tuple[Visibility, ...]] = get_args(Visibility)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a member says of themselves; nothing said is the empty string or tuple.

    `professions` are codes of the label table or own words, the main one first; `sectors` NACE sections;
    `languages` ISO 639 codes; `country` ISO 3166 alpha-2.
    """

    display_name: str = ""
    professions: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    city: str = ""
    postcode: str = ""
    region: str = ""
    country: str = ""
    languages: tuple[str, ...] = ()
    about: str = ""
    links: tuple[str, ...] = ()
    stage: str = ""
    open_to: tuple[str, ...] = ()

    def value(self, name: str) -> Value:
        value: Value = getattr(self, name)
        return value


FIELDS: Final = tuple(entry.name for entry in fields(Profile))
LISTS: Final = frozenset(("professions", "sectors", "skills", "languages", "links", "open_to"))

# Each can be changed by its member. A postcode says nearly where somebody lives.
DEFAULT_VISIBILITY: Final[Mapping[str, Visibility]] = MappingProxyType(
    {**dict.fromkeys(FIELDS, "everyone"), "postcode": "networks"}
)


@dataclass(frozen=True, slots=True)
class Member:
    """One member. `number` is None without a row of the register; `corrected` are the fields whose value
    the member gave; `chosen` the visibilities that differ from `DEFAULT_VISIBILITY`. Times are
    milliseconds UTC."""

    id: int
    number: str | None
    status: Status
    consent: Consent
    public_page: bool
    profile: Profile
    corrected: frozenset[str]
    created_at: int
    updated_at: int
    chosen: Mapping[str, Visibility] = field(default_factory=dict)

    def visibility(self, name: str) -> Visibility:
        return self.chosen.get(name, DEFAULT_VISIBILITY[name])

    def source(self, name: str) -> Source:
        return "member" if name in self.corrected or self.number is None else "register"

    def sees(self, name: str, *, shares_network: bool) -> bool:
        """Whether another member may see that field."""
        seen = self.visibility(name)
        return seen == "everyone" or (seen == "networks" and shares_network)

    def visible_profile(self, *, shares_network: bool) -> Profile:
        """The profile with only what another member may see; says nothing about consent."""
        return Profile(
            **{
                name: self.profile.value(name)
                for name in FIELDS
                if self.sees(name, shares_network=shares_network)
            }  # type: ignore[arg-type]  # the names and types are Profile's own
        )


def _stored(name: str, value: Value) -> str:
    if (name in LISTS) != isinstance(value, tuple):
        raise TypeError(f"{name} cannot be {value!r}")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _member(row: sqlite3.Row) -> Member:
    values: dict[str, Any] = {
        name: tuple(json.loads(row[name])) if name in LISTS else row[name] for name in FIELDS
    }
    return Member(
        id=row["id"],
        number=row["number"],
        status=row["status"],
        consent=row["consent"],
        public_page=bool(row["public_page"]),
        profile=Profile(**values),
        corrected=frozenset(json.loads(row["corrected"])),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        chosen=json.loads(row["visibility"]),
    )


def get(session: Session, member_id: int) -> Member | None:
    row = session.row("SELECT * FROM members WHERE id = ?", (member_id,))
    return _member(row) if row else None


def by_number(session: Session, number: str) -> Member | None:
    """The member of that row of the register."""
    row = session.row("SELECT * FROM members WHERE number = ?", (number.strip(),))
    return _member(row) if row else None


def by_user(session: Session, user_id: str) -> Member | None:
    """The member whose account that is."""
    row = session.row(
        "SELECT members.* FROM member_accounts JOIN members ON members.id = member_id"
        " WHERE user_id = ?",
        (user_id,),
    )
    return _member(row) if row else None


def of_ids(session: Session, member_ids: Iterable[int]) -> dict[int, Member]:
    found = session.typed(
        _member,
        "SELECT * FROM members WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(member_ids)),),
    )
    return {member.id: member for member in found}


def every(session: Session) -> Iterable[Member]:
    """All members in order of id, those who left too; a thousand at a time."""
    last = 0
    while batch := session.typed(
        _member, "SELECT * FROM members WHERE id > ? ORDER BY id LIMIT 1000", (last,)
    ):
        yield from batch
        last = batch[-1].id


def to_be_found(session: Session) -> Iterable[Member]:
    """Active members who agreed to be found, in order of id."""
    return (one for one in every(session) if one.status == "active" and one.consent == "yes")


def on_public_pages(session: Session) -> list[Member]:
    """Active members who agreed to appear on public pages, and did not say since that nobody may find
    them; show only what everyone may see of them."""
    return session.typed(
        _member,
        "SELECT * FROM members WHERE public_page = 1 AND status = 'active' AND consent <> 'no'"
        " ORDER BY id",
    )


def add(
    session: Session,
    profile: Profile,
    *,
    number: str | None = None,
    turnover_cents: int | None = None,
    now: int,
) -> int:
    """Add a member; returns the id. A self-made profile has no number."""
    names = ", ".join(FIELDS)
    marks = ", ".join("?" * len(FIELDS))
    return session.insert(
        f"INSERT INTO members (number, turnover_cents, created_at, updated_at, {names})"
        f" VALUES (?, ?, ?, ?, {marks})",
        (
            number,
            turnover_cents,
            now,
            now,
            *(_stored(name, profile.value(name)) for name in FIELDS),
        ),
    )


def set_field(
    session: Session,
    member_id: int,
    name: str,
    value: Value,
    *,
    source: Source = "member",
    now: int,
) -> None:
    """Set one field. A value that the member gave counts as corrected from then on.

    Raises ValueError for an unknown field, TypeError for text where a list belongs and the reverse.
    """
    set_fields(session, member_id, {name: value}, source=source, now=now)


def set_fields(
    session: Session,
    member_id: int,
    values: Mapping[str, Value],
    *,
    source: Source = "member",
    now: int,
) -> None:
    """Set several fields at once, as `set_field`."""
    if not values:
        return
    if unknown := set(values) - set(FIELDS):
        raise ValueError(f"unknown fields {sorted(unknown)}")
    row = session.value("SELECT corrected FROM members WHERE id = ?", (member_id,))
    corrected = set(json.loads(row or "[]"))
    corrected = corrected | set(values) if source == "member" else corrected - set(values)
    assignments = ", ".join(f"{name} = ?" for name in values)
    session.run(
        f"UPDATE members SET {assignments}, corrected = ?, updated_at = ? WHERE id = ?",
        (
            *(_stored(name, value) for name, value in values.items()),
            json.dumps(sorted(corrected)),
            now,
            member_id,
        ),
    )


def set_visibility(
    session: Session, member_id: int, name: str, visibility: Visibility, *, now: int
) -> None:
    """Raises ValueError for an unknown field or visibility."""
    if name not in FIELDS or visibility not in VISIBILITIES:
        raise ValueError(f"{name}: {visibility}")
    chosen = json.loads(
        session.value("SELECT visibility FROM members WHERE id = ?", (member_id,)) or "{}"
    )
    chosen[name] = visibility
    if visibility == DEFAULT_VISIBILITY[name]:
        del chosen[name]
    session.run(
        "UPDATE members SET visibility = ?, updated_at = ? WHERE id = ?",
        (json.dumps(chosen), now, member_id),
    )


def set_consent(session: Session, member_id: int, consent: Consent, *, now: int) -> None:
    """Whether the member may be found by others."""
    session.run(
        "UPDATE members SET consent = ?, consent_at = ? WHERE id = ? AND consent <> ?",
        (consent, now, member_id, consent),
    )


def set_public_page(session: Session, member_id: int, agreed: bool, *, now: int) -> None:
    """Whether the member appears on public pages, a consent of its own."""
    session.run(
        "UPDATE members SET public_page = ?, public_page_at = ? WHERE id = ? AND public_page <> ?",
        (agreed, now, member_id, agreed),
    )


def set_status(session: Session, member_ids: Sequence[int], status: Status, *, now: int) -> int:
    """Returns how many changed. Those who left are found by nobody; their row stays."""
    return session.run_many(
        "UPDATE members SET status = ?, updated_at = ? WHERE id = ? AND status <> ?",
        ((status, now, member_id, status) for member_id in member_ids),
    )


def set_turnover(session: Session, member_id: int, cents: int | None) -> None:
    session.run("UPDATE members SET turnover_cents = ? WHERE id = ?", (cents, member_id))


def turnovers(session: Session) -> dict[int, int | None]:
    """Every member's turnover, for comparing with a register only: never to be shown."""
    return {
        row["id"]: row["turnover_cents"]
        for row in session.rows("SELECT id, turnover_cents FROM members")
    }


def give_number(session: Session, member_id: int, number: str, *, now: int) -> None:
    """A self-made profile turns out to be a row of the register: what it says counts as corrected."""
    member = get(session, member_id)
    assert member is not None
    assert member.number is None
    said = sorted(name for name in FIELDS if member.profile.value(name))
    session.run(
        "UPDATE members SET number = ?, corrected = ?, updated_at = ? WHERE id = ?",
        (number, json.dumps(said), now, member_id),
    )


def absorb(session: Session, member_id: int, other_id: int, *, now: int) -> None:
    """Take over the self-made profile `other_id`, whose person proved to be `member_id`.

    What it says goes over as corrected, the accounts move, a *no* about being found wins over all else, and
    what was hidden stays hidden; `other_id` is gone afterwards.
    """
    other, member = get(session, other_id), get(session, member_id)
    assert other is not None
    assert member is not None
    assert other.number is None
    said = {
        name: other.profile.value(name)
        for name in FIELDS
        if other.profile.value(name) and name not in member.corrected
    }
    set_fields(session, member_id, said, now=now)
    for name, visibility in other.chosen.items():
        if name not in member.chosen:
            set_visibility(session, member_id, name, visibility, now=now)
    if other.consent == "no" or member.consent == "unasked":
        set_consent(session, member_id, other.consent, now=now)
    if other.public_page:
        set_public_page(session, member_id, True, now=now)
    session.run(
        "UPDATE member_accounts SET member_id = ? WHERE member_id = ?", (member_id, other_id)
    )
    session.run("DELETE FROM members WHERE id = ?", (other_id,))
