"""What animators do: roles, stages, the checklist, the room's prefix and language; and a room replaced."""

from __future__ import annotations

from functools import partial

import pytest

from storage import rooms
from tests.commands.networks.world import (
    ANNA,
    BEN,
    CARO,
    DIRK,
    SPACE,
    STAFF_ROOM,
    STAFFER,
    actions,
    get,
    network,
    one,
    speaks,
)
from tests.commands.talk import BOT, Said, Talk, answer


def test_an_animator_is_made_in_the_room_and_unmade(talk: Talk) -> None:
    room = network(talk, "food", powers={ANNA: 50, BEN: 0})
    said = talk.say(ANNA, f"network animator food {BEN}")
    (power,) = actions(said)
    assert power.content == {"room_id": room, "user_id": BEN, "level": 50}
    assert "You are now animator" in one(said, BEN).text
    failed = talk.end(power, error="M_FORBIDDEN")
    assert "could not change the power" in one(failed, ANNA).text

    (power,) = actions(talk.say(STAFFER, f"netwerk animator food {ANNA} verwijder"))
    assert power.content["level"] == 0
    assert "already" in answer(talk.say(ANNA, f"!réseau animatrice {ANNA}", room=room))


def test_an_animator_who_is_not_in_the_room_is_invited_first(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    said = talk.say(ANNA, f"network animator {CARO} food")
    assert [each.type for each in actions(said)] == ["invite", "set_power"]


LOTTE = "@lotte.maes:localhost"


@pytest.mark.parametrize(
    ("language", "command", "suggested"),
    [
        ("en", "network animator food @lote", "Did you mean: @lotte.maes?"),
        ("nl", "netwerk ambassadeur food @lote", "Bedoel je: @lotte.maes?"),
        ("fr", "réseau conseillère food @lote", "Vouliez-vous dire : @lotte.maes ?"),
    ],
)
def test_a_mistyped_person_brings_those_of_the_network(
    talk: Talk, language: str, command: str, suggested: str
) -> None:
    network(talk, "food", powers={ANNA: 50, LOTTE: 0, BEN: 0})
    network(talk, "elsewhere", powers={"@loten:localhost": 0})
    speaks(talk, ANNA, language)
    refused = talk.say(ANNA, command)
    assert suggested in answer(refused).replace("\u00a0", " ").replace("\u202f", " ")
    assert not actions(refused)
    assert "lotte" not in answer(talk.say(ANNA, command.replace("@lote", "@zzzz")))
    # Who may not ask does not hear who is there.
    assert "lotte" not in answer(talk.say(CARO, command))
    assert "is now ambassador" in talk.say(STAFFER, "network ambassador food @lotte.maes")[0].text


def test_roles_that_cannot_be_given(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50, BEN: 100}, bot=100)
    network(talk, "weak", powers={ANNA: 50, BEN: 0}, bot=0)
    assert "only they can" in answer(talk.say(ANNA, f"network animator food {BEN} remove"))
    assert "Give me power level 100" in answer(talk.say(ANNA, f"network animator weak {BEN}"))
    assert "one person" in answer(talk.say(ANNA, "network animator food"))
    assert "only people" in answer(talk.say(ANNA, f"network animator food {BOT}"))
    assert "can be done by" in answer(talk.say(CARO, f"network animator food {CARO}"))


def test_ambassadors_and_advisors_stand_on_the_card(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    assert (
        "You are now ambassador"
        in one(talk.say(ANNA, f"netwerk ambassadeur food {CARO}"), CARO).text
    )
    talk.say(ANNA, f"network advisor food {BEN}")
    card = answer(talk.say(CARO, "network food"))
    assert "Ambassadors: Caro" in card
    assert "Advisors" in card
    talk.say(ANNA, f"réseau ambassadrice food {CARO} retirer")
    assert "Ambassadors" not in answer(talk.say(CARO, "network food"))


def test_the_stage_is_said_in_every_language_of_the_room(talk: Talk) -> None:
    room = network(
        talk,
        "food",
        names={"nl": "Voeding", "fr": "Alimentation"},
        powers={ANNA: 50},
        languages=("nl", "fr"),
    )
    said = talk.say(ANNA, "netwerk fase food eerste resultaten")
    in_room = one(said, room)
    assert "Voeding" in in_room.text
    assert "Alimentation" in in_room.text
    assert get(talk, "food").stage == "first_results"
    assert "already" in answer(talk.say(ANNA, "network stage food first results"))
    assert "one of" in answer(talk.say(ANNA, "network stage food dancing"))


def closed(
    talk: Talk, line: str = "network stage food closed", room: str | None = None
) -> list[Said]:
    """Anna asks to close Food, and says that she is sure."""
    assert "Shall I close Food?" in one(talk.say(ANNA, line, room=room), ANNA).text
    return talk.say(ANNA, "yes")


def test_closing_a_network_asks_first(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50})
    talk.say(CARO, "join food")
    assert not actions(talk.say(ANNA, "network stage food closed"))
    stays = talk.say(ANNA, "no")
    assert "Food stays open" in answer(stays)
    assert not actions(stays)
    assert get(talk, "food").stage == "creation"
    assert "Food is now in this stage: closed" in one(closed(talk), room).text
    assert get(talk, "food").stage == "closed"


def test_closing_is_never_understood_from_a_misspelling(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    for typed, meant in (
        ("network stage food closd", "closed"),
        ("netwerk fase food geslotn", "closed"),
        ("network stage food cloesd", "closed"),
    ):
        refused = talk.say(ANNA, typed)
        assert f"Did you mean: {meant}?" in answer(refused)
        assert not actions(refused)
    assert get(talk, "food").stage == "creation"
    talk.say(ANNA, "netwerk fase food evenementn")
    assert get(talk, "food").stage == "events"


def test_a_network_without_a_stage_shows_the_present_one(talk: Talk) -> None:
    room = network(talk, "food", powers={ANNA: 50})
    for said in (
        talk.say(ANNA, "network stage food"),
        talk.say(ANNA, "!network stage", room=room),
    ):
        assert "Food is in this stage: creation" in answer(said)
        assert "!network stage food launch" in answer(said)
        assert "There are: creation, launch" in answer(said)
    assert "Something is missing: network." in answer(talk.say(ANNA, "network stage launch"))
    assert "can be done by" in answer(talk.say(CARO, "network stage food"))


def test_a_closed_network_leaves_the_space_and_comes_back(talk: Talk) -> None:
    room = network(talk, "food", powers={ANNA: 50})
    rule, child = actions(closed(talk, "!network stage closed", room=room))
    assert rule.content["content"] == {"join_rule": "invite"}
    assert child.content == {"space": SPACE, "room_id": room, "remove": True}
    assert "already" in answer(talk.say(STAFFER, "network stage food closed"))
    refused = talk.say(CARO, "join food")
    assert "is closed" in answer(refused)
    assert not actions(refused)
    rule, child = actions(talk.say(STAFFER, "network stage food launch"))
    assert rule.content["content"]["join_rule"] == "restricted"
    assert child.content["remove"] is False


def test_a_closed_network_changes_its_openness_only_for_later(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    closed(talk)
    for line in ("network edit food", "openness"):
        talk.say(ANNA, line)
    assert not actions(talk.say(ANNA, "approval"))
    rule, _ = actions(talk.say(ANNA, "network stage food events"))
    assert rule.content["content"] == {"join_rule": "knock"}


def test_who_waits_when_a_network_closes_hears_of_it(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50})
    talk.say(CARO, "join food")
    talk.member(room, DIRK, "knock")
    said = closed(talk)
    for who in (CARO, DIRK):
        told = one(said, who).text
        assert "Food is closed" in told
        assert "ask again" not in told
    assert [each.content["user_id"] for each in actions(said, "kick")] == [DIRK]
    assert "Nobody is waiting" in answer(talk.say(ANNA, "network requests"))
    assert "is closed" in one(talk.member(room, BEN, "knock"), BEN).text


def test_whoever_is_in_a_closed_network_can_still_leave_it(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50, CARO: 0})
    closed(talk)
    assert "Shall I take you out" in answer(talk.say(CARO, "leave food"))


def test_in_a_bilingual_room_the_stage_is_answered_in_both_languages(talk: Talk) -> None:
    names = {"nl": "Voeding", "fr": "Alimentation"}
    room = network(talk, "food", names=names, powers={ANNA: 50}, languages=("nl", "fr"))
    other = network(talk, "drink", powers={ANNA: 50})
    said = one(talk.say(ANNA, "!netwerk fase lancering", room=room), room).text
    assert "Voeding" in said
    assert "Alimentation" in said
    elsewhere = talk.say(ANNA, "!network stage food events", room=other)
    assert "Alimentation" in one(elsewhere, room).text


def test_a_step_in_the_room_that_fails_is_told_by_its_name(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    rule, child = actions(closed(talk))
    assert "change who may join" in one(talk.end(rule, error="M_FORBIDDEN"), ANNA).text
    told = one(talk.end(child, error="M_FORBIDDEN"), ANNA).text
    assert "Space" in told
    assert "power level 100" in told
    assert talk.end(child) == []


def test_the_same_again_brings_the_room_in_line(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    for line in ("network edit food", "name", "english"):
        talk.say(ANNA, line)
    kinds = [each.content.get("type") for each in actions(talk.say(ANNA, "Food"))]
    assert kinds == ["m.room.name", "m.room.topic", "m.room.join_rules", None]


def test_an_animator_does_not_unmake_another_through_the_bot(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50, BEN: 50})
    refused = talk.say(ANNA, f"network animator food {BEN} remove")
    assert "staff room" in answer(refused)
    assert not actions(refused)
    assert actions(talk.say(ANNA, f"network animator food {ANNA} remove"), "set_power")
    assert actions(talk.say(STAFFER, f"network animator food {BEN} remove"), "set_power")


def test_an_invitation_of_a_new_animator_that_fails_is_told(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    invite, _ = actions(talk.say(ANNA, f"network animator {CARO} food"))
    assert "invite people" in one(talk.end(invite, error="M_FORBIDDEN"), ANNA).text


def test_people_are_named_without_their_server(talk: Talk) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50, BEN: 0})
    talk.say(CARO, "networks")
    assert "Caro" in one(talk.say(ANNA, "network ambassador food @caro"), ANNA).text
    assert "Ambassadors: Caro" in answer(talk.say(DIRK, "network food"))
    assert actions(talk.say(ANNA, "network animator @ben food"), "set_power")
    talk.say(CARO, "join food")
    assert actions(talk.say(ANNA, "network approve @caro"), "invite")
    assert "as a mention" in answer(talk.say(ANNA, "network advisor food @nobody"))


def test_the_checklist_is_ticked_and_unticked(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    assert "⬜" in answer(talk.say(ANNA, "network checklist food"))
    assert answer(talk.say(ANNA, "netwerk checklist food 2")).count("✅") == 1
    assert answer(talk.say(ANNA, "réseau checklist food 3")).count("✅") == 2
    assert answer(talk.say(ANNA, "network checklist food not 2")).count("✅") == 1
    assert "from 1 to 9" in answer(talk.say(ANNA, "network checklist food 10"))
    assert "can be done by" in answer(talk.say(CARO, "network checklist food"))


def test_the_rooms_own_prefix_and_language(talk: Talk) -> None:
    room = network(talk, "food", powers={ANNA: 50, CARO: 0})
    assert "can be done by" in answer(talk.say(CARO, "!network prefix ?", room=room))
    assert "begin with ?" in answer(talk.say(ANNA, "!network prefix ?", room=room))
    assert talk.say(CARO, "!network", room=room) == []
    assert "Food" in one(talk.say(CARO, "?network", room=room)).text
    assert "one to three signs" in answer(talk.say(ANNA, "?network prefix abc", room=room))
    assert (
        "Français".casefold()
        in answer(talk.say(ANNA, "?network language french", room=room)).casefold()
    )
    assert get(talk, "food").languages == ("fr", "en")
    stored = talk.write(lambda session: rooms.get(session, room))
    assert (stored.prefix, stored.language) == ("?", "fr")
    assert "room of a network" in answer(talk.say(ANNA, "network prefix ?"))


def test_staff_choose_the_prefix_and_the_language_of_a_teams_room(talk: Talk) -> None:
    talk.room("!buyers", "buyers", {STAFFER: 50, ANNA: 50})
    talk.room("!cafe", "other", {STAFFER: 50})
    network(talk, "food", powers={ANNA: 50})
    assert "can be done by" in answer(talk.say(ANNA, "!network prefix ?", room="!buyers"))
    assert "can be done by" in answer(talk.say(ANNA, "!network language fr", room="!buyers"))
    assert "room of a network" in answer(talk.say(STAFFER, "!network prefix ?", room="!cafe"))
    for room in (STAFF_ROOM, "!buyers"):
        assert "I speak here in: English" in answer(
            talk.say(STAFFER, "!network language", room=room)
        )
        assert "français" in answer(talk.say(STAFFER, "!network language french", room=room))
        assert "begin with $" in answer(talk.say(STAFFER, "!network prefix $", room=room))
        stored = talk.write(partial(rooms.get, room_id=room))
        assert (stored.prefix, stored.language) == ("$", "fr")
    # What is told there is told in that language, with that prefix.
    network(talk, "film", openness="approval")
    request = one(talk.say(CARO, "join film"), STAFF_ROOM)
    assert "demande à rejoindre" in request.text


def test_what_is_written_elsewhere_shows_the_prefix_of_that_place(talk: Talk) -> None:
    room = network(talk, "food", openness="approval", powers={ANNA: 50})
    talk.say(ANNA, "!network prefix ?", room=room)
    talk.say(CARO, "join food")
    declined = talk.say(ANNA, "?network decline 1", room=room)
    assert "!join food" in one(declined, CARO).text
    assert "!join food" in answer(talk.say(CARO, "network food"))


# --- a room replaced -----------------------------------------------------------------------------


def test_the_network_moves_with_its_room(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 100, BEN: 0, CARO: 0})
    talk.room("!new", "other", {ANNA: 100})
    said = talk.replace_room("!food", "!new", ANNA)
    children = [each.content for each in actions(said, "space_child")]
    assert [(child["room_id"], child["remove"]) for child in children] == [
        ("!food", True),
        ("!new", False),
    ]
    assert get(talk, "food").room_id == "!new"
    # Who was in the old room is not in the network before they join the new one.
    assert "already" not in answer(talk.say(BEN, "join food"))
    assert "already" in answer(talk.say(ANNA, "join food"))
    assert talk.replace_room("!food", "!new", ANNA) == []


def test_a_room_replaced_by_someone_who_may_not_invite_there_is_not_followed(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50, BEN: 100})
    talk.room("!new", "other", {BEN: 0, ANNA: 0})
    said = talk.replace_room("!food", "!new", BEN)
    assert get(talk, "food").room_id == "!food"
    assert "has not moved" in one(said, ANNA).text


def test_what_is_replaced_by_another_networks_room_stays(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 100})
    network(talk, "garden", powers={ANNA: 100})
    said = talk.replace_room("!food", "!garden", ANNA)
    assert "another task" in one(said, STAFF_ROOM).text
    assert get(talk, "food").room_id == "!food"
