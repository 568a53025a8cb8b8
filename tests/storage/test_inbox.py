"""The inbox: stored once, in order, dealt with once, and forgotten what it said."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import inbox
from storage.crypto import unreadable
from storage.inbox import Item, Patience
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


def waits(session: Session, event_id: str, key: str = "key", **fields: Any) -> int:
    item = add(session, event_id, kind="encrypted", **fields)
    assert item is not None
    unreadable.add(session, item, "!a", key, fields.get("sender", "@ann:x"))
    return item


def test_what_was_not_readable_keeps_its_id_and_its_place(session: Session) -> None:
    first, second = waits(session, "$1"), add(session, "$2")
    assert inbox.next_in_lane(session, "!a") == []
    inbox.become(session, first, "message", {"body": "now"})
    assert [item.id for item in inbox.next_in_lane(session, "!a")] == [first, second]
    assert unreadable.waiting_for(session, "!a", "key") == []
    assert inbox.is_waiting(session, first, "message")
    assert not inbox.is_waiting(session, first, "encrypted")


def test_what_is_dropped_may_come_again_and_what_is_done_may_not(session: Session) -> None:
    done, dropped = waits(session, "$1"), waits(session, "$2")
    inbox.finish(session, done, acted=False, now=20)
    inbox.drop(session, done)
    inbox.drop(session, dropped)
    assert (inbox.knows(session, "$1"), inbox.knows(session, "$2")) == (True, False)
    assert unreadable.waiting_for(session, "!a", "key") == []


def test_refusals_of_one_sender_are_bounded(session: Session) -> None:
    for number in range(150):
        unreadable.withhold(session, "!a", f"s{number}", "@bad:x", "m.unverified", now=number)
    unreadable.withhold(session, "!a", "s", "@ann:x", "m.unverified", now=0)
    rows = session.rows("SELECT user_id, min(at) AS at FROM crypto_withheld GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in rows] == [("@ann:x", 0), ("@bad:x", 50)]


_KINDS = ("message", "edit", "membership", "state", "invite", "verification", "encrypted")


def _expected(items: list[Item], refused: set[int], patience: Patience) -> list[int]:
    """The rule in words of its own: who may be dealt with, however slow it is to find out."""
    free = []
    for item in items:
        ahead = [one for one in items if one.id < item.id and one.kind == "encrypted"]
        if item.kind == "encrypted":
            until = patience.refused if item.id in refused else patience.overdue
            passes = item.received_at <= until
        elif item.kind == "verification":
            passes = True
        elif any(one.received_at > patience.young for one in ahead):
            passes = False
        else:
            theirs = any(one.sender == item.sender for one in ahead)
            passes = item.kind in ("membership", "state", "invite") or not theirs
        if passes:
            free.append(item.id)
    return free[:5]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(_KINDS), st.sampled_from("abc"), st.integers(0, 9), st.booleans()
        ),
        max_size=15,
    ),
    times=st.tuples(st.integers(-1, 10), st.integers(-1, 10), st.integers(-1, 10)),
)
def test_who_waits_for_whom(
    session: Session, rows: list[tuple[Any, str, int, bool]], times: tuple[int, int, int]
) -> None:
    session.run("DELETE FROM inbox")
    refused: set[int] = set()
    for number, (kind, sender, at, is_refused) in enumerate(rows):
        fields: dict[str, Any] = {"sender": sender, "now": at}
        if kind != "encrypted":
            add(session, f"${number}", kind=kind, **fields)
            continue
        item = waits(session, f"${number}", f"key{number}", **fields)
        if is_refused:
            unreadable.withhold(session, "!a", f"key{number}", sender, "m.unverified", now=at)
            refused.add(item)
    session.run("DELETE FROM crypto_withheld")
    patience = Patience(*times)
    items = [
        inbox.get(session, item) for item in session.column("SELECT id FROM inbox ORDER BY id")
    ]
    found = inbox.next_in_lane(session, "!a", 5, patience)
    known = [item for item in items if item is not None]
    assert [item.id for item in found] == _expected(known, refused, patience)
