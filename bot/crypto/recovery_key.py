"""The recovery key: 32 secret bytes in a form that people can write down.

Client-Server API v1.16, "Recovery key" (Secret storage): base58 with Bitcoin's alphabet of two bytes of prefix,
the key, and a byte that makes the exclusive-or of all of them zero; in groups of four.
"""

from __future__ import annotations

from functools import reduce
from operator import xor

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PREFIX = b"\x8b\x01"
KEY_BYTES = 32
_WHOLE_BYTES = len(_PREFIX) + KEY_BYTES + 1


class BadRecoveryKey(ValueError):
    """What was given is no recovery key; the message says why, without any of it."""


def encode(key: bytes) -> str:
    """`key` has 32 bytes."""
    whole = _PREFIX + key
    whole += bytes([reduce(xor, whole)])
    number, digits = int.from_bytes(whole, "big"), ""
    while number:
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def decode(text: str) -> bytes:
    """The 32 bytes; white space does not matter. Raises BadRecoveryKey."""
    number = 0
    typed = "".join(text.split())
    if not 0 < len(typed) <= 2 * _WHOLE_BYTES:
        raise BadRecoveryKey("a recovery key has twelve groups of four signs")
    for sign in typed:
        digit = _ALPHABET.find(sign)
        if digit < 0:
            raise BadRecoveryKey("a recovery key has letters and digits only, and no 0, O, I or l")
        number = number * len(_ALPHABET) + digit
    try:
        whole = number.to_bytes(_WHOLE_BYTES, "big")
    except OverflowError:
        raise BadRecoveryKey("that is too long for a recovery key") from None
    if not whole.startswith(_PREFIX):
        raise BadRecoveryKey("that is too short for a recovery key, or another kind of key")
    if reduce(xor, whole):
        raise BadRecoveryKey("a sign of the recovery key is wrong, or two are swapped")
    return whole[len(_PREFIX) : -1]
