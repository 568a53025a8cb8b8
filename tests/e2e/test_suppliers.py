"""Suppliers against real Synapse: one from its proposal to its deal, killed on the way, and a charter by file."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from commands.suppliers.charter_door import Content
from commands.suppliers.charter_file import as_xlsx, shipped
from storage import charters
from storage.charters import Charter
from storage.session import Session
from tests.e2e.directory import Chat, board, charter_in_force, kernel, team_room, times
from tests.e2e.encrypted import ENCRYPTED, file_in, nothing_clear, send_encrypted
from tests.e2e.kring import Kring, taken_in
from tests.e2e.test_networks import food
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

        for words, expected in (
            ("evidence 1", "For which criterion"),
            ("Origin", "The charter expects: an address"),
            ("Printed in Ghent, on paper from the Ardennes", "Until which day"),
            ("skip", "What proves it"),
        ):
            await buyer.say(words, expected)
        await send_encrypted(bea, buyer.room, PDF, "application/pdf", "origin.pdf")
        await buyer.hear("Evidence 1 about")
        await buyer.say("no", "Next: record evidence")
        await bram.expect(buyers, "origin.pdf")
        await second.say("evidence 1 show 1", "Printed in Ghent")
        sent = await bram.expect(second.room, lambda e: e["content"].get("msgtype") == "m.file")
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
