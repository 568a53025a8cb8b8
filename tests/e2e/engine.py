"""The engine with a handful of plain commands, in this process or as one that can be killed.

Run as a module with the options as JSON: it prints `ready` and works until it is told to stop. Among the
options `kernel` names the module whose `kernel` gives the commands, this one's if it is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from bot.app import App, Options
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.incoming import ActionEnd, MembershipChange, Message, Reaction, RoomReplaced
from commands.kernel.kernel import Kernel
from commands.kernel.parameters import rest
from commands.kernel.settings import Settings
from storage.outbox import Draft, FileOut, Inline

router = Router("engine")
TRUSTED = frozenset({"localhost"})
SECRET = b"a secret that seals the keys of tests"


def answer(ctx: Context, text: str, *, about: str | None = None) -> None:
    """Answer with plain text where the question was asked."""
    assert ctx.room is not None
    content: dict[str, Any] = {"msgtype": "m.notice", "body": text, "m.mentions": {}}
    if ctx.replaces is not None:
        key, ctx.replaces = ctx.replaces, None
        ctx.edit_content(key, ctx.room.room_id, content)
        return
    if relation := ctx._relation():
        content["m.relates_to"] = relation
    ctx._queue(
        Draft(
            "m.room.message",
            content,
            room_id=ctx.room.room_id,
            about=about,
            inbox_id=ctx.inbox_id,
        )
    )


@dataclass(frozen=True, slots=True)
class Words:
    text: str = rest("a text", longest=60_000, default="")


Handler = Callable[[Context, Words], None]


def _command(name: str, **more: Any) -> Callable[[Handler], Handler]:
    return router.command(name, nl=(), fr=(), summary=name, examples={}, arguments=Words, **more)


@_command("echo")
def echo(ctx: Context, words: Words) -> None:
    ctx.audit("echo")  # an effect, so that running it twice would show
    answer(ctx, f"echo {words.text}")


@_command("look", reads_only=True)
def look(ctx: Context, words: Words) -> None:
    answer(ctx, f"seen {words.text}")


@_command("whisper")
def whisper(ctx: Context, words: Words) -> None:
    content = {"msgtype": "m.notice", "body": f"psst {words.text}", "m.mentions": {}}
    ctx._queue(Draft("m.room.message", content, user_id=ctx.user))


@_command("power", reads_only=True)
def power(ctx: Context, words: Words) -> None:
    assert ctx.room is not None
    answer(ctx, f"power {ctx.room.power_of(ctx.user):g}")


@_command("room")
def room(ctx: Context, words: Words) -> None:
    assert ctx.room is not None
    ctx.act(
        "create_room",
        lane=f"network:{words.text}",
        then="made",
        data={"room": ctx.room.room_id, "name": words.text},
        name=words.text,
        alias=words.text,
        kind="network",
        join_rule="invite",
        invite=[ctx.user],
        moderators=[ctx.user],
    )


@router.continuation("made")
def made(ctx: Context, end: ActionEnd) -> None:
    text = f"made {end.data['name']} {end.result.get('room_id')} {end.error or ''}".strip()
    content = {"msgtype": "m.notice", "body": text, "m.mentions": {}}
    ctx._queue(Draft("m.room.message", content, room_id=end.data["room"]))


@_command("ask")
def ask(ctx: Context, words: Words) -> None:
    answer(ctx, f"question {words.text}", about=f"question:{words.text}")


@router.answer("question")
def answered(ctx: Context, reference: str, given: Message | Reaction) -> bool:
    said = given.text if isinstance(given, Message) else given.key
    answer(ctx, f"{reference} got {said}")
    return True


@_command("file")
def file(ctx: Context, words: Words) -> None:
    ctx.send_file(FileOut("note.txt", "text/plain", words.text.encode()))


@_command("picture")
def picture(ctx: Context, words: Words) -> None:
    """`!picture 1000x500`; without a size what is called a picture is none."""
    data = _drawn(words.text) if words.text else b"no picture at all"
    ctx.send_file(FileOut("fill.png", "image/png", data))


def _drawn(size: str) -> bytes:
    width, height = size.split("x")
    written = BytesIO()
    Image.new("RGB", (int(width), int(height)), "#3a7").save(written, "PNG")
    return written.getvalue()


@_command("inside")
def inside(ctx: Context, words: Words) -> None:
    """`!inside 80x60 40x30`: a message with the first picture inside, edited at once to have the second."""
    assert ctx.room is not None
    content = {
        "msgtype": "m.notice",
        "body": "cases",
        "format": "org.matrix.custom.html",
        "formatted_body": "<p>cases</p>",
        "m.mentions": {},
    }
    first, second = (
        FileOut("cases.png", "image/png", _drawn(size), Inline(f"drawn {size}", 20, 15))
        for size in words.text.split()
    )
    key = ctx._queue(
        Draft("m.room.message", content, room_id=ctx.room.room_id, file=first, about="cases:1")
    )
    ctx.edit_content(key, ctx.room.room_id, content, picture=second)


@_command("boom")
def boom(ctx: Context, words: Words) -> None:
    raise RuntimeError("a bug")


@router.membership
def moved(ctx: Context, change: MembershipChange) -> None:
    if ctx.room is not None and ctx.room.kind == "network":
        content = {"msgtype": "m.notice", "body": f"{change.user_id} {change.after}"}
        ctx._queue(Draft("m.room.message", content, room_id=change.room_id))


@router.replacements.append
def replaced(ctx: Context, change: RoomReplaced) -> None:
    content = {"msgtype": "m.notice", "body": f"followed {change.room_id}"}
    ctx._queue(Draft("m.room.message", content, room_id=change.successor))


def kernel(user_id: str) -> Kernel:
    settings = Settings(bot_user=user_id, burst=10_000)
    return Kernel(settings, [router], [])


def options(homeserver: str, user_id: str, token: str, data: Path, **more: Any) -> Options:
    more.setdefault("trusted_servers", TRUSTED)
    more.setdefault("encryption_secret", SECRET)
    # Most of these people read no encryption; those who do ask for it.
    more.setdefault("direct_chats_encrypted", False)
    return Options(homeserver, user_id, data, access_token=token, **more)


@contextlib.asynccontextmanager
async def running(
    given: Options, make_kernel: Callable[[str], Kernel] = kernel
) -> AsyncIterator[App]:
    """The engine at work in this process, ready."""
    app = await App.open(given, make_kernel)
    await app.start()
    try:
        async with asyncio.timeout(15):
            await app.ready.wait()
        yield app
    finally:
        await app.stop()


async def _main(raw: str) -> None:
    given = json.loads(raw)
    given["data"] = Path(given["data"])
    given.setdefault("encryption_secret", SECRET)
    make_kernel = import_module(given.pop("kernel", __name__)).kernel
    app = await App.open(Options(**given, trusted_servers=TRUSTED), make_kernel)

    async def tell() -> None:
        await app.ready.wait()
        print("ready", flush=True)

    telling = asyncio.create_task(tell())
    await app.run()
    telling.cancel()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
