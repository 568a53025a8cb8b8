"""Encrypted files: AES-CTR with a key of their own, and a hash over what is stored.

Client-Server API v1.16, "Sending encrypted attachments" (v2). The ciphers are nio's; here hostile values are
kept away from them. Where the bytes are stored is `bot.files`' to know.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nio.crypto.attachments import decrypt_attachment, encrypt_attachment
from nio.exceptions import EncryptionError

_KEY_BYTES = 32
_IV_BYTES = 16
_HASH_BYTES = 32
_LONGEST = 100


class BadAttachment(Exception):
    """The file cannot be decrypted: its keys are malformed, or it is not the file they were made for."""


@dataclass(frozen=True, slots=True)
class Encrypted:
    """What may be stored anywhere, and the `key`, `iv`, `hashes` and `v` that open it."""

    data: bytes
    keys: dict[str, Any]


def encrypt(data: bytes) -> Encrypted:
    """Under a new key. Takes some milliseconds for each megabyte."""
    return Encrypted(*encrypt_attachment(data))


def decrypt(data: bytes, keys: Mapping[str, Any]) -> bytes:
    """Open what another client encrypted; `keys` may be hostile. Raises BadAttachment."""
    key, hashes = keys.get("key"), keys.get("hashes")
    if keys.get("v") != "v2" or not isinstance(key, Mapping) or not isinstance(hashes, Mapping):
        raise BadAttachment("not version 2 of encrypted attachments")
    if key.get("alg") != "A256CTR" or key.get("kty") != "oct":
        raise BadAttachment("not a key for AES-CTR")
    secret = _checked(key.get("k"), _KEY_BYTES, "key")
    iv = _checked(keys.get("iv"), _IV_BYTES, "iv")
    digest = _checked(hashes.get("sha256"), _HASH_BYTES, "hash")
    try:
        opened = decrypt_attachment(data, secret, digest, iv)
    except (EncryptionError, ValueError) as error:
        raise BadAttachment(str(error)) from error
    assert isinstance(opened, bytes)
    return opened


def _checked(text: object, size: int, name: str) -> str:
    """The base64 of so many bytes, of either alphabet, as nio reads it: standard and unpadded."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise BadAttachment(f"the {name} is missing")
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadAttachment(f"the {name} is not base64") from error
    if len(raw) != size:
        raise BadAttachment(f"the {name} has {len(raw)} bytes")
    return plain
