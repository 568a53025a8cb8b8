"""matrix-nio made safe: one way to ask the homeserver, with finite time-outs and typed errors.

nio's client keeps the account and the connections, and carries each request; encryption is `bot.crypto`'s.
Answers are read here: nio validates each event of a sync with jsonschema (a room of 10,000 members stops
the loop for 1.6 s), retries for ever by default, and stores its token before the batch is dealt with.
This module knows paths that several others ask for; what an answer means is theirs. The access token
travels in a header only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

import aiohttp
import orjson
from nio import AsyncClient, AsyncClientConfig

from bot.clock import Clock
from bot.errors import (
    BadResponse,
    HomeserverError,
    RateLimited,
    UnknownToken,
    Unproven,
    Unreachable,
)

CLIENT = "/_matrix/client/v3"
_TOKEN_ERRORS = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"})
_LARGEST_ANSWER = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Login:
    """One device of one account."""

    user_id: str
    device_id: str
    access_token: str = field(repr=False)


@lru_cache(maxsize=4096)
def quoted(part: str) -> str:
    """A part of a path, with nothing left in it that could end it."""
    return quote(part, safe="")


@lru_cache(maxsize=64)
def _encoded(name: str, value: str) -> str:
    return f"{quote_plus(name)}={quote_plus(value)}"


class _Redirected(aiohttp.ClientError):
    pass


async def _refuse_redirect(_session: object, _context: object, redirect: Any) -> None:
    # Followed, it would hand a password or a message to whoever it names, and make a POST a GET.
    redirect.response.close()
    raise _Redirected


class Homeserver:
    """Open with `open`, close with `close`; `user_id` is known once a login was adopted."""

    def __init__(self, base_url: str, clock: Clock, *, request_seconds: float = 60.0) -> None:
        self.base_url = base_url.rstrip("/")
        self._clock = clock
        self._request_seconds = request_seconds
        self._headers: dict[str, str] = {}
        # Its own retries are off: those who ask know what may be asked again, and when.
        self.nio = AsyncClient(
            self.base_url,
            config=AsyncClientConfig(
                max_limit_exceeded=0,
                max_timeouts=0,
                request_timeout=request_seconds,
                store_sync_tokens=False,
                encryption_enabled=False,
            ),
        )

    @property
    def user_id(self) -> str:
        return self.nio.user_id or ""

    @property
    def device_id(self) -> str:
        """Empty while the login does not say."""
        return self.nio.device_id or ""

    @property
    def server_name(self) -> str:
        """The server part of the account's id, which others find its rooms by."""
        return self.user_id.partition(":")[2]

    async def open(self) -> None:
        tracing = aiohttp.TraceConfig()
        tracing.on_request_redirect.append(_refuse_redirect)
        self.nio.client_session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=55),
            # Each request has its own whole time; without these a dead peer is noticed late.
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[tracing],
        )

    async def close(self) -> None:
        await self.nio.close()

    def adopt(self, login: Login) -> None:
        self.nio.user_id = login.user_id
        self.nio.device_id = login.device_id
        self.nio.access_token = login.access_token
        self._headers = {"Authorization": f"Bearer {login.access_token}"}

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Ask, and return the JSON object of a 2xx answer; `timeout` is in seconds, for the whole.

        Raises Unreachable, BadResponse, HomeserverError (RateLimited, UnknownToken).
        """
        data = orjson.dumps(body) if body is not None else None
        headers = {"Content-Type": "application/json"} if body is not None else {}
        status, answer_headers, raw = await self._ask(
            method, path, data=data, query=query, headers=headers, timeout=timeout
        )
        answer = _parsed(raw)
        if 200 <= status < 300 and answer is not None:
            return answer
        raise self._error(status, answer_headers, answer)

    async def upload(self, data: bytes, mimetype: str, name: str | None = None) -> str:
        """Put a file on the homeserver; its mxc address."""
        status, headers, raw = await self._ask(
            "POST",
            "/_matrix/media/v3/upload",
            data=data,
            query={"filename": name} if name is not None else None,
            headers={"Content-Type": mimetype},
            timeout=max(self._request_seconds, 120.0),
        )
        answer = _parsed(raw)
        if not 200 <= status < 300 or answer is None:
            raise self._error(status, headers, answer)
        mxc = answer.get("content_uri")
        if not isinstance(mxc, str) or not mxc.startswith("mxc://"):
            raise BadResponse("an upload was answered without its address")
        return mxc

    async def download(self, mxc: str, limit: int) -> bytes:
        """The bytes behind an mxc address.

        Raises HomeserverError M_TOO_LARGE as soon as there are more than `limit` bytes.
        """
        server, _, media = mxc.removeprefix("mxc://").partition("/")
        if not mxc.startswith("mxc://") or not server or not media:
            raise HomeserverError("M_INVALID_PARAM", 400, "not an mxc address")
        # https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid
        path = f"/_matrix/client/v1/media/download/{quoted(server)}/{quoted(media)}"
        status, headers, raw = await self._ask(
            "GET", path, timeout=max(self._request_seconds, 120.0), limit=limit
        )
        if status != 200:
            raise self._error(status, headers, _parsed(raw))
        return raw

    async def login(self, user: str, password: str, device_name: str, device_id: str = "") -> Login:
        """Log in by password, as the same device where one is named. The login is not adopted."""
        body: dict[str, Any] = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user},
            "password": password,
            "initial_device_display_name": device_name,
        }
        if device_id:
            body["device_id"] = device_id
        answer = await self.request("POST", f"{CLIENT}/login", body=body)
        try:
            return Login(
                str(answer["user_id"]), str(answer["device_id"]), str(answer["access_token"])
            )
        except KeyError as error:
            raise BadResponse(f"a login was answered without {error}") from error

    async def whoami(self) -> tuple[str, str]:
        """(user id, device id) of the adopted token."""
        answer = await self.request("GET", f"{CLIENT}/account/whoami")
        user_id = answer.get("user_id")
        if not isinstance(user_id, str):
            raise BadResponse("whoami was answered without a user id")
        return user_id, str(answer.get("device_id", ""))

    async def joined_rooms(self) -> list[str]:
        answer = await self.request("GET", f"{CLIENT}/joined_rooms")
        found = answer.get("joined_rooms")
        return [room for room in found if isinstance(room, str)] if isinstance(found, list) else []

    async def joined_members(self, room_id: str) -> dict[str, str | None]:
        """Everyone in the room, with display names."""
        answer = await self.request("GET", f"{CLIENT}/rooms/{quoted(room_id)}/joined_members")
        people = answer.get("joined")
        if not isinstance(people, dict):
            raise BadResponse("joined_members was answered without its list")
        return {
            user: _name(profile.get("display_name") if isinstance(profile, dict) else None)
            for user, profile in people.items()
        }

    async def invited_members(self, room_id: str) -> list[str]:
        """Who is invited to the room and has not come yet."""
        path = f"{CLIENT}/rooms/{quoted(room_id)}/members"
        answer = await self.request("GET", path, query={"membership": "invite"})
        found = answer.get("chunk")
        if not isinstance(found, list):
            raise BadResponse("members was answered without its list")
        keys = (event.get("state_key") for event in found if isinstance(event, dict))
        return [key for key in keys if isinstance(key, str)]

    async def state(self, room_id: str, kind: str, key: str = "") -> dict[str, Any] | None:
        """The content of a current state event, None if there is none."""
        path = f"{CLIENT}/rooms/{quoted(room_id)}/state/{quoted(kind)}/{quoted(key)}"
        try:
            return await self.request("GET", path)
        except HomeserverError as error:
            if error.status == 404:
                return None
            raise

    async def state_event(self, room_id: str, kind: str) -> dict[str, Any] | None:
        """A current state event as a whole, None if there is none."""
        path = f"{CLIENT}/rooms/{quoted(room_id)}/state/{quoted(kind)}/"
        try:
            event = await self.request("GET", path, query={"format": "event"})
        except HomeserverError as error:
            if error.status == 404:
                return None
            raise
        return event if event.get("type") == kind else None

    async def put_state(
        self, room_id: str, kind: str, content: Mapping[str, Any], key: str = ""
    ) -> None:
        path = f"{CLIENT}/rooms/{quoted(room_id)}/state/{quoted(kind)}/{quoted(key)}"
        await self.request("PUT", path, body=content)

    async def account_data(self, kind: str) -> dict[str, Any]:
        """Empty if there is none."""
        path = f"{CLIENT}/user/{quoted(self.user_id)}/account_data/{quoted(kind)}"
        try:
            return await self.request("GET", path)
        except HomeserverError as error:
            if error.status == 404:
                return {}
            raise

    async def put_account_data(self, kind: str, content: Mapping[str, Any]) -> None:
        path = f"{CLIENT}/user/{quoted(self.user_id)}/account_data/{quoted(kind)}"
        await self.request("PUT", path, body=content)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        data: bytes | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        limit: int = _LARGEST_ANSWER,
    ) -> tuple[int, Mapping[str, str], bytes]:
        assert self.nio.client_session is not None, "the client was not opened"
        seconds = timeout or self._request_seconds
        try:
            async with asyncio.timeout(seconds):
                answer = await self.nio.send(
                    method,
                    f"{path}?{_query(query)}" if query else path,
                    data=data,  # nio hands it on to aiohttp as it is
                    headers={**self._headers, **(headers or {})},
                    timeout=_whole(seconds),  # likewise
                )
                async with answer:
                    raw = await _limited(answer, limit)
                    return answer.status, answer.headers, raw
        except TimeoutError as error:
            raise Unreachable("no answer in time") from error
        except _Redirected as error:
            raise BadResponse("the homeserver's address leads to another one") from error
        except (aiohttp.ClientError, OSError) as error:
            # The class only: aiohttp's words may hold the address with its query.
            raise Unreachable(type(error).__name__) from error

    def _error(
        self, status: int, headers: Mapping[str, str], answer: dict[str, Any] | None
    ) -> Exception:
        errcode = answer.get("errcode") if answer else None
        message = str(answer.get("error", ""))[:200] if answer else ""
        if not isinstance(errcode, str):
            errcode = ""
        if status == 429:
            wait = self._retry_after(headers, answer)
            return RateLimited(errcode or "M_LIMIT_EXCEEDED", status, message, wait)
        if errcode in _TOKEN_ERRORS:
            return UnknownToken(errcode, status, message)
        if status >= 500:
            wait = self._retry_after(headers, answer)
            return HomeserverError(errcode or "M_UNKNOWN", status, message, wait)
        if status == 401 and answer is not None and isinstance(answer.get("flows"), list):
            return _unproven(answer)
        if status == 413:
            return HomeserverError(errcode or "M_TOO_LARGE", status, message)
        if status >= 400 and errcode:
            return HomeserverError(errcode, status, message)
        return BadResponse(f"status {status} without a Matrix answer")

    def _retry_after(self, headers: Mapping[str, str], answer: dict[str, Any] | None) -> int | None:
        """Milliseconds; the longer one where header (whole seconds) and body differ."""
        waits: list[int] = []
        header = headers.get("Retry-After", "").strip()
        if header.isdigit():
            waits.append(int(header) * 1000)
        elif header:
            with contextlib.suppress(ValueError, TypeError):
                until = parsedate_to_datetime(header)
                waits.append(max(0, int((until - self._clock.now()).total_seconds() * 1000)))
        body = answer.get("retry_after_ms") if answer else None
        if isinstance(body, int | float) and not isinstance(body, bool) and body >= 0:
            waits.append(int(body))
        # A wait of days is a mistake of somebody's; an hour later it does no harm to ask again.
        return min(max(waits), 3_600_000) if waits else None


def _unproven(answer: dict[str, Any]) -> Unproven:
    stages = [flow.get("stages") for flow in answer["flows"] if isinstance(flow, dict)]
    return Unproven(str(answer.get("session", "")), by_password=["m.login.password"] in stages)


def _query(query: Mapping[str, str]) -> str:
    # A sync's filter is long and always the same.
    return "&".join(_encoded(name, value) for name, value in query.items())


def _whole(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, sock_connect=10)


async def _limited(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    if (answer.content_length or 0) > limit:
        answer.close()
        raise HomeserverError("M_TOO_LARGE", 413, "larger than wanted")
    if limit == _LARGEST_ANSWER:
        return await answer.read()
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_chunked(65_536):
        size += len(part)
        if size > limit:
            answer.close()
            raise HomeserverError("M_TOO_LARGE", 413, "larger than wanted")
        parts.append(part)
    return b"".join(parts)


def _parsed(raw: bytes) -> dict[str, Any] | None:
    """The JSON object, None if it is none."""
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError:
        # orjson refuses what a hostile event may hold (lone surrogates, numbers without end); one
        # such event must not make a whole sync unreadable.
        try:
            answer = _mended(json.loads(raw, parse_int=_integer))
        except (ValueError, RecursionError):
            return None
    return answer if isinstance(answer, dict) else None


def _integer(digits: str) -> int | float:
    # Python refuses to read thousands of digits; what is no 64-bit integer is none in Matrix either.
    return int(digits) if len(digits) < 19 else float(digits)


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def _name(value: object) -> str | None:
    return value[:255] if isinstance(value, str) and value.strip() else None
