"""The directory as time passes: a charter with a knock-out, evidence, uses of deals, and the bot's clock."""

from __future__ import annotations

from datetime import datetime

from storage import deal_uses, people, supplier_evidence
from storage.charters import Criterion
from storage.session import Session
from tests.commands.suppliers import directory
from tests.commands.suppliers.directory import BUYER, CARO, due
from tests.commands.talk import Said, Talk

JOB = "suppliers.upkeep"
CRITERIA = (
    Criterion("footprint", 1, 60, False, 0, {"name": {"en": "Footprint"}}),
    Criterion("work", 2, 40, True, 2, {"name": {"en": "Working conditions", "nl": "Arbeid"}}),
)


def cooperative(talk: Talk) -> None:
    """As the directory's, but working conditions are a knock-out; CARO chose Dutch."""
    directory.cooperative(talk, CRITERIA)

    def make(session: Session) -> None:
        people.choose_language(session, CARO, "nl", now=talk.ms())
        talk.kernel.prepare(session, talk.now)

    talk.write(make)


def charter(session: Session, now: int) -> int:
    """A version in force."""
    return directory.charter(session, CRITERIA, now=now)


def evidence(talk: Talk, supplier: int, criterion: str, until: str) -> int:
    def record(session: Session) -> int:
        return supplier_evidence.add(
            session, supplier, criterion, "Certified", valid_until=until, by=BUYER, now=talk.ms()
        )

    return int(talk.write(record))


def used(talk: Talk, supplier: int, user: str, day: str = "2026-11-20") -> None:
    moment = int(datetime.fromisoformat(f"{day}T12:00+00:00").timestamp() * 1000)
    talk.write(lambda s: deal_uses.note(s, supplier, user, [user], day=day, now=moment))


def later(talk: Talk, **passed: float) -> list[Said]:
    """Let time pass, with the bot down until the end of it."""
    talk.wait(**passed)
    return due(talk, JOB)


def on(talk: Talk, moment: str) -> list[Said]:
    """Go to that moment (ISO 8601 with its offset), with the bot down until then."""
    talk.now = datetime.fromisoformat(moment)
    return due(talk, JOB)


def hourly(talk: Talk, hours: int) -> list[tuple[datetime, Said]]:
    """What is said while the bot runs for so many hours, and when."""
    said = []
    for _ in range(hours):
        talk.wait(hours=1)
        said += [(talk.now, each) for each in due(talk, JOB)]
    return said


def to(said: list[Said], place: str) -> list[str]:
    """What was said anew to somebody or in a room."""
    direct = f"!direct-{place[1:].partition(':')[0]}"
    return [
        each.text
        for each in said
        if each.edits is None and {place, direct} & {each.draft.room_id, each.draft.user_id}
    ]


def state(talk: Talk, supplier: int) -> str:
    return str(
        talk.write(lambda s: s.value("SELECT state FROM suppliers WHERE id = ?", (supplier,)))
    )
