"""What ends for suppliers: told once and then weekly, in the morning; what lapsed takes effect by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from commands.suppliers.upkeep import charter_changed
from storage import charters, rooms, supplier_evidence, supplier_rounds, suppliers
from storage.session import Session
from storage.suppliers import Deal
from tests.commands.suppliers.directory import (
    ANNA,
    BEN,
    BUYER,
    BUYERS_ROOM,
    CARO,
    ROOM,
    SECOND,
    due,
    same_member,
    supplier,
)
from tests.commands.suppliers.keeping import (
    CRITERIA,
    JOB,
    charter,
    cooperative,
    evidence,
    hourly,
    later,
    on,
    state,
    to,
    used,
)
from tests.commands.talk import Said, Talk, answer

BRUSSELS = ZoneInfo("Europe/Brussels")


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path)
    cooperative(opened)
    yield opened
    opened.close()


def ends(talk: Talk, day: str, name: str = "Inkpot") -> int:
    return supplier(talk, name, deal=Deal("CODE", ends=day))


def people_told(said: list[Said]) -> set[str | None]:
    return {each.draft.user_id for each in said if each.draft.user_id}


# --- when ----------------------------------------------------------------------------------------


def test_what_ends_is_told_in_the_morning_once_and_then_weekly(talk: Talk) -> None:
    ends(talk, "2027-01-20")
    told = [
        moment.astimezone(BRUSSELS).isoformat()[:16]
        for moment, said in hourly(talk, 16 * 24)
        if said.draft.room_id == BUYERS_ROOM
    ]
    # Begun at ten in the morning: that day is done at once.
    assert told == ["2026-11-23T11:00", "2026-11-30T08:00", "2026-12-07T08:00"]


def test_sixty_days_ahead_is_not_sixty_one(talk: Talk) -> None:
    ends(talk, "2027-01-24")
    assert not later(talk, hours=1)
    assert to(later(talk, days=2), BUYERS_ROOM)


def test_a_week_is_seven_days_also_when_the_clocks_change(talk: Talk) -> None:
    ends(talk, "2027-04-30")
    assert to(on(talk, "2027-03-22T08:00:00+01:00"), BUYERS_ROOM)
    assert not on(talk, "2027-03-29T07:00:00+02:00")
    assert to(on(talk, "2027-03-29T08:00:00+02:00"), BUYERS_ROOM)
    # Every hour passes when one of them comes twice: eight in the morning stays eight, and once.
    on(talk, "2027-10-30T07:30:00+02:00")
    told = [moment.astimezone(BRUSSELS).isoformat()[:16] for moment, _ in hourly(talk, 9 * 24)]
    assert told == ["2027-10-30T08:30", "2027-11-06T08:30"]


def test_a_run_that_is_repeated_says_nothing_twice(talk: Talk) -> None:
    ends(talk, "2026-12-01")
    assert to(later(talk, hours=1), BUYERS_ROOM)

    def restart(session: Session) -> None:
        session.run("UPDATE jobs SET status = 'waiting', due_at = ? WHERE kind = ?", (0, JOB))
        talk.kernel.prepare(session, talk.now)

    talk.write(restart)
    assert due(talk, JOB) == []
    assert later(talk, days=1) == []


def test_what_comes_up_later_on_a_day_waits_for_the_next(talk: Talk) -> None:
    ends(talk, "2026-12-01")
    assert to(later(talk, hours=1), BUYERS_ROOM)
    ends(talk, "2026-12-02", "Papermill")
    told = [moment.astimezone(BRUSSELS).isoformat()[:16] for moment, _ in hourly(talk, 48)]
    assert told == ["2026-11-24T08:00"]


def test_after_three_weeks_of_silence_one_message_tells_it_all(talk: Talk) -> None:
    ends(talk, "2026-12-01", "Inkpot")
    ends(talk, "2027-01-25", "Papermill")
    evidence(talk, ends(talk, "2028-01-01", "Quarry"), "footprint", "2026-12-05")
    said = later(talk, days=21)
    (text,) = to(said, BUYERS_ROOM)
    assert "Inkpot (1): its deal ended on December 1, 2026" in text
    assert "Papermill (2): its deal ends on January 25, 2027" in text
    assert "Quarry (3): the evidence for “Footprint” ended on December 5, 2026" in text
    assert "!evidence 3" in text
    assert "!supplier edit 1" in text
    assert len(said) == 1
    assert not later(talk, days=1)


def test_what_ends_is_told_again_on_the_day_after(talk: Talk) -> None:
    ends(talk, "2026-11-25")
    assert "ends on November 25" in to(later(talk, hours=1), BUYERS_ROOM)[0]
    assert not later(talk, days=2)
    assert "ended on November 25" in to(later(talk, days=1), BUYERS_ROOM)[0]
    assert not later(talk, days=1)


def test_what_was_renewed_is_not_told_again(talk: Talk) -> None:
    number = supplier(talk, "Inkpot")
    evidence(talk, number, "work", "2026-12-20")
    (text,) = to(later(talk, hours=1), BUYERS_ROOM)
    assert "without it the supplier is suspended" in text
    evidence(talk, number, "work", "2027-12-20")
    for _ in range(6):
        assert not later(talk, days=7)
    assert state(talk, number) == "approved"
    assert "Nothing ends" in answer(talk.say(BUYER, "expiring"))


# --- what takes effect ---------------------------------------------------------------------------


def test_a_lapsed_knock_out_suspends_on_the_day_after_its_last(talk: Talk) -> None:
    number = supplier(talk, "Inkpot")
    evidence(talk, number, "work", "2026-11-25")
    used(talk, number, ANNA)
    used(talk, number, ANNA, "2026-03-01")
    used(talk, number, CARO, "2020-03-01")
    # Until the last minute of the last day.
    assert not people_told(on(talk, "2026-11-25T23:30:00+01:00"))
    assert "Inkpot" in answer(talk.say(BEN, "supplier 1"))
    said = on(talk, "2026-11-26T08:00:00+01:00")
    assert state(talk, number) == "suspended"
    assert people_told(said) == {ANNA, CARO}
    (text,) = to(said, ANNA)
    assert "Inkpot" in text
    assert "no longer valid" in text
    (room,) = to(said, BUYERS_ROOM)
    assert "Inkpot (1) is suspended: the evidence for “Working conditions” ended" in room
    assert "Inkpot" not in answer(talk.say(BEN, "supplier 1"))
    for _ in range(3):
        assert not later(talk, days=7)


def test_a_person_with_two_accounts_hears_once_and_who_left_does_not(talk: Talk) -> None:
    number = supplier(talk, "Inkpot")
    evidence(talk, number, "work", "2026-11-22")
    same_member(talk, ANNA, BEN)
    used(talk, number, ANNA, "2026-11-01")
    used(talk, number, BEN, "2026-11-02")
    assert people_told(later(talk, hours=1)) == {BEN}
    other = supplier(talk, "Papermill")
    evidence(talk, other, "work", "2026-11-23")
    used(talk, other, ANNA)
    talk.write(lambda s: s.run("UPDATE members SET status = 'left'"))
    assert not people_told(later(talk, days=1))
    assert state(talk, other) == "suspended"


def test_only_evidence_that_was_not_withdrawn_counts_and_only_knock_outs_suspend(
    talk: Talk,
) -> None:
    number = supplier(talk, "Inkpot")
    evidence(talk, number, "work", "2026-11-30")
    better = evidence(talk, number, "work", "2027-11-30")
    evidence(talk, number, "footprint", "2026-11-20")
    used(talk, number, ANNA)
    assert not people_told(later(talk, days=14))
    assert state(talk, number) == "approved"
    talk.write(lambda s: supplier_evidence.withdraw(s, better, now=talk.ms()))
    assert people_told(later(talk, days=1)) == {ANNA}
    assert state(talk, number) == "suspended"


def test_a_condition_that_was_not_met_suspends(talk: Talk) -> None:
    number = supplier(talk, "Inkpot", condition=("a take-back scheme", "2026-11-30"))
    used(talk, number, ANNA)
    (ahead,) = to(later(talk, hours=1), BUYERS_ROOM)
    assert "by November 30, 2026: “a take-back scheme”; otherwise it is suspended" in ahead
    assert not people_told(on(talk, "2026-11-30T12:00:00+01:00"))
    (text,) = to(later(talk, days=1), ANNA)
    assert "was not mended in time" in text
    assert state(talk, number) == "suspended"


def review(talk: Talk, number: int, due_on: str, *, opened: bool = False) -> None:
    def make(session: Session) -> None:
        suppliers.set_review_due(session, number, due_on)
        if opened:
            supplier_rounds.open_round(
                session, number, "renewal", charter_version=1, by=BUYER, now=talk.ms()
            )

    talk.write(make)


def test_an_approval_that_ended_expires_and_only_recent_users_hear(talk: Talk) -> None:
    number = supplier(talk, "Inkpot")
    review(talk, number, "2026-11-23")
    used(talk, number, ANNA, "2026-01-10")
    used(talk, number, BEN, "2025-11-01")
    assert state(talk, number) == "approved"
    assert not people_told(later(talk, hours=1))
    said = later(talk, days=1)
    assert state(talk, number) == "expired"
    assert people_told(said) == {ANNA}
    assert "has expired: its approval ended on November 23, 2026" in to(said, BUYERS_ROOM)[0]
    assert not later(talk, days=8)


def test_a_review_under_way_holds_the_end_back_for_sixty_days(talk: Talk) -> None:
    number = supplier(talk, "Inkpot")
    review(talk, number, "2026-11-24", opened=True)
    assert "a review is under way" in to(later(talk, days=2), BUYERS_ROOM)[0]
    on(talk, "2027-01-23T12:00:00+01:00")
    assert state(talk, number) == "approved"
    on(talk, "2027-01-24T12:00:00+01:00")
    assert state(talk, number) == "expired"
    assert talk.write(lambda s: supplier_rounds.current(s, number)) is None


def test_a_knock_out_does_not_wait_for_a_review(talk: Talk) -> None:
    number = supplier(talk, "Inkpot")
    evidence(talk, number, "work", "2026-11-22")
    review(talk, number, "2029-01-01", opened=True)
    later(talk, hours=1)
    assert state(talk, number) == "suspended"
    assert talk.write(lambda s: supplier_rounds.current(s, number)) is not None


def test_what_waits_for_a_room_that_can_be_trusted_is_told_when_there_is_one(talk: Talk) -> None:
    number = ends(talk, "2026-12-20")
    evidence(talk, number, "work", "2026-11-22")
    ends(talk, "2026-12-21", "Papermill")

    def invite(power: int) -> None:
        content = {"users": {BUYER: 50, SECOND: 50}, "invite": power}
        event = {"type": "m.room.power_levels", "sender": BUYER, "content": content}
        talk.write(lambda s: rooms.apply_state(s, BUYERS_ROOM, event))

    invite(0)
    assert not later(talk, hours=1)
    assert state(talk, number) == "suspended"
    invite(50)
    (text,) = to(later(talk, days=1), BUYERS_ROOM)
    assert "Papermill" in text


# --- a new charter -------------------------------------------------------------------------------


def test_a_new_charter_brings_every_review_forward(talk: Talk) -> None:
    far, near = supplier(talk, "Inkpot"), supplier(talk, "Papermill")
    supplier(talk, "Hidden", state="suspended")
    review(talk, near, "2027-02-01")

    def change(session: Session) -> list[Said]:
        version = charter(session, talk.ms())
        ctx = talk.kernel._bare(session, talk.now, SECOND)
        charter_changed(ctx, version)
        return [draft.content["body"] for draft in ctx.drafts]

    (text,) = talk.write(change)
    assert "Version 2" in text
    assert "2 suppliers, until May 22, 2027" in text

    def dues() -> list[str | None]:
        found = talk.write(lambda s: suppliers.of_ids(s, (far, near)))
        return [each.review_due for each in found.values()]

    assert dues() == ["2027-05-22", "2027-02-01"]
    # Neither the passing of days nor a vote on the earlier charter moves that further away.
    later(talk, days=9)
    review(talk, far, "2029-12-01")
    later(talk, days=9)
    assert dues() == ["2027-05-22", "2027-02-01"]


def test_what_a_new_charter_makes_a_knock_out_suspends_nobody_before_their_review(
    talk: Talk,
) -> None:
    number = supplier(talk, "Inkpot")
    evidence(talk, number, "footprint", "2026-11-20")
    used(talk, number, ANNA)

    def change(session: Session) -> None:
        stricter = [replace(one, knock_out=True, minimum=1) for one in CRITERIA]
        version = charters.add(session, {}, stricter, made_by=BUYER, now=talk.ms())
        charters.put_in_force(session, version, by=SECOND, now=talk.ms())
        charter_changed(talk.kernel._bare(session, talk.now, SECOND), version)

    talk.write(change)
    said = later(talk, days=1)
    assert state(talk, number) == "approved" and not people_told(said)
    (room,) = to(said, BUYERS_ROOM)
    assert "the evidence for “Footprint” ended" in room and "suspended" not in room
    # What was asked of it before still is.
    evidence(talk, number, "work", "2026-11-25")
    assert people_told(later(talk, days=3)) == {ANNA}
    assert state(talk, number) == "suspended"


def test_the_first_charter_asks_nobody_again_but_begins_the_reviews_that_waited(talk: Talk) -> None:
    number = supplier(talk, "Inkpot", state="proposed")

    def change(session: Session) -> list[str | None]:
        ctx = talk.kernel._bare(session, talk.now, SECOND)
        charter_changed(ctx, charter(session, talk.ms()))
        return [draft.about for draft in ctx.drafts]

    # Nothing was said of it before, as after an import of hundreds.
    assert talk.write(change) == []
    begun = talk.write(lambda session: supplier_rounds.current(session, number))
    assert begun is not None and begun.kind == "first"


# --- commands ------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["expiring", "vervalt", "échéances"])
def test_the_list_is_for_buyers_and_never_for_a_room_of_others(talk: Talk, typed: str) -> None:
    ends(talk, "2026-12-01")
    evidence(talk, 1, "work", "2026-12-24")
    assert "members of the buyers' room" in answer(talk.say(ANNA, typed))
    text = answer(talk.say(BUYER, typed))
    assert text.index("its deal ends") < text.index("Working conditions")
    said = talk.say(BUYER, f"!{typed}", room=ROOM)
    assert "Inkpot" not in to(said, ROOM)[0]
    assert "Inkpot" in to(said, BUYER)[0]


def test_a_long_list_has_pages(talk: Talk) -> None:
    for number in range(30):
        ends(talk, "2026-12-01", f"Shop {number}.")
    text = to(later(talk, hours=1), BUYERS_ROOM)[0]
    assert "And 5 more" in text
    assert not later(talk, days=1)
    first, second = (answer(talk.say(BUYER, typed)) for typed in ("expiring", "expiring 2"))
    assert "Shop 3." in first
    assert "!expiring 2" in first
    assert "Shop 29." in second
    assert "Shop 3." not in second


@pytest.mark.parametrize("typed", ["suspend 1", "schors 1", "suspendre 1"])
def test_one_buyer_suspends_and_the_users_hear_but_not_why(talk: Talk, typed: str) -> None:
    number = supplier(talk, "Inkpot")
    used(talk, number, ANNA)
    assert "members of the buyers' room" in answer(talk.say(ANNA, f"{typed} because"))
    assert "Something is missing: a reason" in answer(talk.say(BUYER, typed))
    assert state(talk, number) == "approved"
    said = talk.say(BUYER, f"!{typed} forged certificate", room=ROOM)
    assert state(talk, number) == "suspended"
    assert people_told(said) == {ANNA, BUYER}
    assert "suspended for now" in to(said, ANNA)[0]
    assert "forged" not in to(said, ANNA)[0]
    assert "forged certificate" in to(said, BUYERS_ROOM)[0]
    assert "Inkpot" not in to(said, ROOM)[0]
    again = talk.say(BUYER, f"!{typed} forged certificate", room=ROOM)
    assert not people_told(again) - {BUYER}
    assert "Inkpot" not in to(again, ROOM)[0]
    assert "nothing to suspend" in to(again, BUYER)[0]
