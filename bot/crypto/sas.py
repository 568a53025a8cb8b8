"""The short authentication string: key agreement, what both sides show, and the MACs of their keys.

Client-Server API v1.16, "Short Authentication String (SAS) verification". What is said when is
`bot.crypto.verification`'s; the pictures that belong to the numbers are `commands.basics.emoji`'s.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import vodozemac

from bot.crypto.signing import b64, canonical

METHOD = "m.sas.v1"
KEY_AGREEMENT = "curve25519-hkdf-sha256"
HASH = "sha256"
# The first that the other side knows is used. What the older one makes of base64 is a mistake that became
# the specification, hence the newer.
MACS = ("hkdf-hmac-sha256.v2", "hkdf-hmac-sha256")
STRINGS = ("decimal", "emoji")


class BadKey(ValueError):
    """What came is not a public key, or not one with which a secret can be agreed on."""


@dataclass(frozen=True, slots=True)
class Party:
    """One side: a device, and the public key that it made for this verification (unpadded base64)."""

    user_id: str
    device_id: str
    public: str


def commitment(public: str, start: Mapping[str, Any]) -> str:
    """What the accepting side fixes before it sees the other's key. Raises TypeError for what is no JSON.

    `start` is the content of the m.key.verification.start, relation and transaction id included.
    """
    return b64(hashlib.sha256(public.encode() + canonical(start)).digest())


def string_info(starter: Party, accepter: Party, transaction: str) -> str:
    """What ties the short string to this verification ("HKDF calculation")."""
    return "|".join(
        (
            "MATRIX_KEY_VERIFICATION_SAS",
            *(starter.user_id, starter.device_id, starter.public),
            *(accepter.user_id, accepter.device_id, accepter.public),
            transaction,
        )
    )


class Established:
    """An agreed secret."""

    def __init__(self, established: vodozemac.EstablishedSas) -> None:
        self._established = established

    def emoji(self, info: str) -> tuple[int, ...]:
        """Seven numbers from 0 to 63 ("SAS method: emoji")."""
        return tuple(self._established.bytes(info).emoji_indices)

    def decimals(self, info: str) -> tuple[int, int, int]:
        """Three numbers from 1000 to 9191 ("SAS method: decimal")."""
        return self._established.bytes(info).decimals

    def mac(self, method: str, text: str, info: str) -> str:
        if method == MACS[0]:
            return self._established.calculate_mac(text, info)
        return self._established.calculate_mac_invalid_base64(text, info)


class Agreement:
    """Our half of a key agreement. Agreeing with the same key again gives the same secret."""

    def __init__(self) -> None:
        self._sas = vodozemac.Sas()
        self._agreed: tuple[str, Established] | None = None
        self.public = self._sas.public_key.to_base64()

    def agree(self, public: str) -> Established:
        """Raises BadKey, also for a second key: the secret half serves once."""
        if self._agreed is not None and self._agreed[0] == public:
            return self._agreed[1]
        try:
            key = vodozemac.Curve25519PublicKey.from_base64(public)
            established = Established(self._sas.diffie_hellman(key))
        except ValueError as error:
            raise BadKey(str(error)) from None
        self._agreed = public, established
        return established


@dataclass(frozen=True, slots=True)
class Macs:
    """The MACs that one device sends another ("MAC calculation")."""

    established: Established
    method: str
    sender: Party
    receiver: Party
    transaction: str

    def of(self, name: str, text: str) -> str:
        """Of a key (`name` is its id, `text` the public key), or, with the name KEY_IDS, of their list."""
        info = "".join(
            (
                "MATRIX_KEY_VERIFICATION_MAC",
                *(self.sender.user_id, self.sender.device_id),
                *(self.receiver.user_id, self.receiver.device_id),
                self.transaction,
                name,
            )
        )
        return self.established.mac(self.method, text, info)

    def of_list(self, names: Iterable[str]) -> str:
        return self.of("KEY_IDS", ",".join(sorted(names)))

    def content(self, keys: Mapping[str, str]) -> dict[str, Any]:
        """The `mac` and `keys` of an m.key.verification.mac for these keys (id -> public key)."""
        return {
            "mac": {name: self.of(name, public) for name, public in keys.items()},
            "keys": self.of_list(keys),
        }


def same(one: str, other: str) -> bool:
    """Whether two MACs are the same, padding aside, in constant time."""
    return hmac.compare_digest(one.rstrip("=").encode(), other.rstrip("=").encode(errors="replace"))
