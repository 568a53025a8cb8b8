"""The means of the scripted tour: people who type, answers that are looked at, and what must come true.

What is told with them stands in `bot.demo.story` and the modules that it plays; what is asked of the
homeserver and the database, in `bot.demo.tour_checks`.
"""

from __future__ import annotations

import asyncio
import sys
import textwrap
from collections.abc import Awaitable, Callable

from bot.demo.peer import Event, Peer, body_of
from bot.demo.world import BOT, PASSWORD, SERVER, World
from storage import networks, outbox, rooms

SECONDS = 20.0


class Tour:
    """Plays people. Every answer that lacks something expected is kept in `failures`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.failures: list[str] = []
        self.answers = 0
        self._peers: dict[str, Peer] = {}
        self._directs: dict[str, str] = {}
        self._last: dict[tuple[str, str], str] = {}

    async def close(self) -> None:
        for peer in self._peers.values():
            await peer.stop()

    async def peer(self, who: str) -> Peer:
        if who not in self._peers:
            peer = await Peer.login(self.world.homeserver.base_url, who, PASSWORD)
            peer.accept_invites = peer.encrypts = True
            await peer.start()
            await peer.catch_up()
            self._peers[who] = peer
        return self._peers[who]

    async def place(self, who: str, where: str) -> str:
        """The room for a network's slug, a team's name or its id; the person's direct chat for 'direct'."""
        if where.startswith("!"):
            return where
        assert self.world.app is not None
        database = self.world.app.database
        if where == "direct":
            if who not in self._directs:
                user = f"@{who}:{SERVER}"
                known = await database.read(lambda session: rooms.direct_with(session, user))
                peer = await self.peer(who)
                if known is not None:
                    self._directs[who] = known.room_id
                    if known.room_id not in peer.joined:
                        await peer.join(known.room_id)
                    await self._until_said(who)
                    await peer.catch_up()
                else:
                    self._directs[who] = await peer.create_dm(BOT, encrypted=True)
                    await peer.expect(self._directs[who], from_bot, timeout=SECONDS)
            return self._directs[who]
        if where in ("staff", "buyers", "ethics", "space"):
            kind: rooms.Kind = where  # type: ignore[assignment]  # one of the four, just checked
            return (await database.read(lambda session: rooms.of_kind(session, kind)))[0].room_id
        network = await database.read(lambda session: networks.by_slug(session, where))
        assert network is not None and network.room_id is not None, where
        return network.room_id

    async def _until_said(self, who: str) -> None:
        """What waited for the person to come is said before they say anything."""
        assert self.world.app is not None
        lane = f"@{who}:{SERVER}"
        async with asyncio.timeout(SECONDS):
            while lane in await self.world.app.database.read(outbox.waiting_lanes):  # noqa: ASYNC110
                await asyncio.sleep(0.1)  # a database wakes nobody

    # --- what happens --------------------------------------------------------------------------

    def part(self, title: str) -> None:
        print(f"\n== {title}", flush=True)

    async def say(
        self, who: str, text: str, *expected: str, at: str = "direct", absent: str = ""
    ) -> Event:
        """Type something; the bot's next answer there must hold all that is expected."""
        peer, room = await self.peer(who), await self.place(who, at)
        print(f"\n{who}{'' if at == 'direct' else f' in {at}'}> {text}", flush=True)
        event_id = await peer.send(room, text)
        return await self.answer(peer, who, room, event_id, expected, absent)

    async def hears(self, who: str, *expected: str, at: str = "direct", absent: str = "") -> Event:
        """The bot says something of its own accord, perhaps after other things."""
        peer, room = await self.peer(who), await self.place(who, at)
        print(f"\n({who} hears of it)", flush=True)
        after = self._last.get((who, room))

        def fits(event: Event) -> bool:
            text = body_of(event).casefold()
            return from_bot(event) and all(part.casefold() in text for part in expected)

        return await self.answer(peer, who, room, after, expected, absent, matching=fits)

    async def talk(self, who: str, *turns: tuple[str, str], at: str = "direct") -> Event:
        """A conversation: what is said, and what the next question or answer must hold."""
        event: Event = {}
        for text, expected in turns:
            event = await self.say(who, text, expected, at=at)
        return event

    async def react(
        self, who: str, to: Event, emoji: str, *expected: str, at: str = "direct"
    ) -> Event:
        peer, room = await self.peer(who), await self.place(who, at)
        print(f"\n{who} reacts: {emoji}", flush=True)
        event_id = await peer.react(room, to["event_id"], emoji)
        return await self.answer(peer, who, room, event_id, expected)

    async def reply(
        self, who: str, to: Event, text: str, *expected: str, at: str = "direct"
    ) -> Event:
        peer, room = await self.peer(who), await self.place(who, at)
        print(f"\n{who} replies> {text}", flush=True)
        event_id = await peer.reply(room, to["event_id"], text)
        return await self.answer(peer, who, room, event_id, expected)

    async def send_file(
        self, who: str, name: str, data: bytes, *expected: str, mimetype: str = "text/csv"
    ) -> Event:
        peer, room = await self.peer(who), await self.place(who, "direct")
        print(f"\n{who} sends {name}", flush=True)
        event_id = await peer.send_file(room, data, mimetype, name)
        return await self.answer(peer, who, room, event_id, expected)

    async def skip(self, peer: Peer, who: str, room: str, after: str) -> None:
        """Wait for an answer that does not matter here."""
        event = await peer.expect(room, from_bot, timeout=SECONDS, after=after)
        self._last[who, room] = event["event_id"]

    def expect(self, fulfilled: bool, what: str) -> None:
        self.answers += 1
        if fulfilled:
            print(f"  [ok] {what}", flush=True)
        else:
            self._miss(what)

    async def check(self, what: str, condition: Callable[[], Awaitable[bool]]) -> None:
        """Something that must come true within the time that an answer may take."""
        self.answers += 1
        try:
            async with asyncio.timeout(SECONDS):
                while not await condition():  # noqa: ASYNC110 (it is asked of the homeserver)
                    await asyncio.sleep(0.1)
        except TimeoutError:
            self._miss(what)
            return
        print(f"  [ok] {what}", flush=True)

    async def run(self, *arguments: str, expected: str) -> None:
        """Run `kring` itself beside the bot, as an operator would."""
        config = self.world.folder / "config.toml"
        print(f"\n$ kring {' '.join(arguments)}", flush=True)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "--config", str(config), *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        text = output.decode(errors="replace")
        print(textwrap.indent(text.strip(), "  "), flush=True)
        self.answers += 1
        if process.returncode != 0:
            self._miss(f"kring {' '.join(arguments)}: exit code {process.returncode}")
        elif not expected or expected not in text:
            self._miss(f"kring {' '.join(arguments)}: {expected!r} is missing")

    # --- inside --------------------------------------------------------------------------------

    async def answer(
        self,
        peer: Peer,
        who: str,
        room: str,
        after: str | None,
        expected: tuple[str, ...],
        absent: str = "",
        matching: Callable[[Event], bool] | None = None,
    ) -> Event:
        """The bot's next message in the room after an event (None: any) must hold what is expected.

        Raises ValueError where nothing is expected: any message at all would do.
        """
        if not expected or not all(expected):
            raise ValueError(f"say what {who} must hear")
        self.answers += 1
        try:
            event = await peer.expect(room, matching or from_bot, timeout=SECONDS, after=after)
        except AssertionError:
            self._miss("no answer came")
            return {"event_id": "", "content": {}}
        self._last[who, room] = event["event_id"]
        text = body_of(event)
        print(textwrap.indent(text, "  "), flush=True)
        for part in expected:
            if part.casefold() not in text.casefold():
                self._miss(f"{part!r} is missing")
        if absent and absent.casefold() in text.casefold():
            self._miss(f"{absent!r} should not be there")
        return event

    def _miss(self, what: str) -> None:
        self.failures.append(what)
        print(f"  [MISSING] {what}", flush=True)


def from_bot(event: Event) -> bool:
    return bool(event["sender"] == BOT and event["type"] == "m.room.message")
