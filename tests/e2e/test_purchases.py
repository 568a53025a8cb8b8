"""Group purchases and tenders through a real Synapse: many at once, killed while it decides, and a picture that
changes inside its message."""

from __future__ import annotations

import asyncio
import random
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from bot.demo.homeserver import EmbeddedHomeserver
from bot.folder import DATABASE_NAME
from commands.purchases.changes import STEP
from storage import commitments, jobs, outbox, purchase_bills, purchases, tenders
from storage.database import Database
from storage.session import Session
from tests.e2e.buying import (
    SLOT,
    asked_of,
    crowd,
    edits,
    holding,
    kernel,
    line_of,
    makers,
    messages,
    now,
    ordered,
    purchase,
    put,
    tender,
)
from tests.e2e.directory import Chat, times, until
from tests.e2e.encrypted import asking, nothing_clear
from tests.e2e.killing import killable, killing, revived
from tests.e2e.kring import Kring
from tests.e2e.test_encrypted_pictures import opened
from tests.e2e.test_suppliers import into
from tests.support.faultproxy import FaultProxy
from tests.support.peer import Event, Peer, body_of
from tests.support.synapse import NewUser

pytestmark = pytest.mark.e2e

CROWD = 20


@pytest.fixture
async def beside(kring: Kring) -> AsyncIterator[Database]:
    """The bot's database in other hands; the bot may run meanwhile."""
    database = await Database.open(kring.options.data / DATABASE_NAME)
    yield database
    await database.close()


def all_said(session: Session) -> bool:
    return not outbox.count_waiting(session) and not jobs.due(session, now=now() + 5_000)


async def answered(peer: Peer, room: str, by: str, asked: list[str]) -> list[list[Event]]:
    """What the bot replied to each of these, once it has replied to all."""

    def found() -> list[list[Event]]:
        said = messages(peer, room, by)
        return [[event for event in said if asked_of(event) == one] for one in asked]

    await peer.wait_until(lambda: all(found()), 60)
    await peer.catch_up()
    return found()


async def test_twenty_people_want_the_last_four_at_once(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    async with AsyncExitStack() as stack, kring.running(kernel) as app:
        people = [await stack.enter_async_context(one) for one in await crowd(homeserver, CROWD)]
        room = await makers(kring, app.database, anna, *people)

        def fill(session: Session) -> None:
            own = [(anna.user_id, 6, 0)]
            put(session, anna.user_id, own, title="Stools", case=10, state="filling")
            put(session, anna.user_id, own, title="Tables", case=10)

        await app.database.write(fill)
        app.schedule.replan()
        boards = [
            (await anna.expect(room, f"Group purchase {number}: ", 20))["event_id"]
            for number in (1, 2)
        ]
        began = now()
        asked = await asyncio.gather(
            *(one.send(room, f"!commit {number} 1") for one in people for number in (1, 2))
        )
        answers = await answered(anna, room, kring.user_id, list(asked))
        await until(app.database, all_said, 40)
        await anna.catch_up()
        assert [len(each) for each in answers] == [1] * len(asked)
        said = [each[0] for each in answers]
        assert holding(said[0::2], "Noted for group purchase 1") == 4
        assert holding(said[0::2], "all cases are full") == CROWD - 4
        assert holding(said[1::2], "Noted for group purchase 2") == CROWD

        def look(session: Session) -> None:
            for number, people_of, quantity in ((1, 5, 10), (2, 21, 26)):
                line = line_of(session, number)
                sums = commitments.sums(session, number)[line]
                assert (sums.people, sums.quantity, sums.tolerance) == (people_of, quantity, 0)
                made = commitments.of_purchase(session, number)[line]
                assert sorted(one.quantity for one in made) == [1] * (people_of - 1) + [6]

        await app.database.read(look)
        slots = (now() - began) // int(SLOT.total_seconds() * 1000) + 1
        for board, units in zip(boards, ("10", "26"), strict=True):
            changed = edits(anna, room, board)
            assert 1 <= len(changed) <= slots
            assert units in body_of(changed[-1])
        assert len(edits(anna, room, boards[1])) < CROWD


async def test_the_last_units_of_a_tender_go_to_whoever_came_first(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    async with AsyncExitStack() as stack, kring.running(kernel) as app:
        people = [await stack.enter_async_context(one) for one in await crowd(homeserver, 10)]
        room = await makers(kring, app.database, anna, *people)
        await app.database.write(lambda session: tender(session, anna.user_id, 3))
        asked = await asyncio.gather(*(one.send(room, "!calloff T1 1") for one in people))
        answers = await answered(anna, room, kring.user_id, list(asked))
        assert [len(each) for each in answers] == [1] * len(asked)
        said = [each[0] for each in answers]
        assert holding(said, "Called off of T1") == 3
        assert holding(said, "nothing is left") == 7
        found = await app.database.read(lambda session: tenders.get(session, 1))
        assert found is not None
        assert (found.lines[0].called, found.lines[0].remaining) == (3, 0)


def states(session: Session, number: int) -> list[str]:
    return [state for state, _ in purchases.history(session, number)]


@pytest.mark.parametrize("seed", [1, 2])
async def test_it_decides_once_and_tells_each_once_however_often_it_dies(
    kring: Kring,
    homeserver: EmbeddedHomeserver,
    new_user: NewUser,
    beside: Database,
    seed: int,
) -> None:
    dice = random.Random(seed)
    anna = await new_user("anna", encrypts=True)
    mia, otto, ida = [
        await new_user(name, encrypts=True, accept_invites=True) for name in ("mia", "otto", "ida")
    ]
    async with FaultProxy(homeserver.base_url) as proxy:
        bot = killable(kring, homeserver=proxy.base_url, kernel=kernel.__module__)
        async with revived(bot) as ends:
            room = await makers(kring, beside, anna, mia, otto, ida)
            responsible = await Chat.direct(kring, anna)
            await responsible.say("hello", "")

            def close(session: Session) -> None:
                soon = timedelta(seconds=1)
                full = [(mia.user_id, 3, 0), (otto.user_id, 1, 2)]
                few = [(mia.user_id, 3, 0), (otto.user_id, 2, 0), (ida.user_id, 1, 1)]
                put(session, anna.user_id, full, title="Stools", case=4, due=soon)
                put(session, anna.user_id, few, title="Tables", case=10, state="filling", due=soon)

            def again(session: Session) -> None:
                for number in (1, 2):
                    data = {"purchase": number}
                    jobs.add(session, STEP, f"{number}-again", due_at=1, data=data)

            proxy.fail(into(room), killing(bot, after=bool(seed % 2)))
            proxy.fail(into(responsible.room), killing(bot, after=True))
            proxy.fail(asking("/createRoom"), killing(bot, after=True))
            proxy.fail(into(room), killing(bot, after=not seed % 2))
            await beside.write(close)
            # The moments are meant to be any: before the decision, during it, after it.
            for _ in range(2):
                await bot.kill()
                await asyncio.sleep(dice.uniform(0.5, 2.0))
            await until(beside, lambda s: purchase(s, 1).state == "tipped", 40)
            await until(beside, lambda s: purchase(s, 2).state == "failed", 40)
            await bot.kill()
            await until(beside, all_said, 40)
            await beside.write(again)
            await bot.kill()
            await until(beside, all_said, 40)
            assert len(proxy.faults) == 4 and set(ends) == {-signal.SIGKILL}
    assert await beside.read(lambda s: states(s, 1)) == ["draft", "open", "tipped"]
    assert await beside.read(lambda s: states(s, 2)) == ["draft", "open", "filling", "failed"]

    def given(session: Session) -> None:
        made = commitments.of_purchase(session, 1)[line_of(session, 1)]
        assert {one.user_id: one.ordered_units for one in made} == {
            mia.user_id: 3,
            otto.user_id: 1,
        }

    await beside.read(given)
    for person in (anna, mia, otto, ida):
        await person.catch_up()
    in_room = messages(mia, room, kring.user_id)
    for number in (1, 2):
        assert holding(in_room, f"Group purchase {number}: ") == 1
    assert holding(in_room, "There are enough of you") == 1
    assert holding(in_room, "found too few to order a case") == 1
    assert times(anna, kring.user_id, "for which you are responsible") == 2
    for person in (mia, otto, ida):
        assert times(person, kring.user_id, "so nothing is ordered for now") == 1, person.user_id


async def test_amounts_and_payments_are_told_once_however_often_it_dies(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser, beside: Database
) -> None:
    anna = await new_user("anna", encrypts=True)
    mia, otto = [
        await new_user(name, encrypts=True, accept_invites=True) for name in ("mia", "otto")
    ]
    async with FaultProxy(homeserver.base_url) as proxy:
        bot = killable(kring, homeserver=proxy.base_url, kernel=kernel.__module__)
        async with revived(bot) as ends:
            await makers(kring, beside, anna, mia, otto)
            responsible, member = [await Chat.direct(kring, one) for one in (anna, mia)]

            def order(session: Session) -> None:
                made = [(mia.user_id, 3, 0), (otto.user_id, 1, 1)]
                ordered(session, put(session, anna.user_id, made))

            await beside.write(order)
            proxy.fail(asking("/createRoom"), killing(bot, after=True))
            await responsible.say("purchase received 1 4", "4 of 5")
            await until(beside, all_said, 40)
            proxy.fail(asking("/media/v3/upload"), killing(bot, after=True))
            proxy.fail(into(member.room), killing(bot, after=True))
            await anna.send(responsible.room, "purchase settle 1 freight 9.99")
            await bot.kill()
            await member.hear("To pay: ")
            await until(beside, all_said, 40)
            await member.say("paid 1", "Thank you")
            proxy.fail(into(responsible.room), killing(bot, after=True))
            await responsible.hear("Did the money come")
            await responsible.say("yes", "Confirmed")
            await until(beside, all_said, 40)
            assert len(proxy.faults) == 4 and set(ends) == {-signal.SIGKILL}
    for person in (anna, mia, otto):
        await person.catch_up()
    assert [times(one, kring.user_id, "Your amount") for one in (mia, otto)] == [1, 1]
    assert times(anna, kring.user_id, "Did the money come") == 1
    sheets = [
        event
        for event in anna.timeline[responsible.room]
        if event["content"].get("msgtype") == "m.file"
    ]
    assert len(sheets) == 1

    def look(session: Session) -> None:
        bills = purchase_bills.of_purchase(session, 1)
        assert [bill.user_id for bill in bills] == [mia.user_id, otto.user_id]
        assert [bill.net_cents for bill in bills] == [3000, 1000]
        assert sum(bill.costs_cents for bill in bills) == 999
        assert [bill.is_open for bill in bills] == [False, True]

    await beside.read(look)


async def test_the_picture_changes_inside_the_message_and_a_reply_takes_part(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    ben = await new_user("ben", accept_invites=True)

    async def picture(event: Event) -> tuple[str, bytes]:
        """What it says to whoever does not see it, and what everybody else sees."""
        content = event["content"].get("m.new_content", event["content"])
        ((address, words),) = re.findall(
            r'<img src="([^"]+)" alt="([^"]+)"', content["formatted_body"]
        )
        data = await ben.download(address)
        with Image.open(BytesIO(data)) as image:
            assert image.format == "PNG"
        return words, data

    async with kring.running(kernel) as app:
        room = await makers(kring, app.database, anna, ben)
        await app.database.write(lambda session: put(session, anna.user_id))
        app.schedule.replan()
        board = await ben.expect(room, "Group purchase 1: Chairs", 20)
        words, first = await picture(board)
        assert words == "Chairs: 0 of 5"
        typed = await ben.reply(room, board["event_id"], "3+1")
        answer = await ben.expect(room, "3 × Chairs", 20, after=typed)
        assert "and up to 1 more" in body_of(answer) and asked_of(answer) == typed
        edit = await ben.expect(room, "1 more fills the case", 20, after=answer["event_id"])
        assert edit in edits(ben, room, board["event_id"])
        words, second = await picture(edit)
        assert words == "Chairs: 4 of 5" and second != first
        await anna.send(room, "!commit 1 1")
        await ben.expect(room, "Noted for group purchase 1", 20, after=edit["event_id"])
        await ben.wait_until(lambda: len(edits(ben, room, board["event_id"])) == 2, 20)
        words, third = await picture(edits(ben, room, board["event_id"])[-1])
        assert words == "Chairs: 5 of 5" and third not in (first, second)


async def test_an_encrypted_room_sees_the_picture_alone_and_nothing_in_clear(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    ben = await new_user("ben", encrypts=True, accept_invites=True)
    async with kring.running(kernel) as app:
        room = await makers(kring, app.database, anna, ben, encrypted=True)
        await app.database.write(lambda session: put(session, anna.user_id, [(anna.user_id, 2, 1)]))
        app.schedule.replan()
        board = await ben.expect(room, "Group purchase 1: Chairs", 20)
        assert "<img" not in board["content"]["formatted_body"]
        shown = await ben.expect(room, lambda e: e["content"].get("msgtype") == "m.image", 20)
        image = await opened(ben, shown["content"]["file"])
        assert image.format == "PNG"
        await ben.reply(room, board["event_id"], "2")
        await ben.expect(room, "Noted for group purchase 1", 20, after=shown["event_id"])
        await ben.wait_until(lambda: bool(edits(ben, room, board["event_id"])), 20)
        await until(app.database, all_said, 40)
        await ben.catch_up()
    pictures = [
        event for event in ben.timeline[room] if event["content"].get("msgtype") == "m.image"
    ]
    assert len(pictures) == 1
    assert "mxc" not in str([event["content"] for event in edits(ben, room, board["event_id"])])
    await nothing_clear(ben, kring.user_id, room)
