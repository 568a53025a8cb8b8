"""A price above what somebody agreed to is asked about, once, in their direct chat, and counts only with a
yes."""

from __future__ import annotations

from commands.kernel.context import Context
from commands.purchases import asking
from storage import purchases
from tests.commands.purchases.market import (
    ANNA,
    BEN,
    FINN,
    commit,
    commitment,
    do,
    get,
    heard,
    line,
    move,
    purchase,
)
from tests.commands.talk import Said, Talk, answer


def renewed(talk: Talk) -> list[Said]:
    """What is asked when the messages about the purchase are renewed."""

    def ask(ctx: Context) -> None:
        found = purchases.get(ctx.session, 1)
        assert found is not None
        asking.ask_again(ctx, found)

    return do(talk, ask)


def dearer_for_ben(talk: Talk) -> Said:
    """He came in at € 9; only ten are wanted now, at € 10. Returns what he is asked."""
    purchase(talk)
    commit(talk, BEN, 5, 1, accepted=900)
    commit(talk, FINN, 5, accepted=1000)
    (question,) = renewed(talk)
    return question


def test_only_those_who_did_not_agree_are_asked_and_once(talk: Talk) -> None:
    question = dearer_for_ben(talk)
    told = heard([question], BEN)
    assert "€10.00" in told and "€9.00" in told
    assert "€50.00" in told and "€60.50" in told
    assert "November 30, 2026" in told
    assert renewed(talk) == []


def test_a_yes_holds_up_to_that_price(talk: Talk) -> None:
    question = dearer_for_ben(talk)
    said = talk.reply(BEN, question, "Yes!")
    assert "up to €10.00" in said[-1].text
    assert any(each.edits == question.key and "You said yes" in each.text for each in said)
    assert commitment(talk, BEN).accepted_cents == 1000  # type: ignore[union-attr]
    assert renewed(talk) == []


def test_a_no_leaves_them_in_at_their_own_price_only(talk: Talk) -> None:
    question = dearer_for_ben(talk)
    said = talk.reply(BEN, question, "neen, te duur")
    assert "back at €9.00" in said[-1].text
    assert commitment(talk, BEN).accepted_cents == 900  # type: ignore[union-attr]
    assert renewed(talk) == []
    # Whoever changes their mind says yes under the same message.
    talk.react(BEN, question, "👍")
    assert commitment(talk, BEN).accepted_cents == 1000  # type: ignore[union-attr]


def test_a_yes_typed_without_replying_is_understood(talk: Talk) -> None:
    dearer_for_ben(talk)
    assert "up to €10.00" in talk.say(BEN, "yes")[-1].text


def test_a_yes_that_may_mean_two_questions_says_which_one_it_took(talk: Talk) -> None:
    purchase(talk, lines=[line("Chairs"), line("Tables")])
    for position in (1, 2):
        commit(talk, BEN, 5, position=position, accepted=900)
    assert len(renewed(talk)) == 2
    told = talk.say(BEN, "yes")[-1].text
    assert "Tables" in told and "also asked about Chairs" in told
    first, second = (commitment(talk, BEN, position=position) for position in (1, 2))
    assert first is not None and first.accepted_cents == 900
    assert second is not None and second.accepted_cents == 1000


def test_another_word_is_asked_back_and_commands_go_on(talk: Talk) -> None:
    question = dearer_for_ben(talk)
    assert "yes" in answer(talk.reply(BEN, question, "perhaps"))
    assert "do not know" not in answer(talk.reply(BEN, question, "help"))


def test_nobody_else_can_agree_for_them(talk: Talk) -> None:
    question = dearer_for_ben(talk)
    talk.reply(ANNA, question, "yes")
    assert commitment(talk, BEN).accepted_cents == 900  # type: ignore[union-attr]


def test_after_the_decision_it_is_too_late(talk: Talk) -> None:
    question = dearer_for_ben(talk)
    move(talk, 1, "tipped")
    assert "cannot be done" in answer(talk.reply(BEN, question, "yes"))
    assert commitment(talk, BEN).accepted_cents == 900  # type: ignore[union-attr]
    assert get(talk).state == "tipped"
    assert renewed(talk) == []
