"""`kring setup`: makes what an installation needs at its homeserver, and finds it again when repeated.

Each room carries a mark whose id is stored before the room is asked for, so that a set-up that was cut
off makes no room twice. What the rooms are used for is for the commands.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bot.app import claim
from bot.client import CLIENT, Homeserver, quoted
from bot.clock import Clock, milliseconds
from bot.config import Config
from bot.config_load import ConfigError, Problem, erasure_key
from bot.crypto.own_identity import IdentityTrouble
from bot.errors import BadResponse, HomeserverError, RateLimited
from bot.login import log_in, log_out
from bot.marks import is_made_for
from bot.mirror import MARK, STATE_TYPES, Picture, take_picture
from bot.recovery import look_to
from commands.kernel.roles import MODERATOR
from storage import facts, rooms
from storage.database import Database
from storage.outbox import new_key
from storage.rooms import Kind
from storage.session import Session

Say = Callable[[str], None]
_AVATAR_FACT = "avatar"


@dataclass(frozen=True, slots=True)
class People:
    """Matrix ids of those who are invited first."""

    staff: Sequence[str] = ()
    buyers: Sequence[str] = ()
    ethics: Sequence[str] = ()

    def everyone(self) -> list[str]:
        return list(dict.fromkeys([*self.staff, *self.buyers, *self.ethics]))


@dataclass(frozen=True, slots=True)
class _Wanted:
    kind: Kind
    name: str
    topic: str
    invite: Sequence[str]
    moderators: Sequence[str]
    alias: str | None = None


async def set_up(config: Config, people: People, clock: Clock, say: Say) -> list[str]:
    """All of it, from the folder and the login on; what could not be done.

    Raises ConfigError, LoginRefused, OtherAccount, WrongAccount if the database belongs to another
    account, and what `Setup.run` and `bot.recovery.look_to` raise.
    """
    if people.ethics and config.rooms.ethics is None:
        raise ConfigError(
            Problem("rooms.ethics", "nothing", "the room's name, to invite to it", "--ethics")
        )
    config.data.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    homeserver = Homeserver(config.homeserver.url, clock, request_seconds=60)
    await homeserver.open()
    try:
        versions = await homeserver.request("GET", "/_matrix/client/versions")
        if not isinstance(versions.get("versions"), list):
            raise BadResponse(f"{config.homeserver.url} answers, but not as a homeserver")
        new = await log_in(homeserver, config.credentials)
        say(f"{'Logged in' if new else 'The login is good'}: {homeserver.user_id}.")
        erasure_key(config, create=True)
        database = await Database.open(config.database)
        try:
            await database.write(lambda session: claim(session, homeserver.user_id))
            # Before any room is made: whoever has lost the folder is to bring something back first.
            of_identity: list[str] = []
            try:
                await look_to(config, homeserver, database, clock, of_identity.append)
            except IdentityTrouble:
                if new:
                    await log_out(homeserver, config.credentials)
                raise
            setup = Setup(config, homeserver, database, clock, say)
            try:
                await setup.run(people)
            finally:
                for line in of_identity:
                    say(line)
        finally:
            await database.close()
    finally:
        await homeserver.close()
    return setup.failures


class Setup:
    """One run; `homeserver` is logged in. `failures` says what could not be done."""

    def __init__(
        self, config: Config, homeserver: Homeserver, database: Database, clock: Clock, say: Say
    ) -> None:
        self._config = config
        self._homeserver = homeserver
        self._database = database
        self._clock = clock
        self._say = say
        self.failures: list[str] = []

    async def run(self, people: People) -> None:
        """Make what is missing, in an order that may be cut off anywhere.

        Raises MatrixError, StorageError, and OSError if the avatar cannot be read.
        """
        await self._show_profile()
        for wanted in self._wanted(people):
            room_id = await self._room(wanted)
            await self._invite(room_id, wanted)

    def _wanted(self, people: People) -> list[_Wanted]:
        names, territory = self._config.rooms, self._config.territory.name
        wanted = [
            _Wanted(
                "space", territory, "", people.everyone(), people.staff, alias=names.space_alias
            ),
            _Wanted("staff", names.staff, territory, people.staff, people.staff),
            _Wanted("buyers", names.buyers, territory, people.buyers, people.buyers),
        ]
        if names.ethics is not None:
            wanted.append(_Wanted("ethics", names.ethics, territory, people.ethics, people.ethics))
        return wanted

    # --- the account -----------------------------------------------------------------------------

    async def _show_profile(self) -> None:
        profile = f"{CLIENT}/profile/{quoted(self._homeserver.user_id)}"
        wanted = self._config.bot.display_name
        try:
            shown = (await self._homeserver.request("GET", profile)).get("displayname")
        except HomeserverError as error:
            if error.status != 404:
                raise
            shown = None
        if shown != wanted:
            body = {"displayname": wanted}
            await self._homeserver.request("PUT", f"{profile}/displayname", body=body)
            self._say(f"The bot is now called {wanted}.")
        if self._config.bot.avatar_file is not None:
            await self._show_avatar(profile, self._config.bot.avatar_file)

    async def _show_avatar(self, profile: str, file: Path) -> None:
        data = await asyncio.to_thread(file.read_bytes)
        digest = hashlib.sha256(data).hexdigest()
        if await self._database.read(lambda session: facts.get(session, _AVATAR_FACT)) == digest:
            return
        mimetype = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
        mxc = await self._homeserver.upload(data, mimetype, file.name)
        await self._homeserver.request("PUT", f"{profile}/avatar_url", body={"avatar_url": mxc})
        await self._database.write(lambda session: facts.put(session, _AVATAR_FACT, digest))
        self._say("The bot has its picture.")

    # --- rooms -----------------------------------------------------------------------------------

    async def _room(self, wanted: _Wanted) -> str:
        joined = await self._homeserver.joined_rooms()
        known = await self._database.read(lambda session: rooms.of_kind(session, wanted.kind))
        for room in known:
            if room.room_id in joined:
                self._say(f"{_called(wanted)} is there.")
                return room.room_id
        key, repeated = await self._database.write(partial(_key_for, wanted.kind))
        room_id = await self._marked(key, joined) if repeated else None
        if room_id is None:
            room_id = await self._create(wanted, key)
            self._say(f"{_called(wanted)} was made.")
        else:
            self._say(f"{_called(wanted)} was found again.")
        await self._record(room_id, wanted.kind)
        return room_id

    async def _marked(self, key: str, joined: Iterable[str]) -> str | None:
        for room_id in joined:
            if await is_made_for(self._homeserver, room_id, key):
                return room_id
        return None

    async def _create(self, wanted: _Wanted, key: str) -> str:
        body: dict[str, Any] = {
            "name": wanted.name,
            "topic": wanted.topic,
            "preset": "private_chat",
            "visibility": "private",
            "initial_state": [
                {"type": MARK, "state_key": "", "content": {"id": key}},
                {"type": "m.room.guest_access", "content": {"guest_access": "forbidden"}},
            ],
            # The homeserver's default lets everyone in the room invite, which would hand out roles.
            "power_level_content_override": {"invite": MODERATOR},
        }
        if wanted.kind == "space":
            body["creation_content"] = {"type": "m.space"}
            body["power_level_content_override"]["events_default"] = 100
        if wanted.alias is not None:
            body["room_alias_name"] = wanted.alias
        path = f"{CLIENT}/createRoom"
        try:
            answer = await self._post(path, body)
        except HomeserverError as error:
            if error.errcode != "M_ROOM_IN_USE" or wanted.alias is None:
                raise
            self._fail(f"the alias {wanted.alias} is taken: the Space was made without it")
            del body["room_alias_name"]
            answer = await self._post(path, body)
        return str(answer["room_id"])

    async def _record(self, room_id: str, kind: Kind) -> None:
        found = [await self._homeserver.state_event(room_id, name) for name in STATE_TYPES]
        picture = Picture(
            room_id,
            [event for event in found if event is not None],
            await self._homeserver.joined_members(room_id),
        )
        me, now = self._homeserver.user_id, milliseconds(self._clock.now())

        def record(session: Session) -> None:
            take_picture(session, picture, me, now)
            rooms.set_kind(session, room_id, kind)

        await self._database.write(record)

    # --- people ----------------------------------------------------------------------------------

    async def _invite(self, room_id: str, wanted: _Wanted) -> None:
        for user in wanted.invite:
            member = await self._homeserver.state(room_id, "m.room.member", user)
            if member is not None and member.get("membership") in ("join", "invite"):
                continue
            path = f"{CLIENT}/rooms/{quoted(room_id)}/invite"
            try:
                await self._post(path, {"user_id": user})
                self._say(f"{user} was invited to {_called(wanted, inside=True)}.")
            except HomeserverError as error:
                if error.heals:
                    raise
                self._fail(
                    f"{user} could not be invited to {_called(wanted, inside=True)}: {error}"
                )
        await self._raise(room_id, wanted)

    async def _raise(self, room_id: str, wanted: _Wanted) -> None:
        """Those named first may invite their colleagues."""
        if not wanted.moderators:
            return
        levels = await self._homeserver.state(room_id, "m.room.power_levels") or {}
        users = dict(levels.get("users") or {})
        lower = [user for user in wanted.moderators if users.get(user, 0) < MODERATOR]
        if lower:
            users.update(dict.fromkeys(lower, MODERATOR))
            content = {**levels, "users": users}
            await self._homeserver.put_state(room_id, "m.room.power_levels", content)

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask as often as it takes: homeservers allow about one new room a minute."""
        while True:
            try:
                return await self._homeserver.request("POST", path, body=body)
            except RateLimited as error:
                seconds = max(1.0, (error.retry_after_ms or 5_000) / 1000)
                self._say(f"The homeserver asks to wait {seconds:.0f} s ...")
                await asyncio.sleep(seconds)

    def _fail(self, what: str) -> None:
        self.failures.append(what)


def _key_for(kind: Kind, session: Session) -> tuple[str, bool]:
    """The mark of that kind's room, and whether it had been given out before."""
    name = f"setup.{kind}"
    key = facts.get(session, name)
    if key is not None:
        return key, True
    key = new_key()
    facts.put(session, name, key)
    return key, False


def _called(wanted: _Wanted, *, inside: bool = False) -> str:
    article = "the" if inside else "The"
    return f"{article} {'Space' if wanted.kind == 'space' else f'room of {wanted.kind}'}"
