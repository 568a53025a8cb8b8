"""Signed JSON and the Ed25519 keys that sign it.

Matrix specification v1.16, Appendices: "Canonical JSON", "Signing JSON", "Unpadded Base64". Keys and
signatures are unpadded base64: clients drop padded ones in silence.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import orjson
import vodozemac
from Crypto.PublicKey import ECC
from Crypto.Random import get_random_bytes
from Crypto.Signature import eddsa

_UNSIGNED = frozenset({"signatures", "unsigned"})
# 32 bytes in unpadded base64.
_KEY_LENGTH = 43
SEED_BYTES = 32


def canonical(value: object) -> bytes:
    """Canonical JSON. Raises TypeError for what JSON in Matrix cannot hold."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def b64(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes of unpadded or padded base64. Raises ValueError."""
    try:
        return base64.b64decode(
            text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True
        )
    except binascii.Error as error:
        raise ValueError("not base64") from error


def signed_part(value: Mapping[str, Any]) -> bytes:
    """What a signature of an object is made over."""
    return canonical({name: part for name, part in value.items() if name not in _UNSIGNED})


def ed25519_key(public: str) -> vodozemac.Ed25519PublicKey:
    """A public key from unpadded base64. Raises ValueError for what is none."""
    # vodozemac 0.10 panics on 33 bytes.
    if len(public) != _KEY_LENGTH:
        raise ValueError("no Ed25519 key")
    return vodozemac.Ed25519PublicKey.from_base64(public)


class SigningKey:
    """An Ed25519 key pair; `seed` is its 32 secret bytes, `public` unpadded base64."""

    def __init__(self, seed: bytes) -> None:
        """Raises ValueError unless the seed has 32 bytes."""
        if len(seed) != SEED_BYTES:
            raise ValueError("the seed of a signing key has 32 bytes")
        key = ECC.construct(curve="Ed25519", seed=seed)
        self.seed = seed
        self.public = b64(key.public_key().export_key(format="raw"))
        self._signer = eddsa.new(key, "rfc8032")

    @classmethod
    def generate(cls) -> SigningKey:
        return cls(get_random_bytes(SEED_BYTES))

    def sign(self, value: Mapping[str, Any]) -> str:
        """The signature of an object, unpadded base64."""
        return b64(self._signer.sign(signed_part(value)))


def signed(value: Mapping[str, Any], user_id: str, key_id: str, signature: str) -> dict[str, Any]:
    """A copy of the object that bears one more signature."""
    signatures = {user: dict(keys) for user, keys in value.get("signatures", {}).items()}
    signatures.setdefault(user_id, {})[key_id] = signature
    return {**value, "signatures": signatures}


def verify(value: Mapping[str, Any], user_id: str, key_id: str, public: str) -> bool:
    """Whether the object bears that key's valid signature. Hostile objects are simply not signed."""
    try:
        signature = vodozemac.Ed25519Signature.from_base64(value["signatures"][user_id][key_id])
        ed25519_key(public).verify_signature(signed_part(value), signature)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return False
    return True
