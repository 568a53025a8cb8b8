"""Group purchases in the database: what the tables refuse whoever asks, and a model of states and units that
hypothesis walks through."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from typing import get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from storage import commitments, member_accounts, members, networks, purchase_lines, purchases
from storage.members import Profile
from storage.purchase_lines import LineDraft, Tier
from storage.purchases import Draft, State
from storage.session import Session
from tests.support.memory import session_in_memory

NOW = 1_700_000_000_000
ANNA, BEN, CARO, DIRK = (f"@{name}:localhost" for name in ("anna", "ben", "caro", "dirk"))
STATES: tuple[State, ...] = get_args(State)
# product.md, section 5: whatever is not here does not happen.
MOVES: dict[State, set[State]] = {
    "draft": {"open", "cancelled"},
    "open": {"filling", "tipped", "failed", "cancelled"},
    "filling": {"tipped", "failed", "cancelled"},
    "tipped": {"confirmed", "failed", "cancelled"},
    "failed": {"open", "cancelled"},
    "confirmed": {"ordered", "cancelled"},
    "ordered": {"received"},
    "received": {"settled"},
    "settled": set(),
    "cancelled": set(),
}
# A way to each state.
WAYS: dict[State, tuple[State, ...]] = {
    "draft": (),
    "open": ("open",),
    "filling": ("open", "filling"),
    "tipped": ("open", "tipped"),
    "failed": ("open", "failed"),
    "confirmed": ("open", "tipped", "confirmed"),
    "ordered": ("open", "tipped", "confirmed", "ordered"),
    "received": ("open", "tipped", "confirmed", "ordered", "received"),
    "settled": ("open", "tipped", "confirmed", "ordered", "received", "settled"),
    "cancelled": ("cancelled",),
}
CHAIRS = LineDraft(
    "Chairs", "piece", 5, (Tier(1, 1000), Tier(20, 900)), 2100, "Meubel Coop", minimum_cases=2,
    reference_cents=1300, reference_by="Bureau Nord", reference_on="2026-11-02", article_code="C-1",
)  # fmt: skip
TABLES = LineDraft("Tables", "piece", 1, (Tier(1, 9000),), 600, "Meubel Coop")


def purchase(session: Session, state: State = "open", *lines: LineDraft) -> int:
    draft = Draft(
        title="Chairs", language="en", currency="EUR", deadline=NOW + 1000, network_ids=(),
        regions=("be-bru", "ghent", "be-bru"), lines=lines or (CHAIRS, TABLES), responsible=ANNA,
        freight_cents=4500, costs_vat=2100, pickup="The hall",
    )  # fmt: skip
    number = purchases.add(session, draft, opener=ANNA, now=NOW)
    for after in WAYS[state]:
        purchases.move(session, number, after, now=NOW + 1)
    return number


def line_of(session: Session, number: int, position: int = 1) -> int:
    found = purchases.get(session, number)
    assert found is not None
    return found.lines[position - 1].id


def put(session: Session, line: int, user: str, quantity: int, tolerance: int = 0) -> int:
    return commitments.put(
        session, line, user, quantity=quantity, tolerance=tolerance, accepted_cents=900, now=NOW
    )


def committed(session: Session, number: int, *, state: State) -> int:
    """A commitment of Anna's to chairs, made while it was open; returns its id."""
    made = put(session, line_of(session, number), ANNA, 3, 2)
    for after in WAYS[state][1:]:
        purchases.move(session, number, after, now=NOW + 2)
    return made


# --- what is written is read -----------------------------------------------------------------------


def test_what_is_written_is_read(session: Session) -> None:
    number = purchase(session)
    found = purchases.get(session, number)
    assert found is not None
    assert (found.title, found.state, found.deadline) == ("Chairs", "open", NOW + 1000)
    assert (found.freight_cents, found.costs_vat, found.pickup) == (4500, 2100, "The hall")
    assert found.regions == ("be-bru", "ghent")
    chairs, tables = found.lines
    assert (chairs.position, chairs.article, chairs.tiers) == (1, "Chairs", CHAIRS.tiers)
    assert (chairs.case_size, chairs.minimum_cases, chairs.vat) == (5, 2, 2100)
    assert (chairs.reference_cents, chairs.reference_by) == (1300, "Bureau Nord")
    assert (chairs.reference_on, chairs.article_code) == ("2026-11-02", "C-1")
    assert (tables.position, tables.tiers, tables.reference_cents) == (2, TABLES.tiers, None)
    assert found.line(tables.id) == tables
    assert purchases.get(session, number + 1) is None


def test_fields_change_one_by_one_and_states_only_by_moving(session: Session) -> None:
    number = purchase(session)
    purchases.change(session, number, now=NOW + 9, freight_cents=1, responsible=BEN)
    purchase_lines.change(session, line_of(session, number), vat=600)
    purchase_lines.set_tiers(session, line_of(session, number), (Tier(1, 5),))
    found = purchases.get(session, number)
    assert found is not None
    assert (found.freight_cents, found.responsible, found.changed_at) == (1, BEN, NOW + 9)
    assert (found.lines[0].vat, found.lines[0].tiers) == (600, (Tier(1, 5),))
    with pytest.raises(AssertionError, match="state"):
        purchases.change(session, number, now=NOW, state="settled")
    with pytest.raises(AssertionError, match="ordered_cases"):
        purchase_lines.change(session, 1, ordered_cases=3)


def test_it_is_found_by_state_and_by_who_runs_it(session: Session) -> None:
    first, second = purchase(session), purchase(session, "draft")
    purchases.change(session, second, now=NOW, responsible=BEN)
    third = purchase(session, "settled")
    assert [one.id for one in purchases.in_states(session, ["open", "settled"])] == [first, third]
    assert [one.id for one in purchases.run_by(session, [BEN])] == [second]
    assert [one.id for one in purchases.run_by(session, [ANNA, BEN])] == [third, second, first]


# --- states ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", STATES)
def test_no_state_follows_but_those_of_the_product(session: Session, before: State) -> None:
    for after in STATES:
        if after == before:
            continue
        number = purchase(session, before)
        if after in MOVES[before]:
            purchases.move(session, number, after, now=NOW + 5)
            assert purchases.history(session, number)[-1] == (after, NOW + 5)
        else:
            with pytest.raises(sqlite3.IntegrityError, match="does not move like that"):
                purchases.move(session, number, after, now=NOW + 5)
            found = purchases.get(session, number)
            assert found is not None and found.state == before


def test_it_begins_as_a_draft(session: Session) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="begins as a draft"):
        session.run(
            "INSERT INTO purchases (title, language, currency, state, state_since, deadline, created_at,"
            " changed_at) VALUES ('x', 'en', 'EUR', 'open', 1, 1, 1, 1)"
        )


def test_a_failed_one_is_extended_once(session: Session) -> None:
    number = purchase(session, "failed")
    purchases.move(session, number, "open", now=NOW, deadline=NOW + 5000, due_at=NOW + 5000)
    found = purchases.get(session, number)
    assert found is not None
    assert (found.extended, found.deadline, found.due_at) == (True, NOW + 5000, NOW + 5000)
    purchases.move(session, number, "failed", now=NOW)
    with pytest.raises(sqlite3.IntegrityError, match="extended once"):
        purchases.move(session, number, "open", now=NOW)


def test_a_released_one_is_not_extended_and_only_a_failed_one_is_released(session: Session) -> None:
    number = purchase(session, "failed")
    purchases.change(session, number, now=NOW, released_at=NOW)
    with pytest.raises(sqlite3.IntegrityError, match="extended once"):
        purchases.move(session, number, "open", now=NOW)
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        purchases.change(session, purchase(session), now=NOW, released_at=NOW)


def test_what_happened_is_never_rewritten(session: Session) -> None:
    number = purchase(session, "tipped")
    assert [state for state, _ in purchases.history(session, number)] == ["draft", "open", "tipped"]
    with pytest.raises(sqlite3.IntegrityError, match="never rewritten"):
        session.run("UPDATE purchase_history SET state = 'failed'")


# --- commitments -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [state for state in STATES if state not in purchases.OPEN])
def test_nothing_is_committed_but_while_it_is_open(session: Session, state: State) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="while a purchase is open"):
        put(session, line_of(session, purchase(session, state)), ANNA, 1)


@pytest.mark.parametrize("state", ["tipped", "failed", "confirmed", "ordered", "received"])
@pytest.mark.parametrize(("quantity", "tolerance"), [(4, 2), (2, 2), (3, 3), (3, 1), (3, 2)])
def test_what_is_committed_stays_once_it_closed(
    session: Session, state: State, quantity: int, tolerance: int
) -> None:
    number = purchase(session)
    made = committed(session, number, state=state)
    before = commitments.get(session, made)
    with pytest.raises(sqlite3.IntegrityError, match="while a purchase is open"), session.attempt():
        put(session, line_of(session, number), ANNA, quantity, tolerance)
    for statement in (
        "INSERT INTO commitment_units (commitment_id, units, added_at) VALUES (?, 1, 1)",
        "UPDATE commitment_units SET units = 1 WHERE commitment_id = ?",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="while a purchase is open"):
            session.run(statement, (made,))
    assert commitments.get(session, made) == before


def test_who_withdraws_in_time_does_and_what_is_confirmed_stays(session: Session) -> None:
    early: tuple[State, ...] = ("open", "filling", "tipped", "failed")
    for state in early:
        number = purchase(session)
        committed(session, number, state=state)
        commitments.remove_person(session, [line_of(session, number)], ANNA)
        assert commitments.of_purchase(session, number) == {}
        assert session.value("SELECT count(*) FROM commitment_units") == 0
    late: tuple[State, ...] = ("confirmed", "ordered", "received", "settled")
    for state in late:
        number = purchase(session)
        committed(session, number, state=state)
        with pytest.raises(sqlite3.IntegrityError, match="not taken back"):
            commitments.remove_person(session, [line_of(session, number)], ANNA)


def test_a_person_commits_to_a_line_once_and_former_members_do_not_collide(
    session: Session,
) -> None:
    number = purchase(session)
    line = line_of(session, number)
    first = put(session, line, ANNA, 3)
    assert put(session, line, ANNA, 4) == first
    other = put(session, line, BEN, 1)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        session.run("UPDATE commitments SET user_id = ? WHERE id = ?", (ANNA, other))
    session.run("UPDATE commitments SET user_id = NULL")
    assert len(commitments.of_purchase(session, number)[line]) == 2


def test_no_more_is_delivered_than_was_ordered(session: Session) -> None:
    number = purchase(session)
    made = committed(session, number, state="open")
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        commitments.deliver(session, {made: 1})
    commitments.fix(session, {made: 4}, [])
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        commitments.deliver(session, {made: 5})
    commitments.deliver(session, {made: 4})
    line = line_of(session, number)
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        purchase_lines.set_delivered(session, line, 1)
    purchase_lines.fix_order(session, line, cases=2, cents=1000)
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        purchase_lines.set_delivered(session, line, 11)
    purchase_lines.set_delivered(session, line, 10)
    found = purchases.get(session, number)
    assert found is not None
    assert (found.lines[0].ordered_units, found.lines[0].delivered_units) == (10, 10)


def test_the_decision_is_written_and_taken_back(session: Session) -> None:
    number = purchase(session)
    line = line_of(session, number)
    stays, drops = put(session, line, ANNA, 5), put(session, line, BEN, 5)
    commitments.fix(session, {stays: 5}, [drops])
    found = {one.id: one for one in commitments.of_purchase(session, number)[line]}
    assert (found[stays].ordered_units, found[stays].dropped) == (5, False)
    assert (found[drops].ordered_units, found[drops].dropped) == (0, True)
    commitments.unfix(session, number)
    for one in commitments.of_purchase(session, number)[line]:
        assert (one.ordered_units, one.dropped) == (None, False)


def test_lowering_gives_up_the_newest_units_and_raising_adds_new_ones(session: Session) -> None:
    line = line_of(session, purchase(session))

    def parcels(quantity: int) -> list[int]:
        found = commitments.get(session, put(session, line, ANNA, quantity))
        assert found is not None
        return [parcel.units for parcel in found.parcels]

    assert [parcels(quantity) for quantity in (3, 5, 9, 6, 4, 5, 2, 0, 2)] == [
        [3], [3, 2], [3, 2, 4], [3, 2, 1], [3, 1], [3, 1, 1], [2], [0], [0, 2],
    ]  # fmt: skip


def test_whoever_commits_anew_is_in_again(session: Session) -> None:
    number = purchase(session)
    line = line_of(session, number)
    made = put(session, line, ANNA, 5)
    commitments.fix(session, {}, [made])
    put(session, line, ANNA, 5)
    found = commitments.get(session, made)
    assert found is not None and not found.dropped


def test_a_price_once_accepted_is_not_accepted_less(session: Session) -> None:
    made = put(session, line_of(session, purchase(session)), ANNA, 5)
    for cents, expected in ((950, 950), (800, 950)):
        commitments.accept(session, made, cents)
        commitments.asked(session, made, cents)
        found = commitments.get(session, made)
        assert found is not None
        assert (found.accepted_cents, found.asked_cents) == (expected, cents)


def test_sums_are_those_of_the_commitments(session: Session) -> None:
    number, other = purchase(session), purchase(session)
    chairs, tables = line_of(session, number), line_of(session, number, 2)
    assert commitments.sums(session, number) == {}
    put(session, chairs, ANNA, 3, 2)
    put(session, chairs, ANNA, 6, 1)
    put(session, chairs, BEN, 0, 4)
    put(session, tables, BEN, 2)
    put(session, line_of(session, other), CARO, 50, 50)
    assert commitments.sums(session, number) == {
        chairs: commitments.Sums(6, 5, 2),
        tables: commitments.Sums(2, 0, 1),
    }
    assert commitments.count_people(session, number) == 2


def test_a_person_is_found_by_each_of_their_accounts(session: Session) -> None:
    row = members.add(session, Profile(display_name="Anna"), number="K1", now=1)
    for user in (ANNA, BEN):
        member_accounts.attach(session, user, row, source="code", now=1)
    number = purchase(session)
    line = line_of(session, number)
    made = put(session, line, ANNA, 3)
    put(session, line, CARO, 1)
    for user in (ANNA, BEN):
        assert {one.id for one in commitments.of_person(session, number, user).values()} == {made}
    assert commitments.of_person(session, number, DIRK) == {}


def test_a_purchase_keeps_its_networks_in_order(session: Session) -> None:
    made = [
        networks.add(
            session, slug=slug, kind="other", label=None, region=None, languages=("en",),
            criterion_kind="strategic", openness="open", encrypted=False, texts={}, room_id=None,
            created_by=ANNA, now=NOW,
        ).id
        for slug in ("one", "two", "three")
    ]  # fmt: skip
    number = purchase(session)
    purchases.set_networks(session, number, (made[2], made[0], made[2]))
    found = purchases.get(session, number)
    assert found is not None and found.network_ids == (made[2], made[0])


# --- a model ---------------------------------------------------------------------------------------


class Life(RuleBasedStateMachine):
    """One purchase, any moves, anybody's commitments: what stands is always what a plain list says."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.session = self.stack.enter_context(session_in_memory())
        self.state: State = "draft"
        self.extended = self.released = False
        self.moves: list[State] = ["draft"]
        self.clock = 0
        # When each unit of quantity was added, oldest first, and the tolerance, by person.
        self.units: dict[str, list[int]] = {}
        self.tolerance: dict[str, int] = {}

    def teardown(self) -> None:
        self.stack.close()

    @initialize(state=st.sampled_from(("draft", "open", "filling")))
    def begin(self, state: State) -> None:
        self.number = purchase(self.session, state, CHAIRS)
        self.line = line_of(self.session, self.number)
        self.state = state
        self.moves += WAYS[state]

    @rule(after=st.sampled_from(STATES))
    def moves_on(self, after: State) -> None:
        allowed = after in MOVES[self.state] or after == self.state
        again = self.state == "failed" and after == "open"
        if again and (self.extended or self.released):
            allowed = False
        if self.released and after != "failed":
            allowed = False
        if not allowed:
            with pytest.raises(sqlite3.IntegrityError), self.session.attempt():
                purchases.move(self.session, self.number, after, now=NOW)
            return
        purchases.move(self.session, self.number, after, now=NOW)
        self.extended = self.extended or again
        if after != self.state:
            self.moves.append(after)
        self.state = after

    @precondition(lambda self: self.state == "failed")
    @rule()
    def is_released(self) -> None:
        purchases.change(self.session, self.number, now=NOW, released_at=NOW)
        self.released = True

    @rule(
        user=st.sampled_from((ANNA, BEN, CARO)),
        quantity=st.integers(0, 9),
        tolerance=st.integers(0, 4),
    )
    def commits(self, user: str, quantity: int, tolerance: int) -> None:
        if self.state not in purchases.OPEN:
            with (
                pytest.raises(sqlite3.IntegrityError, match="while a purchase is open"),
                self.session.attempt(),
            ):
                put(self.session, self.line, user, quantity, tolerance)
            return
        put(self.session, self.line, user, quantity, tolerance)
        self.clock += 1
        have = self.units.setdefault(user, [])
        self.tolerance[user] = tolerance
        self.units[user] = have[:quantity] + [self.clock] * (quantity - len(have))

    @precondition(lambda self: self.units)
    @rule(data=st.data())
    def withdraws(self, data: st.DataObject) -> None:
        user = data.draw(st.sampled_from(sorted(self.units)))
        made = commitments.of_person(self.session, self.number, user).keys()
        if self.state in ("confirmed", "ordered", "received", "settled"):
            with pytest.raises(sqlite3.IntegrityError, match="not taken back"):
                commitments.remove_person(self.session, made, user)
            return
        commitments.remove_person(self.session, made, user)
        del self.units[user], self.tolerance[user]

    @invariant()
    def is_what_happened(self) -> None:
        if not hasattr(self, "line"):
            return
        found = purchases.get(self.session, self.number)
        assert found is not None
        assert (found.state, found.extended) == (self.state, self.extended)
        assert [state for state, _ in purchases.history(self.session, self.number)] == self.moves
        made = commitments.of_purchase(self.session, self.number).get(self.line, [])
        assert {one.user_id: one.tolerance for one in made} == self.tolerance
        sums = commitments.sums(self.session, self.number).get(self.line)
        assert (sums.quantity if sums else 0) == sum(map(len, self.units.values()))
        assert (sums.tolerance if sums else 0) == sum(self.tolerance.values())
        # Each person's units as they were added together, the oldest first.
        assert {
            one.user_id: [parcel.units for parcel in one.parcels if parcel.units] for one in made
        } == {
            user: [times.count(when) for when in sorted(set(times))]
            for user, times in self.units.items()
        }
        # Whose units in which order: ids of parcels grow as the clock of the model does.
        stored = sorted(
            (parcel.id, one.user_id)
            for one in made
            for parcel in one.parcels
            for _ in range(parcel.units)
        )
        expected = sorted((when, user) for user, times in self.units.items() for when in times)
        assert [user for _, user in stored] == [user for _, user in expected]


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
