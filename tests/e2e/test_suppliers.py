"""Suppliers through a real Synapse: one from its proposal to its deal, killed on the way; a charter by file."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from bot.demo.homeserver import EmbeddedHomeserver
from bot.folder import DATABASE_NAME
from commands.suppliers.charter_door import Content
from commands.suppliers.charter_file import as_xlsx, shipped
from storage import audit, charters, jobs, outbox, supplier_evidence, supplier_rounds
from storage.charters import Charter
from storage.database import Database
from storage.session import Session
from tests.e2e.directory import (
    Chat,
    approved,
    board,
    charter_in_force,
    kernel,
    team_room,
    times,
    until,
    used,
)
from tests.e2e.encrypted import ENCRYPTED, asking, file_in, nothing_clear, send_encrypted
from tests.e2e.killing import killable, killing, revived
from tests.e2e.kring import Kring, taken_in
from tests.e2e.test_networks import food
from tests.support.faultproxy import FaultProxy, Match, sending
from tests.support.peer import body_of, relation_of
from tests.support.synapse import NewUser

pytestmark = pytest.mark.e2e

NAME = "Drukkerij De Kring"
PDF = b"%PDF-1.7\n" + random.Random(7).randbytes(200_000)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def test_a_supplier_is_proposed_reviewed_found_and_used(
    kring: Kring, new_user: NewUser
) -> None:
    mia = await new_user("mia", encrypts=True)
    bea = await new_user("bea", encrypts=True)
    bram = await new_user("bram", encrypts=True, accept_invites=True)
    async with kring.running(kernel, direct_chats_encrypted=True) as app:
        await app.database.write(charter_in_force)
        buyers = await team_room(kring, app.database, "buyers", bea, bram, **ENCRYPTED)
        chats = [await Chat.direct(kring, person) for person in (mia, bea, bram)]
        member, buyer, second = chats

        await member.propose(NAME)
        message = (await bram.expect(buyers, "Next: take it up"))["event_id"]
        await bea.reply(buyers, message, "yes")
        await bea.expect(buyers, "Next: begin to gather evidence")
        await member.hear("took up")
        await buyer.say("review 1 next", "Next: record evidence")
        await member.hear("now gather evidence")

        await buyer.prove(PDF, "origin.pdf")
        await buyer.say("no", "Next: record evidence")
        await bram.expect(buyers, "origin.pdf")
        await second.say("evidence 1 show 1", "Printed in Ghent")
        sent = await second.file()
        assert body_of(sent) == "origin.pdf"
        assert sent["content"]["info"]["mimetype"] == "application/pdf"
        assert await file_in(bram, sent) == PDF

        await buyer.score()
        await member.hear("is under review now")
        await bram.expect(buyers, "Next: vote")
        await bram.react(buyers, message, "👍")
        await bram.expect(buyers, "Your vote is noted")
        await bea.send(buyers, "!approve 1")
        await bea.expect(buyers, "That is decided")
        await member.hear("is approved. Members find it from now on")

        await buyer.say("supplier edit 1 code", "discount code")
        await buyer.say("KRING10", "KRING10")
        circle = await kring.invited_by(mia, bram, name="Food")
        await taken_in(app, circle)
        await app.database.write(lambda session: food(session, circle))
        await Chat(mia, circle).say("!suppliers printing ghent", f"1 · {NAME}")
        asked = await mia.send(circle, "!deal 1")
        await member.hear("Code: KRING10")
        (told,) = await mia.replies(asked)
        assert "direct chat" in body_of(told) and "Drukkerij" not in body_of(told)
        await bram.catch_up()
    assert not any("KRING10" in text for text in kring.said(mia, circle))
    for buyer_there in (bea, bram):
        await buyer_there.catch_up()
        shown, texts = board(buyer_there, buyers, kring.user_id, NAME)
        assert shown == message
        assert "Members see it" in texts[-1] and len(texts) >= 6
    for news in ("took up", "gather evidence", "under review now", "is approved."):
        assert times(mia, kring.user_id, news) == 1, news
    await nothing_clear(bea, kring.user_id, buyers, *(chat.room for chat in chats[1:2]))


@pytest.fixture
async def beside(kring: Kring) -> AsyncIterator[Database]:
    """The bot's database in other hands, with a charter in force; the bot may run meanwhile."""
    database = await Database.open(kring.options.data / DATABASE_NAME)
    await database.write(charter_in_force)
    yield database
    await database.close()


def into(room: str) -> Match:
    """Matches what says something there."""
    return lambda method, path: sending(method, path) and f"/{room}/" in path


def actions(session: Session) -> list[str]:
    """What the first supplier's log tells."""
    return [entry.action for entry in audit.of_subject(session, "supplier:1")]


def all_said(session: Session) -> bool:
    return not outbox.count_waiting(session)


async def test_votes_count_once_however_often_the_bot_dies(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser, beside: Database
) -> None:
    mia = await new_user("mia", encrypts=True)
    bea = await new_user("bea", encrypts=True)
    bram = await new_user("bram", accept_invites=True)
    async with FaultProxy(homeserver.base_url) as proxy:
        bot = killable(kring, homeserver=proxy.base_url, kernel=kernel.__module__)
        async with revived(bot) as ends:
            buyers = await team_room(kring, beside, "buyers", bea, bram)
            member, buyer = [await Chat.direct(kring, person) for person in (mia, bea)]
            proxy.fail(into(buyers), killing(bot, after=True))
            await member.propose(NAME)
            message = (await bram.expect(buyers, "Next: take it up", 20))["event_id"]
            await buyer.say("review 1 next", "begin to gather evidence")
            await buyer.say("review 1 next", "Next: record evidence")
            await buyer.score()
            await bram.expect(buyers, "Next: vote", 20)

            proxy.fail(into(buyers), killing(bot, after=False))
            proxy.fail(into(buyers), killing(bot, after=True))
            await bram.react(buyers, message, "👍")
            await bram.expect(buyers, "Your vote is noted", 20)
            proxy.fail(into(member.room), killing(bot, after=True))
            await bea.send(buyer.room, "approve 1")
            await bot.kill()
            await buyer.hear("That is decided")
            await member.hear("is approved.")
            await until(beside, all_said)
            assert len(proxy.faults) == 4 and set(ends) == {-signal.SIGKILL}
    votes = await beside.read(lambda session: supplier_rounds.votes(session, 1))
    assert [vote.user_id for vote in votes] == [bram.user_id, bea.user_id]
    log = await beside.read(actions)
    assert log.count("supplier.vote") == 2
    assert log.count("supplier.approved") == 1
    for person in (mia, bea, bram):
        await person.catch_up()
    assert board(bram, buyers, kring.user_id, NAME)[0] == message
    # She reads his in their room and hers in her own chat.
    assert [times(person, kring.user_id, "vote is noted") for person in (bram, bea)] == [1, 2]
    for news in ("is proposed, as supplier 1", "took up", "under review now", "is approved."):
        assert times(mia, kring.user_id, news) == 1, news


async def test_evidence_comes_back_once_and_whole_however_often_the_bot_dies(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser, beside: Database
) -> None:
    bea = await new_user("bea", encrypts=True)
    bram = await new_user("bram", accept_invites=True)

    def add(session: Session) -> None:
        approved(session, NAME, bea.user_id, bram.user_id, proven=False)

    async with FaultProxy(homeserver.base_url) as proxy:
        bot = killable(kring, homeserver=proxy.base_url, kernel=kernel.__module__)
        async with revived(bot) as ends:
            await team_room(kring, beside, "buyers", bea, bram)
            await beside.write(add)
            buyer = await Chat.direct(kring, bea)
            proxy.fail(asking("/media/download/"), killing(bot, after=True))
            await buyer.prove(PDF, "origin.pdf")
            await buyer.say("no", NAME)
            proxy.fail(asking("/media/v3/upload"), killing(bot, after=True))
            await bea.send(buyer.room, "evidence 1 show 1")
            await buyer.hear("Printed in Ghent")
            sent = await buyer.file()
            assert await file_in(bea, sent) == PDF
            await until(beside, all_said)
            assert len(proxy.faults) == 2 and set(ends) == {-signal.SIGKILL}
    await bea.catch_up()
    assert times(bea, kring.user_id, "Evidence 1 about") == 1
    assert times(bea, kring.user_id, "origin.pdf") == 2  # what is said of it, and the file
    found = await beside.read(lambda session: supplier_evidence.of_supplier(session, 1))
    assert [evidence.file_name for evidence in found] == ["origin.pdf"]


async def test_whoever_used_a_deal_hears_once_of_what_lapsed_however_often_the_bot_dies(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser, beside: Database
) -> None:
    bea = await new_user("bea")
    bram = await new_user("bram", accept_invites=True)
    users = [await new_user(n, encrypts=True, accept_invites=True) for n in ("mia", "otto", "ida")]
    ids = [user.user_id for user in users]

    def lapsed(session: Session) -> None:
        for name in ("Inkpot", "Pressroom"):
            number = approved(session, name, bea.user_id, bram.user_id)
            used(session, number, *ids)

    def due(key: str) -> Callable[[Session], bool]:
        return lambda session: jobs.add(session, "suppliers.upkeep", key, due_at=1)

    async with FaultProxy(homeserver.base_url) as proxy:
        bot = killable(kring, homeserver=proxy.base_url, kernel=kernel.__module__)
        async with revived(bot) as ends:
            buyers = await team_room(kring, beside, "buyers", bea, bram)
            ida = await Chat.direct(kring, users[2])
            await ida.say("hello", "")
            await beside.write(lapsed)
            proxy.fail(into(buyers), killing(bot, after=True))
            proxy.fail(asking("/createRoom"), killing(bot, after=True))
            proxy.fail(into(ida.room), killing(bot, after=False))
            proxy.fail(asking("/sendToDevice/"), killing(bot, after=True))
            assert await beside.write(due("tonight"))
            # The moment is meant to be any: before the run, during it, after it.
            await asyncio.sleep(random.uniform(0, 1.2))
            await bot.kill()
            await until(beside, lambda session: "supplier.suspended" in actions(session))
            await bot.kill()
            await bram.expect(buyers, "No longer shown to members", 30)
            await until(beside, all_said, 40)
            assert await beside.write(due("later"))
            await until(beside, lambda session: not jobs.due(session, now=2))
            await until(beside, all_said)
            assert len(proxy.faults) == 4 and set(ends) == {-signal.SIGKILL}
    log = await beside.read(actions)
    assert log.count("supplier.suspended") == log.count("supplier.lapsed") == 1
    for person in (bram, *users):
        await person.catch_up()
    assert times(bram, kring.user_id, "No longer shown to members") == 1
    for user in users:
        for name in ("Inkpot", "Pressroom"):
            assert times(user, kring.user_id, f"used the deal of {name}") == 1


def in_force(session: Session) -> Charter:
    found = charters.in_force(session)
    assert found is not None
    return found


async def test_a_charter_that_came_as_a_file_is_confirmed_by_the_ethics_committee(
    kring: Kring, new_user: NewUser
) -> None:
    bea = await new_user("bea", encrypts=True)
    edith = await new_user("edith")
    content = replace(shipped(), texts={**shipped().texts, "name": dict.fromkeys(
        ("en", "nl", "fr"), "Charter of the circle")})  # fmt: skip
    async with kring.running(kernel, direct_chats_encrypted=True) as app:
        await app.database.write(charter_in_force)
        buyers = await team_room(kring, app.database, "buyers", bea)
        ethics = await team_room(kring, app.database, "ethics", edith)
        buyer = await Chat.direct(kring, bea)
        await buyer.say("charter new", "as a file, TOML or XLSX")
        await send_encrypted(bea, buyer.room, as_xlsx(content), XLSX, "charter.xlsx")
        await buyer.hear("The file is sound. Against version 1")
        await buyer.say("yes", "Version 2 waits for a second person")
        await buyer.say("charter confirm", "ethics committee")
        asked = await edith.expect(ethics, "a second person has to confirm it")
        assert (await app.database.read(in_force)).version == 1
        await edith.react(ethics, asked["event_id"], "👍")
        settled = await edith.expect(ethics, lambda e: "confirmed by" in body_of(e))
        relation = relation_of(settled)
        assert relation["rel_type"] == "m.replace" and relation["event_id"] == asked["event_id"]
        await bea.expect(buyers, "“Charter of the circle”, version 2, is in force")
        charter = await app.database.read(in_force)
        assert (charter.version, charter.decided_by) == (2, edith.user_id)
        assert Content.of(charter) == content
        await bea.catch_up()
    assert times(bea, kring.user_id, "version 2, is in force") == 1
