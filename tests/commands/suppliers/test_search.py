"""Suppliers are found by whatever people type, what spares a purchase first, and nobody else's ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from commands.kernel.fields import FieldError
from commands.labels import load_labels
from commands.suppliers.indexing import bring_up_to_date, rebuild, reindex, reindex_loan
from commands.suppliers.search import MOST_RANKED, Query, find
from storage import (
    charters,
    deal_uses,
    loans,
    member_accounts,
    members,
    supplier_rounds,
    suppliers,
)
from storage.charters import Criterion
from storage.members import Profile
from storage.session import Session
from storage.suppliers import Draft, State

LABELS = load_labels()
NOW = 1_700_000_000_000
SMALLEST = 5
BEA, BRAM, MIA = (f"@{name}:localhost" for name in ("bea", "bram", "mia"))


@pytest.fixture(autouse=True)
def charter(session: Session) -> None:
    criteria = (
        Criterion("origin", 1, 50, False, 0, {}),
        Criterion("work", 2, 50, False, 0, {}),
    )
    version = charters.add(session, {}, criteria, made_by=BEA, now=NOW)
    charters.put_in_force(session, version, by=BRAM, now=NOW)


def supplier(
    session: Session,
    name: str,
    *,
    modes: tuple[Any, ...] = ("buy",),
    regions: tuple[str, ...] = (),
    categories: tuple[str, ...] = ("printing",),
    offer: str = "",
    scores: tuple[int | None, int | None] = (2, 2),
    visible: bool = True,
    **more: Any,
) -> int:
    draft = Draft(
        name,
        more.pop("class_", "service"),
        modes=modes,
        regions=regions,
        categories=categories,
        texts={"offer": {"nl": offer}, "steps": {"nl": "Zeg sesam"}},
        **more,
    )
    number = suppliers.add(session, draft, state="proposed", proposer=MIA, language="nl", now=NOW)
    suppliers.move(session, number, "review", now=NOW)
    if visible:
        round_id = supplier_rounds.open_round(
            session, number, "first", charter_version=1, by=BEA, now=NOW
        )
        for key, score in zip(("origin", "work"), scores, strict=True):
            supplier_rounds.put_score(session, round_id, key, score, note=None, by=BEA, now=NOW)
        for buyer in (BEA, BRAM):
            supplier_rounds.vote(session, round_id, buyer, "approved", now=NOW)
        suppliers.move(session, number, "approved", round_id=round_id, now=NOW)
        supplier_rounds.close(session, round_id, "approved", now=NOW)
    reindex(session, LABELS, number)
    return number


def names(session: Session, text: str = "", *, user: str = MIA, **filters: Any) -> list[str]:
    results = find(session, LABELS, Query(text, **filters), user=user, smallest=SMALLEST, limit=50)
    found = []
    for hit in results.hits:
        if hit.is_loan:
            loan = loans.get(session, hit.number)
            assert loan is not None
            found.append(loan.title)
        else:
            named = suppliers.get(session, hit.number)
            assert named is not None
            found.append(named.name)
    return found


@pytest.mark.parametrize(
    "typed",
    [
        "printing",
        "Drukwerk",
        "imprimerie",
        "IMPRIMERIE",
        "drukwrek",
        "imprimeire",
        "drukw",
        "de drukkerij",
    ],
)
def test_a_category_is_found_in_every_language_and_with_slips(session: Session, typed: str) -> None:
    supplier(session, "De Pers")
    supplier(session, "Bakker", categories=("catering",))
    assert names(session, typed) == ["De Pers"]


def test_names_and_offers_are_found_codes_and_steps_are_not(session: Session) -> None:
    deal = suppliers.Deal(code="GEHEIM")
    supplier(session, "Café Zondag", categories=(), offer="Koffie uit Honduras", deal=deal)
    assert names(session, "cafe zond") == ["Café Zondag"]
    assert names(session, "honduras") == ["Café Zondag"]
    assert names(session, "geheim") == names(session, "sesam") == []


@pytest.mark.parametrize(
    "query",
    [{"text": "huren"}, {"text": "location"}, {"text": "rent"}, {"mode": "rent"}],
)
def test_a_mode_is_a_word_or_a_filter(session: Session, query: dict[str, str]) -> None:
    supplier(session, "Verhuur", modes=("rent",), categories=("computers",))
    supplier(session, "Winkel", categories=("computers",))
    assert names(session, **query) == ["Verhuur"]


@pytest.mark.parametrize("typed", ["bike repair", "fietsherstelling", "réparation vélo"])
def test_a_category_of_two_words_is_found_by_what_each_means(session: Session, typed: str) -> None:
    supplier(session, "Wielklem", modes=("repair",), categories=("bicycles",))
    supplier(session, "Fietsenwinkel", modes=("buy",), categories=("bicycles",))
    supplier(session, "Hersteld", modes=("repair",), categories=("bike-repair",))
    found = names(session, typed)
    assert found[0] == "Hersteld" and "Fietsenwinkel" not in found
    assert ("Wielklem" in found) is (" " in typed)


def test_places_find_who_serves_them_the_nearest_first(session: Session) -> None:
    supplier(session, "Overal")
    supplier(session, "Belgisch", regions=("Belgium",))
    supplier(session, "Vlaams", regions=("flanders",))
    supplier(session, "Antwerps", regions=("be-antwerp",))
    supplier(session, "Gents", regions=("be-ghent",))
    supplier(session, "Waals", regions=("wallonia",))
    supplier(session, "Lissabons", regions=("Lissabon",))
    near = ["Gents", "Vlaams", "Belgisch", "Overal"]
    for query in ({"text": "drukwerk gand"}, {"text": "gent"}, {"place": "Ghent"}):
        assert names(session, **query) == near, query
    assert set(names(session, place="vlaanderen")) == {*near, "Antwerps"}
    assert "Lissabons" in names(session, place="lissabon")
    assert "Waals" not in names(session, place="vlaanderen")


def test_what_spares_a_purchase_comes_first_whatever_the_score(session: Session) -> None:
    supplier(session, "Koop", scores=(4, 4))
    supplier(session, "Deel", modes=("share",), scores=(0, 0))
    supplier(session, "Herstel", modes=("buy", "repair"), scores=(1, 1))
    assert names(session, "drukwerk") == ["Herstel", "Deel", "Koop"]


def test_then_by_match_region_score_and_rating(session: Session) -> None:
    member = member_accounts.ensure_for_user(session, MIA, now=NOW)
    members.set_fields(session, member.id, {"city": "Gent"}, source="member", now=NOW)
    supplier(session, "Zegt het", categories=(), offer="ook drukwerk", scores=(4, 4))
    supplier(session, "Ver", regions=("wallonia",), scores=(4, 4))
    supplier(session, "Slecht", regions=("flanders",), scores=(0, 0))
    supplier(session, "Onbekend", regions=("flanders",), scores=(None, None))
    supplier(session, "Goed", regions=("flanders",), scores=(4, 4))
    rated = supplier(session, "Geroemd", regions=("flanders",), scores=(4, 4))
    assert names(session, "drukwerk")[:2] == ["Goed", "Geroemd"]
    for number in range(5):
        user = f"@rater{number}:localhost"
        use, _ = deal_uses.note(session, rated, user, [user], day="2026-11-01", now=NOW)
        deal_uses.rate(session, use, 5, "", now=NOW)
    assert names(session, "drukwerk") == [
        "Geroemd", "Goed", "Onbekend", "Slecht", "Ver", "Zegt het",
    ]  # fmt: skip


def test_nearest_is_who_serves_where_one_is(session: Session) -> None:
    member = member_accounts.ensure_for_user(session, MIA, now=NOW)
    members.set_fields(session, member.id, {"city": "Gent"}, source="member", now=NOW)
    supplier(session, "Waals", regions=("wallonia",), scores=(4, 4))
    supplier(session, "Belgisch", regions=("Belgium",), scores=(4, 4))
    supplier(session, "Antwerps", regions=("be-antwerp",), scores=(4, 4))
    supplier(session, "Vlaams", regions=("flanders",), scores=(2, 2))
    supplier(session, "Gents", regions=("be-ghent",), scores=(3, 3), offer="Hier in Luik bekend")
    assert names(session, "drukwerk") == ["Gents", "Vlaams", "Antwerps", "Belgisch", "Waals"]
    assert names(session, "drukwerk luik")[0] == "Waals", "the place that is asked, not one's own"


def test_of_more_than_can_be_ranked_the_best_are(session: Session) -> None:
    for number in range(MOST_RANKED + 10):
        supplier(session, f"Rand {number}", modes=("rent",), categories=(), offer="ook drukwerk")
    for number in range(MOST_RANKED + 10):
        supplier(session, f"Ver {number}", modes=("rent",), regions=("wallonia",))
    supplier(session, "Winkel", regions=("be-ghent",))
    supplier(session, "Hier", modes=("rent",), regions=("be-ghent",))
    assert names(session, "drukwerk gent")[0] == "Hier"
    assert all(name.startswith(("Ver", "Hier")) for name in names(session, "drukwerk"))
    member = member_accounts.ensure_for_user(session, MIA, now=NOW)
    members.set_fields(session, member.id, {"city": "Gent"}, source="member", now=NOW)
    assert names(session, "drukwerk")[0] == "Hier"


@pytest.mark.parametrize("state", ["suspended", "expired"])
def test_what_members_may_not_see_is_not_found(session: Session, state: State) -> None:
    number = supplier(session, "De Pers")
    supplier(session, "Voorstel", visible=False)
    assert names(session, "drukwerk") == ["De Pers"]
    suppliers.move(session, number, state, now=NOW)
    reindex(session, LABELS, number)
    rebuild(session, LABELS)
    assert names(session, "drukwerk") == names(session, "pers") == []


@contextmanager
def lent(session: Session, owner: str, title: str) -> Iterator[int]:
    number = loans.add(
        session, owner, title, "borrow", category="tools", region="be-ghent", terms="", language="nl",
        now=NOW,
    )  # fmt: skip
    reindex_loan(session, LABELS, number)
    yield number


def test_what_members_lend_stands_among_suppliers(session: Session) -> None:
    supplier(session, "Gereedschap te koop", categories=("tools",))
    for user in (BRAM, MIA):
        member = members.add(session, Profile(display_name=user), number=user, now=NOW)
        member_accounts.attach(session, user, member, source="code", now=NOW)
    with lent(session, BRAM, "Boormachine") as number:
        assert names(session, "outillage gent") == ["Boormachine", "Gereedschap te koop"]
        assert names(session, "boormachien")[0] == "Boormachine"
        member_accounts.block(session, BRAM, MIA, now=NOW)
        assert names(session, "boormachine") == ["Gereedschap te koop"]
        assert "Boormachine" in names(session, "boormachine", user=BEA)
        loans.withdraw(session, number, now=NOW)
        reindex_loan(session, LABELS, number)
        assert "Boormachine" not in names(session, "boormachine", user=BEA)


def test_filters_narrow_and_an_unknown_language_is_told(session: Session) -> None:
    supplier(session, "Frans", languages=("fr",), class_="product")
    supplier(session, "Nederlands", languages=("nl",))
    assert names(session, "drukwerk", language="français") == ["Frans"]
    assert names(session, class_="product") == ["Frans"]
    assert set(names(session, category="imprimerie")) == {"Frans", "Nederlands"}
    with pytest.raises(FieldError):
        names(session, language="qqqqqq")


def test_pages_follow_each_other_and_broad_queries_are_bounded(session: Session) -> None:
    for number in range(230):
        modes = ("rent",) if number % 2 else ("buy",)
        supplier(session, f"Pers {number}", modes=modes)
    first = find(session, LABELS, Query("p"), user=MIA, smallest=SMALLEST, limit=8)
    second = find(session, LABELS, Query("p"), user=MIA, smallest=SMALLEST, offset=8, limit=8)
    assert not {*first.hits} & {*second.hits}
    assert first.more
    assert len(names(session, "drukwerk")) == 50
    shown = [suppliers.get(session, hit.number) for hit in first.hits]
    assert all(each is not None and each.is_light for each in shown)


def test_what_was_meant_is_told(session: Session) -> None:
    supplier(session, "De Pers")
    results = find(session, LABELS, Query("imprimeire"), user=MIA, smallest=SMALLEST)
    assert results.corrected and results.corrected[0][0] == "imprimeire"
    assert find(session, LABELS, Query("zeppelin"), user=MIA, smallest=SMALLEST).total == 0
    supplier(session, "And & Ponceuse", categories=())
    assert names(session, "perceuse gand") == [], "both words mean something as they stand"
    assert find(session, LABELS, Query("  "), user=MIA, smallest=SMALLEST).total == 0


def test_the_index_is_built_anew_when_the_labels_change(session: Session) -> None:
    assert bring_up_to_date(session, LABELS)
    assert not bring_up_to_date(session, LABELS)
