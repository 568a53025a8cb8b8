"""The cipher of the account's secret storage, against other clients' values and against hostile ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.crypto.recovery_key import decode
from bot.crypto.secret_storage import NotReadable, decrypt, describe, encrypt, matches
from bot.crypto.signing import b64, unb64

NAME = "m.cross_signing.master"
KEY = bytes(range(32))
# A key and its description, from the tests of matrix-rust-sdk.
THEIRS = decode("EsTj 3yST y93F SLpB jJsz eAXc 2XzA ygD3 w69H fGaN TKBj jXEd")
DESCRIPTION = {
    "algorithm": "m.secret_storage.v1.aes-hmac-sha2",
    "iv": "xv5b6/p3ExEw++wTyfSHEg==",
    "mac": "ujBBbXahnTAMkmPUX2/0+VTfUh63pGyVRuBcDMgmJC8=",
}
HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just("A" * 22),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def test_another_clients_key_is_told_by_its_description() -> None:
    assert matches(THEIRS, DESCRIPTION)
    assert not matches(KEY, DESCRIPTION)
    assert not matches(THEIRS, {**DESCRIPTION, "mac": b64(bytes(32))})
    assert not matches(THEIRS, {**DESCRIPTION, "algorithm": "m.other"})


def test_a_description_without_a_check_fits_every_key() -> None:
    assert matches(KEY, {"algorithm": DESCRIPTION["algorithm"]})


def test_what_is_stored_can_be_read_again_by_its_key_and_name_only() -> None:
    stored = encrypt(KEY, NAME, "a secret, ünpadded")
    assert decrypt(KEY, NAME, stored) == "a secret, ünpadded"
    assert all("=" not in part for part in stored.values())
    for key, name in ((THEIRS, NAME), (KEY, "m.cross_signing.self_signing")):
        with pytest.raises(NotReadable):
            decrypt(key, name, stored)


def test_no_two_are_alike_and_bit_63_is_clear() -> None:
    ivs = {encrypt(KEY, NAME, "x")["iv"] for _ in range(50)}
    ivs |= {describe(KEY)["iv"] for _ in range(50)}
    assert len(ivs) == 100
    assert all(unb64(iv)[8] < 0x80 for iv in ivs)


def test_a_key_fits_its_own_description() -> None:
    assert matches(KEY, describe(KEY))
    assert not matches(THEIRS, describe(KEY))


@pytest.mark.parametrize("part", ["iv", "ciphertext", "mac"])
def test_what_was_changed_is_refused(part: str) -> None:
    stored = encrypt(KEY, NAME, b64(bytes(32)))
    changed = bytearray(unb64(stored[part]))
    changed[0] ^= 0xFF
    if part == "iv":
        # No MAC covers it: what comes out then is no text, or not what was put in.
        try:
            assert decrypt(KEY, NAME, {**stored, part: b64(bytes(changed))}) != b64(bytes(32))
        except NotReadable:
            return
    else:
        with pytest.raises(NotReadable):
            decrypt(KEY, NAME, {**stored, part: b64(bytes(changed))})


def test_an_iv_at_its_end_is_borne() -> None:
    stored = {**encrypt(KEY, NAME, "s" * 43), "iv": b64(b"\xff" * 16)}
    with pytest.raises(NotReadable):
        decrypt(KEY, NAME, stored)
    assert not matches(KEY, {**describe(KEY), "iv": b64(b"\xff" * 16)})


@given(HOSTILE, HOSTILE, HOSTILE)
def test_whatever_stands_there_is_refused_and_nothing_else(iv: Any, text: Any, mac: Any) -> None:
    for data in (iv, {"iv": iv, "ciphertext": text, "mac": mac}):
        with pytest.raises(NotReadable):
            decrypt(KEY, NAME, data)
    assert not matches(KEY, {"algorithm": DESCRIPTION["algorithm"], "iv": iv, "mac": mac})


def test_a_refusal_holds_no_key_and_no_secret() -> None:
    stored = encrypt(KEY, NAME, "hidden")
    with pytest.raises(NotReadable) as caught:
        decrypt(THEIRS, NAME, stored)
    assert caught.value.__suppress_context__
    assert "hidden" not in repr(caught.value) and b64(KEY) not in repr(caught.value)
