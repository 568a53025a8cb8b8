"""`kring check`: looks at everything that an installation stands on, and says what to do about it.

It only reads: the database through `storage.inspection`, the homeserver with the bot's own login.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.client import CLIENT, Homeserver, Login
from bot.clock import Clock, milliseconds
from bot.config import MEBIBYTE, Config
from bot.config_load import ConfigError, encryption_secret, erasure_key
from bot.crypto.cross_signing import MASTER
from bot.crypto.devices import listing_of
from bot.crypto.own_identity import RECOVERY
from bot.crypto.secret_storage import NotReadable, Storage
from bot.crypto.vault import Vault, WrongKey
from bot.errors import MatrixError, UnknownToken
from bot.login import load_login
from commands.kernel.roles import laxity
from storage.crypto.own_keys import OwnKeys
from storage.errors import StorageError
from storage.inspection import Inspection, inspect
from storage.rooms import Kind, Room

Level = Literal["ok", "note", "problem"]

LEAST_FREE = 500 * MEBIBYTE
LONGEST_WAIT_SECONDS = 600
_AT_ONCE = 8
_TEAMS: tuple[Kind, ...] = ("staff", "buyers")
_NAMES = {
    "space": "the Space",
    "staff": "the staff room",
    "buyers": "the buyers' room",
    "ethics": "the ethics committee's room",
    "network": "a network's room",
}
_LAX = {
    "join_rules": ("is open to more than invited people", "set its access to invitation only"),
    "invite": ("lets members below power 50 invite", "raise the power to invite to 50"),
}
_BACK = "invite the bot again; the Space and the teams' rooms are made anew by `kring setup`"
_IDENTIFY = "run `kring setup` while the bot is stopped, or start the bot; its log says more"
_UNSEAL = "bring back encryption.key, or see what docs/running.md says of a lost one"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `advice` is what to do about a problem."""

    level: Level
    what: str
    advice: str = ""


@dataclass(slots=True)
class Check:
    """Collects findings, and hands each to `tell` as soon as it is known."""

    config: Config
    clock: Clock
    tell: Callable[[Finding], None]
    findings: list[Finding] = field(default_factory=list)

    @property
    def problems(self) -> int:
        return sum(finding.level == "problem" for finding in self.findings)

    def add(self, level: Level, what: str, advice: str = "") -> None:
        finding = Finding(level, what, advice)
        self.findings.append(finding)
        self.tell(finding)

    async def run(self) -> None:
        """Look at everything; what cannot be looked at is a finding, never an exception."""
        self._disk()
        found = await asyncio.to_thread(self._database)
        homeserver = Homeserver(self.config.homeserver.url, self.clock, request_seconds=20)
        await homeserver.open()
        try:
            if await self._reachable(homeserver) and await self._login(homeserver):
                await self._rooms(homeserver, found.rooms if found else ())
                if found is not None and found.has_device:
                    await self._identity(homeserver, found.own_keys)
                    await self._recovery_key(homeserver, found.recovery_key)
        finally:
            await homeserver.close()

    # --- this machine ----------------------------------------------------------------------------

    def _disk(self) -> None:
        folder = self.config.data.folder
        if not folder.is_dir():
            self.add("problem", f"there is no folder {folder}", "run `kring setup`")
            return
        if folder.stat().st_mode & 0o077:
            self.add("problem", f"others on this machine may read {folder}", f"chmod 700 {folder}")
        free = shutil.disk_usage(folder).free
        if free < LEAST_FREE:
            self.add(
                "problem",
                f"only {free // MEBIBYTE} MiB are free below {folder}",
                f"make room: at least {LEAST_FREE // MEBIBYTE} MiB",
            )
        for name, read in (("erasure", erasure_key), ("encryption", encryption_secret)):
            try:
                read(self.config)
            except ConfigError as error:
                problem = error.problems[0]
                what = f"the {name} key {problem.origin}: {problem.found}"
                self.add("problem", what, problem.expected)
        self._key_file()

    def _key_file(self) -> None:
        section = self.config.encryption
        file = section.key_file
        if file is None and section.key is None:
            file = self.config.encryption_key_file
        if file is not None and file.is_file() and file.stat().st_mode & 0o077:
            self.add("note", f"others on this machine may read {file}", f"chmod 600 {file}")

    def _database(self) -> Inspection | None:
        path = self.config.database
        if not path.exists():
            self.add("problem", f"there is no database at {path}", "run `kring setup`")
            return None
        try:
            found = inspect(path)
        except StorageError as error:
            self.add("problem", f"{path} cannot be read: {error}", "bring back a backup")
            return None
        for damage in found.damage:
            self.add("problem", f"{path} is damaged: {damage}", "stop the bot, bring back a backup")
        if found.version > found.newest:
            self.add(
                "problem",
                f"{path} was written by a later Kring (schema {found.version}, not {found.newest})",
                "install that version again, or bring back a backup of before",
            )
        elif found.version < found.newest:
            self.add(
                "note",
                f"{path} has schema {found.version}; the next start brings it to {found.newest}",
            )
        elif not found.damage:
            self.add("ok", f"the database is sound (schema {found.version})")
            self._waiting(found)
        return found

    def _waiting(self, found: Inspection) -> None:
        waiting = f"{found.inbox_waiting} events and {found.outbox_waiting} messages wait"
        if found.outbox_held:
            waiting += f", {found.outbox_held} of them until people come into their chats"
        now = milliseconds(self.clock.now())
        age = (now - found.oldest_waiting) // 1000 if found.oldest_waiting is not None else 0
        if age > LONGEST_WAIT_SECONDS:
            self.add(
                "problem",
                f"{waiting}, the oldest for {age // 60} minutes",
                "is the bot running? Its log says what it waits for",
            )
        else:
            self.add("ok", waiting)
        if found.outbox_failed:
            self.add(
                "note", f"{found.outbox_failed} messages were refused lately; the log says which"
            )

    # --- the homeserver --------------------------------------------------------------------------

    async def _reachable(self, homeserver: Homeserver) -> bool:
        try:
            answer = await homeserver.request("GET", "/_matrix/client/versions")
        except MatrixError as error:
            self.add(
                "problem",
                f"no homeserver answers at {homeserver.base_url} ({error})",
                "see homeserver.url, and whether this machine may reach it",
            )
            return False
        if not isinstance(answer.get("versions"), list):
            self.add(
                "problem",
                f"{homeserver.base_url} answers, but not as a homeserver",
                "see homeserver.url: it may need the address that .well-known names",
            )
            return False
        self.add("ok", f"the homeserver answers at {homeserver.base_url}")
        return True

    async def _login(self, homeserver: Homeserver) -> bool:
        wanted, token = self.config.homeserver.user_id, self.config.homeserver.access_token
        kept = load_login(self.config.credentials.file)
        if token is not None:
            kept = Login(wanted, "", token.get_secret_value())
        if kept is None:
            self.add("problem", "the bot never logged in", "run `kring setup`")
            return False
        homeserver.adopt(kept)
        try:
            user_id, device_id = await homeserver.whoami()
        except UnknownToken:
            advice = "set a new access token" if token else "run `kring setup` to log in anew"
            self.add("problem", "the homeserver no longer accepts the login", advice)
            return False
        except MatrixError as error:
            self.add("problem", f"the login could not be checked ({error})", "try again later")
            return False
        if user_id != wanted:
            self.add(
                "problem",
                f"the login belongs to {user_id}, not to {wanted}",
                "set homeserver.user_id, or a login of that account",
            )
            return False
        homeserver.adopt(Login(user_id, device_id, kept.access_token))
        self.add("ok", f"logged in as {user_id}")
        return True

    async def _rooms(self, homeserver: Homeserver, known: tuple[Room, ...]) -> None:
        expected = ["space", *_TEAMS, *(["ethics"] if self.config.rooms.ethics else [])]
        for kind in expected:
            if not any(room.kind == kind for room in known):
                name = _NAMES[kind].removeprefix("the ")
                self.add("problem", f"the bot knows of no {name}", "run `kring setup`")
        ours = [room for room in known if room.kind in _NAMES]
        limit = asyncio.Semaphore(_AT_ONCE)
        try:
            joined = await homeserver.joined_rooms()
        except MatrixError as error:
            self.add("problem", f"the rooms could not be looked at ({error})", "try again later")
            return

        async def look(room: Room) -> bool:
            if room.room_id not in joined:
                self.add("problem", f"the bot is no longer in {_described(room)}", _BACK)
                return False
            async with limit:
                try:
                    return self._judge(await current(homeserver, room), homeserver.user_id)
                except MatrixError as error:
                    what = f"{_described(room)} could not be looked at ({error})"
                    self.add("problem", what, "try again later")
                    return False

        well = await asyncio.gather(*(look(room) for room in ours))
        if ours and all(well):
            self.add("ok", f"the bot may do its work in all {len(ours)} rooms")

    async def _identity(self, homeserver: Homeserver, ours: OwnKeys | None) -> None:
        """Clients since 2026 neither send keys to a device without it nor show what it says."""
        if ours is None or ours.master is None:
            self.add(
                "problem", "the bot has no identity yet, so clients will not trust it", _IDENTIFY
            )
            return
        path, me = f"{CLIENT}/keys/query", ours.user_id
        try:
            answer = await homeserver.request("POST", path, body={"device_keys": {me: []}})
        except MatrixError as error:
            what = f"the bot's identity could not be looked at ({error})"
            self.add("problem", what, "try again later")
            return
        shown = listing_of(answer, me)
        if shown.master_key is None:
            self.add("problem", "the bot's identity is not at the homeserver", _IDENTIFY)
        elif shown.master_key != ours.master:
            self.add(
                "problem",
                f"{me} shows another identity than the bot's: somebody made a new one",
                "set encryption.recovery_key_file to a file with its recovery key,"
                " or run `kring recovery-key --new-identity`",
            )
        elif not any(
            device.cross_signed
            and (device.device_id, device.ed25519) == (ours.device_id, ours.ed25519)
            for device in shown.devices
        ):
            self.add(
                "problem",
                f"the bot's device {ours.device_id} is not signed by its identity",
                _IDENTIFY,
            )
        elif homeserver.device_id not in ("", ours.device_id):
            self.add(
                "problem",
                f"the login is a new device, {homeserver.device_id}, for which the bot's identity"
                " does not vouch yet",
                _IDENTIFY,
            )
        else:
            self.add("ok", "the bot's identity is at the homeserver, and vouches for its device")

    async def _recovery_key(self, homeserver: Homeserver, sealed: bytes | None) -> None:
        """Another client of the account may have put its secrets under another key."""
        if sealed is None:
            return
        try:
            key = Vault(encryption_secret(self.config)).open(RECOVERY, sealed)
        except ConfigError:
            return
        except WrongKey:
            self.add("problem", "the keys in the database were sealed with another key", _UNSEAL)
            return
        try:
            storage = await Storage.find(homeserver, key)
            if storage is not None:
                await storage.read(MASTER)
                return
        except NotReadable:
            pass
        except MatrixError as error:
            what = f"the account's secret storage could not be looked at ({error})"
            self.add("problem", what, "try again later")
            return
        self.add(
            "note",
            "the recovery key that `kring recovery-key` shows no longer opens the account's secrets:"
            " somebody changed it with another client",
            "keep the one that the client showed, or run `kring recovery-key --new-identity`",
        )

    def _judge(self, room: Room, me: str) -> bool:
        well = True
        power = room.power_of(me)
        rights = {
            "invite": room.needed("invite"),
            "remove people": room.needed("kick"),
            "change the room": room.needed("state_default"),
        }
        missing = [right for right, needed in rights.items() if power < needed]
        if missing:
            well = False
            self.add(
                "problem",
                f"{_described(room)}: the bot may not {', '.join(missing)}",
                f"give the bot power {max(rights.values()):.0f} there",
            )
        why = laxity(room) if room.kind in ("staff", "buyers", "ethics") else None
        if why is not None:
            well = False
            what, advice = _LAX[why]
            self.add("problem", f"{_described(room)} {what}, so its members have no role", advice)
        return well


async def current(homeserver: Homeserver, room: Room) -> Room:
    """The room with the permissions that the homeserver tells now. Raises MatrixError."""
    create = await homeserver.state_event(room.room_id, "m.room.create") or {}
    content: dict[str, Any] = create.get("content", {})
    extra = content.get("additional_creators")
    return replace(
        room,
        joined=True,
        version=str(content.get("room_version", "1")),
        creators=(str(create.get("sender", "")), *(extra if isinstance(extra, list) else ())),
        power_levels=await homeserver.state(room.room_id, "m.room.power_levels"),
        join_rules=await homeserver.state(room.room_id, "m.room.join_rules"),
        encrypted=await homeserver.state(room.room_id, "m.room.encryption") is not None,
    )


def _described(room: Room) -> str:
    named = f" ({room.name})" if room.name else ""
    return f"{_NAMES[room.kind]}{named} {room.room_id}"
