"""What homeservers and the proxies before them answer, and what the client makes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import pytest_asyncio
from aiohttp import web

from bot.client import Homeserver, Login
from bot.clock import SystemClock
from bot.errors import BadResponse, HomeserverError, RateLimited, UnknownToken, Unreachable

SECRET = "syt_secret"  # of a server that is none


class House:
    """A server that answers what the test puts in `answer`."""

    def __init__(self, client: Homeserver) -> None:
        self.client = client
        self.answer: Callable[[], web.Response] = web.Response
        self.asked: list[web.Request] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        return self.answer()

    def will(self, body: bytes | str, status: int = 200, **headers: str) -> None:
        raw = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = lambda: web.Response(body=raw, status=status, headers=named)


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    app = web.Application()
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    made: list[House] = []

    async def handle(request: web.Request) -> web.Response:
        return await made[0].handle(request)

    app.router.add_route("*", "/{tail:.*}", handle)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    client = Homeserver(f"http://{host}:{port}/", SystemClock(), request_seconds=5)
    await client.open()
    client.adopt(Login("@kring:example.org", "DEVICE", SECRET))
    made.append(House(client))
    yield made[0]
    await client.close()
    await runner.cleanup()


async def test_the_token_travels_in_the_header_only(house: House) -> None:
    house.will('{"ok": true}')
    assert await house.client.request("GET", "/x", query={"a": "b c"}) == {"ok": True}
    (request,) = house.asked
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in str(request.url)


@pytest.mark.parametrize(
    "body", ["", "[]", "null", "<h1>Bad Gateway</h1>", '{"a": ', "[" * 100_000, b"\xff\xfe"]
)
async def test_what_is_no_json_object_is_a_bad_response(house: House, body: bytes | str) -> None:
    house.will(body)
    with pytest.raises(BadResponse):
        await house.client.request("GET", "/x")


async def test_one_hostile_string_does_not_spoil_the_answer(house: House) -> None:
    house.will('{"body": "a \\ud800 b", "number": 1e999, "big": 123456789012345678901234567890}')
    answer = await house.client.request("GET", "/x")
    assert answer["body"] == "a ? b" and answer["number"] is None


async def test_a_number_without_end_does_not_spoil_the_answer(house: House) -> None:
    house.will('{"body": "\\ud800", "number": ' + "9" * 5000 + ', "small": 7}')
    answer = await house.client.request("GET", "/x")
    assert answer["number"] is None and answer["small"] == 7


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(house: House, status: int) -> None:
    house.will("", status, Location="/elsewhere")
    with pytest.raises(BadResponse, match="another"):
        await house.client.request("POST", "/login", body={"password": SECRET})
    assert [request.path for request in house.asked] == ["/login"]


async def test_waits_are_taken_from_header_and_body(house: House) -> None:
    async def asked() -> int | None:
        with pytest.raises(RateLimited) as caught:
            await house.client.request("PUT", "/x", body={})
        return caught.value.retry_after_ms

    house.will('{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}', 429)
    assert await asked() == 1500
    house.will('{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}', 429, Retry_After="2")
    assert await asked() == 2000
    house.will("slow down", 429, Retry_After="soon")
    assert await asked() is None
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    house.will("slow down", 429, Retry_After=later)
    assert 28_000 < (await asked() or 0) <= 30_000


@pytest.mark.parametrize(
    ("status", "body", "kind", "heals"),
    [
        (502, "<h1>Bad Gateway</h1>", HomeserverError, True),
        (500, '{"errcode": "M_UNKNOWN"}', HomeserverError, True),
        (403, '{"errcode": "M_FORBIDDEN"}', HomeserverError, False),
        (403, '{"errcode": "M_RESOURCE_LIMIT_EXCEEDED"}', HomeserverError, True),
        (403, "<h1>a proxy's page</h1>", BadResponse, True),
        (413, "<h1>too large</h1>", HomeserverError, False),
        (302, "", BadResponse, True),
        (401, '{"errcode": "M_UNKNOWN_TOKEN"}', UnknownToken, False),
        (401, '{"errcode": ["M_UNKNOWN_TOKEN"]}', BadResponse, True),
    ],
)
async def test_what_heals_and_what_does_not(
    house: House, status: int, body: str, kind: type[HomeserverError], heals: bool
) -> None:
    house.will(body, status)
    with pytest.raises(kind) as caught:
        await house.client.request("GET", "/x")
    assert caught.value.heals is heals
    assert SECRET not in str(caught.value)


async def test_a_download_stops_at_its_limit(house: House) -> None:
    house.will(b"x" * 1000)
    assert await house.client.download("mxc://example.org/abc", 1000) == b"x" * 1000
    with pytest.raises(HomeserverError, match="M_TOO_LARGE"):
        await house.client.download("mxc://example.org/abc", 999)
    with pytest.raises(HomeserverError, match="M_INVALID_PARAM"):
        await house.client.download("https://example.org/abc", 999)


async def test_nobody_there_is_unreachable() -> None:
    client = Homeserver("http://127.0.0.1:9", SystemClock())
    await client.open()
    with pytest.raises(Unreachable):
        await client.request("GET", "/x")
    await client.close()
