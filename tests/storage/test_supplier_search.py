"""Suppliers and what members lend stand in one index, apart; what orders them is read for many at once."""

from __future__ import annotations

from storage import charters, supplier_rounds, supplier_search, suppliers
from storage.charters import Criterion
from storage.search_index import Wanted
from storage.session import Session
from storage.supplier_search import INDEX, LOAN_ROWS, SUPPLIER_ROWS, Document
from storage.suppliers import Draft

NOW = 1_700_000_000_000
BEA, BRAM = "@bea:localhost", "@bram:localhost"


def test_suppliers_and_loans_of_one_number_stand_apart(session: Session) -> None:
    loan = supplier_search.loan_row(4)
    INDEX.put(session, 4, Document(name="drill shop", offer="tools").columns())
    INDEX.put(session, loan, Document(name="drill", place="_xgent").columns())
    drill = [Wanted(prefixes=("dri",))]
    assert INDEX.matching(session, drill, rowids=SUPPLIER_ROWS, limit=9) == [4]
    assert INDEX.matching(session, drill, rowids=LOAN_ROWS, limit=9) == [loan]
    assert supplier_search.loan_id(loan) == 4
    assert supplier_search.loan_id(4) is None
    assert INDEX.remove(session, 4)
    assert INDEX.matching(session, drill, rowids=LOAN_ROWS, limit=9) == [loan]


def test_words_are_looked_for_in_the_columns_that_are_said(session: Session) -> None:
    INDEX.put(session, 1, Document(name="drill").columns())
    INDEX.put(session, 2, Document(category="drill").columns())
    INDEX.put(session, 3, Document(offer="drill").columns())

    def found(column: str) -> list[int]:
        wanted = [Wanted(prefixes=("drill",), column=column)]
        return INDEX.matching(session, wanted, rowids=SUPPLIER_ROWS, limit=9)

    assert found("") == [1, 2, 3]
    assert found("name") == [1]
    assert found("name category") == [1, 2]


def test_a_standing_is_the_review_that_counts(session: Session) -> None:
    criteria = (Criterion("origin", 1, 50, False, 0, {}), Criterion("work", 2, 50, False, 0, {}))
    version = charters.add(session, {}, criteria, made_by=BEA, now=NOW)
    charters.put_in_force(session, version, by=BRAM, now=NOW)

    def reviewed(scores: dict[str, int | None]) -> int:
        draft = Draft("Pers", "service")
        number = suppliers.add(
            session, draft, state="proposed", proposer=None, language="nl", now=NOW
        )
        suppliers.move(session, number, "review", now=NOW)
        round_id = supplier_rounds.open_round(
            session, number, "first", charter_version=version, by=BEA, now=NOW
        )
        for key, score in scores.items():
            supplier_rounds.put_score(session, round_id, key, score, note=None, by=BEA, now=NOW)
        for buyer in (BEA, BRAM):
            supplier_rounds.vote(session, round_id, buyer, "approved", now=NOW)
        suppliers.move(session, number, "approved", round_id=round_id, now=NOW)
        supplier_rounds.close(session, round_id, "approved", now=NOW)
        return number

    rated, bare = reviewed({"origin": 3, "work": None}), reviewed({})
    later = supplier_rounds.open_round(
        session, rated, "renewal", charter_version=version, by=BEA, now=NOW
    )
    supplier_rounds.put_score(session, later, "origin", 0, note=None, by=BEA, now=NOW)
    standings = supplier_search.standings(session, [rated, bare, 999])
    assert set(standings) == {rated, bare}
    assert standings[rated].scores == {"origin": 3, "work": None}
    assert standings[rated].charter_version == standings[bare].charter_version == version
    assert standings[bare].scores == {}
