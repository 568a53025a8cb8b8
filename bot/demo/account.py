"""A Matrix account as seen over HTTP (aiohttp, no library for Matrix): what one person can do.

What comes back from others is for `bot.demo.peer`, which adds the sync.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp

_CLIENT = "/_matrix/client/v3"
_REQUEST_SECONDS = 60.0


class PeerError(RuntimeError):
    """The homeserver refused: `status` is HTTP's, `errcode` Matrix's (empty if it sent none)."""

    def __init__(self, status: int, errcode: str, message: str) -> None:
        super().__init__(f"{status} {errcode}: {message}")
        self.status = status
        self.errcode = errcode
        self.message = message


class Account:
    """One login, good for requests once it was started (`async with`), within one event loop."""

    def __init__(self, base_url: str, user_id: str, access_token: str, device_id: str = "") -> None:
        self.base_url = base_url.rstrip("/")
        self.user_id = user_id
        self.access_token = access_token
        self.device_id = device_id
        self.direct: dict[str, list[str]] = {}
        self._http: aiohttp.ClientSession | None = None

    @classmethod
    async def login(
        cls, base_url: str, user: str, password: str, *, device_name: str = "Kring peer"
    ) -> Self:
        """Log in as a new device.

        Raises PeerError, and aiohttp's errors where no homeserver answers.
        """
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user},
            "password": password,
            "initial_device_display_name": device_name,
        }
        async with aiohttp.ClientSession() as http:
            answer = await _ask(http, "POST", f"{base_url.rstrip('/')}{_CLIENT}/login", body)
        return cls(base_url, answer["user_id"], answer["access_token"], answer["device_id"])

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Open the connections."""
        self._http = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self.access_token}"},
            connector=aiohttp.TCPConnector(limit=20),
            timeout=aiohttp.ClientTimeout(total=_REQUEST_SECONDS),
        )

    async def stop(self) -> None:
        """Close the connections; the login stays valid."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def logout(self) -> None:
        """End the login itself, so that no device is left behind, and stop."""
        with contextlib.suppress(PeerError, aiohttp.ClientError, TimeoutError):
            await self.request("POST", "/logout", {})
        await self.stop()

    async def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Ask the client-server API (`path` below `/_matrix/client/v3`); a 429 is waited out.

        Raises PeerError, and aiohttp's errors for what never reached the homeserver.
        """
        if self._http is None:
            raise RuntimeError("the peer was not started")
        return await _ask(self._http, method, f"{self.base_url}{_CLIENT}{path}", body, params)

    async def create_room(self, **body: Any) -> str:
        """Create a room (the fields of Matrix's `createRoom`); its id."""
        return str((await self.request("POST", "/createRoom", body))["room_id"])

    async def create_dm(self, user_id: str, *, encrypted: bool = False) -> str:
        """Open a new direct chat with someone, as clients do; its room id."""
        state = [
            {
                "type": "m.room.encryption",
                "state_key": "",
                "content": {"algorithm": "m.megolm.v1.aes-sha2"},
            }
        ]
        room = await self.create_room(
            preset="trusted_private_chat",
            is_direct=True,
            invite=[user_id],
            initial_state=state if encrypted else [],
        )
        await self.list_direct(user_id, room)
        return room

    async def list_direct(self, user_id: str, room: str) -> None:
        """Note a room as a direct chat with someone, so that it is found again (`m.direct`)."""
        known = self.direct.get(user_id, [])
        if room not in known:
            rooms = {**self.direct, user_id: [*known, room]}
            await self.set_account_data("m.direct", rooms)
            self.direct = rooms

    async def join(self, room: str, via: Iterable[str] = ()) -> str:
        """Join by room id or alias; the room's id."""
        params = {"via": server} if (server := next(iter(via), "")) else None
        answer = await self.request("POST", f"/join/{quoted(room)}", {}, params)
        return str(answer["room_id"])

    async def knock(self, room: str, reason: str | None = None) -> None:
        """Ask to be let in."""
        await self.request("POST", f"/knock/{quoted(room)}", {"reason": reason} if reason else {})

    async def leave(self, room: str) -> None:
        """Leave, decline the invitation or withdraw the knock."""
        await self.request("POST", f"/rooms/{quoted(room)}/leave", {})

    async def invite(self, room: str, user_id: str) -> None:
        """Invite someone."""
        await self.request("POST", f"/rooms/{quoted(room)}/invite", {"user_id": user_id})

    async def kick(self, room: str, user_id: str) -> None:
        """Put someone out, withdraw their invitation or refuse their knock."""
        await self.request("POST", f"/rooms/{quoted(room)}/kick", {"user_id": user_id})

    async def send(
        self, room: str, text: str, *, transaction: str | None = None, **content: Any
    ) -> str:
        """Send a text; further or other content by name. Its event id."""
        body = {"msgtype": "m.text", "body": text, **content}
        return await self.send_event(room, "m.room.message", body, transaction=transaction)

    async def send_event(
        self, room: str, kind: str, content: Mapping[str, Any], *, transaction: str | None = None
    ) -> str:
        """Send any event, under a transaction id of its own unless one is given; its event id."""
        txn = transaction or secrets.token_hex(8)
        path = f"/rooms/{quoted(room)}/send/{quoted(kind)}/{txn}"
        return str((await self.request("PUT", path, content))["event_id"])

    async def reply(
        self, room: str, event_id: str, text: str, *, thread: str | None = None, **content: Any
    ) -> str:
        """Reply to an event, inside the thread of a root where one is given; the event id."""
        relation: dict[str, Any] = {"m.in_reply_to": {"event_id": event_id}}
        if thread is not None:
            relation |= {"rel_type": "m.thread", "event_id": thread, "is_falling_back": False}
        return await self.send(room, text, **{"m.relates_to": relation, **content})

    async def edit(self, room: str, event_id: str, text: str) -> str:
        """Replace the text of one's own message; the event id of the edit."""
        body = {
            "msgtype": "m.text",
            "body": f"* {text}",
            "m.new_content": {"msgtype": "m.text", "body": text},
            "m.relates_to": {"rel_type": "m.replace", "event_id": event_id},
        }
        return await self.send_event(room, "m.room.message", body)

    async def react(self, room: str, event_id: str, key: str) -> str:
        """React with an emoji; the event id of the reaction."""
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return await self.send_event(room, "m.reaction", {"m.relates_to": relation})

    async def redact(self, room: str, event_id: str, reason: str | None = None) -> None:
        """Remove an event's content."""
        path = f"/rooms/{quoted(room)}/redact/{quoted(event_id)}/{secrets.token_hex(8)}"
        await self.request("PUT", path, {"reason": reason} if reason else {})

    async def upload(self, data: bytes, mimetype: str, filename: str) -> str:
        """Put a file on the homeserver; its mxc address."""
        if self._http is None:
            raise RuntimeError("the peer was not started")
        async with self._http.post(
            f"{self.base_url}/_matrix/media/v3/upload",
            params={"filename": filename},
            data=data,
            headers={"Content-Type": mimetype},
        ) as response:
            return str((await _checked(response))["content_uri"])

    async def download(self, mxc: str) -> bytes:
        """The bytes behind an mxc address."""
        if self._http is None:
            raise RuntimeError("the peer was not started")
        path = mxc.removeprefix("mxc://")
        url = f"{self.base_url}/_matrix/client/v1/media/download/{path}"
        async with self._http.get(url) as response:
            if response.status != 200:
                await _checked(response)
            return await response.read()

    async def send_file(self, room: str, data: bytes, mimetype: str, filename: str) -> str:
        """Upload a file and send it, a picture as a picture; its event id."""
        kind = "m.image" if mimetype.startswith("image/") else "m.file"
        return await self.send(
            room,
            filename,
            msgtype=kind,
            url=await self.upload(data, mimetype, filename),
            filename=filename,
            info={"mimetype": mimetype, "size": len(data)},
        )

    async def state(self, room: str, kind: str, key: str = "") -> dict[str, Any]:
        """The content of a state event, asked of the homeserver; empty if there is none."""
        try:
            return await self.request("GET", _state_path(room, kind, key))
        except PeerError as error:
            if error.status == 404:
                return {}
            raise

    async def set_state(
        self, room: str, kind: str, content: Mapping[str, Any], key: str = ""
    ) -> str:
        """Set a state event; its event id."""
        return str((await self.request("PUT", _state_path(room, kind, key), content))["event_id"])

    async def set_power(self, room: str, user_id: str, level: int) -> None:
        """Give someone a power level; 0 takes theirs away."""
        content = await self.state(room, "m.room.power_levels")
        users = {**content.get("users", {}), user_id: level}
        if not level:
            del users[user_id]
        await self.set_state(room, "m.room.power_levels", {**content, "users": users})

    async def members(self, room: str, membership: str = "join") -> set[str]:
        """The user ids that have this membership, asked of the homeserver."""
        answer = await self.request(
            "GET", f"/rooms/{quoted(room)}/members", params={"membership": membership}
        )
        return {event["state_key"] for event in answer["chunk"]}

    async def upgrade(self, room: str, version: str) -> str:
        """Replace the room by one of another version; the new room's id."""
        path = f"/rooms/{quoted(room)}/upgrade"
        answer = await self.request("POST", path, {"new_version": version})
        return str(answer["replacement_room"])

    async def set_account_data(self, kind: str, content: Mapping[str, Any]) -> None:
        """Keep something with the account; it comes back in its own syncs."""
        await self.request("PUT", f"/user/{quoted(self.user_id)}/account_data/{kind}", content)


def quoted(part: str) -> str:
    """A part of a path, with nothing left in it that could end it."""
    return quote(part, safe="")


def _state_path(room: str, kind: str, key: str) -> str:
    return f"/rooms/{quoted(room)}/state/{quoted(kind)}/{quoted(key)}"


async def _ask(
    http: aiohttp.ClientSession,
    method: str,
    url: str,
    body: Mapping[str, Any] | None = None,
    params: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    while True:
        async with http.request(method, url, json=body, params=params) as response:
            try:
                return await _checked(response)
            except PeerError as error:
                if error.status != 429:
                    raise
                pause = float(response.headers.get("Retry-After", "1"))
        await asyncio.sleep(pause)


async def _checked(response: aiohttp.ClientResponse) -> dict[str, Any]:
    try:
        answer = await response.json(content_type=None)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise PeerError(response.status, "", "the answer is not a JSON object")
    if response.status != 200:
        raise PeerError(
            response.status, str(answer.get("errcode", "")), str(answer.get("error", ""))
        )
    return answer
