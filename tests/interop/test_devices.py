"""Which devices the bot gives its keys to, and what it makes of clients that withhold theirs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.crypto.policy import Policy
from bot.demo.homeserver import EmbeddedHomeserver
from tests.e2e.kring import Kring, taken_in
from tests.interop.commands import kernel
from tests.interop.conftest import NewJsUser
from tests.interop.peer import JsPeople
from tests.interop.scenes import direct_chat, echoes, identity_of, said, with_patience
from tests.support.synapse import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]


async def test_a_further_device_reads_on_and_one_that_is_logged_out_changes_the_session(
    kring: Kring, new_js_user: NewJsUser, js_people: JsPeople, homeserver: EmbeddedHomeserver
) -> None:
    async with kring.running() as app:
        anna = await new_js_user("anna")
        room = await direct_chat(anna, kring, app)
        first = await echoes(anna, kring, room, "one")
        further = await js_people.login(homeserver.base_url, anna.user_id, PASSWORD, identity=False)
        second = await echoes(anna, kring, room, "two")
        assert second.session == first.session
        await said(further, kring, room, "echo two")
        await echoes(further, kring, room, "from the other one")
        await said(anna, kring, room, "echo from the other one")
        await further.do("logout")
        third = await echoes(anna, kring, room, "three")
        assert third.session != first.session


async def test_sessions_change_by_number(kring: Kring, new_js_user: NewJsUser) -> None:
    often = Kring(replace(kring.options, policy=Policy(rotate_messages=2)))
    async with often.running() as app:
        anna = await new_js_user("anna", only_signed=True)
        room = await direct_chat(anna, often, app)
        sessions = [(await echoes(anna, often, room, word)).session for word in "abcde"]
        assert sessions[0] == sessions[1] != sessions[2] == sessions[3] != sessions[4]


async def test_a_bot_for_signed_devices_only_leaves_out_the_others(
    kring: Kring, new_js_user: NewJsUser
) -> None:
    strict = Kring(replace(kring.options, policy=Policy(only_cross_signed=True)))
    async with strict.running() as app:
        anna, bare = await new_js_user("anna"), await new_js_user("bare", identity=False)
        await identity_of(anna, strict)
        room = await anna.create_room(strict.user_id, bare.user_id)
        await bare.join(room)
        await anna.sees(room, bare.user_id, strict.user_id)
        await taken_in(app, room)
        await echoes(anna, strict, room, "for signed ones")
        unread = await bare.cannot_read(room, strict.user_id)
        assert "WITHHELD" in (unread.failure or "")
        await bare.do("createIdentity")
        await echoes(anna, strict, room, "for both")
        await said(bare, strict, room, "echo for both")


async def test_a_client_that_writes_only_to_those_who_are_verified_is_told_at_once(
    kring: Kring, new_js_user: NewJsUser
) -> None:
    async with with_patience(kring, 600).running(kernel) as app:
        anna = await new_js_user("anna")
        room = await direct_chat(anna, kring, app)
        await anna.do("setOnlyVerified")
        await anna.send(room, "!echo kept back")
        await anna.send(room, "!echo kept back too")
        told = await anna.hears_event(
            room, lambda heard: heard.sender == kring.user_id and "Verify me" in heard.body
        )
        assert told.unshielded
        verification = await anna.verify(kring.user_id, room=room)
        await verification.start()
        await verification.confirm()
        await verification.completes()
        await anna.trusts(kring.user_id)
        await echoes(anna, kring, room, "after")
        assert sum("Verify me" in body for body in anna.bodies(room, kring.user_id)) == 1
