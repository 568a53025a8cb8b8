"""The inbox: stored once, in order, dealt with once, and forgotten what it said."""

from __future__ import annotations

from typing import Any

from storage import inbox
from storage.session import Session


def add(session: Session, event_id: str | None, lane: str = "!a", **fields: Any) -> int | None:
    given: dict[str, Any] = {
        "kind": "message",
        "room_id": "!a",
        "sender": "@ann:x",
        "body": {"body": event_id},
        "sent_at": 5,
        "now": 10,
        **fields,
    }
    return inbox.add(session, event_id=event_id, lane=lane, **given)


def test_an_event_is_stored_once(session: Session) -> None:
    assert add(session, "$1") is not None
    assert add(session, "$1") is None
    assert inbox.count_waiting(session) == 1
    assert inbox.knows(session, "$1")
    assert not inbox.knows(session, "$2")


def test_events_without_an_id_are_never_the_same(session: Session) -> None:
    assert add(session, None, kind="invite") is not None
    assert add(session, None, kind="invite") is not None
    assert inbox.count_waiting(session) == 2


def test_each_lane_keeps_its_order(session: Session) -> None:
    for number in range(6):
        add(session, f"${number}", lane="!a" if number % 2 else "!b")
    assert sorted(inbox.waiting_lanes(session)) == ["!a", "!b"]
    assert [item.event_id for item in inbox.next_in_lane(session, "!a")] == ["$1", "$3", "$5"]
    assert [item.event_id for item in inbox.next_in_lane(session, "!b", limit=2)] == ["$0", "$2"]


def test_what_is_dealt_with_never_comes_again_and_is_forgotten(session: Session) -> None:
    item = add(session, "$1")
    assert item is not None
    assert inbox.is_waiting(session, item)
    assert inbox.finish(session, item, acted=True, now=20)
    assert not inbox.finish(session, item, acted=False, now=21)
    assert not inbox.is_waiting(session, item)
    assert inbox.next_in_lane(session, "!a") == []
    assert inbox.waiting_lanes(session) == []
    assert session.value("SELECT body FROM inbox") is None
    past = inbox.by_event(session, "$1")
    assert past is not None
    assert (past.sender, past.status, past.acted) == ("@ann:x", "done", True)


def test_attempts_are_counted_and_end(session: Session) -> None:
    item = add(session, "$1")
    assert item is not None
    assert [inbox.attempted(session, item) for _ in range(3)] == [1, 2, 3]
    assert inbox.next_in_lane(session, "!a")[0].attempts == 3
    inbox.give_up(session, item, now=20)
    assert inbox.next_in_lane(session, "!a") == []
    past = inbox.by_event(session, "$1")
    assert past is not None
    assert past.status == "failed"


def test_what_its_author_took_back_is_never_dealt_with(session: Session) -> None:
    first, second = add(session, "$1"), add(session, "$2")
    assert first is not None
    assert second is not None
    inbox.finish(session, first, acted=False, now=20)
    assert not inbox.withdraw(session, "$1", now=30)
    assert inbox.withdraw(session, "$2", now=30)
    assert not inbox.finish(session, second, acted=True, now=40)
    assert inbox.count_waiting(session) == 0


def test_hostile_text_is_stored_and_comes_back(session: Session) -> None:
    body = {"body": "\ud800 \x00 \u202e '; DROP TABLE inbox; --", "deep": [{"a": [None, 1.5]}]}
    add(session, "$1", body=body)
    assert inbox.next_in_lane(session, "!a")[0].body == body


def test_an_event_that_was_not_stored_can_be_remembered(session: Session) -> None:
    remembered = inbox.remember(
        session, event_id="$1", room_id="!a", sender="@ann:x", lane="!a", now=10
    )
    assert add(session, "$1") is None
    assert inbox.count_waiting(session) == 0
    inbox.mark_acted(session, "$1")
    past = inbox.by_event(session, "$1")
    assert past is not None
    assert (past.id, past.room_id, past.acted) == (remembered, "!a", True)


def test_purge_keeps_what_waits_and_what_is_young(session: Session) -> None:
    old, young = add(session, "$old"), add(session, "$young")
    add(session, "$waiting")
    assert old is not None
    assert young is not None
    inbox.finish(session, old, acted=False, now=20)
    inbox.finish(session, young, acted=False, now=30)
    assert inbox.purge(session, before=30) == 1
    assert [inbox.knows(session, event) for event in ("$old", "$young", "$waiting")] == [
        False,
        True,
        True,
    ]
