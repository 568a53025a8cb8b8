"""`!suppliers` as people type it, and what they read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.suppliers.indexing import reindex_loan
from storage import loans, member_accounts, supplier_demand
from storage.session import Session
from storage.suppliers import Deal
from tests.commands.networks.world import network
from tests.commands.suppliers.directory import (
    ANNA,
    BEN,
    BUYER,
    BUYERS_ROOM,
    CARO,
    LABELS,
    ROOM,
    STRANGER,
    cooperative,
    supplier,
)
from tests.commands.talk import Talk, answer


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk.open(tmp_path)
    cooperative(opened)
    yield opened
    opened.close()


@pytest.mark.parametrize("typed", ["catalogue", "catalogus"])
def test_the_catalogue_counts_what_members_may_see(talk: Talk, typed: str) -> None:
    supplier(talk, "Inkpot", modes=("rent", "buy"))
    supplier(talk, "Quill", modes=("buy",))
    supplier(talk, "Mill", class_="product", modes=("second_hand",))
    supplier(talk, "Hidden", class_="investment", state="review")
    talk.say(CARO, "language english")
    text = answer(talk.say(CARO, typed))
    assert "3 suppliers" in text
    assert "service: 2 (rent 1 · buy 2)" in text
    assert "product: 1 (second-hand 1)" in text
    assert "investment: 0" in text
    assert "Hidden" not in text


def test_an_empty_catalogue_says_how_to_fill_it(talk: Talk) -> None:
    talk.say(CARO, "language english")
    assert "propose supplier" in answer(talk.say(CARO, "catalogue"))


# --- finding -------------------------------------------------------------------------------------


def lend(talk: Talk, title: str) -> None:
    """Something that ANNA lends."""

    def make(session: Session) -> None:
        number = loans.add(
            session, ANNA, title, "borrow", category=None, region="be-ghent", terms="",
            language="en", now=talk.ms(),
        )  # fmt: skip
        reindex_loan(session, LABELS, number)

    talk.write(make)


def printers(talk: Talk) -> None:
    """1: a printer in Ghent that sells; 2: one in Liège that rents; 3: one that members may not see."""
    supplier(
        talk,
        "Inkpot",
        modes=("buy",),
        categories=("printing",),
        regions=("flanders",),
        languages=("nl",),
        texts={
            "offer": {"en": "Cards", "nl": "Kaartjes", "fr": "Cartes"},
            "deal": {"en": "Ten percent off"},
            "steps": {"en": "Say KRING10"},
        },
        deal=Deal("KRING10", ends="2027-01-31"),
    )
    supplier(
        talk,
        "Quill",
        class_="product",
        modes=("rent",),
        categories=("printing",),
        regions=("wallonia",),
        languages=("fr",),
        scores={"work": None},
    )
    supplier(talk, "Hidden", state="review", categories=("printing",), modes=("buy", "rent"))


@pytest.mark.parametrize(
    "typed",
    [
        "suppliers inkpot", "suppliers printing mode:buy", "suppliers printing place:flanders",
        "suppliers printing class:service", "suppliers language:dutch",
        "leveranciers wijze:kopen klasse:dienst", "leveranciers drukwerk plaats:vlaanderen",
        "leveranciers taal:nederlands categorie:drukwerk", "leveranciers drukwerk vlaanderen",
        "fournisseurs mode:achat classe:service", "fournisseurs imprimerie lieu:flandre",
        "fournisseurs langue:néerlandais", "fournisseurs catégorie:imprimerie langue:nl",
    ],
)  # fmt: skip
def test_words_and_filters_of_each_language_find_the_one(talk: Talk, typed: str) -> None:
    printers(talk)
    text = answer(talk.say(CARO, typed))
    assert "1 · Inkpot" in text
    assert "Quill" not in text
    assert "Hidden" not in text


@pytest.mark.parametrize(
    "typed",
    [
        "suppliers printing", "leveranciers drukwerk", "fournisseurs imprimerie",
        "suppliers PRINTNG", "leveranciers visitekaartjes", "fournisseurs cartes de visite",
        "leveranciers categorie:drukwerk", "fournisseurs catégorie:imprimerie",
    ],
)  # fmt: skip
def test_each_word_for_it_finds_the_same_suppliers(talk: Talk, typed: str) -> None:
    printers(talk)
    text = answer(talk.say(CARO, typed))
    assert text.index("2 · Quill") < text.index("1 · Inkpot"), "what is rented comes first"
    assert "Hidden" not in text


def test_an_answer_says_all_that_one_needs_to_choose(talk: Talk) -> None:
    printers(talk)
    talk.say(CARO, "language english")
    text = answer(talk.say(CARO, "suppliers printing"))
    for part in ("Cards", "Flanders", "Charter: 85 of 100 · Footprint 3/4 · Working conditions 4/4",
                 "Deal: Ten percent off (until January 31, 2027)", "rent", "!supplier 2", "!deal 1",
                 "75 of 100 (over the 60% that is rated) · Footprint 3/4 · Working conditions –"):  # fmt: skip
        assert part in text, (part, text)
    for hidden in ("KRING10", "★", "Hidden"):
        assert hidden not in text
    talk.say(CARO, "language nederlands")
    assert "Kaartjes" in answer(talk.say(CARO, "leveranciers inkpot"))


def test_a_condition_is_said_with_its_day(talk: Talk) -> None:
    supplier(talk, "Inkpot", state="conditional", condition=("Publish the wages", "2027-03-01"))
    text = answer(talk.say(ANNA, "suppliers inkpot"))
    assert "by March 1, 2027: Publish the wages" in text


def test_ratings_are_shown_from_five_on(talk: Talk) -> None:
    printers(talk)
    for number in range(5):
        assert "★" not in answer(talk.say(ANNA, "suppliers inkpot"))
        talk.say(f"@p{number}:localhost", "deal 1")
        talk.say(f"@p{number}:localhost", "rate 1 4")
    assert "★ 4 of 5, by 5 members" in answer(talk.say(ANNA, "suppliers inkpot"))


@pytest.mark.parametrize("typed", ["suppliers", "leveranciers", "fournisseurs"])
def test_without_words_it_shows_the_catalogue(talk: Talk, typed: str) -> None:
    printers(talk)
    talk.say(CARO, "language english")
    text = answer(talk.say(CARO, typed))
    assert "2 suppliers" in text
    assert "!suppliers printing ghent" in text
    assert "Hidden" not in text


def test_pages_follow_each_other_with_what_to_type(talk: Talk) -> None:
    for number in range(10):
        supplier(talk, f"Shop {number}", modes=("second_hand",), categories=("printing",))
    first = answer(talk.say(ANNA, "Kring: suppliers printing mode:used place:belgium"))
    offered = "!suppliers printing mode:second-hand place:belgium page:2"
    assert first.count("Shop") == 8
    assert offered in first
    second = answer(talk.say(ANNA, offered))
    assert second.count("Shop") == 2
    assert "no more results" in answer(talk.say(ANNA, offered.replace("page:2", "page:9")))
    dutch = answer(talk.say(CARO, "leveranciers drukwerk wijze:tweedehands"))
    assert "!leveranciers drukwerk wijze:tweedehands pagina:2" in dutch


def test_mistyped_words_are_corrected_and_said_to_be(talk: Talk) -> None:
    printers(talk)
    text = answer(talk.say(ANNA, "suppliers inkpott"))
    assert "1 · Inkpot" in text
    assert "“inkpott” found nothing; I looked for “inkpot”" in text


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("suppliers mode:xyz", "second-hand"),
        ("leveranciers wijze:xyz", "huren"),
        ("suppliers category:!!!", "such as printing"),
        ("suppliers place:!!!", "a place"),
        ("suppliers language:duch", "Dutch"),
        ("fournisseurs classe:xyz", "produit"),
        ("suppliers colour:blue", "category"),
    ],
)
def test_an_unknown_filter_is_answered_with_what_there_is(
    talk: Talk, typed: str, near: str
) -> None:
    printers(talk)
    text = answer(talk.say(CARO, typed))
    assert near in text
    assert "Inkpot" not in text


def test_a_category_in_other_words_is_guessed_and_an_unknown_one_named(talk: Talk) -> None:
    printers(talk)
    assert "1 · Inkpot" in answer(talk.say(ANNA, "suppliers category:printin"))
    text = answer(talk.say(ANNA, "suppliers category:qqqqqq"))
    assert "do not know the category “qqqqqq”" in text


def test_a_place_that_nobody_knows_is_named(talk: Talk) -> None:
    printers(talk)
    text = answer(talk.say(ANNA, "suppliers printing place:zzzzzz"))
    assert "do not know the place “zzzzzz”" in text


# --- nothing found -------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["yes", "👍", "Oui", "ja"])
def test_what_nobody_offers_is_noted_with_a_yes(talk: Talk, said: str) -> None:
    (none,) = talk.say(ANNA, "suppliers unicorn rides")
    for part in ("No supplier found", "!need unicorn rides", "!propose supplier", "!uses NAME"):
        assert part in none.text
    noted = talk.react(ANNA, none, said) if said == "👍" else talk.reply(ANNA, none, said)
    assert "unicorn rides" in answer(noted)
    listed = answer(talk.say(BUYER, "!needs", room=BUYERS_ROOM))
    assert "unicorn rides" in listed
    assert "anna" not in listed.lower()


def test_a_yes_typed_right_under_it_is_enough(talk: Talk) -> None:
    talk.say(ANNA, "suppliers unicorn rides place:zzzz")
    assert "unicorn rides zzzz" in answer(talk.say(ANNA, "yes"))
    assert len(talk.write(supplier_demand.needs)) == 1
    talk.say(ANNA, "suppliers griffin")
    assert "do not note" in answer(talk.say(ANNA, "no"))
    assert len(talk.write(supplier_demand.needs)) == 1


def test_a_yes_to_it_lets_nobody_in_who_waits_for_an_answer(talk: Talk) -> None:
    network(talk, "cooks", powers={ANNA: 50}, openness="approval")
    talk.say(BEN, "join cooks")
    talk.say(ANNA, "suppliers unicorn")
    assert "looks for “unicorn”" in answer(talk.say(ANNA, "yes"))
    assert "fewer than 5" in answer(talk.say(BUYER, "needs"))


def test_in_a_room_each_says_yes_for_themselves_and_outsiders_cannot(talk: Talk) -> None:
    (none,) = talk.say(ANNA, "!suppliers unicorn", room=ROOM)
    for user in (ANNA, BEN):
        assert "unicorn" in answer(talk.react(user, none, "👍"))
    assert "members of the cooperative" in answer(talk.react(STRANGER, none, "👍"))
    assert not talk.react(BEN, none, "👎")
    assert len(talk.write(supplier_demand.needs)) == 2


def test_a_need_that_is_met_meanwhile_is_no_longer_listed(talk: Talk) -> None:
    talk.say(ANNA, "need printing ghent")
    supplier(talk, "Elsewhere", categories=("catering",), regions=("brussels",))
    assert "printing" in answer(talk.say(BUYER, "needs"))
    supplier(talk, "Unseen", categories=("printing",), state="review")
    assert "printing" in answer(talk.say(BUYER, "needs"))
    supplier(talk, "Inkpot", categories=("printing",), regions=("be-ghent",))
    assert "printing" not in answer(talk.say(BUYER, "needs"))


# --- who may, and what nobody may see ------------------------------------------------------------


def test_strangers_find_nothing_where_the_directory_is_for_members(tmp_path: Path) -> None:
    closed = Talk.open(tmp_path, visitors_may_have_profiles=False)
    try:
        cooperative(closed)
        printers(closed)
        for typed in ("suppliers printing", "suppliers", "catalogue", "fournisseurs mode:location"):
            text = answer(closed.say(STRANGER, typed))
            assert "for members of the cooperative" in text
            assert "Inkpot" not in text
        assert "Inkpot" in answer(closed.say(ANNA, "suppliers printing"))
    finally:
        closed.close()


@pytest.mark.parametrize("state", ["proposed", "triage", "evidence", "review", "suspended"])
def test_one_that_is_not_approved_is_found_by_nobody(talk: Talk, state: str) -> None:
    supplier(talk, "Inkpot", state=state, categories=("printing",), modes=("rent",))
    for user in (ANNA, BUYER):
        for typed in ("suppliers inkpot", "suppliers printing", "suppliers mode:rent"):
            assert "1 · Inkpot" not in answer(talk.say(user, typed))


# --- what members lend ---------------------------------------------------------------------------


def test_what_members_lend_stands_among_them_without_a_name(talk: Talk) -> None:
    supplier(talk, "Drill Depot", modes=("buy",), texts={"offer": {"en": "Drills"}})
    lend(talk, "Hammer drill")
    text = answer(talk.say(BEN, "suppliers drill"))
    assert text.index("L1 · Hammer drill") < text.index("1 · Drill Depot")
    assert "a member offers it" in text
    assert "!borrow L1" in text
    assert "anna" not in text.lower()


def test_nobody_finds_what_somebody_lends_with_whom_there_is_a_block(talk: Talk) -> None:
    lend(talk, "Hammer drill")
    talk.write(lambda session: member_accounts.block(session, ANNA, BEN, now=talk.ms()))
    assert "Hammer" not in answer(talk.say(BEN, "suppliers drill"))
    assert "Hammer" in answer(talk.say(BUYER, "suppliers drill"))
