"""A member who sends every wrong thing that encryption knows, while others talk: no stop, no loss."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from bot.crypto import olm
from bot.demo.homeserver import EmbeddedHomeserver
from storage.crypto import devices
from storage.session import Session
from tests.e2e.encrypted import ENCRYPTED, nothing_clear
from tests.e2e.kring import Kring, taken_in
from tests.support.peer import Account, Peer, PeerError
from tests.support.synapse import PASSWORD, NewUser

pytestmark = pytest.mark.e2e

OLM, MEGOLM = "m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"
DEEP: Any = None
for _ in range(200):
    DEEP = [DEEP]
WRONG: tuple[Any, ...] = (
    None, True, 0, -1, 2**53 - 1, "", "a", "\x00", "A" * 43, "A" * 44, "é" * 43, "/" * 20_000, [], [[]],
    {}, {"a": {}}, DEEP,
)  # fmt: skip


def sent(path: str) -> str:
    return f"{path}/{secrets.token_hex(8)}"


class Mallory:
    """An account that encrypts properly, and says what it likes."""

    def __init__(self, peer: Peer, bot: str, seed: int) -> None:
        assert peer._keys is not None
        self.peer, self.bot = peer, bot
        self.engine, self._database = peer._keys._encryption, peer._keys._database
        self.dice = random.Random(seed)
        self.device: devices.Device | None = None

    async def meet(self) -> None:
        """Have an Olm session with the bot's device."""
        await self.engine.fetch_devices(self.bot)
        (self.device,) = await self._database.read(lambda s: devices.of_user(s, self.bot))
        assert await self.engine._sharing._claim([self.device], patient=True) is None

    async def sealed(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        def seal(session: Session) -> dict[str, Any]:
            assert self.device is not None
            return olm.encrypt(session, self.engine.own, self.device, kind, content)

        return await self._database.write(seal)

    async def to_device(self, kind: str, content: Any) -> None:
        body = {"messages": {self.bot: {"*": content}}}
        with contextlib.suppress(PeerError):  # the homeserver does not take everything
            await self.peer.request("PUT", sent(f"/sendToDevice/{kind}"), body)

    async def secretly(self, kind: str, content: dict[str, Any]) -> None:
        await self.to_device("m.room.encrypted", await self.sealed(kind, content))

    def mutations(self, content: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Each field missing, and of a few wrong kinds."""
        for name, value in content.items():
            yield {other: kept for other, kept in content.items() if other != name}
            for wrong in self.dice.sample(WRONG, 2):
                yield content | {name: wrong}
            if isinstance(value, dict):
                for inner in self.mutations(value):
                    yield content | {name: inner}


async def four_of_old(mallory: Mallory) -> None:
    """The events that ended other bots."""
    assert mallory.device is not None
    key, own = mallory.device.curve25519, mallory.engine.own.curve25519

    def olm_event(kind: int, body: str) -> dict[str, Any]:
        ciphertext = {key: {"type": kind, "body": body}}
        return {"algorithm": OLM, "sender_key": own, "ciphertext": ciphertext}

    good = await mallory.sealed("m.dummy", {})
    raw = bytearray(base64.b64decode(good["ciphertext"][key]["body"] + "=="))
    raw[4] ^= 1  # within the one-time key
    unknown = base64.b64encode(raw).decode().rstrip("=")
    events = [olm_event(0, "AwogAAAA"), olm_event(1, "AwogAAAA"), olm_event(0, unknown)]
    for content in (*events, olm_event(0, "\x00"), olm_event(2**40, "AAAA")):
        await mallory.to_device("m.room.encrypted", content)
    room_key = {"algorithm": MEGOLM, "room_id": "!a:b", "session_id": "c", "session_key": "AgAAAA"}
    await mallory.secretly("m.room_key", room_key)


async def fuzzed(mallory: Mallory, room: str) -> None:
    for content in mallory.mutations(await mallory.sealed("m.dummy", {})):
        await mallory.to_device("m.room.encrypted", content)
    room_key = {
        "algorithm": MEGOLM, "room_id": room, "session_id": "A" * 43, "session_key": "Ag" + "A" * 300,
    }  # fmt: skip
    for content in mallory.mutations(room_key):
        await mallory.secretly("m.room_key", content)
        await mallory.secretly("m.forwarded_room_key", content | {"sender_key": "A" * 43})
    withheld = {"room_id": room, "session_id": "A", "code": "m.unverified", "algorithm": MEGOLM}
    for content in mallory.mutations(withheld):
        await mallory.to_device("m.room_key.withheld", content)
    for kind in ("m.key.verification.request", "m.room_key_request", "m.secret.send", "m.dummy"):
        for wrong in mallory.dice.sample(WRONG, 3):
            await mallory.to_device(kind, {"transaction_id": wrong, "methods": wrong})
            await mallory.secretly(kind, {"transaction_id": wrong, "from_device": wrong})
    assert mallory.peer._keys is not None
    said = {"msgtype": "m.text", "body": "just talking"}
    _, event = await mallory.peer._keys.seal(room, "m.room.message", said)
    for content in mallory.mutations(dict(event)):
        with contextlib.suppress(PeerError):  # the homeserver does not take everything
            await Account.send_event(mallory.peer, room, "m.room.encrypted", content)


async def lies(mallory: Mallory, server: EmbeddedHomeserver, anna: Peer) -> None:
    """Devices whose keys are none, or somebody else's."""
    assert anna._keys is not None
    theirs = anna._keys._encryption.own
    for ed25519, curve25519 in (
        (base64.b64encode(b"\5" * 33).decode(), "A" * 43),  # vodozemac panics on that length
        ("A" * 43, theirs.curve25519),
        (theirs.ed25519, theirs.curve25519),
        ("", ""), ("A" * 50_000, "é" * 43), (None, 5),
    ):  # fmt: skip
        liar = await Account.login(server.base_url, mallory.peer.user_id, PASSWORD)
        async with liar:
            device = liar.device_id
            keys = {f"ed25519:{device}": ed25519, f"curve25519:{device}": curve25519}
            name = f"ed25519:{device}"
            body = {
                "user_id": liar.user_id, "device_id": device, "algorithms": [OLM, MEGOLM], "keys": keys,
                "signatures": {liar.user_id: {name: "A" * 86}},
            }  # fmt: skip
            forged = {"key": "A" * 43, "signatures": {liar.user_id: {name: "A" * 86}}}
            upload = {"device_keys": body, "one_time_keys": {"signed_curve25519:A": forged}}
            with contextlib.suppress(PeerError):  # the homeserver does not take everything
                await liar.request("POST", "/keys/upload", upload)


async def another_ones_session(mallory: Mallory, anna: Peer, room: str) -> None:
    """What somebody else wrote, said again as a new event, and their key given away as one's own."""
    for event in [e for e in anna.timeline[room] if "ciphertext" in e.get("content", {})][:5]:
        await Account.send_event(mallory.peer, room, "m.room.encrypted", event["content"])


async def test_others_are_answered_whatever_somebody_sends(
    kring: Kring, homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", encrypts=True)
    peer = await new_user("mallory", encrypts=True, accept_invites=True)
    quiet = await kring.invited_by(anna, name="Without her", **ENCRYPTED)
    room = await kring.invited_by(anna, peer, name="With her", **ENCRYPTED)
    async with kring.running() as app:
        await kring.arrives(anna, room, quiet)
        await taken_in(app, room, quiet)
        await peer.wait_until(lambda: room in peer.joined)
        mallory = Mallory(peer, kring.user_id, 7)
        await mallory.meet()
        asked: list[str] = []

        async def talk() -> None:
            for number in range(30):
                for place in (room, quiet):
                    await anna.send(place, f"!echo {number}")
                asked.append(f"echo {number}")

        talking = asyncio.create_task(talk())
        await lies(mallory, homeserver, anna)
        await four_of_old(mallory)
        await fuzzed(mallory, room)
        await another_ones_session(mallory, anna, room)
        await talking
        for place in (room, quiet):
            await anna.send(place, "!echo end")
            await anna.expect(place, "echo end", 30)
        assert not app._fatal.done()
        assert (app.faults, app.worker.gave_up, app.sender.failed) == (0, 0, 0)
        assert app.worker.lanes.failures == app.sender.lanes.failures == 0
        # She is served herself, where what she wrote holds nothing back that she says.
        direct = await peer.create_dm(kring.user_id, encrypted=True)
        await kring.arrives(peer, direct)
        await peer.send(direct, "echo sorry")
        await peer.expect(direct, "echo sorry")
    for place in (room, quiet):
        heard = [text for text in kring.said(anna, place) if text.startswith("echo ")]
        assert heard == [*asked, "echo end"]
    await nothing_clear(anna, kring.user_id, room, quiet)
