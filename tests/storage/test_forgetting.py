"""What people said stays no longer than needed, however it ended; and nothing names who was erased."""

from __future__ import annotations

from storage import erasure, inbox, member_accounts, members, outbox, rooms
from storage.members import Profile
from storage.outbox import Draft, FileOut
from storage.session import Session

KEY = b"k" * 32
WORD = "quixotically"


def heard(session: Session, event_id: str, sender: str = "@ann:x") -> int:
    item = inbox.add(
        session,
        event_id=event_id,
        kind="message",
        lane="!a",
        room_id="!a",
        sender=sender,
        body={"body": WORD},
        sent_at=1,
        now=1,
    )
    assert item is not None
    return item


def everything(session: Session) -> str:
    tables = session.column("SELECT name FROM sqlite_master WHERE type = 'table'")
    return "\n".join(
        repr(tuple(row)) for table in tables for row in session.rows(f"SELECT * FROM {table}")
    )


def test_what_could_not_be_dealt_with_is_forgotten_as_well(session: Session) -> None:
    inbox.give_up(session, heard(session, "$1"), now=2)
    assert WORD not in everything(session)


def test_what_could_not_be_said_is_forgotten_as_well(session: Session) -> None:
    file = FileOut(f"{WORD}.txt", "text/plain", WORD.encode())
    outbox.add(session, Draft("m.room.message", {"body": WORD}, room_id="!a", file=file), now=1)
    (item,) = outbox.next_in_lane(session, "!a")
    assert outbox.fail(session, item.id, error="M_FORBIDDEN", now=2)
    assert WORD not in everything(session)


def test_a_try_that_waits_keeps_its_place_in_the_lane(session: Session) -> None:
    for body in ("one", "two"):
        outbox.add(session, Draft("m.room.message", {"body": body}, room_id="!a"), now=1)
    first = outbox.next_in_lane(session, "!a")[0]
    outbox.postpone(session, first.id, until=90_000, error="M_LIMIT_EXCEEDED", now=2)
    assert [item.content["body"] for item in outbox.next_in_lane(session, "!a")] == ["one", "two"]


def test_what_waits_for_an_erased_person_is_never_said_and_names_them_no_more(
    session: Session,
) -> None:
    member_id = members.add(session, Profile(display_name="Gone"), number="K1", now=1)
    member_accounts.attach(session, "@gone:x", member_id, source="self", now=1)
    rooms.know(session, "!direct", now=1)
    rooms.set_kind(session, "!direct", "direct", direct_user="@gone:x")
    file = FileOut("kring.json", "application/json", WORD.encode())
    for draft in (
        Draft("m.room.message", {"body": WORD}, user_id="@gone:x", file=file),
        Draft("m.room.message", {"body": WORD}, room_id="!direct"),
    ):
        outbox.add(session, draft, now=1)
    outbox.add(session, Draft("m.room.message", {"body": "before"}, user_id="@gone:x"), now=1)
    last = outbox.next_in_lane(session, "@gone:x")[-1]
    outbox.sent(session, last.id, event_id="$sent", room_id="!direct", now=2)
    inbox.finish(session, heard(session, "$1", "@gone:x"), acted=True, now=2)
    waiting = heard(session, "$2", "@gone:x")
    assert member_accounts.redeem(session, "0000-0000-0000", "@gone:x", now=2) == ("wrong", None)

    erasure.erase(session, member_id, key=KEY, now=3)

    assert outbox.waiting_lanes(session) == []
    own = outbox.by_event(session, "$sent")
    assert own is not None
    assert own.user_id is None
    past = inbox.by_event(session, "$1")
    assert past is not None
    assert past.sender == ""
    assert inbox.is_waiting(session, waiting)
    inbox.finish(session, waiting, acted=False, now=4)
    assert WORD not in everything(session)
    assert session.value("SELECT count(*) FROM link_failures") == 0
