"""The engine against real Synapse: what is heard, where answers go, what is not said twice."""

from __future__ import annotations

import pytest

from bot.clock import SystemClock, milliseconds
from storage import outbox, rooms
from storage.outbox import Draft
from tests.e2e.kring import Kring
from tests.support.peer import body_of, relation_of
from tests.support.synapse import NewUser

pytestmark = pytest.mark.e2e


async def test_answers_in_room_thread_and_direct_chat(kring: Kring, new_user: NewUser) -> None:
    anna = await new_user("anna", accept_invites=True)
    ben = await new_user("ben", accept_invites=True)
    room = await kring.invited_by(anna, ben)
    await anna.send(room, "!echo from before the bot came")
    async with kring.running() as app:
        await kring.arrives(anna, room)
        asked = await anna.send(room, "!echo one")
        answer = await anna.expect(room, "echo one", after=asked)
        assert answer["content"]["msgtype"] == "m.notice"
        assert relation_of(answer) == {"m.in_reply_to": {"event_id": asked}}
        assert "org.kring.id" in answer["content"]

        in_thread = await anna.reply(room, asked, "!echo two", thread=asked)
        answer = await anna.expect(room, "echo two", after=asked)
        assert relation_of(answer)["rel_type"] == "m.thread"
        assert relation_of(answer)["event_id"] == asked
        assert relation_of(answer)["m.in_reply_to"] == {"event_id": in_thread}

        await anna.send(room, "just talking")
        await anna.send(room, "!echo quiet", msgtype="m.notice")
        await anna.send(room, f"{kring.user_id}: echo named")
        await anna.expect(room, "echo named", after=asked)
        ping = {"msgtype": "m.text", "body": "hi there"}
        mentions = {"m.mentions": {"user_ids": [kring.user_id]}}
        await anna.send_event(room, "m.room.message", {**ping, **mentions})
        await anna.expect(room, "hi", after=asked)  # a mention is heard (and not understood)

        # An edit replaces the answer of a command that only looks, and never runs one again.
        looked = await anna.send(room, "!look here")
        first = await anna.expect(room, "seen here", after=looked)
        await anna.edit(room, looked, "!look there")
        edited = await anna.expect(room, "seen there", after=looked)
        assert relation_of(edited) == {"rel_type": "m.replace", "event_id": first["event_id"]}
        acted = await anna.send(room, "!echo once")
        await anna.expect(room, "echo once", after=acted)
        await anna.edit(room, acted, "!echo twice")
        told = await anna.expect(room, "already carried out", after=acted)
        # What is said of an edit stands in the thread of what was edited.
        await anna.edit(room, in_thread, "!echo twice")
        late = await anna.expect(room, "already carried out", after=told["event_id"])
        assert relation_of(late)["event_id"] == asked
        assert not [e for e in anna.timeline[room] if body_of(e) == "echo twice"]
        # Somebody else's edit of her message is nothing.
        await ben.edit(room, looked, "!look forged")
        await anna.reply(room, first["event_id"], "a reply to the bot")

        direct = await anna.create_dm(kring.user_id)
        await kring.arrives(anna, direct)
        await anna.send(direct, "echo without prefix")
        answer = await anna.expect(direct, "echo without prefix")
        assert "m.relates_to" not in answer["content"]
        assert not [
            e
            for e in anna.timeline[room]
            if e["sender"] == kring.user_id
            and any(word in body_of(e) for word in ("quiet", "forged", "before", "talking"))
        ]
        kind = await app.database.read(lambda s: rooms.get(s, direct))
        assert kind is not None and kind.kind == "direct" and kind.direct_user == anna.user_id
        assert (await app.homeserver.account_data("m.direct"))[anna.user_id] == [direct]


async def test_what_is_said_in_a_direct_chat_before_the_bot_arrives_is_answered(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    room = await anna.create_dm(kring.user_id)
    await anna.send(room, "!echo first")
    async with kring.running():
        await anna.expect(room, "echo first")
        await anna.send(room, "!echo second")
        await anna.expect(room, "echo second")
    async with kring.running():
        await anna.send(room, "!echo third")
        await anna.expect(room, "echo third")
    assert kring.said(anna, room) == ["echo first", "echo second", "echo third"]


async def test_a_gap_of_several_pages_is_filled(kring: Kring, new_user: NewUser) -> None:
    anna = await new_user("anna")
    room = await kring.invited_by(anna, name="Talk")
    async with kring.running(page=5):
        await kring.arrives(anna, room)
        await anna.send(room, "!echo start")
        await anna.expect(room, "echo start")
    last = ""
    for number in range(30):
        last = await anna.send(room, f"!echo {number}" if number % 2 else f"talk {number}")
    await anna.set_state(room, "m.room.name", {"name": "Vertalers"})
    for number in range(30, 40):
        await anna.send(room, f"!look {number}")
    async with kring.running(page=5) as app:
        await anna.expect(room, "seen 39", after=last)
        said = [int(text.split()[1]) for text in kring.said(anna, room)[1:]]
        assert said == [*range(1, 30, 2), *range(30, 40)]
        mirrored = await app.database.read(lambda s: rooms.get(s, room))
        assert mirrored is not None and mirrored.name == "Vertalers"


async def test_the_very_first_start_answers_nothing_older(kring: Kring, new_user: NewUser) -> None:
    anna = await new_user("anna", accept_invites=True)
    room = await anna.create_room(name="Talk", preset="public_chat")
    async with kring.account() as account:
        await account.join(room)
    await anna.send(room, "!echo old")
    async with kring.running():
        await anna.send(room, "!echo new")
        await anna.expect(room, "echo new")
    await anna.send(room, "!echo while away")
    async with kring.running():
        await anna.expect(room, "echo while away")
    await anna.catch_up()
    assert kring.said(anna, room) == ["echo new", "echo while away"]


async def test_what_was_said_long_ago_and_not_noted_is_not_said_again(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    room = await kring.invited_by(anna, name="Talk")
    async with kring.running():
        await kring.arrives(anna, room)
    # The bot dies between the homeserver's answer and the note of it, and is away for long enough
    # that transaction ids may be forgotten.
    content = {"msgtype": "m.notice", "body": "said once", "m.mentions": {}}
    said, unsaid = (Draft("m.room.message", content, room_id=room) for _ in range(2))
    async with kring.account() as account:
        marked = {**content, "org.kring.id": said.key}
        event_id = await account.send_event(room, "m.room.message", marked)
    long_ago = milliseconds(SystemClock().now()) - 3_600_000
    await kring.queue(long_ago, said, unsaid)
    async with kring.running() as app:
        await anna.send(room, "!echo next")
        await anna.expect(room, "echo next")
        noted = await app.database.read(lambda s: outbox.by_key(s, said.key))
        assert noted is not None and (noted.status, noted.event_id) == ("sent", event_id)
    keys = [e["content"].get("org.kring.id") for e in anna.timeline[room] if "once" in body_of(e)]
    assert keys == [said.key, unsaid.key]


async def test_files_reactions_and_faults_of_ours(kring: Kring, new_user: NewUser) -> None:
    anna = await new_user("anna", accept_invites=True)
    async with kring.running():
        direct = await anna.create_dm(kring.user_id)
        await kring.arrives(anna, direct)
        await anna.send(direct, "file what is in it")
        sent = await anna.expect(direct, "note.txt")
        assert sent["content"]["msgtype"] == "m.file"
        assert sent["content"]["info"] == {"mimetype": "text/plain", "size": 13}
        assert await anna.download(sent["content"]["url"]) == b"what is in it"
        await anna.send(direct, "ask A")
        question = await anna.expect(direct, "question A")
        await anna.react(direct, question["event_id"], "👍")
        await anna.expect(direct, "A got 👍")
        await anna.reply(direct, question["event_id"], "because")
        await anna.expect(direct, "A got because")
        await anna.send(direct, "boom")
        await anna.send(direct, "look after")
        await anna.expect(direct, "Something went wrong on my side")
        await anna.expect(direct, "seen after")
