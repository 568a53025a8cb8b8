"""A real homeserver (Synapse, SQLite, loopback only) in a folder, for demo, tests and benchmarks.

It starts, watches and stops the server and makes accounts; what happens in rooms is for clients.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import hmac
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import aiohttp

from bot.demo.homeserver_config import HomeserverUnavailable, Kept, Limits, write_config

__all__ = ["EmbeddedHomeserver", "HomeserverUnavailable", "Registration", "RegistrationRefused"]

START_SECONDS = 60.0
STOP_SECONDS = 10.0
_LOG_LIMIT_BYTES = 5_000_000


class RegistrationRefused(RuntimeError):
    """The homeserver would neither make the account nor log it in."""


@dataclass(frozen=True, slots=True)
class Registration:
    """An account that can be used at once."""

    user_id: str
    access_token: str
    device_id: str


class EmbeddedHomeserver:
    """One Synapse in `folder`; a later start in the same folder resumes the same world.

    `port` 0 means a free one, kept for the next start. `limits` "production" keeps Synapse's own
    rate limits, "none" lifts them all. It belongs to no event loop: it may be started in one and
    used from another.
    """

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        limits: Limits = "none",
        server_name: str = "localhost",
    ) -> None:
        self.folder = folder.resolve()
        self.limits = limits
        self.server_name = server_name
        self._wanted_port = port
        self._kept: Kept | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: BinaryIO | None = None

    @property
    def base_url(self) -> str:
        """The address that clients use, without a slash at its end."""
        if self._kept is None:
            raise RuntimeError("the homeserver was not started")
        return self._kept.base_url

    @property
    def log_path(self) -> Path:
        """Where the server writes warnings, errors and whatever it says while it starts."""
        return self.folder / "homeserver.log"

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

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
        """Start the server and return once it answers; a running one is left alone.

        Raises HomeserverUnavailable if Synapse is not installed, the folder or the port is in use,
        or the server does not come up.
        """
        if self.pid is not None:
            return
        if importlib.util.find_spec("synapse") is None:
            raise HomeserverUnavailable(
                "Synapse is not installed. Install Kring with its demo extra: "
                "pip install 'kring[demo]' (or: pip install matrix-synapse)."
            )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._take_lock()
        try:
            await asyncio.to_thread(_end_orphan, self._pid_path, self._config_path)
            self._kept = write_config(self.folder, self.server_name, self._wanted_port, self.limits)
            self._spawn()
            await self._until_healthy()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop the server (SIGTERM, SIGKILL after 10 s); the folder keeps everything."""
        process, self._process = self._process, None
        try:
            if process is not None:
                await asyncio.to_thread(_terminate, process)
                self._pid_path.unlink(missing_ok=True)
        finally:
            if self._lock is not None:
                self._lock.close()
                self._lock = None

    async def register(
        self,
        localpart: str,
        password: str,
        admin: bool = False,
        displayname: str | None = None,
        *,
        device_id: str | None = None,
    ) -> Registration:
        """Make an account through the shared-secret admin API; one that exists is logged in.

        `device_id` is the device that a login goes to; a new one without it. Raises
        RegistrationRefused, with the server's reason.
        """
        if self._kept is None:
            raise RuntimeError("the homeserver was not started")
        async with aiohttp.ClientSession(self.base_url) as session:
            path = "/_synapse/admin/v1/register"
            async with session.get(path) as response:
                nonce = (await response.json())["nonce"]
            fields = (nonce, localpart, password, "admin" if admin else "notadmin")
            body: dict[str, Any] = {
                "nonce": nonce,
                "username": localpart,
                "password": password,
                "admin": admin,
                "mac": hmac.new(
                    self._kept.registration_secret.encode(),
                    "\0".join(fields).encode(),
                    hashlib.sha1,
                ).hexdigest(),
            }
            if displayname is not None:
                body["displayname"] = displayname
            async with session.post(path, json=body) as response:
                answer = await response.json()
            if answer.get("errcode") == "M_USER_IN_USE":
                login: dict[str, Any] = {
                    "type": "m.login.password",
                    "identifier": {"type": "m.id.user", "user": localpart},
                    "password": password,
                    "initial_device_display_name": "Kring demo",
                }
                if device_id is not None:
                    login["device_id"] = device_id
                async with session.post("/_matrix/client/v3/login", json=login) as response:
                    answer = await response.json()
        if "access_token" not in answer:
            raise RegistrationRefused(f"{localpart}: {answer.get('error', answer)}")
        return Registration(answer["user_id"], answer["access_token"], answer["device_id"])

    @property
    def _pid_path(self) -> Path:
        return self.folder / "homeserver.pid"

    @property
    def _config_path(self) -> Path:
        return self.folder / "homeserver.yaml"

    def _take_lock(self) -> None:
        lock = (self.folder / "homeserver.lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise HomeserverUnavailable(
                f"A homeserver already runs in {self.folder}. Stop it first, or use another folder."
            ) from error
        self._lock = lock

    def _spawn(self) -> None:
        fresh = not self.log_path.exists() or self.log_path.stat().st_size > _LOG_LIMIT_BYTES
        with self.log_path.open("wb" if fresh else "ab") as log:
            # Started here and not in a worker thread: the signal that ends the child with its
            # parent is tied to the thread that made it.
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    str(Path(__file__).with_name("homeserver_child.py")),
                    str(os.getpid()),
                    "--config-path",
                    str(self._config_path),
                ],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._pid_path.write_text(str(self._process.pid))

    async def _until_healthy(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        timeout = aiohttp.ClientTimeout(total=2)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                if self._process.poll() is not None:
                    raise HomeserverUnavailable(
                        f"Synapse ended with code {self._process.returncode} while it started. "
                        f"Its log says:\n{self._log_tail()}"
                    )
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(f"{self.base_url}/health") as response:
                        if response.status == 200:
                            return
                if time.monotonic() > deadline:
                    raise HomeserverUnavailable(
                        f"Synapse did not answer within {START_SECONDS:.0f} s. "
                        f"Its log says:\n{self._log_tail()}"
                    )
                await asyncio.sleep(0.05)

    def _log_tail(self, lines: int = 15) -> str:
        text = self.log_path.read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:]) or "(nothing)"


def _terminate(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _command_line(pid: int) -> str:
    """The command line of a running process, empty if there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        pass
    try:
        asked = subprocess.run(
            [shutil.which("ps") or "/bin/ps", "-ww", "-p", str(pid), "-o", "command="],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return asked.stdout


def _end_orphan(pid_path: Path, config_path: Path) -> None:
    """End a server that outlived its parent in this folder; a pid that others now use is spared.

    Only called under the folder's lock, so that whoever runs it now cannot be hit.
    """
    try:
        pid = int(pid_path.read_text())
    except (FileNotFoundError, ValueError):
        return
    deadline = time.monotonic() + STOP_SECONDS
    while str(config_path) in _command_line(pid):
        late = time.monotonic() > deadline
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
        time.sleep(0.1)
    pid_path.unlink(missing_ok=True)
