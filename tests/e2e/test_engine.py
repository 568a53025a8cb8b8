"""The engine room against real Synapse: where answers go, what is heard, what is made."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.app import Options
from bot.clock import SystemClock, milliseconds
from bot.demo.homeserver import EmbeddedHomeserver
from storage import outbox, rooms
from storage.database import Database
from storage.outbox import Draft
from tests.e2e.engine import options, running
from tests.support.faultproxy import FaultProxy, cut, ratelimit, sending
from tests.support.peer import Account, Peer, body_of, relation_of
from tests.support.synapse import PASSWORD, NewUser, unique

pytestmark = pytest.mark.e2e


def making_a_room(method: str, path: str) -> bool:
    return method == "POST" and path.endswith("/createRoom")


async def bot_options(homeserver: EmbeddedHomeserver, data: Path, **more: Any) -> Options:
    account = await homeserver.register(unique("kring"), PASSWORD)
    url = more.pop("url", homeserver.base_url)
    return options(str(url), account.user_id, account.access_token, data, **more)


async def arrival(peer: Peer, room: str, user_id: str) -> None:
    """Wait until somebody has joined."""
    await peer.wait_until(
        lambda: any(
            event.get("state_key") == user_id and event["content"].get("membership") == "join"
            for event in peer.timeline[room]
        )
    )


async def test_answers_in_room_thread_and_direct_chat(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    given = await bot_options(homeserver, tmp_path)
    anna = await new_user("anna", accept_invites=True)
    ben = await new_user("ben", accept_invites=True)
    room = await anna.create_room(invite=[given.user_id, ben.user_id], preset="private_chat")
    await anna.send(room, "!echo from before the bot came")
    async with running(given) as app:
        await arrival(anna, room, given.user_id)
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
        await anna.send(room, f"{given.user_id}: echo named")
        await anna.expect(room, "echo named", after=asked)
        ping = {"msgtype": "m.text", "body": "hi there"}
        mentions = {"m.mentions": {"user_ids": [given.user_id]}}
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

        direct = await anna.create_dm(given.user_id)
        await arrival(anna, direct, given.user_id)
        await anna.send(direct, "echo without prefix")
        answer = await anna.expect(direct, "echo without prefix")
        assert "m.relates_to" not in answer["content"]
        assert not [
            e
            for e in anna.timeline[room]
            if e["sender"] == given.user_id
            and any(word in body_of(e) for word in ("quiet", "forged", "before", "talking"))
        ]
        kind = await app.database.read(lambda s: rooms.get(s, direct))
        assert kind is not None and kind.kind == "direct" and kind.direct_user == anna.user_id
        assert (await app.homeserver.account_data("m.direct"))[anna.user_id] == [direct]


async def test_a_gap_of_several_pages_is_filled(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    given = await bot_options(homeserver, tmp_path, page=5)
    anna = await new_user("anna")
    room = await anna.create_room(name="Talk", invite=[given.user_id], preset="private_chat")
    async with running(given):
        await arrival(anna, room, given.user_id)
        await anna.send(room, "!echo start")
        await anna.expect(room, "echo start")
    last = ""
    for number in range(30):
        last = await anna.send(room, f"!echo {number}" if number % 2 else f"talk {number}")
    await anna.set_state(room, "m.room.name", {"name": "Vertalers"})
    for number in range(30, 40):
        await anna.send(room, f"!look {number}")
    async with running(given) as app:
        await anna.expect(room, "seen 39", after=last)
        said = [
            int(body_of(e).split()[1])
            for e in anna.timeline[room]
            if e["sender"] == given.user_id
            and body_of(e) != "echo start"
            and e["type"] == "m.room.message"
        ]
        assert said == [*range(1, 30, 2), *range(30, 40)]
        mirrored = await app.database.read(lambda s: rooms.get(s, room))
        assert mirrored is not None and mirrored.name == "Vertalers"


async def test_a_room_is_made_once_and_its_people_are_heard(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    given = await bot_options(homeserver, tmp_path)
    anna = await new_user("anna", accept_invites=True)
    ben = await new_user("ben", accept_invites=True)
    async with FaultProxy(homeserver.base_url) as proxy:
        given = replace(given, homeserver=proxy.base_url)
        async with running(given) as app:
            direct = await anna.create_dm(given.user_id)
            await arrival(anna, direct, given.user_id)
            # The homeserver makes the room, and the bot does not hear of it.
            proxy.fail(making_a_room, cut(after=True, midway=True))
            name = unique("vertalers")
            await anna.send(direct, f"room {name}")
            told = await anna.expect(direct, f"made {name}", 20)
            network = body_of(told).split()[2]
            await anna.wait_until(lambda: network in anna.joined)
            assert proxy.count(making_a_room) == 1
            await anna.expect(network, f"{anna.user_id} join")
            assert await anna.state(network, "org.kring.mark") != {}
            alias = await anna.state(network, "m.room.canonical_alias")
            assert alias["alias"] == f"#{name}:localhost"
            levels = await anna.state(network, "m.room.power_levels")
            assert levels["users"] == {anna.user_id: 50} and levels["invite"] == 50
            # Its alias is taken now: the next one gets another.
            await anna.send(direct, f"room {name}")
            told = await anna.expect(direct, f"made {name}", 20)
            second = body_of(told).split()[2]
            await anna.wait_until(lambda: second in anna.joined)
            alias = await anna.state(second, "m.room.canonical_alias")
            assert alias["alias"] == f"#{name}-2:localhost"

            # What somebody may is read from the present state.
            await anna.invite(network, ben.user_id)
            await anna.expect(network, f"{ben.user_id} join")
            await anna.send(network, "!power")
            await anna.expect(network, "power 50")
            await ben.send(network, "!power")
            await anna.expect(network, "power 0")
            creator = Account(homeserver.base_url, given.user_id, given.access_token or "")
            async with creator:
                await creator.set_power(network, anna.user_id, 0)
                await creator.set_power(network, ben.user_id, 50)
            await anna.wait_until(
                lambda: (
                    anna.states[network]["m.room.power_levels", ""]["content"]["users"]
                    == {ben.user_id: 50}
                )
            )
            await anna.send(network, "!power")
            await anna.expect(network, "power 0")
            await ben.send(network, "!power")
            await anna.expect(network, "power 50")
            await ben.leave(network)
            await anna.expect(network, f"{ben.user_id} leave")
            assert app.sender.failed == 0


async def test_a_direct_chat_is_made_once_and_never_has_a_third_person(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    given = await bot_options(homeserver, tmp_path)
    anna = await new_user("anna", accept_invites=True)
    ben = await new_user("ben", accept_invites=True)
    room = await anna.create_room(invite=[given.user_id, ben.user_id], preset="private_chat")
    async with FaultProxy(homeserver.base_url) as proxy:
        given = replace(given, homeserver=proxy.base_url)
        async with running(given):
            await arrival(anna, room, given.user_id)
            proxy.fail(making_a_room, cut(after=True, midway=True), times=1)
            await anna.send(room, "!whisper one")
            await anna.send(room, "!whisper two")
            await anna.wait_until(lambda: len(anna.joined) == 2, 20)
            (direct,) = anna.joined - {room}
            await anna.expect(direct, "psst one")
            await anna.expect(direct, "psst two")
            assert proxy.count(making_a_room) == 1

            await anna.invite(direct, ben.user_id)
            await ben.wait_until(lambda: direct in ben.joined)
            await anna.send(room, "!whisper three")
            await anna.wait_until(lambda: len(anna.joined) == 3, 20)
            (other,) = anna.joined - {room, direct}
            await anna.expect(other, "psst three")
            assert "three" not in "".join(body_of(e) for e in ben.timeline[direct])


async def test_an_upgrade_is_followed_only_with_the_right_to_invite(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    given = await bot_options(homeserver, tmp_path)
    anna = await new_user("anna", accept_invites=True)
    room = await anna.create_room(preset="public_chat")
    async with running(given) as app:
        await anna.invite(room, given.user_id)
        await arrival(anna, room, given.user_id)
        await anna.send(room, "!echo here")
        await anna.expect(room, "echo here")
        await app.database.write(lambda s: rooms.set_kind(s, room, "network"))
        successor = await anna.upgrade(room, "12")
        await anna.expect(successor, f"followed {room}")


async def test_an_upgrade_by_somebody_who_may_not_invite_is_not_followed(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    given = await bot_options(homeserver, tmp_path)
    anna = await new_user("anna")
    ben = await new_user("ben", accept_invites=True)
    levels = {"events": {"m.room.tombstone": 50}, "users": {anna.user_id: 100, ben.user_id: 50}}
    room = await anna.create_room(
        preset="private_chat",
        room_version="11",
        invite=[given.user_id, ben.user_id],
        power_level_content_override=levels,
    )
    successor = await anna.create_room(
        preset="public_chat",
        power_level_content_override={"invite": 50},
        creation_content={"predecessor": {"room_id": room, "event_id": "$none"}},
    )
    async with running(given) as app:
        await arrival(anna, room, given.user_id)
        await anna.send(room, "!echo here")
        await anna.expect(room, "echo here")
        await app.database.write(lambda s: rooms.set_kind(s, room, "network"))
        await ben.join(successor)
        await ben.set_state(room, "m.room.tombstone", {"replacement_room": successor})
        await arrival(anna, successor, given.user_id)
        await anna.expect(
            successor,
            lambda e: e.get("state_key") == given.user_id and e["content"]["membership"] == "leave",
        )
        assert not [e for e in anna.timeline[successor] if "followed" in body_of(e)]
        await anna.send(room, "!echo still here")
        await anna.expect(room, "echo still here")


async def test_an_upgrade_is_followed_once_the_bot_is_let_in(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    given = await bot_options(homeserver, tmp_path)
    anna = await new_user("anna")
    room = await anna.create_room(
        preset="private_chat", name="Vertalers", invite=[given.user_id], room_version="11"
    )
    async with running(given) as app:
        await arrival(anna, room, given.user_id)
        await anna.send(room, "!echo here")
        await anna.expect(room, "echo here")
        await app.database.write(lambda s: rooms.set_kind(s, room, "network"))
        successor = await anna.upgrade(room, "12")
        while await app.database.read(  # noqa: ASYNC110  # nobody tells when it was refused
            lambda s: s.value("SELECT count(*) FROM inbox WHERE kind = 'state' AND done_at > 0") < 1
        ):
            await asyncio.sleep(0.02)
        await anna.invite(successor, given.user_id)
        await anna.expect(successor, f"followed {room}")
    assert len([e for e in anna.timeline[successor] if "followed" in body_of(e)]) == 1


async def test_what_was_said_long_ago_and_not_noted_is_not_said_again(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    given = await bot_options(homeserver, tmp_path)
    anna = await new_user("anna")
    room = await anna.create_room(name="Talk", invite=[given.user_id], preset="private_chat")
    async with running(given):
        await arrival(anna, room, given.user_id)
    # The bot dies between the homeserver's answer and the note of it, and is away for long enough
    # that transaction ids may be forgotten.
    content = {"msgtype": "m.notice", "body": "said once", "m.mentions": {}}
    said, unsaid = (Draft("m.room.message", content, room_id=room) for _ in range(2))
    account = Account(homeserver.base_url, given.user_id, given.access_token or "")
    async with account:
        marked = {**content, "org.kring.id": said.key}
        event_id = await account.send_event(room, "m.room.message", marked)
    long_ago = milliseconds(SystemClock().now()) - 3_600_000
    await fill(tmp_path, long_ago, said, unsaid)
    async with running(given) as app:
        await anna.send(room, "!echo next")
        await anna.expect(room, "echo next")
        noted = await app.database.read(lambda s: outbox.by_key(s, said.key))
        assert noted is not None and (noted.status, noted.event_id) == ("sent", event_id)
    keys = [e["content"].get("org.kring.id") for e in anna.timeline[room] if "once" in body_of(e)]
    assert keys == [said.key, unsaid.key]


async def fill(data: Path, now: int, *drafts: Draft) -> None:
    """Put something into the outbox of a bot that does not run."""
    database = await Database.open(data / "kring.db")
    await database.write(lambda s: [outbox.add(s, draft, now=now) for draft in drafts])
    await database.close()


async def test_a_group_that_a_client_calls_direct_hears_nothing_private(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    given = await bot_options(homeserver, tmp_path)
    anna = await new_user("anna", accept_invites=True)
    ben = await new_user("ben")
    async with running(given):
        group = await anna.create_room(
            preset="trusted_private_chat", is_direct=True, invite=[given.user_id, ben.user_id]
        )
        await arrival(anna, group, given.user_id)
        await anna.send(group, "!whisper secret")
        await anna.wait_until(lambda: len(anna.joined) == 2)
        (direct,) = anna.joined - {group}
        await anna.expect(direct, "psst secret")


async def test_what_waited_goes_nowhere_where_somebody_came_in_meanwhile(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    given = await bot_options(homeserver, tmp_path)
    anna = await new_user("anna", accept_invites=True)
    ben = await new_user("ben", accept_invites=True)
    async with FaultProxy(homeserver.base_url) as proxy:
        given = replace(given, homeserver=proxy.base_url)
        async with running(given) as app:
            first = await anna.create_dm(given.user_id)
            await arrival(anna, first, given.user_id)
            # The homeserver asks to wait, and in that time a third person comes.
            proxy.fail(sending, ratelimit(1500))
            await anna.send(first, "whisper one")
            while not proxy.faults:  # noqa: ASYNC110  # there is no event to wait for
                await asyncio.sleep(0.01)
            await anna.invite(first, ben.user_id)
            await anna.wait_until(lambda: len(anna.joined) == 2)
            (second,) = anna.joined - {first}
            await anna.expect(second, "psst one")
            kind = await app.database.read(lambda s: rooms.get(s, first))
            assert kind is not None and kind.kind == "other"
        # While the bot is away, a third person comes into the new one as well.
        await anna.invite(second, ben.user_id)
        await ben.wait_until(lambda: second in ben.joined)
        content = {"msgtype": "m.notice", "body": "psst two", "m.mentions": {}}
        now = milliseconds(SystemClock().now())
        await fill(tmp_path, now, Draft("m.room.message", content, user_id=anna.user_id))
        async with running(given):
            await anna.wait_until(lambda: len(anna.joined) == 3)
            (third,) = anna.joined - {first, second}
            await anna.expect(third, "psst two")
    await ben.catch_up()
    assert not [e for e in ben.timeline[first] if "psst one" in body_of(e)]
    assert not [e for e in ben.timeline[second] if "psst two" in body_of(e)]


async def test_files_reactions_and_faults_of_ours(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    given = await bot_options(homeserver, tmp_path)
    anna = await new_user("anna", accept_invites=True)
    async with running(given):
        direct = await anna.create_dm(given.user_id)
        await arrival(anna, direct, given.user_id)
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


async def test_the_very_first_start_answers_nothing_older(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    given = await bot_options(homeserver, tmp_path)
    anna = await new_user("anna", accept_invites=True)
    room = await anna.create_room(name="Talk", preset="public_chat")
    account = Account(homeserver.base_url, given.user_id, given.access_token or "")
    async with account:
        await account.join(room)
    await anna.send(room, "!echo old")
    async with running(given):
        await anna.send(room, "!echo new")
        await anna.expect(room, "echo new")
    await anna.send(room, "!echo while away")
    async with running(given):
        await anna.expect(room, "echo while away")
    await anna.catch_up()
    assert [body_of(e) for e in anna.timeline[room] if e["sender"] == given.user_id][1:] == [
        "echo new",
        "echo while away",
    ]


async def test_strangers_get_the_bot_into_direct_chats_only(
    homeserver: EmbeddedHomeserver, new_user: NewUser, tmp_path: Path
) -> None:
    given = await bot_options(homeserver, tmp_path, trusted_servers=frozenset({"other.example"}))
    anna = await new_user("anna")
    ben = await new_user("ben", accept_invites=True)

    async def departure(room: str) -> None:
        await anna.expect(
            room,
            lambda e: e.get("state_key") == given.user_id and e["content"]["membership"] == "leave",
        )

    async with running(given) as app:
        direct = await anna.create_dm(given.user_id)
        await arrival(anna, direct, given.user_id)
        await departure(await anna.create_room(invite=[given.user_id], preset="private_chat"))
        group = await anna.create_room(
            preset="trusted_private_chat", is_direct=True, invite=[ben.user_id]
        )
        await anna.wait_until(lambda: ("m.room.member", ben.user_id) in anna.states[group])
        await anna.request(
            "POST", f"/rooms/{group}/invite", {"user_id": given.user_id, "is_direct": True}
        )
        await departure(group)
        # Once she is in a network, she may show the bot other rooms.
        await app.database.write(lambda s: rooms.set_kind(s, direct, "network"))
        room = await anna.create_room(invite=[given.user_id], preset="private_chat")
        await arrival(anna, room, given.user_id)
