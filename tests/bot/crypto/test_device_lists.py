"""What is believed of a list of devices that a homeserver, perhaps a hostile one, gives out."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from bot.crypto.account import MEGOLM, OLM
from bot.crypto.devices import listing_of
from bot.crypto.signing import SigningKey, signed
from storage.crypto.devices import Device

ANNA, BEN = "@anna:x", "@ben:x"
MASTER, SELF_SIGNING, DEVICE, OTHER = (SigningKey.generate() for _ in range(4))
Change = Callable[[dict[str, Any]], None]


def key(usage: str, public: str) -> dict[str, Any]:
    return {"user_id": ANNA, "usage": [usage], "keys": {f"ed25519:{public}": public}}


def by(signer: SigningKey, value: dict[str, Any], name: str) -> dict[str, Any]:
    return signed(value, ANNA, f"ed25519:{name}", signer.sign(value))


def answer(change: Change = lambda _: None) -> dict[str, Any]:
    """Of POST /keys/query; `change` may alter its parts before they are signed."""
    parts = {
        "master": key("master", MASTER.public),
        "self_signing": key("self_signing", SELF_SIGNING.public),
        "device": {
            "user_id": ANNA,
            "device_id": "D",
            "algorithms": [OLM, MEGOLM],
            "keys": {"ed25519:D": DEVICE.public, "curve25519:D": "C" * 43},
        },
    }
    change(parts)
    device = by(SELF_SIGNING, by(DEVICE, parts["device"], "D"), SELF_SIGNING.public)
    return {
        "device_keys": {ANNA: {"D": device}},
        "master_keys": {ANNA: parts["master"]},
        "self_signing_keys": {ANNA: by(MASTER, parts["self_signing"], MASTER.public)},
    }


def test_a_device_and_who_vouches_for_it_are_read() -> None:
    listing = listing_of(answer(), ANNA)
    assert (listing.master_key, listing.self_signing_key) == (MASTER.public, SELF_SIGNING.public)
    assert listing.devices == (Device(ANNA, "D", "C" * 43, DEVICE.public, True),)
    assert listing_of(answer(), BEN).devices == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts["device"].update(user_id=BEN),
        lambda parts: parts["device"].update(device_id="E"),
        lambda parts: parts["device"].update(algorithms=[OLM]),
        lambda parts: parts["device"].update(algorithms=[MEGOLM]),
        lambda parts: parts["device"]["keys"].update({"ed25519:D": OTHER.public}),
        lambda parts: parts["device"]["keys"].update({"curve25519:D": "C" * 44}),
        lambda parts: parts["device"]["keys"].pop("curve25519:D"),
    ],
    ids=[
        "another user",
        "another device",
        "no Megolm",
        "no Olm",
        "another signer",
        "no key",
        "none",
    ],
)
def test_a_device_that_is_not_what_it_says_does_not_exist(change: Change) -> None:
    assert listing_of(answer(change), ANNA).devices == ()


def test_keys_that_were_changed_after_they_were_signed_do_not_exist() -> None:
    """Whoever could put another Curve25519 key there would read what is said to the device."""
    changed = copy.deepcopy(answer())
    changed["device_keys"][ANNA]["D"]["keys"]["curve25519:D"] = "D" * 43
    assert listing_of(changed, ANNA).devices == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts["self_signing"].update(user_id=BEN),
        lambda parts: parts["self_signing"].update(usage=["user_signing"]),
        lambda parts: parts["self_signing"].update(keys={"ed25519:X": SELF_SIGNING.public}),
        lambda parts: parts["self_signing"]["keys"].update({"ed25519:X": "X"}),
        lambda parts: parts["master"].update(user_id=BEN),
        lambda parts: parts["master"].update(usage=["self_signing"]),
        lambda parts: parts["master"].update(keys={f"ed25519:{OTHER.public}": OTHER.public}),
    ],
    ids=["its user", "its use", "its name", "two", "master's user", "master's use", "no master's"],
)
def test_nobody_is_vouched_for_by_a_key_that_may_not(change: Change) -> None:
    (device,) = listing_of(answer(change), ANNA).devices
    assert not device.cross_signed


def test_a_self_signing_key_that_the_master_key_did_not_sign_vouches_for_nobody() -> None:
    forged = answer()
    unsigned = key("self_signing", SELF_SIGNING.public)
    forged["self_signing_keys"][ANNA] = by(OTHER, unsigned, MASTER.public)
    (device,) = listing_of(forged, ANNA).devices
    assert not device.cross_signed


def test_of_endless_lists_the_beginning_counts() -> None:
    endless = answer()
    endless["device_keys"][ANNA] = {f"{n}": {} for n in range(500)} | endless["device_keys"][ANNA]
    assert listing_of(endless, ANNA).devices == ()
