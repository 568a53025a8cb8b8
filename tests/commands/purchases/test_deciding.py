"""From a deadline to an order: the filling, the decision, the time to withdraw, the confirmation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storage import commitments, jobs, member_accounts, members, purchase_losses, purchases
from storage.members import Profile
from storage.session import Session
from tests.commands.purchases.market import (
    ANI,
    ANNA,
    BEA,
    BEN,
    CARO,
    DUTCH,
    ENGLISH,
    FINN,
    commit,
    committed,
    get,
    heard,
    in_room,
    line,
    purchase,
    run_jobs,
    text,
)
from tests.commands.talk import Said, Talk

STEP = "purchases.step"


def state(talk: Talk, number: int = 1) -> str:
    return get(talk, number).state


def step_again(talk: Talk, number: int = 1) -> list[Said]:
    """The clock looks at the purchase once more, as after a restart."""

    def put(session: Session) -> None:
        data = {"purchase": number}
        jobs.add(session, STEP, f"again-{talk.now}-{number}", due_at=talk.ms(), data=data)

    talk.write(put)
    return run_jobs(talk, STEP)


def ordered(talk: Talk, user: str) -> int | None:
    def read(session: Session) -> int | None:
        own = commitments.of_person(session, 1, user)
        return next((one.ordered_units for one in own.values()), None)

    return talk.write(read)  # type: ignore[no-any-return]


def test_full_cases_are_decided_at_the_deadline_and_confirmed_with_a_yes(talk: Talk) -> None:
    purchase(talk, freight_cents=1000)
    commit(talk, BEN, 3)
    commit(talk, FINN, 2)
    talk.wait(days=7)
    said = run_jobs(talk, STEP)
    assert state(talk) == "tipped" and get(talk).due_at is None
    assert "There are enough of you for Office chairs (1)" in in_room(said, ENGLISH)
    question = heard(said, ANI)
    assert "Together you save €15.00; freight, fees and handling come to €10.00." in question
    assert (ordered(talk, BEN), ordered(talk, FINN)) == (3, 2)
    asked = next(one for one in said if one.draft.user_id == ANI)
    said = talk.reply(ANI, asked, "yes")
    assert state(talk) == "confirmed"
    assert "goes ahead" in in_room(said, ENGLISH)
    own = heard(said, BEN)
    assert "Chairs: 3 at €10.00 / piece excl. VAT" in own
    assert "€30.00 excl. VAT, €36.30 with VAT" in own


def test_incomplete_cases_are_filled_for_a_day_and_decided_once(talk: Talk) -> None:
    purchase(talk)
    commit(talk, BEN, 4)
    talk.wait(days=7, seconds=3)
    said = run_jobs(talk, STEP)
    assert state(talk) == "filling"
    assert get(talk).due_at == get(talk).deadline + 24 * 3_600_000
    assert "1 more fills the case" in in_room(said, ENGLISH)
    assert step_again(talk) == []
    commit(talk, FINN, 0, 1)
    talk.wait(hours=24)
    run_jobs(talk, STEP)
    assert state(talk) == "tipped"
    assert (ordered(talk, BEN), ordered(talk, FINN)) == (4, 1)
    assert step_again(talk) == []


def test_a_bot_that_was_down_at_the_deadline_gives_the_whole_day(talk: Talk) -> None:
    purchase(talk)
    commit(talk, BEN, 4)
    talk.wait(days=9)
    run_jobs(talk, STEP)
    assert state(talk) == "filling" and get(talk).due_at == talk.ms() + 24 * 3_600_000


@pytest.mark.parametrize(
    ("day", "offset_after"),
    [(datetime(2027, 3, 27, 17, 0, tzinfo=UTC), 2), (datetime(2027, 10, 30, 16, 0, tzinfo=UTC), 1)],
)
def test_a_day_of_filling_is_24_hours_when_the_clock_changes(
    talk: Talk, day: datetime, offset_after: int
) -> None:
    """18:00 in Brussels, the evening before the night in which the clock changes."""
    talk.now = day - timedelta(days=2)
    purchase(talk, days=2)
    commit(talk, BEN, 4)
    talk.now = day
    run_jobs(talk, STEP)
    said = run_jobs(talk)
    due = datetime.fromtimestamp((get(talk).due_at or 0) / 1000, UTC)
    assert due - day == timedelta(hours=24)
    zone = talk.kernel.settings.timezone
    assert due.astimezone(zone).utcoffset() == timedelta(hours=offset_after)
    talk.now = due - timedelta(seconds=1)
    run_jobs(talk, STEP)
    assert state(talk) == "filling", said
    talk.now = due
    run_jobs(talk, STEP)
    assert state(talk) == "failed"


def test_whoever_loses_may_withdraw_once_and_then_it_is_computed_again(talk: Talk) -> None:
    dear = line("Lamps", case=1, tiers=((1, 5000),), reference=5000)
    purchase(talk, lines=[line(), dear], freight_cents=1000)
    commit(talk, BEN, 5)
    commit(talk, FINN, 1, position=2)
    talk.wait(days=7)
    said = run_jobs(talk, STEP)
    assert state(talk) == "tipped" and get(talk).due_at == talk.ms() + 24 * 3_600_000
    own = heard(said, FINN)
    assert "your prices save you €0.00" in own and "costs €5.00 more than it gains" in own
    assert heard(said, BEN) == "" and heard(said, ANI) == ""
    assert "€5.00 more" not in in_room(said, ENGLISH)
    refused = talk.say(ANI, "!purchase confirm 1")
    assert "may still withdraw" in text(refused)
    asked = next(one for one in said if one.draft.user_id == FINN)
    assert "does not fit here" in text(talk.reply(FINN, asked, "hmm what"))
    said = talk.react(FINN, asked, "👎")
    assert committed(talk, FINN, position=2) is None
    assert "You are out of Office chairs (1)" in text(said)
    # Nobody else was asked: the time need not pass.
    assert get(talk).due_at is None and "you save €15.00" in heard(said, ANI)
    assert [one.ordered_cases for one in get(talk).lines] == [1, 0]
    assert "has been decided" in text(talk.react(FINN, asked, "👎"))


def test_without_an_answer_one_stays_and_a_loss_needs_a_reason_that_all_see(talk: Talk) -> None:
    purchase(talk, rooms=(ENGLISH, DUTCH), freight_cents=2500)
    commit(talk, BEN, 5)
    talk.wait(days=7)
    run_jobs(talk, STEP)
    talk.wait(days=1)
    said = run_jobs(talk, STEP)
    assert "That is €10.00 short" in heard(said, ANI)
    asked = next(one for one in said if one.draft.user_id == ANI)
    assert "costs more than it gains" in text(talk.reply(ANI, asked, "yes"))
    assert state(talk) == "tipped"
    talk.wait(days=2)
    assert "That is €10.00 short" in heard(run_jobs(talk, "purchases.nudge"), ANI)
    assert "can be done by" in text(talk.say(BEN, "!purchase override 1 I like chairs"))
    assert "costs more than it gains" in text(talk.say(ANI, "!aankoop bevestigen 1"))
    said = talk.say(ANI, "!achat passer outre 1 <b>the shop</b> closes")
    assert state(talk) == "confirmed" and get(talk).override_reason == "<b>the shop</b> closes"
    for room in (ENGLISH, DUTCH):
        assert "<b>the shop</b> closes" in in_room(said, room)
    assert "<b>the shop</b> closes" in heard(said, BEN)


def test_a_price_that_was_not_accepted_drops_out_and_hears(talk: Talk) -> None:
    purchase(talk)
    commit(talk, BEN, 5, accepted=900)
    commit(talk, FINN, 5)
    talk.wait(days=7)
    said = run_jobs(talk, STEP)
    assert "it costs €10.00 excl. VAT now, and you accepted €9.00" in heard(said, BEN)
    assert heard(said, FINN) == "" and ordered(talk, FINN) == 5 and ordered(talk, BEN) == 0
    said = talk.say(ANI, "!purchase confirm 1")
    assert heard(said, BEN) == "" and "goes ahead" in heard(said, FINN)


def test_a_purchase_from_which_somebody_left_is_looked_at_again_before_it_goes_ahead(
    talk: Talk,
) -> None:
    purchase(talk)
    commit(talk, BEN, 5)
    commit(talk, CARO, 5)
    talk.wait(days=7)
    run_jobs(talk, STEP)
    lines = [line.id for line in get(talk).lines]
    talk.write(lambda session: commitments.remove_person(session, lines, CARO))
    said = talk.say(ANI, "!purchase confirm 1")
    assert "Somebody left since" in text(said) and state(talk) == "tipped"
    talk.say(ANI, "!purchase confirm 1")
    assert state(talk) == "confirmed" and get(talk).lines[0].ordered_cases == 1


def test_whoever_is_responsible_is_reminded_four_times(talk: Talk) -> None:
    purchase(talk)
    commit(talk, BEN, 5)
    talk.wait(days=7)
    run_jobs(talk)
    reminders = []
    for _ in range(60):
        talk.wait(days=1)
        if "still waits for you" in heard(run_jobs(talk, "purchases.nudge"), ANI):
            reminders.append((talk.ms() - get(talk).state_since) // 86_400_000)
    assert reminders == [2, 9, 16, 23]


def test_the_rooms_are_told_before_the_deadline(talk: Talk) -> None:
    purchase(talk)
    commit(talk, ANNA, 3)
    talk.wait(days=6)
    said = run_jobs(talk, "purchases.remind")
    assert "closes on Monday, November 30, 2026" in in_room(said, ENGLISH)
    assert "2 more fill the case" in in_room(said, ENGLISH)


def test_a_deadline_that_moved_is_not_announced(talk: Talk) -> None:
    number = purchase(talk)
    talk.write(
        lambda session: purchases.change(
            session, number, now=talk.ms(), deadline=talk.ms() + 10**9, due_at=talk.ms() + 10**9
        )
    )
    talk.wait(days=7)
    assert run_jobs(talk) == [] and state(talk) == "open"


def test_losses_are_forgotten_with_the_decision(talk: Talk) -> None:
    purchase(talk, freight_cents=9000)
    commit(talk, BEN, 5)
    talk.wait(days=7)
    said = run_jobs(talk, STEP)
    asked = next(one for one in said if one.draft.user_id == BEN)
    said = talk.reply(BEN, asked, "nee")
    assert state(talk) == "failed"
    assert talk.write(lambda session: purchase_losses.of_purchase(session, 1)) == []
    assert "found too few" in in_room(said, ENGLISH)


def test_whoever_takes_it_over_hears_what_waits_and_answers_that(talk: Talk) -> None:
    purchase(talk)
    commit(talk, BEN, 5)
    talk.wait(days=7)
    run_jobs(talk, STEP)
    said = talk.say(BEA, "!purchase take 1")
    asked = next(one for one in said if "still waits for you" in one.text)
    talk.reply(BEA, asked, "ja")
    assert state(talk) == "confirmed"


def test_what_was_said_before_the_deadline_counts_although_it_is_read_later(talk: Talk) -> None:
    """The bot was down from an hour before the deadline to an hour after it."""
    purchase(talk)
    talk.wait(days=7, hours=-1)
    before, after = talk.now, talk.now + timedelta(hours=1, seconds=1)
    talk.wait(hours=2)
    talk.say(BEN, "!commit 1 5", sent_at=before)
    talk.say(FINN, "!commit 1 5", sent_at=after)
    run_jobs(talk, STEP)
    assert committed(talk, BEN) == (5, 0) and committed(talk, FINN) is None
    assert state(talk) == "tipped"


def test_a_step_that_was_given_up_is_taken_up_again(talk: Talk) -> None:
    purchase(talk)
    commit(talk, BEN, 5)
    talk.wait(days=7)

    def give_up(session: Session) -> None:
        for job in jobs.due(session, now=talk.ms()):
            jobs.finish(session, job.id, "failed", now=talk.ms())

    talk.write(give_up)
    talk.write(lambda session: talk.kernel.plan(session, talk.now))
    talk.wait(hours=1)
    run_jobs(talk)
    assert state(talk) == "open"
    talk.wait(hours=2)
    run_jobs(talk)
    assert state(talk) == "tipped"


BEN_AT_WORK = "@ben.at.work:localhost"


def link_accounts(session: Session) -> None:
    member = members.by_user(session, BEN)
    found = member.id if member else members.add(session, Profile(display_name="Ben"), now=1)
    for account in (BEN, BEN_AT_WORK):
        member_accounts.attach(session, account, found, source="self", now=1)


def test_cents_are_shared_by_person_and_not_by_account(talk: Talk) -> None:
    """What is told before the order is what the bill will say: one rounding for both accounts together."""
    lines = [line(f"Article {each}", case=1, tiers=((1, 100),), reference=101) for each in (1, 2)]
    # Of 4 cents for three units Anna bears 4/3 and Ben 8/3; by account, Anna would bear 2 and lose.
    purchase(talk, lines=lines, freight_cents=4)
    talk.write(link_accounts)
    commit(talk, ANNA, 1)
    commit(talk, BEN, 1)
    commit(talk, BEN_AT_WORK, 1, position=2)
    talk.wait(days=7)
    said = run_jobs(talk, STEP)
    losses = talk.write(lambda session: purchase_losses.of_purchase(session, 1))
    assert [(one.user_id, one.gain_cents) for one in losses] == [(BEN_AT_WORK, -1)]
    assert "your part of freight, fees and handling is €0.03" in heard(said, BEN_AT_WORK)
    talk.say(BEN, "!withdraw 1")
    talk.wait(days=1)
    assert get(talk).due_at is None and all(
        one.ordered_cases == (one.position == 1) for one in get(talk).lines
    )


def test_whoever_withdraws_does_so_with_both_accounts_also_from_the_same_line(talk: Talk) -> None:
    purchase(talk, freight_cents=9000)
    commit(talk, BEN, 3)
    commit(talk, BEN_AT_WORK, 2)
    talk.write(link_accounts)
    talk.wait(days=7)
    said = run_jobs(talk, STEP)
    asked = [one for one in said if "costs" in one.text and "Do you stay?" in one.text]
    assert len(asked) == 1, "they lose once, all together"
    talk.reply(BEN_AT_WORK, asked[0], "no")
    assert talk.write(lambda session: commitments.of_purchase(session, 1)) == {}
    assert state(talk) == "failed"


def test_a_person_with_two_accounts_is_one(talk: Talk) -> None:
    """What they lose with one account they gain with the other; they are told once."""
    purchase(talk, lines=[line(), line("Lamps", case=1, tiers=((1, 5000),), reference=5000)],
             freight_cents=300)  # fmt: skip
    talk.write(link_accounts)
    commit(talk, BEN, 5)
    commit(talk, BEN_AT_WORK, 1, position=2)
    talk.wait(days=7)
    said = run_jobs(talk, STEP)
    assert get(talk).due_at is None
    said = talk.say(ANI, "!purchase confirm 1")
    told = [one for one in said if "For you:" in one.text]
    assert len(told) == 1
    assert "Chairs: 5" in told[0].text and "Lamps: 1" in told[0].text
