"""What an answer carries, what an edit does to it, and what is said back to it."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.commands.sample import ANN, BOB, counted
from tests.commands.talk import BOT, Said, Talk, answer


def last_event(talk: Talk) -> str:
    return str(talk.write(lambda s: s.value("SELECT event_id FROM inbox ORDER BY id DESC LIMIT 1")))


def test_an_edit_replaces_the_answer_when_nothing_was_done(talk: Talk, film: str) -> None:
    (first,) = talk.say(ANN, "!sya hello", room=film)
    typed = last_event(talk)
    (second,) = talk.say(ANN, "!say hello", room=film, edits=typed)
    assert (second.edits, second.text) == (first.key, "en said: hello")
    assert second.content["body"] == "* en said: hello"
    assert second.content["m.mentions"] == {}
    (third,) = talk.say(ANN, "!say goodbye", room=film, edits=typed)
    assert (third.edits, third.text) == (first.key, "en said: goodbye")


def test_an_edit_never_does_twice_what_was_done(talk: Talk, film: str) -> None:
    talk.say(ANN, "!count", room=film)
    typed = last_event(talk)
    (said,) = talk.say(ANN, "!count", room=film, edits=typed)
    assert counted(talk) == 1
    assert said.edits is None
    assert "already" in said.text


def test_an_edit_that_did_something_is_the_last_one(talk: Talk, film: str) -> None:
    (first,) = talk.say(ANN, "!cuont", room=film)
    typed = last_event(talk)
    (second,) = talk.say(ANN, "!count", room=film, edits=typed)
    assert (second.edits, second.text) == (first.key, "en said: count 1")
    talk.say(ANN, "!count once more", room=film, edits=typed)
    assert counted(talk) == 1


def test_what_became_a_command_by_an_edit_runs_once(talk: Talk, film: str) -> None:
    # The engine never stored the first text, since it was not for the bot.
    (first,) = talk.say(ANN, "!sya hello", room=film, edits="$unknown")
    assert first.edits is None
    (second,) = talk.say(ANN, "!count", room=film, edits="$unknown")
    assert second.edits == first.key
    talk.say(ANN, "!count again", room=film, edits="$unknown")
    assert counted(talk) == 1


@pytest.mark.parametrize("other_room", [False, True])
def test_an_edit_by_somebody_else_or_elsewhere_is_ignored(
    talk: Talk, film: str, other_room: bool
) -> None:
    talk.say(ANN, "!sya hello", room=film)
    typed = last_event(talk)
    if other_room:
        talk.room("!other", "network", {ANN: 0})
        assert talk.say(ANN, "!count", room="!other", edits=typed) == []
    else:
        assert talk.say(BOB, "!count", room=film, edits=typed) == []
    assert counted(talk) == 0


def test_a_corrected_answer_does_not_answer_the_next_question(talk: Talk) -> None:
    talk.say(ANN, "!trip")
    talk.say(ANN, "Ann")
    typed = last_event(talk)
    assert "already" in answer(talk.say(ANN, "Anna", edits=typed))
    talk.say(ANN, "!stop")
    talk.say(ANN, "!xyz")
    typed = last_event(talk)
    talk.say(ANN, "!trip")
    talk.say(ANN, "Ann", edits=typed)
    assert "already" in answer(talk.say(ANN, "bike", edits=typed))


def test_an_answer_in_a_room_is_a_reply_and_pings_nobody(talk: Talk, film: str) -> None:
    (said,) = talk.say(ANN, "!say @room hello", room=film)
    assert said.content["msgtype"] == "m.notice"
    assert said.content["m.mentions"] == {}
    assert said.content["m.relates_to"] == {"m.in_reply_to": {"event_id": last_event(talk)}}


def test_an_answer_stays_in_the_thread(talk: Talk, film: str) -> None:
    (said,) = talk.say(ANN, "!say hello", room=film, thread="$root")
    assert said.content["m.relates_to"] == {
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": False,
        "m.in_reply_to": {"event_id": last_event(talk)},
    }


def test_in_a_direct_chat_replies_are_not_needed_but_threads_are_kept(talk: Talk) -> None:
    assert "m.relates_to" not in talk.say(ANN, "say hello")[0].content
    (said,) = talk.say(ANN, "say hello", thread="$root")
    assert said.content["m.relates_to"]["event_id"] == "$root"


def test_mentions_are_of_those_it_is_about(talk: Talk, film: str) -> None:
    (said,) = talk.say(ANN, f"!greet {BOB}", room=film)
    assert said.content["m.mentions"] == {"user_ids": [BOB]}


@pytest.mark.parametrize("command", ["!code", "!geheim"])
def test_what_is_private_goes_to_the_direct_chat(talk: Talk, film: str, command: str) -> None:
    private, public = talk.say(ANN, command, room=film)
    assert (private.to, public.to) == (ANN, film)
    assert private.text == "secret: 4711"
    assert "4711" not in json.dumps(public.content)
    assert "m.relates_to" not in private.content
    assert answer(talk.say(ANN, command)) == "secret: 4711"


@pytest.mark.parametrize(
    "hostile",
    [
        "<b>x</b><script>alert(1)</script>",
        '<a href="javascript:x">y</a>',
        "{{7*7}} {% for x in y %} {# z #}",
        "%(x)s %s 100% %(word)s",
        "&lt;b&gt; &amp;",
        "a\u202eb\u0007c",
        "@room @ann:localhost",
        "\\ ' \" `",
    ],
)
@pytest.mark.parametrize(
    "template", ["!say {}", "!{}", "!agenda {}", "!agenda {}:x", "!greet {}", "!help {}"]
)
def test_hostile_text_is_only_text(talk: Talk, film: str, template: str, hostile: str) -> None:
    said = talk.say(ANN, template.format(hostile), room=film)
    for each in said:
        assert "<script" not in each.html
        assert "<a " not in each.html
        assert "<b>" not in each.html
        assert "49" not in each.text
        assert "\u202e" not in each.html + each.text
        assert each.content["m.mentions"] == {}
    if template == "!say {}":
        clean = hostile.replace("\u202e", "").replace("\u0007", "")
        assert answer(said) == f"en said: {clean}"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=40), st.sampled_from(["", "!", "!say ", "!agenda ", "!greet ", "!help "]))
def test_every_text_gets_one_answer_in_a_direct_chat(talk: Talk, text: str, prefix: str) -> None:
    said = talk.say(ANN, prefix + text)
    assert len(said) == 1
    json.dumps(said[0].content, ensure_ascii=False).encode()


@pytest.mark.parametrize("piece", ["x", '"', "\n", "é", "<&>"])
@pytest.mark.parametrize("edited", [False, True])
def test_however_much_is_said_the_answer_fits_in_an_event(
    talk: Talk, film: str, piece: str, edited: bool
) -> None:
    text = "!recite a" + piece * (200_000 // len(piece)) + "z"
    if edited:
        talk.say(ANN, "!sya", room=film)
        said = talk.say(ANN, text, room=film, edits=last_event(talk))
        assert said[0].edits is not None
    else:
        said = talk.say(ANN, text, room=film)
    assert len(json.dumps(said[0].content, ensure_ascii=False).encode()) < 64_000


def test_replies_and_reactions_go_to_what_they_are_about(talk: Talk, film: str) -> None:
    (asked,) = talk.say(ANN, "!ask", room=film)
    assert answer(talk.reply(BOB, asked, "yes")) == "en said: 17 yes"
    mentioning = talk.reply(BOB, asked, "yes", mentions=frozenset({BOT}))
    assert answer(mentioning) == "en said: 17 yes"
    assert answer(talk.react(BOB, asked, "👍")) == "en said: 17 👍"
    assert talk.reply(BOB, asked, "something else") == []
    assert answer(talk.reply(BOB, asked, "!say hi")) == "en said: hi"
    assert "that is full" in answer(talk.reply(BOB, asked, "refuse"))


def test_an_answer_that_is_not_taken_in_a_direct_chat_is_a_command(talk: Talk) -> None:
    (asked,) = talk.say(ANN, "ask")
    assert "do not know" in answer(talk.reply(ANN, asked, "something else"))


def test_reactions_to_other_messages_mean_nothing(talk: Talk, film: str) -> None:
    (said,) = talk.say(ANN, "!say hello", room=film)
    assert talk.react(BOB, said, "👍") == []


def test_forged_relations_to_a_message_elsewhere_mean_nothing(talk: Talk, film: str) -> None:
    (asked,) = talk.say(ANN, "!ask", room=film)
    talk.room("!other", "network", {BOB: 0})
    assert talk.say(BOB, "yes", room="!other", reply_to=asked.event_id) == []
    elsewhere = Said(**{**{f: getattr(asked, f) for f in Said.__slots__}, "to": "!other"})
    elsewhere.draft = type(asked.draft)("m.room.message", {}, room_id="!other")
    assert talk.react(BOB, elsewhere, "👍") == []
    assert "do not know" in answer(talk.say(BOB, "yes", reply_to=asked.event_id))
