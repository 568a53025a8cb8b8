"""Figures about all members for staff and for the observation of networks: never about a few people.

Those who do not want to be found count too (product.md, section 2).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from storage.session import Session

Trait = Literal["professions", "sectors", "city", "region", "country", "languages", "stage"]
_TRAITS = ("professions", "sectors", "city", "region", "country", "languages", "stage")
_LIST_TRAITS = ("professions", "sectors", "languages")


@dataclass(frozen=True, slots=True)
class Totals:
    """Members who are active, of these those with an account and by answer about being found; who left."""

    active: int
    left: int
    with_account: int
    found_yes: int
    found_no: int
    found_unasked: int


def totals(session: Session) -> Totals:
    row = session.row(
        "SELECT count(*) FILTER (WHERE status = 'active'),"
        " count(*) FILTER (WHERE status = 'left'),"
        " count(*) FILTER (WHERE status = 'active'"
        "   AND EXISTS (SELECT 1 FROM member_accounts WHERE member_id = members.id)),"
        " count(*) FILTER (WHERE status = 'active' AND consent = 'yes'),"
        " count(*) FILTER (WHERE status = 'active' AND consent = 'no'),"
        " count(*) FILTER (WHERE status = 'active' AND consent = 'unasked') FROM members"
    )
    assert row is not None
    return Totals(*row)


def by_trait(
    session: Session,
    trait: Trait,
    *,
    smallest: int,
    room_ids: Sequence[str] | None = None,
    main_only: bool = False,
) -> list[tuple[str, int]]:
    """How many active members have each value, most first; values of fewer than `smallest` are left out.

    `room_ids` limits it to people who are in one of these rooms; `main_only` counts only the first value
    of a list (the main profession).
    """
    if trait not in _TRAITS:
        raise ValueError(trait)
    if trait not in _LIST_TRAITS:
        value, source = f"members.{trait}", "members"
    elif main_only:
        value, source = f"members.{trait} ->> 0", "members"
    else:
        value, source = "one.value", f"members, json_each(members.{trait}) AS one"
    limited, parameters = _in_rooms(room_ids)
    rows = session.rows(
        f"SELECT {value} AS value, count(DISTINCT members.id) AS people FROM {source}"
        f" WHERE status = 'active' AND coalesce({value}, '') <> ''{limited}"
        " GROUP BY 1 HAVING people >= ? ORDER BY people DESC, value",
        (*parameters, smallest),
    )
    return [(row["value"], row["people"]) for row in rows]


def turnover_sum(
    session: Session, *, smallest: int = 10, room_ids: Sequence[str] | None = None
) -> int | None:
    """Yearly turnover in cents of all members, or of the people in those rooms.

    None when fewer than `smallest` of them have a turnover; never less than ten, whatever is asked
    (product.md, section 3).
    """
    limited, parameters = _in_rooms(room_ids)
    row = session.row(
        "SELECT count(turnover_cents) AS people, sum(turnover_cents) AS cents FROM members"
        f" WHERE status = 'active'{limited}",
        parameters,
    )
    assert row is not None
    return row["cents"] if row["people"] >= max(smallest, 10) else None


def _in_rooms(room_ids: Sequence[str] | None) -> tuple[str, tuple[str, ...]]:
    if room_ids is None:
        return "", ()
    limited = (
        " AND members.id IN (SELECT member_id FROM member_accounts JOIN room_members"
        " USING (user_id) WHERE membership = 'join'"
        " AND room_id IN (SELECT value FROM json_each(?)))"
    )
    return limited, (json.dumps(list(room_ids)),)
