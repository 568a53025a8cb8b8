"""What a member gets, and has erased, of what group purchases and tenders keep about them; and what becomes of
the commitments of whoever leaves."""

from __future__ import annotations

import json
from typing import Any

from commands.purchases.personal import describe
from storage import member_accounts, members, purchases, tenders
from storage.members import Profile
from storage.session import Session
from tests.commands.purchases.market import (
    ANI,
    BEA,
    BEN,
    ENGLISH,
    FINN,
    SPACE,
    commit,
    committed,
    get,
    heard,
    in_room,
    move,
    posted,
    purchase,
    run_jobs,
)
from tests.commands.talk import Talk, answer

PHONE = "@ben-phone:localhost"
GUEST = "@guest:elsewhere.example"


def busy(talk: Talk) -> None:
    """Ben, from either of two accounts, in purchases in each kind of state, and with all there is to do."""
    for _ in range(3):
        purchase(talk, opener=BEN)
    for number in (1, 2, 3):
        commit(talk, BEN, 3, 1, number=number)
        commit(talk, FINN, 2, number=number)
    talk.say(BEN, "interest 1 remind")
    move(talk, 2, "tipped")
    move(talk, 3, "tipped", "confirmed", "ordered", "received")

    def make(session: Session) -> None:
        purchases.change(session, 3, now=1, override_by=PHONE, override_reason="closing")
        session.run("INSERT INTO purchase_losses VALUES (2, ?, -50, 1000, NULL)", (PHONE,))
        session.run(
            "INSERT INTO purchase_bills (purchase_id, number, user_id, net_cents, vat_cents, costs_cents,"
            " costs_vat_cents, total_cents, gain_cents, billed_at, confirmed_by)"
            " VALUES (3, 1, ?, 100, 21, 0, 0, 121, 5, 1000, ?)",
            (BEN, PHONE),
        )
        session.run(
            "INSERT INTO tenders (id, title, language, currency, state, state_since, responsible,"
            " supplier_name, valid_until, created_at, changed_at)"
            " VALUES (1, 'Paper', 'en', 'EUR', 'draft', 1, ?, 'Mill', '2027-01-01', 1, 1)",
            (BEN,),
        )
        tenders.move(session, 1, "open", now=1)
        session.run(
            "INSERT INTO tender_lines (id, tender_id, position, article, unit, cents, vat, quantity)"
            " VALUES (1, 1, 1, 'A4', 'ream', 500, 2100, 100)"
        )
        session.run("INSERT INTO tender_orders VALUES (1, 1, ?, 2000)", (BEN,))
        session.run(
            "INSERT INTO tender_call_offs (line_id, user_id, units, at, order_id)"
            " VALUES (1, ?, 4, 1000, 1), (1, ?, 5, 3000, NULL)",
            (BEN, PHONE),
        )
        member = members.add(session, Profile(display_name="Ben"), number="7", now=1)
        for user in (BEN, PHONE):
            member_accounts.attach(session, user, member, source="code", now=1)

    talk.write(make)


def known(talk: Talk, *users: str) -> dict[str, Any]:
    found: dict[str, Any] = talk.write(lambda session: describe(session, users))["purchases"]
    assert json.dumps(found)
    return found


def everything(session: Session) -> str:
    tables = session.column(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND (name LIKE 'purchase%'"
        " OR name LIKE 'commitment%' OR name LIKE 'tender%')"
    )
    return "\n".join(
        repr(tuple(row)) for table in tables for row in session.rows(f"SELECT * FROM {table}")
    )


def test_all_of_it_is_shown_to_whom_it_is_about(talk: Talk) -> None:
    busy(talk)
    told = known(talk, BEN, PHONE)
    assert [name for name, facts in told.items() if not facts] == []
    first = told["commitments"][0]
    assert (first["number"], first["article"], first["quantity"]) == (1, "Chairs", 3)
    assert first["made_at"] == "2026-11-23T09:00:00+00:00"
    assert told["bills"][0]["total_cents"] == 121
    assert [one["ordered_at"] for one in told["call_offs"]] == ["1970-01-01T00:00:02+00:00", None]
    assert len(known(talk, FINN)["commitments"]) == 3
    assert not any(known(talk, ANI).values())


def test_what_was_confirmed_stays_as_a_former_members_and_the_rest_goes(talk: Talk) -> None:
    busy(talk)
    for user in (BEN, PHONE):
        talk.say(user, "mydata erase")
        assert "erased" in answer(talk.say(user, "erase"))
    left = talk.write(everything)
    assert BEN not in left and PHONE not in left
    assert not any(known(talk, BEN, PHONE).values())
    rows = talk.write(
        lambda session: session.rows("SELECT line_id, user_id FROM commitments ORDER BY id")
    )
    assert [tuple(row) for row in rows] == [(1, FINN), (2, FINN), (3, None), (3, FINN)]
    # The bill still counts, and so does what was ordered of the tender.
    assert (
        talk.write(lambda session: session.value("SELECT total_cents FROM purchase_bills")) == 121
    )
    assert talk.write(lambda session: session.value("SELECT sum(units) FROM tender_call_offs")) == 4
    assert get(talk).responsible is None and get(talk).opener is None


def test_the_message_in_the_room_no_longer_counts_who_was_erased(talk: Talk) -> None:
    purchase(talk)
    talk.say(BEN, "commit 1 3")
    assert "3 more" not in in_room(run_jobs(talk), ENGLISH)
    talk.wait(minutes=1)
    run_jobs(talk)
    talk.say(BEN, "mydata erase")
    talk.say(BEN, "erase")
    assert "nobody yet" in in_room(run_jobs(talk, "purchases.refresh"), ENGLISH)


def test_whoever_leaves_the_cooperative_takes_part_in_nothing_that_is_open(talk: Talk) -> None:
    for room in (SPACE, ENGLISH):
        talk.member(room, GUEST, "join")
    purchase(talk)
    purchase(talk)
    message = posted(talk)
    talk.reply(GUEST, message, "4")
    talk.say(GUEST, "commit 2 4")
    talk.say(GUEST, "interest 1")
    move(talk, 2, "tipped", "confirmed")
    talk.member(SPACE, GUEST, "leave")
    assert committed(talk, GUEST) is None and committed(talk, GUEST, number=2) == (4, 0)
    assert "interests" in known(talk, GUEST) and not known(talk, GUEST)["interests"]
    assert "members of the cooperative" in answer(talk.reply(GUEST, message, "4"))


def test_whoever_the_register_marks_as_having_left_goes_within_the_hour(talk: Talk) -> None:
    purchase(talk)
    commit(talk, BEN, 3)

    def go(session: Session) -> None:
        member = members.add(session, Profile(display_name="Ben"), number="7", now=1)
        member_accounts.attach(session, BEN, member, source="code", now=1)
        session.run("UPDATE members SET status = 'left' WHERE id = ?", (member,))

    talk.write(go)
    talk.write(lambda session: talk.kernel.plan(session, talk.now))
    talk.wait(hours=1)
    run_jobs(talk, "purchases.left")
    assert committed(talk, BEN) is None


def test_whoever_left_the_cooperative_runs_nothing_any_more(talk: Talk) -> None:
    for room in (SPACE, ENGLISH):
        talk.member(room, GUEST, "join")
    purchase(talk, opener=GUEST)
    commit(talk, BEN, 2)
    assert "Ben" in answer(talk.say(GUEST, "purchase people 1"))
    talk.member(SPACE, GUEST, "leave")
    for command in ("purchase people 1", "purchase cancel 1 I left", "purchase set 1 freight 900"):
        refused = answer(talk.say(GUEST, command))
        assert "by whoever is responsible" in refused and "Ben" not in refused
    assert get(talk).state == "open"
    talk.wait(days=7)
    run_jobs(talk)
    talk.wait(days=1)
    said = run_jobs(talk)
    assert get(talk).state == "failed"
    # It is for those who run the network now.
    assert heard(said, GUEST) == "" and "Nobody is responsible" in heard(said, ANI)
    assert "by whoever is responsible" in answer(talk.say(GUEST, "purchase release 1"))
    assert "given up" in in_room(talk.say(BEA, "purchase release 1"), ENGLISH)
