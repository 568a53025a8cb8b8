"""Too much at once: commands, answers, replies and reactions, and that a quick typist is never stopped."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.commands.sample import ANN, BOB, open_sample
from tests.commands.talk import answer


def test_floods_get_one_kind_answer(tmp_path: Path) -> None:
    talk = open_sample(tmp_path, burst=3, refill=timedelta(seconds=10))
    got = [talk.say(ANN, "say hello") for _ in range(8)]
    assert [len(said) for said in got] == [1, 1, 1, 1, 0, 0, 0, 0]
    assert "a lot at once" in got[3][0].text
    assert answer(talk.say(BOB, "say hello")) == "en said: hello"
    # A time in the future, which a sender's own server may write, refills nothing.
    assert talk.say(ANN, "say hello", sent_at=talk.now + timedelta(days=9)) == []
    talk.wait(seconds=11)
    assert answer(talk.say(ANN, "say hello")) == "en said: hello"
    assert "a lot at once" in answer(talk.say(ANN, "say hello"))
    talk.close()


def test_what_was_typed_while_the_bot_was_down_is_no_flood(tmp_path: Path) -> None:
    talk = open_sample(tmp_path, burst=3, refill=timedelta(seconds=10))
    for minute in range(10):
        at = talk.now - timedelta(minutes=10 - minute)
        assert answer(talk.say(ANN, "say hello", sent_at=at)) == "en said: hello"
    talk.close()


def test_a_flood_of_answers_gets_one_kind_answer_and_the_question_waits(tmp_path: Path) -> None:
    talk = open_sample(tmp_path, burst=3, refill=timedelta(seconds=8))
    talk.say(ANN, "trip")
    got = [talk.say(ANN, "x") for _ in range(50)]
    assert [len(said) for said in got] == [1] * 9 + [0] * 41
    assert "name" in got[7][0].text
    assert "a lot at once" in got[8][0].text
    talk.wait(seconds=3)
    assert "how do you travel?" in answer(talk.say(ANN, "Ann"))
    talk.close()


def test_replies_and_reactions_count_as_answers(tmp_path: Path) -> None:
    talk = open_sample(tmp_path, burst=3, refill=timedelta(seconds=8))
    (asked,) = talk.say(ANN, "ask")
    got = [
        said
        for _ in range(8)
        for said in (talk.react(ANN, asked, "👍"), talk.reply(ANN, asked, "yes"))
    ]
    assert [len(said) for said in got] == [1] * 9 + [0] * 7
    assert "17 yes" in got[7][0].text
    assert "a lot at once" in got[8][0].text
    talk.wait(seconds=3)
    assert "17 👍" in answer(talk.react(ANN, asked, "👍"))
    talk.close()


def test_nobody_who_answers_one_question_after_the_other_is_stopped(tmp_path: Path) -> None:
    # With what holds when nothing is configured: a command, then more than one answer a second.
    talk = open_sample(tmp_path, burst=20)
    talk.say(ANN, "trip")
    for _ in range(300):
        talk.wait(seconds=0.6)
        assert "name" in answer(talk.say(ANN, "x"))
    talk.close()
