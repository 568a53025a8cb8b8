"""The first words of a newcomer: help, the language, leaving a conversation; and the written manual."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.all import routers
from commands.basics.router import TOPICS, usage
from commands.kernel.catalogue import languages, translate
from commands.kernel.command import Registry
from commands.kernel.incoming import ActionEnd
from commands.kernel.kernel import Outcome
from storage import dialogues, jobs, people
from tests.commands.talk import Talk, answer
from tools import write_manual

ANN = "@ann:localhost"
REAL = Registry(routers())


# --- help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "language"),
    [("help", "en"), ("!help", "en"), ("?", "en"), ("hulp", "nl"), ("Aide", "fr"), ("!", "en")],
)
def test_help_lists_what_can_be_said_in_the_language(talk: Talk, said: str, language: str) -> None:
    text = answer(talk.say(ANN, said))
    assert translate(language, "What I can do") in text
    for command in REAL.commands:
        if command.topic == "basics":
            assert f"!{command.word(language)} " in text, command.name
            assert translate(language, command.summary) in text


@pytest.mark.parametrize("command", REAL.commands, ids=lambda command: command.name)
@pytest.mark.parametrize("language", languages())
def test_help_explains_each_command_in_each_language(
    talk: Talk, command: Any, language: str
) -> None:
    talk.write(lambda session: people.choose_language(session, ANN, language, now=1))
    text = answer(talk.say(ANN, f"!help {command.word(language)}"))
    assert f"!{command.word(language)}" in text
    for example in command.examples[language]:
        assert f"!{example}" in text
    assert text == answer(talk.say(ANN, f"!help !{command.name}"))


def test_help_for_what_does_not_exist_suggests(talk: Talk) -> None:
    assert "!language" in answer(talk.say(ANN, "help langauge"))
    assert "xylophone" in answer(talk.say(ANN, "help xylophone"))


def test_help_speaks_with_the_room_s_prefix(talk: Talk) -> None:
    room = talk.room("!film", "network", {ANN: 0})
    talk.write(lambda s: s.run("UPDATE rooms SET prefix = '+' WHERE room_id = '!film'"))
    text = answer(talk.say(ANN, "+help", room=room))
    assert "+help" in text
    assert "!help" not in text


def test_every_topic_has_a_heading() -> None:
    assert {command.topic for command in REAL.commands} <= set(TOPICS)


def test_the_parts_of_a_command_are_not_its_examples(talk: Talk) -> None:
    lines = answer(talk.say(ANN, "help propose")).splitlines()
    assert lines.index("For example:") < lines.index("Related commands:")
    assert any("!propose initiative" in line for line in lines[lines.index("Related commands:") :])


@pytest.mark.parametrize(
    ("said", "suggested"),
    [
        ("hluep", "!help\n"),
        ("!hluep", "!help\n"),
        ("zoke vertaler", "!zoek vertaler\n"),
        ("!fnid Illustrator place:gent", "!find Illustrator place:gent\n"),
        ("cancle everything", "!cancel\n"),
    ],
)
def test_a_suggestion_keeps_the_other_words(talk: Talk, said: str, suggested: str) -> None:
    assert f"* {suggested}" in answer(talk.say(ANN, said))


# --- courtesies ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "language", "expected"),
    [
        ("hello", "en", "Hello"),
        ("Goeiedag!", "nl", "Hallo"),
        ("hallo Kring", "nl", "Hallo"),
        ("👋 Hoi!", "nl", "Hallo"),
        ("Bonjour, Kring.", "fr", "Bonjour"),
        ("thanks :-)", "en", "You are welcome"),
        ("dankjewel!", "nl", "Graag gedaan"),
        ("Dank u wel 🙏", "nl", "Graag gedaan"),
        ("merci beaucoup", "fr", "Avec plaisir"),
        ("merci", "en", "You are welcome"),
    ],
)
def test_who_is_polite_is_answered_in_kind(
    talk: Talk, said: str, language: str, expected: str
) -> None:
    text = answer(talk.say(ANN, said))
    assert text.startswith(expected)
    help_word = {"en": "!help", "nl": "!hulp", "fr": "!aide"}[language]
    assert (help_word in text) == (expected in ("Hello", "Hallo", "Bonjour"))


def test_thanks_are_answered_in_one_s_own_language(talk: Talk) -> None:
    talk.write(lambda session: people.choose_language(session, ANN, "fr", now=1))
    assert answer(talk.say(ANN, "dankjewel")) == "Avec plaisir\u202f!"


@pytest.mark.parametrize("said", ["hello find me somebody", "merci de chercher", "hellow"])
def test_more_than_a_courtesy_is_not_taken_for_one(talk: Talk, said: str) -> None:
    assert "do not know" in answer(talk.say(ANN, said))


def test_nobody_is_answered_who_greets_others_in_a_room(talk: Talk) -> None:
    room = talk.room("!film", "network", {ANN: 0})
    assert talk.say(ANN, "hello", room=room) == []


# --- language ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("language nl", "nl"),
        ("language dutch", "nl"),
        ("taal Nederlands", "nl"),
        ("taal frans", "fr"),
        ("langue français", "fr"),
        ("langue FRANCAIS", "fr"),
        ("langue néerlandais", "nl"),
        ("taal vlaams", "nl"),
        ("langue flamand", "nl"),
        ("language english", "en"),
    ],
)
def test_a_language_is_chosen_by_any_of_its_names(talk: Talk, said: str, code: str) -> None:
    answer(talk.say(ANN, said))
    assert talk.write(lambda session: people.language_of(session, ANN)) == code
    assert translate(code, "What I can do") in answer(talk.say(ANN, "help"))


def test_the_choice_is_shown_and_a_wrong_one_explained(talk: Talk) -> None:
    text = answer(talk.say(ANN, "language"))
    for shown in ("!language en: English", "!language nl: Nederlands", "!language fr: français"):
        assert shown in text
    text = answer(talk.say(ANN, "language klingon"))
    assert "klingon" in text
    assert "Nederlands" in text
    assert talk.write(lambda session: people.language_of(session, ANN)) is None


# --- the rest ------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["cancel", "stop", "annuleer", "annuler", "!cancel"])
def test_leaving_nothing_is_said_so(talk: Talk, said: str) -> None:
    language = {"annuleer": "nl", "annuler": "fr"}.get(said, "en")
    expected = "No conversation is under way, so there is nothing to stop."
    assert answer(talk.say(ANN, said)) == translate(language, expected)


@pytest.mark.parametrize("said", ["back", "skip", "Terug", "overslaan", "retour", "passer"])
def test_there_is_no_way_back_where_nothing_is_asked(talk: Talk, said: str) -> None:
    expected = "No question is open, so there is nothing to go back to and nothing to skip."
    assert answer(talk.say(ANN, said)) == expected


def test_who_opened_a_direct_chat_is_greeted_there(talk: Talk) -> None:
    room = talk.direct(ANN)
    talk.write(lambda session: people.choose_language(session, ANN, "nl", now=1))

    def joined(error: str | None) -> Outcome:
        end = ActionEnd("basics.joined", {"room_id": room, "inviter": ANN}, {}, error)
        outcome: Outcome = talk.write(lambda s: talk.kernel.continue_(s, end, talk.now))
        return outcome

    (draft,) = joined(None).drafts
    assert draft.room_id == room
    assert "hulp" in draft.content["body"]
    assert joined("M_FORBIDDEN").drafts == []


def test_conversations_left_lying_are_ended_by_a_job_that_repeats(talk: Talk) -> None:
    talk.write(lambda session: talk.kernel.plan(session, talk.now))
    talk.write(lambda session: talk.kernel.plan(session, talk.now))
    talk.write(
        lambda session: dialogues.begin(
            session,
            user_id=ANN,
            room_id="",
            name="profile",
            step="city",
            data={},
            language="nl",
            now=talk.ms(),
            expires_at=talk.ms() + 1000,
        )
    )
    talk.now += timedelta(minutes=30)

    def run(session: Any) -> list[Any]:
        drafts = []
        for job in jobs.due(session, now=talk.ms()):
            if job.kind == "basics.expire_dialogues":
                drafts += talk.kernel.due(session, job, talk.now).drafts
                jobs.finish(session, job.id, "done", now=talk.ms())
        return drafts

    assert [draft.user_id for draft in talk.write(run)] == [ANN]
    assert talk.write(run) == []
    assert talk.write(lambda session: dialogues.of_user(session, ANN)) == []
    assert talk.write(jobs.next_due) > talk.ms()


# --- the manual ----------------------------------------------------------------------------------


def test_the_manual_has_every_command_in_every_language() -> None:
    text = write_manual.manual()
    assert text == write_manual.manual()
    for command in REAL.commands:
        assert f"### {command.name}\n" in text
        for language in languages():
            assert usage(command, language).replace("|", "&#124;") in text
            for example in command.examples[language]:
                assert f"`{example}`" in text
        for parameter in command.parameters:
            for words in parameter.names.values():
                assert all(f"`{word}:`" in text for word in words)


def test_a_stale_manual_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "docs" / "commands.md"
    assert write_manual.main(["--check", str(path)]) == 1
    assert write_manual.main([str(path)]) == 0
    assert write_manual.main(["--check", str(path)]) == 0
    path.write_text(path.read_text() + "more\n")
    capsys.readouterr()
    assert write_manual.main(["--check", str(path)]) == 1
    assert "make docs" in capsys.readouterr().err
