"""What a member gets, and has erased, of what the directory of suppliers keeps about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands.suppliers.personal import describe
from storage import (
    charters,
    deal_uses,
    supplier_complaints,
    supplier_contacts,
    supplier_demand,
    supplier_evidence,
    supplier_rounds,
    supplier_targets,
    suppliers,
)
from storage.session import Session
from tests.commands.suppliers.directory import ANNA, BEN, BUYER, SECOND, cooperative, supplier
from tests.commands.talk import Talk, answer

OWN = "@bea-phone:localhost"
WORD = "quixotically"


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path)
    cooperative(opened)
    yield opened
    opened.close()


def busy(session: Session) -> None:
    """A buyer who did all there is to do, from either of two accounts, with two suppliers."""
    now = 1_700_000_000_000
    suppliers.set_proposer(session, 2, BUYER)
    opened = supplier_rounds.open_round(session, 2, "first", charter_version=1, by=BUYER, now=now)
    supplier_rounds.put_score(session, opened, "work", 2, note="as seen", by=BUYER, now=now)
    supplier_rounds.declare_conflict(session, 1, OWN, now=now)
    supplier_evidence.add(
        session,
        1,
        "work",
        "fair wages",
        link="https://x.example",
        valid_until="2027-01-01",
        by=BUYER,
        now=now,
    )
    supplier_evidence.check(session, 1, "work", by=BUYER, now=now)
    supplier_complaints.add(session, 1, BUYER, "They came late", language="en", now=now)
    supplier_contacts.add(session, 1, OWN, "they send prices", now=now)
    supplier_targets.put(session, 2027, "service", 60, by=BUYER, now=now)
    version = charters.add(session, {"name": {"en": "Next"}}, [], made_by=BUYER, now=now)
    charters.decline(session, version, by=BUYER, now=now)
    closed = supplier_complaints.add(session, 1, ANNA, "Too dear", language="en", now=now)
    supplier_complaints.close(session, closed, answer="Asked", by=BUYER, now=now)
    use, _ = deal_uses.note(session, 1, BUYER, [BUYER], day="2026-11-01", now=now)
    deal_uses.rate(session, use, 5, WORD, now=now)
    supplier_demand.need(session, WORD, folded=WORD, language="en", user_id=OWN, now=now)
    supplier_demand.mention(
        session, f"{WORD} inc", folded=f"{WORD} inc", source="command", user_id=BUYER, now=now
    )
    session.run(
        "INSERT INTO loans (id, user_id, title, mode, terms, language, offered_at)"
        " VALUES (1, ?, ?, 'borrow', '', 'en', ?), (2, ?, 'ladder', 'borrow', '', 'en', ?)",
        (BUYER, WORD, now, ANNA, now),
    )
    session.run("INSERT INTO loan_requests (loan_id, user_id, at) VALUES (2, ?, ?)", (OWN, now))


def known(talk: Talk, *users: str) -> dict[str, Any]:
    found: dict[str, Any] = talk.write(lambda session: describe(session, users))["suppliers"]
    assert json.dumps(found)
    return found


def everything(session: Session) -> str:
    tables = session.column(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND (name LIKE 'supplier%'"
        " OR name LIKE 'loan%' OR name LIKE 'deal%' OR name LIKE 'charter%')"
    )
    return "\n".join(
        repr(tuple(row)) for table in tables for row in session.rows(f"SELECT * FROM {table}")
    )


def test_all_of_it_is_shown_to_whom_it_is_about(talk: Talk) -> None:
    supplier(talk, "Inkpot")
    supplier(talk, "Paper", state="proposed")
    talk.write(busy)
    told = known(talk, BUYER, OWN)
    assert [name for name, facts in told.items() if not facts] == []
    assert told["suppliers_proposed"][0]["name"] == "Paper"
    assert told["votes"][0] == {
        "supplier": "Inkpot", "kind": "first", "vote": "approved", "reason": None,
        "at": "2026-11-23T09:00:00+00:00",
    }  # fmt: skip
    assert told["conflicts_of_interest"][0]["supplier"] == "Inkpot"
    assert told["contacts_noted"][0]["at"] == "2023-11-14T22:13:20+00:00"
    assert told["deals_used"][0]["word"] == WORD
    assert known(talk, BEN) == {name: [] for name in told}
    assert [fact["title"] for fact in known(talk, ANNA)["loans"]] == ["ladder"]


def test_a_summary_says_that_there_is_more_in_the_file_only_where_there_is(talk: Talk) -> None:
    supplier(talk, "Inkpot")
    assert "it is in the file" not in answer(talk.say(ANNA, "mydata"))
    talk.say(ANNA, "uses Papermill")
    assert "it is in the file" in answer(talk.say(ANNA, "mydata"))


def test_what_was_decided_stays_and_who_did_it_is_forgotten(talk: Talk) -> None:
    supplier(talk, "Inkpot")
    supplier(talk, "Paper", state="proposed")
    talk.write(busy)
    talk.say(BUYER, "mydata erase")
    assert "erased" in answer(talk.say(BUYER, "erase"))
    talk.say(OWN, "mydata erase")
    assert "erased" in answer(talk.say(OWN, "erase"))
    left = talk.write(everything)
    for trace in (BUYER, OWN, WORD):
        assert trace not in left, trace
    assert not any(known(talk, BUYER, OWN).values())
    kept = talk.write(lambda session: suppliers.get(session, 1))
    assert kept is not None and kept.state == "approved"
    votes = talk.write(lambda session: supplier_rounds.votes(session, 1))
    assert len(votes) == 2 and SECOND in {vote.user_id for vote in votes}
    assert talk.write(lambda session: deal_uses.ratings(session, [1]))[1].people == 1
    assert "they send prices" in left and "as seen" in left and "ladder" in left
    assert talk.write(supplier_targets.every) == {(2027, "service"): 60}
