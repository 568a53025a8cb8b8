"""The scripted tour of every feature: what people type, and what must come back.

`kring demo --exercise` plays it in a fresh world, shows the answers, and fails when one is missing. Each
part is a small story that a newcomer could play by hand.
"""

from __future__ import annotations

import asyncio
import sys
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.demo import tour_networks
from bot.demo.peer import Event, Peer, body_of
from bot.demo.world import BOT, PASSWORD, SERVER, World
from storage import networks, rooms

_SECONDS = 20.0


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
            peer.accept_invites = True
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
                        await peer.catch_up()
                else:
                    self._directs[who] = await peer.create_dm(BOT)
                    await peer.expect(self._directs[who], _from_bot, timeout=_SECONDS)
            return self._directs[who]
        if where in ("staff", "buyers", "space"):
            kind: rooms.Kind = where  # type: ignore[assignment]  # one of the three, just checked
            return (await database.read(lambda session: rooms.of_kind(session, kind)))[0].room_id
        network = await database.read(lambda session: networks.by_slug(session, where))
        assert network is not None and network.room_id is not None, where
        return network.room_id

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

    async def hears(self, who: str, *expected: str, at: str = "direct") -> Event:
        """The bot says something of its own accord, perhaps after other things."""
        peer, room = await self.peer(who), await self.place(who, at)
        print(f"\n({who} hears of it)", flush=True)
        after = self._last.get((who, room))

        def fits(event: Event) -> bool:
            text = body_of(event).casefold()
            return _from_bot(event) and all(part.casefold() in text for part in expected)

        return await self.answer(peer, who, room, after, expected, matching=fits)

    async def talk(self, who: str, *turns: tuple[str, str], at: str = "direct") -> Event:
        """A conversation: what is said, and what the next question or answer must hold."""
        event: Event = {}
        for text, expected in turns:
            event = await self.say(who, text, expected, at=at)
        return event

    async def react(self, who: str, to: Event, emoji: str, *expected: str) -> Event:
        peer, room = await self.peer(who), await self.place(who, "direct")
        print(f"\n{who} reacts: {emoji}", flush=True)
        event_id = await peer.react(room, to["event_id"], emoji)
        return await self.answer(peer, who, room, event_id, expected)

    async def reply(self, who: str, to: Event, text: str, *expected: str) -> Event:
        peer, room = await self.peer(who), await self.place(who, "direct")
        print(f"\n{who} replies> {text}", flush=True)
        event_id = await peer.reply(room, to["event_id"], text)
        return await self.answer(peer, who, room, event_id, expected)

    async def send_file(self, who: str, name: str, data: bytes, *expected: str) -> Event:
        peer, room = await self.peer(who), await self.place(who, "direct")
        print(f"\n{who} sends {name}", flush=True)
        event_id = await peer.send_file(room, data, "text/csv", name)
        return await self.answer(peer, who, room, event_id, expected)

    async def skip(self, peer: Peer, who: str, room: str, after: str) -> None:
        """Wait for an answer that does not matter here."""
        event = await peer.expect(room, _from_bot, timeout=_SECONDS, after=after)
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
            async with asyncio.timeout(_SECONDS):
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
        if process.returncode != 0 or expected not in text:
            self._miss(f"kring {' '.join(arguments)}: exit code {process.returncode}")

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
        """The bot's next message in the room after an event (None: any) must hold what is expected."""
        self.answers += 1
        try:
            event = await peer.expect(room, matching or _from_bot, timeout=_SECONDS, after=after)
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


def _from_bot(event: Event) -> bool:
    return bool(event["sender"] == BOT and event["type"] == "m.room.message")


async def play(world: World) -> int:
    """Play every part; 0 if nothing was missing, else 1."""
    tour = Tour(world)
    try:
        for part in (
            _first_words,
            _finding,
            _networks,
            _joining,
            _profile,
            _own_data,
            _mistakes,
            _proposing,
            _animating,
            tour_networks.edges_of_joining,
            tour_networks.initiative,
            tour_networks.changed,
            tour_networks.adopted,
            _staff,
            _operating,
        ):
            await part(tour)
    finally:
        await tour.close()
    print(f"\n{tour.answers} answers, {len(tour.failures)} missing.", flush=True)
    for failure in tour.failures:
        print(f"  {failure}")
    return 1 if tour.failures else 0


async def _first_words(tour: Tour) -> None:
    tour.part("The first words, in three languages, with a typing error")
    await tour.say("grace", "help", "!find", "!networks")
    await tour.say("anna", "hulp zoek", "!zoek")
    await tour.say("bilal", "aide", "!cherche")
    await tour.say("grace", "netwroks", "!networks")
    await tour.say("grace", "!language klingon", "English")
    await tour.say("grace", "@kring:localhost: help find", "find", at="training")


async def _finding(tour: Tour) -> None:
    tour.part("Members find each other, across languages")
    await tour.say("anna", "!zoek vertaler gent", "Dries Coppens")
    await tour.say("bilal", "!cherche traductrice gand", "Anna Verhulst", "Dries Coppens")
    await tour.say("grace", "!find translater ghent", "Anna Verhulst")
    await tour.say("grace", "!find cineast", "Bilal Benmoussa")
    await tour.say("grace", "!find filmmaker place:brussel", "Bilal Benmoussa", at="training")
    await tour.say("anna", "zoek qwertzuiop", "")
    await tour.say("grace", "!profile @bilal:localhost", "Bilal Benmoussa", "documentaire")


async def _networks(tour: Tour) -> None:
    tour.part("Networks, with the criterion for their existence")
    await tour.say("grace", "!networks", "Translators and interpreters", "sharing")
    await tour.say("anna", "!netwerk vertalers", "Minstens 20 vennoten")
    await tour.say("bilal", "!réseau audiovisuel", "Au moins 15 sociétaires")


async def _joining(tour: Tour) -> None:
    tour.part("Joining: open, on approval, and leaving again")
    translators = await tour.place("karim", "translators")
    await tour.say("karim", "!rejoindre translators", "")
    await tour.check("karim is in the room of the translators", _is_in(tour, "karim", translators))
    audiovisual = await tour.place("grace", "audiovisual")
    await tour.place("bilal", "direct")
    await tour.say("grace", "!join audiovisual", "")
    request = await tour.hears("bilal", "Grace")
    await tour.react("bilal", request, "👍", "")
    await tour.check("grace is in the audiovisual room", _is_in(tour, "grace", audiovisual))
    await tour.talk("karim", ("!quitter translators", ""), ("oui", ""))
    await tour.check(
        "karim has left the translators", _is_in(tour, "karim", translators, wanted=False)
    )


async def _profile(tour: Tour) -> None:
    tour.part("A profile by conversation, and who may see it")
    await tour.talk(
        "elif",
        ("!profiel aanpassen vaardigheden", ""),
        ("vegetarisch koken; zuurdesem", ""),
    )
    await tour.say("elif", "!profiel", "zuurdesem")
    await tour.say("grace", "!find zuurdesem", "Elif")
    await tour.say("elif", "!zichtbaarheid vaardigheden niemand", "")
    await tour.say("grace", "!find zuurdesem", "", absent="Elif")
    await tour.say("elif", "!zichtbaar nee", "")
    await tour.say("grace", "!find Elif", "", absent="Yıldız")
    await tour.say("elif", "!zichtbaar ja", "")
    await tour.talk(
        "grace",
        ("profile edit", "1 of"),
        ("skip", "2 of"),
        ("back", "1 of"),
        ("!find Elif", "Elif"),
        ("cancel", ""),
    )


async def _own_data(tour: Tour) -> None:
    tour.part("One's own data, and people whom one avoids")
    await tour.say("rosa", "!mesdonnées", "Tournai")
    await tour.say("rosa", "!bloquer @thomas:localhost", "Thomas")
    await tour.say("thomas", "!find Rosa", "", absent="Colombo")
    await tour.say("rosa", "!débloquer @thomas:localhost", "Thomas")
    await tour.say("rosa", "!mesdonnées exporter", "JSON")
    await tour.talk("stijn", ("!mijngegevens wissen", ""), ("annuleer", ""))


async def _mistakes(tour: Tour) -> None:
    tour.part("A mistake is mended by editing the message, and never carried out twice")
    peer, room = await tour.peer("grace"), await tour.place("grace", "direct")
    print("\ngrace> !fnd translator ghent, and then mends it", flush=True)
    event_id = await peer.send(room, "!fnd translator ghent")
    answer = await peer.expect(room, _from_bot, timeout=_SECONDS, after=event_id)
    edit_id = await peer.edit(room, event_id, "!find translator ghent")
    replaced = await tour.answer(peer, "grace", room, edit_id, ("Anna Verhulst",))
    relation = replaced["content"].get("m.relates_to", {})
    tour.expect(
        relation.get("event_id") == answer["event_id"], "the first answer was edited in place"
    )
    thread = await peer.send(room, "Let us talk of food.")
    await tour.skip(peer, "grace", room, thread)
    relation = {"rel_type": "m.thread", "event_id": thread}
    content = {"msgtype": "m.text", "body": "!find elif gent", "m.relates_to": relation}
    asked = await peer.send_event(room, "m.room.message", content)
    print("\ngrace, in a thread> !find elif gent", flush=True)
    inside = await tour.answer(peer, "grace", room, asked, ("Elif",))
    relation = inside["content"].get("m.relates_to", {})
    tour.expect(relation.get("event_id") == thread, "the answer stays in the thread")


async def _proposing(tour: Tour) -> None:
    tour.part("A member proposes a network, others support it, staff hear of it and open it")
    await tour.place("valerie", "direct")
    await tour.talk(
        "paula",
        ("!propose network", "called"),
        ("Urban gardens", "kind"),
        ("3", "for whom"),
        ("Members who grow food in the city, together.", "region"),
        ("brussels", "Urban gardens"),
    )
    await tour.say("grace", "!proposals", "Urban gardens")
    for who in ("grace", "thomas", "anna", "bilal", "dries"):
        await tour.say(who, "!support 1", "Urban gardens")
    await tour.say("grace", "!support 1", "Urban gardens")
    await tour.hears("valerie", "Urban gardens", at="staff")


async def _animating(tour: Tour) -> None:
    tour.part("An animator runs a network")
    await tour.say("rosa", "!rejoindre audiovisual", "Audiovisuel")
    request = await tour.hears("bilal", "Rosa Colombo")
    await tour.reply("bilal", request, "non, nous sommes complets pour le moment", "Rosa Colombo")
    await tour.hears("rosa", "complets")
    await tour.say("karim", "!rejoindre eco-building", "")
    await tour.say("hugo", "!réseau demandes", "Karim Lahlou")
    await tour.say("hugo", "!réseau approuver @karim:localhost", "Karim Lahlou")
    await tour.say("bilal", "!réseau phase audiovisual lancement", "Audiovisuel")
    await tour.say("bilal", "!réseau ambassadeur audiovisual @lotte:localhost", "Lotte Wouters")
    await tour.say("bilal", "!réseau checklist audiovisual", "1.")
    await tour.say("grace", "!network stage audiovisual closed", "")
    await tour.say("bilal", "!réseau animateur audiovisual @lotte:localhost", "Lotte Wouters")
    room = await tour.place("lotte", "audiovisual")
    await tour.check("lotte has a moderator's power there", _has_power(tour, "lotte", room))
    await tour.say("lotte", "!netwerk audiovisual", "Lotte Wouters")
    await tour.talk(
        "bilal",
        ("!réseau modifier audiovisual", "1."),
        ("annuler", ""),
    )
    await tour.say("bilal", "!réseau préfixe $", "$", at="audiovisual")
    await tour.say("bilal", "$aide réseau préfixe", "$réseau", at="audiovisual")
    await tour.say("bilal", "$réseau préfixe !", "!", at="audiovisual")


async def _staff(tour: Tour) -> None:
    tour.part("Staff: a new network, suggestions, observation, codes, a register as a file")
    await tour.talk(
        "valerie",
        ("!réseau nouveau", "1."),
        ("3", "1."),
        ("fr", "?"),
        ("Jardins partagés", "?"),
        ("Cultiver ensemble en ville.", "?"),
        ("Bruxelles", "1."),
        ("2", "?"),
        ("La coopérative veut nourrir ses quartiers.", "?"),
        ("passer", "1."),
        ("1", "?"),
        ("passer", "1."),
        ("2", "Jardins partagés"),
        ("oui", "Jardins partagés"),
    )
    await tour.hears("valerie", "Jardins partagés")
    garden = await tour.place("valerie", "jardins-partages")
    await tour.check("the bot is in the new room", _is_in(tour, "kring", garden))
    await tour.say("grace", "!network jardins", "Cultiver ensemble en ville.")
    await tour.say("valerie", "!réseau suggérer", ":", at="staff")
    await tour.say("valerie", "!réseau observer", ":", at="staff")
    await tour.say("grace", "!network suggest", "staff", absent="musicien")
    answer = await tour.say("valerie", "!sociétaire code K000010", "K000010")
    code = next(
        (word for word in body_of(answer).split() if word.count("-") == 2 and len(word) == 14), ""
    )
    await tour.world.homeserver.register("newcomer", PASSWORD, displayname="New Comer")
    await tour.say("newcomer", f"link {code}", "register")
    await tour.say("newcomer", f"link {code}", "code")
    await tour.talk("valerie", ("!importer sociétaires", "1."), ("1", ""))
    data = await asyncio.to_thread(_register(tour).read_bytes)
    await tour.send_file("valerie", "register.csv", data, "624")


async def _operating(tour: Tour) -> None:
    tour.part("The operator's commands, beside the running bot")
    await tour.run("network", "list", expected="sharing")
    await tour.run("import", "members", "--dry-run", str(_register(tour)), expected="unchanged")
    await tour.run("backup", str(tour.world.folder / "backup.db"), expected="")
    await tour.run("check", expected="")


def _register(tour: Tour) -> Path:
    return tour.world.folder / "register.csv"


def _has_power(tour: Tour, who: str, room: str) -> Callable[[], Awaitable[bool]]:
    """Whether somebody has a moderator's power, by the room's current state."""

    async def ask() -> bool:
        app = tour.world.app
        assert app is not None
        levels = await app.homeserver.state(room, "m.room.power_levels")
        power = (levels or {}).get("users", {}).get(f"@{who}:{SERVER}", 0)
        return bool(power >= 50)

    return ask


def _is_in(
    tour: Tour, who: str, room: str, *, wanted: bool = True
) -> Callable[[], Awaitable[bool]]:
    """Whether the homeserver says that somebody is in a room."""

    async def ask() -> bool:
        app = tour.world.app
        assert app is not None
        answer = await app.homeserver.request(
            "GET", f"/_matrix/client/v3/rooms/{room}/joined_members"
        )
        there = f"@{who}:{SERVER}" in answer["joined"]
        return there is wanted

    return ask
