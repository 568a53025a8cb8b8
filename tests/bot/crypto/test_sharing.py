"""Who is given a room's session, from where on, and when a new one begins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from bot.crypto.policy import Policy
from bot.crypto.taken import Unreadable
from storage import rooms
from storage.session import Session
from tests.bot.crypto.keyserver import ROOM, KeyServer, MovingClock, Party

BOT, ANNA = "@kring:x", "@anna:x"
NewParty = Callable[..., Awaitable[Party]]


@pytest.fixture
def server() -> KeyServer:
    return KeyServer()


@pytest_asyncio.fixture
async def new_party(server: KeyServer, tmp_path: Path) -> AsyncIterator[NewParty]:
    async with AsyncExitStack() as stack:

        async def make(
            user: str, device: str = "D", policy: Policy | None = None, again: str = ""
        ) -> Party:
            path = tmp_path / f"{user} {device}{again}.db"
            return await Party.open(server, MovingClock(), path, user, device, stack, policy)

        yield make


async def direct(bot: Party) -> None:
    def store(session: Session) -> None:
        rooms.set_joined(session, ROOM, True, None)
        rooms.set_kind(session, ROOM, "direct", direct_user=ANNA)

    await bot.database.write(store)


async def test_only_the_first_device_of_a_person_reads_what_was_said_before(
    new_party: NewParty,
) -> None:
    bot = await new_party(BOT)
    await bot.sees(BOT, ANNA)
    await direct(bot)
    early = await bot.says("early")
    first = await new_party(ANNA, "FIRST")
    await bot.hears(changed=(ANNA,))
    await first.hears()
    assert await first.reads(early) == "early"
    second = await new_party(ANNA, "SECOND")
    await bot.hears(changed=(ANNA,))
    late = await bot.says("late")
    await second.hears()
    assert await second.reads(late) == "late"
    with pytest.raises(Unreadable):
        await second.reads(early)


async def test_nobody_reads_what_was_said_in_a_room_before_they_had_a_device(
    new_party: NewParty,
) -> None:
    bot = await new_party(BOT)
    await bot.sees(BOT, ANNA)
    early = await bot.says("early")
    anna = await new_party(ANNA)
    await bot.hears(changed=(ANNA,))
    late = await bot.says("late")
    await anna.hears()
    assert await anna.reads(late) == "late"
    with pytest.raises(Unreadable):
        await anna.reads(early)


async def test_a_device_for_which_nobody_vouches_any_more_reads_no_further(
    new_party: NewParty, server: KeyServer
) -> None:
    bot = await new_party(BOT, policy=Policy(only_cross_signed=True))
    anna = await new_party(ANNA)
    unsigned = server.devices[anna.place]
    server.vouch(*anna.place)
    await bot.sees(BOT, ANNA)
    event = await bot.says("trusted")
    await anna.hears()
    assert await anna.reads(event) == "trusted"
    server.devices[anna.place] = unsigned
    await bot.hears(changed=(ANNA,))
    event = await bot.says("no more")
    await anna.hears()
    with pytest.raises(Unreadable):
        await anna.reads(event)


async def test_a_new_device_under_an_old_name_is_another_one(
    new_party: NewParty, server: KeyServer
) -> None:
    """The old one reads no further, though its name is listed again."""
    bot, old = await new_party(BOT), await new_party(ANNA)
    await bot.sees(BOT, ANNA)
    await bot.says("to the old one")
    await old.hears()
    del server.devices[old.place]
    server.pool.pop(old.place)
    await bot.hears(changed=(ANNA,))
    await bot.engine.fetch_devices(ANNA)
    new = await new_party(ANNA, again=" again")
    await bot.hears(changed=(ANNA,))
    event = await bot.says("to the new one")
    waiting = list(server.waiting[new.place])
    await new.hears()
    assert await new.reads(event) == "to the new one"
    server.waiting[old.place] = waiting
    await old.hears()
    with pytest.raises(Unreadable):
        await old.reads(event)
