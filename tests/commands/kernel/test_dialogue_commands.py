"""Commands while a question is open: with the prefix they run, without it they are doubted, not obeyed."""

from __future__ import annotations

import pytest

from storage import dialogues
from tests.commands.kernel.test_dialogue import play
from tests.commands.sample import ANN, restart
from tests.commands.talk import Talk, answer


def test_commands_in_between_do_not_end_it(talk: Talk) -> None:
    play(
        talk,
        [
            ("trip", "name"),
            ("!say hello", "said: hello"),
            ("!nothing", "do not know"),
            ("Ann", "travel"),
            ("!help", "What I can do"),
            ("bike", "days"),
        ],
    )
    stored = talk.write(lambda session: dialogues.active(session, ANN))
    assert stored.data["name"] == "Ann"


def name_given(talk: Talk) -> str:
    stored = talk.write(lambda session: dialogues.active(session, ANN))
    return str(stored.data["name"])


@pytest.mark.parametrize(
    "said",
    [
        "say hello",
        "Say",
        "dis bonjour",
        "help me",
        "agenda place:gent",
        "greet",
        "note here",
        "note",
    ],
)
def test_what_looks_like_a_command_is_taken_when_it_is_sent_once_more(
    talk: Talk, said: str
) -> None:
    """The prefix was forgotten, or it is an answer that begins with the name of a command."""
    talk.say(ANN, "trip")
    text = answer(talk.say(ANN, said))
    assert f"!{said}" in text
    assert "once more" in text
    assert "did not understand" not in text
    assert "what is your name?" in text
    assert name_given(talk) == ""
    restart(talk)
    play(talk, [(said, "travel")])
    assert name_given(talk) == said


def test_what_looks_like_a_command_is_doubted_each_time_that_it_changes(talk: Talk) -> None:
    play(
        talk,
        [
            ("trip", "name"),
            ("say hello", "once more"),
            ("say goodbye", "once more"),
            ("say hello", "once more"),
            ("back", "no question before"),
            ("say hello", "once more"),
            ("Ann", "travel"),
        ],
    )
    assert name_given(talk) == "Ann"


def test_the_command_that_was_meant_runs_with_the_prefix(talk: Talk) -> None:
    play(
        talk,
        [
            ("trip", "name"),
            ("say hello", "!say hello"),
            ("!say hello", "said: hello"),
            ("Ann", "travel"),
        ],
    )


@pytest.mark.parametrize(
    "said",
    [
        "stop motion",
        "Agenda maker from Ghent",
        "Note of the sea",
        "say so\nsay no",
        "say " + "so " * 40,
    ],
)
def test_what_no_command_would_make_sense_of_is_an_answer(talk: Talk, said: str) -> None:
    play(talk, [("trip", "name"), (said, "travel")])


def test_a_command_where_it_does_not_fit_is_told_with_the_prefix(talk: Talk) -> None:
    play(talk, [("trip", "name"), ("Ann", "travel")])
    text = answer(talk.say(ANN, "agenda place:gent"))
    for part in ("did not understand", "!agenda place:gent", "how do you travel?"):
        assert part in text
    assert "once more" not in text
    assert "looks like a command" not in answer(talk.say(ANN, "on foot"))


def test_the_name_of_a_command_is_an_answer_where_it_is_one_of_those_offered(talk: Talk) -> None:
    """*fiets* calls a command here, and is one of the answers to that question."""
    play(talk, [("trip", "name"), ("Ann", "travel"), ("fiets", "days")])
    stored = talk.write(lambda session: dialogues.active(session, ANN))
    assert stored.data["mode"] == "bike"
