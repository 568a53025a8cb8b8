"""Secrets in the account's data, encrypted under the recovery key, where the operator's clients find them.

Client-Server API v1.16, "Secret storage", m.secret_storage.v1.aes-hmac-sha2: HKDF-SHA256 (RFC 5869) gives a key
for AES-256-CTR and one for HMAC-SHA256. Secrets are texts: keys stand in them as unpadded base64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from Crypto.Cipher import AES
from Crypto.Hash import HMAC, SHA256
from Crypto.Protocol.KDF import HKDF
from Crypto.Random import get_random_bytes

from bot.client import Homeserver
from bot.crypto.signing import b64, unb64

ALGORITHM = "m.secret_storage.v1.aes-hmac-sha2"
_DEFAULT = "m.secret_storage.default_key"
_KEY = "m.secret_storage.key."
_IV_BYTES = 16
_LONGEST_SECRET = 10_000


class NotReadable(Exception):
    """A secret is not there, or not under this key."""


def encrypt(key: bytes, name: str, secret: str) -> dict[str, str]:
    """{iv, ciphertext, mac} of a secret; `key` has 32 bytes."""
    iv = bytearray(get_random_bytes(_IV_BYTES))
    # Bit 63 is zero, to work around differences between implementations of AES-CTR (spec).
    iv[8] &= 0x7F
    return _encrypted(key, name, secret.encode(), bytes(iv))


def _encrypted(key: bytes, name: str, data: bytes, iv: bytes) -> dict[str, str]:
    cipher_key, mac_key = _keys(key, name)
    ciphertext = _cipher(cipher_key, iv).encrypt(data)
    mac = HMAC.new(mac_key, ciphertext, SHA256).digest()
    return {"iv": b64(iv), "ciphertext": b64(ciphertext), "mac": b64(mac)}


def decrypt(key: bytes, name: str, data: Mapping[str, Any]) -> str:
    """The secret. Raises NotReadable for another key's, and for what is none."""
    try:
        iv, ciphertext, mac = (unb64(data[part]) for part in ("iv", "ciphertext", "mac"))
        if len(iv) != _IV_BYTES or len(ciphertext) > _LONGEST_SECRET:
            raise ValueError("not of that form")
        cipher_key, mac_key = _keys(key, name)
        HMAC.new(mac_key, ciphertext, SHA256).verify(mac)
        secret: str = _cipher(cipher_key, iv).decrypt(ciphertext).decode()
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        # Without its cause, which may hold what was decrypted.
        raise NotReadable(f"{name} cannot be read with this key") from None
    return secret


def describe(key: bytes) -> dict[str, str]:
    """The description of a key: by it clients see whether they were given the right one."""
    check = _encrypted(key, "", bytes(32), get_random_bytes(_IV_BYTES - 8) + bytes(8))
    return {"algorithm": ALGORITHM, "name": "Kring", "iv": check["iv"], "mac": check["mac"]}


def matches(key: bytes, description: Mapping[str, Any]) -> bool:
    """Whether a description is that key's; one without a check may be any key's (spec)."""
    if description.get("algorithm") != ALGORITHM:
        return False
    if "iv" not in description and "mac" not in description:
        return True
    try:
        iv, mac = unb64(description["iv"]), unb64(description["mac"])
        return unb64(_encrypted(key, "", bytes(32), iv)["mac"]) == mac
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        return False


def _keys(key: bytes, name: str) -> tuple[bytes, bytes]:
    derived = HKDF(key, 64, bytes(32), SHA256, context=name.encode())
    assert isinstance(derived, bytes)
    return derived[:32], derived[32:]


def _cipher(key: bytes, iv: bytes) -> Any:
    return AES.new(key, AES.MODE_CTR, nonce=b"", initial_value=iv)


@dataclass(frozen=True, slots=True)
class Storage:
    """The account's secret storage under one key."""

    homeserver: Homeserver
    key_id: str
    key: bytes

    @classmethod
    async def find(cls, homeserver: Homeserver, key: bytes) -> Storage | None:
        """The storage that this key opens; None if the account's default key is another or there is none.

        Raises MatrixError.
        """
        key_id = (await homeserver.account_data(_DEFAULT)).get("key")
        if not isinstance(key_id, str):
            return None
        if not matches(key, await homeserver.account_data(f"{_KEY}{key_id}")):
            return None
        return cls(homeserver, key_id, key)

    @classmethod
    async def make(cls, homeserver: Homeserver, key_id: str, key: bytes) -> Storage:
        """Describe the key, and make it the account's default; what other keys opened stays as it is.

        Raises MatrixError.
        """
        await homeserver.put_account_data(f"{_KEY}{key_id}", describe(key))
        await homeserver.put_account_data(_DEFAULT, {"key": key_id})
        return cls(homeserver, key_id, key)

    async def read(self, name: str) -> str:
        """Raises NotReadable and MatrixError."""
        stored = (await self.homeserver.account_data(name)).get("encrypted")
        sealed = stored.get(self.key_id) if isinstance(stored, dict) else None
        if not isinstance(sealed, dict):
            raise NotReadable(f"{name} is not in the account's secret storage")
        return decrypt(self.key, name, sealed)

    async def write(self, name: str, secret: str) -> None:
        """Put a secret there unless it is there already. Raises MatrixError."""
        content = await self.homeserver.account_data(name)
        stored = content.get("encrypted")
        others = dict(stored) if isinstance(stored, dict) else {}
        try:
            if decrypt(self.key, name, others[self.key_id]) == secret:
                return
        except (LookupError, NotReadable):
            pass
        others[self.key_id] = encrypt(self.key, name, secret)
        await self.homeserver.put_account_data(name, {**content, "encrypted": others})
