"""What the directory of suppliers keeps about people: shown in `!mydata export`, forgotten on erasure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from commands.kernel.command import Personal, Router
from storage import supplier_people
from storage.session import Session

router = Router("suppliers")


def describe(session: Session, accounts: Sequence[str]) -> dict[str, Any]:
    """Under one key, with moments in ISO 8601 (UTC)."""
    known = supplier_people.everything_about(session, accounts)
    return {
        "suppliers": {name: [_readable(fact) for fact in facts] for name, facts in known.items()}
    }


def _readable(fact: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _moment(value) if _is_moment(name) and value is not None else value
        for name, value in fact.items()
    }


def _is_moment(name: str) -> bool:
    return name == "at" or name.endswith("_at")


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


router.personal.append(Personal(describe, supplier_people.forget))
