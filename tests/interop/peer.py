"""People whose client is matrix-js-sdk with its rust crypto, in one node process for each test.

`JsPeople` runs the process and speaks its protocol (`peer.mjs`); `JsPerson` is what one of them can do.
What they see is in `tests.interop.seen`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
from asyncio.subprocess import PIPE, Process
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.interop.seen import Heard, PeerFault, Verification

FOLDER = Path(__file__).parent
_SECONDS = 20.0
_LONGEST_LINE = 32 * 1024 * 1024


class JsPeople:
    """The node process; entered, it runs."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._numbers = itertools.count(1)
        self._process: Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._people: dict[str, JsPerson] = {}
        self.errors: deque[str] = deque(maxlen=60)

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            self._node,
            "peer.mjs",
            cwd=FOLDER,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=_LONGEST_LINE,
        )
        self._readers = [
            asyncio.create_task(self._read(self._process)),
            asyncio.create_task(self._read_errors(self._process)),
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._process
        assert process is not None and process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        await asyncio.gather(*self._readers, return_exceptions=True)
        for waiting in self._asked.values():
            waiting.cancel()

    async def login(
        self,
        url: str,
        user: str,
        password: str,
        *,
        identity: bool = True,
        storage: bool = False,
    ) -> JsPerson:
        """A new device of an account, in sync.

        With `identity` it makes the account's cross-signing keys, with `storage` it keeps them in secret
        storage too, with a key backup.
        """
        name = str(next(self._numbers))
        person = JsPerson(self, name)
        self._people[name] = person
        login = await person.do(
            "login", url=url, user=user, password=password, identity=identity, storage=storage
        )
        person.user_id = login["user"]
        person.device_id = login["device"]
        person.access_token = login["token"]
        return person

    async def ask(self, person: str, verb: str, given: dict[str, Any], seconds: float) -> Any:
        """Have one of them do something; what came of it. Raises PeerFault."""
        assert self._process is not None and self._process.stdin is not None
        number = next(self._numbers)
        waiting = asyncio.get_running_loop().create_future()
        self._asked[number] = waiting
        line = {"id": number, "person": person, "do": verb, **given}
        self._process.stdin.write(json.dumps(line).encode() + b"\n")
        try:
            async with asyncio.timeout(seconds):
                return await waiting
        except TimeoutError:
            raise PeerFault(f"no answer to {verb} {given}\n{self.said()}") from None
        finally:
            self._asked.pop(number, None)

    def said(self) -> str:
        """The last that the process said on standard error."""
        return "\n".join(self.errors)

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        async for raw in process.stdout:
            line = json.loads(raw)
            if "event" in line:
                if person := self._people.get(line["person"]):
                    await person.take(line)
            elif (waiting := self._asked.get(line["id"])) and not waiting.done():
                if "err" in line:
                    waiting.set_exception(PeerFault(line["err"]))
                else:
                    waiting.set_result(line["ok"])
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(PeerFault(f"the process ended\n{self.said()}"))

    async def _read_errors(self, process: Process) -> None:
        assert process.stderr is not None
        async for raw in process.stderr:
            self.errors.append(raw.decode(errors="replace").rstrip())


class JsPerson:
    """Made by `JsPeople.login`."""

    def __init__(self, people: JsPeople, name: str) -> None:
        self._people = people
        self._name = name
        self._news = asyncio.Condition()
        self.user_id = ""
        self.device_id = ""
        self.access_token = ""
        self.timeline: dict[str, dict[str, Heard]] = defaultdict(dict)
        self.invited: dict[str, str] = {}
        self.verifications: dict[int, Verification] = {}

    async def do(self, verb: str, *, seconds: float = _SECONDS, **given: Any) -> Any:
        """One verb of the protocol (a method of `Person` in person.mjs). Raises PeerFault."""
        return await self._people.ask(self._name, verb, given, seconds)

    async def until(
        self, condition: Callable[[], bool], what: str, seconds: float = _SECONDS
    ) -> None:
        """Wait for something that this person's client tells by itself. Raises PeerFault."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(condition)
        except TimeoutError:
            raise PeerFault(f"{self.user_id} waited for {what}\n{self._people.said()}") from None

    # --- rooms -------------------------------------------------------------------------------

    async def create_room(
        self, *invite: str, direct: bool = False, encrypted: bool = True, **more: Any
    ) -> str:
        """A new private room, encrypted from the start; its id."""
        return str(
            await self.do(
                "createRoom", invite=[*invite], direct=direct, encrypted=encrypted, more=more
            )
        )

    async def join(self, room: str, *, encrypted: bool = True) -> None:
        """Accept an invitation, which is awaited."""
        await self.do("join", room=room, encrypted=encrypted)

    async def is_invited(self, user: str) -> str:
        """Wait for an invitation of someone, the latest; the room's id."""

        def found() -> list[str]:
            return [room for room, inviter in self.invited.items() if inviter == user]

        await self.until(lambda: bool(found()), f"an invitation of {user}")
        return found()[-1]

    async def sees(self, room: str, *users: str, membership: str = "join") -> None:
        """Wait until these have joined, or whatever else, as far as this person sees."""
        for user in users:
            await self.do("sees", room=room, user=user, membership=membership)

    async def kick(self, room: str, user: str) -> None:
        await self.do("kick", room=room, user=user)

    # --- messages ----------------------------------------------------------------------------

    async def send(self, room: str, text: str, **more: Any) -> str:
        """Send a text; the event's id."""
        return str(await self.do("send", room=room, text=text, more=more))

    async def send_file(self, room: str, data: bytes, filename: str, mimetype: str) -> str:
        """Send an encrypted file; the event's id."""
        return str(
            await self.do(
                "sendFile",
                room=room,
                data=base64.b64encode(data).decode(),
                filename=filename,
                mimetype=mimetype,
            )
        )

    async def download(self, file: dict[str, Any]) -> tuple[bytes, bytes]:
        """The file that an event's `file` tells of, decrypted, and as it is stored."""
        got = await self.do("download", file=file)
        return base64.b64decode(got["data"]), base64.b64decode(got["stored"])

    async def hears(self, room: str, body: str, sender: str = "") -> Heard:
        """Wait for a message with exactly this text, readable."""

        def found() -> list[Heard]:
            return [
                heard
                for heard in self.messages(room, sender)
                if heard.failure is None and heard.body == body
            ]

        await self._until_heard(room, lambda: bool(found()), repr(body))
        return found()[-1]

    async def hears_event(
        self, room: str, matches: Callable[[Heard], bool], what: str = "an event"
    ) -> Heard:
        """Wait for an event of a room."""

        def found() -> list[Heard]:
            return [heard for heard in self.timeline[room].values() if matches(heard)]

        await self._until_heard(room, lambda: bool(found()), what)
        return found()[-1]

    async def cannot_read(self, room: str, sender: str = "") -> Heard:
        """Wait for a message that stays unreadable for this person."""
        return await self.hears_event(
            room,
            lambda heard: heard.failure is not None and sender in ("", heard.sender),
            "something unreadable",
        )

    def messages(self, room: str, sender: str = "") -> list[Heard]:
        """The messages of a room so far, in order; of one sender or of all."""
        return [
            heard
            for heard in self.timeline[room].values()
            if heard.type in ("m.room.message", "m.room.encrypted") and sender in ("", heard.sender)
        ]

    def bodies(self, room: str, sender: str = "") -> list[str]:
        """The texts of a room so far."""
        return [heard.body for heard in self.messages(room, sender)]

    async def _until_heard(self, room: str, condition: Callable[[], bool], what: str) -> None:
        try:
            await self.until(condition, what)
        except PeerFault as fault:
            seen = "\n".join(
                f"  {heard.sender} {heard.type} {heard.body!r} {heard.failure or ''}"
                for heard in self.timeline[room].values()
            )
            raise PeerFault(f"{fault}\nheard in {room}:\n{seen or '  nothing'}") from None

    # --- trust -------------------------------------------------------------------------------

    async def status(self, user: str) -> dict[str, Any]:
        """What this client thinks of someone: `known`, `verified`, `wasVerified`, `changed` (the warning
        about a new identity), `identity` (the public master key) and `devices`, each `signed` (by its
        owner) and `verified`."""
        found: dict[str, Any] = await self.do("status", user=user)
        return found

    async def trusts(self, user: str) -> None:
        """Wait until someone is verified, as far as this client knows."""
        await self.do("trusts", user=user)

    async def verify(
        self, user: str, *, device: str | None = None, room: str | None = None
    ) -> Verification:
        """Ask someone to verify: on one device, or in a room."""
        number = await self.do("requestVerification", user=user, device=device, room=room)
        verification = self._verification(number)
        verification.user, verification.room = user, room
        return verification

    async def is_asked(self, user: str) -> Verification:
        """Wait until someone asks to verify."""

        def found() -> list[Verification]:
            return [one for one in self.verifications.values() if one.user == user]

        await self.until(lambda: bool(found()), f"a request of {user}")
        return found()[-1]

    # --- inside ------------------------------------------------------------------------------

    def _verification(self, number: int) -> Verification:
        return self.verifications.setdefault(number, Verification(self, number))

    async def take(self, told: dict[str, Any]) -> None:
        """Note what the client tells by itself."""
        kind = told["event"]
        async with self._news:
            if kind == "message":
                heard = Heard(**{name: told[name] for name in Heard.__slots__})
                self.timeline[told["room"]][heard.id] = heard
            elif kind == "invited":
                self.invited[told["room"]] = told["user"]
            else:
                self._take_verification(self._verification(told["request"]), kind, told)
            self._news.notify_all()

    @staticmethod
    def _take_verification(one: Verification, kind: str, told: dict[str, Any]) -> None:
        match kind:
            case "request":
                one.user, one.room = told["user"], told["room"]
            case "phase":
                one.phase, one.code, one.by = told["phase"], told["code"], told["by"]
            case "emoji":
                one.emoji = [sign for sign, _ in told["emoji"]]
                one.decimal = told["decimal"]
            case "verified":
                one.verified = True
            case "refused":
                one.refused = told["error"]
