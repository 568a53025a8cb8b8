"""Killed at any moment in encrypted rooms: every command is answered once, in order, and never in clear."""

from __future__ import annotations

import pytest

from tests.e2e.encrypted import ENCRYPTED, nothing_clear
from tests.e2e.killing import burst
from tests.e2e.kring import Kring
from tests.support.synapse import NewUser

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("seed", [5, 6])
async def test_a_burst_survives_being_killed(kring: Kring, new_user: NewUser, seed: int) -> None:
    anna = await new_user("anna", encrypts=True)
    rooms = await burst(kring, anna, seed, **ENCRYPTED)
    await nothing_clear(anna, kring.user_id, *rooms)
