"""Requests to be let in: whom they reach, who decides, by reply, reaction or command, and that once."""

from __future__ import annotations

import pytest

from storage import audit, join_requests, networks, outbox, rooms
from tests.commands.networks.world import (
    ANNA,
    BEN,
    CARO,
    DIRK,
    STAFF_ROOM,
    STAFFER,
    STRANGER,
    actions,
    edits,
    messages,
    network,
    one,
    speaks,
    two_accounts,
)
from tests.commands.talk import Talk, answer


def test_a_decision_typed_in_the_room_is_answered_privately(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50})
    talk.say(CARO, "join food")
    for line in ("!network decline 1 too late", "!network approve 1"):
        said = talk.say(ANNA, line, room=room)
        assert "Caro" not in one(said, room).text
        assert "Caro" in one(said, ANNA).text


def test_a_request_that_nobody_can_decide_is_said_to_be_so(talk: Talk) -> None:
    talk.room(STAFF_ROOM, "staff", {STAFFER: 50}, invite=0)
    room = network(talk, "food", openness="approval")
    assert "nobody can decide" in answer(talk.say(CARO, "join food"))
    assert "nobody can decide" in one(talk.member(room, DIRK, "knock"), DIRK).text
    talk.room(STAFF_ROOM, "staff", {STAFFER: 50})
    assert "Caro" in answer(talk.say(STAFFER, "network requests"))
    # Whoever is made an animator later hears that somebody waits.
    appointed = one(talk.say(STAFFER, f"network animator food {ANNA}"), ANNA).text
    assert "!network requests: somebody is waiting" in appointed


def test_a_knock_by_a_stranger_says_so_to_the_animators(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50})
    assert "do not know this account" in one(talk.member(room, STRANGER, "knock"), ANNA).text
    assert "do not know" not in one(talk.say(CARO, "join food"), ANNA).text


def test_nobody_is_let_into_a_network_that_was_closed_elsewhere(talk: Talk) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    request = one(talk.say(CARO, "join food"), ANNA)
    talk.write(lambda session: networks.set_stage(session, 1, "closed", now=1))
    refused = talk.reply(ANNA, request, "yes")
    assert "is closed" in answer(refused)
    assert not actions(refused)


def test_a_request_of_somebody_who_was_erased_is_gone(talk: Talk) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    request = one(talk.say(CARO, "join food"), ANNA)
    talk.write(lambda session: join_requests.forget_person(session, CARO))
    for said in (talk.reply(ANNA, request, "yes"), talk.react(ANNA, request, "👍")):
        assert "is gone" in answer(said)
        assert not actions(said)


def test_staff_do_not_let_in_their_own_other_account(talk: Talk) -> None:
    two_accounts(talk, CARO, STAFFER)
    network(talk, "food", openness="approval")
    request = one(talk.say(CARO, "join food"), STAFF_ROOM)
    assert "Somebody else" in answer(talk.reply(STAFFER, request, "yes"))


def test_a_knock_that_could_not_be_refused_is_told(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50})
    request = one(talk.member(room, CARO, "knock"), ANNA)
    (kick,) = actions(talk.reply(ANNA, request, "no"))
    assert "remove people" in one(talk.end(kick, error="M_FORBIDDEN"), ANNA).text


def test_a_request_reaches_every_animator_and_the_first_decision_wins(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50, BEN: 100, DIRK: 0})
    talk.say(BEN, "!taal nederlands")
    said = talk.say(CARO, "join food")
    assert "asked the animators" in one(said, CARO).text
    assert not actions(said)
    to_anna, to_ben = one(said, ANNA), one(said, BEN)
    assert not messages(said, DIRK)
    assert "Caro" in to_anna.text
    again = talk.say(CARO, "join food")
    assert len(messages(again)) == 1
    assert "already" in one(again).text

    decided = talk.reply(BEN, to_ben, "ja")
    (invite,) = actions(decided)
    assert invite.content["user_id"] == CARO
    assert invite.content["room_id"] == room
    assert "may join" in one(decided, CARO).text
    assert {each.edits for each in edits(decided)} == {to_anna.key, to_ben.key}
    assert all("Ben" in each.text for each in edits(decided))

    late = talk.reply(ANNA, to_anna, "no")
    assert not actions(late)
    assert "Ben" in one(late, ANNA).text
    log = talk.write(lambda session: audit.of_subject(session, "network:1"))
    assert [(entry.actor, entry.action) for entry in log] == [(BEN, "join_request.approved")]


@pytest.mark.parametrize(
    ("word", "approved"),
    [
        ("yes", True),
        ("OK!", True),
        ("oui", True),
        ("akkoord", True),
        ("nee", False),
        ("Non", False),
    ],
)
def test_decisions_in_any_language(talk: Talk, word: str, approved: bool) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    request = one(talk.say(CARO, "join food"), ANNA)
    decided = talk.reply(ANNA, request, word)
    assert bool(actions(decided, "invite")) is approved


@pytest.mark.parametrize(("emoji", "approved"), [("👍", True), ("👍🏽", True), ("👎", False)])
def test_decisions_by_reaction(talk: Talk, emoji: str, approved: bool) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    request = one(talk.say(CARO, "join food"), ANNA)
    decided = talk.react(ANNA, request, emoji)
    assert bool(actions(decided, "invite")) is approved
    assert talk.react(ANNA, request, "🎉") == []


def test_a_no_with_a_reason_reaches_who_asked_and_may_be_asked_again(talk: Talk) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    request = one(talk.say(CARO, "join food"), ANNA)
    decided = talk.reply(ANNA, request, "nee, we zitten vol <b>tot mei</b>")
    told = one(decided, CARO)
    assert "we zitten vol <b>tot mei</b>" in told.text
    assert "<b>" not in told.html.replace("<blockquote>", "")
    assert not actions(decided)
    assert "asked the animators" in one(talk.say(CARO, "join food"), CARO).text


def test_who_may_not_decide_is_told_and_nothing_happens(talk: Talk) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50, BEN: 0})
    talk.say(CARO, "join food")
    for line in ("network approve 1", "network approve 99", f"network decline {CARO}"):
        refused = talk.say(BEN, line)
        assert "can be done by" in answer(refused), line
        assert not actions(refused)


def test_deciding_by_command(talk: Talk) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    talk.say(CARO, "join food")
    talk.say(DIRK, "join food")
    listed = answer(talk.say(ANNA, "netwerk aanvragen"))
    assert "Caro" in listed
    assert "Dirk" in listed
    assert actions(talk.say(ANNA, "network approve 1"), "invite")
    declined = talk.say(ANNA, f"réseau refuser {DIRK} pas maintenant")
    assert "pas maintenant" in one(declined, DIRK).text
    assert "Nobody is waiting" in answer(talk.say(ANNA, "network requests"))


def test_in_a_room_requests_are_shown_privately(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50})
    talk.say(CARO, "join food")
    said = talk.say(ANNA, "!network requests", room=room)
    assert "Caro" in one(said, ANNA).text
    assert "Caro" not in one(said, room).text


def test_without_animators_the_staff_room_decides(talk: Talk) -> None:
    network(talk, "food", openness="approval")
    request = one(talk.say(CARO, "join food"), STAFF_ROOM)
    assert actions(talk.react(STAFFER, request, "✅"), "invite")


def test_a_knock_is_the_same_request(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50})
    said = talk.member(room, CARO, "knock")
    request = one(said, ANNA)
    assert "passed on your request" in one(said, CARO).text
    assert len(messages(talk.say(CARO, "join food"))) == 1
    declined = talk.reply(ANNA, request, "no")
    (kick,) = actions(declined)
    assert (kick.type, kick.content["user_id"]) == ("kick", CARO)
    assert talk.member(room, CARO, "leave", sender="@kring:localhost") == []
    said = talk.member(room, CARO, "knock")
    approved = talk.reply(ANNA, one(said, ANNA), "yes")
    assert [each.type for each in actions(approved)] == ["invite"]


def test_a_request_taken_back_needs_no_decision(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50})
    request = one(talk.say(CARO, "join food"), ANNA)
    gone = talk.say(CARO, "verlaat food")
    assert "taken back" in one(gone, CARO).text
    assert edits(gone)[0].edits == request.key
    assert not actions(talk.reply(ANNA, request, "yes"))
    request = one(talk.member(room, CARO, "knock"), ANNA)
    assert edits(talk.member(room, CARO, "leave"))
    assert not actions(talk.reply(ANNA, request, "yes"))


def test_deciding_in_ones_own_client_counts(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50, BEN: 50})
    request = one(talk.say(CARO, "join food"), BEN)
    said = talk.member(room, CARO, "invite", sender=ANNA)
    assert "may join" in one(said, CARO).text
    assert not actions(said)
    assert "Anna" in one(talk.reply(BEN, request, "no"), BEN).text

    talk.member(room, DIRK, "knock")
    said = talk.member(room, DIRK, "leave", sender=ANNA)
    assert "did not let you in" in one(said, DIRK).text


def test_somebody_who_is_banned_cannot_be_let_in_by_mistake(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50})
    request = one(talk.say(CARO, "join food"), ANNA)
    talk.write(
        lambda session: rooms.set_membership(session, room, CARO, "ban", display_name=None, since=2)
    )
    refused = talk.reply(ANNA, request, "yes")
    assert "banned" in answer(refused)
    assert not actions(refused)


def test_requests_survive_direct_chats_that_do_not_exist_yet(talk: Talk) -> None:
    """The edit of a message that is not sent yet goes to the same person, behind it."""
    network(talk, "food", openness="approval", powers={ANNA: 50, BEN: 50})
    said = talk.say(CARO, "join food")
    decided = talk.say(BEN, "network approve 1")
    changed = [each for each in edits(decided) if each.edits == one(said, ANNA).key]
    assert changed[0].draft.user_id == ANNA
    owned = talk.write(lambda session: outbox.about(session, "join_request:1"))
    assert {own.user_id for own in owned} == {ANNA, BEN}
    settled = talk.write(lambda session: join_requests.get(session, 1))
    assert settled.status == "approved"


def test_who_lost_the_power_no_longer_decides(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50, BEN: 50})
    request = one(talk.say(CARO, "join food"), BEN)
    talk.room(room, "network", {ANNA: 50, BEN: 0})
    for refused in (talk.reply(BEN, request, "yes"), talk.react(BEN, request, "👍")):
        assert "can be done by" in answer(refused)
        assert not actions(refused)


def test_staff_do_not_let_themselves_in(talk: Talk) -> None:
    network(talk, "food", openness="approval")
    request = one(talk.say(STAFFER, "join food"), STAFF_ROOM)
    refused = talk.reply(STAFFER, request, "yes")
    assert "Somebody else" in answer(refused)
    assert not actions(refused)


NELE = "@nele:localhost"


@pytest.mark.parametrize(
    ("typed", "expected", "failed"),
    [
        ("aansluiten film", "Goed nieuws", "niet uitnodigen"),
        ("rejoindre film", "Bonne nouvelle", "pas pu vous inviter"),
    ],
)
def test_a_decision_comes_in_the_language_of_the_request(
    talk: Talk, typed: str, expected: str, failed: str
) -> None:
    network(talk, "film", openness="approval", powers={ANNA: 50}, languages=("nl", "fr"))
    request = one(talk.say(NELE, typed), ANNA)
    decided = talk.reply(ANNA, request, "yes")
    assert expected in one(decided, NELE).text
    invite, _ = actions(decided, "invite")
    assert failed in one(talk.end(invite, error="M_FORBIDDEN"), NELE).text


def test_a_knock_is_decided_in_the_networks_language_and_in_the_persons_own(talk: Talk) -> None:
    room = network(talk, "film", openness="approval", powers={ANNA: 50}, languages=("nl", "fr"))
    request = one(talk.member(room, NELE, "knock"), ANNA)
    assert "lieten je deze keer niet toe" in one(talk.reply(ANNA, request, "no"), NELE).text
    speaks(talk, NELE, "fr")
    talk.member(room, NELE, "leave", sender="@kring:localhost")
    request = one(talk.member(room, NELE, "knock"), ANNA)
    assert "Bonne nouvelle" in one(talk.reply(ANNA, request, "yes"), NELE).text


@pytest.mark.parametrize(
    ("words", "approved"),
    [
        ("ja hoor", True),
        ("yes, welcome!", True),
        ("Oui ! Bienvenue à elle", True),
        ("nee hoor", False),
    ],
)
def test_what_begins_with_a_yes_or_a_no_decides(talk: Talk, words: str, approved: bool) -> None:
    network(talk, "food", openness="approval")
    request = one(talk.say(CARO, "join food"), STAFF_ROOM)
    decided = talk.reply(STAFFER, request, words)
    assert bool(actions(decided, "invite")) is approved
    told = one(decided, CARO).text
    assert ("Good news" in told) is approved
    assert ("hoor" in told) is not approved


@pytest.mark.parametrize(
    "words", ["misschien", "who is this?", "ok, who is it?", "Oui, mais après l’été"]
)
def test_a_reply_that_decides_nothing_is_told_what_would(talk: Talk, words: str) -> None:
    talk.room(STAFF_ROOM, "staff", {STAFFER: 50})
    network(talk, "food", openness="approval")
    network(talk, "film", openness="approval", powers={ANNA: 50})
    for user, request in (
        (STAFFER, one(talk.say(CARO, "join food"), STAFF_ROOM)),
        (ANNA, one(talk.say(CARO, "join film"), ANNA)),
    ):
        said = talk.reply(user, request, words)
        assert "“yes”, or “no” with a reason" in answer(said)
        assert not actions(said)
        talk.reply(user, request, "yes")
        assert "with a reason" not in "".join(
            each.text for each in talk.reply(user, request, "thanks")
        )


def test_a_command_that_happens_to_be_a_reply_is_a_command(talk: Talk) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    request = one(talk.say(CARO, "join food"), ANNA)
    assert "Who asks" in answer(talk.reply(ANNA, request, "network requests"))


def test_somebody_named_wrongly_is_guessed_among_those_who_wait(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50, BEN: 0})
    talk.say("@lotte:localhost", "join food")
    assert "@lotte" in answer(talk.say(ANNA, "network approve @lote"))
    assert "@lotte" not in answer(talk.say(ANNA, "!network approve @lote", room=room))
    assert "@lotte" not in answer(talk.say(BEN, "network approve @lote"))
    assert actions(talk.say(ANNA, "network approve @lotte"), "invite")
