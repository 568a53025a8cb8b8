"""A room becomes encrypted while the bot is told nothing, though what it says arrives."""

from __future__ import annotations

import pytest

from bot.demo.homeserver import EmbeddedHomeserver
from storage import outbox
from storage.outbox import Draft
from tests.e2e.encrypted import sent_by
from tests.e2e.faulty import until
from tests.e2e.kring import Kring
from tests.support.faultproxy import FaultProxy, status, syncing
from tests.support.synapse import NewUser

pytestmark = pytest.mark.e2e


async def test_nothing_is_said_in_clear_while_the_sync_fails(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    room = await kring.invited_by(anna)
    async with (
        FaultProxy(homeserver.base_url) as proxy,
        kring.running(homeserver=proxy.base_url) as app,
    ):
        await kring.arrives(anna, room)
        await anna.send(room, "!echo clear")
        await anna.expect(room, "echo clear")
        proxy.fail(syncing, status(502), times=10_000)
        # It ends the long poll that is under way.
        await anna.send(room, "between us")
        await until(lambda: app.sync.failures > 0)
        await anna.set_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
        content = {"msgtype": "m.notice", "body": "secret", "m.mentions": {}}
        draft = Draft("m.room.message", content, room_id=room)
        await app.database.write(lambda s: outbox.add(s, draft, now=1))
        await app.sender.look_again()
        await anna.expect(room, "secret")
    kinds = [event["type"] for event in await sent_by(anna, room, kring.user_id)]
    assert kinds[-1] == "m.room.encrypted"
