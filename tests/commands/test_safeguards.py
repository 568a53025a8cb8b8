"""What nobody meant to happen does not: a second run, a file for words, a room that is gone, a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.kernel.incoming import Attachment, Message
from storage import member_accounts, members, rooms
from storage.members import Profile
from storage.session import Session
from tests.commands.sample import open_sample
from tests.commands.talk import Talk, answer

ANN, BOB = "@ann:localhost", "@bob:localhost"


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[Talk]:
    opened = open_sample(tmp_path / "sample")
    yield opened
    opened.close()


def last_event(talk: Talk) -> str:
    return str(talk.write(lambda session: session.value("SELECT max(event_id) FROM inbox")))


def knows(talk: Talk, room: str, *users: str) -> None:
    def place(session: Session) -> None:
        for user in users:
            rooms.set_membership(session, room, user, "join", display_name=None, since=1)

    talk.write(place)


def test_a_command_that_wrote_something_is_not_run_again_by_an_edit(talk: Talk) -> None:
    talk.say(ANN, "!block @bob:localhost")
    said = talk.say(ANN, "!block @carl:localhost", edits=last_event(talk))
    assert "already" in answer(said)
    blocked = talk.write(lambda session: member_accounts.blocked_by(session, ANN))
    assert blocked == [BOB]


@pytest.mark.parametrize("line", ["!block @bob:localhost", "!link 7KQ2-M4XW-9TBC"])
def test_whom_one_blocks_and_codes_are_said_in_private_only(talk: Talk, line: str) -> None:
    room = talk.room("!film", "network", {ANN: 0, BOB: 0})
    said = answer(talk.say(ANN, line, room=room))
    assert "direct chat" in said
    assert talk.write(lambda session: member_accounts.blocked_by(session, ANN)) == []
    assert talk.write(lambda s: s.value("SELECT count(*) FROM link_failures")) == 0


def test_a_file_with_a_caption_is_no_answer_in_words(sample: Talk) -> None:
    sample.say(ANN, "trip")
    again = answer(sample.send_file(ANN, "me.png", b"x", "image/png", text="Ann"))
    assert "not a file" in again
    assert "name" in again
    assert "travel" in answer(sample.say(ANN, "Ann"))


def test_a_file_that_is_too_large_is_not_even_fetched(sample: Talk) -> None:
    sample.say(ANN, "trip")
    for said in ("Ann", "1", "1"):
        sample.say(ANN, said)
    largest = sample.kernel.settings.largest_file

    def wanted(size: int) -> bool:
        file = Attachment("a.png", "image/png", size, "mxc://localhost/a")
        message = Message(1, "$file", sample.direct(ANN), ANN, "", sample.now, file=file)
        return bool(sample.write(lambda session: sample.kernel.wants_file(session, message)))

    assert wanted(largest)
    assert not wanted(largest + 1)


def test_what_waited_in_a_room_that_is_gone_does_not_come_back(sample: Talk) -> None:
    room = sample.room("!film", "network", {ANN: 0})
    sample.say(ANN, "!note here", room=room)
    sample.say(ANN, "trip")
    sample.write(lambda session: rooms.left(session, room))
    (said,) = sample.say(ANN, "cancel")
    assert said.draft.room_id == sample.direct(ANN)
    assert "What I can do" in answer(sample.say(ANN, "help"))


def test_a_name_alone_is_the_account_on_ones_own_server_or_the_only_one(sample: Talk) -> None:
    far = "@zoe:far.example"
    room = sample.room("!film", "network", {ANN: 0, far: 0})
    knows(sample, room, "@jan:one.example")
    assert "said: @jan:one.example" in answer(sample.say(ANN, "greet @jan"))
    knows(sample, room, "@jan:two.example")
    assert "as a mention" in answer(sample.say(ANN, "greet @jan"))
    knows(sample, room, "@jan:far.example", "@jan:localhost")
    assert "said: @jan:localhost" in answer(sample.say(ANN, "greet @jan"))
    assert "said: @jan:far.example" in answer(sample.say(far, "greet @jan"))


def test_a_word_that_is_merely_a_little_like_another_is_not_taken_for_it(talk: Talk) -> None:
    assert "one of" in answer(talk.say(ANN, "networks kind:sorry"))
    assert "one of" not in answer(talk.say(ANN, "networks kind:sektor"))


def test_a_file_pings_nobody(talk: Talk) -> None:
    said = talk.say(ANN, "mydata export")
    (file,) = [each for each in said if each.draft.file is not None]
    assert file.content["m.mentions"] == {}


def test_a_command_that_asked_for_a_room_is_not_run_again_by_an_edit(sample: Talk) -> None:
    assert [each.type for each in sample.say(ANN, "!build")] == ["create_room"]
    again = sample.say(ANN, "!build now", edits=last_event(sample))
    assert "already" in answer(again)
    assert [each.kind for each in again] == ["event"]


def test_a_code_is_told_to_who_asked_for_it_alone(talk: Talk) -> None:
    room = talk.room("!staff", "staff", {ANN: 50, BOB: 50})
    profile = Profile(display_name="Carl")
    talk.write(lambda session: members.add(session, profile, number="K1", now=1))
    told = {each.to: each.text for each in talk.say(ANN, "!member code K1", room=room)}
    code = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
    assert code.search(told[ANN])
    assert not code.search(told[room])
