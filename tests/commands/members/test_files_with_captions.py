"""A file whose caption is a command: taken where that is safe, and never left without a word."""

from __future__ import annotations

from commands.kernel.incoming import Attachment, Message
from storage import members
from tests.commands.members.world import CARO, STAFF_ROOM, STAFFER
from tests.commands.talk import Talk, answer

REGISTER = b"member number,name\nK777,Zebulonia\n"


def sends(talk: Talk, caption: str, data: bytes = REGISTER, **where: str) -> list[str]:
    said = talk.send_file(STAFFER, "register.csv", data, "text/csv", text=caption, **where)
    return [one.text for one in said]


def is_in_the_register(talk: Talk) -> bool:
    return talk.write(lambda session: members.by_number(session, "K777")) is not None


def test_a_register_that_comes_with_the_command_is_looked_at(talk: Talk) -> None:
    talk.say(STAFFER, "language english")
    (looked,) = sends(talk, "!import members")
    assert "changed nothing" in looked
    assert "New: 1" in looked
    assert "!import members" in looked
    assert not is_in_the_register(talk)
    talk.say(STAFFER, "import members")
    talk.say(STAFFER, "2")
    assert "1 new" in sends(talk, "")[0]
    assert is_in_the_register(talk)


def test_another_file_than_a_register_is_asked_for_again(talk: Talk) -> None:
    talk.say(STAFFER, "language english")
    (again,) = sends(talk, "!import members", b"%PDF-1.4 hello")
    assert "Send me the file" in again
    assert "New: 1" in sends(talk, "")[0]


def test_in_a_room_it_is_left_and_told_where_to_send_it(talk: Talk) -> None:
    talk.say(STAFFER, "language english")
    *_, asked, left = sends(talk, "!import members", room=STAFF_ROOM)
    assert "What shall I do with the register?" in asked
    assert "have not looked at the file" in left
    assert "in our direct chat" in left
    assert not is_in_the_register(talk)


def test_a_file_with_any_other_command_is_left_with_a_word(talk: Talk) -> None:
    talk.say(STAFFER, "language english")
    answered, left = sends(talk, "!find xylophonist")
    assert "Nobody" in answered
    assert left == "I have not looked at the file that came with it."


def test_who_may_not_import_is_refused_whatever_comes_with_it(talk: Talk) -> None:
    talk.say(CARO, "language english")
    said = talk.send_file(CARO, "register.csv", REGISTER, "text/csv", text="!import members")
    assert "staff" in answer(said).lower()


def test_a_file_is_fetched_for_a_caption_in_the_direct_chat_only(talk: Talk) -> None:
    file = Attachment("r.csv", "text/csv", 9, "mxc://localhost/r")

    def wanted(room: str, caption: str) -> bool:
        message = Message(1, "$file", room, STAFFER, caption, talk.now, file=file)
        return bool(talk.write(lambda session: talk.kernel.wants_file(session, message)))

    assert wanted(talk.direct(STAFFER), "!import members")
    assert not wanted(STAFF_ROOM, "!import members")
    assert not wanted(talk.direct(STAFFER), "!find baker")
