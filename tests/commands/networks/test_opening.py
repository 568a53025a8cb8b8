"""Opening and adopting a network, and changing its sheet."""

from __future__ import annotations

import pytest

from storage import networks, rooms
from tests.commands.networks.world import (
    ANNA,
    BEN,
    CARO,
    DIALOGUES_UNDER_TEST,
    ROUTERS_UNDER_TEST,
    SPACE,
    STAFF_ROOM,
    STAFFER,
    actions,
    cooperative,
    get,
    messages,
    network,
    one,
    speaks,
)
from tests.commands.talk import BOT, Said, Talk, answer

SHEET = (
    ("network new", "What kind of network"),
    ("1", "For which profession"),
    ("vertaler", "Which languages"),
    ("fr, nl", "What is it called"),
    ("Réseau des traducteurs", "What is it called"),
    ("Netwerk van vertalers", "What is it for"),
    ("Traduire ensemble", "What is it for"),
    ("Samen vertalen", "For which region"),
    ("Brussel", "What justifies"),
    ("strategic", "reason of the cooperative"),
    ("Le multilinguisme", "reason of the cooperative"),
    ("Meertaligheid", "goals"),
    ("Trois missions ensemble", "goals"),
    ("skip", "Who may join"),
    ("on approval", "animators"),
    (f"{ANNA} and {BEN}", "encrypted"),
    ("no", "Shall I open the network"),
)
AGREED = (*SHEET, ("yes", "a picture for its room"))


def converse(talk: Talk, user: str, lines: tuple[tuple[str, str], ...]) -> None:
    for said, expected in lines:
        text = answer(talk.say(user, said))
        assert expected in text, (said, text)


def test_a_network_is_opened_in_conversation(talk: Talk) -> None:
    converse(talk, STAFFER, AGREED)
    assert talk.write(networks.every) == []
    said = talk.say(STAFFER, "skip")
    (create,) = actions(said)
    assert create.type == "create_room"
    content = create.content
    made = get(talk, content["alias"])
    assert made.languages == ("fr", "nl")
    assert (made.kind, made.label, made.openness) == ("profession", "2643.1", "approval")
    assert made.region == "be-brussels"
    assert made.slug == "reseau-des-traducteurs"
    assert content["name"] == "Réseau des traducteurs · Netwerk van vertalers"
    assert content["topic"] == "Traduire ensemble / Samen vertalen"
    assert content["join_rule"] == "knock"
    assert content["space"] == SPACE
    assert content["invite"] == content["moderators"] == [ANNA, BEN]
    assert content["avatar"] is False
    assert create.draft.file is None
    assert made.room_id is None
    assert made.slug not in answer(talk.say(CARO, "networks"))

    end = talk.end(create, room_id="!made", problems=["M_FORBIDDEN"])
    assert "Not everything went well" in one(end, STAFFER).text
    assert "is ready" in one(end, STAFFER).text
    assert made.slug in one(end, STAFF_ROOM).text
    greeting = one(end, "!made")
    assert "Samen vertalen" in greeting.text
    assert "Traduire ensemble" in greeting.text
    assert made.slug in answer(talk.say(CARO, "networks"))
    room = talk.write(lambda session: rooms.get(session, "!made"))
    assert (room.kind, room.language) == ("network", "fr")
    assert talk.end(create, room_id="!made") == []


def test_a_room_that_cannot_be_made_is_told_in_words_and_tried_again(talk: Talk) -> None:
    converse(talk, STAFFER, AGREED)
    (create,) = actions(talk.say(STAFFER, "skip"))
    failed = one(talk.end(create, error="M_FORBIDDEN"), STAFFER).text
    assert "does not allow me" in failed
    assert "network room" in failed
    slug = create.content["alias"]
    (again,) = actions(talk.say(STAFFER, f"network room {slug}"))
    assert talk.end(again, room_id="!made")
    assert "has its room already" in answer(talk.say(STAFFER, f"network room {slug}"))


@pytest.mark.parametrize("user", [CARO, BEN])
def test_members_may_not_open_networks(talk: Talk, user: str) -> None:
    network(talk, "food", powers={BEN: 0})
    assert "can be done by" in answer(talk.say(user, "netwerk nieuw"))


def test_animators_may(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    assert "What kind" in answer(talk.say(ANNA, "réseau nouveau"))


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"invite": 0}, "raise the power needed to invite to 50"),
        ({"join_rule": "public"}, "invite only"),
    ],
)
def test_a_lax_staff_room_gives_no_role_and_says_what_to_change(
    tmp_path: object, settings: dict[str, object], what: str
) -> None:
    talk = Talk.open(tmp_path, routers=ROUTERS_UNDER_TEST, dialogues=DIALOGUES_UNDER_TEST)  # type: ignore[arg-type]
    try:
        cooperative(talk, **settings)  # type: ignore[arg-type]
        for line in ("network new", "network suggest", "network observe", "network adopt"):
            assert what in answer(talk.say(STAFFER, line)), line
    finally:
        talk.close()


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Food", "there is a network of that name"),
        ("New", "one of my commands"),
        ("x", "few words"),
    ],
)
def test_names_that_cannot_be(talk: Talk, name: str, problem: str) -> None:
    network(talk, "food")
    for line in ("network new", "other", "english"):
        talk.say(STAFFER, line)
    assert problem in answer(talk.say(STAFFER, name))


def test_no_at_the_end_changes_nothing_and_back_returns(talk: Talk) -> None:
    converse(talk, STAFFER, SHEET)
    assert "“back”" in answer(talk.say(STAFFER, "no"))
    assert "encrypted" in answer(talk.say(STAFFER, "back"))
    assert "Stopped" in answer(talk.say(STAFFER, "cancel"))
    assert talk.write(networks.every) == []


# --- adopting ------------------------------------------------------------------------------------


def adopt(talk: Talk, room: str) -> list[Said]:
    talk.say(STAFFER, "!network adopt", room=room)
    for line in ("other", "english", "Garden", "Growing together", "skip", "quantitative",
                 "30 members", "skip", "open"):  # fmt: skip
        talk.say(STAFFER, line)
    return talk.say(STAFFER, "yes")


def test_adopting_says_exactly_what_is_lacking(talk: Talk) -> None:
    talk.room("!garden", "other", {STAFFER: 100, "@kring:localhost": 0})
    said = talk.say(STAFFER, "!network adopt", room="!garden")
    text = answer(said)
    assert "invite people" in text
    assert "change permissions" in text
    assert "power level 50" in text
    talk.room("!garden", "other", {STAFFER: 100, "@kring:localhost": 50}, invite=60)
    text = answer(talk.say(STAFFER, "!network adopt", room="!garden"))
    assert "invite people" in text
    assert "change permissions" not in text


def test_an_adopted_room_becomes_the_networks(talk: Talk) -> None:
    talk.room("!garden", "other", {STAFFER: 100, CARO: 0})
    said = adopt(talk, "!garden")
    kinds = [each.content.get("type", each.type) for each in actions(said)]
    assert kinds == ["space_child", "m.room.name", "m.room.topic", "m.room.join_rules"]
    assert actions(said)[3].content["content"]["join_rule"] == "restricted"
    assert actions(said)[2].content["content"] == {"topic": "Growing together"}
    failed = talk.end(actions(said)[0], error="M_FORBIDDEN")
    assert "list of rooms in the Space" in one(failed, STAFFER).text
    assert "Garden" in one(said, "!garden").text
    assert get(talk, "garden").room_id == "!garden"
    assert "already" in answer(talk.say(CARO, "join garden"))
    again = talk.say(STAFFER, "!network adopt", room="!garden")
    assert "of a network already" in answer(again)


def test_what_changed_during_the_questions_counts_at_their_end(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    talk.room("!garden", "other", {ANNA: 50})
    lines = ("other", "english", "Garden", "Growing together", "skip", "quantitative",
             "30 members", "skip", "open")  # fmt: skip
    for lost in ({ANNA: 0}, {ANNA: 50, BOT: 0}):
        talk.room("!garden", "other", {ANNA: 50})
        talk.say(ANNA, "!network adopt", room="!garden")
        for line in lines:
            talk.say(ANNA, line)
        talk.room("!garden", "other", lost)
        said = talk.say(ANNA, "yes")
        assert "moderators of this room" in answer(said) or "invite people" in answer(said)
        assert not actions(said)
    assert len(talk.write(networks.every)) == 1


def test_whoever_is_no_animator_any_more_opens_nothing(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    converse(talk, ANNA, AGREED)
    network_room = "!food"
    talk.room(network_room, "network", {ANNA: 0})
    said = talk.say(ANNA, "skip")
    assert "can be done by" in answer(said)
    assert not actions(said)


def test_a_room_of_an_old_kind_is_not_adopted(talk: Talk) -> None:
    talk.room("!garden", "other", {STAFFER: 100})
    create = {"type": "m.room.create", "sender": STAFFER, "content": {"room_version": "6"}}
    talk.write(lambda session: rooms.apply_state(session, "!garden", create))
    assert "upgrade it" in answer(talk.say(STAFFER, "!network adopt", room="!garden"))


def test_texts_are_asked_in_the_order_of_the_rooms_languages(talk: Talk) -> None:
    for user in (ANNA, BEN):
        talk.say(user, "networks")
    for line in ("network new", "other"):
        talk.say(STAFFER, line)
    assert "(Nederlands)" in answer(talk.say(STAFFER, "nl, fr"))
    assert "(français)" in answer(talk.say(STAFFER, "Tuinen"))
    for line in ("Jardins", "Samen telen", "Cultiver", "skip", "1", "30", "30", "skip", "skip",
                 "open", "@anna, @ben", "no"):  # fmt: skip
        last = answer(talk.say(STAFFER, line))
    assert "Anna, Ben" in last
    talk.say(STAFFER, "yes")
    (create,) = actions(talk.say(STAFFER, "skip"))
    assert create.content["name"] == "Tuinen · Jardins"


def test_a_new_short_name_becomes_the_rooms_address(talk: Talk) -> None:
    room = network(talk, "food", powers={ANNA: 50})
    for line in ("network edit food", "short name"):
        talk.say(ANNA, line)
    (alias,) = actions(talk.say(ANNA, "meals"))
    assert (alias.type, alias.content) == ("set_alias", {"room_id": room, "alias": "meals"})
    assert "Another room has it" in one(talk.end(alias, error="M_ROOM_IN_USE"), ANNA).text


def test_only_its_moderators_and_staff_adopt_a_room(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    talk.room("!garden", "other", {CARO: 100, ANNA: 0})
    assert "can be done by" in answer(talk.say(ANNA, "!network adopt", room="!garden"))
    assert "can be done by" in answer(talk.say(CARO, "!network adopt", room="!garden"))
    assert "another task" in answer(talk.say(STAFFER, "!network adopt", room=STAFF_ROOM))


# --- editing -------------------------------------------------------------------------------------


def test_a_changed_name_reaches_the_room(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    converse(
        talk,
        ANNA,
        (
            ("netwerk bewerken food", "What do you want to change"),
            ("name", "which language"),
            ("English", "Now: Food"),
        ),
    )
    said = talk.say(ANNA, "Food and drink")
    assert "Changed" in answer(said)
    (state,) = actions(said)
    assert state.content["type"] == "m.room.name"
    assert state.content["content"] == {"name": "Food and drink"}
    assert "Food and drink" in answer(talk.say(CARO, "network food"))


def test_openness_changes_the_join_rule(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    for line in ("network edit food", "openness"):
        talk.say(ANNA, line)
    (state,) = actions(talk.say(ANNA, "sur approbation"))
    assert state.content["content"] == {"join_rule": "knock"}


def test_a_former_short_name_goes_on_working(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    network(talk, "garden")
    for line in ("network edit food", "short name"):
        talk.say(ANNA, line)
    assert "already" in answer(talk.say(ANNA, "garden"))
    assert "Changed" in answer(talk.say(ANNA, "kitchen"))
    assert "kitchen" in answer(talk.say(CARO, "network food"))
    assert "kitchen" in answer(talk.say(CARO, "network kitchen"))


def test_only_those_who_run_it_edit_it(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50, BEN: 0})
    network(talk, "garden", powers={BEN: 50})
    assert "can be done by" in answer(talk.say(BEN, "network edit food"))
    assert "What do you want" in answer(talk.say(STAFFER, "network edit food"))


def test_someone_who_lost_the_role_meanwhile_changes_nothing(talk: Talk) -> None:
    room = network(talk, "food", powers={ANNA: 50})
    for line in ("network edit food", "name", "English"):
        talk.say(ANNA, line)
    talk.room(room, "network", {ANNA: 0})
    said = talk.say(ANNA, "Mine")
    assert not actions(said)
    assert get(talk, "food").name("en") == "Food"
    assert "can be done by" in answer(said)


def test_dutch_and_french_words_begin_it_too(talk: Talk) -> None:
    speaks(talk, STAFFER, "nl")
    assert len(messages(talk.say(STAFFER, "nieuw netwerk"))) == 1
    assert len(messages(talk.say(STAFFER, "annuleer"))) == 1
