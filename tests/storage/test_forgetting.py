"""What people said stays no longer than needed, however it ended; and nothing names who was erased."""

from __future__ import annotations

from storage import erasure, inbox, member_accounts, members, outbox, rooms, supplier_people
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


_OF_SUPPLIERS = ("supplier%", "charter%", "deal_uses", "loan%")
# Somebody took part in all of it, and lends what can be found by its word.
_TOOK_PART = f"""
INSERT INTO charter_versions (version, status, made_by, made_at) VALUES (1, 'waiting', '@gone:x', 1);
UPDATE charter_versions SET status = 'declined', decided_by = '@gone:x', decided_at = 1;
INSERT INTO suppliers
    (id, name, class, state, state_since, proposer, language, created_at, changed_at)
    VALUES (1, 'Ink', 'service', 'proposed', 1, '@gone:x', 'en', 1, 1);
INSERT INTO supplier_rounds (id, supplier_id, kind, charter_version, opened_by, opened_at)
    VALUES (1, 1, 'first', 1, '@gone:x', 1);
INSERT INTO supplier_scores VALUES (1, 'work', 3, NULL, '@gone:x', 1);
INSERT INTO supplier_votes (round_id, user_id, outcome, at)
    VALUES (1, '@gone:x', 'rejected', 1), (1, '@other:x', 'rejected', 1);
UPDATE supplier_rounds SET outcome = 'rejected', closed_at = 2;
INSERT INTO supplier_conflicts VALUES (1, '@gone:x', 1);
INSERT INTO supplier_evidence (supplier_id, criterion, claim, valid_until, recorded_by, recorded_at,
    checked_by, checked_at) VALUES (1, 'work', 'fair', '2027-01-01', '@gone:x', 1, '@gone:x', 1);
INSERT INTO supplier_complaints (supplier_id, user_id, text, language, made_at)
    VALUES (1, '@gone:x', 'late', 'en', 1);
INSERT INTO supplier_complaints (supplier_id, user_id, text, language, status, made_at, closed_by,
    closed_at) VALUES (1, '@other:x', 'dear', 'en', 'closed', 1, '@gone:x', 1);
INSERT INTO supplier_contacts (supplier_id, user_id, note, at) VALUES (1, '@gone:x', 'prices', 1);
INSERT INTO supplier_targets VALUES (2027, 'service', 60, '@gone:x', 1);
INSERT INTO deal_uses (supplier_id, user_id, used_on, used_at, rating, word, rated_at)
    VALUES (1, '@gone:x', '2026-01-01', 1, 5, '{WORD}', 1);
INSERT INTO supplier_needs (words, folded, language, user_id, at)
    VALUES ('{WORD}', '{WORD}', 'en', '@gone:x', 1);
INSERT INTO supplier_mentions (name, folded, source, user_id, at)
    VALUES ('{WORD}', '{WORD}', 'command', '@gone:x', 1);
INSERT INTO loans (id, user_id, title, mode, language, offered_at)
    VALUES (1, '@gone:x', '{WORD}', 'borrow', 'en', 1), (2, '@other:x', 'drill', 'rent', 'en', 1);
INSERT INTO loan_requests VALUES (2, '@gone:x', 1, NULL), (1, '@other:x', 1, NULL);
INSERT INTO supplier_documents VALUES ({(1 << 40) + 1}, '{WORD}', '', '', '', '', '', '');
INSERT INTO supplier_search (rowid, name, category, mode, class, place, language, offer)
    VALUES ({(1 << 40) + 1}, '{WORD}', '', '', '', '', '', '');
INSERT INTO supplier_vocabulary VALUES ('{WORD}', 1)
"""


def people_in_the_directory(session: Session) -> dict[tuple[str, str], int]:
    """How often the person who goes stands in each column of the directory that can name somebody."""
    found = {}
    for pattern in _OF_SUPPLIERS:
        for table in session.column(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE ?", (pattern,)
        ):
            for column in session.column(f"SELECT name FROM pragma_table_info('{table}')"):
                if column in ("user_id", "proposer") or column.endswith("_by"):
                    sql = f"SELECT count(*) FROM {table} WHERE {column} = '@gone:x'"
                    found[table, column] = session.value(sql)
    return found


def test_nothing_in_the_directory_of_suppliers_names_who_was_erased(session: Session) -> None:
    for sql in _TOOK_PART.split(";\n"):
        session.run(sql)
    before = people_in_the_directory(session)
    assert [place for place, times in before.items() if not times] == []

    supplier_people.forget(session, ["@gone:x"])

    assert not any(people_in_the_directory(session).values())
    left = everything(session)
    assert "@gone:x" not in left and WORD not in left
    # What concerns others and the cooperative stays.
    assert session.value("SELECT count(*) FROM supplier_votes") == 2
    assert session.value("SELECT text FROM supplier_complaints WHERE user_id IS NULL") == "late"
    assert session.value("SELECT rating FROM deal_uses") == 5
    assert session.column("SELECT title FROM loans") == ["drill"]
    assert session.value("SELECT count(*) FROM loan_requests") == 0
