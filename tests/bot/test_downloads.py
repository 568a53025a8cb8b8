"""Files that come in are read no further than they may be, whatever was said of their size, and decrypted
only if they are what their message says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
import pytest_asyncio
from aiohttp import web

from bot import files
from bot.client import Homeserver, Login
from bot.clock import SystemClock
from bot.crypto import attachments
from bot.errors import HomeserverError
from commands.kernel.incoming import Attachment

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


PICTURE = b"a picture of the harbour " * 100


class Media:
    """One file, which is downloaded whole."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    async def download(self, mxc: str, limit: int) -> bytes:
        if len(self.data) > limit:
            raise HomeserverError("M_TOO_LARGE", 413)
        return self.data


async def came(stored: bytes, keys: dict[str, Any], limit: int = LIMIT) -> bytes | None:
    file = Attachment("harbour.jpg", "image/jpeg", 5, "mxc://example.org/a", encryption=keys)
    fetched = await files.fetch(cast(Homeserver, Media(stored)), file, limit)
    assert fetched.data is None or fetched.size == len(fetched.data)
    return fetched.data


# Made with OpenSSL: AES-256-CTR of b"kring" with a key of 32 bytes "k" and an
# initial block of eight bytes "i" before a counter of 3.
FOREIGN = bytes.fromhex("773e8d5847")
FOREIGN_KEYS = {
    "url": "mxc://example.org/a",
    "key": {
        "kty": "oct",
        "alg": "A256CTR",
        "ext": True,
        "k": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s",
        "key_ops": ["encrypt", "decrypt"],
    },
    "iv": "aWlpaWlpaWkAAAAAAAAAAw",
    "hashes": {"sha256": "cWb7HgLDuSPSNT8X7HNR9zYPAY9x/Sl5lPdD9y5TrZw"},
    "v": "v2",
}


async def test_an_encrypted_file_is_read() -> None:
    sealed = attachments.encrypt(PICTURE)
    assert await came(sealed.data, sealed.keys) == PICTURE
    assert await came(sealed.data, sealed.keys, limit=len(PICTURE) - 1) is None


async def test_a_file_that_another_client_encrypted_is_read() -> None:
    assert await came(FOREIGN, FOREIGN_KEYS) == b"kring"
    padded = {**FOREIGN_KEYS, "iv": f"{FOREIGN_KEYS['iv']}=="}
    assert await came(FOREIGN, padded) == b"kring"


async def test_a_file_that_was_changed_is_not_read() -> None:
    sealed = attachments.encrypt(PICTURE)
    changed = bytes([sealed.data[0] ^ 1]) + sealed.data[1:]
    assert await came(changed, sealed.keys) is None
    assert await came(b"", sealed.keys) is None


HOSTILE: list[object] = [
    None,
    7,
    "",
    "x",
    "\ud800",
    "é" * 22,
    "A" * 10_000_000,
    [],
    {},
    "AAAA",
    True,
]


@pytest.mark.parametrize("field", ["key", "k", "alg", "kty", "iv", "hashes", "sha256", "v"])
async def test_hostile_keys_leave_the_file_without_data(field: str) -> None:
    sealed = attachments.encrypt(PICTURE)
    key, hashes = sealed.keys["key"], sealed.keys["hashes"]
    for value in HOSTILE:
        keys = {
            **sealed.keys,
            "key": {**key, field: value} if field in key else key,
            "hashes": {**hashes, field: value} if field in hashes else hashes,
        }
        if field in keys:
            keys[field] = value
        assert await came(sealed.data, keys) is None, value
