"""What cannot be read yet keeps its place, holds back whom it must, and ends with one notice at most."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
import pytest_asyncio

from bot import mirror, waiting
from bot.clock import Clock, SystemClock, milliseconds
from bot.concern import Identity
from bot.ingest import News, RoomNews, ingest, worth_keeping
from bot.metrics import Metrics
from bot.mirror import Picture
from bot.to_device import ingest_to_device
from bot.worker import Worker
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.kernel import Kernel
from commands.kernel.settings import Settings
from storage import erasure, facts, inbox, outbox, people, rooms
from storage.crypto import unreadable
from storage.database import Database
from storage.errors import DatabaseReadOnly
from storage.session import Session
from tests.bot.crypto.megolm import Keys, Pen
from tests.bot.scripted import Scripted
from tests.bot.test_ingest import event, member, text

BOT, ANNA, BEN = "@kring:example.org", "@anna:example.org", "@ben:example.org"
ROOM, DIRECT = "!room:example.org", "!direct:example.org"
ME = Identity(BOT, "Kring", "!")
START = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
T = TypeVar("T")

router = Router("test")


@router.command(
    "mark", nl=("merk",), fr=("marque",), summary="notes that it ran",
    examples={"en": ("mark",)}, arguments=Nothing,
)  # fmt: skip
def mark(ctx: Context, arguments: Nothing) -> None:
    said = ctx.message.event_id if ctx.message is not None else ""
    facts.put(ctx.session, "ran", (facts.get(ctx.session, "ran") or "") + said + " ")


class Moving:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment


class Place:
    """A bot's database with a network's room and a direct chat, and its worker."""

    def __init__(self, database: Database, clock: Clock, patience: float) -> None:
        self.database, self.clock, self.patience = database, clock, patience
        self.keys = Keys()
        self.original: dict[str, Any] = {}
        self.caught_up = asyncio.Event()
        self.worker = self.start()

    def start(self) -> Worker:
        """A worker as after a restart."""
        self.worker = Worker(
            Scripted(lambda method, path, query: self.original).homeserver,
            self.database,
            Kernel(Settings(bot_user=BOT), [router], []),
            self.clock,
            Metrics(),
            trusted_servers=frozenset(),
            patience=self.patience,
            device_since=self.keys.created_at,
            caught_up=self.caught_up,
            refresh=lambda room_id: asyncio.sleep(0),
            on_drafts=lambda lanes: None,
            on_jobs=lambda: None,
            on_fatal=lambda error: None,
        )
        return self.worker

    @property
    def now(self) -> int:
        return milliseconds(self.clock.now())

    def pen(self, sender: str = ANNA, room: str = ROOM) -> Pen:
        return Pen(room, sender, self.now)

    async def write(self, work: Callable[[Session], T]) -> T:
        return await self.database.write(work)

    async def settle(self, *lanes: str) -> None:
        """The lanes are worked off as far as they can be now."""
        self.worker.lanes.wake(lanes)
        while tasks := list(self.worker.lanes._tasks.values()):
            await asyncio.wait(tasks)

    async def hear(self, *timeline: Any, room: str = ROOM) -> set[str]:
        news = News("t", rooms=[RoomNews(room, timeline=list(timeline))])
        lanes = await self.write(lambda s: ingest(s, news, self.keys, ME, self.now))
        await self.settle(*lanes)
        return lanes

    async def hand(self, *to_device: Any) -> set[str]:
        lanes = await self.write(lambda s: ingest_to_device(s, to_device, self.keys, ME, self.now))
        await self.settle(*lanes)
        return lanes

    async def after(self, seconds: float, lane: str = ROOM) -> None:
        cast(Moving, self.clock).moment += timedelta(seconds=seconds)
        await self.settle(lane)

    async def ran(self) -> list[str]:
        """The events whose command ran, in order."""
        return (await self.write(lambda s: facts.get(s, "ran") or "")).split()

    async def said(self, lane: str = ROOM) -> list[dict[str, Any]]:
        """What the bot has to say."""
        items = await self.write(lambda s: outbox.next_in_lane(s, lane, 100))
        return [item.content for item in items]

    async def rows(self) -> list[tuple[int, str, str]]:
        return await self.write(
            lambda s: [tuple(r) for r in s.rows("SELECT id, kind, status FROM inbox ORDER BY id")]
        )


async def place_in(folder: Path, clock: Clock, patience: float) -> Place:
    database = await Database.open(folder / "kring.db", readers=1)

    def settle(session: Session) -> None:
        create = event("m.room.create", {"room_version": "12"}, state_key="")
        name = event("m.room.name", {"name": "Talk"}, state_key="")
        here = {ANNA: "Anna", BEN: None, BOT: None}
        now = milliseconds(clock.now())
        mirror.take_picture(session, Picture(ROOM, [create, name], here), BOT, now)
        mirror.take_picture(session, Picture(DIRECT, [create], {ANNA: "Anna", BOT: None}), BOT, now)
        rooms.set_kind(session, ROOM, "network")

    await database.write(settle)
    return Place(database, clock, patience)


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await place_in(tmp_path, Moving(), 60.0)
    made.caught_up.set()
    await made.settle(ROOM)
    await made.after(10)
    yield made
    await made.worker.lanes.stop(1)
    await made.database.close()


def plain(place: Place, body: str, sender: str) -> dict[str, Any]:
    return {**text(body, sender), "origin_server_ts": place.now}


async def test_what_can_be_read_is_as_if_it_had_been_plain(place: Place) -> None:
    pen = place.pen()
    said, small_talk = pen.text("!mark"), pen.text("between us")
    await place.hand(pen.key())
    await place.hear(said, small_talk, said)
    assert await place.ran() == [said["event_id"]]
    assert len(await place.rows()) == 1


async def test_what_waits_holds_back_its_sender_and_others_for_a_moment(place: Place) -> None:
    pen = place.pen()
    first = pen.text("!mark")
    second, of_ben = plain(place, "!mark", ANNA), plain(place, "!mark", BEN)
    await place.hear(first, second, of_ben)
    await place.after(4.9)
    assert await place.ran() == []
    await place.after(0.2)
    assert await place.ran() == [of_ben["event_id"]]
    await place.hand(pen.key())
    assert await place.ran() == [one["event_id"] for one in (of_ben, first, second)]
    assert await place.said() == []


async def test_who_comes_and_goes_is_not_held_back_by_one_who_cannot_be_read(place: Place) -> None:
    await place.hear(place.pen().text("!mark"), member(ANNA, "leave", "join"))
    await place.after(5)
    assert [(kind, status) for _, kind, status in await place.rows()] == [
        ("encrypted", "waiting"),
        ("membership", "done"),
    ]


async def test_a_verification_waits_for_nobody(place: Place) -> None:
    pen = place.pen(room=DIRECT)
    await place.hear(pen.text("hello"), room=DIRECT)
    step = {"type": "m.key.verification.request", "sender": ANNA, "content": {"from_device": "A"}}
    assert await place.hand(step) == {ANNA}
    (_, _, first), (_, kind, status) = await place.rows()
    assert (first, kind, status) == ("waiting", "verification", "done")


async def test_the_key_changes_what_waits_in_place(place: Place) -> None:
    pen, other = place.pen(), place.pen()
    small_talk, said = pen.text("between us"), pen.text("!unknown")
    relation = {"rel_type": "m.replace", "event_id": said["event_id"]}
    new = {"msgtype": "m.text", "body": "!mark"}
    edit = other.text("* !mark", **{"m.new_content": new, "m.relates_to": relation})
    await place.hear(small_talk, said, edit)
    before = await place.rows()
    assert await place.hand(other.key()) == {ROOM}
    assert [kind for _, kind, _ in await place.rows()] == ["encrypted", "encrypted", "edit"]
    place.worker.lanes._stop.set()  # only to look at what waits now
    assert await place.hand(pen.key()) == {ROOM}
    assert await place.rows() == [
        (before[1][0], "message", "waiting"),
        (before[2][0], "edit", "waiting"),
    ]
    assert await place.write(lambda s: s.value("SELECT count(*) FROM crypto_unreadable")) == 0


async def test_only_messages_and_verification_count_inside(place: Place) -> None:
    pen = place.pen()
    await place.hand(pen.key())
    await place.write(
        lambda s: outbox.add(s, outbox.Draft("m.room.message", {}, room_id=ROOM), now=1)
    )
    own = await place.write(lambda s: outbox.next_in_lane(s, ROOM)[0])
    await place.write(lambda s: outbox.sent(s, own.id, event_id="$own", now=1))
    said = plain(place, "!mark", BEN)
    inside: list[tuple[str, dict[str, Any]]] = [
        ("m.room.member", {"membership": "leave"}),
        ("m.room.redaction", {"redacts": said["event_id"]}),
        ("m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$own", "key": "x"}}),
        ("m.room.encrypted", {"session_id": "again"}),
        ("m.room.topic", {"msgtype": "m.text", "body": "!mark"}),
        ("m.room.power_levels", {"users": {ANNA: 100}}),
        ("m.room.tombstone", {"replacement_room": "!evil"}),
    ]  # fmt: skip
    events = [pen.event(kind, content) for kind, content in inside]
    await place.hear(said, *events)
    assert [kind for _, kind, _ in await place.rows()] == ["message"]
    assert sorted(await place.write(lambda s: rooms.members(s, ROOM))) == [ANNA, BEN, BOT]
    kept = await place.database.read(
        lambda s: worth_keeping(s, ROOM, events, place.keys, ME, place.now)
    )
    assert kept == []


@pytest.mark.parametrize("late", [False, True])
async def test_a_verification_in_a_room_is_kept(place: Place, late: bool) -> None:
    pen = place.pen()
    request = {"msgtype": "m.key.verification.request", "body": "verify", "to": BOT}
    relation = {"m.relates_to": {"rel_type": "m.reference", "event_id": "$request"}}
    said = [
        pen.event("m.room.message", request),
        pen.event("m.key.verification.start", {"method": "m.sas.v1", **relation}),
        pen.event("m.room.message", {**request, "to": BEN}),
        pen.event("m.key.verification.start", {"method": "related to nothing"}),
    ]
    place.worker.lanes._stop.set()
    if late:
        await place.hear(*said)
    await place.hand(pen.key())
    if not late:
        await place.hear(*said)
    items = await place.write(lambda s: inbox.next_in_lane(s, ROOM))
    assert [(item.kind, item.body["type"]) for item in items] == [
        ("verification", "m.key.verification.request"),
        ("verification", "m.key.verification.start"),
    ]
    assert items[1].body["content"] == {"method": "m.sas.v1", **relation}
    assert items[0].event_id == said[0]["event_id"] and items[0].room_id == ROOM


async def test_one_notice_for_each_room_and_session_in_the_persons_language(place: Place) -> None:
    await place.write(lambda s: people.choose_language(s, ANNA, "nl", now=1))
    pen, other = place.pen(), place.pen()
    thread = {"rel_type": "m.thread", "event_id": "$thread"}
    first = pen.text("one", **{"m.relates_to": thread})
    await place.hear(first, pen.text("two"), other.text("three"))
    await place.after(59.9)
    assert await place.said() == []
    await place.after(0.1)
    notices = await place.said()
    assert [notice["msgtype"] for notice in notices] == ["m.notice"] * 2
    assert "Ik kon dit bericht niet lezen" in notices[0]["body"]
    assert notices[0]["m.relates_to"]["event_id"] == "$thread"
    assert notices[0]["m.relates_to"]["m.in_reply_to"] == {"event_id": first["event_id"]}
    assert {status for _, _, status in await place.rows()} == {"done"}
    # The key comes too late: what was said is forgotten, and was asked for again.
    await place.hand(pen.key())
    await place.hear(pen.text("!mark"))
    assert len(await place.ran()) == 1
    assert len(await place.said()) == 2


async def test_an_edit_of_what_could_not_be_read_answers_in_place_of_the_notice(
    place: Place,
) -> None:
    pen, other = place.pen(room=DIRECT), place.pen(room=DIRECT)
    said = pen.text("nonsense")
    await place.hear(said, room=DIRECT)
    await place.after(60, ANNA)
    (notice,) = await place.write(lambda s: outbox.next_in_lane(s, ANNA))
    assert "I could not read what you wrote" in notice.content["body"]
    assert "m.relates_to" not in notice.content
    place.original = said
    relation = {"rel_type": "m.replace", "event_id": said["event_id"]}
    new = {"msgtype": "m.text", "body": "more nonsense"}
    await place.hand(other.key())
    await place.hear(
        other.text("* more nonsense", **{"m.new_content": new, "m.relates_to": relation}),
        room=DIRECT,
    )
    (_, answer) = await place.write(lambda s: outbox.next_in_lane(s, ANNA))
    assert answer.edits == notice.key
    assert "I do not know" in answer.content["body"]


async def test_rooms_that_are_not_of_the_cooperative_are_told_nothing(place: Place) -> None:
    await place.write(lambda s: rooms.set_kind(s, ROOM, "other"))
    await place.hear(place.pen().text("one"))
    await place.after(61)
    assert await place.said() == []
    assert [status for _, _, status in await place.rows()] == ["done"]


async def test_what_is_older_than_the_device_is_left_out_for_ever(place: Place) -> None:
    place.keys.created_at = place.now
    pen, young = place.pen(), place.pen()
    old = {**pen.text("!mark"), "origin_server_ts": place.now - 1}
    said = [old, young.text("!mark")]
    kept = await place.database.read(
        lambda s: worth_keeping(s, ROOM, said, place.keys, ME, place.now)
    )
    assert kept == said[1:]
    await place.hear(*said)
    assert len(await place.rows()) == 1
    await place.hear({**old, "content": {}}, {**young.text("x"), "content": {}})
    assert len(await place.rows()) == 1


async def test_nobody_is_told_of_what_was_said_to_an_earlier_device(place: Place) -> None:
    await place.hear(place.pen().text("!mark"))
    # The login is another device from now on.
    place.keys.created_at = place.now + 1
    place.start()
    place.caught_up.set()
    await place.after(10)
    await place.after(120)
    assert await place.said() == []
    assert [(kind, status) for _, kind, status in await place.rows()] == [("encrypted", "done")]


async def test_what_was_missed_is_judged_by_what_it_says_and_writes_nothing(place: Place) -> None:
    pen = place.pen()
    await place.hand(pen.key())
    said = [
        pen.text("between us"),
        pen.text("!mark"),
        {**pen.text("x"), "content": {"session_id": 7}},
    ]
    kept = await place.database.read(
        lambda s: worth_keeping(s, ROOM, said, place.keys, ME, place.now)
    )
    assert kept == said[1:2]
    with pytest.raises(DatabaseReadOnly):
        await place.database.read(lambda s: facts.put(s, "x", "y"))


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(("code", "words"), [("m.unverified", "Verify me"), ("m.odd", "update")])
async def test_a_key_that_is_refused_is_not_awaited(
    place: Place, before: bool, code: str, words: str
) -> None:
    pen = place.pen()
    if before:
        await place.hand(pen.refusal(code), pen.refusal("m.unverified", sender=BEN))
    await place.hear(pen.text("!mark"))
    if not before:
        await place.hand(pen.refusal("m.blacklisted", sender=BEN), pen.refusal(code))
    await place.after(4.9)
    assert await place.said() == []
    await place.after(0.1)
    (notice,) = await place.said()
    assert words in notice["body"]


@pytest.mark.parametrize("before", [True, False])
async def test_a_refusal_by_somebody_else_shortens_nothing(place: Place, before: bool) -> None:
    pen = place.pen()
    if before:
        await place.hand(pen.refusal("m.unverified", sender=BEN))
    await place.hear(pen.text("!mark"))
    if not before:
        await place.hand(pen.refusal("m.unverified", sender=BEN))
    await place.after(30)
    assert await place.said() == []


async def test_a_flood_that_cannot_be_read_stops_nobody(place: Place) -> None:
    flood = [place.pen().text("!mark") for _ in range(500)]
    said = plain(place, "!mark", BEN)
    await place.hear(*flood, said)
    await place.after(5)
    assert await place.ran() == [said["event_id"]]
    began = asyncio.get_running_loop().time()
    await place.write(lambda s: [inbox.next_in_lane(s, ROOM) for _ in range(20)])
    assert (asyncio.get_running_loop().time() - began) / 20 < 0.05
    # It goes on, and still nobody waits for longer than five seconds.
    for _ in range(3):
        late = plain(place, "!mark", BEN)
        await place.hear(place.pen().text("more"), late)
        await place.after(5)
        assert (await place.ran())[-1] == late["event_id"]
    await place.after(60)
    assert len(await place.said()) == 5
    assert {status for _, _, status in await place.rows()} == {"done"}


async def test_what_is_taken_back_while_it_waits_is_never_read(place: Place) -> None:
    pen = place.pen()
    first, second = pen.text("!mark"), plain(place, "!mark", ANNA)
    await place.hear(first, second)
    await place.after(5)
    assert await place.ran() == []
    await place.hear(event("m.room.redaction", {"redacts": first["event_id"]}))
    assert await place.ran() == [second["event_id"]]
    assert await place.write(lambda s: s.value("SELECT count(*) FROM crypto_unreadable")) == 0
    await place.hand(pen.key())
    await place.after(60)
    assert await place.ran() == [second["event_id"]]
    assert await place.said() == []


async def test_what_waits_outlives_a_restart_and_its_key_may_be_on_the_way(place: Place) -> None:
    pen, lost = place.pen(), place.pen(BEN)
    first = pen.text("!mark")
    await place.hear(first, lost.text("!mark"))
    await place.worker.lanes.stop(1)
    place.caught_up.clear()
    place.start()
    await place.worker.start()
    await place.settle(ROOM)
    await place.after(3600)
    assert (await place.said(), await place.ran()) == ([], [])
    place.caught_up.set()
    await place.settle(ROOM)
    await place.after(4.9)
    assert await place.said() == []
    await place.hand(pen.key())
    assert await place.ran() == [first["event_id"]]
    await place.after(0.1)
    assert len(await place.said()) == 1


async def test_lanes_wake_by_the_clock_and_what_waits_keeps_nobody_from_stopping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "YOUNG_MS", 50)
    place = await place_in(tmp_path, SystemClock(), 0.3)
    place.caught_up.set()
    said = plain(place, "!mark", BEN)
    await place.hear(place.pen().text("!mark"), said)

    async def until(happened: Callable[[], Awaitable[list[Any]]]) -> None:
        async with asyncio.timeout(5):
            while not await happened():  # noqa: ASYNC110  # what happens sets no event
                await asyncio.sleep(0.01)

    await until(place.ran)
    assert await place.said() == []
    await until(place.said)
    await place.hear(place.pen().text("!mark"))
    async with asyncio.timeout(0.2):
        await place.worker.lanes.stop(5)
    await place.database.close()


async def test_a_key_that_came_just_before_its_deadline_wins(place: Place) -> None:
    pen = place.pen()
    said = pen.text("!mark")
    await place.hear(said)
    cast(Moving, place.clock).moment += timedelta(seconds=61)
    items, _ = await place.database.read(lambda s: place.worker._waiting.look()(s, ROOM))
    lanes = await place.write(lambda s: ingest_to_device(s, [pen.key()], place.keys, ME, place.now))
    await place.worker._deal(items[0])
    assert (await place.said(), await place.ran()) == ([], [])
    await place.settle(*lanes)
    assert await place.ran() == [said["event_id"]]


async def test_each_key_is_asked_for_once_of_who_has_it(place: Place) -> None:
    pen, refused = place.pen(), place.pen()
    await place.hand(refused.refusal("m.unverified"))
    await place.hear(pen.text("1"), pen.text("2"), refused.text("3"))
    forged = {**pen.text("4"), "sender": BEN}
    await place.hear(forged)
    assert await place.write(lambda s: unreadable.to_ask(s, place.now)) == []
    asked = await place.write(lambda s: unreadable.to_ask(s, place.now + 1))
    assert [(one.inbox_id, one.room_id, one.session_id, one.sender) for one in asked] == [
        (1, ROOM, pen.session_id, ANNA),
        (4, ROOM, pen.session_id, BEN),
    ]
    await place.write(lambda s: unreadable.mark_asked(s, 1))
    await place.hear(pen.text("5"))
    left = await place.write(lambda s: unreadable.to_ask(s, place.now + 1))
    assert [one.sender for one in left] == [BEN]


async def test_a_bad_event_leaves_nothing_and_stops_no_batch(place: Place) -> None:
    pen, spoilt = place.pen(), place.pen()
    waits = pen.text("!mark")
    bad: list[Any] = [
        None, 7, {}, {"type": "m.room_key"},
        {
            "type": "m.room_key",
            "sender": ANNA,
            "content": {"session_key": "?", "session_id": "half", "room_id": ROOM},
        },
        {"type": "m.key.verification.start", "sender": "nobody", "content": {}},
        {"type": "m.key.verification.start", "sender": ANNA, "content": {"x": "y" * 70_000}},
        {"type": "m.room.odd", "sender": ANNA, "content": {}},
    ]  # fmt: skip
    # Its key is good, and one of what waits for it is of another room.
    elsewhere = Pen("!elsewhere", ANNA, place.now)
    stray, good = elsewhere.text("!mark"), spoilt.text("!mark")
    await place.hear(stray, waits, good)
    lanes = await place.hand(
        *bad,
        elsewhere.key() | {"content": {**elsewhere.key()["content"], "room_id": ROOM}},
        *bad,
        pen.key(),
        spoilt.key(),
    )
    assert lanes == {ROOM}
    assert await place.write(lambda s: facts.get(s, "key half")) is None
    assert await place.ran() == [waits["event_id"], good["event_id"]]
    assert len(await place.rows()) == 2


async def test_who_was_erased_is_named_no_more(place: Place) -> None:
    pen = place.pen()
    await place.hand(pen.refusal("m.unverified"))
    await place.hear(pen.text("one"))
    await place.after(6)
    assert len(await place.said()) == 1
    known = await place.write(lambda s: erasure.everything_about_accounts(s, [ANNA]))
    assert [one["room_id"] for one in known["not_readable"]] == [ROOM]
    assert [one["code"] for one in known["keys_refused"]] == ["m.unverified"]
    await place.write(lambda s: erasure.forget_account(s, ANNA, now=place.now))

    def named(session: Session) -> list[str]:
        return [
            table
            for table in ("crypto_notices", "crypto_withheld", "inbox")
            if any(ANNA in tuple(row) for row in session.rows(f"SELECT * FROM {table}"))
        ]

    assert await place.write(named) == []
    later = place.now + 31 * 24 * 3_600_000
    assert await place.write(lambda s: unreadable.purge(s, before=later)) == 1
