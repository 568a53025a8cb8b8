"""Suppliers: what they are and offer, where they stand, and the deal. Reviews are `supplier_rounds`'s.

That two people approve is a rule of the tables (migration 0008): nothing here can get around it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final, Literal

from storage import supplier_rounds
from storage.charters import in_language
from storage.session import Session

Class = Literal["service", "consumable", "product", "investment"]
Mode = Literal["buy", "rent", "borrow", "share", "repair", "second_hand"]
State = Literal[
    "prospect",
    "proposed",
    "triage",
    "evidence",
    "review",
    "approved",
    "conditional",
    "suspended",
    "rejected",
    "revoked",
    "expired",
]
Trait = Literal["mode", "category", "region", "language"]
TextField = Literal["offer", "deal", "steps", "pickup"]

CLASSES: Final[tuple[Class, ...]] = ("service", "consumable", "product", "investment")
MODES: Final[tuple[Mode, ...]] = ("share", "borrow", "rent", "repair", "second_hand", "buy")
VISIBLE: Final[tuple[State, ...]] = ("approved", "conditional")
_JUDGED: Final = attrgetter(
    "name", "company_country", "company_number", "class_", "modes", "categories"
)
_IS_VISIBLE: Final = "state IN ('approved', 'conditional')"


@dataclass(frozen=True, slots=True)
class Deal:
    """`code` is for direct chats only; `starts` and `ends` are ISO days, both of them included."""

    code: str | None = None
    contact: str | None = None
    starts: str | None = None
    ends: str | None = None
    deposit_cents: int | None = None

    def holds_on(self, day: str) -> bool:
        """Whether it may be used on that ISO day."""
        return (self.starts or day) <= day <= (self.ends or day)


@dataclass(frozen=True, slots=True)
class Supplier:
    """`modes` (in the order of `MODES`), `categories` and `languages` are codes; a category or region that no
    table knows stands as typed; no regions is everywhere. `texts` by field and language. `proposer` is None
    for a former member. `round_id` is the review by whose scores it stands. `condition_due` and `review_due`
    are ISO days."""

    id: int
    name: str
    company_country: str | None
    company_number: str | None
    class_: Class
    website: str | None
    contact: str | None
    state: State
    state_since: int
    reason: str | None
    round_id: int | None
    condition: str | None
    condition_due: str | None
    review_due: str | None
    proposer: str | None
    language: str
    created_at: int
    changed_at: int
    modes: tuple[Mode, ...]
    categories: tuple[str, ...]
    regions: tuple[str, ...]
    languages: tuple[str, ...]
    texts: Mapping[str, Mapping[str, str]]
    deal: Deal | None

    @property
    def is_visible(self) -> bool:
        """Whether members may see it."""
        return self.state in VISIBLE

    @property
    def is_light(self) -> bool:
        """Whether it offers access without buying new (product.md, section 4: these come first)."""
        return any(mode != "buy" for mode in self.modes)

    def text(self, field: TextField, language: str) -> str:
        """In that language, else in the one of who wrote first, else in any; empty if there is none."""
        texts = self.texts.get(field, {})
        return texts.get(language) or texts.get(self.language) or in_language(texts, "en")


@dataclass(frozen=True, slots=True)
class Draft:
    """What can be written about a supplier, without where it stands."""

    name: str
    class_: Class
    company_country: str | None = None
    company_number: str | None = None
    website: str | None = None
    contact: str | None = None
    modes: tuple[Mode, ...] = ("buy",)
    categories: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    deal: Deal | None = None


def draft_of(supplier: Supplier) -> Draft:
    return Draft(
        supplier.name,
        supplier.class_,
        supplier.company_country,
        supplier.company_number,
        supplier.website,
        supplier.contact,
        supplier.modes,
        supplier.categories,
        supplier.regions,
        supplier.languages,
        supplier.texts,
        supplier.deal,
    )


def add(
    session: Session,
    draft: Draft,
    *,
    state: Literal["prospect", "proposed"],
    proposer: str | None,
    language: str,
    now: int,
) -> int:
    """Raises sqlite3.IntegrityError for a company number that another supplier has (see `by_company`)."""
    supplier_id = session.insert(
        "INSERT INTO suppliers (name, company_country, company_number, class, website, contact,"
        " state, state_since, proposer, language, created_at, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            draft.name,
            draft.company_country,
            draft.company_number,
            draft.class_,
            draft.website,
            draft.contact,
            state,
            now,
            proposer,
            language,
            now,
            now,
        ),
    )
    _write_rest(session, supplier_id, draft, now=now)
    return supplier_id


def change(session: Session, supplier_id: int, draft: Draft, *, now: int) -> int:
    """Write all that can be written; where it stands does not move. The search index is the caller's care.

    Whoever votes on it now voted on another supplier if its name, company, class, modes or categories become
    others: returns how many votes ended with that. Raises sqlite3.IntegrityError for a company number that
    another supplier has.
    """
    before = get(session, supplier_id)
    session.run(
        "UPDATE suppliers SET name = ?, company_country = ?, company_number = ?, class = ?,"
        " website = ?, contact = ?, changed_at = ? WHERE id = ?",
        (
            draft.name,
            draft.company_country,
            draft.company_number,
            draft.class_,
            draft.website,
            draft.contact,
            now,
            supplier_id,
        ),
    )
    _write_rest(session, supplier_id, draft, now=now)
    after = get(session, supplier_id)
    current = supplier_rounds.current(session, supplier_id)
    if current is None or _JUDGED(before) == _JUDGED(after):
        return 0
    return supplier_rounds.end_votes(session, current.id)


def _write_rest(session: Session, supplier_id: int, draft: Draft, *, now: int) -> None:
    session.run("DELETE FROM supplier_traits WHERE supplier_id = ?", (supplier_id,))
    traits: dict[Trait, Sequence[str]] = {
        "mode": draft.modes,
        "category": draft.categories,
        "region": draft.regions,
        "language": draft.languages,
    }
    session.run_many(
        "INSERT INTO supplier_traits (supplier_id, trait, value, position) VALUES (?, ?, ?, ?)",
        (
            (supplier_id, trait, value, position)
            for trait, values in traits.items()
            for position, value in enumerate(dict.fromkeys(values))
        ),
    )
    session.run("DELETE FROM supplier_texts WHERE supplier_id = ?", (supplier_id,))
    session.run_many(
        "INSERT INTO supplier_texts (supplier_id, field, language, text) VALUES (?, ?, ?, ?)",
        (
            (supplier_id, name, language, text)
            for name, by_language in draft.texts.items()
            for language, text in by_language.items()
            if text
        ),
    )
    session.run("DELETE FROM supplier_deals WHERE supplier_id = ?", (supplier_id,))
    if draft.deal is not None:
        session.run(
            "INSERT INTO supplier_deals (supplier_id, code, contact, starts, ends, deposit_cents,"
            " changed_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                supplier_id,
                draft.deal.code,
                draft.deal.contact,
                draft.deal.starts,
                draft.deal.ends,
                draft.deal.deposit_cents,
                now,
            ),
        )


def move(
    session: Session,
    supplier_id: int,
    state: State,
    *,
    now: int,
    reason: str | None = None,
    round_id: int | None = None,
    condition: str | None = None,
    condition_due: str | None = None,
    review_due: str | None = None,
) -> None:
    """Put a supplier in a state; which moves there are is `commands.suppliers.states`'s to say.

    Without `round_id` the round by which it stands stays, as does `review_due`. Raises
    sqlite3.IntegrityError for approved and conditional without two eligible votes in an open round.
    """
    session.run(
        "UPDATE suppliers SET state = ?, state_since = iif(state = ?, state_since, ?), reason = ?,"
        " round_id = coalesce(?, round_id), condition = ?, condition_due = ?,"
        " review_due = coalesce(?, review_due) WHERE id = ?",
        (state, state, now, reason, round_id, condition, condition_due, review_due, supplier_id),
    )


def set_review_due(session: Session, supplier_id: int, day: str) -> None:
    session.run("UPDATE suppliers SET review_due = ? WHERE id = ?", (day, supplier_id))


def set_proposer(session: Session, supplier_id: int, user_id: str) -> None:
    session.run("UPDATE suppliers SET proposer = ? WHERE id = ?", (user_id, supplier_id))


def get(session: Session, supplier_id: int) -> Supplier | None:
    return next(iter(of_ids(session, (supplier_id,)).values()), None)


def of_ids(session: Session, ids: Iterable[int]) -> dict[int, Supplier]:
    """By id, in the order given; those that are not there are left out."""
    wanted = list(ids)
    found = _load(session, "id IN (SELECT value FROM json_each(?))", (json.dumps(wanted),))
    return {one: found[one] for one in wanted if one in found}


def visible(session: Session) -> list[Supplier]:
    return list(_load(session, _IS_VISIBLE, ()).values())


def every(session: Session) -> list[Supplier]:
    """In order of id."""
    return list(_load(session, "1", ()).values())


def in_state(session: Session, *states: State) -> list[Supplier]:
    found = _load(session, "state IN (SELECT value FROM json_each(?))", (json.dumps(states),))
    return list(found.values())


def proposed_by(session: Session, user_id: str) -> list[Supplier]:
    return list(_load(session, "proposer = ?", (user_id,)).values())


def by_company(session: Session, country: str, number: str) -> Supplier | None:
    found = _load(session, "company_country = ? AND company_number = ?", (country, number))
    return next(iter(found.values()), None)


def names(session: Session) -> list[tuple[int, str, State]]:
    """Id, name and state of every supplier, to compare names with."""
    rows = session.rows("SELECT id, name, state FROM suppliers ORDER BY id")
    return [(row[0], row[1], row[2]) for row in rows]


def history(session: Session, supplier_id: int) -> list[tuple[State, int]]:
    """The states that it was in and since when (ms UTC), oldest first."""
    rows = session.rows(
        "SELECT state, at FROM supplier_history WHERE supplier_id = ? ORDER BY id", (supplier_id,)
    )
    return [(row[0], row[1]) for row in rows]


def forget_person(session: Session, user_id: str) -> None:
    """The supplier stays; its proposer becomes a former member."""
    session.run("UPDATE suppliers SET proposer = NULL WHERE proposer = ?", (user_id,))


def _load(session: Session, condition: str, parameters: Sequence[Any]) -> dict[int, Supplier]:
    """`condition` is of this module, never of a person."""
    rows = session.rows(f"SELECT * FROM suppliers WHERE {condition} ORDER BY id", parameters)
    ids = json.dumps([row["id"] for row in rows])
    among = "supplier_id IN (SELECT value FROM json_each(?))"
    traits: dict[tuple[int, str], list[str]] = {}
    for found in session.rows(
        f"SELECT * FROM supplier_traits WHERE {among} ORDER BY position", (ids,)
    ):
        traits.setdefault((found["supplier_id"], found["trait"]), []).append(found["value"])
    texts: dict[int, dict[str, dict[str, str]]] = {}
    for found in session.rows(f"SELECT * FROM supplier_texts WHERE {among}", (ids,)):
        by_field = texts.setdefault(found["supplier_id"], {})
        by_field.setdefault(found["field"], {})[found["language"]] = found["text"]
    deals = {
        found["supplier_id"]: Deal(
            found["code"],
            found["contact"],
            found["starts"],
            found["ends"],
            found["deposit_cents"],
        )
        for found in session.rows(f"SELECT * FROM supplier_deals WHERE {among}", (ids,))
    }
    return {
        row["id"]: _supplier(row, traits, texts.get(row["id"], {}), deals.get(row["id"]))
        for row in rows
    }


def _supplier(
    row: sqlite3.Row,
    traits: Mapping[tuple[int, str], list[str]],
    texts: Mapping[str, Mapping[str, str]],
    deal: Deal | None,
) -> Supplier:
    def values(trait: Trait) -> tuple[Any, ...]:
        return tuple(traits.get((row["id"], trait), ()))

    return Supplier(
        row["id"],
        row["name"],
        row["company_country"],
        row["company_number"],
        row["class"],
        row["website"],
        row["contact"],
        row["state"],
        row["state_since"],
        row["reason"],
        row["round_id"],
        row["condition"],
        row["condition_due"],
        row["review_due"],
        row["proposer"],
        row["language"],
        row["created_at"],
        row["changed_at"],
        tuple(sorted(values("mode"), key=MODES.index)),
        values("category"),
        values("region"),
        values("language"),
        texts,
        deal,
    )
