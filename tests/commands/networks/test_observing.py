"""Figures about members: nothing about fewer than five, and nothing from which that could be computed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from commands.networks.disclosure import suppress
from storage import member_accounts, members
from storage.members import Profile
from storage.session import Session
from tests.commands.networks.world import ANNA, CARO, STAFFER, network, one, register
from tests.commands.talk import Talk, answer

COUNTS = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 40), max_size=12)


@given(
    counts=COUNTS,
    smallest=st.integers(5, 12),
    most=st.integers(1, 12),
    hide=st.sets(st.sampled_from("abcdef")),
)
def test_hidden_cells_cannot_be_computed(
    counts: dict[str, int], smallest: int, most: int, hide: set[str]
) -> None:
    shown = suppress(counts, smallest=smallest, most=most, hide=hide)
    assert not hide & {name for name, _ in shown.cells}
    names = {name for name, _ in shown.cells}
    hidden = {name: n for name, n in counts.items() if n > 0 and name not in names}
    assert all(number >= smallest and counts[name] == number for name, number in shown.cells)
    assert len(shown.cells) <= most
    assert shown.hidden == bool(hidden)
    if hidden and shown.cells:
        assert len(hidden) >= 2
        assert sum(hidden.values()) >= smallest
        assert shown.rest == sum(hidden.values())
    if shown.rest is None:
        assert not shown.cells


@given(counts=COUNTS)
def test_what_is_harmless_is_shown(counts: dict[str, int]) -> None:
    large = {name: number for name, number in counts.items() if number >= 5}
    assert dict(suppress(large, smallest=5, most=99).cells) == large


def test_one_small_group_takes_the_next_smallest_with_it() -> None:
    shown = suppress({"a": 50, "b": 20, "c": 3}, smallest=5, most=9)
    assert shown.cells == (("a", 50),)
    assert shown.rest == 23


def test_suggestions_come_from_visible_and_invisible_members_without_a_network(talk: Talk) -> None:
    register(talk, 12, professions=("2643.1",), sectors=("N",))
    register(talk, 11, professions=("2654.1",), sectors=("S",))
    register(talk, 4, professions=("2652.1",), sectors=("S",))
    register(talk, 3, professions=("3431.1",), sectors=("S",))
    text = answer(talk.say(STAFFER, "netwerk suggesties"))
    assert ": 12" in text
    assert ": 11" in text
    network(talk, "translators", kind="profession", label="2643.1")
    text = answer(talk.say(STAFFER, "réseau suggérer 11"))
    assert text.count(": 12") == 1  # the sector has no network yet
    assert ": 4" not in answer(talk.say(STAFFER, "network suggest 1"))
    assert "can be done by" in answer(talk.say(CARO, "network suggest"))


def test_observation_hides_small_groups_and_their_neighbours(talk: Talk) -> None:
    register(talk, 30, region="brussels", languages=("fr",), stage="starting")
    register(talk, 9, region="flanders", languages=("nl",), stage="established")
    register(talk, 2, region="wallonia", languages=("fr",), stage="growing")
    text = answer(talk.say(STAFFER, "network observe"))
    assert "Brussels-Capital Region: 30" in text
    assert "Flanders" not in text
    assert "Wallonia" not in text
    assert "others: 11" in text
    assert ": 2" not in text


def known(talk: Talk, accounts: list[str], region: str) -> None:
    """Members with these accounts in that region."""

    def make(session: Session) -> None:
        for user in accounts:
            member = members.add(session, Profile(region=region), number=user, now=1)
            member_accounts.attach(session, user, member, source="register", now=1)

    talk.write(make)


def test_those_who_say_nothing_are_no_small_group_either(talk: Talk) -> None:
    """Ten in the register, eight of Brussels: the two others would be what is left."""
    register(talk, 8, region="brussels")
    register(talk, 2)
    assert ": 8" not in answer(talk.say(STAFFER, "network observe"))


def test_a_trait_that_all_but_a_few_have_is_hidden(talk: Talk) -> None:
    register(talk, 20, languages=("nl", "fr"))
    register(talk, 2, languages=("fr",))
    text = answer(talk.say(STAFFER, "network observe"))
    assert ": 20" not in text


def test_a_network_beside_the_whole_does_not_betray_who_is_outside(talk: Talk) -> None:
    people = [f"@p{n}:localhost" for n in range(20)]
    network(talk, "food", powers={ANNA: 50, **dict.fromkeys(people, 0)})
    known(talk, [ANNA, *people[:9]], "brussels")
    known(talk, people[9:], "flanders")
    register(talk, 2, region="brussels")
    register(talk, 9, region="flanders")
    assert "Capital Region: 12" in answer(talk.say(STAFFER, "network observe"))
    text = answer(talk.say(ANNA, "network observe food"))
    assert ": 10" not in text
    assert "others" not in text.split("Groups of")[0]


def test_the_whole_is_for_staff_and_not_for_a_networks_room(talk: Talk) -> None:
    register(talk, 30, region="brussels")
    room = network(talk, "food", powers={ANNA: 50})
    network(talk, "drink", powers={ANNA: 50})
    assert "Something is missing" in answer(talk.say(ANNA, "network observe"))
    other = talk.room("!lounge", "other", {STAFFER: 0})
    for line in ("!network observe", "!network suggest 5"):
        assert "30" not in one(talk.say(STAFFER, line, room=other), other).text
    assert "nothing to show" in one(talk.say(STAFFER, "!network observe", room=room), STAFFER).text


def test_suggestions_hold_back_what_the_observation_does(talk: Talk) -> None:
    register(talk, 30, professions=("2643.1",))
    register(talk, 9, professions=("2654.1",))
    register(talk, 2, professions=("2652.1",))
    text = answer(talk.say(STAFFER, "network suggest 5"))
    assert ": 30" in text
    assert ": 9" not in text


def test_an_animator_sees_the_own_network_only_in_figures(talk: Talk) -> None:
    room = network(talk, "food", powers={ANNA: 50, **{f"@p{n}:localhost": 0 for n in range(6)}})
    register(talk, 40, region="brussels")
    known(talk, [ANNA, *(f"@p{n}:localhost" for n in range(6))], "flanders")
    said = talk.say(ANNA, "!netwerk observeren", room=room)
    text = one(said, ANNA).text
    assert "Flanders: 7" in text
    assert "Brussels" not in text
    assert "7" not in one(said, room).text
    assert "Flanders: 7" in answer(talk.say(ANNA, "network observe"))
    network(talk, "small", powers={ANNA: 50})
    assert "nothing to show" in answer(talk.say(ANNA, "network observe small"))
    assert "can be done by" in answer(talk.say(CARO, "network observe food"))


def test_turnover_is_told_to_staff_only_rounded_and_of_ten_people_at_least(talk: Talk) -> None:
    register(talk, 9)

    def earn(session: Session) -> None:
        session.run("UPDATE members SET turnover_cents = 1234567")

    def get_accounts(session: Session) -> None:
        for one_of_them in members.every(session):
            user = f"@m{one_of_them.number}:localhost"
            if one_of_them.number is not None:
                member_accounts.attach(session, user, one_of_them.id, source="register", now=1)

    talk.write(earn)
    assert "turnover" not in answer(talk.say(STAFFER, "network observe"))
    register(talk, 3)
    talk.write(earn)
    text = answer(talk.say(STAFFER, "network observe"))
    assert "Yearly turnover together: about €150K" in text  # 148,148.04 euros
    talk.write(get_accounts)
    network(talk, "film", powers={ANNA: 50, **{f"@m{n}:localhost": 0 for n in range(12)}})
    assert "about €150K" in answer(talk.say(STAFFER, "network observe film"))
    assert "turnover" not in answer(talk.say(ANNA, "network observe film"))
