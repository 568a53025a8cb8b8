"""Room actions that commands ask for through the outbox: each is safe to repeat.

A command names one by `ctx.act("create_room", ...)`; the dict that a method returns is the result that
its continuation gets. What a method raises as a HomeserverError that cannot heal ends the action.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from bot import appearance, events
from bot.client import CLIENT, Homeserver, quoted
from bot.clock import Clock, milliseconds
from bot.crypto.account import MEGOLM
from bot.direct import DirectChats
from bot.errors import BadResponse, HomeserverError, UnknownToken
from bot.marks import find_room
from bot.mirror import MARK
from storage import outbox, rooms
from storage.database import Database
from storage.session import Session

log = logging.getLogger(__name__)

Result = dict[str, Any]
_ALIAS_TRIES = 20
_KINDS = frozenset({"space", "network", "staff", "buyers", "ethics"})
_ROOM_VERSIONS_WITHOUT_PRIVILEGED_CREATORS = frozenset(str(number) for number in range(1, 12))


class Actions:
    """Performs outbox rows of kind *action*."""

    def __init__(
        self,
        homeserver: Homeserver,
        database: Database,
        clock: Clock,
        directs: DirectChats,
        refresh: Callable[[str], Awaitable[None]],
    ) -> None:
        self._homeserver = homeserver
        self._database = database
        self._clock = clock
        self._directs = directs
        self._refresh = refresh
        self._default_version: str | None = None
        self._methods: dict[str, Callable[[dict[str, Any]], Awaitable[Result]]] = {
            "invite": self._invite,
            "kick": self._kick,
            "set_power": self._set_power,
            "join": self._join,
            "leave": self._leave,
            "put_state": self._put_state,
            "set_alias": self._set_alias,
            "space_child": self._space_child,
        }

    async def perform(self, item: outbox.Item, *, unsure: bool) -> Result:
        """Do it; `unsure` says that an earlier try may have done it already. Raises MatrixError."""
        if item.type == "create_room":
            return await self._create_room(item, unsure)
        if item.type == "set_avatar":
            return await appearance.set_avatar(
                self._homeserver, self._database, item.key, item.content["room_id"]
            )
        method = self._methods.get(item.type)
        if method is None:
            raise HomeserverError("M_UNRECOGNIZED", 400, f"there is no action {item.type}")
        return await method(item.content)

    # --- rooms -------------------------------------------------------------------------------

    async def _create_room(self, item: outbox.Item, unsure: bool) -> Result:
        """{name, topic?, alias?, kind, join_rule, space?, invite, moderators, encrypted?,
        language?, history?, avatar?} -> {room_id, alias?, problems: [errcode, ...]}"""
        wanted = item.content
        room_id = None
        if unsure:
            room_id = await find_room(
                self._homeserver, self._database, self._clock, item.key, item.created_at
            )
        if room_id is None:
            room_id = await self._created(wanted, item.key)
        place = room_id
        kind = wanted.get("kind")
        now = milliseconds(self._clock.now())

        def store(session: Session) -> None:
            rooms.know(session, place, now=now)
            rooms.set_joined(session, place, True, None)
            rooms.set_kind(session, place, kind if kind in _KINDS else "other")
            if wanted.get("language"):
                rooms.set_language(session, place, wanted["language"])

        await self._database.write(store)
        await self._refresh(place)
        problems: list[str] = []
        space = wanted.get("space")
        if space:
            await self._try(problems, self._space_child({"space": space, "room_id": place}))
        if wanted.get("avatar"):
            picture = appearance.set_avatar(self._homeserver, self._database, item.key, place)
            await self._try(problems, picture)
        for user in dict.fromkeys(wanted.get("invite") or ()):
            await self._try(problems, self._invite({"room_id": place, "user_id": user}))
        named = await self._homeserver.state(place, "m.room.canonical_alias")
        return {"room_id": place, "alias": (named or {}).get("alias"), "problems": problems}

    async def _created(self, wanted: dict[str, Any], key: str) -> str:
        body = await self._creation(wanted, key)
        alias = _localpart(wanted.get("alias"))
        for number in range(1, _ALIAS_TRIES + 1):
            if alias:
                body["room_alias_name"] = alias if number == 1 else f"{alias}-{number}"
            try:
                answer = await self._homeserver.request(
                    "POST", f"{CLIENT}/createRoom", body=body, timeout=120.0
                )
            except HomeserverError as error:
                if error.errcode == "M_ROOM_IN_USE" and alias and number < _ALIAS_TRIES:
                    continue
                raise
            room_id = answer.get("room_id")
            if not events.is_id(room_id):
                raise BadResponse("a room was made, and its id is missing")
            return room_id
        raise HomeserverError("M_ROOM_IN_USE", 400, "every alias that was tried is taken")

    async def _creation(self, wanted: dict[str, Any], key: str) -> dict[str, Any]:
        me = self._homeserver.user_id
        version = await self._version()
        space, rule = wanted.get("space"), wanted.get("join_rule", "invite")
        is_space = wanted.get("kind") == "space"
        moderators = {user: 50 for user in wanted.get("moderators") or () if user != me}
        users: dict[str, int] = dict(moderators)
        if version in _ROOM_VERSIONS_WITHOUT_PRIVILEGED_CREATORS:
            # From version 12 on a creator stands above all levels and must not be listed.
            users[me] = 100
        levels: dict[str, Any] = {"invite": 50, "users": users}
        if is_space:
            levels["events_default"] = 100
        join_rules: dict[str, Any] = {"join_rule": rule}
        if rule in ("restricted", "knock_restricted") and space:
            join_rules["allow"] = [{"type": "m.room_membership", "room_id": space}]
        state: list[tuple[str, str, dict[str, Any]]] = [
            (MARK, "", {"id": key}),
            ("m.room.join_rules", "", join_rules),
            (
                "m.room.history_visibility",
                "",
                {"history_visibility": wanted.get("history", "shared")},
            ),
            ("m.room.guest_access", "", {"guest_access": "forbidden"}),
        ]
        if space:
            parent = {"via": [self._homeserver.server_name], "canonical": True}
            state.append(("m.space.parent", space, parent))
        if wanted.get("encrypted"):
            state.append(("m.room.encryption", "", {"algorithm": MEGOLM}))
        body: dict[str, Any] = {
            "name": wanted["name"],
            "preset": "public_chat" if rule == "public" else "private_chat",
            "visibility": "private",
            "room_version": version,
            "power_level_content_override": levels,
            "initial_state": [
                {"type": kind, "state_key": state_key, "content": content}
                for kind, state_key, content in state
            ],
        }
        if wanted.get("topic"):
            body["topic"] = wanted["topic"]
        if is_space:
            body["creation_content"] = {"type": "m.space"}
        return body

    async def _version(self) -> str:
        """The room version that the homeserver makes by default."""
        if self._default_version is None:
            answer = await self._homeserver.request("GET", f"{CLIENT}/capabilities")
            try:
                self._default_version = str(answer["capabilities"]["m.room_versions"]["default"])
            except (KeyError, TypeError) as error:
                raise BadResponse("the homeserver does not say its room versions") from error
        return self._default_version

    async def _join(self, wanted: dict[str, Any]) -> Result:
        """{room_id, via?: [server], only_direct?} -> {room_id}; M_FORBIDDEN where it may only be a direct chat
        and is none, which it leaves"""
        query = {"via": str(wanted["via"][0])} if wanted.get("via") else None
        answer = await self._homeserver.request(
            "POST",
            f"{CLIENT}/join/{quoted(wanted['room_id'])}",
            body={},
            query=query,
            timeout=120.0,
        )
        room_id = str(answer.get("room_id") or wanted["room_id"])
        room = await self._database.read(lambda session: rooms.get(session, room_id))
        if room is not None and room.kind == "direct" and room.direct_user is not None:
            # Known before the sync says so: what is said next belongs into this chat, not an older one;
            # unless there is somebody else in it, for clients call small groups direct chats too.
            await self._refresh(room_id)
            room = await self._database.read(lambda session: rooms.get(session, room_id))
            if room is not None and room.direct_user is not None:
                await self._directs.list(room.direct_user, room_id)
        if wanted.get("only_direct") and (room is None or room.kind != "direct"):
            await self._leave({"room_id": room_id})
            raise HomeserverError("M_FORBIDDEN", 403, "a stranger's room is no direct chat")
        return {"room_id": room_id}

    async def _leave(self, wanted: dict[str, Any]) -> Result:
        """{room_id} -> {already}: left before, or never in"""
        try:
            await self._room(wanted, "leave", {})
        except HomeserverError as error:
            if error.status not in (403, 404):
                raise
            return {"already": True}
        return {"already": False}

    # --- people ------------------------------------------------------------------------------

    async def _invite(self, wanted: dict[str, Any]) -> Result:
        """{room_id, user_id, reason?} -> {already}: was in or invited before; accepts a knock"""
        return await self._unless(wanted, "invite", {"join", "invite"})

    async def _kick(self, wanted: dict[str, Any]) -> Result:
        """{room_id, user_id, reason?} -> {already}: was out before; also withdraws and refuses"""
        return await self._unless(wanted, "kick", {"leave", "ban", None})

    async def _unless(self, wanted: dict[str, Any], verb: str, done: set[str | None]) -> Result:
        body = {"user_id": wanted["user_id"]}
        if wanted.get("reason"):
            body["reason"] = wanted["reason"]
        try:
            await self._room(wanted, verb, body)
        except HomeserverError as error:
            if error.heals or isinstance(error, UnknownToken):
                raise
            member = await self._homeserver.state(
                wanted["room_id"], "m.room.member", wanted["user_id"]
            )
            if events.membership(member or {}) not in done:
                raise
            return {"already": True}
        return {"already": False}

    async def _set_power(self, wanted: dict[str, Any]) -> Result:
        """{room_id, user_id, level} -> {already}; 0 takes the person off the list"""
        room_id, user_id, level = wanted["room_id"], wanted["user_id"], int(wanted["level"])
        room = await self._database.read(lambda session: rooms.get(session, room_id))
        if room is not None and room.creators_are_privileged and user_id in room.creators:
            return {"already": True}
        content = await self._homeserver.state(room_id, "m.room.power_levels") or {}
        found = content.get("users")
        users = dict(found) if isinstance(found, dict) else {}
        if level == 0:
            users.pop(user_id, None)
        else:
            users[user_id] = level
        if users == found:
            return {"already": True}
        await self._homeserver.put_state(
            room_id, "m.room.power_levels", {**content, "users": users}
        )
        return {"already": False}

    # --- state -------------------------------------------------------------------------------

    async def _put_state(self, wanted: dict[str, Any]) -> Result:
        """{room_id, type, state_key?, content} -> {}"""
        await self._homeserver.put_state(
            wanted["room_id"], wanted["type"], wanted["content"], wanted.get("state_key", "")
        )
        return {}

    async def _set_alias(self, wanted: dict[str, Any]) -> Result:
        """{room_id, alias} -> {alias}; the alias without its sign and server"""
        return await appearance.set_alias(self._homeserver, wanted["room_id"], wanted["alias"])

    async def _space_child(self, wanted: dict[str, Any]) -> Result:
        """{space, room_id, remove?, suggested?} -> {}"""
        content: dict[str, Any] = {}
        if not wanted.get("remove"):
            content = {
                "via": [self._homeserver.server_name],
                "suggested": bool(wanted.get("suggested")),
            }
        await self._homeserver.put_state(
            wanted["space"], "m.space.child", content, wanted["room_id"]
        )
        return {}

    # --- inside ------------------------------------------------------------------------------

    async def _room(self, wanted: dict[str, Any], verb: str, body: dict[str, Any]) -> None:
        path = f"{CLIENT}/rooms/{quoted(wanted['room_id'])}/{verb}"
        await self._homeserver.request("POST", path, body=body)

    async def _try(self, problems: list[str], step: Awaitable[Result]) -> None:
        """A step after the room is there: what cannot heal is told, and spoils nothing else."""
        try:
            await step
        except HomeserverError as error:
            if error.heals or isinstance(error, UnknownToken):
                raise
            log.warning("a step after a room was made failed: %s", error)
            problems.append(error.code)


def _localpart(alias: object) -> str:
    if not isinstance(alias, str):
        return ""
    return re.sub(r"\s+", "-", alias.removeprefix("#").partition(":")[0].strip())
