"""Taking part in a group purchase: what is typed in three languages, what is confirmed, what is refused, and
what others in the room never come to see."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.kernel.context import Context
from commands.purchases import interest
from storage import commitments, purchase_interests, purchases
from tests.commands.networks.world import two_accounts
from tests.commands.purchases.market import (
    ANNA,
    BEN,
    CARO,
    DIRK,
    DUTCH,
    ENGLISH,
    FINN,
    FRENCH,
    OUTSIDER,
    STRANGER,
    commit,
    commitment,
    committed,
    do,
    heard,
    line,
    move,
    posted,
    purchase,
    run_jobs,
)
from tests.commands.talk import Talk, answer


def two_articles(talk: Talk) -> int:
    return purchase(
        talk,
        lines=[line("Chairs"), line("Tables", case=2, tiers=((1, 5000),), reference=None)],
        rooms=(ENGLISH, DUTCH, FRENCH),
        freight_cents=4500,
    )


def refreshes(talk: Talk) -> int:
    return int(
        talk.write(
            lambda session: session.value(
                "SELECT count(*) FROM jobs WHERE kind = 'purchases.refresh'"
            )
        )
    )


# --- what is understood ----------------------------------------------------------------------------


def test_a_quantity_is_confirmed_with_what_it_costs_and_what_is_missing(talk: Talk) -> None:
    number = purchase(talk, freight_cents=4500)
    commit(talk, FINN, 4)
    told = answer(talk.say(BEN, f"commit {number} 3+1"))
    assert committed(talk, BEN) == (3, 1)
    assert "3 × Chairs, and up to 1 more if that fills a case" in told
    # € 10 each now; 20 make it € 9.
    assert "€30.00 excl. VAT, €36.30 with VAT" in told
    assert "With all 4: €40.00 excl. VAT, €48.40 with VAT" in told
    assert "From 20 in all: €9.00 / piece, so €27.00 excl. VAT, €32.67 with VAT" in told
    assert "2 more fill the next case of 5" in told
    assert "€45.00 in all" in told
    assert refreshes(talk) == 1


@pytest.mark.parametrize(
    ("user", "typed", "expected"),
    [
        (ANNA, "bestel 1 stoelen 4", "4 × Stoelen"),
        (ANNA, "ik doe mee #1 twee stoelen", "2 × Stoelen"),
        (CARO, "participer 1 3 à 5", "3 × Stoelen, et"),
        (CARO, "Je participe 1 trois", "3 × Stoelen"),
        (BEN, "commit 1 3 to 5", "3 × Stoelen, and up to 2"),
    ],
)
def test_each_language_has_its_words(talk: Talk, user: str, typed: str, expected: str) -> None:
    purchase(talk, lines=[line("Stoelen")], rooms=(ENGLISH, DUTCH, FRENCH))
    assert expected.split(",")[0] in answer(talk.say(user, typed))


@pytest.mark.parametrize(
    ("typed", "chairs", "tables"),
    [
        ("chairs 4, tables 2+1", (4, 0), (2, 1)), ("2: 3+2", None, (3, 2)),
        ("commit 4 chairs", (4, 0), None), ("bestel 1 tafels 2", None, None),
        ("ik doe mee met 2 chairs", (2, 0), None), ("count me in chairs 3", (3, 0), None),
    ],
)  # fmt: skip
def test_a_reply_to_the_message_takes_part(
    talk: Talk, typed: str, chairs: tuple[int, int] | None, tables: tuple[int, int] | None
) -> None:
    two_articles(talk)
    told = answer(talk.reply(BEN, posted(talk), typed))
    assert committed(talk, BEN) == chairs and committed(talk, BEN, position=2) == tables
    if chairs is None and tables is None:
        # "tafels" is in no language of this purchase: asked back, with what there is.
        assert "Chairs" in told


def test_a_reply_to_the_confirmation_changes_it(talk: Talk) -> None:
    purchase(talk)
    confirmed = talk.reply(BEN, posted(talk), "3+2")[-1]
    talk.reply(BEN, confirmed, "4")
    assert committed(talk, BEN) == (4, 0)
    # In the direct chat the next number needs no reply.
    talk.say(BEN, "commit 1 2")
    talk.say(BEN, "5+1")
    assert committed(talk, BEN) == (5, 1)


def test_conversation_under_the_message_stays_conversation(talk: Talk) -> None:
    purchase(talk)
    message = posted(talk)
    for said in ("great idea!", "interest rates are high", "who fetches them?", "doe mee!", "🎉"):
        assert talk.reply(BEN, message, said) == []
    told = answer(talk.reply(BEN, message, "I need 2,5 of them"))
    assert "whole units" in told
    assert committed(talk, BEN) is None


def test_zero_gives_a_line_up_and_newest_units_go_first(talk: Talk) -> None:
    two_articles(talk)
    talk.say(BEN, "commit 1 chairs 3, tables 1")
    talk.wait(minutes=1)
    talk.say(BEN, "commit 1 chairs 5")
    talk.say(BEN, "commit 1 chairs 4")
    found = commitment(talk, BEN)
    assert found is not None and [one.units for one in found.parcels] == [3, 1]
    assert "Chairs: none any more" in answer(talk.say(BEN, "commit 1 chairs 0"))
    assert committed(talk, BEN) is None and committed(talk, BEN, position=2) == (1, 0)


def test_one_person_has_one_commitment_whichever_account_they_use(talk: Talk) -> None:
    purchase(talk)
    two_accounts(talk, BEN, FINN)
    talk.say(BEN, "commit 1 3")
    talk.say(FINN, "commit 1 4+1")
    assert committed(talk, BEN) == committed(talk, FINN) == (4, 1)
    found = commitment(talk, FINN)
    assert found is not None and found.user_id == BEN
    talk.say(FINN, "withdraw 1")
    assert committed(talk, BEN) is None


# --- money -----------------------------------------------------------------------------------------


def test_the_highest_price_that_was_shown_is_the_one_agreed_to(talk: Talk) -> None:
    purchase(talk)
    commit(talk, FINN, 16)
    talk.say(BEN, "commit 1 4")
    found = commitment(talk, BEN)
    assert found is not None and found.accepted_cents == 900
    commit(talk, FINN, 6)
    told = answer(talk.say(BEN, "commit 1 4+1"))
    assert "€10.00 / piece" in told
    commit(talk, FINN, 30)
    talk.say(BEN, "commit 1 4")
    found = commitment(talk, BEN)
    assert found is not None and found.accepted_cents == 1000


def test_more_for_the_same_money_is_told_to_whom_it_helps(talk: Talk) -> None:
    purchase(talk, lines=[line(case=1, tiers=((1, 1000), (10, 800)))])
    # 8 × 10 = 80 = 10 × 8: two more cost nothing.
    assert "If you took 2 more, your 10 would cost no more" in answer(talk.say(BEN, "commit 1 8"))
    assert "If you took" not in answer(talk.say(BEN, "commit 1 7"))


def test_people_who_wrote_names_with_signs_do_no_harm(talk: Talk) -> None:
    purchase(talk, lines=[line("Chairs <b>&</b> %s {{ x }}")], title="<i>Office</i> 100%")
    assert "<b>" not in talk.say(BEN, "commit 1 3")[-1].html.replace("<strong>", "")


# --- who may, and when -----------------------------------------------------------------------------


def test_whoever_is_in_none_of_its_networks_hears_which_to_join(talk: Talk) -> None:
    purchase(talk)
    told = answer(talk.say(OUTSIDER, "commit 1 3"))
    assert "Makers" in told and "!join makers" in told
    assert "members of the cooperative" in answer(talk.say(STRANGER, "commit 1 3"))
    assert "I cannot find" in answer(talk.say(BEN, "commit 99 3"))
    for user in (OUTSIDER, STRANGER):
        assert committed(talk, user) is None


def test_a_draft_is_not_there(talk: Talk) -> None:
    purchase(talk, state="draft")
    assert "I cannot find" in answer(talk.say(BEN, "commit 1 3"))


def test_what_was_sent_before_the_deadline_counts_when_it_is_read_later(talk: Talk) -> None:
    purchase(talk, days=1)
    in_time = talk.now + timedelta(hours=23)
    talk.wait(days=1, minutes=5)
    assert "has just closed" in answer(talk.say(BEN, "commit 1 3"))
    talk.say(FINN, "commit 1 3", sent_at=in_time)
    assert committed(talk, FINN) == (3, 0) and committed(talk, BEN) is None


def test_afterwards_it_says_where_it_stands(talk: Talk) -> None:
    purchase(talk)
    commit(talk, BEN, 3)
    move(talk, 1, "tipped", "confirmed")
    for typed in ("commit 1 4", "withdraw 1", "interest 1"):
        assert "confirmed" in answer(talk.say(BEN, typed))
    assert committed(talk, BEN) == (3, 0)


def test_a_merged_purchase_sends_on(talk: Talk) -> None:
    purchase(talk)
    purchase(talk)
    move(talk, 1, "cancelled", merged_into=2)
    assert "goes on as group purchase 2" in answer(talk.say(BEN, "commit 1 4"))


def test_while_cases_are_filled_only_what_helps_counts(talk: Talk) -> None:
    two_articles(talk)
    commit(talk, FINN, 3)
    commit(talk, ANNA, 2, position=2)
    talk.say(BEN, "commit 1 chairs 5")
    talk.wait(days=7)
    move(talk, 1, "filling", due_at=talk.ms() + 86_400_000)
    # Chairs lack two; tables are full.
    told = answer(talk.say(BEN, "commit 1 chairs 4"))
    assert "Chairs lacks 2" in told and "!commit 1 1: 7" in told and "!commit 1 1: 5+2" in told
    told = answer(talk.say(BEN, "commit 1 tables 2"))
    assert "Tables has nothing to fill" in told and "2 × Chairs" in told
    assert "stands" in answer(talk.say(BEN, "withdraw 1"))
    assert committed(talk, BEN) == (5, 0)
    assert "All cases are full" in answer(talk.say(BEN, "commit 1 1: 5+2"))
    assert committed(talk, BEN) == (5, 2)
    talk.wait(days=1, seconds=1)
    assert "has just closed" in answer(talk.say(FINN, "commit 1 1: 5"))


# --- interest and withdrawing ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["interest", "Interesse!", "ik heb interesse", "Intéressée", "👍"]
)
def test_interest_is_free_and_offers_a_reminder_by_direct_chat(talk: Talk, typed: str) -> None:
    purchase(talk)
    said = talk.reply(BEN, posted(talk), typed)
    (here, private) = said
    assert here.draft.room_id == ENGLISH and "remind" not in here.text.lower()
    assert private.draft.user_id == BEN or private.to == BEN
    assert "remind you" in answer(talk.reply(BEN, private, "yes"))
    found = talk.write(lambda session: purchase_interests.of_purchase(session, 1))
    assert [(one.user_id, one.wants_reminder) for one in found] == [(BEN, True)]
    assert committed(talk, BEN) is None


def test_a_hand_shows_interest_without_a_word_in_the_room(talk: Talk) -> None:
    purchase(talk)
    message = posted(talk)
    (private,) = talk.react(BEN, message, "🙋🏽‍♀️")
    assert private.to == BEN and "no" in private.text
    assert talk.react(BEN, message, "👍🏾") == []
    assert talk.react(FINN, message, "🎉") == [] and talk.react(FINN, message, "👎") == []
    assert talk.react(OUTSIDER, message, "👍") == []
    assert "no reminder" in answer(talk.react(BEN, private, "👎"))


def test_a_thumb_under_somebodys_confirmation_is_no_interest(talk: Talk) -> None:
    purchase(talk)
    confirmed = talk.reply(BEN, posted(talk), "3+2")[-1]
    assert talk.react(FINN, confirmed, "👍") == [] and talk.react(BEN, confirmed, "👍") == []
    assert not talk.write(lambda session: purchase_interests.of_purchase(session, 1))
    talk.reply(FINN, confirmed, "2")
    assert committed(talk, FINN) == (2, 0)


def test_a_reminder_can_be_asked_for_at_once(talk: Talk) -> None:
    purchase(talk, rooms=(DUTCH,))
    told = answer(talk.say(ANNA, "interesse 1 herinner mij"))
    assert "November" in told or "november" in told
    assert answer(talk.say(ANNA, "interesse 1 misschien"))
    found = talk.write(lambda session: purchase_interests.of_person(session, 1, ANNA))
    assert found is not None and found.wants_reminder


def test_a_reminder_comes_once_to_who_asked_for_it_and_does_not_take_part(talk: Talk) -> None:
    purchase(talk, rooms=(DUTCH, ENGLISH, FRENCH))
    for user in (BEN, FINN, CARO):
        talk.say(user, "interest 1 remind")
    talk.say(DIRK, "interesse 1")
    talk.say(FINN, "commit 1 3")
    # A second word of interest takes no wish back.
    talk.say(CARO, "intérêt 1")
    talk.wait(days=6)
    said = run_jobs(talk, "purchases.remind")
    assert "2 more are needed" in heard(said, BEN) and "!commit 1 3+2" in heard(said, BEN)
    assert heard(said, CARO) and not heard(said, FINN) and not heard(said, DIRK)
    for user in (BEN, CARO):
        assert "You asked me" not in heard(do(talk, _remind), user)


def _remind(ctx: Context) -> None:
    found = purchases.get(ctx.session, 1)
    assert found is not None
    interest.remind(ctx, found)


def test_withdrawing_names_lines_or_takes_all(talk: Talk) -> None:
    two_articles(talk)
    talk.say(BEN, "commit 1 chairs 4, tables 2")
    assert "Chairs" in answer(talk.say(BEN, "withdraw 1 chairs"))
    assert committed(talk, BEN) is None and committed(talk, BEN, position=2) == (2, 0)
    assert "nothing to withdraw" in answer(talk.say(BEN, "withdraw 1 #1"))
    assert "no more" in answer(talk.reply(BEN, posted(talk), "Withdraw"))
    assert committed(talk, BEN, position=2) is None
    assert "nothing to withdraw" in answer(talk.say(BEN, "withdraw 1"))


@pytest.mark.parametrize(
    "typed", ["trek terug", "Ik trek me terug.", "intrekken", "je me retire", "retirer"]
)
def test_a_reply_withdraws_in_each_language(talk: Talk, typed: str) -> None:
    purchase(talk)
    commit(talk, BEN, 3)
    talk.reply(BEN, posted(talk), "interest")
    assert answer(talk.reply(BEN, posted(talk), typed))
    assert committed(talk, BEN) is None
    assert not talk.write(lambda session: purchase_interests.of_purchase(session, 1))


def test_interest_alone_can_be_taken_back(talk: Talk) -> None:
    purchase(talk)
    talk.say(BEN, "interest 1")
    assert "no more" in answer(talk.say(BEN, "withdraw 1"))
    assert not talk.write(lambda session: purchase_interests.of_purchase(session, 1))


def test_somebody_who_left_the_network_can_still_withdraw(talk: Talk) -> None:
    purchase(talk)
    commit(talk, BEN, 3)
    talk.member(ENGLISH, BEN, "leave")
    assert "no more" in answer(talk.say(BEN, "withdraw 1"))


# --- what a room never shows -----------------------------------------------------------------------


def test_a_room_sees_only_what_was_typed_there(talk: Talk) -> None:
    two_articles(talk)
    talk.say(BEN, "commit 1 tables 2")
    for said in (
        talk.say(BEN, "!commit 1 chairs 3", room=ENGLISH),
        talk.say(BEN, "!withdraw 1", room=ENGLISH),
    ):
        shown = "\n".join(each.text for each in said if each.draft.room_id == ENGLISH)
        assert shown and "Tables" not in shown and "50.00" not in shown


def test_nobody_is_pinged(talk: Talk) -> None:
    purchase(talk)
    for said in talk.reply(BEN, posted(talk), "3"):
        assert said.content["m.mentions"] == {}


def test_the_word_for_joining_a_network_sends_on_to_the_one_for_taking_part(talk: Talk) -> None:
    purchase(talk, rooms=(DUTCH,))
    told = answer(talk.say(ANNA, "doe mee 1 3+2"))
    assert "!bestel 1 3+2" in told
    assert answer(talk.say(ANNA, "bestel 1 3+2")) and committed(talk, ANNA) == (3, 2)


def test_accounts_that_are_joined_later_count_as_one_commitment(talk: Talk) -> None:
    number = purchase(talk)
    for user, units in ((BEN, 5), (FINN, 3)):
        talk.say(user, f"!commit {number} {units}")
    two_accounts(talk, BEN, FINN)
    assert "8" in answer(talk.say(FINN, f"!purchase {number}"))
    assert committed(talk, FINN) == committed(talk, BEN) == (8, 0)
    talk.say(FINN, f"!commit {number} 6+1")
    made = talk.write(lambda session: commitments.of_purchase(session, number))
    assert [(one.user_id, one.quantity, one.tolerance) for one in next(iter(made.values()))] == [
        (BEN, 6, 1)
    ]
    assert "no more" in answer(talk.say(FINN, f"!withdraw {number}"))
    assert talk.write(lambda session: commitments.of_purchase(session, number)) == {}


def test_who_mistypes_in_the_direct_chat_types_again_under_the_hint(talk: Talk) -> None:
    number = purchase(talk, lines=[line(), line("Tables")])
    talk.say(BEN, f"!commit {number} chairs 3")
    for wrong in ("5+1", f"!commit {number}", f"!commit {number} sofas 2"):
        talk.say(BEN, wrong)
        assert "5 × Chairs" in answer(talk.say(BEN, "1: 5+1"))
        assert committed(talk, BEN) == (5, 1)
