"""Conversations as people have them: answering, going back, leaving, being interrupted, coming back."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from storage import dialogues, people
from tests.commands.sample import ANN, BOB, Trip, open_sample, restart
from tests.commands.talk import BOT, Said, Talk, answer


def play(talk: Talk, script: list[tuple[str, str]], user: str = ANN) -> None:
    """Say each, and find what is expected in the one answer; each answer has an end of its own."""
    for said, expected in script:
        got = answer(talk.say(user, said))
        assert expected in got, (said, got)


def texts(said: list[Said]) -> list[str]:
    return [each.text for each in said]


START = {"en": "trip", "nl": "reis", "fr": "voyage"}
WORDS = {
    "en": {"back": "back", "skip": "skip", "cancel": "cancel", "help": "help"},
    "nl": {"back": "Terug", "skip": "OVERSLAAN", "cancel": "annuleer", "help": "hulp"},
    "fr": {"back": "retour", "skip": "passer", "cancel": "Annuler", "help": "aide"},
}


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_a_whole_conversation_in_each_language(talk: Talk, language: str) -> None:
    words = WORDS[language]
    play(
        talk,
        [
            (START[language], f"{language}: what is your name?"),
            ("A", f"{language}: what is your name?"),
            (words["skip"], f"{language}: what is your name?"),
            ("Ann", f"{language}: how do you travel?"),
            ("on foot", f"{language}: how do you travel?"),
            ("9", f"{language}: how do you travel?"),
            ("3", f"{language}: a cabin?"),
            (words["back"], f"{language}: how do you travel?"),
            ("vélo", f"{language}: which days?"),
            (words["back"], f"{language}: how do you travel?"),
            ("by bus or boat", f"{language}: how do you travel?"),
            ("BOAT", f"{language}: a cabin?"),
            ("👎", f"{language}: which days?"),
            ("1, 3", f"{language}: a picture?"),
            (words["skip"], f"{language} done: Ann/boat/no/1000,3000/"),
        ],
    )
    assert talk.write(lambda session: dialogues.active(session, ANN)) is None


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [
        ("1", "bike"),
        ("1.", "bike"),
        (" 2) ", "train"),
        ("by train", "train"),
        ("By Trian", "train"),
        ("trein", "train"),
        ("Bateau", "boat"),
        ("by bicycel", "bike"),
    ],
)
def test_choices_are_named_by_number_word_or_nearly(talk: Talk, typed: str, chosen: str) -> None:
    play(talk, [("trip", "name"), ("Ann", "travel")])
    talk.say(ANN, typed)
    stored = talk.write(lambda session: dialogues.active(session, ANN))
    assert stored.data["mode"] == chosen


@pytest.mark.parametrize("typed", ["by", "0", "4", "-1", "1 2", "9" * 5000, "by b", "…", "yes"])
def test_what_names_no_choice_is_asked_again(talk: Talk, typed: str) -> None:
    play(talk, [("trip", "name"), ("Ann", "travel"), (typed, "how do you travel?")])


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [
        ("1, 3", "1000,3000"),
        ("3 1", "3000,1000"),
        ("monday; wednesday", "1000,3000"),
        ("Tuesday", "2000"),
        ("2\n2", "2000"),
        ("1 and 3", "1000,3000"),
        ("1 EN 3", "1000,3000"),
        ("1, 2 et 3", "1000,2000,3000"),
        ("1 & 2 + 3", "1000,2000,3000"),
        ("monday and wednesday", "1000,3000"),
        ("3000", "3000"),
    ],
)
def test_several_choices_at_once(talk: Talk, typed: str, chosen: str) -> None:
    play(talk, [("trip", "name"), ("Ann", "travel"), ("bike", "days"), (typed, "picture")])
    play(talk, [("skip", f"done: Ann/bike//{chosen}/")])


@pytest.mark.parametrize("typed", ["1, 9", "monday and such", ",", "1 and", "1 and 9", "and"])
def test_one_bad_choice_of_several_spoils_the_answer(talk: Talk, typed: str) -> None:
    play(talk, [("trip", "name"), ("Ann", "travel"), ("1", "days"), (typed, "which days?")])


def test_files_go_to_the_question_that_wants_one(talk: Talk) -> None:
    talk.say(ANN, "trip")
    assert "name" in answer(talk.send_file(ANN, "Ann.png", b"x", "image/png"))
    for said in ("Ann", "1", "1"):
        talk.say(ANN, said)
    assert "a picture" in answer(talk.say(ANN, "a lovely one"))
    # The name of a file may be a reserved word; the file is what counts.
    done = talk.send_file(ANN, "me.png", b"x", "image/png", text="stop")
    assert "done: Ann/bike//1000/me.png" in answer(done)


def test_help_says_what_can_be_said_and_asks_again(talk: Talk) -> None:
    talk.say(ANN, "reis")
    said = talk.say(ANN, "?")
    assert len(said) == 2
    assert "annuleer" in said[0].text
    for useless in ("terug", "overslaan"):
        assert useless not in said[0].text
    assert "nl: what is your name?" in said[1].text
    talk.say(ANN, "Ann")
    said = talk.say(ANN, "?")
    for word in ("terug", "overslaan", "annuleer"):
        assert word in said[0].text
    assert "nl: how do you travel?" in said[1].text


def test_leaving_keeps_nothing(talk: Talk) -> None:
    play(talk, [("trip", "name"), ("Ann", "travel"), ("stop", "Your trip")])
    assert talk.write(lambda session: dialogues.of_user(session, ANN)) == []
    play(talk, [("Ann", "do not know")])


@pytest.mark.parametrize("said", ["stop motion", "go back", "helpful", "no cancel please"])
def test_reserved_words_count_only_alone(talk: Talk, said: str) -> None:
    play(talk, [("trip", "name"), (said, "travel")])
    stored = talk.write(lambda session: dialogues.active(session, ANN))
    assert stored.data["name"] == said


def test_going_back_at_the_first_question_asks_it_again(talk: Talk) -> None:
    before = "there is no question before this one"
    play(talk, [("trip", "name"), ("back", before), ("terug", "name"), ("Ann", "travel")])


def test_a_new_one_pauses_the_old_which_comes_back(talk: Talk) -> None:
    play(talk, [("trip", "name"), ("Ann", "travel")])
    play(talk, [("!note", "“Your trip” waits"), ("milk", "more")])
    said = talk.say(ANN, "eggs")
    assert len(said) == 3
    assert "done: milk;eggs;" in said[0].text
    assert "Your trip" in said[1].text
    assert "how do you travel?" in said[2].text
    play(talk, [("bike", "days")])


def test_what_was_paused_comes_back_after_cancel_too_in_its_own_language(talk: Talk) -> None:
    play(talk, [("reis", "nl: what is your name?"), ("!note", "en: what do you note?")])
    said = talk.say(ANN, "!cancel")
    assert "nl: what is your name?" in said[-1].text


def test_one_s_own_choice_of_language_counts_at_once(talk: Talk) -> None:
    play(talk, [("reis", "nl: what"), ("!language french", ""), ("Ann", "fr: how")])


def test_it_goes_on_after_a_restart(talk: Talk) -> None:
    play(talk, [("reis", "name"), ("Ann", "travel")])
    restart(talk)
    play(talk, [("boot", "nl: a cabin?"), ("terug", "travel"), ("1", "days")])


def test_a_step_that_a_new_version_dropped_starts_again(talk: Talk) -> None:
    play(talk, [("trip", "name"), ("Ann", "travel")])
    talk.write(
        lambda session: dialogues.save(
            session,
            dialogues.of_user(session, ANN)[0].id,
            step="gone",
            data=Trip(name="Ann").model_dump(mode="json"),
            history=("also gone",),
            question=None,
            expires_at=2**53,
        )
    )
    play(talk, [("back", "name"), ("Anna", "travel"), ("1", "days")])


def spoil(talk: Talk) -> None:
    """What was stored no longer fits, as after a new version of the dialogue."""
    talk.write(lambda session: session.run("""UPDATE dialogues SET data = '{"days": 7}'"""))


def test_answers_that_a_new_version_cannot_read_do_not_lock_anybody_in(talk: Talk) -> None:
    talk.say(ANN, "trip")
    spoil(talk)
    play(talk, [("Ann", "start again"), ("trip", "name")])
    spoil(talk)
    play(talk, [("!cancel", "Stopped"), ("trip", "name")])
    spoil(talk)
    play(talk, [("!note", "note"), ("milk", "more"), ("eggs", "done: milk;eggs;")])
    assert talk.write(lambda session: dialogues.of_user(session, ANN)) == []


def test_an_expired_one_takes_no_answers_and_is_told_once(talk: Talk) -> None:
    talk.say(ANN, "trip")
    talk.wait(days=4)
    play(talk, [("Ann", "do not know")])
    expired = talk.write(lambda session: len(dialogues.expired(session, now=talk.ms())))
    assert expired == 1
    ended = expire(talk)
    assert [said.to for said in ended] == [ANN]
    assert "Your trip" in ended[0].text
    assert expire(talk) == []


def test_each_answer_gives_new_time(talk: Talk) -> None:
    talk.say(ANN, "trip")
    talk.wait(days=2)
    talk.say(ANN, "Ann")
    talk.wait(days=2)
    play(talk, [("bike", "days")])
    assert expire(talk) == []


def test_who_paused_too_long_ago_is_not_bothered(talk: Talk) -> None:
    talk.say(ANN, "trip")
    talk.wait(days=2)
    talk.say(ANN, "!note")
    talk.wait(days=2)
    talk.say(ANN, "milk")
    assert "done" in answer(talk.say(ANN, "eggs"))
    assert talk.write(lambda session: dialogues.of_user(session, ANN)) == []


def expire(talk: Talk) -> list[Said]:
    def run(session: object) -> list[Said]:
        ctx = talk.kernel._bare(session, talk.now, BOT)  # type: ignore[arg-type]
        talk.kernel.frame.expire(ctx)
        return [
            Said(
                draft.key,
                draft.kind,
                draft.type,
                draft.user_id or "",
                draft.content,
                "",
                None,
                draft,
            )
            for draft in ctx.drafts
        ]

    return list(talk.write(run))


def test_nothing_is_said_to_wait_where_nothing_does(talk: Talk) -> None:
    assert "waits" not in answer(talk.say(ANN, "trip"))
    talk.wait(days=4)
    assert "waits" not in answer(talk.say(ANN, "!note"))


# --- in rooms ------------------------------------------------------------------------------------


def test_what_waits_is_named_only_where_everyone_may_know_of_it(talk: Talk) -> None:
    room = talk.room("!film", "network", {ANN: 0})
    talk.say(ANN, "trip")
    assert "trip" not in answer(talk.say(ANN, "!note here", room=room))
    assert "“Your note” waits" in answer(talk.say(ANN, "!note here", room=room))
    assert "“Your note” waits" in talk.say(ANN, "!trip", room=room)[-1].text


def test_asked_in_a_room_it_goes_on_in_the_direct_chat(talk: Talk) -> None:
    room = talk.room("!film", "network", {ANN: 0})
    said = talk.say(ANN, "!trip", room=room)
    assert [each.to for each in said] == [room, ANN]
    assert "name" not in said[0].text
    assert "name" in said[1].text
    assert talk.say(ANN, "Annemie", room=room) == []
    play(talk, [("Ann", "travel")])


def test_in_a_room_only_a_reply_to_the_question_counts(talk: Talk) -> None:
    room = talk.room("!film", "network", {ANN: 0, BOB: 0})
    first = talk.say(ANN, "!note here", room=room)[0]
    assert talk.say(ANN, "milk", room=room) == []
    assert talk.reply(BOB, first, "beer") == []
    # Clients mention whom they reply to; that does not make a command of it.
    (second,) = talk.reply(ANN, first, "milk", mentions=frozenset({BOT}))
    assert "more" in second.text
    assert second.to == room
    assert talk.reply(ANN, first, "late") == []
    assert "done: milk;eggs;" in answer(talk.reply(ANN, second, "> quoted\neggs"[9:]))


def test_a_question_in_a_room_takes_nothing_from_the_direct_chat(talk: Talk) -> None:
    room = talk.room("!film", "network", {ANN: 0})
    talk.say(ANN, "!note here", room=room)
    play(talk, [("say hello", "said: hello")])


def test_leaving_in_a_room_what_is_private_is_said_in_private(talk: Talk) -> None:
    room = talk.room("!film", "network", {ANN: 0})
    talk.say(ANN, "trip")
    said = talk.say(ANN, "!cancel", room=room)
    assert [each.to for each in said] == [room, ANN]
    assert "Your trip" not in said[0].text
    assert "Your trip" in said[1].text


def test_one_that_waits_in_a_room_comes_back_there(talk: Talk) -> None:
    room = talk.room("!film", "network", {ANN: 0})
    talk.say(ANN, "!note here", room=room)
    talk.say(ANN, "trip")
    said = talk.say(ANN, "cancel")
    assert [each.draft.room_id for each in said] == [talk.direct(ANN), room, room]
    assert "more" in answer(talk.reply(ANN, said[-1], "milk"))


def test_people_do_not_answer_for_each_other(talk: Talk) -> None:
    play(talk, [("trip", "name")])
    play(talk, [("Bob", "do not know")], user=BOB)
    play(talk, [("Ann", "travel")])


def test_a_restart_between_any_two_answers_changes_nothing() -> None:
    said = ["trip", "Ann", "boat", "yes", "back", "no", "1,2", "skip"]
    with tempfile.TemporaryDirectory() as folder:
        talk = open_sample(Path(folder))
        straight = [texts(talk.say(ANN, each)) for each in said]
        interrupted = []
        for each in said:
            restart(talk)
            interrupted.append(texts(talk.say(BOB, each)))
        talk.close()
    assert interrupted == straight


def test_a_language_chosen_before_is_the_one_that_is_asked_in(talk: Talk) -> None:
    talk.write(lambda session: people.choose_language(session, ANN, "fr", now=1))
    play(talk, [("reis", "fr: what is your name?")])
