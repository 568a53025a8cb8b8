"""Everything the bot knows about a member, for the member, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from commands.kernel.facts import iso_moment
from storage import erasure
from storage.session import Session

_FORMAT = 1


def everything_about(
    session: Session, member_id: int | None, accounts: Sequence[str] = (), *, now: datetime
) -> dict[str, Any]:
    """All that the members' tables hold, as JSON values, times in ISO 8601 (UTC). Other domains add their
    own under their own keys. Of somebody who has no profile, what is kept about their `accounts`. Empty for
    an unknown member."""
    if member_id is None:
        known = erasure.everything_about_accounts(session, accounts)
    else:
        known = erasure.everything_about(session, member_id)
    if not known:
        return {}
    return {
        "format": _FORMAT,
        "exported_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "member": _with_dates(known),
    }


def as_json(everything: dict[str, Any]) -> bytes:
    return json.dumps(everything, ensure_ascii=False, indent=2).encode()


def _with_dates(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _with_dates(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_dates(item) for item in value]
    is_time = name == "at" or name == "since" or name.endswith("_at")
    if is_time and isinstance(value, int):
        return iso_moment(value)
    if name in ("data", "details") and isinstance(value, str):
        return json.loads(value)
    return value
