"""Rooms against real Synapse: made once, entered and followed with a right to, direct chats kept between
two."""

from __future__ import annotations

import asyncio

import pytest

from bot.clock import SystemClock, milliseconds
from bot.demo.homeserver import EmbeddedHomeserver
from storage import rooms
from storage.outbox import Draft
from tests.e2e.kring import Kring
from tests.support.faultproxy import FaultProxy, cut, ratelimit, sending
from tests.support.peer import body_of
from tests.support.synapse import NewUser, unique

pytestmark = pytest.mark.e2e


def making_a_room(method: str, path: str) -> bool:
    return method == "POST" and path.endswith("/createRoom")


async def test_a_room_is_made_once_and_its_people_are_heard(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", accept_invites=True)
    ben = await new_user("ben", accept_invites=True)
    async with (
        FaultProxy(homeserver.base_url) as proxy,
        kring.running(homeserver=proxy.base_url) as app,
    ):
        direct = await anna.create_dm(kring.user_id)
        await kring.arrives(anna, direct)
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
        async with kring.account() as creator:
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
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", accept_invites=True)
    ben = await new_user("ben", accept_invites=True)
    room = await kring.invited_by(anna, ben)
    async with FaultProxy(homeserver.base_url) as proxy, kring.running(homeserver=proxy.base_url):
        await kring.arrives(anna, room)
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
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna", accept_invites=True)
    room = await anna.create_room(preset="public_chat")
    async with kring.running() as app:
        await anna.invite(room, kring.user_id)
        await kring.arrives(anna, room)
        await anna.send(room, "!echo here")
        await anna.expect(room, "echo here")
        await app.database.write(lambda s: rooms.set_kind(s, room, "network"))
        successor = await anna.upgrade(room, "12")
        await anna.expect(successor, f"followed {room}")


async def test_an_upgrade_by_somebody_who_may_not_invite_is_not_followed(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    ben = await new_user("ben", accept_invites=True)
    levels = {"events": {"m.room.tombstone": 50}, "users": {anna.user_id: 100, ben.user_id: 50}}
    room = await kring.invited_by(anna, ben, room_version="11", power_level_content_override=levels)
    successor = await anna.create_room(
        preset="public_chat",
        power_level_content_override={"invite": 50},
        creation_content={"predecessor": {"room_id": room, "event_id": "$none"}},
    )
    async with kring.running() as app:
        await kring.arrives(anna, room)
        await anna.send(room, "!echo here")
        await anna.expect(room, "echo here")
        await app.database.write(lambda s: rooms.set_kind(s, room, "network"))
        await ben.join(successor)
        await ben.set_state(room, "m.room.tombstone", {"replacement_room": successor})
        await kring.arrives(anna, successor)
        await anna.expect(
            successor,
            lambda e: e.get("state_key") == kring.user_id and e["content"]["membership"] == "leave",
        )
        assert not [e for e in anna.timeline[successor] if "followed" in body_of(e)]
        await anna.send(room, "!echo still here")
        await anna.expect(room, "echo still here")


async def test_an_upgrade_is_followed_once_the_bot_is_let_in(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    room = await kring.invited_by(anna, name="Vertalers", room_version="11")
    async with kring.running() as app:
        await kring.arrives(anna, room)
        await anna.send(room, "!echo here")
        await anna.expect(room, "echo here")
        await app.database.write(lambda s: rooms.set_kind(s, room, "network"))
        successor = await anna.upgrade(room, "12")
        while await app.database.read(  # noqa: ASYNC110  # nobody tells when it was refused
            lambda s: s.value("SELECT count(*) FROM inbox WHERE kind = 'state' AND done_at > 0") < 1
        ):
            await asyncio.sleep(0.02)
        await anna.invite(successor, kring.user_id)
        await anna.expect(successor, f"followed {room}")
    assert len([e for e in anna.timeline[successor] if "followed" in body_of(e)]) == 1


async def test_a_group_that_a_client_calls_direct_hears_nothing_private(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna", accept_invites=True)
    ben = await new_user("ben")
    async with kring.running():
        group = await anna.create_room(
            preset="trusted_private_chat", is_direct=True, invite=[kring.user_id, ben.user_id]
        )
        await kring.arrives(anna, group)
        await anna.send(group, "!whisper secret")
        await anna.wait_until(lambda: len(anna.joined) == 2)
        (direct,) = anna.joined - {group}
        await anna.expect(direct, "psst secret")


async def test_what_waited_goes_nowhere_where_somebody_came_in_meanwhile(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", accept_invites=True)
    ben = await new_user("ben", accept_invites=True)
    async with FaultProxy(homeserver.base_url) as proxy:
        async with kring.running(homeserver=proxy.base_url) as app:
            first = await anna.create_dm(kring.user_id)
            await kring.arrives(anna, first)
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
        await kring.queue(now, Draft("m.room.message", content, user_id=anna.user_id))
        async with kring.running(homeserver=proxy.base_url):
            await anna.wait_until(lambda: len(anna.joined) == 3)
            (third,) = anna.joined - {first, second}
            await anna.expect(third, "psst two")
    await ben.catch_up()
    assert not [e for e in ben.timeline[first] if "psst one" in body_of(e)]
    assert not [e for e in ben.timeline[second] if "psst two" in body_of(e)]


async def test_strangers_get_the_bot_into_direct_chats_only(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    ben = await new_user("ben", accept_invites=True)

    async def departure(room: str) -> None:
        await anna.expect(
            room,
            lambda e: e.get("state_key") == kring.user_id and e["content"]["membership"] == "leave",
        )

    async with kring.running(trusted_servers=frozenset({"other.example"})) as app:
        direct = await anna.create_dm(kring.user_id)
        await kring.arrives(anna, direct)
        await departure(await kring.invited_by(anna))
        group = await anna.create_room(
            preset="trusted_private_chat", is_direct=True, invite=[ben.user_id]
        )
        await anna.wait_until(lambda: ("m.room.member", ben.user_id) in anna.states[group])
        # Only a client that writes the membership itself can call a group a direct chat so late.
        invite = {"membership": "invite", "is_direct": True}
        await anna.set_state(group, "m.room.member", invite, kring.user_id)
        await departure(group)
        # Once she is in a network, she may show the bot other rooms.
        await app.database.write(lambda s: rooms.set_kind(s, direct, "network"))
        room = await kring.invited_by(anna)
        await kring.arrives(anna, room)
