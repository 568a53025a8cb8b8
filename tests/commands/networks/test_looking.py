"""Finding a network and reading its card, in three languages and with typing errors."""

from __future__ import annotations

import pytest

from storage import networks
from storage.session import Session
from tests.commands.networks.world import ANNA, BEN, CARO, STAFFER, network, one
from tests.commands.talk import Talk, answer


@pytest.fixture
def three(talk: Talk) -> Talk:
    network(
        talk,
        "audiovisual-brussels",
        names={
            "en": "Audiovisual Brussels",
            "nl": "Audiovisueel Brussel",
            "fr": "Audiovisuel Bruxelles",
        },
        powers={ANNA: 50, BEN: 0},
        kind="profession",
        region="brussels",
        languages=("fr", "nl"),
        texts={"purpose": {"fr": "Films ensemble", "nl": "Samen films maken"}},
    )
    network(talk, "food", names={"en": "Food makers"}, kind="sector", openness="approval")
    network(talk, "board-games", names={"en": "Board games"}, openness="invitation")
    return talk


def test_the_list_shows_all_and_filters_in_each_language(three: Talk) -> None:
    everything = answer(three.say(CARO, "networks"))
    assert "3 networks" in everything
    assert all(slug in everything for slug in ("audiovisual-brussels", "food", "board-games"))
    for text in (
        "networks kind:profession",
        "netwerken soort:beroep",
        "réseaux type:métier",
        "reseaux type:metier region:bruxelles langue:néerlandais",
        "netwerken films",
        "networks FILM",
        "netwerken soort:beroepen regio:gent",
    ):
        shown = answer(three.say(CARO, text))
        assert ("audiovisual-brussels" in shown) == ("gent" not in text), text
        assert "board-games" not in shown, text


def test_what_a_network_is_called_and_what_is_typed_for_it_stand_apart(three: Talk) -> None:
    for said in ("networks food", "network food"):
        assert "Food makers (food)" in answer(three.say(CARO, said)), said


def test_the_list_invites_to_a_network_that_one_is_not_in(three: Talk) -> None:
    assert "!join audiovisual-brussels" in answer(three.say(CARO, "networks"))
    assert "!join food" in answer(three.say(BEN, "networks"))
    mine = answer(three.say(BEN, "networks kind:profession"))
    assert "!network audiovisual-brussels" in mine
    assert "!join" not in mine
    assert "!join" not in answer(three.say(CARO, "networks board"))
    # In a room nobody reads which ones somebody is in.
    said = three.say(BEN, "!networks", room="!audiovisual-brussels")
    assert "!join audiovisual-brussels" in one(said).text


def test_a_part_of_a_long_word_finds_the_network(talk: Talk) -> None:
    network(talk, "couriers", names={"nl": "Fietskoeriers"}, languages=("nl",))
    assert "couriers" in answer(talk.say(CARO, "netwerken koeriers"))
    assert "couriers" in answer(talk.say(CARO, "netwerken fiets"))
    assert "No network fits" in answer(talk.say(CARO, "netwerken oer"))


def test_an_empty_result_says_what_to_do(three: Talk) -> None:
    assert "propose network" in answer(three.say(CARO, "networks quantum"))


def test_closed_networks_and_those_without_a_room_are_hidden_from_members(three: Talk) -> None:
    three.write(
        lambda session: networks.set_stage(session, get_id(three, session), "closed", now=1)
    )
    assert "food" not in answer(three.say(CARO, "networks"))
    assert "cannot find" in answer(three.say(CARO, "network food"))
    assert "closed" in answer(three.say(STAFFER, "network food"))


def get_id(talk: Talk, session: Session) -> int:
    found = networks.by_slug(session, "food")
    assert found is not None
    return found.id


@pytest.mark.parametrize(
    "typed",
    [
        "audiovisual-brussels",
        "Audiovisual Brussels",
        "audiovisuel bruxelles",
        "AUDIOVISUEEL BRUSSEL",
        "audiovisueel",
        "audiovisual brusels",
        "audiovisuel-bruxeles",
        "bruxelles",
    ],
)
def test_a_network_is_found_by_any_of_its_names(three: Talk, typed: str) -> None:
    assert "audiovisual-brussels" in answer(three.say(CARO, f"network {typed}"))


def test_what_is_not_found_brings_suggestions(three: Talk) -> None:
    text = answer(three.say(CARO, "network audiogames"))
    assert "cannot find" in text
    assert "board-games" in text or "audiovisual" in text
    assert "board-games" in answer(three.say(CARO, "join gaems"))
    assert "“networks” shows them" in answer(three.say(CARO, "join quantum"))


def test_the_card_shows_everything_and_no_small_count(three: Talk) -> None:
    card = answer(three.say(CARO, "network audiovisual-brussels"))
    assert "Audiovisual Brussels" in card
    assert "Films ensemble" in card  # no English purpose: the room's first language
    assert "At least 30 members" in card
    assert "Members: fewer than 5" in card
    assert "Anna" in card
    assert "join audiovisual-brussels" in card
    three.room(
        "!audiovisual-brussels",
        "network",
        {ANNA: 50, **{f"@p{number}:localhost": 0 for number in range(4)}, BEN: 0},
    )
    assert "Members: 6" in answer(three.say(CARO, "network audiovisual-brussels"))


EVA = "@eva:localhost"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("network audiovisual-brussels", "Audiovisual Brussels"),
        ("netwerk audiovisual-brussels", "Audiovisueel Brussel"),
        ("réseau audiovisual-brussels", "Audiovisuel Bruxelles"),
    ],
)
def test_without_a_choice_the_words_language_answers(three: Talk, typed: str, name: str) -> None:
    assert name in answer(three.say(EVA, typed))


def test_in_its_room_the_network_needs_no_name(three: Talk) -> None:
    said = three.say(EVA, "!réseau", room="!audiovisual-brussels")
    assert "Films ensemble" in one(said).text
    assert "Food makers" in one(three.say(BEN, "!network food", room="!audiovisual-brussels")).text


def test_the_list_in_a_room_does_not_tell_who_is_where(three: Talk) -> None:
    in_private = answer(three.say(BEN, "networks"))
    in_room = one(three.say(BEN, "!networks", room="!audiovisual-brussels")).text
    assert "✔" in in_private
    assert "✔" not in in_room


def test_mixed_languages_are_understood_as_a_slip(three: Talk) -> None:
    assert "!network requests" in answer(three.say(ANNA, "network aanvragen"))


@pytest.mark.parametrize(
    ("region", "wanted", "there"),
    [
        ("brussels", "brussel", True),
        ("be-brussels", "bruxelles", True),
        ("be-ghent", "vlaanderen", True),
        ("flanders", "gand", True),
        ("be-ghent", "gent", True),
        ("be-ghent", "antwerpen", False),
        ("wallonia", "gent", False),
        ("Pajottenland", "pajottenland", True),
        ("Pajottenland", "gent", False),
        (None, "gent", True),
    ],
)
def test_regions_hold_their_cities(talk: Talk, region: str, wanted: str, there: bool) -> None:
    network(talk, "circle", region=region)
    assert ("circle" in answer(talk.say(CARO, f"networks region:{wanted}"))) is there


def test_help_shows_commands_of_animators_only_to_those_who_run_something(three: Talk) -> None:
    assert "network edit" not in answer(three.say(CARO, "help network"))
    assert "network edit" in answer(three.say(ANNA, "help network"))
