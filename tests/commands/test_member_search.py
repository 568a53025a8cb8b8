"""Members looking for each other: who is found by which words, why, in which order, and who is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.demo.register import rows
from commands.kernel.fields import FieldError
from commands.labels import load_labels
from commands.members import indexing
from commands.members import search as search_module
from commands.members.fields import PROFILE, parse
from commands.members.search import Query, Results, find
from storage import erasure, member_accounts, members, rooms
from storage.members import FIELDS, Profile
from storage.session import Session
from tests.support.memory import session_in_memory

LABELS = load_labels()
ME = "@me:x"


@pytest.fixture
def session(session: Session) -> Session:
    member(session, ME, "Me Myself", city="Leuven")
    return session


def member(session: Session, user: str, name: str, *, consent: bool = True, **said: str) -> int:
    """Somebody who filled in a profile with words as people type them."""
    found = member_accounts.ensure_for_user(session, user, now=1)
    said = {"display_name": name, **said}
    values = {field: parse(field, text, LABELS).value for field, text in said.items()}
    members.set_fields(session, found.id, values, now=1)
    if consent:
        members.set_consent(session, found.id, "yes", now=1)
    indexing.reindex(session, LABELS, found.id)
    return found.id


def network(session: Session, room_id: str, *users: str) -> None:
    rooms.know(session, room_id, now=1)
    rooms.set_joined(session, room_id, True, None)
    rooms.set_kind(session, room_id, "network")
    for user in users:
        rooms.set_membership(session, room_id, user, "join", display_name=None, since=1)


def look(
    session: Session, text: str = "", *, user: str = ME, language: str = "nl", **more: object
) -> Results:
    paging = {key: more.pop(key) for key in ("offset", "limit", "in_public") if key in more}
    return find(session, LABELS, Query(text, **more), user=user, language=language, **paging)  # type: ignore[arg-type]


def names(results: Results) -> list[str]:
    return [hit.profile.display_name for hit in results.hits]


@pytest.mark.parametrize("word", ["translator", "vertaler", "traducteur", "traductrice"])
def test_who_translates_films_is_a_translator_in_every_language(
    session: Session, word: str
) -> None:
    member(session, "@sub:x", "Sub Titler", professions="ondertitelaar")
    member(session, "@tra:x", "Trans Lator", professions="vertaler")
    assert sorted(names(look(session, word))) == ["Sub Titler", "Trans Lator"]


@pytest.mark.parametrize(
    "word", ["vertaler", "traducteur", "traductrice", "translator", "VERTALERS", "traducteur·rice"]
)
def test_one_word_finds_the_same_people_in_every_language(session: Session, word: str) -> None:
    member(session, "@a:x", "Ann", professions="translator")
    member(session, "@b:x", "Bea", professions="vertaler")
    member(session, "@c:x", "Cis", professions="loodgieter")
    found = look(session, word)
    assert names(found) == ["Ann", "Bea"]
    assert [(one.field, one.shown) for one in found.hits[0].reasons] == [
        ("professions", "vertaler")
    ]
    assert look(session, word, language="fr").hits[0].reasons[0].shown.startswith("traduct")


@pytest.mark.parametrize("city", ["gent", "Gand", "GHENT", "place:"])
def test_a_place_is_found_by_any_of_its_names(session: Session, city: str) -> None:
    member(session, "@a:x", "Ann", city="Gent", professions="vertaler")
    member(session, "@b:x", "Bea", city="Brugge", professions="vertaler")
    if city == "place:":
        assert names(look(session, "vertaler", place="gand")) == ["Ann"]
        assert names(look(session, place="flandre")) == ["Ann", "Bea"]
        assert names(look(session, place="gnet")) == ["Ann"]
        assert names(look(session, place="Atlantis")) == []
    else:
        assert names(look(session, f"{city} vertaler")) == ["Ann"]


def test_words_come_in_any_order_with_prefixes_and_without_accents(session: Session) -> None:
    member(
        session,
        "@a:x",
        "Hélène D’Août",
        professions="vidéaste",
        skills="montage;Prémière Pro",
        city="Liège",
    )
    for query in (
        "helene cineast", "liege mont helen", "daout", "d'aout", "HELENE", "premiere", "film luik",
        "un vidéaste à Liège", "cinéaste in luik",
    ):  # fmt: skip
        assert names(look(session, query)) == ["Hélène D’Août"], query
    assert names(look(session, "helene gent")) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("vertaalr", "vertaler"),
        ("vretaler", "vertaler"),
        ("ertaler", "vertaler"),
        ("bertaler", "vertaler"),
        ("iilustrator", "illustrator"),
        ("indesgin", "indesign"),
        ("gnet", "gent"),
        ("quisst", "quist"),
    ],
)
def test_small_typing_errors_are_forgiven_and_said(
    session: Session, typed: str, meant: str
) -> None:
    member(
        session,
        "@a:x",
        "Ann Quist",
        professions="vertaler;illustrator",
        skills="InDesign",
        city="Gent",
    )
    found = look(session, typed)
    assert names(found) == ["Ann Quist"]
    assert found.corrected == ((typed, meant),)


def test_a_word_that_fits_is_not_corrected(session: Session) -> None:
    member(session, "@a:x", "Marc")
    member(session, "@b:x", "Mark")
    found = look(session, "mark")
    assert (names(found), found.corrected) == (["Mark"], ())
    assert look(session, "9001").corrected == ()


def test_nobody_is_found_before_saying_yes_or_after_saying_no(session: Session) -> None:
    shy = member(session, "@a:x", "Ann", professions="vertaler", consent=False)
    assert look(session, "vertaler").total == 0
    for consent, total in (("yes", 1), ("no", 0), ("yes", 1)):
        members.set_consent(session, shy, consent, now=2)  # type: ignore[arg-type]
        indexing.reindex(session, LABELS, shy)
        assert look(session, "vertaler").total == total
    members.set_status(session, [shy], "left", now=3)
    indexing.reindex(session, LABELS, shy)
    assert look(session, "vertaler").total == 0


def test_a_hidden_field_neither_finds_nor_shows(session: Session) -> None:
    ann = member(
        session, "@a:x", "Ann", skills="zeefdruk", about="tandem", city="Gent", postcode="9000"
    )
    network(session, "!n", "@a:x", "@b:x")
    member(session, "@b:x", "Bea")
    members.set_visibility(session, ann, "skills", "networks", now=2)
    members.set_visibility(session, ann, "about", "nobody", now=2)
    indexing.reindex(session, LABELS, ann)
    assert look(session, "zeefdruk").total == 0
    assert look(session, "9000").total == 0
    stranger = look(session, "gent").hits[0]
    assert (stranger.profile.skills, stranger.profile.postcode, stranger.shares_network) == (
        (),
        "",
        False,
    )
    colleague = look(session, "zeefdruk 9000", user="@b:x").hits[0]
    assert (colleague.profile.skills, colleague.shares_network) == (("zeefdruk",), True)
    assert [one.field for one in colleague.reasons] == ["skills", "postcode"]
    assert look(session, "zeefdruk", user="@b:x", in_public=True).total == 0
    assert look(session, "tandem", user="@b:x").total == 0
    rooms.set_membership(session, "!n", "@b:x", "leave", display_name=None, since=2)
    assert look(session, "zeefdruk", user="@b:x").total == 0


def test_a_block_hides_both_from_each_other_only(session: Session) -> None:
    member(session, "@a:x", "Ann", skills="zeefdruk")
    member(session, "@b:x", "Bea", skills="zeefdruk")
    member_accounts.block(session, "@a:x", ME, now=1)
    assert names(look(session, "zeefdruk")) == ["Bea"]
    assert look(session, "myself", user="@a:x").total == 0
    assert names(look(session, "zeefdruk", user="@b:x")) == ["Ann"]
    member_accounts.unblock(session, "@a:x", ME)
    assert names(look(session, "zeefdruk")) == ["Ann", "Bea"]


def test_nobody_finds_themselves_and_anybody_may_look(session: Session) -> None:
    assert look(session, "myself").total == 0
    assert names(look(session, "myself", user="@stranger:y")) == ["Me Myself"]


def test_the_near_come_first_then_the_field_that_counts_most(session: Session) -> None:
    member(session, "@1:x", "Aboutta", about="Ik ben geen fotograaf", city="Luik")
    member(session, "@2:x", "Skilla", skills="fotograaf", city="Luik")
    member(session, "@3:x", "Secunda", professions="loodgieter;fotograaf", city="Luik")
    member(session, "@4:x", "Prima", professions="fotograaf", city="Luik")
    member(session, "@5:x", "Regiona", about="fotograaf", city="Gent")
    member(session, "@6:x", "Neta", about="fotograaf", city="Luik")
    member(session, "@7:x", "Netregia", about="fotograaf", city="Brugge")
    network(session, "!n", ME, "@6:x", "@7:x")
    found = look(session, "fotograaf")
    assert names(found) == ["Netregia", "Neta", "Regiona", "Prima", "Secunda", "Skilla", "Aboutta"]
    assert found.hits[2].same_region
    assert look(session, "fotograaf") == found


def test_filters_narrow_down(session: Session) -> None:
    member(
        session, "@a:x", "Ann", professions="vertaler", city="Gent", languages="nl;ar", sectors="N"
    )
    member(
        session, "@b:x", "Bea", professions="vertaler", city="Luik", languages="fr", country="BE"
    )
    network(session, "!n", "@b:x")
    assert names(look(session, "vertaler")) == ["Ann", "Bea"]
    assert names(look_language(session, "arabe")) == ["Ann"]
    assert names(look(session, place="belgique")) == ["Bea"]
    assert names(look(session, "vertaler", room_ids=("!n",))) == ["Bea"]
    assert names(look(session, room_ids=("!n",))) == ["Bea"]
    assert names(look(session, "loodgieter", room_ids=("!n",))) == []
    assert names(look(session, sector="N", place="gent")) == ["Ann"]
    with pytest.raises(FieldError) as error:
        look(session, sector="underwater")
    assert error.value.problem == "unknown_sector"
    with pytest.raises(FieldError):
        look_language(session, "gobbledygook")


def look_language(session: Session, spoken: str) -> Results:
    return find(session, LABELS, Query("vertaler", language=spoken), user=ME, language="nl")


def test_a_language_named_in_the_words_counts_too(session: Session) -> None:
    member(session, "@a:x", "Ann", professions="vertaler", languages="nl;ar")
    member(session, "@b:x", "Bea", professions="vertaler", languages="nl")
    found = look(session, "vertaler arabisch")
    assert names(found) == ["Ann"]
    assert found.hits[0].reasons[1].shown == "Arabisch"


def test_nothing_asked_finds_nobody_and_odd_signs_harm_nothing(session: Session) -> None:
    member(session, "@a:x", "Ann", skills="C++;C#;co-working")
    for text in ("", "  ", "!!", '"', "_", "*"):
        assert look(session, text).total == 0, text
    for text in ("c++", "C#", "co-working", "coworking", '"ann"', "ann*", "ann AND", "(ann)"):
        assert look(session, text.replace("AND", "")).total == 1, text
    assert look(session, "NOT ann").total == 0


def test_an_erased_member_is_found_no_more(session: Session) -> None:
    ann = member(session, "@a:x", "Ann", skills="zeefdruk")
    erasure.erase(session, ann, key=b"k", now=2)
    assert look(session, "zeefdruk").total == 0
    assert look(session, "zeefdruuk").corrected == ()


def test_pages_follow_on_each_other(session: Session) -> None:
    for number in range(20):
        member(session, f"@n{number}:x", f"Person {number:02}", skills="zeefdruk")
    pages = [look(session, "zeefdruk", offset=offset, limit=8) for offset in (0, 8, 16, 24)]
    assert [len(page.hits) for page in pages] == [8, 8, 4, 0]
    assert len({name for page in pages for name in names(page)}) == 20
    assert {page.total for page in pages} == {20}


def test_changed_labels_rebuild_the_index_once(session: Session) -> None:
    member(session, "@a:x", "Ann", city="Gent")
    assert indexing.bring_up_to_date(session, LABELS)
    assert not indexing.bring_up_to_date(session, LABELS)
    assert names(look(session, "gand")) == ["Ann"]


@pytest.fixture(scope="module")
def crowd() -> Iterator[Session]:
    """A thousand invented members, all of whom agreed to be found; some share a network with the first."""
    with session_in_memory() as session:
        for row in rows(1000, accounts=1000):
            values = {field: parse(field, getattr(row, field), LABELS).value for field in FIELDS}
            member_id = members.add(session, Profile(**values), number=row.member_number, now=1)  # type: ignore[arg-type]
            member_accounts.attach(session, row.matrix_id, member_id, source="register", now=1)
            members.set_consent(session, member_id, "yes", now=1)
        network(session, "!n", *(f"@m{number:05}:localhost" for number in range(1, 1000, 7)))
        member_accounts.block(session, "@m00001:localhost", "@m00008:localhost", now=1)
        indexing.rebuild(session, LABELS)
        yield session


@pytest.mark.parametrize("text", ["a", "s", "co", "vertaler", "fotograaf brussel", "v g"])
def test_bounds_change_the_work_and_not_who_comes_first(
    crowd: Session, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = "@m00001:localhost"
    monkeypatch.setattr(search_module, "_MOST_RANKED", 10_000)
    monkeypatch.setattr(search_module, "MOST_COUNTED", 10_000)
    whole = look(crowd, text, user=user, limit=10_000)
    monkeypatch.undo()
    monkeypatch.setattr(search_module, "_MOST_SCANNED", 60)
    monkeypatch.setattr(search_module, "MOST_COUNTED", 50)
    monkeypatch.setattr(search_module, "_MOST_RANKED", 40)
    bounded = look(crowd, text, user=user, limit=1000)
    true_ids = {hit.member_id for hit in whole.hits}
    ids = [hit.member_id for hit in bounded.hits]
    assert len(ids) == len(set(ids)) == bounded.total
    assert set(ids) <= true_ids
    near = [hit.shares_network for hit in bounded.hits]
    assert near == sorted(near, reverse=True)
    # With a narrower scan those of shared networks are still the first.
    expected = sum(hit.shares_network for hit in whole.hits)
    assert sum(near) >= min(expected, 40)
    assert bounded.total == min(whole.total, 50)
    assert bounded.more == (whole.total > 50)


def test_everyone_counted_can_be_paged_to(crowd: Session) -> None:
    seen: list[int] = []
    first = look(crowd, "e", user="@m00001:localhost", limit=50)
    for offset in range(0, first.total, 50):
        page = look(crowd, "e", user="@m00001:localhost", limit=50, offset=offset)
        seen += [hit.member_id for hit in page.hits]
    assert len(seen) == len(set(seen)) == first.total


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=40), place=st.text(max_size=12))
def test_any_text_is_answered(crowd: Session, text: str, place: str) -> None:
    try:
        found = find(
            crowd, LABELS, Query(text, place=place), user="@m00002:localhost", language="fr"
        )
    except FieldError:
        return
    assert len(found.hits) <= 8
    for hit in found.hits:
        assert hit.member_id != 2


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(PROFILE)), text=st.text(max_size=60))
def test_what_is_parsed_once_stays_as_it_is(name: str, text: str) -> None:
    try:
        value = parse(name, text, LABELS).value
    except FieldError:
        return
    again = value if isinstance(value, str) else ";".join(value)
    assert parse(name, again, LABELS).value == value
