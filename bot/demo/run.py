"""`kring demo`: opens the world, says how to talk to it, and gives the newcomer a chat in it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

from bot import logs
from bot.chat import chat
from bot.demo.story import play
from bot.demo.web import build, serve
from bot.demo.world import BOT, PASSWORD, World

# Who the newcomer is at first: somebody whom the bot answers in the terminal's language.
_YOU = {"nl": "anna", "fr": "chloe"}

# The tour types faster than the people whom it plays would.
_IN_A_HURRY = """
[bot]
burst = 200
"""

_WELCOME = """
Kring runs. The homeserver is {url} (only on this machine).

  In any Matrix client, choose that homeserver and log in as one of these, with password {password}:
    grace     a facilitator in Brussels, a member; reads English
    anna      a translator in Gent, animator of a network; reads Dutch
    chloe     a graphic designer in Liège, animator of a network; reads French
    valerie   staff; reads French
  Then open the direct chat with {bot}, or one of the networks' rooms, and type:
    !find vertaler gent   !networks   !join sharing   !purchases   !tenders   !profile   !help
{web}
  Beside this, in another terminal: {kring} --config {config} network list
  Ctrl-C stops everything; the next start goes on with the same world.
"""


async def run_demo(folder: Path, *, exercise: bool = False, web: bool = False) -> int:
    """Until the newcomer leaves or presses Ctrl-C; with `exercise` until the tour is over.

    Returns the exit code. Raises HomeserverUnavailable, WebUnavailable, StorageError, MatrixError.
    """
    folder = await asyncio.to_thread(_prepared, folder, fresh=exercise)
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {line}", flush=True)

    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        async with AsyncExitStack() as stack:
            # What the bot logs would stand in the middle of the newcomer's chat.
            log = stack.enter_context((folder / "kring.log").open("a", encoding="utf-8"))
            logs.set_up("human", "warning", log)
            site = None
            if web:
                say("Building the web client (Hydrogen) ...")
                site = await build(folder / "web")
            world = await stack.enter_async_context(
                World(folder, say, settings=_IN_A_HURRY if exercise else "")
            )
            if exercise:
                say("The tour begins.")
                return await play(world)
            address = ""
            if site is not None:
                server = await serve(site, world.homeserver.base_url)
                stack.push_async_callback(server.stop)
                address = f"\n  In a browser on this machine: {server.base_url}\n"
            _welcome(world, folder, address)
            if web and not sys.stdin.isatty():
                await asyncio.Event().wait()
            you = _YOU.get(_language(), "grace")
            code = await chat(
                world.homeserver.base_url, f"@{you}:localhost", PASSWORD, room="bot", bot=BOT
            )
            say("Stopping; `make demo` goes on with the same world.")
            return code
    except asyncio.CancelledError:
        task.uncancel()
        print("\nStopped; `make demo` goes on with the same world.", flush=True)
        return 0


def _welcome(world: World, folder: Path, address: str) -> None:
    print(
        _WELCOME.format(
            url=world.homeserver.base_url,
            password=PASSWORD,
            bot=BOT,
            web=address,
            kring=_own_command(),
            config=_near(folder / "config.toml"),
        ),
        flush=True,
    )


def _language() -> str:
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next((name for name in names if name), "")[:2].lower()


def _prepared(folder: Path, *, fresh: bool) -> Path:
    """The folder to play in; the tour tells a story from its beginning, so its world is made anew."""
    folder = folder.resolve()
    if fresh:
        folder = folder / "tour"
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _own_command() -> str:
    """What starts this program again, in a shell whose PATH need not know it."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return f"{_near(Path(sys.executable))} -m bot"
    found = shutil.which(program.name)
    if found is not None and Path(found).samefile(program):
        return program.name
    return str(_near(program))


def _near(path: Path) -> Path:
    """As one would type it here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
