"""Any way of going through a conversation: every text is answered, and going back loses nothing."""

from __future__ import annotations

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import dialogues
from tests.commands.talk import Talk

MOVES = ["back", "terug", "skip", "passer", "help", "cancel", "trip", "!trip", "!note", "!cancel"]


ANSWERS = [
    "Ann",
    "1",
    "2",
    "3",
    "boat",
    "yes",
    "no",
    "1, 2",
    "",
    "x",
    "!say hi",
    "9" * 30,
    "\u202e",
]


_number = itertools.count()


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(MOVES + ANSWERS) | st.text(max_size=10), max_size=15))
def test_any_sequence_is_answered(talk: Talk, said: list[str]) -> None:
    user = f"@person{next(_number)}:localhost"
    for each in ["trip", *said]:
        assert talk.say(user, each), each


def state(talk: Talk, user: str) -> tuple[object, ...] | None:
    stored = talk.write(lambda session: dialogues.active(session, user))
    return (stored.step, stored.data, stored.history) if stored else None


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.sampled_from(["Ann", "1", "3", "yes", "skip", "1, 2"]), max_size=5),
    st.sampled_from(["Ann", "1", "3", "yes", "no", "1, 3", "skip"]),
)
def test_back_and_the_same_answer_again_is_as_if_nothing_happened(
    talk: Talk, before: list[str], last: str
) -> None:
    user = f"@person{next(_number)}:localhost"
    for said in ["!trip", *before]:
        talk.say(user, said)
    was = state(talk, user)
    talk.say(user, last)
    after = state(talk, user)
    if after is None or was is None or after[0] == was[0]:
        return
    talk.say(user, "back")
    here = state(talk, user)
    assert here is not None
    assert (here[0], here[2]) == (was[0], was[2])
    talk.say(user, last)
    assert state(talk, user) == after
