"""The world of the benchmarks: a cooperative on a real homeserver, built once and kept.

Made through the homeserver's own API and Kring's storage and importer; each run works on a copy, so
that no run changes what the next one finds. It is built anew when its recipe changes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tests
from bot.demo.account import Account
from bot.demo.homeserver import EmbeddedHomeserver
from tests.bench import bots
from tests.bench.register import fill_database, fill_register, slug_of

VERSION = 1
SERVER = "localhost"
PASSWORD = "bench, correct horse"
KRING = "kring"
SMALLER = "kring2"  # in all rooms but the large one
FLOOR = "floor"
_AT_ONCE = 8

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """`talkers` members are in the first `talk_rooms` rooms; the last room is the large one."""

    name: str
    profiles: int
    rooms: int
    large_room: int
    talkers: int = 10
    talk_rooms: int = 10
    open_rooms: int = 24
    version: int = VERSION


FULL = Recipe("full", profiles=35_000, rooms=100, large_room=1_000)
QUICK = Recipe("quick", profiles=3_000, rooms=20, large_room=60, open_rooms=6)


@dataclass(frozen=True, slots=True)
class Person:
    """An account that can be used at once."""

    user_id: str
    token: str


@dataclass(frozen=True, slots=True)
class World:
    """A working copy in `folder`. `rooms` are the networks' rooms, oldest first, the large one last;
    `open_rooms` those that are open to the members of the Space."""

    folder: Path
    recipe: Recipe
    space: str
    rooms: list[str]
    people: dict[str, Person]

    @property
    def database(self) -> Path:
        """Kring's database as it is before the bot's first start."""
        return self.folder / "kring.db"

    @property
    def talkers(self) -> list[Person]:
        return [self.people[name] for name in _talkers(self.recipe)]

    @property
    def talk_rooms(self) -> list[str]:
        return self.rooms[: self.recipe.talk_rooms]

    @property
    def open_rooms(self) -> list[str]:
        """Networks that the talkers are not in, and that whoever is in the Space may join."""
        begin = self.recipe.talk_rooms
        return self.rooms[begin : begin + self.recipe.open_rooms]

    @property
    def open_networks(self) -> list[str]:
        """What to say after `!join` for each of them."""
        begin = self.recipe.talk_rooms
        return [slug_of(begin + number) for number in range(self.recipe.open_rooms)]

    @property
    def register(self) -> Path:
        """A database with the register alone, without networks."""
        return self.folder / "register.db"

    def homeserver(self) -> EmbeddedHomeserver:
        return EmbeddedHomeserver(self.folder / "homeserver")


def _talkers(recipe: Recipe) -> list[str]:
    return [f"m{number:05d}" for number in range(1, recipe.talkers + 1)]


def _crowd(recipe: Recipe) -> list[str]:
    return [f"m{number:05d}" for number in range(recipe.talkers + 1, recipe.large_room + 1)]


async def working_copy(recipe: Recipe, cache: Path, say: Say) -> World:
    """A fresh copy of the kept world; what is missing of it, or was made otherwise, is built first."""
    kept = cache / f"{recipe.name}-world"
    described = kept / "world.json"
    wanted = asdict(recipe)
    if not described.exists() or json.loads(described.read_text())["recipe"] != wanted:
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        begun = time.monotonic()
        say(
            f"Building the world: {recipe.profiles:,} profiles, {recipe.rooms} rooms, one of them"
            f" with {recipe.large_room:,} members; this happens once ..."
        )
        facts = await _build(recipe, kept, say)
        described.write_text(json.dumps({"recipe": wanted, **facts}))
        say(f"The homeserver's part took {time.monotonic() - begun:.0f} s.")
    facts = json.loads(described.read_text())
    await _databases(recipe, kept, facts, say)
    copy = cache / f"{recipe.name}-run"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(kept, copy)
    return World(
        copy,
        recipe,
        facts["space"],
        facts["rooms"],
        {name: Person(*entry) for name, entry in facts["people"].items()},
    )


async def give_identities(world: World, url: str) -> None:
    """Both bots of a running world have a cross-signing identity, which stands in the world's database."""
    smaller = world.folder / "smaller.db"
    for name, path in ((KRING, world.database), (SMALLER, smaller)):
        if path is smaller:
            shutil.copy(world.database, smaller)
        person = world.people[name]
        async with Account(url, person.user_id, person.token) as account:
            device_id = (await account.request("GET", "/account/whoami"))["device_id"]
        await bots.give_identity(url, person.user_id, person.token, device_id, PASSWORD, path)


async def _build(recipe: Recipe, folder: Path, say: Say) -> dict[str, Any]:
    async with EmbeddedHomeserver(folder / "homeserver") as server:
        builder = _Builder(server, recipe, say)
        try:
            return await builder.build()
        finally:
            await builder.close()


async def _databases(recipe: Recipe, folder: Path, facts: dict[str, Any], say: Say) -> None:
    """Kring's databases, as the present code makes them: an older one would first be migrated and its
    index built anew, which is not the start that is to be measured."""
    mark = folder / "made-by"
    sources = _sources()
    if mark.exists() and mark.read_text() == sources:
        return
    mark.unlink(missing_ok=True)
    register = folder / "register.db"
    for old in (register, folder / "kring.db"):
        old.unlink(missing_ok=True)
    await fill_register(
        register, recipe.profiles, accounts=recipe.large_room, homeserver=SERVER, say=say
    )
    await fill_database(
        folder / "kring.db",
        register,
        space=facts["space"],
        room_ids=facts["rooms"],
        open_ones=range(recipe.talk_rooms, recipe.talk_rooms + recipe.open_rooms),
    )
    mark.write_text(sources)


def _sources() -> str:
    """A digest of whatever decides what stands in the databases."""
    root = Path(tests.__file__).parents[1]
    digest = hashlib.sha256()
    for pattern in (
        "storage/migrations/*.sql",
        "storage/member*.py",
        "commands/members/**/*.py",
        "commands/labels/*",
        "bot/demo/*.py",
        "tests/bench/register.py",
    ):
        for path in sorted(root.glob(pattern)):
            if path.is_file():
                digest.update(path.read_bytes())
    return digest.hexdigest()


class _Builder:
    """Makes accounts and rooms at the homeserver."""

    def __init__(self, server: EmbeddedHomeserver, recipe: Recipe, say: Say) -> None:
        self._server = server
        self._recipe = recipe
        self._say = say
        self._accounts: dict[str, Account] = {}
        self._crowd = frozenset(_crowd(recipe))

    async def build(self) -> dict[str, Any]:
        names = [KRING, SMALLER, FLOOR, *_talkers(self._recipe), *self._crowd]
        self._say(f"  {len(names)} accounts ...")
        await _side_by_side(self._account(name) for name in names)
        kring = self._accounts[KRING]
        space = await kring.create_room(
            name="Bench Cooperative",
            preset="private_chat",
            creation_content={"type": "m.space"},
            power_level_content_override={"invite": 50},
            invite=[self._accounts[name].user_id for name in _talkers(self._recipe)],
        )
        await _side_by_side(self._accounts[name].join(space) for name in _talkers(self._recipe))
        self._say(f"  {self._recipe.rooms} rooms ...")
        rooms = await _side_by_side(
            self._room(number, space) for number in range(self._recipe.rooms)
        )
        self._say(f"  {self._recipe.large_room} members into one of them ...")
        large = rooms[-1]
        await kring.set_state(large, "m.room.join_rules", {"join_rule": "public"})
        await _side_by_side(self._join(name, large) for name in sorted(self._crowd))
        await kring.set_state(large, "m.room.join_rules", {"join_rule": "invite"})
        return {
            "space": space,
            "rooms": rooms,
            "people": {
                name: (account.user_id, account.access_token)
                for name, account in self._accounts.items()
            },
        }

    async def close(self) -> None:
        for account in self._accounts.values():
            await account.stop()

    async def _account(self, name: str) -> None:
        made = await self._server.register(name, PASSWORD)
        account = Account(self._server.base_url, made.user_id, made.access_token)
        self._accounts[name] = account
        # A thousand people hold no thousand connections: the crowd opens one when it needs it.
        if name not in self._crowd:
            await account.start()

    async def _join(self, name: str, room_id: str) -> None:
        async with self._accounts[name] as account:
            await account.join(room_id)

    async def _room(self, number: int, space: str) -> str:
        recipe = self._recipe
        large = number == recipe.rooms - 1
        talk = number < recipe.talk_rooms or large
        bots = [FLOOR] if large else [SMALLER, FLOOR]
        people = [self._accounts[name] for name in bots]
        if talk:
            people += [self._accounts[name] for name in _talkers(recipe)]
        restricted = {
            "join_rule": "restricted",
            "allow": [{"type": "m.room_membership", "room_id": space}],
        }
        room_id = await self._accounts[KRING].create_room(
            name=f"Network {number:03d}",
            topic="A network of the benchmarks",
            preset="private_chat",
            invite=[account.user_id for account in people],
            power_level_content_override={
                "invite": 50,
                "users": {self._accounts[name].user_id: 100 for name in bots},
            },
            initial_state=[
                {"type": "m.room.join_rules", "state_key": "", "content": restricted},
                {
                    "type": "m.space.parent",
                    "state_key": space,
                    "content": {"canonical": True, "via": [SERVER]},
                },
            ],
        )
        await self._accounts[KRING].set_state(space, "m.space.child", {"via": [SERVER]}, room_id)
        for account in people:
            await account.join(room_id)
        return room_id


async def _side_by_side(work: Iterable[Awaitable[Any]]) -> list[Any]:
    """The results in order; a few at a time, since the homeserver is one process."""
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(item: Awaitable[Any]) -> Any:
        async with limit:
            return await item

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(item)) for item in work]
    return [task.result() for task in tasks]
