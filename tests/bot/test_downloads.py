"""Files that come in are read no further than they may be, whatever was said of their size."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from bot.client import Homeserver, Login
from bot.clock import SystemClock
from bot.errors import HomeserverError

LIMIT = 200_000


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Homeserver]:
    async def stream(request: web.Request) -> web.StreamResponse:
        """As much as is asked for, without saying how much that is."""
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        left = int(request.match_info["size"])
        while left > 0:
            await response.write(b"x" * min(left, 50_000))
            left -= 50_000
        return response

    app = web.Application()
    app.router.add_get("/_matrix/client/v1/media/download/example.org/{size}", stream)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    opened = Homeserver(f"http://{host}:{port}", SystemClock(), request_seconds=5)
    await opened.open()
    opened.adopt(Login("@kring:example.org", "DEVICE", "token"))
    yield opened
    await opened.close()
    await runner.cleanup()


async def test_a_file_of_unsaid_size_is_read_up_to_the_limit(client: Homeserver) -> None:
    assert len(await client.download(f"mxc://example.org/{LIMIT}", LIMIT)) == LIMIT
    with pytest.raises(HomeserverError, match="M_TOO_LARGE"):
        await client.download(f"mxc://example.org/{LIMIT + 1}", LIMIT)
