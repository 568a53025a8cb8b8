"""A reverse proxy before a homeserver that fails as asked: by script, or at random with a seed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

Match = Callable[[str, str], bool]
Forward = Callable[[], Awaitable[web.Response]]
Action = Callable[[web.Request, Forward], Awaitable[web.StreamResponse]]

_HOP_BY_HOP = {
    "connection",
    "content-encoding",
    "content-length",
    "host",
    "keep-alive",
    "transfer-encoding",
}


def sending(method: str, path: str) -> bool:
    """Matches what sends a message."""
    return method == "PUT" and "/send/" in path


def syncing(method: str, path: str) -> bool:
    """Matches what asks for news."""
    return method == "GET" and path.endswith("/sync")


def anything(_method: str, _path: str) -> bool:
    """Matches every request."""
    return True


def status(code: int) -> Action:
    """Answer with this status and a page of HTML, as proxies do; nothing is forwarded."""

    async def act(_request: web.Request, _forward: Forward) -> web.StreamResponse:
        return web.Response(status=code, text="<h1>fault</h1>", content_type="text/html")

    return act


def ratelimit(retry_after_ms: int) -> Action:
    """Answer 429 with the wait in the body and, in whole seconds, in the header."""

    async def act(_request: web.Request, _forward: Forward) -> web.StreamResponse:
        return web.json_response(
            {
                "errcode": "M_LIMIT_EXCEEDED",
                "error": "Too Many Requests",
                "retry_after_ms": retry_after_ms,
            },
            status=429,
            headers={"Retry-After": str(-(-retry_after_ms // 1000))},
        )

    return act


def cut(*, after: bool, midway: bool = False) -> Action:
    """Close the connection: before the homeserver hears, or after it did what was asked.

    After a close without a word aiohttp repeats an idempotent request (PUT, GET) once by itself, so
    that its user sees an error only if two cuts follow each other. `midway` closes in the middle
    of the answer, which it does not repeat.
    """

    async def act(request: web.Request, forward: Forward) -> web.StreamResponse:
        if after:
            await forward()
        answer = web.StreamResponse()
        if midway:
            answer.content_type = "application/json"
            answer.content_length = 1000
            await answer.prepare(request)
            await answer.write(b'{"event_id": "$')
        if request.transport is not None:
            request.transport.close() if midway else request.transport.abort()
        return answer

    return act


def delay(seconds: float) -> Action:
    """Forward late."""

    async def act(_request: web.Request, forward: Forward) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await forward()

    return act


def malformed(*, after: bool = False) -> Action:
    """Answer 200 with what is no JSON, having forwarded the request if `after`."""

    async def act(_request: web.Request, forward: Forward) -> web.StreamResponse:
        if after:
            await forward()
        return web.Response(text='{"next_batch": "s1", "rooms": {', content_type="application/json")

    return act


def unknown_token() -> Action:
    """Answer as a homeserver does that has forgotten the login."""

    async def act(_request: web.Request, _forward: Forward) -> web.StreamResponse:
        return web.json_response(
            {"errcode": "M_UNKNOWN_TOKEN", "error": "Invalid access token", "soft_logout": False},
            status=401,
        )

    return act


@dataclass
class Fault:
    """A fault that waits for its requests; `done` counts how many it has had."""

    match: Match
    action: Action
    times: int
    done: int = 0


@dataclass
class _Chance:
    match: Match
    dice: random.Random
    actions: list[tuple[float, Action]]


@dataclass
class FaultProxy:
    """Stands before the homeserver at `target`; enter it and use `base_url`.

    `requests` lists (method, path) of all that came in, `faults` of those that met a fault.
    """

    target: str
    requests: list[tuple[str, str]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    base_url: str = ""

    def __post_init__(self) -> None:
        self._script: list[Fault] = []
        self._chance: _Chance | None = None
        self._runner: web.AppRunner | None = None
        self._http: aiohttp.ClientSession | None = None

    def fail(self, match: Match, action: Action, times: int = 1) -> Fault:
        """Let the next `times` requests that match meet the action; earlier faults go first."""
        fault = Fault(match, action, times)
        self._script.append(fault)
        return fault

    def fail_randomly(
        self, seed: int, probabilities: Mapping[Action, float], match: Match = anything
    ) -> None:
        """From now on let each request that matches meet an action with its probability."""
        self._chance = _Chance(
            match, random.Random(seed), [(share, action) for action, share in probabilities.items()]
        )

    def heal(self) -> None:
        """Forget all faults that were asked for."""
        self._script.clear()
        self._chance = None

    def count(self, match: Match) -> int:
        """How many requests that match have come in."""
        return sum(match(method, path) for method, path in self.requests)

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(
            auto_decompress=True,
            timeout=aiohttp.ClientTimeout(total=None),
            connector=aiohttp.TCPConnector(limit=0),
        )
        app = web.Application(client_max_size=100_000_000)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        if self._http is not None:
            await self._http.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        asked = (request.method, request.path)
        self.requests.append(asked)

        async def forward() -> web.Response:
            return await self._forward(request)

        action = self._pick(*asked)
        if action is None:
            return await forward()
        self.faults.append(asked)
        return await action(request, forward)

    def _pick(self, method: str, path: str) -> Action | None:
        for fault in self._script:
            if fault.done < fault.times and fault.match(method, path):
                fault.done += 1
                return fault.action
        if self._chance is not None and self._chance.match(method, path):
            point = self._chance.dice.random()
            for share, action in self._chance.actions:
                if point < share:
                    return action
                point -= share
        return None

    async def _forward(self, request: web.Request) -> web.Response:
        assert self._http is not None
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP}
        async with self._http.request(
            request.method,
            # The path as it was typed: room ids and aliases hold signs that must stay quoted.
            self.target.rstrip("/") + request.raw_path,
            headers=headers,
            data=await request.read() or None,
            allow_redirects=False,
        ) as answer:
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP_BY_HOP}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())
