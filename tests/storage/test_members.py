"""Members, their accounts, codes, blocks, figures and their erasure, as the rest of Kring uses them."""

from __future__ import annotations

import pytest

from storage import (
    audit,
    dialogues,
    erasure,
    member_accounts,
    member_counts,
    member_search,
    members,
    people,
    rooms,
)
from storage.member_search import Document
from storage.members import Profile
from storage.search_index import Wanted
from storage.session import Session

KEY = b"k" * 32
DAY = 86_400_000


def _registered(session: Session, number: str, **profile: object) -> int:
    values = {"display_name": f"Member {number}", **profile}
    return members.add(session, Profile(**values), number=number, now=1)  # type: ignore[arg-type]


def test_a_profile_comes_back_as_it_was_written(session: Session) -> None:
    profile = Profile(
        display_name="Léa Dubois",
        professions=("2643.1", "eigen woord"),
        city="Gand",
        skills=("é;è",),
    )
    member_id = members.add(session, profile, number="K1", now=5)
    found = members.by_number(session, " K1 ")
    assert found is not None
    assert (found.id, found.profile, found.consent, found.status) == (
        member_id,
        profile,
        "unasked",
        "active",
    )


def test_what_a_member_says_counts_as_corrected_until_the_register_wins(session: Session) -> None:
    member_id = _registered(session, "K1", city="Gent")
    members.set_field(session, member_id, "city", "Brugge", now=2)
    member = members.get(session, member_id)
    assert member is not None
    assert (member.profile.city, member.source("city"), member.source("skills")) == (
        "Brugge",
        "member",
        "register",
    )
    members.set_field(session, member_id, "city", "Gent", source="register", now=3)
    member = members.get(session, member_id)
    assert member is not None
    assert member.corrected == frozenset()


def test_a_field_takes_only_what_belongs_in_it(session: Session) -> None:
    member_id = _registered(session, "K1")
    with pytest.raises(TypeError):
        members.set_field(session, member_id, "skills", "one", now=2)
    with pytest.raises(ValueError, match="turnover_cents"):
        members.set_field(session, member_id, "turnover_cents", "1", now=2)
    with pytest.raises(ValueError, match="all"):
        members.set_visibility(session, member_id, "city", "all", now=2)  # type: ignore[arg-type]


def test_others_see_only_what_is_meant_for_them(session: Session) -> None:
    member_id = _registered(
        session, "K1", city="Gent", postcode="9000", about="Hi", skills=("seo",)
    )
    members.set_visibility(session, member_id, "skills", "networks", now=2)
    members.set_visibility(session, member_id, "about", "nobody", now=2)
    member = members.get(session, member_id)
    assert member is not None
    stranger = member.visible_profile(shares_network=False)
    colleague = member.visible_profile(shares_network=True)
    assert (stranger.city, stranger.postcode, stranger.skills, stranger.about) == (
        "Gent",
        "",
        (),
        "",
    )
    assert (colleague.postcode, colleague.skills, colleague.about) == ("9000", ("seo",), "")


def test_an_account_without_a_row_gets_one_profile(session: Session) -> None:
    first = member_accounts.ensure_for_user(session, "@a:x", display_name="Ann", now=1)
    again = member_accounts.ensure_for_user(session, "@a:x", display_name="Other", now=2)
    assert first == again
    assert (first.number, first.profile.display_name) == (None, "Ann")


def test_a_code_links_once_and_takes_the_self_made_profile_along(session: Session) -> None:
    row = _registered(session, "K1", city="Gent", skills=("seo",))
    own = member_accounts.ensure_for_user(session, "@a:elsewhere", now=1)
    members.set_field(session, own.id, "city", "Brugge", now=2)
    members.set_consent(session, own.id, "yes", now=2)
    code = member_accounts.new_code(session, row, by="@staff:x", now=3)
    # Read aloud, typed in small letters, O for 0.
    spoken = code.lower().replace("0", "o").replace("-", " ")
    assert member_accounts.redeem(session, spoken, "@a:elsewhere", now=4) == ("linked", row)
    member = members.by_user(session, "@a:elsewhere")
    assert member is not None
    assert (member.id, member.profile.city, member.profile.skills, member.consent) == (
        row,
        "Brugge",
        ("seo",),
        "yes",
    )
    assert member.corrected == {"city"}
    assert members.get(session, own.id) is None
    assert member_accounts.redeem(session, code, "@b:elsewhere", now=5) == ("wrong", None)


def test_codes_expire_are_replaced_and_are_never_stored(session: Session) -> None:
    row = _registered(session, "K1")
    old = member_accounts.new_code(session, row, by="@staff:x", now=1)
    code = member_accounts.new_code(session, row, by="@staff:x", now=2, lifetime_ms=10)
    assert member_accounts.redeem(session, old, "@a:x", now=3)[0] == "wrong"
    stored = session.rows("SELECT * FROM link_codes")
    assert len(stored) == 1
    secret = code.replace("-", "")[4:]
    assert all(secret not in str(tuple(one)) for one in stored)
    assert member_accounts.redeem(session, code, "@a:x", now=12)[0] == "expired"


def test_guessing_codes_ends_soon(session: Session) -> None:
    row = _registered(session, "K1")
    code = member_accounts.new_code(session, row, by="@staff:x", now=1)
    for attempt in range(5):
        guess = code[:5] + "0000-0000"
        assert member_accounts.redeem(session, guess, f"@a{attempt}:x", now=2)[0] == "wrong"
    assert member_accounts.redeem(session, code, "@right:x", now=3)[0] == "wrong"
    for _ in range(10):
        member_accounts.redeem(session, "XXXX-XXXX-XXXX", "@b:x", now=4)
    fresh = member_accounts.new_code(session, row, by="@staff:x", now=5)
    assert member_accounts.redeem(session, fresh, "@b:x", now=5)[0] == "too_many"
    assert member_accounts.redeem(session, fresh, "@b:x", now=5 + DAY)[0] == "linked"


def test_an_account_of_another_row_stays_where_it_is(session: Session) -> None:
    one, other = _registered(session, "K1"), _registered(session, "K2")
    member_accounts.attach(session, "@a:x", one, source="register", now=1)
    code = member_accounts.new_code(session, other, by="@staff:x", now=1)
    assert member_accounts.redeem(session, code, "@a:x", now=2) == ("other_member", None)
    assert member_accounts.accounts_of(session, one) == ["@a:x"]
    assert member_accounts.redeem(session, code, "@b:x", now=3) == ("linked", other)


def test_a_block_holds_for_all_accounts_of_both(session: Session) -> None:
    one, other = _registered(session, "K1"), _registered(session, "K2")
    for user, member_id in (("@a1:x", one), ("@a2:x", one), ("@b1:x", other), ("@b2:x", other)):
        member_accounts.attach(session, user, member_id, source="code", now=1)
    assert member_accounts.block(session, "@a1:x", "@b1:x", now=2)
    assert not member_accounts.block(session, "@a1:x", "@b1:x", now=3)
    assert not member_accounts.block(session, "@a1:x", "@a1:x", now=3)
    assert member_accounts.same_person(session, "@a2:x") == ["@a1:x", "@a2:x"]
    assert member_accounts.same_person(session, "@nobody:x") == ["@nobody:x"]
    assert member_accounts.hidden_from(session, "@a2:x") == {other}
    assert member_accounts.hidden_from(session, "@b2:x") == {one}
    assert not member_accounts.unblock(session, "@b1:x", "@a1:x")
    assert member_accounts.unblock(session, "@a1:x", "@b1:x")
    assert member_accounts.hidden_from(session, "@a1:x") == set()


def test_figures_count_those_who_said_no_and_hide_the_few(session: Session) -> None:
    for number in range(12):
        member_id = _registered(
            session, f"K{number}", sectors=("M",), city="Gent" if number else "Ieper"
        )
        members.set_consent(session, member_id, "no", now=2)
        members.set_turnover(session, member_id, 100_00)
    assert member_counts.totals(session).found_no == 12
    assert member_counts.by_trait(session, "sectors", smallest=5) == [("M", 12)]
    assert member_counts.by_trait(session, "city", smallest=5) == [("Gent", 11)]


def test_turnover_is_a_sum_over_ten_people_or_nothing(session: Session) -> None:
    for number in range(11):
        member_id = _registered(session, f"K{number}")
        if number < 10:
            members.set_turnover(session, member_id, 50_01)
        member_accounts.attach(session, f"@m{number}:x", member_id, source="register", now=1)
    for room_id, present in (("!first9", range(9)), ("!last10", range(1, 11)), ("!all", range(11))):
        rooms.know(session, room_id, now=1)
        rooms.replace_joined(session, room_id, {f"@m{n}:x": None for n in present}, now=1)
    assert member_counts.turnover_sum(session) == 500_10
    assert member_counts.turnover_sum(session, room_ids=["!all"]) == 500_10
    assert member_counts.turnover_sum(session, room_ids=["!first9"]) is None
    assert member_counts.turnover_sum(session, room_ids=["!last10"]) is None
    assert member_counts.turnover_sum(session, smallest=2, room_ids=["!first9"]) is None


def test_an_erased_member_leaves_nothing_but_a_keyed_hash(session: Session) -> None:
    member_id = _registered(session, "K77", city="Zwevezele", about="quixotically")
    member_accounts.attach(session, "@gone:x", member_id, source="code", now=1)
    member_accounts.block(session, "@other:x", "@gone:x", now=1)
    people.choose_language(session, "@gone:x", "fr", now=1)
    dialogues.begin(
        session,
        user_id="@gone:x",
        room_id="!d",
        name="profile",
        step="city",
        data={},
        language="fr",
        expires_at=9,
        now=1,
    )
    audit.note(session, actor="@gone:x", action="profile.saved", subject=None, now=1)
    member_search.put(session, member_id, Document(name="zwevezele", about="quixotically"))

    assert erasure.erase(session, member_id, key=KEY, now=2) == ["@gone:x"]

    for table in session.column("SELECT name FROM sqlite_master WHERE type = 'table'"):
        if table.startswith("member_search_"):
            kept = b"".join(
                bytes(value) if isinstance(value, bytes) else str(value).encode()
                for row in session.rows(f"SELECT * FROM {table}")
                for value in row
            )
            assert b"quixotic" not in kept, table
        elif table != "member_search":
            for row in session.rows(f"SELECT * FROM {table}"):
                text = " ".join(map(str, row))
                assert "gone" not in text, table
                assert "K77" not in text, table
                assert "quixotically" not in text, table
    number, account = (
        erasure.key_of(KEY, "number", "K77"),
        erasure.key_of(KEY, "account", "@gone:x"),
    )
    assert erasure.every(session) == {number, account}
    assert erasure.key_of(b"another key", "number", "K77") != number
    assert [entry.actor for entry in _acts(session)] == [None]
    assert erasure.lift(session, KEY, "number", "K77")
    assert erasure.every(session) == {account}


def _acts(session: Session) -> list[audit.Entry]:
    return session.typed(
        lambda row: audit.Entry(row["at"], row["actor"], row["action"], None, {}),
        "SELECT * FROM audit",
    )


def test_a_member_can_see_everything_kept_about_them(session: Session) -> None:
    member_id = _registered(session, "K1", city="Gent")
    members.set_turnover(session, member_id, 12_00)
    member_accounts.attach(session, "@a:x", member_id, source="code", now=1)
    member_accounts.block(session, "@a:x", "@b:x", now=1)
    member_accounts.block(session, "@secret:x", "@a:x", now=1)
    rooms.know(session, "!n", now=1)
    rooms.set_membership(session, "!n", "@a:x", "join", display_name="A", since=1)
    known = erasure.everything_about(session, member_id)
    assert known["number"] == "K1"
    assert known["turnover_cents"] == 12_00
    assert [one["blocked_user_id"] for one in known["blocked"]] == ["@b:x"]
    assert [one["room_id"] for one in known["rooms"]] == ["!n"]
    assert "@secret:x" not in str(known)
    assert erasure.everything_about(session, 999) == {}


def test_the_index_follows_every_change(session: Session) -> None:
    def found(word: str, *, shared: bool = False) -> list[int]:
        return member_search.matching(session, [Wanted(prefixes=(word,))], shared=shared, limit=9)

    member_search.put(session, 1, Document(name="ann"), Document(name="ann", place="9000"))
    member_search.put(session, 2, Document(name="anneke"))
    assert found("ann") == [1, 2]
    assert (found("9000"), found("9000", shared=True)) == ([], [1])
    member_search.put(session, 1, Document(name="bea"))
    assert (found("ann"), found("bea"), found("9000", shared=True)) == ([2], [1], [])
    assert not member_search.INDEX.begins_some_word(session, "9000")
    assert member_search.remove(session, 2)
    assert not member_search.INDEX.begins_some_word(session, "ann")
    assert member_search.rebuild(session, [(7, Document(name="cis"), None)]) == 1
    assert (found("bea"), found("cis")) == ([], [7])


@pytest.mark.parametrize("word", ['"', 'a" OR name:"', "*", "NEAR(", "^a", "-", "", "a b"])
def test_only_words_reach_the_index(session: Session, word: str) -> None:
    with pytest.raises(ValueError, match="no word"):
        member_search.matching(session, [Wanted(prefixes=(word,))], shared=False, limit=5)
