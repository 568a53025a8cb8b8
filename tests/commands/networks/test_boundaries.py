"""Where a role ends: who runs one network has no say in another, whatever its room lets them do."""

from __future__ import annotations

import pytest

from commands.networks.places import join_rule, join_rule_content
from storage import join_requests, rooms
from storage.session import Session
from tests.commands.networks.world import (
    ANNA,
    BEN,
    CARO,
    DIRK,
    STAFFER,
    actions,
    get,
    network,
    one,
    register,
)
from tests.commands.talk import Talk, answer


def waits(talk: Talk, user: str) -> bool:
    def look(session: Session) -> bool:
        return any(
            request.status == "waiting" for request in join_requests.of_person(session, user)
        )

    return bool(talk.write(look))


@pytest.mark.parametrize(
    "line",
    [
        "network requests drink",
        "network approve 1",
        "network decline 1 no",
        f"network animator drink {DIRK}",
        f"network animator drink {BEN} remove",
        f"network ambassador drink {DIRK}",
        f"network advisor drink {DIRK}",
        "network edit drink",
        "network stage drink events",
        "network checklist drink",
        "network observe drink",
    ],
)
def test_an_animator_of_one_network_has_no_say_in_another(talk: Talk, line: str) -> None:
    network(talk, "food", powers={ANNA: 50})
    network(talk, "drink", openness="approval", powers={BEN: 50})
    talk.say(CARO, "join drink")
    before = get(talk, "drink")
    refused = talk.say(ANNA, line)
    text = answer(refused)
    assert "can be done by" in text, text
    assert "Caro" not in text
    assert not actions(refused)
    assert get(talk, "drink") == before
    assert waits(talk, CARO)


def test_an_invitation_by_somebody_who_may_not_decide_decides_nothing(talk: Talk) -> None:
    """A room may let everybody invite; who may join stays the animators' business."""
    room = network(talk, "food", openness="approval", powers={ANNA: 50, BEN: 0})
    talk.say(CARO, "join food")
    assert talk.member(room, CARO, "invite", sender=BEN) == []
    assert waits(talk, CARO)
    assert talk.member(room, CARO, "leave", sender=BEN) == []
    assert waits(talk, CARO)
    assert "may join" in one(talk.member(room, CARO, "invite", sender=ANNA), CARO).text
    assert not waits(talk, CARO)


@pytest.mark.parametrize("said", ["yes, but only in May", "yes or no?", "I say yes"])
def test_a_yes_that_is_not_the_whole_message_lets_nobody_in(talk: Talk, said: str) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    request = one(talk.say(CARO, "join food"), ANNA)
    assert not actions(talk.reply(ANNA, request, said))
    assert waits(talk, CARO)


@pytest.mark.parametrize(("power", "invite"), [(50, 100), (0, 0), (49, 0)])
def test_a_network_moves_only_with_who_runs_the_new_room_and_may_invite_there(
    talk: Talk, power: int, invite: int
) -> None:
    network(talk, "food", powers={ANNA: 100})
    talk.room("!new", "other", {ANNA: power}, invite=invite)
    said = talk.replace_room("!food", "!new", ANNA)
    assert get(talk, "food").room_id == "!food"
    assert "has not moved" in one(said, ANNA).text


def test_a_network_does_not_move_with_who_is_not_in_the_new_room(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 100})
    talk.room("!new", "other", {ANNA: 100})
    talk.member("!new", ANNA, "leave")
    talk.replace_room("!food", "!new", ANNA)
    assert get(talk, "food").room_id == "!food"


def test_without_a_space_nobody_is_let_in_by_being_in_it() -> None:
    assert join_rule("open", None) == "invite"
    assert join_rule_content("open", None) == {"join_rule": "invite"}
    assert join_rule_content("open", "!space") == {
        "join_rule": "restricted",
        "allow": [{"type": "m.room_membership", "room_id": "!space"}],
    }
    assert join_rule_content("approval", "!space") == {"join_rule": "knock"}


def test_the_card_in_a_room_does_not_say_who_takes_part(talk: Talk) -> None:
    network(talk, "food", powers={CARO: 0})
    elsewhere = network(talk, "drink", powers={CARO: 0})
    assert "You take part" not in answer(talk.say(CARO, "!network food", room=elsewhere))
    assert "You take part" in answer(talk.say(CARO, "network food"))


def test_suggestions_start_at_five_people_however_few_are_asked_for(talk: Talk) -> None:
    register(talk, 4, professions=("2643",))
    text = answer(talk.say("@staf:localhost", "network suggest 1"))
    assert "4" not in text
    assert "5" in text


@pytest.mark.parametrize("user", [ANNA, CARO])
def test_a_missing_room_is_made_for_its_opener_and_staff_only(talk: Talk, user: str) -> None:
    network(talk, "food", powers={ANNA: 50})
    network(talk, "drink", openness="open")
    talk.write(lambda s: s.run("UPDATE networks SET room_id = NULL WHERE slug = 'drink'"))
    talk.write(lambda s: s.run("UPDATE networks SET created_by = ? WHERE slug = 'drink'", (BEN,)))
    refused = talk.say(user, "network room drink")
    assert "can be done by" in answer(refused)
    assert not actions(refused)
    assert actions(talk.say(STAFFER, "network room drink"), "create_room")


def test_the_card_in_a_room_does_not_say_that_somebody_waits(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50})
    talk.say(CARO, "join food")
    assert "waiting" not in answer(talk.say(ANNA, "!network food", room=room))
    assert "waiting" in answer(talk.say(ANNA, "network food"))


def test_a_new_room_keeps_the_language_and_the_prefix_of_the_old(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 100}, languages=("nl",))
    talk.write(lambda session: rooms.set_prefix(session, "!food", "?"))
    talk.room("!new", "other", {ANNA: 100})
    talk.replace_room("!food", "!new", ANNA)
    new = talk.write(lambda session: rooms.get(session, "!new"))
    assert (new.language, new.prefix) == ("nl", "?")
