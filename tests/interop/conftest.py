"""People with matrix-js-sdk, for tests of encryption against foreign code; skipped without node."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio

from bot.demo.homeserver import EmbeddedHomeserver
from tests.e2e.engine import options
from tests.e2e.kring import Kring
from tests.interop.peer import FOLDER, JsPeople, JsPerson
from tests.support.synapse import PASSWORD, homeserver, new_user, unique

__all__ = ["homeserver", "new_user"]

_OLDEST_NODE = 20
_INSTALL_SECONDS = 90


class NewJsUser(Protocol):
    """Makes a person with a client that encrypts."""

    async def __call__(
        self,
        name: str = "anna",
        *,
        identity: bool = True,
        storage: bool = False,
        only_signed: bool = False,
    ) -> JsPerson:
        """With an `identity` of their own unless told otherwise; with `only_signed` neither sends to nor
        reads from devices that their owner did not sign."""
        ...


@pytest.fixture(scope="session")
def node() -> str:
    """Where node is, once what the peer needs is installed. Skips, with the reason, without it."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("needs node and npm: interop with matrix-js-sdk is not tested here")
    version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout.strip()
    major = re.match(r"v(\d+)", version)
    if major is None or int(major[1]) < _OLDEST_NODE:
        pytest.skip(f"needs node {_OLDEST_NODE} or newer, here is {version}")
    if problem := _install(npm):
        pytest.skip(f"npm cannot install matrix-js-sdk: {problem}")
    return found


def _install(npm: str) -> str | None:
    """Have what the lock names, installed anew where it is missing or stale; what went wrong."""
    lock = FOLDER / "package-lock.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    modules = FOLDER / "node_modules"
    mark = modules / ".kring-installed"
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # another run may be installing too
        if _read(mark) == digest:
            return None
        try:
            ended = subprocess.run(
                [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                cwd=FOLDER,
                capture_output=True,
                text=True,
                timeout=_INSTALL_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return f"it took more than {_INSTALL_SECONDS} seconds"
        if ended.returncode:
            return ended.stderr.strip()[-500:] or f"exit code {ended.returncode}"
        mark.write_text(digest, "utf-8")
    return None


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


@pytest_asyncio.fixture
async def kring(homeserver: EmbeddedHomeserver, tmp_path: Path) -> Kring:
    """A bot with an account of its own, not running yet."""
    account = await homeserver.register(unique("kring"), PASSWORD)
    token = account.access_token
    return Kring(
        options(homeserver.base_url, account.user_id, token, tmp_path, direct_chats_encrypted=True)
    )


@pytest_asyncio.fixture
async def js_people(node: str) -> AsyncIterator[JsPeople]:
    """The process in which the people of one test live."""
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(JsPeople(node))


@pytest.fixture
def new_js_user(js_people: JsPeople, homeserver: EmbeddedHomeserver) -> NewJsUser:
    async def make(
        name: str = "anna",
        *,
        identity: bool = True,
        storage: bool = False,
        only_signed: bool = False,
    ) -> JsPerson:
        account = await homeserver.register(unique(name), PASSWORD)
        person = await js_people.login(
            homeserver.base_url,
            account.user_id,
            PASSWORD,
            identity=identity,
            storage=storage,
        )
        if only_signed:
            await person.do("setOnlySigned")
        return person

    return make
