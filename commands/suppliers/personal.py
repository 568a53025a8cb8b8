"""What the directory of suppliers keeps about people: shown in `!mydata export`, forgotten on erasure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from commands.kernel.command import Personal, Router
from commands.kernel.facts import readable
from storage import supplier_people
from storage.session import Session

router = Router("suppliers")


def describe(session: Session, accounts: Sequence[str]) -> dict[str, Any]:
    """Under one key, with moments in ISO 8601 (UTC)."""
    known = supplier_people.everything_about(session, accounts)
    return {"suppliers": readable(known)}


router.personal.append(Personal(describe, supplier_people.forget))
