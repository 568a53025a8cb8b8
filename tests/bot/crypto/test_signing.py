"""Signed JSON, against the specification's examples and against hostile objects."""

from __future__ import annotations

from typing import Any

import pytest
import vodozemac
from hypothesis import given
from hypothesis import strategies as st

from bot.crypto.panics import contained
from bot.crypto.signing import SigningKey, b64, canonical, signed, unb64, verify

# Matrix specification v1.16, Appendices, "Cryptographic Test Vectors".
KEY = SigningKey(unb64("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1"))
PUBLIC = "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI"
EMPTY = "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"
DATA = "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw"
ME, NAME = "domain", "ed25519:1"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "signature"), [({}, EMPTY), ({"one": 1, "two": "Two"}, DATA)], ids=["empty", "data"]
)
def test_signatures_are_those_of_the_specification(value: dict[str, Any], signature: str) -> None:
    assert KEY.public == PUBLIC
    assert KEY.sign(value) == signature
    assert verify(signed(value, ME, NAME, signature), ME, NAME, PUBLIC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ({"one": 1, "two": "Two"}, '{"one":1,"two":"Two"}'),
        ({"b": "2", "a": "1"}, '{"a":"1","b":"2"}'),
        ({"a": "日本語"}, '{"a":"日本語"}'),
        ({"本": 2, "日": 1}, '{"日":1,"本":2}'),
        ({"a": "\u65e5"}, '{"a":"日"}'),
        ({"a": None}, '{"a":null}'),
        ({"auth": {"mxid": "@a:b", "l": [{"z": 1, "y": True}]}},
         '{"auth":{"l":[{"y":true,"z":1}],"mxid":"@a:b"}}'),
    ],
)  # fmt: skip
def test_canonical_json_is_that_of_the_specification(value: object, text: str) -> None:
    assert canonical(value) == text.encode()


def test_what_is_not_signed_may_change_and_the_rest_may_not() -> None:
    value = signed({"a": 1, "unsigned": {"age": 3}}, ME, NAME, KEY.sign({"a": 1}))
    assert verify(value, ME, NAME, PUBLIC)
    assert verify({**value, "unsigned": None}, ME, NAME, PUBLIC)
    for wrong in ({**value, "a": 2}, {**value, "b": 1}):
        assert not verify(wrong, ME, NAME, PUBLIC)
    assert not verify(value, "elsewhere", NAME, PUBLIC)
    assert not verify(value, ME, "ed25519:2", PUBLIC)
    assert not verify(value, ME, NAME, SigningKey.generate().public)


def test_signatures_are_added_to_a_copy() -> None:
    first = signed({"a": 1}, ME, NAME, "one")
    second = signed(first, ME, "ed25519:2", "two")
    assert first["signatures"] == {ME: {NAME: "one"}}
    assert second["signatures"] == {ME: {NAME: "one", "ed25519:2": "two"}}


@given(JSON, JSON, st.text())
def test_hostile_objects_are_simply_not_signed(value: Any, signatures: Any, public: str) -> None:
    assert not verify(value, ME, NAME, PUBLIC)
    assert not verify({"a": value, "signatures": signatures}, ME, NAME, PUBLIC)
    assert not verify({"signatures": {ME: signatures}}, ME, NAME, PUBLIC)
    assert not verify({"signatures": {ME: {NAME: signatures}}}, ME, NAME, PUBLIC)
    assert not verify({"a": value, "signatures": {ME: {NAME: EMPTY}}}, ME, NAME, public)


@pytest.mark.parametrize("length", range(70))
def test_keys_of_any_length_are_simply_none(length: int) -> None:
    # vodozemac panics on 33 bytes, which is no Exception: a hostile device would end the bot.
    public = b64(b"\5" * length)
    assert not verify({"signatures": {ME: {NAME: EMPTY}}}, ME, NAME, public)


def test_base64_is_unpadded_and_read_either_way() -> None:
    assert b64(b"a") == "YQ"
    assert unb64("YQ") == unb64("YQ==") == b"a"
    for wrong in ("Y", "Y Q", "Y-_Q", "é", "YQ=a"):
        with pytest.raises(ValueError):  # noqa: PT011  # the message is the library's
            unb64(wrong)


def test_keys_are_made_anew_each_time_and_from_32_bytes_only() -> None:
    assert SigningKey.generate().public != SigningKey.generate().public
    with pytest.raises(ValueError, match="32"):
        SigningKey(bytes(31))
    assert b64(KEY.seed) not in repr(KEY)


def test_a_panic_of_vodozemac_is_a_value_error_like_any_other() -> None:
    key = b64(b"\5" * 33)
    with pytest.raises(ValueError, match="panicked"), contained():
        vodozemac.Ed25519PublicKey.from_base64(key)
    with pytest.raises(KeyboardInterrupt), contained():
        raise KeyboardInterrupt
