"""Suppliers and the charter in the database: what two people must do, no statement gets around."""

from __future__ import annotations

import sqlite3

import pytest

from storage import charters, member_accounts, supplier_evidence, supplier_rounds, suppliers
from storage.charters import Criterion
from storage.session import Session
from storage.suppliers import Deal, Draft

NOW = 1_700_000_000_000
ANNA, BILAL, CHLOE, DIRK = (f"@{name}:localhost" for name in ("anna", "bilal", "chloe", "dirk"))
CRITERIA = (
    Criterion("origin", 1, 40, True, 2, {"name": {"en": "Origin", "nl": "Herkomst"}}),
    Criterion("work", 2, 60, False, 0, {"name": {"en": "Work"}}),
)
PRINTER = Draft(
    "Druk & Co",
    "service",
    company_country="BE",
    company_number="0403170701",
    modes=("repair", "buy"),
    categories=("printing",),
    regions=("flanders",),
    languages=("nl", "fr"),
    texts={"offer": {"nl": "Drukwerk", "fr": "Imprimés"}, "deal": {"nl": "10 %"}},
    deal=Deal(code="KRING", ends="2027-01-31", deposit_cents=5000),
)


def charter(session: Session) -> int:
    version = charters.add(session, {"name": {"en": "Charter"}}, CRITERIA, made_by=ANNA, now=NOW)
    assert charters.put_in_force(session, version, by=BILAL, now=NOW + 1)
    return version


def proposed(session: Session, proposer: str = ANNA) -> int:
    """A supplier in review, with its round."""
    supplier = suppliers.add(
        session, PRINTER, state="proposed", proposer=proposer, language="nl", now=NOW
    )
    suppliers.move(session, supplier, "review", now=NOW)
    return supplier


def opened(session: Session, supplier: int, kind: supplier_rounds.Kind = "first") -> int:
    version = charters.in_force(session)
    assert version is not None
    return supplier_rounds.open_round(
        session, supplier, kind, charter_version=version.version, by=BILAL, now=NOW
    )


def approve(session: Session, supplier: int, round_id: int) -> None:
    suppliers.move(session, supplier, "approved", round_id=round_id, now=NOW + 5)


def test_a_supplier_comes_back_as_it_was_written(session: Session) -> None:
    supplier = suppliers.get(session, proposed(session))
    assert supplier is not None
    assert suppliers.draft_of(supplier) == PRINTER
    assert (supplier.text("offer", "fr"), supplier.text("offer", "en")) == ("Imprimés", "Drukwerk")
    changed = Draft("Druk", "product", modes=("rent",), texts={"offer": {"en": "Printers"}})
    suppliers.change(session, supplier.id, changed, now=NOW + 9)
    assert suppliers.draft_of(suppliers.of_ids(session, [supplier.id])[supplier.id]) == changed


def test_a_company_number_belongs_to_one_supplier(session: Session) -> None:
    proposed(session)
    with pytest.raises(sqlite3.IntegrityError):
        proposed(session)


def test_the_maker_of_a_charter_cannot_confirm_it_from_another_account_either(
    session: Session,
) -> None:
    member = member_accounts.ensure_for_user(session, ANNA, now=NOW)
    member_accounts.attach(session, DIRK, member.id, source="code", now=NOW)
    version = charters.add(session, {}, CRITERIA, made_by=ANNA, now=NOW)
    for same in (ANNA, DIRK):
        with pytest.raises(sqlite3.IntegrityError, match="second person"), session.attempt():
            charters.put_in_force(session, version, by=same, now=NOW)
    assert charters.in_force(session) is None
    assert charters.put_in_force(session, version, by=BILAL, now=NOW)


def test_neither_the_maker_nor_nobody_confirms_a_charter_and_one_that_was_declined_stays_so(
    session: Session,
) -> None:
    version = charters.add(session, {}, CRITERIA, made_by=ANNA, now=NOW)
    in_force = "UPDATE charter_versions SET status = 'in_force', decided_at = 2, decided_by = ?"
    for by in (ANNA, None):
        with pytest.raises(sqlite3.IntegrityError, match="second person"), session.attempt():
            session.run(in_force, (by,))
    assert charters.decline(session, version, by=BILAL, now=NOW)
    with pytest.raises(sqlite3.IntegrityError, match="second person"), session.attempt():
        session.run(in_force, (BILAL,))
    with pytest.raises(sqlite3.IntegrityError, match="waits for a second"), session.attempt():
        session.run(
            "INSERT INTO charter_versions (version, status, made_by, made_at, decided_by, decided_at)"
            " VALUES (9, 'in_force', ?, 1, ?, 2)",
            (ANNA, BILAL),
        )


def test_a_version_of_the_charter_is_never_rewritten(session: Session) -> None:
    charter(session)
    for sql in (
        "UPDATE charter_criteria SET weight = 1",
        "DELETE FROM charter_criteria",
        "UPDATE charter_texts SET text = ''",
        "DELETE FROM charter_texts",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="never rewritten"), session.attempt():
            session.run(sql)


def test_a_new_version_supersedes_the_old_one_which_stays_readable(session: Session) -> None:
    first, second = charter(session), charter(session)
    assert [entry[:2] for entry in charters.readable(session)] == [
        (second, "in_force"),
        (first, "superseded"),
    ]
    old = charters.get(session, first)
    assert old is not None and [each.key for each in old.criteria] == ["origin", "work"]
    for statement in (
        "UPDATE charter_criteria SET weight = 1",
        "DELETE FROM charter_criteria",
        "UPDATE charter_texts SET text = ''",
        "DELETE FROM charter_texts",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="never rewritten"):
            session.run(statement)


def test_what_is_in_force_is_not_declined(session: Session) -> None:
    version = charter(session)
    assert not charters.decline(session, version, by=CHLOE, now=NOW)
    in_force = charters.in_force(session)
    assert in_force is not None
    assert in_force.version == version


def test_evidence_that_was_withdrawn_proves_nothing(session: Session) -> None:
    supplier = proposed(session)
    for day in ("2027-01-01", "2028-01-01"):
        number = supplier_evidence.add(
            session, supplier, "origin", "Made here", link=None, file=None, valid_until=day,
            by=BILAL, now=NOW,
        )  # fmt: skip
    assert supplier_evidence.lasting(session, supplier) == {"origin": "2028-01-01"}
    supplier_evidence.withdraw(session, number, now=NOW)
    assert supplier_evidence.lasting(session, supplier) == {"origin": "2027-01-01"}


def test_a_version_takes_the_place_of_one_that_waited(session: Session) -> None:
    first = charters.add(session, {}, CRITERIA, made_by=ANNA, now=NOW)
    second = charters.add(session, {}, CRITERIA, made_by=BILAL, now=NOW)
    waiting = charters.waiting(session)
    assert waiting is not None and waiting.version == second
    assert not charters.put_in_force(session, first, by=CHLOE, now=NOW)


def test_two_people_approve(session: Session) -> None:
    charter(session)
    supplier = proposed(session)
    review = opened(session, supplier)
    for voter in (BILAL, CHLOE):
        with pytest.raises(sqlite3.IntegrityError, match="two people"):
            approve(session, supplier, review)
        supplier_rounds.vote(session, review, voter, "approved", now=NOW)
    approve(session, supplier, review)
    assert [each.id for each in suppliers.visible(session)] == [supplier]
    assert [state for state, _ in suppliers.history(session, supplier)][-1] == "approved"


def test_votes_of_the_proposer_the_conflicted_and_second_accounts_do_not_count(
    session: Session,
) -> None:
    charter(session)
    for own, other in ((ANNA, "@anna:elsewhere"), (BILAL, "@bilal:elsewhere")):
        member = member_accounts.ensure_for_user(session, own, now=NOW)
        member_accounts.attach(session, other, member.id, source="code", now=NOW)
    supplier = proposed(session, ANNA)
    review = opened(session, supplier)
    supplier_rounds.declare_conflict(session, supplier, CHLOE, now=NOW)
    for voter in ("@anna:elsewhere", ANNA, CHLOE, BILAL, "@bilal:elsewhere"):
        supplier_rounds.vote(session, review, voter, "approved", now=NOW)
        with pytest.raises(sqlite3.IntegrityError, match="two people"):
            approve(session, supplier, review)
    counting = {vote.user_id for vote in supplier_rounds.votes(session, review) if vote.counts}
    assert counting == {"@bilal:elsewhere"}
    supplier_rounds.vote(session, review, DIRK, "approved", now=NOW)
    approve(session, supplier, review)


def test_votes_of_accounts_that_are_linked_later_count_for_one_person(session: Session) -> None:
    charter(session)
    supplier = proposed(session)
    review = opened(session, supplier)
    for voter in (BILAL, DIRK):
        supplier_rounds.vote(session, review, voter, "approved", now=NOW)
    member = member_accounts.ensure_for_user(session, BILAL, now=NOW)
    member_accounts.attach(session, DIRK, member.id, source="code", now=NOW)
    with pytest.raises(sqlite3.IntegrityError, match="two people"), session.attempt():
        approve(session, supplier, review)
    supplier_rounds.vote(session, review, CHLOE, "approved", now=NOW)
    assert supplier_rounds.count_votes(session, review, "approved") == 2
    # One of the two turns out to be the proposer's other account.
    proposer = member_accounts.ensure_for_user(session, ANNA, now=NOW)
    member_accounts.attach(session, CHLOE, proposer.id, source="code", now=NOW)
    with pytest.raises(sqlite3.IntegrityError, match="two people"), session.attempt():
        approve(session, supplier, review)


def test_votes_for_another_verdict_or_about_another_supplier_approve_nothing(
    session: Session,
) -> None:
    charter(session)
    supplier = proposed(session)
    review = opened(session, supplier)
    supplier_rounds.vote(session, review, BILAL, "approved", now=NOW)
    supplier_rounds.vote(session, review, CHLOE, "rejected", now=NOW)
    with pytest.raises(sqlite3.IntegrityError, match="two people"), session.attempt():
        approve(session, supplier, review)
    supplier_rounds.vote(session, review, CHLOE, "approved", now=NOW)
    other = suppliers.add(
        session, Draft("Other", "service"), state="proposed", proposer=ANNA, language="nl", now=NOW
    )
    with pytest.raises(sqlite3.IntegrityError, match="two people"), session.attempt():
        approve(session, other, review)
    approve(session, supplier, review)
    supplier_rounds.close(session, review, "approved", now=NOW)
    renewal = opened(session, supplier, "renewal")
    with pytest.raises(sqlite3.IntegrityError, match="two people"), session.attempt():
        approve(session, supplier, renewal)


def test_a_conflict_declared_later_takes_the_vote_back(session: Session) -> None:
    charter(session)
    supplier = proposed(session)
    review = opened(session, supplier)
    for voter in (BILAL, CHLOE):
        supplier_rounds.vote(session, review, voter, "approved", now=NOW)
    supplier_rounds.declare_conflict(session, supplier, CHLOE, now=NOW)
    assert supplier_rounds.count_votes(session, review, "approved") == 1
    with pytest.raises(sqlite3.IntegrityError, match="two people"):
        approve(session, supplier, review)


def test_votes_fall_when_a_score_changes_but_not_when_it_is_said_again(session: Session) -> None:
    charter(session)
    review = opened(session, proposed(session))

    def score(value: int | None) -> int:
        supplier_rounds.put_score(session, review, "work", value, note=None, by=BILAL, now=NOW)
        return supplier_rounds.count_votes(session, review, "approved")

    supplier_rounds.vote(session, review, BILAL, "approved", now=NOW)
    assert score(3) == 0
    supplier_rounds.vote(session, review, BILAL, "approved", now=NOW)
    assert score(3) == 1
    assert score(None) == 0


def test_votes_for_another_condition_fall(session: Session) -> None:
    charter(session)
    review = opened(session, proposed(session))
    supplier_rounds.set_condition(session, review, "A certificate", "2027-03-01")
    supplier_rounds.vote(session, review, BILAL, "conditional", now=NOW)
    supplier_rounds.set_condition(session, review, "A certificate", "2027-03-01")
    assert supplier_rounds.count_votes(session, review, "conditional") == 1
    supplier_rounds.set_condition(session, review, "A certificate", "2027-06-01")
    assert supplier_rounds.count_votes(session, review, "conditional") == 0


def test_old_votes_bring_no_suspended_supplier_back(session: Session) -> None:
    charter(session)
    supplier = proposed(session)
    review = opened(session, supplier)
    for voter in (BILAL, CHLOE):
        supplier_rounds.vote(session, review, voter, "approved", now=NOW)
    approve(session, supplier, review)
    supplier_rounds.close(session, review, "approved", now=NOW)
    suppliers.move(session, supplier, "suspended", now=NOW)
    with pytest.raises(sqlite3.IntegrityError, match="two people"):
        approve(session, supplier, review)
    with pytest.raises(sqlite3.IntegrityError, match="closed"):
        supplier_rounds.vote(session, review, DIRK, "approved", now=NOW)
    again = opened(session, supplier, "return")
    with pytest.raises(sqlite3.IntegrityError, match="two people"):
        approve(session, supplier, again)


def test_no_supplier_begins_visible(session: Session) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="begins as"):
        session.run(
            "INSERT INTO suppliers (name, class, state, state_since, language, created_at,"
            " changed_at) VALUES ('X', 'service', 'approved', 1, 'nl', 1, 1)"
        )


def test_history_is_never_rewritten(session: Session) -> None:
    proposed(session)
    with pytest.raises(sqlite3.IntegrityError, match="never rewritten"):
        session.run("UPDATE supplier_history SET state = 'approved'")


def test_a_former_members_votes_stay_where_they_decided(session: Session) -> None:
    charter(session)
    supplier = proposed(session)
    review = opened(session, supplier)
    for voter in (BILAL, CHLOE):
        supplier_rounds.vote(session, review, voter, "approved", now=NOW)
    approve(session, supplier, review)
    supplier_rounds.close(session, review, "approved", now=NOW)
    for person in (ANNA, BILAL):
        suppliers.forget_person(session, person)
        supplier_rounds.forget_person(session, person)
    assert supplier_rounds.count_votes(session, review, "approved") == 2
    kept = suppliers.get(session, supplier)
    assert kept is not None and kept.proposer is None
    assert all(vote.user_id != BILAL for vote in supplier_rounds.votes(session, review))


def test_a_former_members_vote_in_an_open_round_ends_and_no_others(session: Session) -> None:
    charter(session)
    review = opened(session, proposed(session))
    for voter in (BILAL, CHLOE):
        supplier_rounds.vote(session, review, voter, "approved", now=NOW)
    supplier_rounds.forget_person(session, BILAL)
    assert [vote.user_id for vote in supplier_rounds.votes(session, review)] == [CHLOE]
