"""A person's client in a verification, written from the specification and without the bot's own code.

X25519, HKDF and HMAC are pycryptodome's and the standard library's. It keeps nothing of a screen: what it
would show is in `emoji` and `decimals`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from Crypto.Hash import SHA256
from Crypto.Protocol.DH import import_x25519_public_key, key_agreement
from Crypto.Protocol.KDF import HKDF
from Crypto.PublicKey import ECC

MAC_OLD, MAC_NEW = "hkdf-hmac-sha256", "hkdf-hmac-sha256.v2"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def unpadded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def in_place_base64(data: bytes) -> str:
    """What libolm made of a MAC: it encoded a buffer into itself, and read what it had just written."""
    buffer = bytearray(data) + bytearray(43 - len(data))
    for group in range(10):
        value = int.from_bytes(buffer[3 * group : 3 * group + 3], "big")
        for digit in range(4):
            buffer[4 * group + 3 - digit] = _ALPHABET[value >> 6 * digit & 63]
    value = int.from_bytes(buffer[30:32], "big") << 2
    for digit in range(3):
        buffer[42 - digit] = _ALPHABET[value >> 6 * digit & 63]
    return buffer.decode()


class Person:
    """`room` is set for a verification in a room; `bot` is (user, device) of whom it verifies."""

    def __init__(
        self,
        user: str,
        device: str,
        bot: tuple[str, str],
        *,
        transaction: str,
        room: str | None = None,
        macs: Sequence[str] = (MAC_NEW, MAC_OLD),
        strings: Sequence[str] = ("decimal", "emoji"),
    ) -> None:
        self.user, self.device, self.bot = user, device, bot
        self.transaction, self.room = transaction, room
        self.ed25519 = unpadded(hashlib.sha256(f"{user} {device}".encode()).digest())
        self.master = unpadded(hashlib.sha256(user.encode()).digest())
        self.macs, self.strings = list(macs), list(strings)
        self.emoji: tuple[int, ...] = ()
        self.decimals: tuple[int, ...] = ()
        self._secret = ECC.generate(curve="Curve25519")
        self.public = unpadded(self._secret.public_key().export_key(format="raw"))
        self.started: dict[str, Any] = {}
        self._accepted: Mapping[str, Any] = {}
        self._shared = b""
        self._their_public = ""

    # --- what it sends -----------------------------------------------------------------------

    def _with_place(self, content: dict[str, Any]) -> dict[str, Any]:
        if self.room is None:
            return {**content, "transaction_id": self.transaction}
        relation = {"rel_type": "m.reference", "event_id": self.transaction}
        return {**content, "m.relates_to": relation}

    def request(self, now: int, methods: Sequence[str] = ("m.sas.v1",)) -> dict[str, Any]:
        common = {"from_device": self.device, "methods": list(methods)}
        if self.room is None:
            return {**common, "transaction_id": self.transaction, "timestamp": now}
        return {
            **common,
            "msgtype": "m.key.verification.request",
            "to": self.bot[0],
            "body": "wants to verify you",
        }

    def start(self) -> dict[str, Any]:
        self.started = self._with_place(
            {
                "from_device": self.device,
                "method": "m.sas.v1",
                "key_agreement_protocols": ["curve25519-hkdf-sha256"],
                "hashes": ["sha256"],
                "message_authentication_codes": self.macs,
                "short_authentication_string": self.strings,
            }
        )
        return self.started

    def key(self) -> dict[str, Any]:
        return self._with_place({"key": self.public})

    def mac(self) -> dict[str, Any]:
        keys = {f"ed25519:{self.device}": self.ed25519, f"ed25519:{self.master}": self.master}
        me = (self.user, self.device)
        macs = {name: self._mac(me, self.bot, name, public) for name, public in keys.items()}
        listed = self._mac(me, self.bot, "KEY_IDS", ",".join(sorted(keys)))
        return self._with_place({"mac": macs, "keys": listed})

    def done(self) -> dict[str, Any]:
        return self._with_place({})

    def cancel(self) -> dict[str, Any]:
        return self._with_place({"code": "m.user", "reason": "changed my mind"})

    # --- what it makes of the answers --------------------------------------------------------

    def hears_accept(self, content: Mapping[str, Any]) -> None:
        assert content["method"] == "m.sas.v1"
        assert content["key_agreement_protocol"] == "curve25519-hkdf-sha256"
        assert content["hash"] == "sha256"
        assert content["message_authentication_code"] == self.macs[0]
        assert set(content["short_authentication_string"]) == set(self.strings)
        self._accepted = content

    def hears_key(self, content: Mapping[str, Any]) -> None:
        """Check what was committed to, and work out what to show."""
        theirs = content["key"]
        start = json.dumps(self.started, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256((theirs + start).encode()).digest()
        assert self._accepted["commitment"] == unpadded(digest)
        point = import_x25519_public_key(base64.b64decode(theirs + "="))
        self._shared = key_agreement(
            static_priv=self._secret, static_pub=point, kdf=lambda shared: shared
        )
        self._their_public = theirs
        me = f"{self.user}|{self.device}|{self.public}"
        bot = f"{self.bot[0]}|{self.bot[1]}|{theirs}"
        shown = self._derive(6, f"MATRIX_KEY_VERIFICATION_SAS|{me}|{bot}|{self.transaction}")
        number = int.from_bytes(shown, "big")
        self.emoji = tuple(number >> 48 - 6 * place & 63 for place in range(1, 8))
        self.decimals = tuple((number >> 48 - 13 * place & 8191) + 1000 for place in range(1, 4))

    def hears_mac(self, content: Mapping[str, Any], keys: Mapping[str, str]) -> None:
        """Check that the other side vouches for exactly these keys (id -> public key)."""
        me = (self.user, self.device)
        assert content["mac"] == {
            name: self._mac(self.bot, me, name, public) for name, public in keys.items()
        }
        assert content["keys"] == self._mac(self.bot, me, "KEY_IDS", ",".join(sorted(keys)))

    # --- ciphers -----------------------------------------------------------------------------

    def _derive(self, length: int, info: str) -> bytes:
        derived = HKDF(self._shared, length, b"", SHA256, context=info.encode())
        assert isinstance(derived, bytes)
        return derived

    def _mac(self, sender: tuple[str, str], receiver: tuple[str, str], name: str, text: str) -> str:
        info = "".join(("MATRIX_KEY_VERIFICATION_MAC", *sender, *receiver, self.transaction, name))
        raw = hmac.digest(self._derive(32, info), text.encode(), hashlib.sha256)
        return unpadded(raw) if self.macs[0] == MAC_NEW else in_place_base64(raw)
