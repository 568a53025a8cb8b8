"""The demo's web client: builds Hydrogen from npm and serves it on loopback.

Which homeserver the page proposes is decided when it is served, not when it is built.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

NODE_VERSION = 18
_SOURCE = Path(__file__).with_name("web")
_SOURCE_FILES = ("package.json", "package-lock.json", "build.mjs", "main.js", "index.html")
_STAMP = "built-from"


class WebUnavailable(RuntimeError):
    """The web client cannot be built or served here; the message says what to do about it."""


async def build(folder: Path) -> Path:
    """Install and build the client below `folder`; the site's folder.

    Takes about half a minute and the network the first time; what was built from the same sources
    is used again. Raises WebUnavailable where node or npm are missing or one of them fails.
    """
    work, site = _folders(folder)
    sources = {name: (_SOURCE / name).read_bytes() for name in _SOURCE_FILES}
    stamp = hashlib.sha256(b"\0".join(sources.values())).hexdigest()
    stamp_path = site / _STAMP
    if stamp_path.exists() and stamp_path.read_text() == stamp:
        return site
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise WebUnavailable(
            f"The web client needs Node.js {NODE_VERSION} or later with npm, and they were not "
            "found. Install them (for instance: apt install nodejs npm), or use the terminal chat."
        )
    version = (await _run([node, "--version"], folder=None)).strip()
    if int(version.lstrip("v").split(".")[0]) < NODE_VERSION:
        raise WebUnavailable(
            f"The web client needs Node.js {NODE_VERSION} or later, this is {version}. "
            "Install a newer one, or use the terminal chat."
        )
    work.mkdir(parents=True, exist_ok=True)
    for name, data in sources.items():
        (work / name).write_bytes(data)
    await _run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], work)
    await _run([node, "build.mjs", str(site)], work)
    stamp_path.write_text(stamp)
    return site


class WebServer:
    """Serves a built site on loopback (`port` 0: a free one) while it is entered."""

    def __init__(self, site: Path, homeserver_url: str, port: int = 0) -> None:
        self.base_url = ""
        self._site = site
        self._config = f"window.KRING = {json.dumps({'homeserver': homeserver_url})};\n"
        self._port = port
        self._runner: web.AppRunner | None = None

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
        """Serve from now on. Raises WebUnavailable if the port is in use."""
        app = web.Application()
        app.router.add_get("/", self._index)
        app.router.add_get("/config.js", self._script)
        app.router.add_static("/", self._site)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._port).start()
        except OSError as error:
            await runner.cleanup()
            raise WebUnavailable(
                f"Port {self._port} is in use. Choose another, or 0 for any free one."
            ) from error
        self._runner = runner
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop serving."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _index(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(self._site / "index.html", headers={"Cache-Control": "no-cache"})

    async def _script(self, _request: web.Request) -> web.Response:
        return web.Response(
            text=self._config,
            content_type="text/javascript",
            headers={"Cache-Control": "no-store"},
        )


async def serve(site: Path, homeserver_url: str, port: int = 0) -> WebServer:
    """Start serving a built site; stop the result when done. Raises WebUnavailable."""
    server = WebServer(site, homeserver_url, port)
    await server.start()
    return server


def _folders(folder: Path) -> tuple[Path, Path]:
    """Where the sources are laid out and where the site is built, for commands run elsewhere."""
    return folder.absolute() / "source", folder.absolute() / "site"


async def _run(command: list[str], folder: Path | None) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, "CI": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output = (await process.communicate())[0].decode(errors="replace")
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if process.returncode:
        tail = "\n".join(output.splitlines()[-15:])
        raise WebUnavailable(
            f"{Path(command[0]).name} {command[1]} failed with code {process.returncode}. "
            f"It said:\n{tail}"
        )
    return output
