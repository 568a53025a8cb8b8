"""The terminal chat behind `kring chat` and the demo: a plain Matrix client for developers.

Lines come and go through `bot.chat_input`; what others wrote is made safe in `bot.chat_text`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager
from typing import TextIO

import aiohttp

from bot.chat_input import (
    Write,
    is_terminal,
    plain_lines,
    plain_output,
    prompt_output,
    prompted_lines,
)
from bot.chat_rooms import (
    direct_inviter,
    direct_room,
    inviter,
    is_space,
    localpart,
    person,
    title,
)
from bot.chat_text import clean, clean_line
from bot.chat_view import View
from bot.demo.account import PeerError
from bot.demo.peer import Peer, relation_of

HELP = """\
What you type is sent to the open room. Beside that:
  /rooms            your rooms and invitations, with their numbers
  /room N           open a room (a part of its name does as well)
  /bot              open the direct chat with the bot
  /join N           accept an invitation (or /join #alias:server)
  /leave            leave the open room
  /reply N text     reply to message N
  /react N 👍       react to message N
  /users            who is in the open room
  /quit             leave (Ctrl-D does too)
To send a text that begins with /, type // first."""
_SHOWN_ON_OPEN = 20
_QUIET_SECONDS = 1.5
_QUIET_AT_MOST = 15.0


async def chat(
    base_url: str,
    user: str,
    password: str,
    *,
    room: str | None = None,
    bot: str | None = None,
    input_stream: TextIO | None = None,
    output: TextIO | None = None,
) -> int:
    """Log in and talk until the person leaves; the exit code (1: the login did not work).

    `room` is opened first: an id, an alias, a part of a name, or "bot". `bot` is the bot's Matrix
    id, `@kring` on the person's own server without it. Without a terminal at both ends, lines are
    read and written plainly; at the end of the input it stays until no more answers come.
    """
    source, sink = input_stream or sys.stdin, output or sys.stdout
    terminal = is_terminal(source, sink)
    out: AbstractContextManager[Write] = prompt_output() if terminal else plain_output(sink)
    with out as write:
        try:
            peer = await Peer.login(base_url, user, password, device_name="Kring terminal chat")
            peer.encrypts = True
            await peer.start()
        except PeerError as error:
            write(f"The homeserver at {base_url} refused the login: {clean(error.message)}")
            return 1
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            write(f"No homeserver answers at {base_url} ({type(error).__name__}). Is it running?")
            return 1
        session = Chat(peer, write, bot, colours=terminal and "NO_COLOR" not in os.environ)
        lines = prompted_lines(session.label) if terminal else plain_lines(source)
        try:
            await session.run(lines, first=room, linger=not terminal)
        finally:
            await peer.logout()
    return 0


class Chat:
    """One sitting: which room is open, and which numbers its rooms and messages have."""

    def __init__(self, peer: Peer, write: Write, bot: str | None, *, colours: bool) -> None:
        self._peer = peer
        self._bot = bot or f"@kring:{peer.user_id.partition(':')[2]}"
        self._view = View(peer, write, colours=colours)
        self._room: str | None = None
        self._rooms: list[str] = []
        self._taken: dict[str, int] = {}
        self._announced: set[str] = set()
        self._invited: set[str] = set()
        self._commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "rooms": self._show_rooms,
            "room": self._open_named,
            "bot": self._open_bot,
            "join": self._join,
            "leave": self._leave,
            "reply": self._reply,
            "react": self._react,
            "users": self._show_users,
            "help": self._show_help,
        }

    def label(self) -> str:
        """What stands before the line being typed."""
        return f"{title(self._peer, self._room)} > " if self._room else "> "

    async def run(
        self, lines: AsyncIterator[str], *, first: str | None = None, linger: bool = False
    ) -> None:
        """Serve the lines until they end or one is `/quit`; `linger` waits for late answers."""
        for room, events in self._peer.timeline.items():
            self._taken[room] = len(events)
        self._view.write(f"You are {localpart(self._peer.user_id)}. /help shows what you can do.")
        if first is None:
            await self._guarded(self._show_rooms(""))
        elif first == "bot":
            await self._guarded(self._open_bot(""))
        else:
            await self._guarded(self._open_named(first))
        news = asyncio.create_task(self._show_news())
        typed = asyncio.create_task(self._serve(lines, linger))
        try:
            await asyncio.wait((news, typed), return_when=asyncio.FIRST_COMPLETED)
            for task in (news, typed):
                if task.done():
                    task.result()
        finally:
            for task in (news, typed):
                task.cancel()
            await asyncio.gather(news, typed, return_exceptions=True)

    async def _serve(self, lines: AsyncIterator[str], linger: bool) -> None:
        async for typed in lines:
            line = typed.strip()
            if line in ("/quit", "/exit"):
                return
            if line:
                await self._guarded(self._handle(line))
        if linger:
            await self._guarded(self._until_quiet())

    async def _handle(self, line: str) -> None:
        if line.startswith("/") and not line.startswith("//"):
            name, _, rest = line[1:].partition(" ")
            command = self._commands.get(name.lower())
            if command is None:
                self._view.note(f"I do not know /{clean_line(name)}. /help shows what I know.")
            else:
                await command(rest.strip())
            return
        if self._room is None:
            self._view.note(
                "No room is open yet: /rooms shows yours, /bot opens the chat with the bot."
            )
            return
        await self._peer.send(self._room, line.removeprefix("/"))

    async def _guarded(self, action: Awaitable[None]) -> None:
        try:
            await action
        except PeerError as error:
            self._view.note(f"The homeserver refused: {clean_line(error.message, 200)}")
        except (aiohttp.ClientError, TimeoutError):
            self._view.note("The homeserver did not answer. Try again in a moment.")

    async def _until_quiet(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + _QUIET_AT_MOST
        while (left := end - loop.time()) > 0 and await self._more_came(min(left, _QUIET_SECONDS)):
            pass

    async def _more_came(self, seconds: float) -> bool:
        seen = len(self._peer.seen_at)
        try:
            await self._peer.wait_until(lambda: len(self._peer.seen_at) > seen, seconds)
        except TimeoutError:
            return False
        return True

    # Commands

    async def _show_help(self, _rest: str) -> None:
        self._view.write(HELP)

    async def _show_rooms(self, _rest: str) -> None:
        peer = self._peer
        self._number_rooms()
        self._invited = set(peer.invited)
        if not self._rooms:
            self._view.note("You are in no room yet. /bot opens the direct chat with the bot.")
        for number, room in enumerate(self._rooms, 1):
            if room in peer.invited:
                note = f"  ({inviter(peer, room)} invites you: /join {number})"
            elif room in peer.joined:
                note = "  (open)" if room == self._room else ""
            else:
                continue
            self._view.write(f"{number:3}  {title(peer, room)}{note}")

    async def _open_named(self, rest: str) -> None:
        room = self._find_room(rest)
        if room is None:
            self._view.note(
                f"I find no room {clean_line(rest)!r}. /rooms shows yours, with numbers."
            )
        elif room in self._peer.invited:
            self._view.note(f"You are only invited there: /join {self._rooms.index(room) + 1}")
        else:
            self._open(room)

    async def _open_bot(self, _rest: str) -> None:
        room = direct_room(self._peer, self._bot)
        if room is None:
            room = await self._peer.create_dm(self._bot, encrypted=True)
        await self._enter(room)

    async def _join(self, rest: str) -> None:
        room = self._find_room(rest) or (rest if rest[:1] in ("#", "!") else None)
        if room is None:
            self._view.note(
                "Which one? /rooms shows your invitations: /join 2, or /join #alias:server"
            )
            return
        await self._enter(room)

    async def _leave(self, _rest: str) -> None:
        if self._room is None:
            self._view.note("No room is open.")
            return
        room, self._room = self._room, None
        await self._peer.leave(room)
        self._view.note(f"You left {title(self._peer, room)}.")

    async def _reply(self, rest: str) -> None:
        number, _, text = rest.partition(" ")
        event = self._view.numbered(number)
        if event is None or not text.strip():
            self._view.note("Like this: /reply 12 thank you (12 is the message's number)")
            return
        relation = relation_of(event)
        thread = relation.get("event_id") if relation.get("rel_type") == "m.thread" else None
        await self._peer.reply(event["room_id"], event["event_id"], text.strip(), thread=thread)

    async def _react(self, rest: str) -> None:
        number, _, key = rest.partition(" ")
        event = self._view.numbered(number)
        if event is None or not key.strip():
            self._view.note("Like this: /react 12 👍 (12 is the message's number)")
            return
        await self._peer.react(event["room_id"], event["event_id"], key.strip())

    async def _show_users(self, _rest: str) -> None:
        if self._room is None:
            self._view.note("No room is open.")
            return
        members = sorted(await self._peer.members(self._room))
        for user in members[:50]:
            self._view.write(f"  {person(self._peer, self._room, user)}  {clean_line(user, 80)}")
        if len(members) > 50:
            self._view.write(f"  and {len(members) - 50} more")

    # Rooms and numbers

    def _number_rooms(self) -> None:
        peer = self._peer
        known = set(self._rooms)
        fresh = (peer.joined | set(peer.invited)) - known
        names = {room: title(peer, room).casefold() for room in fresh if not is_space(peer, room)}
        self._rooms += sorted(names, key=lambda room: (names[room], room))

    def _find_room(self, wanted: str) -> str | None:
        self._number_rooms()
        if wanted.isdecimal():
            index = int(wanted) - 1
            return self._rooms[index] if 0 <= index < len(self._rooms) else None
        if not wanted:
            return None
        if wanted in self._rooms:
            return wanted
        for room in self._rooms:
            alias = self._peer.states[room].get(("m.room.canonical_alias", ""))
            if alias and alias["content"].get("alias") == wanted:
                return room
        names = [(title(self._peer, room).casefold(), room) for room in self._rooms]
        key = wanted.casefold()
        exact = [room for name, room in names if name == key]
        return next(iter(exact or [room for name, room in names if key in name]), None)

    async def _enter(self, room: str) -> None:
        if room not in self._peer.joined:
            partner = direct_inviter(self._peer, room)
            # A room just made, or one joined by its alias, shows itself with the next sync.
            joined = await self._peer.join(room)
            if partner is not None:
                await self._peer.list_direct(partner, joined)
            await self._peer.wait_until(lambda: joined in self._peer.joined)
            room = joined
        self._number_rooms()
        self._open(room)

    def _open(self, room: str) -> None:
        self._room = room
        self._announced.discard(room)
        self._view.heading(title(self._peer, room))
        events = self._peer.timeline[room]
        for event in events[-_SHOWN_ON_OPEN:]:
            self._view.show(room, event)
        self._taken[room] = len(events)

    # What comes in

    async def _show_news(self) -> None:
        """Show what each sync brings, until the login ends."""
        peer = self._peer
        while peer.failure is None:
            rounds = peer.rounds
            for room in list(peer.timeline):
                self._take_in(room)
            self._number_rooms()
            for room in peer.invited.keys() - self._invited:
                if room in self._rooms:
                    who, what = inviter(peer, room), title(peer, room)
                    number = self._rooms.index(room) + 1
                    self._view.note(f"{who} invites you to {what}: /join {number}")
            self._invited = set(peer.invited)
            await peer.next_round(rounds)
        self._view.note("Your login is no longer valid. Start the chat again.")

    def _take_in(self, room: str) -> None:
        events = self._peer.timeline[room]
        start, self._taken[room] = self._taken.get(room, 0), len(events)
        for event in events[start:]:
            if room == self._room:
                self._view.show(room, event)
            elif (
                event["type"] == "m.room.message"
                and event["sender"] != self._peer.user_id
                and room not in self._announced
            ):
                self._announced.add(room)
                self._number_rooms()
                if room in self._rooms:
                    number = self._rooms.index(room) + 1
                    self._view.note(f"News in {title(self._peer, room)}: /room {number}")
