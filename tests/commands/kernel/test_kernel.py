"""What is meant by what came in: commands, edits, mentions, replies, floods, faults and forgeries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from commands.kernel.incoming import ActionEnd, Message
from commands.kernel.kernel import Outcome
from storage import inbox, outbox, people, rooms
from storage.jobs import Job
from tests.commands.sample import ANN, BOB, open_sample
from tests.commands.talk import BOT, Talk, answer

# --- for whom a text is --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "!say hello",
        "! say hello",
        "！say hello",
        "  !say hello",
        "!SAY hello",
        f"{BOT} say hello",
        f"{BOT}: say hello",
        f"{BOT}: !say hello",
        "@kring, say hello",
        "Kring: say hello",
        "kring say hello",
    ],
)
def test_prefix_and_mention_call_the_bot_in_a_room(talk: Talk, film: str, text: str) -> None:
    assert answer(talk.say(ANN, text, room=film)) == "en said: hello"


def test_a_pill_calls_the_bot(talk: Talk, film: str) -> None:
    html = f'<a href="https://matrix.to/#/{BOT}">Our helper</a>: say hello'
    mentions = frozenset({BOT})
    said = talk.say(ANN, "Our helper: say hello", room=film, html=html, mentions=mentions)
    assert answer(said) == "en said: hello"
    html = f'please <a href="https://matrix.to/#/{BOT}">Our helper</a>'
    said = talk.say(ANN, "help Our helper", room=film, html=html, mentions=mentions)
    assert "What I can do" in answer(said)


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "say hello",
        "!!!",
        "!",
        "! ",
        "!?!",
        "!1",
        "wow!say",
        "Kringloop is nice",
        "Kring is nice",
        "@kringloop say hello",
        "",
        "\u202e",
        "\x00",
    ],
)
def test_what_is_not_for_the_bot_is_left_alone(talk: Talk, film: str, text: str) -> None:
    assert talk.say(ANN, text, room=film) == []


def test_a_reply_to_the_bot_is_no_command_although_it_mentions_it(talk: Talk, film: str) -> None:
    (said,) = talk.say(ANN, "!say hello", room=film)
    assert talk.reply(BOB, said, "thank you", mentions=frozenset({BOT})) == []


def test_in_a_direct_chat_the_prefix_can_be_left_out(talk: Talk) -> None:
    for text in ("say hello", "!say hello", "Say hello"):
        assert answer(talk.say(ANN, text)) == "en said: hello"
    assert "What I can do" in answer(talk.say(ANN, "!"))


def test_a_room_may_have_a_prefix_of_its_own(talk: Talk, film: str) -> None:
    talk.write(lambda session: rooms.set_prefix(session, film, "+"))
    assert talk.say(ANN, "!say hello", room=film) == []
    assert answer(talk.say(ANN, "+say hello", room=film)) == "en said: hello"
    assert "+say example" in answer(talk.say(ANN, "+agenda x", room=film)).replace(
        "agenda example", "say example"
    )


def test_a_room_that_the_bot_left_or_never_knew_gets_no_answer(talk: Talk, film: str) -> None:
    assert talk.say(ANN, "!say hello", room="!unknown") == []
    talk.write(lambda session: rooms.set_joined(session, film, False, None))
    assert talk.say(ANN, "!say hello", room=film) == []


# --- language ------------------------------------------------------------------------------------


def test_the_order_of_languages(talk: Talk) -> None:
    room = talk.room("!lyon", "network", {ANN: 0}, language="fr")
    for said, language in (
        ("!agenda", "fr"),  # the word is of all languages: the room's
        ("!agenda 2 plaats:gent", "nl"),  # a filter is a word too
        ("!zeg hallo", "nl"),
        ("!say hello", "en"),
    ):
        assert answer(talk.say(ANN, said, room=room)).startswith(language), said
    assert answer(talk.say(ANN, "agenda")).startswith("en")
    talk.write(lambda session: people.choose_language(session, ANN, "nl", now=1))
    for said in ("!agenda", "!say hello", "!dis bonjour"):
        assert answer(talk.say(ANN, said, room=room)).startswith("nl"), said


def test_the_installation_s_language_comes_last(tmp_path: Path) -> None:
    talk = open_sample(tmp_path, language="nl")
    assert answer(talk.say(ANN, "agenda")).startswith("nl")
    talk.close()


# --- mistakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("!saay hello", ["saay", "!say"]),
        ("!agenda " + "x" * 5000, ["xxx...", "!agenda example"]),
        ("!agenda 1 " + "x" * 5000, ["xxx...", "!agenda example"]),
        ("!xylophone", ["xylophone", "!help"]),
        ("!agenda 99", ["99", "1", "9", "!agenda example"]),
        ("!agenda 1 2", ["2", "!agenda example"]),
        ("!agenda colour:red", ["colour", "place", "!agenda example"]),
        ("!greet", ["person", "!greet example"]),
        ("!greet someone", ["someone", "@name:server", "!greet example"]),
        ("!rule", ["the animators"]),
        ("!staff only", ["staff room"]),
        ("!refuse", ["that is full"]),
    ],
)
def test_a_mistake_gets_one_answer_that_says_what_was_expected(
    talk: Talk, film: str, said: str, expected: list[str]
) -> None:
    text = answer(talk.say(ANN, said, room=film))
    for part in expected:
        assert part in text, text


def test_nothing_half_done_stays_behind_a_refusal(talk: Talk, film: str) -> None:
    assert "half done" not in answer(talk.say(ANN, "!refuse", room=film))


def test_a_command_for_the_staff_room_works_there(talk: Talk) -> None:
    room = talk.room("!staff", "staff", {ANN: 0})
    assert answer(talk.say(ANN, "!staff only", room=room)) == "en said: staff"


def test_a_fault_is_told_kindly_without_its_details(talk: Talk, film: str) -> None:
    with pytest.raises(RuntimeError, match="secret detail"):
        talk.say(ANN, "!crash", room=film)

    def apologise(session: Any) -> Outcome:
        message = Message(1, "$x", film, ANN, "!crash", talk.now)
        return talk.kernel.apologise(session, message, talk.now)

    (draft,) = talk.write(apologise).drafts
    assert "went wrong" in draft.content["body"]
    assert "secret" not in json.dumps(draft.content)
    assert "Traceback" not in json.dumps(draft.content)


# --- actions, jobs, and what the engine asks beforehand ------------------------------------------


def test_the_end_of_an_action_is_heard_of(talk: Talk, film: str) -> None:
    (action,) = talk.say(ANN, "!build", room=film)
    assert (action.kind, action.type, action.content) == (
        "action",
        "create_room",
        {"name": "Film"},
    )
    assert answer(talk.end(action, room_id="!new")) == "en said: !new"
    assert answer(talk.end(action, error="M_FORBIDDEN")) == "en said: M_FORBIDDEN"
    unknown = ActionEnd("nobody.listens", {})
    outcome = talk.write(lambda session: talk.kernel.continue_(session, unknown, talk.now))
    assert outcome.drafts == []


@pytest.mark.parametrize(("minutes", "text"), [(0, "on time"), (5, "on time"), (6, "late")])
def test_a_job_knows_whether_it_is_late(talk: Talk, minutes: int, text: str) -> None:
    due = Job(1, "sample.job", "x", talk.ms() - minutes * 60_000, {"user": ANN}, 0)
    outcome = talk.write(lambda session: talk.kernel.due(session, due, talk.now))
    assert outcome.drafts[0].content["body"] == f"en said: {text}"
    assert outcome.drafts[0].user_id == ANN


def message(talk: Talk, text: str, **fields: Any) -> Message:
    return Message(1, "$x", "!film", ANN, text, talk.now, **fields)


def test_only_commands_that_change_nothing_run_beside_the_writer(talk: Talk) -> None:
    assert talk.kernel.reads_only(message(talk, "!say hello"))
    assert talk.kernel.reads_only(message(talk, "kring: say hello"))
    for text, fields in (
        ("!count", {}),
        ("say hello", {}),
        ("!unknown", {}),
        ("!say hello", {"edits": "$y"}),
        ("!say hello", {"reply_to": "$y"}),
    ):
        assert not talk.kernel.reads_only(message(talk, text, **fields)), text


def test_a_command_that_reads_answers_from_a_reader(talk: Talk, film: str) -> None:
    outcome = talk.loop.run_until_complete(
        talk.database.read(
            lambda session: talk.kernel.handle(session, message(talk, "!say hi"), talk.now)
        )
    )
    assert outcome.drafts[0].content["body"] == "en said: hi"
    assert outcome.acted is False


def test_a_message_is_kept_no_longer_than_it_takes(talk: Talk, film: str) -> None:
    talk.say(ANN, "!count", room=film)
    past = talk.write(lambda session: inbox.by_event(session, last_in(session)))
    assert (past.status, past.acted) == ("done", True)
    assert talk.write(lambda s: s.value("SELECT count(*) FROM inbox WHERE body IS NOT NULL")) == 0
    assert talk.write(outbox.count_waiting) == 0


def last_in(session: Any) -> str:
    return str(session.value("SELECT event_id FROM inbox ORDER BY id DESC LIMIT 1"))


def test_a_file_that_nobody_asked_for_is_not_taken_for_a_command(talk: Talk) -> None:
    said = talk.send_file("@anna:localhost", "help.png", b"...", "image/png")
    assert "did not ask for a file" in answer(said)
