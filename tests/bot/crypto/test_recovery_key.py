"""A recovery key is copied by people, by hand: what is mistyped is told, and the key never."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.crypto.recovery_key import BadRecoveryKey, decode, encode

# The vectors of matrix-js-sdk and of matrix-rust-sdk.
VECTORS = [
    (
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d",
    ),
    (
        "9fbd46bb345171c6f6022c9a25d5681ba54eec6a6c4953f3adc0b96e9d91ada3",
        "EsTp RvZT njck 8Yrh RAtw XLS8 4Nr2 r9S9 LGAW DaEx VAPB vLRK",
    ),
]
SHOWN = VECTORS[0][1]


@pytest.mark.parametrize(("key", "shown"), VECTORS)
def test_it_is_shown_and_read_as_other_clients_do(key: str, shown: str) -> None:
    assert encode(bytes.fromhex(key)) == shown
    assert decode(shown).hex() == key


@given(st.binary(min_size=32, max_size=32))
def test_every_key_comes_back_and_has_groups_of_four(key: bytes) -> None:
    shown = encode(key)
    assert decode(shown) == key
    assert [len(group) for group in shown.split(" ")] == [4] * 12


@pytest.mark.parametrize("between", ["", "\n", "\t ", "\u00a0", "   "])
def test_white_space_does_not_count(between: str) -> None:
    assert decode(f" {SHOWN.replace(' ', between)}\n").hex() == VECTORS[0][0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "twelve groups"),
        (SHOWN[:-1], "too short"),
        (SHOWN + "2", "too long"),
        (SHOWN + "x" * 1_000_000, "twelve groups"),
        (SHOWN.replace("L", "0"), "no 0, O, I or l"),
        (SHOWN.replace("L", "é"), "no 0, O, I or l"),
        (SHOWN.replace("UE4d", "UE4e"), "a sign of the recovery key is wrong"),
        (SHOWN.replace("LW2K", "LW2k"), "a sign of the recovery key is wrong"),
        (SHOWN.replace("EsTc", "EtTc"), "another kind of key"),
        ("1" * 48, "too short"),
        ("z" * 48, "another kind of key|too long"),
    ],
)
def test_what_is_wrong_is_told_without_the_key(text: str, told: str) -> None:
    with pytest.raises(BadRecoveryKey, match=told) as caught:
        decode(text)
    assert "KEA" not in str(caught.value)
