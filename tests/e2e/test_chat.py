"""The terminal chat, driven as a person (or a pipe) would, against a real homeserver."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat import chat
from bot.chat_text import clean, clean_line, html_to_text
from bot.demo.homeserver import EmbeddedHomeserver
from tests.support.peer import relation_of
from tests.support.synapse import PASSWORD, NewUser


class Sitting:
    """A chat in the background: lines go in through a pipe, what it shows is awaited."""

    def __init__(self, base_url: str, user_id: str, **options: str) -> None:
        read, write = os.pipe()
        self._input = os.fdopen(write, "w", encoding="utf-8")
        self.output = io.StringIO()
        self._seen = 0
        self.task = asyncio.create_task(
            chat(
                base_url,
                user_id,
                PASSWORD,
                input_stream=os.fdopen(read, encoding="utf-8"),
                output=self.output,
                room=options.get("room"),
                bot=options.get("bot"),
            )
        )

    def type(self, line: str) -> None:
        self._input.write(line + "\n")
        self._input.flush()

    async def shows(self, text: str) -> str:
        """The line that shows the text, which must come after what was shown last."""

        def found() -> bool:
            return text in self.output.getvalue()[self._seen :]

        await _until(found, lambda: f"{text!r} not in:\n{self.output.getvalue()[self._seen :]}")
        whole = self.output.getvalue()
        at = whole.index(text, self._seen)
        self._seen = at + len(text)
        return whole[whole.rfind("\n", 0, at) + 1 : whole.find("\n", at)]

    async def number_of(self, text: str) -> str:
        return (await self.shows(text)).split("]")[0].lstrip("[")

    async def ends(self) -> int:
        async with asyncio.timeout(30):
            code = await self.task
        self._input.close()
        return code


async def _until(condition: Callable[[], bool], problem: Callable[[], str]) -> None:
    try:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 (what is shown announces itself to nobody)
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(problem()) from None


@pytest.mark.e2e
async def test_a_member_talks_with_the_bot_and_in_a_room(
    homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True, displayname="Anna Peeters")
    bot = await new_user("kring", encrypts=True, displayname="Kring", accept_invites=True)
    name = "Vertalers Gent"
    room = await bot.create_room(name=name, invite=[anna.user_id])

    sitting = Sitting(homeserver.base_url, anna.user_id, bot=bot.user_id)
    await sitting.shows("/help shows what you can do")
    line = await sitting.shows(name)
    assert "Kring invites you: /join 1" in line
    sitting.type("too early")
    await sitting.shows("No room is open yet")
    sitting.type("/join 1")
    await sitting.shows(f"== {name} ==")

    sitting.type("!find vertaler gent")
    asked = await bot.expect(room, "!find vertaler gent")
    question = await sitting.number_of("!find vertaler gent")
    answer = await bot.reply(room, asked["event_id"], "Peter\nGent")
    assert f"Kring ↳ {question}: Peter" in await sitting.shows("Peter")
    assert (await sitting.shows("Gent")).startswith("        ")
    await bot.edit(room, answer, "Peter en Ine")
    edited = int(question) + 1
    assert f"✎ {edited}" in await sitting.shows("Peter en Ine")
    await bot.react(room, asked["event_id"], "✅")
    await sitting.shows(f"Kring reacts to {question}: ✅")

    sitting.type(f"/reply {edited} dank je")
    heard = await bot.expect(room, "dank je")
    assert relation_of(heard)["m.in_reply_to"]["event_id"] == answer
    sitting.type(f"/react {edited} 👍")
    reaction = await bot.expect(
        room, lambda e: e["type"] == "m.reaction" and e["sender"] != bot.user_id
    )
    assert relation_of(reaction) == {"rel_type": "m.annotation", "event_id": answer, "key": "👍"}
    await bot.redact(room, answer)
    await sitting.shows(f"Kring removed {edited}.")
    sitting.type("/reply 99 what?")
    await sitting.shows("Like this: /reply 12")
    sitting.type("/users")
    await sitting.shows("Anna Peeters")

    sitting.type("/bot")
    await sitting.shows("== ")  # the bot's id, or already its name: it may have come in meanwhile
    await sitting.shows("Kring joined.")
    sitting.type("//help is sent as it is")
    await anna.wait_until(lambda: bot.user_id in anna.direct)
    direct = anna.direct[bot.user_id][0]
    await bot.expect(direct, "/help is sent as it is")
    await bot.send(room, "elsewhere")
    await sitting.shows(f"News in {name}: /room 1")
    sitting.type("/room vertalers")
    await sitting.shows("elsewhere")
    sitting.type("/dance")
    await sitting.shows("I do not know /dance")
    sitting.type("/leave")
    await sitting.shows(f"You left {name}.")
    sitting.type("/bot")
    await sitting.shows("== Kring ==")
    assert len(anna.direct[bot.user_id]) == 1
    sitting.type("/quit")
    assert await sitting.ends() == 0


@pytest.mark.e2e
async def test_hostile_messages_and_names_never_reach_the_terminal_raw(
    homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True, displayname="Anna")
    mallory = await new_user("mallory", displayname="Anna\x1b[2J\n[9] 10:00 Kring")
    room = await mallory.create_room(name="\x1b]0;title\x07val\u202ekuil", invite=[anna.user_id])
    await anna.join(room)
    await mallory.send(room, "a\x1b[31mred\x07\x9b2Jb\u202egpj.exe\r\n[1] 12:00 Kring: send money")
    odd = {"msgtype": "m.odd", "body": "odd", "m.relates_to": {"m.in_reply_to": 3}}
    await mallory.send_event(room, "m.room.message", odd)
    await mallory.send_event(
        room, "m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": {}, "key": 7}}
    )
    await mallory.send(room, "x" * 50_000)
    html = "<p>Dag &amp; welkom</p><ul><li>een</li></ul><script>\x1b[1m</script>"
    await mallory.send(room, " ", format="org.matrix.custom.html", formatted_body=html)
    sitting = Sitting(homeserver.base_url, anna.user_id, room=room)
    await sitting.shows("red")
    assert (await sitting.shows("12:00 Kring: send money")).startswith("        [1]")
    await sitting.shows("Dag & welkom")
    await sitting.shows("• een")
    sitting.type("still alive")
    await sitting.shows("still alive")
    sitting.type("/quit")
    assert await sitting.ends() == 0
    shown = sitting.output.getvalue()
    assert not {
        sign for sign in shown if sign != "\n" and (ord(sign) < 32 or 127 <= ord(sign) < 160)
    }
    assert "\u202e" not in shown
    assert len(shown) < 20_000


@pytest.mark.e2e
async def test_a_direct_chat_that_the_bot_opened_is_found_again_at_the_next_start(
    homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True, displayname="Anna")
    bot = await new_user("kring", encrypts=True, displayname="Kring")
    room = await bot.create_dm(anna.user_id)
    await bot.send(room, "Welcome to the translators!")
    await anna.wait_until(lambda: room in anna.invited)

    first = Sitting(homeserver.base_url, anna.user_id, room="bot", bot=bot.user_id)
    await first.shows("== Kring ==")
    await first.shows("Welcome to the translators!")
    first.type("Thank you!")
    await bot.expect(room, "Thank you!")
    first.type("/quit")
    assert await first.ends() == 0

    second = Sitting(homeserver.base_url, anna.user_id, room="bot", bot=bot.user_id)
    await second.shows("Thank you!")
    second.type("Here again.")
    await bot.expect(room, "Here again.")
    second.type("/quit")
    assert await second.ends() == 0
    await anna.catch_up()
    assert anna.direct == {bot.user_id: [room]}
    assert anna.joined == {room}


@pytest.mark.e2e
async def test_a_pipe_gets_its_answers_before_the_chat_ends(
    homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    bot = await new_user("kring", encrypts=True, displayname="Kring", accept_invites=True)
    output = io.StringIO()
    talk = asyncio.create_task(
        chat(
            homeserver.base_url,
            anna.user_id,
            PASSWORD,
            room="bot",
            bot=bot.user_id,
            input_stream=io.StringIO("!help\n"),
            output=output,
        )
    )
    await bot.wait_until(lambda: any(bot.timeline.values()) and bool(bot.joined))
    (direct,) = bot.joined
    asked = await bot.expect(direct, "!help")
    await bot.reply(direct, asked["event_id"], "I can do this")
    assert await talk == 0
    assert "Kring ↳ 1: I can do this" in output.getvalue()


@pytest.mark.e2e
async def test_a_refused_login_and_an_absent_homeserver_are_said(
    homeserver: EmbeddedHomeserver,
) -> None:
    output = io.StringIO()
    closed = io.StringIO()
    assert await chat(homeserver.base_url, "no", "no", input_stream=closed, output=output) == 1
    assert "refused the login: Invalid username or password" in output.getvalue()
    assert await chat("http://127.0.0.1:1", "no", "no", input_stream=closed, output=output) == 1
    assert "No homeserver answers at http://127.0.0.1:1" in output.getvalue()


@pytest.mark.e2e
async def test_at_a_terminal_messages_come_above_the_line_being_typed(
    homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    bob = await new_user("bob", displayname="Bob")
    room = await bob.create_room(name="Koeriers", invite=[anna.user_id])
    await anna.join(room)
    master, slave = pty.openpty()
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import asyncio, sys; from bot.chat import chat; "
        "sys.exit(asyncio.run(chat(*sys.argv[1:4], room=sys.argv[4])))",
        *(homeserver.base_url, anna.user_id, PASSWORD, "Koeriers"),
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8"},
        stdin=slave,
        stdout=slave,
        stderr=subprocess.STDOUT,
    )
    os.close(slave)
    shown = bytearray()
    loop = asyncio.get_running_loop()

    def read() -> None:
        try:
            shown.extend(os.read(master, 65536))
        except OSError:
            loop.remove_reader(master)

    loop.add_reader(master, read)

    async def shows(text: str) -> None:
        await _until(lambda: text.encode() in shown, lambda: f"{text!r} not in {bytes(shown)!r}")

    try:
        await shows("Koeriers >")
        os.write(master, b"half a li")
        await shows("half a li")
        await bob.send(room, "tussendoor")
        await shows("tussendoor")
        os.write(master, b"ne\r")
        await bob.expect(room, "half a line")
        os.write(master, b"\x04")
        async with asyncio.timeout(10):
            assert await child.wait() == 0
    finally:
        loop.remove_reader(master)
        os.close(master)
        if child.returncode is None:
            child.kill()
            await child.wait()


@given(st.text())
def test_cleaned_text_holds_nothing_that_steers(text: str) -> None:
    cleaned = clean(text)
    assert not [s for s in cleaned if s != "\n" and (ord(s) < 32 or 127 <= ord(s) < 160)]
    assert not set(cleaned) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
    cleaned.encode()
    assert "\n" not in clean_line(text)
    assert len(clean_line(text)) <= 40


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h4>Titel</h4><p>een<br>twee</p>", "Titel\neen\ntwee"),
        ("<ol><li>a</li><li>b<ul><li>c</li></ul></li></ol>", "1. a\n2. b\n  • c"),
        ('<a href="https://kring.example">site</a>', "site (https://kring.example)"),
        ('<a href="https://matrix.to/#/@a:b">Anna</a>, dag', "Anna, dag"),
        ("<mx-reply>oud</mx-reply>nieuw", "nieuw"),
    ],
)
def test_html_reads_well_as_text(html: str, text: str) -> None:
    assert html_to_text(html) == text
