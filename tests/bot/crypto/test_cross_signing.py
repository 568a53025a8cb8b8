"""The three keys vouch for each other and for the device, and nothing hostile passes for that."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.crypto.cross_signing import CrossSigning
from bot.crypto.devices import cross_signing_keys, listing_of
from bot.crypto.signing import SigningKey, b64, signed, verify

ME = "@kring:example.org"
DEVICE = SigningKey.generate()
KEYS = CrossSigning.generate(ME)


def by_device(value: Mapping[str, Any]) -> dict[str, Any]:
    return signed(value, ME, "ed25519:DEV", DEVICE.sign(value))


UPLOAD = KEYS.public_keys(by_device)
DEVICE_KEYS = by_device(
    {
        "user_id": ME,
        "device_id": "DEV",
        "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
        "keys": {"ed25519:DEV": DEVICE.public, "curve25519:DEV": "c" * 43},
    }
)
SIGNED = KEYS.signatures(DEVICE_KEYS, by_device)[ME]
HOSTILE = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from([ME, "usage", "keys"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def answer() -> dict[str, Any]:
    """What a homeserver answers to POST /keys/query that has all of it."""
    return copy.deepcopy(
        {
            "master_keys": {ME: UPLOAD["master_key"]},
            "self_signing_keys": {ME: UPLOAD["self_signing_key"]},
            "device_keys": {ME: {"DEV": SIGNED["DEV"]}},
        }
    )


def test_the_master_key_vouches_for_the_others_and_the_device_for_it() -> None:
    assert verify(UPLOAD["master_key"], ME, "ed25519:DEV", DEVICE.public)
    for usage in ("self_signing", "user_signing"):
        assert UPLOAD[f"{usage}_key"]["usage"] == [usage]
        key_id = f"ed25519:{KEYS.master.public}"
        assert verify(UPLOAD[f"{usage}_key"], ME, key_id, KEYS.master.public)


def test_identity_and_device_vouch_for_each_other() -> None:
    by = KEYS.self_signing.public
    assert verify(SIGNED["DEV"], ME, f"ed25519:{by}", by)
    assert verify(SIGNED["DEV"], ME, "ed25519:DEV", DEVICE.public)
    assert verify(SIGNED[KEYS.master.public], ME, "ed25519:DEV", DEVICE.public)


def test_what_was_uploaded_is_found_again() -> None:
    assert cross_signing_keys(answer(), ME) == (KEYS.master.public, KEYS.self_signing.public)
    (device,) = listing_of(answer(), ME).devices
    assert device.ed25519 == DEVICE.public and device.cross_signed


def test_the_identity_comes_back_from_its_secrets() -> None:
    again = CrossSigning.of(ME, KEYS.secrets)
    assert again.public_keys(by_device) == UPLOAD
    with pytest.raises(KeyError):
        CrossSigning.of(ME, {})


def test_a_key_that_the_master_key_did_not_sign_vouches_for_nothing() -> None:
    forged = answer()
    other = CrossSigning.generate(ME)
    forged["self_signing_keys"][ME] = other.public_keys(by_device)["self_signing_key"]
    forged["device_keys"][ME]["DEV"] = other.signatures(DEVICE_KEYS, by_device)[ME]["DEV"]
    assert cross_signing_keys(forged, ME) == (KEYS.master.public, None)
    assert not listing_of(forged, ME).devices[0].cross_signed


def test_an_account_without_an_identity_has_none() -> None:
    assert cross_signing_keys({"device_keys": {ME: {"DEV": DEVICE_KEYS}}}, ME) == (None, None)


@given(st.sampled_from(sorted(answer())), HOSTILE, HOSTILE)
def test_hostile_answers_are_borne(part: str, value: Any, deeper: Any) -> None:
    for hostile in (value, {ME: value}, {ME: {"keys": value, "usage": deeper, "user_id": ME}}):
        found = listing_of({**answer(), part: hostile}, ME)
        assert not (found.master_key and found.self_signing_key and part != "device_keys")


def test_no_secret_is_shown() -> None:
    shown = repr(KEYS) + str(KEYS)
    for seed in KEYS.secrets.values():
        assert b64(seed) not in shown and repr(seed) not in shown
