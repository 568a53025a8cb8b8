"""The outbox: order within a lane, one end for each row, and what is left to find an answer again."""

from __future__ import annotations

import sqlite3

import pytest

from storage import inbox, outbox, rooms
from storage.outbox import Draft, FileOut, Uploaded
from storage.session import Session


def message(text: str = "hi", **fields: object) -> Draft:
    return Draft("m.room.message", {"body": text}, **fields)  # type: ignore[arg-type]


def only(session: Session, lane: str) -> outbox.Item:
    (item,) = outbox.next_in_lane(session, lane)
    return item


def test_lanes_are_rooms_people_or_named(session: Session) -> None:
    rooms.know(session, "!direct", now=1)
    rooms.set_kind(session, "!direct", "direct", direct_user="@ann:x")
    added = [
        outbox.add(session, draft, now=1)
        for draft in (
            message(room_id="!room"),
            message(user_id="@ann:x"),
            message(room_id="!direct"),
            Draft("invite", {}, kind="action", lane="network:1"),
        )
    ]
    # A person's lane is the same before and after the direct chat exists, so the order holds.
    assert added == ["!room", "@ann:x", "@ann:x", "network:1"]
    assert sorted(outbox.waiting_lanes(session)) == ["!room", "@ann:x", "network:1"]


def test_a_lane_keeps_its_order(session: Session) -> None:
    for number in range(5):
        outbox.add(session, message(str(number), room_id="!a"), now=1)
    assert [item.content["body"] for item in outbox.next_in_lane(session, "!a")] == list("01234")


def test_a_draft_that_belongs_nowhere_is_refused(session: Session) -> None:
    with pytest.raises(AssertionError):
        outbox.add(session, message(), now=1)


def test_a_key_is_stored_once(session: Session) -> None:
    draft = message(room_id="!a")
    outbox.add(session, draft, now=1)
    with pytest.raises(sqlite3.IntegrityError):
        outbox.add(session, draft, now=2)


def test_the_first_try_is_remembered_through_all_later_ones(session: Session) -> None:
    outbox.add(session, message(room_id="!a"), now=1)
    item = only(session, "!a")
    assert (item.attempts, item.first_try_at) == (0, None)
    outbox.postpone(session, item.id, until=90, error="M_LIMIT_EXCEEDED", now=50)
    outbox.postpone(session, item.id, until=170, error="M_LIMIT_EXCEEDED", now=95)
    item = only(session, "!a")
    assert (item.attempts, item.first_try_at, item.next_try_at) == (2, 50, 170)


def test_what_was_sent_is_found_by_its_event_and_forgotten_what_it_said(session: Session) -> None:
    draft = message("secret", room_id="!a", about="join:7")
    outbox.add(session, draft, now=1)
    item = only(session, "!a")
    assert outbox.sent(session, item.id, event_id="$1", now=2)
    assert not outbox.sent(session, item.id, event_id="$2", now=3)
    assert not outbox.fail(session, item.id, error="late", now=3)
    assert outbox.waiting_lanes(session) == []
    own = outbox.by_event(session, "$1")
    assert own is not None
    assert (own.key, own.about, own.status) == (draft.key, "join:7", "sent")
    assert outbox.by_key(session, draft.key) == own
    assert outbox.about(session, "join:7") == [own]
    assert session.value("SELECT count(*) FROM outbox WHERE content IS NOT NULL") == 0


def test_answers_to_a_message_leave_out_their_edits(session: Session) -> None:
    item = inbox.add(
        session,
        event_id="$in",
        kind="message",
        lane="!a",
        room_id="!a",
        sender="@ann:x",
        body={},
        sent_at=1,
        now=1,
    )
    first = message("one", room_id="!a", inbox_id=item)
    outbox.add(session, first, now=1)
    outbox.add(session, message("two", room_id="!a", inbox_id=item, edits=first.key), now=2)
    outbox.add(session, Draft("invite", {}, kind="action", lane="!a", inbox_id=item), now=3)
    assert item is not None
    assert [own.key for own in outbox.answers_to(session, item)] == [first.key]


def test_a_failed_row_keeps_its_reason_and_frees_the_lane(session: Session) -> None:
    outbox.add(session, message("one", room_id="!a"), now=1)
    outbox.add(session, message("two", room_id="!a"), now=1)
    first = outbox.next_in_lane(session, "!a")[0]
    assert outbox.fail(session, first.id, error="M_FORBIDDEN", now=2)
    assert only(session, "!a").content == {"body": "two"}
    own = outbox.by_key(session, first.key)
    assert own is not None
    assert own.status == "failed"


@pytest.mark.parametrize("end", ["sent", "failed"])
def test_a_file_is_kept_no_longer_than_needed(session: Session, end: str) -> None:
    file = FileOut("order.csv", "text/csv", b"a;b")
    draft = message(room_id="!a", file=file)
    outbox.add(session, draft, now=1)
    stored = outbox.file_of(session, draft.key)
    assert stored is not None
    assert (stored.name, stored.data, stored.uploaded) == ("order.csv", b"a;b", None)
    large, small = Uploaded("mxc://x/1"), Uploaded("mxc://x/2", {"v": "v2"})
    outbox.uploaded(session, draft.key, large, thumbnail=small)
    stored = outbox.file_of(session, draft.key)
    assert stored is not None
    assert (stored.uploaded, stored.thumbnail) == (large, small)
    item = only(session, "!a")
    if end == "sent":
        outbox.sent(session, item.id, event_id="$1", now=2)
    else:
        outbox.fail(session, item.id, error="no", now=2)
    assert outbox.file_of(session, draft.key) is None


def test_continuations_keep_their_data(session: Session) -> None:
    outbox.add(
        session,
        Draft(
            "create_room",
            {"name": "Film"},
            kind="action",
            lane="network:1",
            continuation="networks.created",
            continuation_data={"network": 1},
        ),
        now=1,
    )
    item = only(session, "network:1")
    assert (item.kind, item.continuation, item.continuation_data) == (
        "action",
        "networks.created",
        {"network": 1},
    )


def test_a_direct_chat_that_was_made_gets_what_waits_for_the_person(session: Session) -> None:
    outbox.add(session, message("one", user_id="@ann:x"), now=1)
    outbox.add(session, message("two", user_id="@ann:x"), now=1)
    outbox.add(session, message("other", user_id="@bob:x"), now=1)
    outbox.place_direct(session, "@ann:x", "!new")
    assert [item.room_id for item in outbox.next_in_lane(session, "@ann:x")] == ["!new", "!new"]
    assert only(session, "@bob:x").room_id is None


def test_purge_keeps_what_waits_and_what_replies_may_speak_to(session: Session) -> None:
    for text, about in (("plain", None), ("asked", "join:1"), ("waits", None)):
        outbox.add(session, message(text, room_id="!a", about=about), now=1)
    plain, asked, _ = outbox.next_in_lane(session, "!a")
    outbox.sent(session, plain.id, event_id="$1", now=2)
    outbox.sent(session, asked.id, event_id="$2", now=2)
    assert outbox.purge(session, before=10, about_before=2) == 1
    assert outbox.by_event(session, "$1") is None
    assert outbox.by_event(session, "$2") is not None
    assert outbox.count_waiting(session) == 1
    assert outbox.purge(session, before=10, about_before=3) == 1
    assert outbox.by_event(session, "$2") is None


def test_hostile_text_is_stored_and_comes_back(session: Session) -> None:
    outbox.add(session, message("\ud800\x00", room_id="!a"), now=1)
    assert only(session, "!a").content == {"body": "\ud800\x00"}
