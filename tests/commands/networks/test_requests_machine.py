"""The life of requests to join, by properties: never two decisions, never an invitation without approval."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from storage import audit, join_requests, rooms
from tests.commands.networks.world import (
    ANNA,
    BEN,
    CARO,
    DIALOGUES_UNDER_TEST,
    DIRK,
    ROUTERS_UNDER_TEST,
    actions,
    cooperative,
    network,
)
from tests.commands.talk import BOT, Said, Talk

ANIMATORS = st.sampled_from([ANNA, BEN])
APPLICANTS = st.sampled_from([CARO, DIRK])
EVERYONE = st.sampled_from([ANNA, BEN, CARO, DIRK])


class Requests(RuleBasedStateMachine):
    """People ask, knock, take back; animators decide in every way there is, as often as they like."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.talk = Talk.open(
            Path(self.folder.name), routers=ROUTERS_UNDER_TEST, dialogues=DIALOGUES_UNDER_TEST
        )
        cooperative(self.talk)
        self.room = network(self.talk, "food", openness="approval", powers={ANNA: 50, BEN: 50})
        self.notices: list[Said] = []
        self.invited = 0

    def teardown(self) -> None:
        self.talk.close()
        self.folder.cleanup()

    def done(self, said: list[Said]) -> None:
        self.notices += [
            each
            for each in said
            if each.edits is None and (each.draft.about or "").startswith("join_request:")
        ]
        for action in actions(said):
            user = action.content["user_id"]
            if action.type == "invite":
                self.invited += 1
                self.membership(user, "invite", BOT)
            elif self.current(user) is not None:
                self.membership(user, "leave", BOT)

    def membership(self, user: str, after: str, sender: str) -> None:
        self.done(self.talk.member(self.room, user, after, sender=sender))

    def current(self, user: str) -> str | None:
        found: str | None = self.talk.write(
            lambda session: rooms.membership_of(session, self.room, user)
        )
        return found

    @rule(user=APPLICANTS)
    def asks(self, user: str) -> None:
        self.done(self.talk.say(user, "join food"))

    @rule(user=APPLICANTS)
    def takes_back(self, user: str) -> None:
        self.done(self.talk.say(user, "leave food"))
        self.talk.say(user, "!cancel")

    @rule(user=APPLICANTS)
    def knocks(self, user: str) -> None:
        if self.current(user) in (None, "leave"):
            self.membership(user, "knock", user)

    @rule(user=APPLICANTS)
    def goes_away(self, user: str) -> None:
        if self.current(user) in ("knock", "invite", "join"):
            self.membership(user, "leave", user)

    @rule(user=APPLICANTS)
    def accepts(self, user: str) -> None:
        if self.current(user) == "invite":
            self.membership(user, "join", user)

    @rule(animator=ANIMATORS, user=APPLICANTS)
    def lets_in_elsewhere(self, animator: str, user: str) -> None:
        if self.current(user) in (None, "leave", "knock"):
            self.membership(user, "invite", animator)

    @rule(who=EVERYONE, word=st.sampled_from(["yes", "no", "ja", "non", "hm", "no, full"]),
          which=st.integers(0, 50))  # fmt: skip
    def replies(self, who: str, word: str, which: int) -> None:
        mine = [each for each in self.notices if each.draft.user_id == who]
        if mine:
            self.done(self.talk.reply(who, mine[which % len(mine)], word))

    @rule(who=ANIMATORS, emoji=st.sampled_from(["👍", "👎", "🎉"]), which=st.integers(0, 50))
    def reacts(self, who: str, emoji: str, which: int) -> None:
        mine = [each for each in self.notices if each.draft.user_id == who]
        if mine:
            self.done(self.talk.react(who, mine[which % len(mine)], emoji))

    @rule(who=EVERYONE, number=st.integers(1, 4), approve=st.booleans())
    def types(self, who: str, number: int, approve: bool) -> None:
        self.done(self.talk.say(who, f"network {'approve' if approve else 'decline'} {number}"))

    @invariant()
    def nobody_is_invited_without_an_approval_by_an_animator(self) -> None:
        log = self.talk.write(lambda session: audit.of_subject(session, "network:1"))
        approvals = [entry for entry in log if entry.action == "join_request.approved"]
        assert self.invited <= len(approvals)
        assert {entry.actor for entry in log} <= {ANNA, BEN}

    @invariant()
    def each_request_is_decided_once(self) -> None:
        log = self.talk.write(lambda session: audit.of_subject(session, "network:1"))
        decided = [entry.details["request"] for entry in log if "request" in entry.details]
        assert len(decided) == len(set(decided))

    @invariant()
    def one_request_waits_for_a_person_at_most(self) -> None:
        waiting = self.talk.write(lambda session: join_requests.waiting(session, [1]))
        people = [request.user_id for request in waiting]
        assert len(people) == len(set(people))


TestRequests = pytest.mark.timeout(300)(Requests.TestCase)
TestRequests.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
