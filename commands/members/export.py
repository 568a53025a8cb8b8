"""Everything the bot knows about a member, for the member: as JSON, and as a profile that can be read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from commands.kernel.catalogue import translate
from commands.labels import Labels
from commands.members.fields import choice_name
from commands.members.tongues import country_name, language_name
from storage import erasure
from storage.members import Value
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
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="seconds")
    if name in ("data", "details") and isinstance(value, str):
        return json.loads(value)
    return value


def shown(name: str, value: Value, labels: Labels, language: str) -> Value:
    """A field's value as people read it: labels, languages, countries and choices by their names."""
    naming: Callable[[str], str] | None = {
        "professions": lambda code: labels.name(code, language),
        "sectors": lambda code: labels.name(code, language),
        "region": lambda code: labels.name(code, language),
        "country": lambda code: country_name(code, language),
        "languages": lambda code: language_name(code, language),
        "stage": lambda code: translate(language, choice_name(code)),
        "open_to": lambda code: translate(language, choice_name(code)),
    }.get(name)
    if naming is None or not value:
        return value
    return naming(value) if isinstance(value, str) else tuple(map(naming, value))
