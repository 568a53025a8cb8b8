"""A purchase that found too few: extended once, released, or left alone until it releases itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from storage import purchases
from tests.commands.purchases.market import (
    ANI,
    AXEL,
    BEN,
    DUTCH,
    ENGLISH,
    FINN,
    FRENCH,
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


def failed(talk: Talk, **fields: object) -> list[Said]:
    """Of a case of five, two are wanted, also a day after the deadline."""
    purchase(talk, **fields)  # type: ignore[arg-type]
    commit(talk, BEN, 2)
    talk.wait(days=7)
    run_jobs(talk)
    talk.wait(days=1)
    said = run_jobs(talk, STEP)
    assert get(talk).state == "failed"
    return said


def question(said: list[Said], user: str = ANI) -> Said:
    return next(
        one
        for one in said
        if one.draft.user_id == user and (one.draft.about or "").startswith("purchase_failed:")
    )


def test_all_hear_that_it_failed_and_that_it_goes_on(talk: Talk) -> None:
    said = failed(talk, rooms=(ENGLISH, DUTCH))
    assert "found too few to order a case" in in_room(said, ENGLISH)
    assert "kreeg te weinig toezeggingen om een doos te bestellen" in in_room(said, DUTCH)
    assert "2 so far, 3 more fill the case" in in_room(said, ENGLISH)
    assert "found too few" in heard(said, BEN) and heard(said, FINN) == ""
    said = talk.reply(ANI, question(said), "next friday 18:00")
    assert "open until Friday, December 4, 2026" in text(said)
    assert "is weer open" in in_room(said, DUTCH)
    assert "What you committed to stands" in heard(said, BEN)
    made = get(talk)
    assert made.state == "open" and made.extended and committed(talk, BEN) == (2, 0)
    assert made.deadline == made.due_at == _ms(2026, 12, 4, 17)
    talk.now = datetime(2026, 12, 4, 17, tzinfo=UTC)
    commit(talk, FINN, 3)
    run_jobs(talk, STEP)
    assert get(talk).state == "tipped"


def _ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type]


def test_the_second_time_it_is_released_at_once(talk: Talk) -> None:
    said = failed(talk)
    talk.reply(ANI, question(said), "2026-12-04 20:00")
    talk.wait(days=4)
    run_jobs(talk)
    talk.wait(days=1)
    said = run_jobs(talk, STEP)
    made = get(talk)
    assert made.state == "failed" and made.released_at is not None and made.due_at is None
    assert "is given up" in in_room(said, ENGLISH) and "is given up" in heard(said, BEN)
    assert heard(said, ANI) == ""
    assert "was released" in text(talk.say(ANI, "!purchase extend 1 2026-12-20 18:00"))


def test_without_a_word_it_is_released_after_a_week_in_which_it_was_asked_again(talk: Talk) -> None:
    failed(talk)
    talk.wait(days=2)
    assert "still waits for you" in heard(run_jobs(talk), ANI)
    talk.wait(days=5)
    said = run_jobs(talk)
    assert "is given up" in heard(said, BEN) and get(talk).released_at is not None
    talk.wait(days=90)
    assert run_jobs(talk, STEP, "purchases.nudge", "purchases.remind") == []


def test_a_no_releases_it_and_only_once(talk: Talk) -> None:
    asked = question(failed(talk))
    said = talk.react(ANI, asked, "👎")
    assert "is given up" in in_room(said, ENGLISH) and get(talk).released_at is not None
    assert "was released" in text(talk.reply(ANI, asked, "no"))


@pytest.mark.parametrize("line", ["aankoop verlengen 1 4/12 18u", "achat prolonger 1 4/12 18h"])
def test_it_is_extended_in_every_language(talk: Talk, line: str) -> None:
    failed(talk)
    talk.say(ANI, f"!{line}")
    assert get(talk).deadline == _ms(2026, 12, 4, 17)


def test_others_decide_nothing_and_what_is_no_day_is_explained(talk: Talk) -> None:
    said = failed(talk)
    assert "can be done by" in text(talk.say(BEN, "!purchase release 1"))
    assert "can be done by" in text(talk.say(BEN, "!purchase extend 1 friday 18:00"))
    assert "a day and an hour" in text(talk.reply(ANI, question(said), "whenever"))
    assert "at least an hour from now" in text(talk.reply(ANI, question(said), "2026-11-01 10:00"))
    assert "within 180 days" in text(talk.say(ANI, "!purchase extend 1 2028-01-01 10:00"))
    assert get(talk).state == "failed"


def test_where_nobody_is_responsible_any_more_the_animators_decide(talk: Talk) -> None:
    purchase(talk, rooms=(ENGLISH, FRENCH), opener=FINN)
    talk.write(lambda session: purchases.change(session, 1, now=talk.ms(), responsible=None))
    commit(talk, BEN, 2)
    talk.wait(days=8)
    run_jobs(talk)
    talk.wait(days=1)
    said = run_jobs(talk, STEP)
    talk.reply(AXEL, question(said, AXEL), "2026-12-20 18:00")
    assert get(talk).state == "open"
    question(said, ANI)


def test_nothing_that_was_decided_is_left_when_it_fails_after_all(talk: Talk) -> None:
    """Who lost withdrew, so that nothing is ordered any more."""
    purchase(talk, lines=[line(reference=900)], freight_cents=100)
    commit(talk, BEN, 5)
    talk.wait(days=7)
    said = run_jobs(talk, STEP)
    asked = next(one for one in said if one.draft.user_id == BEN)
    talk.react(BEN, asked, "👎")
    made = get(talk)
    assert made.state == "failed"
    assert [(one.ordered_cases, one.ordered_cents) for one in made.lines] == [(None, None)]


def test_what_was_given_up_is_neither_cancelled_nor_extended(talk: Talk) -> None:
    failed(talk)
    talk.say(ANI, "purchase release 1")
    for typed in ("purchase cancel 1 no more", "achat groupé annuler 1 trop tard"):
        assert "cannot be done" in text(talk.say(ANI, typed))
    assert "was released" in text(talk.say(ANI, "purchase extend 1 friday 18:00"))
    assert get(talk).state == "failed" and get(talk).released_at is not None
