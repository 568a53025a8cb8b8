"""What is taken out of a sync: hostile and broken events stop nothing, and what concerns nobody is not kept."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import events, mirror
from bot.concern import Identity
from bot.ingest import News, RoomNews, ingest
from bot.mirror import Picture
from bot.to_device import ingest_to_device
from storage import facts, inbox, outbox, rooms
from storage.database import Database
from storage.outbox import Draft
from storage.session import Session
from tests.bot.crypto.megolm import Keys, Pen

BOT = "@kring:example.org"
ANNA = "@anna:example.org"
BEN = "@ben:example.org"
ROOM = "!room:example.org"
DIRECT = "!direct:example.org"
ME = Identity(BOT, "Kring", "!")
NOW = 1_800_000_000_000
T = TypeVar("T")
_ids = itertools.count(1)


def event(kind: str, content: Any, sender: Any = ANNA, **more: Any) -> dict[str, Any]:
    return {
        "event_id": f"$e{next(_ids)}",
        "type": kind,
        "sender": sender,
        "origin_server_ts": NOW - 1000,
        "content": content,
        **more,
    }


def text(body: Any, sender: Any = ANNA, **content: Any) -> dict[str, Any]:
    return event("m.room.message", {"msgtype": "m.text", "body": body, **content}, sender)


def member(user: str, membership: str, before: str | None = None, **more: Any) -> dict[str, Any]:
    unsigned = {"unsigned": {"prev_content": {"membership": before}}} if before else {}
    return event(
        "m.room.member", {"membership": membership}, user, state_key=user, **unsigned, **more
    )


class World:
    """A database with a room and a direct chat in it."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.database = self.loop.run_until_complete(Database.open(folder / "kring.db", readers=1))
        self.tokens = itertools.count(1)
        self.keys = Keys()
        self.now = NOW
        create = event("m.room.create", {"room_version": "12"}, state_key="")
        name = event("m.room.name", {"name": "Talk"}, state_key="")
        self.write(
            lambda s: mirror.take_picture(
                s, Picture(ROOM, [create, name], {ANNA: "Anna", BEN: None, BOT: None}), BOT, NOW
            )
        )
        self.write(
            lambda s: mirror.take_picture(
                s, Picture(DIRECT, [create], {ANNA: "Anna", BOT: None}), BOT, NOW
            )
        )

    def write(self, work: Callable[[Session], T]) -> T:
        return self.loop.run_until_complete(self.database.write(work))

    def take(self, *timeline: Any, room: str = ROOM, **news: Any) -> set[str]:
        batch = News(
            f"t{next(self.tokens)}", rooms=[RoomNews(room, timeline=list(timeline))], **news
        )
        return self.write(lambda s: ingest(s, batch, self.keys, ME, self.now))

    def hand(self, *to_device: Any) -> set[str]:
        return self.write(lambda s: ingest_to_device(s, to_device, self.keys, ME, self.now))

    def waiting(self, lane: str = ROOM) -> list[inbox.Item]:
        return self.write(lambda s: inbox.next_in_lane(s, lane, 1000))

    def everything(self) -> list[inbox.Item]:
        """All that waits, be it readable or not."""
        ids = self.write(lambda s: s.column("SELECT id FROM inbox WHERE status = 'waiting'"))
        items = self.write(lambda s: [inbox.get(s, item_id) for item_id in ids])
        return [item for item in items if item is not None]

    def bodies(self, lane: str = ROOM) -> list[str]:
        return [str(item.body.get("body")) for item in self.waiting(lane)]

    def close(self) -> None:
        self.loop.run_until_complete(self.database.close())
        self.loop.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_only_what_concerns_the_bot_is_kept(world: World) -> None:
    own = Draft("m.room.message", {"body": "from the bot"}, room_id=ROOM)

    def sent(session: Session) -> None:
        outbox.add(session, own, now=NOW)
        item = outbox.next_in_lane(session, ROOM)[0]
        outbox.sent(session, item.id, event_id="$own", now=NOW)

    world.write(sent)
    reply = {"m.in_reply_to": {"event_id": "$own"}}
    fallback = {"rel_type": "m.thread", "event_id": "$r", "is_falling_back": True, **reply}
    world.take(
        text("between us"),
        text("!find translator"),
        text("Kring: help"),
        text("kringloop is a word"),
        text("@kring:example.org help"),
        text("what do you think?", **{"m.mentions": {"user_ids": [BOT]}}),
        text("yes", **{"m.relates_to": reply}),
        text("only in the thread", **{"m.relates_to": fallback}),
        text("!from me", sender=BOT),
        event("m.room.message", {"msgtype": "m.notice", "body": "!another bot"}),
        text("＂！find full width"[1:]),
        event("m.room.message", {"msgtype": "m.file", "body": "a.xlsx", "url": "mxc://a/b"}),
    )
    assert world.bodies() == [
        "!find translator",
        "Kring: help",
        "@kring:example.org help",
        "what do you think?",
        "yes",
        "！find full width",
    ]
    world.take(text("no prefix is needed"), room=DIRECT)
    assert world.bodies(ANNA) == ["no prefix is needed"]
    assert world.write(lambda s: facts.get(s, "sync_token")) == "t2"


def test_files_are_kept_where_staff_sends_them(world: World) -> None:
    world.write(lambda s: rooms.set_kind(s, ROOM, "staff"))
    world.take(
        event("m.room.message", {"msgtype": "m.file", "body": "a.xlsx", "url": "mxc://a/b"}),
        event("m.room.message", {"msgtype": "m.file", "body": "no address"}),
    )
    (item,) = world.waiting()
    message = events.incoming_of(item)
    assert message is not None and message.file.name == "a.xlsx"  # type: ignore[union-attr]  # a message


def test_an_event_that_comes_twice_is_kept_once(world: World) -> None:
    said = text("!echo")
    assert world.take(said, said) == {ROOM}
    assert world.take(said) == set()
    assert len(world.waiting()) == 1


def test_nothing_from_before_the_bot_came_is_answered(world: World) -> None:
    world.take(
        text("!before"),
        member(BOT, "join", "invite"),
        text("!after"),
        member(BOT, "join", "join"),  # its name changed
        text("!later"),
    )
    assert world.bodies() == ["!after", "!later"]


def test_edits_and_redactions(world: World) -> None:
    first, second = text("!one"), text("!two")

    def edit(target: str, body: str, sender: str = ANNA) -> dict[str, Any]:
        relation = {"rel_type": "m.replace", "event_id": target}
        new = {"msgtype": "m.text", "body": body}
        return text(f"* {body}", sender, **{"m.new_content": new, "m.relates_to": relation})

    world.take(
        first,
        second,
        edit(first["event_id"], "no prefix any more"),
        edit(first["event_id"], "!forged", sender=BEN),
        edit("$unknown", "not for the bot"),
        edit("$unknown", "!now it is"),
        event("m.room.redaction", {}, redacts=second["event_id"]),
    )
    assert [(item.kind, item.body.get("body")) for item in world.waiting()] == [
        ("message", "!one"),
        ("edit", "* no prefix any more"),
        ("edit", "* !now it is"),
    ]
    message = events.incoming_of(world.waiting()[1])
    assert message is not None and message.text == "no prefix any more"  # type: ignore[union-attr]  # a message


def test_a_third_person_ends_a_direct_chat(world: World) -> None:
    world.take(text("secret"), member(BEN, "join"), text("still here"), room=DIRECT)
    assert world.bodies(ANNA) == ["secret", "None"]
    room = world.write(lambda s: rooms.get(s, DIRECT))
    assert room is not None and room.kind == "other"
    assert world.waiting(DIRECT) == []


def test_an_invited_third_person_ends_a_direct_chat_too(world: World) -> None:
    carl = "@carl:example.org"
    world.take(event("m.room.member", {"membership": "invite"}, state_key=carl), room=DIRECT)
    room = world.write(lambda s: rooms.get(s, DIRECT))
    assert room is not None and room.kind == "other"


def test_a_new_room_with_somebody_invited_is_no_direct_chat(world: World) -> None:
    create = event("m.room.create", {"room_version": "12"}, state_key="")
    for number, invited in enumerate(([BEN], [])):
        new = Picture(f"!new{number}", [create], {ANNA: None, BOT: None}, invited)
        world.write(partial(mirror.take_picture, picture=new, me=BOT, now=NOW))
    kinds = {room.room_id: room.kind for room in world.write(rooms.joined)}
    assert (kinds["!new0"], kinds["!new1"]) == ("other", "direct")


def test_what_no_homeserver_calls_an_event_is_never_asked_for(world: World) -> None:
    for target in ("..", "$a b", "$\x00", "no dollar", "$" + "a" * 300):
        relation = {"rel_type": "m.replace", "event_id": target}
        new = {"msgtype": "m.text", "body": "!x"}
        world.take(text("* !x", **{"m.new_content": new, "m.relates_to": relation}))
    for item in world.waiting():
        message = events.incoming_of(item)
        assert message is not None and message.edits is None  # type: ignore[union-attr]  # a message


def test_memberships_are_mirrored_and_told_once(world: World) -> None:
    world.take(member("@carl:example.org", "join"), member("@carl:example.org", "join", "join"))
    world.take(member(ANNA, "leave", "join"))
    told = [(i.body["user_id"], i.body["before"], i.body["membership"]) for i in world.waiting()]
    assert told == [("@carl:example.org", None, "join"), (ANNA, "join", "leave")]
    present = world.write(lambda s: rooms.members(s, ROOM))
    assert sorted(present) == [BEN, "@carl:example.org", BOT]


def test_being_put_out_forgets_who_is_there(world: World) -> None:
    assert world.write(lambda s: ingest(s, News("t", left=[ROOM]), world.keys, ME, NOW)) == {ROOM}
    room = world.write(lambda s: rooms.get(s, ROOM))
    assert room is not None and not room.joined
    assert world.write(lambda s: rooms.members(s, ROOM)) == []


def test_being_put_out_waits_for_the_commands_once(world: World) -> None:
    assert world.write(lambda s: mirror.leave(s, ROOM, BOT, NOW)) == ROOM
    assert world.write(lambda s: mirror.leave(s, ROOM, BOT, NOW)) is None
    (item,) = world.waiting()
    assert item.kind == "membership"
    assert (item.body["user_id"], item.body["before"], item.body["membership"]) == (
        BOT,
        "join",
        "leave",
    )
    room = world.write(lambda s: rooms.get(s, ROOM))
    assert room is not None and not room.joined


def test_invitations_wait_in_the_inbox(world: World) -> None:
    invite = {
        "type": "m.room.member",
        "sender": ANNA,
        "state_key": BOT,
        "content": {"membership": "invite", "is_direct": True},
    }
    lanes = world.take(invites={"!new:example.org": ["junk", {"type": 7}, invite]})
    assert lanes == {"!new:example.org"}
    (item,) = world.waiting("!new:example.org")
    assert (item.kind, item.sender, item.body) == ("invite", ANNA, {"is_direct": True})


HOSTILE: list[Any] = [
    None,
    7,
    "text",
    [],
    {},
    {"content": {}},
    event("m.room.message", None),
    event("m.room.message", []),
    event("m.room.message", {"msgtype": ["m.text"], "body": {"a": 1}}),
    event("m.room.message", {"msgtype": "m.text", "body": "!x", "m.mentions": {"user_ids": 7}}),
    event("m.room.message", {"msgtype": "m.text", "body": 5, "m.relates_to": "yes"}),
    event("m.room.message", {"msgtype": "m.text", "body": "!x"}, sender={"a": 1}),
    event("m.room.message", {"msgtype": "m.text", "body": "!x"}, sender="@" + "a" * 400 + ":b"),
    event("m.room.message", {"msgtype": "m.text", "body": "!x"}, event_id=["$a"]),
    event("m.room.message", {"msgtype": "m.file", "body": 7, "url": 7, "info": {"size": "big"}}),
    event("m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": {}, "key": 7}}),
    event("m.room.redaction", {"redacts": {"a": 1}}, redacts=[1]),
    event("m.room.member", {"membership": "king"}, state_key=ANNA),
    event("m.room.member", {"membership": ["join"]}, state_key=ANNA),
    event("m.room.member", {"membership": "join"}, state_key=7),
    event("m.room.member", {"membership": "join", "displayname": {"a": 1}}, state_key=ANNA),
    event("m.room.power_levels", {"users": {ANNA: "9" * 5000}}, state_key=""),
    event("m.room.tombstone", {"replacement_room": {"a": 1}}, state_key=""),
    event("m.room.create", {"room_version": {"a": 1}, "additional_creators": 7}, state_key=""),
    event("m.room.name", {"name": ["x"]}, state_key=""),
    event("m.room.encryption", {"algorithm": []}, state_key=""),
    text("!lone \ud800 surrogate"),
    text("!nul \x00 and \u202e turned"),
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_hostile_event_stops_nothing(world: World, number: int) -> None:
    world.take(text("!before"), HOSTILE[number], text("!after"))
    bodies = world.bodies()
    assert bodies[0] == "!before" and bodies[-1] == "!after"
    for item in world.waiting():
        events.incoming_of(item)
    for room in world.write(rooms.joined):
        room.power_of(ANNA)
        room.needed("invite")


def test_times_that_make_no_sense_become_now(world: World) -> None:
    odd = [2**70, -5, "soon", True, 1.5, None, NOW + 10**9]
    world.take(*({**text(f"!{n}"), "origin_server_ts": at} for n, at in enumerate(odd)))
    assert [item.sent_at for item in world.waiting()] == [NOW] * len(odd)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just(ANNA),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["msgtype", "body", "m.relates_to", "m.new_content", "rel_type", "event_id", "key",
             "m.mentions", "user_ids", "membership", "redacts", "info", "url", "file", "size",
             "session_id", "ciphertext", "algorithm", "to", "room_id", "code"]
        ) | st.text(max_size=5),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kind=st.sampled_from(
        [
            *("m.room.message", "m.reaction", "m.room.redaction", "m.room.member"),
            *("m.room.tombstone", "m.room.encrypted", "m.key.verification.start"),
        ]
    ),
    content=_json,
    more=st.dictionaries(
        st.sampled_from(["state_key", "redacts", "unsigned", "origin_server_ts"]), _json
    ),
)
def test_nothing_that_is_json_stops_a_batch(
    world: World, kind: str, content: Any, more: dict[str, Any]
) -> None:
    end = text("!end", sender=BEN)
    world.take(event(kind, content, **more), end)
    waiting = world.everything()
    assert any(item.event_id == end["event_id"] for item in waiting)
    for item in waiting:
        events.incoming_of(item)
        events.unreadable_of(item, None)
    world.write(lambda s: [inbox.finish(s, item.id, acted=False, now=NOW) for item in waiting])


_key_text = st.sampled_from(["m.room_key", "m.room_key.withheld", "m.key.verification.start"])


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(kind=_key_text | _json, content=_json, sender=st.just(ANNA) | _json)
def test_nothing_that_comes_to_the_device_stops_a_batch(
    world: World, kind: Any, content: Any, sender: Any
) -> None:
    pen = Pen(ROOM, BEN, NOW)
    said = pen.text("!end")
    world.take(said)
    raw = {"type": kind, "sender": sender, "content": content}
    assert ROOM in world.hand(raw, content, pen.key(), raw)
    waiting = world.everything()
    assert any(item.event_id == said["event_id"] and item.kind == "message" for item in waiting)
    world.write(lambda s: [inbox.finish(s, item.id, acted=False, now=NOW) for item in waiting])
