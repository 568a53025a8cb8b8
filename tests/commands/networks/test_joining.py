"""Joining and leaving: by command, and in one's own client."""

from __future__ import annotations

import pytest

from storage import networks, rooms
from tests.commands.networks.world import (
    ANNA,
    BEN,
    CARO,
    DIRK,
    SPACE,
    STAFF_ROOM,
    STRANGER,
    actions,
    messages,
    network,
    one,
    two_accounts,
)
from tests.commands.talk import BOT, Talk, answer


@pytest.mark.parametrize(
    "typed",
    [
        "join open-circle",
        "aansluiten open-circle",
        "word lid Open Circle",
        "rejoindre open circle",
        "Rejoindre Open Circel",
    ],
)
def test_an_open_network_invites(talk: Talk, typed: str) -> None:
    room = network(talk, "open-circle")
    said = talk.say(CARO, typed)
    assert "Open Circle" in answer(said)
    (invite,) = actions(said)
    assert invite.type == "invite"
    assert invite.content == {"room_id": room, "user_id": CARO}


def test_a_link_to_a_room_or_its_pill_names_the_network(talk: Talk) -> None:
    room = network(talk, "film", names={"en": "Moving pictures"})
    secret = network(talk, "secret")
    talk.write(lambda session: networks.set_stage(session, 2, "closed", now=1))
    pill = '<a href="https://matrix.to/#/#film:localhost">Cinema</a>'
    for typed, html in (
        ("join #film:localhost", None),
        ("join https://matrix.to/#/%23film%3Alocalhost", None),
        (f"join https://matrix.to/#/{room}?via=localhost", None),
        ("join Cinema", f"join {pill}"),
        ("network #Film:localhost", None),
    ):
        assert "Moving pictures" in answer(talk.say(CARO, typed, html=html)), typed
    for typed in (f"network {secret}", "join #film:elsewhere.example", "join !nowhere"):
        assert "cannot find" in answer(talk.say(CARO, typed)), typed


def test_someone_inside_or_invited_is_told_so(talk: Talk) -> None:
    room = network(talk, "open-circle", powers={BEN: 0})
    assert "already" in answer(talk.say(BEN, "join open-circle"))
    talk.member(room, CARO, "invite", sender="@kring:localhost")
    said = talk.say(CARO, "join open-circle")
    assert "accept it" in answer(said)
    assert not actions(said)


def test_the_limit_counts_rooms_and_is_free_again_after_leaving(talk: Talk) -> None:
    for number in range(3):
        network(talk, f"circle-{number}", powers={CARO: 0})
    network(talk, "fourth")
    refused = talk.say(CARO, "join fourth")
    assert "3 networks, which is the limit" in answer(refused)
    assert "!leave circle-0" in answer(refused)
    assert not actions(refused)
    talk.member("!circle-1", CARO, "leave")
    assert actions(talk.say(CARO, "join fourth"))


CARO_TOO = "@caro2:localhost"


def test_a_second_account_gives_no_second_limit(talk: Talk) -> None:
    two_accounts(talk, CARO, CARO_TOO)
    for number in range(3):
        network(talk, f"circle-{number}", powers={CARO: 0})
    room = network(talk, "fourth")
    refused = talk.say(CARO_TOO, "join fourth")
    assert "which is the limit" in answer(refused)
    assert not actions(refused)
    assert "4 networks" in one(talk.member(room, CARO_TOO, "join"), CARO_TOO).text
    talk.member(room, CARO_TOO, "leave")
    # The same network from another account is no network more.
    assert actions(talk.say(CARO_TOO, "join circle-1"), "invite")
    assert answer(talk.say(CARO_TOO, "networks")).count("✔") == 3


def test_a_room_does_not_read_in_which_networks_somebody_is(talk: Talk) -> None:
    for number in range(3):
        network(talk, f"circle-{number}", powers={CARO: 0})
    network(talk, "fourth")
    room = network(talk, "cafe", powers={DIRK: 0})
    said = talk.say(CARO, "!join fourth", room=room)
    assert "Circle" not in one(said, room).text
    assert "Circle 0" in one(said, CARO).text
    talk.member("!fourth", DIRK, "ban", sender=ANNA)
    said = talk.say(DIRK, "!join fourth", room=room)
    assert "banned" not in one(said, room).text
    assert "banned" in one(said, DIRK).text


def test_a_bot_that_was_put_out_of_the_room_says_so(talk: Talk) -> None:
    room = network(talk, "food", powers={ANNA: 50})
    talk.write(lambda session: rooms.left(session, room))
    refused = talk.say(CARO, "join food")
    assert "no longer in the room of Food" in answer(refused)
    assert not actions(refused)


def test_invitation_only_says_whom_to_ask(talk: Talk) -> None:
    network(talk, "inner", openness="invitation", powers={ANNA: 50})
    said = talk.say(CARO, "join inner")
    assert "by invitation only" in answer(said)
    assert "Anna" in answer(said)
    assert not actions(said)


def test_strangers_are_told_how_to_become_known_unless_they_are_in_the_space(talk: Talk) -> None:
    network(talk, "open-circle")
    assert "link CODE" in answer(talk.say(STRANGER, "join open-circle"))
    talk.member(SPACE, STRANGER, "join")
    assert actions(talk.say(STRANGER, "join open-circle"), "invite")


def test_an_invitation_that_fails_is_told(talk: Talk) -> None:
    network(talk, "open-circle")
    (invite,) = actions(talk.say(CARO, "join open-circle"))
    told = talk.end(invite, error="M_FORBIDDEN")
    assert "could not invite you" in one(told, CARO).text
    assert "power level 100" in one(told, STAFF_ROOM).text


def test_what_went_wrong_is_told_in_the_language_of_the_word_that_was_typed(talk: Talk) -> None:
    nele = "@nele:localhost"
    network(talk, "film", languages=("nl", "fr"))
    invite, _ = actions(talk.say(nele, "rejoindre film"), "invite")
    assert "pas pu vous inviter" in one(talk.end(invite, error="M_FORBIDDEN"), nele).text


def test_a_newcomer_is_welcomed_once_in_the_rooms_language(talk: Talk) -> None:
    room = network(talk, "food", powers={ANNA: 50}, languages=("en",))
    welcome = one(talk.member(room, CARO, "join"))
    assert welcome.draft.user_id == CARO
    assert "Welcome to" in welcome.text
    assert "Anna" in welcome.text
    assert welcome.content["m.mentions"] == {}
    talk.member(room, CARO, "leave")
    assert talk.member(room, CARO, "join") == []


@pytest.mark.parametrize(
    ("powers", "said"),
    [({ANNA: 50, CARO: 50}, "Who can help you there: Anna."), ({CARO: 50}, None)],
)
def test_who_runs_a_network_is_not_referred_to_themselves(
    talk: Talk, powers: dict[str, int], said: str | None
) -> None:
    room = network(talk, "food", powers=powers)
    talk.member(room, CARO, "leave")
    welcome = one(talk.member(room, CARO, "join"), CARO).text
    assert said in welcome if said else "Who can help" not in welcome


def test_over_the_limit_in_ones_own_client_is_told_and_nobody_is_put_out(talk: Talk) -> None:
    for number in range(3):
        network(talk, f"circle-{number}", powers={CARO: 0})
    room = network(talk, "fourth")
    said = talk.member(room, CARO, "join")
    assert "4 networks" in one(said, CARO).text
    assert not actions(said)
    talk.member(room, CARO, "leave")
    assert "4 networks" in one(talk.member(room, CARO, "join"), CARO).text


def test_leaving_asks_first_and_then_takes_out(talk: Talk) -> None:
    room = network(talk, "food", powers={CARO: 0})
    said = talk.say(CARO, "!verlaat", room=room)
    assert messages(said, room)
    question = one([each for each in said if each.to == CARO or each.draft.user_id == CARO])
    assert "Shall I take you out" in question.text
    stayed = talk.say(CARO, "no")
    assert "You stay" in answer(stayed)
    talk.say(CARO, "leave food")
    left = talk.say(CARO, "yes")
    (kick,) = actions(left)
    assert kick.content["user_id"] == CARO
    assert kick.content["reason"] == "at your own request"
    failed = talk.end(kick, error="M_FORBIDDEN")
    assert "Leave room" in one(failed, CARO).text
    assert talk.end(kick) == []


def test_who_stands_as_high_as_the_bot_leaves_in_the_client(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 100})
    said = talk.say(ANNA, "leave food")
    assert "Leave room" in answer(said)
    assert not actions(said)


def test_leaving_what_one_is_not_in(talk: Talk) -> None:
    network(talk, "food")
    assert "You are not in" in answer(talk.say(CARO, "quitter food"))


def test_an_invitation_that_waits_is_left_in_ones_own_client(talk: Talk) -> None:
    room = network(talk, "food")
    talk.member(room, CARO, "invite", sender=BOT)
    told = answer(talk.say(CARO, "leave food"))
    assert "You are not in Food" in told
    assert "decline it there" in told


def test_the_limit_holds_for_an_invitation_that_is_accepted_later(talk: Talk) -> None:
    rooms_of_it = [network(talk, f"circle-{number}") for number in range(4)]
    for room in rooms_of_it:
        talk.member(room, CARO, "invite", sender=BOT)
    for room in rooms_of_it[:3]:
        assert "each member can take part in 3" not in one(talk.member(room, CARO, "join")).text
    assert "each member can take part in 3" in one(talk.member(rooms_of_it[3], CARO, "join")).text


def test_leaving_without_a_name_shows_what_can_be_left(talk: Talk) -> None:
    room = network(talk, "food", names={"en": "Food makers"}, powers={CARO: 0, DIRK: 0})
    network(talk, "film", openness="approval")
    assert "!networks" in answer(talk.say(BEN, "leave"))
    talk.say(CARO, "join film")
    shown = answer(talk.say(CARO, "leave"))
    assert "!leave food Food makers" in shown
    assert "!leave film Film" in shown
    talk.room("!cafe", "other", {CARO: 0})
    said = talk.say(CARO, "!leave", room="!cafe")
    assert "Food" not in one(said, "!cafe").text
    assert "Food" in one(said, CARO).text
    assert "Shall I take you out" in one(talk.say(DIRK, "!leave", room=room), DIRK).text


def test_joining_without_a_name_says_where_the_names_stand(talk: Talk) -> None:
    room = network(talk, "food", powers={CARO: 0})
    assert "!networks shows them" in answer(talk.say(CARO, "join"))
    assert "!réseaux" in answer(talk.say("@nele:localhost", "rejoindre"))
    assert "already" in answer(talk.say(CARO, "!join", room=room))
