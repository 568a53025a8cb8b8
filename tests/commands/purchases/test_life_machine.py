"""The whole life of a purchase, by properties: whatever people do and however often the clock looks, it goes
the ways that product.md knows, and what is ordered is what the rules give."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from commands.purchases.standing import allotments, verdict_now
from storage import commitments, jobs, purchase_losses, purchases
from storage.commitments import Commitment
from storage.purchases import Purchase
from storage.session import Session
from tests.commands.purchases.market import (
    ANI,
    BEN,
    CARO,
    FINN,
    commit,
    get,
    line,
    market,
    purchase,
    run_jobs,
)
from tests.commands.talk import Said

TAKING_PART = st.sampled_from([BEN, CARO, FINN])
STEP = "purchases.step"
DAY = 86_400_000
CHAIRS = line(case=4, tiers=((1, 1000), (8, 800)), reference=1100)
LAMPS = line("Lamps", case=2, minimum=2, tiers=((1, 5000),), reference=4900)


class Life(RuleBasedStateMachine):
    """People commit, withdraw and answer; the responsible person decides; the clock looks now and then."""

    @initialize(
        freight=st.sampled_from([0, 500, 5000]),
        chairs=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    )
    def open(self, freight: int, chairs: list[int]) -> None:
        self.world = ExitStack()
        folder = self.world.enter_context(tempfile.TemporaryDirectory())
        self.talk = self.world.enter_context(market(Path(folder)))
        purchase(self.talk, lines=[CHAIRS, LAMPS], freight_cents=freight)
        for user, quantity in zip([BEN, CARO, FINN], chairs, strict=False):
            commit(self.talk, user, quantity)
        self.asked: dict[str, Said] = {}

    def teardown(self) -> None:
        self.world.close()

    def hear(self, said: list[Said]) -> None:
        for one in said:
            about = one.draft.about or ""
            if about.startswith(("purchase_loss:", "purchase_tipped:", "purchase_failed:")):
                self.asked[one.draft.user_id or ""] = one

    def now(self) -> Purchase:
        return get(self.talk)

    @rule(user=TAKING_PART, quantity=st.integers(0, 9), tolerance=st.integers(0, 3),
          article=st.sampled_from(["chairs", "lamps"]))  # fmt: skip
    def commits(self, user: str, quantity: int, tolerance: int, article: str) -> None:
        self.hear(self.talk.say(user, f"commit 1 {article} {quantity}+{tolerance}"))

    @rule(user=TAKING_PART)
    def withdraws(self, user: str) -> None:
        self.hear(self.talk.say(user, "withdraw 1"))

    @precondition(lambda self: self.asked)
    @rule(user=st.sampled_from([BEN, CARO, FINN, ANI]),
          said=st.sampled_from(["yes", "no", "friday 18:00"]))  # fmt: skip
    def answers(self, user: str, said: str) -> None:
        if user in self.asked:
            self.hear(self.talk.reply(user, self.asked[user], said))

    @precondition(lambda self: self.now().state in ("tipped", "failed"))
    @rule(
        what=st.sampled_from(
            ["confirm 1", "override 1 because", "extend 1 monday 18:00", "release 1"]
        )
    )
    def decides(self, what: str) -> None:
        self.hear(self.talk.say(ANI, f"purchase {what}"))

    @rule(hours=st.sampled_from([1, 30]))
    def time_goes_by(self, hours: int) -> None:
        """Before the clock looks: the bot is down."""
        self.talk.wait(hours=hours)

    @precondition(lambda self: self.now().due_at is not None)
    @rule(late=st.sampled_from([0, 0, 3, 7200]))
    def the_next_step_comes(self, late: int) -> None:
        due = datetime.fromtimestamp((self.now().due_at or 0) / 1000 + late, UTC)
        self.talk.now = max(self.talk.now, due)
        self.hear(run_jobs(self.talk, STEP, "purchases.nudge", "purchases.remind"))
        before = self.now()

        def again(session: Session) -> None:
            """As after a restart, when it is not known that the clock looked."""
            key, data = f"again-{self.talk.now}", {"purchase": 1}
            jobs.add(session, STEP, key, due_at=self.talk.ms(), data=data)

        self.talk.write(again)
        said = run_jobs(self.talk, STEP)
        assert said == [] and self.now() == before, [one.text for one in said]

    # --- what holds --------------------------------------------------------------------------

    def made(self) -> dict[int, list[Commitment]]:
        return self.talk.write(lambda session: commitments.of_purchase(session, 1))  # type: ignore[no-any-return]

    @invariant()
    def something_comes_by_itself_until_a_person_is_asked(self) -> None:
        now = self.now()
        losses = self.talk.write(lambda session: purchase_losses.of_purchase(session, 1))
        waits = [one for one in losses if one.withdrew_at is None]
        if now.state in ("open", "filling"):
            assert now.due_at is not None
        elif now.state == "failed":
            assert (now.due_at is None) == (now.released_at is not None)
            assert not losses
        elif now.state == "tipped" and now.due_at is not None:
            assert waits
        else:
            assert now.due_at is None

    @invariant()
    def the_order_is_what_the_rules_give(self) -> None:
        now = self.now()
        made = self.made()
        if now.state in ("open", "filling", "failed"):
            assert all(one.ordered_cases is None for one in now.lines)
            assert all(one.ordered_units is None for found in made.values() for one in found)
            return
        if now.state == "tipped" and now.due_at is not None:
            return
        assert now.state in ("tipped", "confirmed"), now.state
        allotted = allotments(now, made)
        assert any(one.ordered_cases for one in now.lines)
        for found in now.lines:
            allotment = allotted[found.id]
            assert found.ordered_cases == allotment.cases
            given = [one.ordered_units or 0 for one in made.get(found.id, ())]
            assert sum(given) == found.ordered_units
            for one in made.get(found.id, ()):
                assert one.dropped == (one.id in allotment.dropped)
                assert 0 <= (one.ordered_units or 0) <= one.quantity + one.tolerance

    @invariant()
    def it_goes_ahead_only_if_it_gains_or_with_a_reason(self) -> None:
        now = self.now()
        if now.state == "confirmed":
            verdict = self.talk.write(lambda session: verdict_now(session, now))
            assert verdict.goes_ahead or now.override_reason == "because"

    @invariant()
    def it_fails_at_most_twice_and_is_filled_a_whole_day(self) -> None:
        history = self.talk.write(lambda session: purchases.history(session, 1))
        assert [state for state, _ in history].count("failed") <= 2
        for (state, since), (_, until) in pairwise(history):
            assert state != "filling" or until - since >= DAY - 600_000


Life.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestLife = Life.TestCase
