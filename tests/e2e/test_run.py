"""`kring run` as a service manager sees it: start, health, orderly stop, and why it ended."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli import execute
from bot.demo.homeserver import EmbeddedHomeserver
from tests.e2e.kring import arrival
from tests.support.synapse import PASSWORD, NewUser, unique

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Service:
    folder: Path
    bot: str
    port: int

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """The bot in a process of its own; killed if it is still there at the end."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run",
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def kring(self, *arguments: str) -> int:
        config = str(self.folder / "config.toml")
        return await asyncio.to_thread(execute, ["--config", config, *arguments])

    async def until_well(self) -> None:
        deadline = time.monotonic() + 30
        while await self.kring("health"):
            assert time.monotonic() < deadline, "the bot never became well"
            await asyncio.sleep(0.05)

    async def ended(self) -> tuple[int, str]:
        """Exit code and standard error of a run that ends by itself."""
        async with self.running() as process, asyncio.timeout(30):
            _, said = await process.communicate()
            assert process.returncode is not None
            return process.returncode, said.decode()


@pytest.fixture
async def service(
    homeserver: EmbeddedHomeserver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Service:
    account = await homeserver.register(unique("kring"), PASSWORD)
    (tmp_path / "pw").write_text(PASSWORD)
    port = free_port()
    (tmp_path / "config.toml").write_text(
        f'[homeserver]\nurl = "{homeserver.base_url}"\nuser_id = "{account.user_id}"\n'
        'password_file = "pw"\n[territory]\nname = "Coop"\ntimezone = "Europe/Brussels"\n'
        f"[monitoring]\nport = {port}\n"
    )
    made = Service(tmp_path, account.user_id, port)
    assert await made.kring("setup") == 0
    return made


async def test_it_becomes_well_answers_and_stops_when_told(
    service: Service, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    async with service.running() as process:
        await service.until_well()
        room = await anna.create_dm(service.bot)
        await arrival(anna, room, service.bot)
        await anna.send(room, "help")
        await anna.expect(room, "help")
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, said = await process.communicate()
        assert time.monotonic() - asked < 5
        assert process.returncode == 0, said.decode()
    log = said.decode()
    assert PASSWORD not in log
    assert anna.access_token not in log
    assert all(json.loads(line)["level"] for line in log.splitlines())
    assert await service.kring("health") == 1


async def test_a_second_bot_on_the_folder_is_refused_and_other_commands_are_not(
    service: Service,
) -> None:
    async with service.running():
        await service.until_well()
        code, said = await service.ended()
        assert code == 1
        assert "already runs" in said and "Traceback" not in said
        assert await service.kring("backup", str(service.folder / "copy.db")) == 0
        assert await service.kring("health") == 0


async def test_it_stops_in_time_while_another_program_holds_the_database(
    service: Service, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    async with service.running() as process:
        await service.until_well()
        other = sqlite3.connect(service.folder / "data" / "kring.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        room = await anna.create_dm(service.bot)  # its invitation waits to be written
        await asyncio.sleep(0.3)
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        await process.wait()
        assert time.monotonic() - asked < 5
        assert process.returncode == 0
        other.close()
    async with service.running():
        await arrival(anna, room, service.bot)


async def test_a_login_that_is_refused_ends_with_3(service: Service) -> None:
    (service.folder / "data" / "login.json").unlink()
    (service.folder / "pw").write_text("battery staple")
    code, said = await service.ended()
    assert code == 3
    assert "Traceback" not in said
    assert "staple" not in said


async def test_a_configuration_that_is_wrong_ends_with_2(service: Service) -> None:
    (service.folder / "data" / "erasure.key").unlink()
    code, said = await service.ended()
    assert (code, "kring setup" in said) == (2, True)


async def test_a_port_that_is_taken_ends_with_1(service: Service) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", service.port))
        taken.listen()
        code, said = await service.ended()
    assert code == 1
    assert f"monitoring.port {service.port}" in said
