"""The life of a supplier, by properties: whatever people type in whichever order, nothing is visible without
two distinct eligible votes on a round in which every criterion was looked at and no knock-out failed."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from commands.suppliers.rules import MOVES
from storage import audit, supplier_rounds, suppliers
from storage.session import Session
from storage.suppliers import State, Supplier
from tests.commands.suppliers import board
from tests.commands.suppliers.board import (
    BEA,
    BEA_TOO,
    BO,
    BRAM,
    CRITERIA,
    MEMBER,
    MEMBER_TOO,
    OTHER,
)
from tests.commands.talk import Said

# Who is behind each account: what the database knows from the register, the test knows by itself.
PERSON = {
    MEMBER: "mia", MEMBER_TOO: "mia", BEA: "bea", BEA_TOO: "bea", BRAM: "bram", BO: "bo",
    OTHER: "otto",
}  # fmt: skip
BUYERS = {"mia", "bea", "bram", "bo"}
ANYBODY = st.sampled_from(sorted(PERSON))
JUDGES = st.sampled_from([BEA, BEA_TOO, BRAM, BO, MEMBER_TOO])
SCORES = st.sampled_from(["0", "2", "3 good", "4", "-", "skip"])
# Enough, nothing looked at, a knock-out failed, half of it looked at.
HASTE = st.sampled_from([("3", "-"), ("skip", "skip"), ("0", "4"), ("4", "skip")])
HIGH = st.sampled_from(["2", "3", "4", "-"])


class Suppliers(RuleBasedStateMachine):
    """One supplier that a member proposed; members, buyers and an outsider do what they like, as often as they
    like, with all of the commands there are."""

    @initialize()
    def open(self) -> None:
        self.stack = ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.talk = self.stack.enter_context(board.opened(Path(folder)))
        self.messages = [board.board(board.propose(self.talk))]
        self.conflicted: set[str] = set()
        self.judged: set[int] = set()

    def teardown(self) -> None:
        self.stack.close()

    # --- what people do ----------------------------------------------------------------------

    def done(self, said: list[Said]) -> None:
        self.messages += [
            each
            for each in said
            if each.edits is None and (each.draft.about or "").startswith("review:")
        ]

    def types(self, who: str, *lines: str) -> None:
        for line in lines:
            self.done(self.talk.say(who, line))
        self.talk.say(who, "!cancel")

    @rule(who=ANYBODY, which=st.integers(0, 9), word=st.sampled_from(["yes", "ja", "no, too far"]))
    def replies(self, who: str, which: int, word: str) -> None:
        self.done(self.talk.reply(who, self.messages[which % len(self.messages)], word))

    @rule(who=JUDGES)
    def nods(self, who: str) -> None:
        self.done(self.talk.react(who, self.messages[-1], "👍"))

    @rule(who=JUDGES, origin=HIGH, work=HIGH)
    def scores_well(self, who: str, origin: str, work: str) -> None:
        self.types(who, "!score 1", origin, work)

    @rule(who=ANYBODY, origin=SCORES, work=SCORES)
    def scores(self, who: str, origin: str, work: str) -> None:
        self.types(who, "!score 1", origin, work)

    @rule(who=JUDGES)
    def approves(self, who: str) -> None:
        self.types(who, "!approve 1")

    @rule(one=JUDGES, other=JUDGES, scores=HASTE)
    def two_hurry(self, one: str, other: str, scores: tuple[str, str]) -> None:
        """The whole way at once, as fast as two accounts can type it."""
        for _ in range(3):
            self.types(one, "!review 1 next")
        self.types(other, "!score 1", *scores)
        self.types(one, "!approve 1")
        self.types(other, "!approve 1")

    @rule(
        who=ANYBODY,
        line=st.sampled_from(["approve", "review", "renew", "reinstate", "review next"]),
    )
    def asks(self, who: str, line: str) -> None:
        command, _, more = line.partition(" ")
        self.types(who, f"!{command} 1 {more}")

    @rule(who=JUDGES, agrees=st.booleans())
    def sets_a_condition(self, who: str, agrees: bool) -> None:
        review = self.talk.write(lambda session: supplier_rounds.current(session, 1))
        if review is not None and review.condition is not None and agrees:
            self.types(who, "!approve conditionally 1", "yes")
        elif review is not None and review.condition is not None:
            self.types(who, "!approve conditionally 1", "no", "a label", "1 June 2027")
        else:
            self.types(who, "!approve conditionally 1", "a label", "1 June 2027")

    @rule(who=ANYBODY, line=st.sampled_from(["reject", "revoke", "suspend", "evidence"]))
    def is_against(self, who: str, line: str) -> None:
        more = "ask who makes it" if line == "evidence" else "not good enough"
        self.types(who, f"!{line} 1 {more}")

    @rule(who=ANYBODY)
    def has_an_interest(self, who: str) -> None:
        before = self.supplier
        self.types(who, "!conflict 1")
        if PERSON[who] in BUYERS and who != MEMBER:
            self.conflicted.add(PERSON[who])
        assert self.supplier == before

    @rule(state=st.sampled_from(sorted(MOVES)))
    def goes_around(self, state: State) -> None:
        """A statement of one's own shows nobody a supplier that two eligible people did not vote for."""

        def attempt(session: Session) -> bool:
            review = supplier_rounds.current(session, 1)
            number = review.id if review is not None else self.supplier_of(session).round_id
            try:
                with session.attempt():
                    suppliers.move(
                        session, 1, state, round_id=number, condition="x",
                        condition_due="2027-01-01", now=1,
                    )  # fmt: skip
                    raise _UndoneError
            except _UndoneError:
                return True
            except sqlite3.IntegrityError:
                return False

        before = self.supplier
        went = self.talk.write(attempt)
        assert self.supplier == before
        if state in ("approved", "conditional") and went:
            # Only what stands already can be written once more.
            review = self.talk.write(lambda session: supplier_rounds.current(session, 1))
            assert before.state == state and (review is None or review.id == before.round_id)

    # --- what holds --------------------------------------------------------------------------

    @property
    def supplier(self) -> Supplier:
        found: Supplier = self.talk.write(self.supplier_of)
        return found

    @staticmethod
    def supplier_of(session: Session) -> Supplier:
        found = suppliers.get(session, 1)
        assert found is not None
        return found

    @invariant()
    def nobody_is_visible_whom_two_eligible_people_did_not_approve(self) -> None:
        supplier = self.supplier
        if not supplier.is_visible or supplier.round_id in self.judged:
            return
        number = supplier.round_id
        assert number is not None
        self.judged.add(number)
        review = self.talk.write(lambda session: supplier_rounds.get(session, number))
        votes = self.talk.write(lambda session: supplier_rounds.votes(session, number))
        scores = self.talk.write(lambda session: supplier_rounds.scores(session, number))
        assert review.outcome == supplier.state and review.supplier_id == supplier.id
        agreed = {PERSON[vote.user_id] for vote in votes if vote.verdict == supplier.state}
        assert len(agreed - {"mia"} - self.conflicted) >= 2 and agreed <= BUYERS
        assert set(scores) == {each.key for each in CRITERIA}
        origin = scores["origin"].score
        assert origin is None or origin >= CRITERIA[0].minimum
        assert supplier.review_due == "2029-11-23"

    @invariant()
    def whoever_may_not_vote_has_no_vote_where_it_is_still_open(self) -> None:
        review = self.talk.write(lambda session: supplier_rounds.current(session, 1))
        if review is None:
            return
        votes = self.talk.write(lambda session: supplier_rounds.votes(session, review.id))
        people = [PERSON[vote.user_id] for vote in votes]
        assert len(people) == len(set(people))
        assert not set(people) & ({"mia", "otto"} | self.conflicted)

    @invariant()
    def every_move_is_one_of_the_rules(self) -> None:
        history = self.talk.write(lambda session: suppliers.history(session, 1))
        states = [state for state, _ in history]
        assert states[0] == "proposed"
        for before, after in pairwise(states):
            assert after in MOVES[before], states

    @invariant()
    def every_move_is_in_the_log(self) -> None:
        history = self.talk.write(lambda session: suppliers.history(session, 1))
        log = self.talk.write(lambda session: audit.of_subject(session, "supplier:1"))
        moved = [entry.action.removeprefix("supplier.") for entry in log]
        logged = [action for action in moved if action in MOVES]
        # A renewal moves from approved to approved, which history has no new line for.
        changes = [one for one, before in zip(logged, ["", *logged], strict=False) if one != before]
        assert changes == [state for state, _ in history]
        assert OTHER not in {entry.actor for entry in log}


class _UndoneError(Exception):
    """Takes an attempt back."""


TestSuppliers = pytest.mark.timeout(300)(Suppliers.TestCase)
TestSuppliers.settings = settings(
    max_examples=40,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_people_do_get_a_supplier_approved_in_this_world(tmp_path: Path) -> None:
    """Otherwise the properties above would hold of nothing."""
    machine = Suppliers()
    machine.open()
    machine.two_hurry(BRAM, BO, ("3 good", "-"))
    assert machine.supplier.state == "approved"
    machine.nobody_is_visible_whom_two_eligible_people_did_not_approve()
    machine.teardown()
