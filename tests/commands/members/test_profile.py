"""A profile by conversation: filled in, corrected, hidden, shown and taken back."""

from __future__ import annotations

import pytest

from storage import member_accounts, members
from storage.members import Member
from tests.commands.members.world import (
    ANNA,
    BEN,
    CARO,
    STAFFER,
    STRANGER,
    conversation,
    person,
)
from tests.commands.talk import Talk, answer


def profile_of(talk: Talk, user: str) -> Member:
    found = talk.write(lambda session: members.by_user(session, user))
    assert found is not None
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "lines",
    [
        [
            ("profile", "1 of 4"),
            ("translator, cook", "2 of 4"),
            ("Ghent", "3 of 4"),
            ("Dutch and Gibberish", "“Gibberish”"),
            ("Dutch, French", "4 of 4"),
            ("maybe", "one of the answers"),
            ("yes", "Other members can find you"),
            ("find translator", "Nobody found"),
        ],
        [
            ("profiel", "1 "),
            ("vertaler, kok", "2 "),
            ("terug", "1 "),
            ("vertaler; kok", "2 "),
            ("Gent", "3 "),
            ("nl, frans", "4 "),
            ("ja", "!profiel"),
        ],
        [
            ("profil", "1 "),
            ("traducteur, cuisinier", "2 "),
            ("Gand", "3 "),
            ("néerlandais, français", "4 "),
            ("OUI", "!profil"),
        ],
    ],
)
def test_four_questions_and_one_can_be_found(talk: Talk, lines: list[tuple[str, str]]) -> None:
    conversation(talk, ANNA, lines)
    member = profile_of(talk, ANNA)
    assert member.consent == "yes"
    assert len(member.profile.professions) == 2
    assert talk.write(lambda s: members.by_user(s, ANNA)).profile.region == "flanders"
    assert member.profile.languages == ("nl", "fr")
    assert "Anna" in answer(talk.say(BEN, "find translator ghent"))


def test_back_skip_dash_and_cancel(talk: Talk) -> None:
    person(talk, ANNA, professions="kok", skills="soup", city="Gent", display_name="Anna")
    conversation(
        talk,
        ANNA,
        [
            ("profile edit", "1 of"),
            ("-", "a name"),
            ("skip", "What do you do?"),
            ("skip", "good at"),
            ("-", "city"),
            ("back", "good at"),
            ("soup, bread", "city"),
            ("stop", "Your profile"),
        ],
    )
    assert profile_of(talk, ANNA).profile.skills == ("soup",)


def test_the_sign_that_empties_a_field_stands_in_quotes(talk: Talk) -> None:
    person(talk, ANNA, professions="kok", display_name="Anna")
    assert "empty" not in answer(talk.say(ANNA, "profile edit"))
    assert "“-” to empty" in answer(talk.say(ANNA, "skip"))


def test_the_long_way_asks_for_everything_but_what_was_agreed(talk: Talk) -> None:
    person(talk, ANNA, professions="kok", city="Gent", display_name="Anna")
    conversation(
        talk,
        ANNA,
        [
            ("profile edit", "name"),
            ("Anna P.", "What do you do?"),
            ("cook", "good at"),
            ("soup", "town"),
            ("skip", "languages"),
            ("nl", "yourself"),
            ("Hello", "see more"),
            ("not a link", "web address"),
            ("example.org", "stage"),
            ("2", "open to"),
            ("1, 3", "not everyone"),
            ("about me, links", "Who may see"),
            ("nobody", "Saved"),
        ],
    )
    member = profile_of(talk, ANNA)
    assert member.profile.links == ("https://example.org",)
    assert member.profile.stage == "established"
    assert member.visibility("about") == member.visibility("links") == "nobody"
    assert "Hello" not in answer(talk.say(BEN, "profile @anna"))


@pytest.mark.parametrize(
    ("typed", "name", "value"),
    [
        ("profile edit city Ghent", "city", "Ghent"),
        ("profiel aanpassen stad Sint-Gillis", "city", "Sint-Gillis"),
        ("profil modifier ville Gand", "city", "Gand"),
        ("profile edit skills soup, bread", "skills", ("soup", "bread")),
        ("profile edit stage growing", "stage", "growing"),
        ("profile edit skills -", "skills", ()),
    ],
)
def test_one_field_in_one_line(talk: Talk, typed: str, name: str, value: object) -> None:
    person(talk, ANNA, professions="kok", skills="old", display_name="Anna")
    answer(talk.say(ANNA, typed))
    assert profile_of(talk, ANNA).profile.value(name) == value


def test_long_and_wrong_values_are_refused_with_what_was_expected(talk: Talk) -> None:
    person(talk, ANNA, professions="kok", display_name="Anna")
    conversation(
        talk,
        ANNA,
        [
            ("language english", "English"),
            ("profile edit about " + "x" * 1500, "Saved"),
            ("profile edit about " + "x" * 1501, "at most"),
            ("profile edit sectors wizardry", "a sector"),
            ("profile edit languages fraans", "Near: French"),
            ("profile edit shoe size", "a part of your profile"),
            ("profile edit stage foo", "starting, established"),
            ("profile edit stage foo", "profile edit city Ghent"),
            ("profile edit open to nonsense", "working together"),
            ("visibility city friends", "one of"),
            ("visible perhaps", "one of"),
        ],
    )
    assert profile_of(talk, ANNA).profile.about == "x" * 1500


@pytest.mark.parametrize(
    "typed",
    [
        "profile edit languages Dutch, French and English",
        "profiel aanpassen talen Nederlands, Frans en Engels",
        "profil modifier langues néerlandais, français et anglais",
    ],
)
def test_languages_are_listed_as_people_list_them(talk: Talk, typed: str) -> None:
    person(talk, ANNA, professions="kok", display_name="Anna")
    talk.say(ANNA, typed)
    assert profile_of(talk, ANNA).profile.languages == ("nl", "fr", "en")


@pytest.mark.parametrize(
    "typed",
    ["visibility city nobody", "zichtbaarheid stad niemand", "visibilité ville personne"],
)
def test_each_field_has_its_own_visibility(talk: Talk, typed: str) -> None:
    person(talk, ANNA, professions="kok", city="Gent", display_name="Anna")
    assert "Gent" in answer(talk.say(BEN, "profile @anna"))
    answer(talk.say(ANNA, typed))
    assert "Gent" not in answer(talk.say(BEN, "profile @anna"))
    assert "Nobody found" in answer(talk.say(BEN, "find place:gent"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("public yess", "yes"), ("openbaar jaa", "ja"), ("visible ouii", "oui"), ("public nn", "no")],
)
def test_a_slip_agrees_to_nothing(talk: Talk, typed: str, meant: str) -> None:
    person(talk, ANNA, professions="kok", display_name="Anna")
    before = profile_of(talk, ANNA)
    text = answer(talk.say(ANNA, typed))
    assert typed.split()[1] in text
    assert meant in text
    assert profile_of(talk, ANNA) == before


def test_a_no_about_being_found_ends_the_public_pages_too(talk: Talk) -> None:
    person(talk, ANNA, professions="kok", display_name="Anna")
    talk.say(ANNA, "public yes")
    assert talk.write(lambda s: [one.profile.display_name for one in members.on_public_pages(s)])
    talk.say(ANNA, "visible no")
    assert not talk.write(members.on_public_pages)
    assert "Take that back first" in answer(talk.say(ANNA, "public yes"))
    talk.say(ANNA, "public no")
    talk.say(ANNA, "visible yes")
    assert not talk.write(members.on_public_pages)


@pytest.mark.parametrize(
    ("typed", "choices"),
    [
        ("public", ("public yes", "public no")),
        ("openbaar", ("openbaar ja", "openbaar nee")),
        ("visible", ("visible yes", "visible no")),
        ("vindbaar", ("vindbaar ja", "vindbaar nee")),
        ("trouvable", ("visible oui", "visible non")),
    ],
)
def test_to_look_is_not_to_agree(talk: Talk, typed: str, choices: tuple[str, str]) -> None:
    person(talk, ANNA, professions="kok", display_name="Anna", consent=False)
    looked = answer(talk.say(ANNA, typed))
    for choice in choices:
        assert f"!{choice}" in looked
    member = profile_of(talk, ANNA)
    assert (member.consent, member.public_page) == ("unasked", False)
    answer(talk.say(ANNA, choices[0]))
    agreed = answer(talk.say(ANNA, typed))
    assert agreed != looked
    member = profile_of(talk, ANNA)
    assert member.consent == "yes" or member.public_page
    answer(talk.say(ANNA, choices[1]))
    assert answer(talk.say(ANNA, typed)) == looked


def test_what_a_profile_says_to_type_to_be_found_does_it(talk: Talk) -> None:
    person(talk, ANNA, professions="kok", display_name="Anna", consent=False)
    for language, typed in (
        ("english", "visible yes"),
        ("nederlands", "vindbaar ja"),
        ("français", "visible oui"),
    ):
        talk.say(ANNA, f"language {language}")
        talk.say(ANNA, "visible no")
        assert f"!{typed}" in answer(talk.say(ANNA, "profile"))
        talk.say(ANNA, typed)
        assert profile_of(talk, ANNA).consent == "yes"


def test_a_room_hears_nothing_of_what_is_personal(talk: Talk) -> None:
    person(talk, ANNA, professions="kok", postcode="9000", display_name="Anna", consent=False)
    room = talk.room("!cooks", "network", {ANNA: 0, BEN: 0})
    for typed in ("!profile", "!mydata", "!mydata export", "!profile edit city Gent"):
        said = talk.say(ANNA, typed, room=room)
        in_room = [each for each in said if each.draft.room_id == room]
        assert len(in_room) == 1, typed
        for hidden in ("9000", "find you", "cook"):
            assert hidden not in in_room[0].text, typed
        assert len(said) > 1


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("!visibility city nobody", "nobody"),
        ("!visible no", "nobody finds you"),
        ("!visible yes", "can find you"),
        ("!public yes", "Take that back first"),
        ("!public no", "no longer appear"),
    ],
)
def test_whether_one_may_be_found_is_told_to_oneself_only(
    talk: Talk, typed: str, told: str
) -> None:
    person(talk, ANNA, professions="kok", display_name="Anna")
    talk.say(ANNA, "language english")
    talk.say(ANNA, "visible no")
    room = talk.room("!cooks", "network", {ANNA: 0, BEN: 0})
    said = talk.say(ANNA, typed, room=room)
    (in_room,) = [each.text for each in said if each.draft.room_id == room]
    assert in_room == "I have sent it to you in our direct chat."
    (private,) = [each.text for each in said if each.draft.user_id == ANNA]
    assert told in private


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("profile edit stage foo", "starting, established"),
        ("profile edit shoe size", "a part of your profile"),
        ("visibility city friends", "one of"),
        ("visibility city", "everyone, networks or nobody"),
    ],
)
def test_a_first_word_that_is_wrong_makes_no_profile(talk: Talk, typed: str, expected: str) -> None:
    talk.say(CARO, "language english")
    assert expected in answer(talk.say(CARO, typed))
    assert talk.write(lambda session: members.by_user(session, CARO)) is None


def test_codes_link_once_and_only_their_own(talk: Talk) -> None:
    person(talk, ANNA, number="K1", display_name="Anna", consent=False)
    person(talk, BEN, number="K2", display_name="Ben", consent=False)
    talk.say(STAFFER, "language english")
    talk.say(STRANGER, "language english")
    talk.say(BEN, "language english")
    refused = answer(talk.say(CARO, "member code K1"))
    assert "staff" in refused.lower()
    assert "member of the register" in answer(talk.say(STAFFER, "member code K9"))
    code = answer(talk.say(STAFFER, "member code K1")).split(": ", 1)[1].split()[0]
    conversation(
        talk,
        STRANGER,
        [("link ABCD-EFGH-JKMN", "do not know this code"), ("link", "code")],
    )
    assert "another row" in answer(talk.say(BEN, f"link {code}"))
    linked = talk.say(STRANGER, f"link {code.lower()}")
    assert "Welcome" in answer(linked)
    (invite,) = [each.content for each in linked if each.kind == "action"]
    assert (invite["room_id"], invite["user_id"]) == ("!space", STRANGER)
    assert profile_of(talk, STRANGER).number == "K1"
    assert "do not know" in answer(talk.say(STRANGER, f"link {code}"))
    old = answer(talk.say(STAFFER, "member code K1")).split(": ", 1)[1].split()[0]
    talk.wait(days=8)
    assert "too old" in answer(talk.say(CARO, f"link {old}"))


def test_too_many_wrong_codes_are_stopped_for_the_day(talk: Talk) -> None:
    talk.say(STRANGER, "language english")
    for _ in range(10):
        assert "do not know" in answer(talk.say(STRANGER, "link AAAA-BBBB-CCCC"))
    assert "too many" in answer(talk.say(STRANGER, "link AAAA-BBBB-CCCC"))
    talk.wait(days=1, minutes=1)
    assert "do not know" in answer(talk.say(STRANGER, "link AAAA-BBBB-CCCC"))


def test_blocking_hides_both_ways_until_it_is_taken_back(talk: Talk) -> None:
    person(talk, ANNA, professions="kok", display_name="Anna")
    person(talk, BEN, professions="kok", display_name="Ben")
    conversation(
        talk, ANNA, [("block", "nobody"), ("block @ben", "not find"), ("block @ben", "already")]
    )
    for one, other in ((ANNA, "Ben"), (BEN, "Anna")):
        assert other not in answer(talk.say(one, "find cook"))
        assert "agreed to be found" in answer(talk.say(one, f"profile @{other.lower()}"))
    conversation(talk, ANNA, [("block", "Ben"), ("block @anna", "not somebody")])
    conversation(talk, ANNA, [("unblock @ben", "no longer"), ("unblock @ben", "did not")])
    assert "Ben" in answer(talk.say(ANNA, "find cook"))


def test_a_block_is_shown_and_taken_back_from_each_of_ones_accounts(talk: Talk) -> None:
    anna = person(talk, ANNA, number="K1", display_name="Anna")
    other = "@anna:elsewhere.example"
    talk.write(lambda session: member_accounts.attach(session, other, anna, source="code", now=1))
    for user in (ANNA, other):
        talk.say(user, "language english")
    talk.say(other, f"block {CARO}")
    conversation(
        talk,
        ANNA,
        [
            (f"block {BEN}", "not find"),
            ("mydata", "You block 2 people"),
            ("block", "caro"),
            (f"block {CARO}", "already"),
            (f"unblock {CARO}", "no longer"),
            ("mydata", "You block 1 person"),
        ],
    )
    conversation(talk, other, [("mydata", "You block 1 person"), ("block", "ben")])
