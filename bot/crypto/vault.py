"""Seals secrets at rest under the key of the configuration.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; keys are derived by HKDF-SHA256 (RFC 5869). What
vodozemac keeps is pickled under a key of its own, derived in the same way.
"""

from __future__ import annotations

from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF
from Crypto.Random import get_random_bytes

_NONCE_BYTES = 12
_TAG_BYTES = 16
_KEY_BYTES = 32


class WrongKey(Exception):
    """What was sealed cannot be opened: another key is configured than the one it was sealed with."""


class Vault:
    """`pickle_key` has 32 bytes; `secret` is the configured key, of any length."""

    def __init__(self, secret: bytes) -> None:
        self.pickle_key = _derived(secret, b"kring.pickle")
        self._key = _derived(secret, b"kring.seal")

    def seal(self, name: str, data: bytes) -> bytes:
        """Only what was sealed under the same name can be opened under it."""
        nonce = get_random_bytes(_NONCE_BYTES)
        cipher = AES.new(self._key, AES.MODE_GCM, nonce=nonce)
        cipher.update(name.encode())
        sealed, tag = cipher.encrypt_and_digest(data)
        return nonce + sealed + tag

    def open(self, name: str, sealed: bytes) -> bytes:
        """Raises WrongKey."""
        nonce, body, tag = (
            sealed[:_NONCE_BYTES],
            sealed[_NONCE_BYTES:-_TAG_BYTES],
            sealed[-_TAG_BYTES:],
        )
        try:
            cipher = AES.new(self._key, AES.MODE_GCM, nonce=nonce)
            cipher.update(name.encode())
            return cipher.decrypt_and_verify(body, tag)
        except ValueError as error:
            raise WrongKey(f"{name} was sealed with another key") from error


def _derived(secret: bytes, purpose: bytes) -> bytes:
    key = HKDF(secret, _KEY_BYTES, b"", SHA256, context=purpose)
    assert isinstance(key, bytes)
    return key
