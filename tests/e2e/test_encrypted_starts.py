"""The first minutes of a device: what is said to it before it has ever asked for news."""

from __future__ import annotations

import pytest

from bot.app import App
from tests.e2e.engine import kernel
from tests.e2e.kring import Kring
from tests.support.synapse import NewUser

pytestmark = pytest.mark.e2e


async def test_keys_that_came_before_the_first_sync_are_taken_in(
    kring: Kring, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    # As `kring setup` does: the device is known, and nothing runs yet.
    made = await App.open(kring.options, kernel)
    await made.stop()
    room = await anna.create_dm(kring.user_id, encrypted=True)
    await anna.send(room, "!echo early")
    async with kring.running():
        await anna.expect(room, "echo early", 20)
        # The client goes on with the session whose key it gave before.
        await anna.send(room, "!echo later")
        await anna.expect(room, "echo later", 20)
