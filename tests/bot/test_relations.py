"""What relates to an event counts only where that event stands; what is quoted is no command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import mirror
from bot.ingest import News, RoomNews, ingest
from bot.mirror import MARK, Picture
from storage import outbox, rooms
from storage.outbox import Draft
from storage.session import Session
from tests.bot.test_ingest import ANNA, BEN, BOT, ME, NOW, ROOM, World, event, text

ELSEWHERE = "!elsewhere:example.org"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    create = event("m.room.create", {"room_version": "12"}, state_key="")
    name = event("m.room.name", {"name": "Other"}, state_key="")
    picture = Picture(ELSEWHERE, [create, name], {ANNA: None, BEN: None, BOT: None})
    made.write(lambda s: mirror.take_picture(s, picture, BOT, NOW))
    yield made
    made.close()


@pytest.fixture
def own(world: World) -> str:
    """A message of the bot's own in `ROOM`."""

    def say(session: Session) -> None:
        outbox.add(session, Draft("m.room.message", {"body": "hello"}, room_id=ROOM), now=NOW)
        (item,) = outbox.next_in_lane(session, ROOM)
        outbox.sent(session, item.id, event_id="$own", now=NOW)

    world.write(say)
    return "$own"


def redaction(target: dict[str, Any], sender: str = ANNA) -> dict[str, Any]:
    return event("m.room.redaction", {"redacts": target["event_id"]}, sender)


def test_replies_and_reactions_count_where_the_message_stands(world: World, own: str) -> None:
    reply = text("yes", **{"m.relates_to": {"m.in_reply_to": {"event_id": own}}})
    thumb = {"rel_type": "m.annotation", "event_id": own, "key": "👍"}
    world.take(reply, event("m.reaction", {"m.relates_to": thumb}), room=ELSEWHERE)
    assert world.waiting(ELSEWHERE) == []
    reply, reaction = {**reply, "event_id": "$a"}, event("m.reaction", {"m.relates_to": thumb})
    world.take(reply, reaction)
    assert [item.kind for item in world.waiting()] == ["message", "reaction"]


def test_a_command_is_taken_back_only_where_it_was_said(world: World) -> None:
    said = text("!find translator")
    world.take(said)
    world.take(redaction(said, BEN), room=ELSEWHERE)
    assert world.bodies() == ["!find translator"]
    world.take(redaction(said))
    assert world.waiting() == []


def test_an_edit_of_what_was_taken_back_is_not_run(world: World) -> None:
    said = text("!find translator")
    relation = {"rel_type": "m.replace", "event_id": said["event_id"]}
    new = {"msgtype": "m.text", "body": "!find baker"}
    world.take(said)
    world.take(redaction(said))
    world.take(text("* !find baker", **{"m.new_content": new, "m.relates_to": relation}))
    assert world.waiting() == []


def test_an_invitation_of_somebody_else_is_not_followed(world: World) -> None:
    content = {"membership": "invite", "is_direct": True}
    invite = {"type": "m.room.member", "sender": ANNA, "state_key": BEN, "content": content}
    assert world.take(invites={"!new:example.org": [invite]}) == set()
    assert world.waiting("!new:example.org") == []


def test_a_command_below_a_long_quotation_is_heard(world: World) -> None:
    quoted = f"> <{BEN}> " + "so much to say " * 60 + "\n> and more\n\n"
    reply = {"m.relates_to": {"m.in_reply_to": {"event_id": "$of-ben"}}}
    world.take(text(f"{quoted}!help", **reply), text(f"{quoted}no command", **reply))
    assert [body[-5:] for body in world.bodies()] == ["!help"]


def test_the_name_of_a_file_is_no_command_and_its_caption_is_one(world: World) -> None:
    picture = {"msgtype": "m.image", "url": "mxc://example.org/a"}
    world.take(
        event("m.room.message", {**picture, "body": "!help"}),
        event("m.room.message", {**picture, "body": "!help", "filename": "!help"}),
        event("m.room.message", {**picture, "body": "!find baker", "filename": "a.png"}),
    )
    assert world.bodies() == ["!find baker"]


def test_hostile_state_stops_nothing_of_what_was_said_after_it(world: World) -> None:
    state = [
        None,
        7,
        event("m.room.name", {"name": "\ud800"}, state_key=""),
        event("m.room.create", {"room_version": "\ud800"}, state_key=""),
        event("m.room.member", {"membership": "join", "displayname": "\ud800"}, state_key=ANNA),
    ]
    news = RoomNews(ROOM, state=state, timeline=[text("!help")])
    assert world.write(lambda s: ingest(s, News("t1", rooms=[news]), world.keys, ME, NOW)) == {ROOM}
    assert world.bodies() == ["!help"]


def test_a_mark_makes_a_direct_chat_only_if_the_bot_itself_set_it(world: World) -> None:
    """The mark says for whom the room was made: set by somebody else, it would hand them private things."""
    draft = Draft("m.room.message", {"body": "your code"}, user_id=ANNA)

    def kind_of(room_id: str, creator: str, marker: str) -> str:
        state = [
            event("m.room.create", {"room_version": "12"}, creator, state_key=""),
            event("m.room.name", {"name": "Named"}, state_key=""),
            event(MARK, {"id": draft.key}, marker, state_key=""),
        ]
        picture = Picture(room_id, state, {ANNA: None, BOT: None})
        world.write(lambda s: mirror.take_picture(s, picture, BOT, NOW))
        room = world.write(lambda s: rooms.get(s, room_id))
        assert room is not None
        return room.kind

    world.write(lambda s: outbox.add(s, draft, now=NOW))
    assert kind_of("!theirs:example.org", BEN, BEN) == "other"
    assert kind_of("!marked:example.org", BOT, BEN) == "other"
    assert kind_of("!moderated:example.org", BEN, BOT) == "other"
    assert kind_of("!ours:example.org", BOT, BOT) == "direct"


def test_a_list_of_direct_chats_makes_none_of_a_room_with_a_third_person(world: World) -> None:
    world.take(direct={ANNA: [ELSEWHERE]})
    room = world.write(lambda s: rooms.get(s, ELSEWHERE))
    assert room is not None
    assert room.kind == "other"


def test_a_room_that_calls_itself_a_successor_is_none_by_that_alone(world: World) -> None:
    """Anyone can name a network's room as the predecessor of theirs; the old room must name the new one."""

    def enter(room_id: str) -> None:
        origin = {"room_version": "12", "predecessor": {"room_id": ROOM}}
        create = event("m.room.create", origin, BEN, state_key="")
        picture = Picture(room_id, [create], {BEN: None, BOT: None})
        world.write(lambda s: mirror.take_picture(s, picture, BOT, NOW))

    enter("!claims:example.org")
    assert world.waiting() == []
    replacement = {"replacement_room": "!named:example.org"}
    tombstone = {"type": "m.room.tombstone", "sender": ANNA, "content": replacement}
    world.write(lambda s: rooms.apply_state(s, ROOM, tombstone))
    enter("!named:example.org")
    assert [(item.kind, item.body) for item in world.waiting()] == [("state", replacement)]
