"""What members commit to of a purchase's lines, unit by unit as they were added. Mere interest is
`purchase_interests`'s.

Commitments are made while a purchase is open: the tables refuse anything else (migration 0009).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from storage.member_accounts import same_person
from storage.session import Session


@dataclass(frozen=True, slots=True)
class Parcel:
    """Units that were added together; ids grow with time."""

    id: int
    units: int
    added_at: int


@dataclass(frozen=True, slots=True)
class Commitment:
    """`user_id` is None for a former member. `accepted_cents` is the highest price of a unit that they
    accepted, `asked_cents` the one that they were asked about last. `dropped` when the real price was
    above what they accepted. The decision writes `ordered_units`, the delivery `delivered_units`."""

    id: int
    line_id: int
    user_id: str | None
    tolerance: int
    accepted_cents: int
    asked_cents: int | None
    made_at: int
    changed_at: int
    dropped: bool
    ordered_units: int | None
    delivered_units: int | None
    parcels: tuple[Parcel, ...]

    @property
    def quantity(self) -> int:
        return sum(parcel.units for parcel in self.parcels)


@dataclass(frozen=True, slots=True)
class Sums:
    """Of a line: quantities and tolerances in units, and how many people commit to it."""

    quantity: int
    tolerance: int
    people: int


def of_purchase(session: Session, purchase_id: int) -> dict[int, list[Commitment]]:
    """By line, in the order in which they were made; lines without any are left out."""
    found: dict[int, list[Commitment]] = {}
    for one in _read(
        session,
        "line_id IN (SELECT id FROM purchase_lines WHERE purchase_id = ?)",
        (purchase_id,),
    ):
        found.setdefault(one.line_id, []).append(one)
    return found


def of_lines(session: Session, line_ids: Iterable[int]) -> dict[int, list[Commitment]]:
    """As `of_purchase`, of some of its lines."""
    found: dict[int, list[Commitment]] = {}
    wanted = json.dumps(list(line_ids))
    for one in _read(session, "line_id IN (SELECT value FROM json_each(?))", (wanted,)):
        found.setdefault(one.line_id, []).append(one)
    return found


def unaccepted(session: Session, prices: Mapping[int, int]) -> dict[int, list[Commitment]]:
    """Those whose member agreed to less than the price of a unit, which is given in cents by line; lines
    without any are left out."""
    found: dict[int, list[Commitment]] = {}
    for one in _read(
        session,
        "one.id IN (SELECT made.id FROM json_each(?) AS price JOIN commitments AS made"
        " ON made.line_id = CAST(price.key AS INTEGER) WHERE made.accepted_cents < price.value)",
        (json.dumps(dict(prices)),),
    ):
        found.setdefault(one.line_id, []).append(one)
    return found


def of_person(session: Session, purchase_id: int, user_id: str) -> dict[int, Commitment]:
    """What one person, whichever of their accounts they used, commits to of a purchase, by line; two accounts
    that were joined later may both have committed to one, and count as one under the older's id."""
    found = _read(
        session,
        "line_id IN (SELECT id FROM purchase_lines WHERE purchase_id = ?)"
        " AND user_id IN (SELECT value FROM json_each(?))",
        (purchase_id, json.dumps(same_person(session, user_id))),
    )
    own: dict[int, Commitment] = {}
    for one in found:
        first = own.get(one.line_id)
        own[one.line_id] = one if first is None else _together(first, one)
    return own


def _together(first: Commitment, other: Commitment) -> Commitment:
    return replace(
        first,
        tolerance=first.tolerance + other.tolerance,
        accepted_cents=max(first.accepted_cents, other.accepted_cents),
        ordered_units=_sum(first.ordered_units, other.ordered_units),
        delivered_units=_sum(first.delivered_units, other.delivered_units),
        parcels=tuple(sorted((*first.parcels, *other.parcels), key=attrgetter("id"))),
    )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def purchases_of(session: Session, accounts: Sequence[str]) -> set[int]:
    """The numbers of the purchases to which a person, by their accounts, commits."""
    return set(
        session.column(
            "SELECT DISTINCT purchase_id FROM commitments JOIN purchase_lines AS line ON line.id = line_id"
            " WHERE user_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(accounts)),),
        )
    )


def sums(session: Session, purchase_id: int) -> dict[int, Sums]:
    """By line; lines to which nobody commits are left out."""
    return {
        row["line_id"]: Sums(row["quantity"], row["tolerance"], row["people"])
        for row in session.rows(
            "SELECT line_id, sum(units) AS quantity, sum(tolerance) AS tolerance, count(*) AS people FROM"
            " (SELECT one.line_id, one.tolerance, (SELECT coalesce(sum(units), 0) FROM commitment_units"
            " WHERE commitment_id = one.id) AS units FROM commitments AS one"
            " JOIN purchase_lines AS line ON line.id = one.line_id WHERE line.purchase_id = ?)"
            " GROUP BY line_id",
            (purchase_id,),
        )
    }


def accounts(session: Session, purchase_id: int) -> list[str]:
    """Those that commit to any of its lines, in the order in which they first did."""
    return session.column(
        "SELECT user_id FROM commitments JOIN purchase_lines AS line ON line.id = line_id"
        " WHERE purchase_id = ? AND user_id IS NOT NULL GROUP BY user_id ORDER BY min(commitments.id)",
        (purchase_id,),
    )


def count_people(session: Session, purchase_id: int) -> int:
    """How many accounts commit to any of its lines."""
    return int(
        session.value(
            "SELECT count(DISTINCT user_id) FROM commitments JOIN purchase_lines AS line"
            " ON line.id = line_id WHERE purchase_id = ?",
            (purchase_id,),
        )
    )


def get(session: Session, commitment_id: int) -> Commitment | None:
    return next(iter(_read(session, "one.id = ?", (commitment_id,))), None)


def put(
    session: Session,
    line_id: int,
    user_id: str,
    *,
    quantity: int,
    tolerance: int,
    accepted_cents: int,
    now: int,
) -> int:
    """A person's commitment becomes that; returns its id. Units added are new ones, units given up are the
    newest. The account of an earlier commitment of the same line is the caller's care (see `of_person`).

    Raises sqlite3.IntegrityError where the purchase takes none.
    """
    found = next(iter(_read(session, "line_id = ? AND user_id = ?", (line_id, user_id))), None)
    if found is None:
        commitment_id = session.insert(
            "INSERT INTO commitments (line_id, user_id, tolerance, accepted_cents, made_at, changed_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (line_id, user_id, tolerance, accepted_cents, now, now),
        )
        _add_units(session, commitment_id, quantity, now)
        return commitment_id
    session.run(
        "UPDATE commitments SET tolerance = ?, accepted_cents = ?, dropped = 0, changed_at = ?"
        " WHERE id = ?",
        (tolerance, accepted_cents, now, found.id),
    )
    more = quantity - found.quantity
    if more > 0:
        _add_units(session, found.id, more, now)
    else:
        _give_up(session, found, -more)
    return found.id


def _add_units(session: Session, commitment_id: int, units: int, now: int) -> None:
    session.run(
        "INSERT INTO commitment_units (commitment_id, units, added_at) VALUES (?, ?, ?)",
        (commitment_id, units, now),
    )


def _give_up(session: Session, commitment: Commitment, units: int) -> None:
    for parcel in reversed(commitment.parcels):
        given = min(parcel.units, units)
        if given == 0:
            continue
        units -= given
        if given == parcel.units and parcel != commitment.parcels[0]:
            session.run("DELETE FROM commitment_units WHERE id = ?", (parcel.id,))
        else:
            session.run(
                "UPDATE commitment_units SET units = ? WHERE id = ?",
                (parcel.units - given, parcel.id),
            )


def remove_person(session: Session, line_ids: Iterable[int], user_id: str) -> None:
    """All that a person commits to of these lines, with whichever of their accounts."""
    session.run(
        "DELETE FROM commitments WHERE line_id IN (SELECT value FROM json_each(?))"
        " AND user_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(line_ids)), json.dumps(same_person(session, user_id))),
    )


def unite(session: Session, line_id: int, user_id: str, *, now: int) -> None:
    """What a person commits to of a line with several of their accounts becomes the oldest's."""
    first, *others = session.column(
        "SELECT id FROM commitments WHERE line_id = ?"
        " AND user_id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (line_id, json.dumps(same_person(session, user_id))),
    )
    for other in others:
        add_up(session, other, first, now=now)


def add_up(session: Session, from_id: int, into_id: int, *, now: int) -> None:
    """One person's two commitments become one: quantities, each unit with its age, and tolerances are added up;
    the higher of the prices that they accepted is what they accepted."""
    session.run(
        "UPDATE commitment_units SET commitment_id = ? WHERE commitment_id = ?", (into_id, from_id)
    )
    session.run(
        "UPDATE commitments SET tolerance = commitments.tolerance + other.tolerance,"
        " accepted_cents = max(commitments.accepted_cents, other.accepted_cents), asked_cents = NULL,"
        " made_at = min(commitments.made_at, other.made_at), changed_at = ?"
        " FROM commitments AS other WHERE commitments.id = ? AND other.id = ?",
        (now, into_id, from_id),
    )
    session.run("DELETE FROM commitments WHERE id = ?", (from_id,))


def accept(session: Session, commitment_id: int, cents: int) -> None:
    """The member agrees to a price up to that."""
    session.run(
        "UPDATE commitments SET accepted_cents = max(accepted_cents, ?) WHERE id = ?",
        (cents, commitment_id),
    )


def asked(session: Session, commitment_id: int, cents: int) -> None:
    """The member was asked whether they agree to that price."""
    session.run("UPDATE commitments SET asked_cents = ? WHERE id = ?", (cents, commitment_id))


def fix(session: Session, ordered: Mapping[int, int], dropped: Iterable[int]) -> None:
    """What the decision gives each commitment, in units by its id, and whose price was not accepted."""
    session.run_many(
        "UPDATE commitments SET ordered_units = ?, dropped = 0 WHERE id = ?",
        [(units, commitment_id) for commitment_id, units in ordered.items()],
    )
    session.run_many(
        "UPDATE commitments SET ordered_units = 0, dropped = 1 WHERE id = ?",
        [(commitment_id,) for commitment_id in dropped],
    )


def unfix(session: Session, purchase_id: int) -> None:
    """Nothing is decided any more: the purchase failed."""
    session.run(
        "UPDATE commitments SET ordered_units = NULL, delivered_units = NULL, dropped = 0"
        " WHERE line_id IN (SELECT id FROM purchase_lines WHERE purchase_id = ?)",
        (purchase_id,),
    )


def deliver(session: Session, delivered: Mapping[int, int]) -> None:
    """How many units each gets of what came. Raises sqlite3.IntegrityError for more than was ordered."""
    session.run_many(
        "UPDATE commitments SET delivered_units = ? WHERE id = ?",
        [(units, commitment_id) for commitment_id, units in delivered.items()],
    )


def _read(session: Session, where: str, parameters: Sequence[object]) -> list[Commitment]:
    """Those for which a condition on `one` holds, in the order of their ids."""
    found: list[Commitment] = []
    for one in session.typed(
        _with_parcel,
        "SELECT one.id, line_id, user_id, tolerance, accepted_cents, asked_cents, made_at, changed_at,"
        " dropped, ordered_units, delivered_units, part.id, part.units, part.added_at"
        " FROM commitments AS one LEFT JOIN commitment_units AS part ON part.commitment_id = one.id"
        f" WHERE {where} ORDER BY one.id, part.id",
        parameters,
    ):
        if found and found[-1].id == one.id:
            found[-1] = replace(one, parcels=found[-1].parcels + one.parcels)
        else:
            found.append(one)
    return found


def _with_parcel(row: sqlite3.Row) -> Commitment:
    # By place: there may be a hundred thousand rows, and looking each name up would take as long again.
    (
        commitment_id, line_id, user_id, tolerance, accepted_cents, asked_cents, made_at, changed_at,
        dropped, ordered, delivered, parcel_id, units, added_at,
    ) = row  # fmt: skip
    return Commitment(
        commitment_id,
        line_id,
        user_id,
        tolerance,
        accepted_cents,
        asked_cents,
        made_at,
        changed_at,
        dropped != 0,
        ordered,
        delivered,
        () if parcel_id is None else (Parcel(parcel_id, units, added_at),),
    )
