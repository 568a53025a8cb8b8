"""What a domain keeps about people, as `!mydata export` shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any


def readable(facts: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The same, with moments (ms UTC under the names `at` and `…_at`) in ISO 8601."""
    return {
        name: [{key: _shown(key, value) for key, value in row.items()} for row in rows]
        for name, rows in facts.items()
    }


def _shown(name: str, value: Any) -> Any:
    is_moment = name == "at" or name.endswith("_at")
    return iso_moment(value) if is_moment and value is not None else value


def iso_moment(milliseconds: int) -> str:
    """In UTC, to the second."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
