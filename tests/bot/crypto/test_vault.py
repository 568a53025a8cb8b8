"""Secrets at rest: opened by the same key under the same name, and by nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.crypto.vault import Vault, WrongKey

VAULT = Vault(b"a key of the configuration, long enough")
SECRET = b"\x07" * 32


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_was_sealed_comes_back(data: bytes, name: str) -> None:
    assert VAULT.open(name, VAULT.seal(name, data)) == data


def test_nothing_of_it_can_be_seen_and_no_two_are_alike() -> None:
    first, second = VAULT.seal("master", SECRET), VAULT.seal("master", SECRET)
    assert SECRET not in first and first != second


def test_another_key_or_name_does_not_open_it() -> None:
    sealed = VAULT.seal("master", SECRET)
    with pytest.raises(WrongKey) as caught:
        Vault(b"another key").open("master", sealed)
    assert SECRET.hex() not in repr(caught.value)
    with pytest.raises(WrongKey):
        VAULT.open("backup", sealed)


@given(st.binary(max_size=80))
def test_whatever_stands_there_is_refused(data: bytes) -> None:
    with pytest.raises(WrongKey):
        VAULT.open("master", data)


def test_every_changed_byte_is_noticed() -> None:
    sealed = VAULT.seal("master", SECRET)
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(WrongKey):
            VAULT.open("master", changed)


def test_each_purpose_has_a_key_of_its_own() -> None:
    assert len(VAULT.pickle_key) == 32
    assert VAULT.pickle_key != Vault(b"another key").pickle_key
    assert VAULT.pickle_key == Vault(b"a key of the configuration, long enough").pickle_key
