"""The short authentication string against ciphers that are not the bot's."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.crypto import sas
from bot.crypto.sas import Agreement, BadKey, Macs, Party
from bot.crypto.signing import unb64
from commands.basics.emoji import EMOJI
from tests.bot.crypto.person import in_place_base64, unpadded


def test_both_sides_show_the_same_and_another_verification_something_else() -> None:
    ours, theirs = Agreement(), Agreement()
    one, other = ours.agree(theirs.public), theirs.agree(ours.public)
    starter = Party("@anna:example.org", "ANNA", theirs.public)
    accepter = Party("@kring:example.org", "KRING", ours.public)
    info = sas.string_info(starter, accepter, "t1")
    assert one.emoji(info) == other.emoji(info)
    assert one.decimals(info) == other.decimals(info)
    assert one.emoji(info) != one.emoji(sas.string_info(starter, accepter, "t2"))
    assert len(one.emoji(info)) == 7
    assert all(0 <= number < 64 for number in one.emoji(info))
    assert all(1000 <= number <= 9191 for number in one.decimals(info))


def test_what_ties_the_string_to_a_verification_is_the_specifications_text() -> None:
    starter, accepter = Party("@a:x", "A", "keya"), Party("@b:y", "B", "keyb")
    assert (
        sas.string_info(starter, accepter, "t")
        == "MATRIX_KEY_VERIFICATION_SAS|@a:x|A|keya|@b:y|B|keyb|t"
    )


def test_a_commitment_is_over_the_key_and_canonical_json() -> None:
    start = {"method": "m.sas.v1", "from_device": "É", "a": {"z": 1, "b": [True, None]}}
    text = 'key{"a":{"b":[true,null],"z":1},"from_device":"É","method":"m.sas.v1"}'
    assert sas.commitment("key", start) == unpadded(hashlib.sha256(text.encode()).digest())


def test_the_older_mac_is_encoded_as_libolm_did() -> None:
    ours, theirs = Agreement(), Agreement()
    established = ours.agree(theirs.public)
    for text in ("a", "b", "c"):
        new = established.mac(sas.MACS[0], text, "info")
        raw = unb64(new)
        assert established.mac(sas.MACS[1], text, "info") == in_place_base64(raw)
        assert unpadded(raw) == new


def test_the_secret_half_serves_once_however_often_the_step_is_repeated() -> None:
    agreement = Agreement()
    other = Agreement().public
    assert agreement.agree(other) is agreement.agree(other)
    with pytest.raises(BadKey):
        agreement.agree(Agreement().public)


@pytest.mark.parametrize("public", ["", "A", "A" * 43, "é", "\ud800", "A" * 500, "****"])
def test_what_is_no_key_is_refused(public: str) -> None:
    with pytest.raises(BadKey):
        Agreement().agree(public)


def test_the_list_of_keys_is_sorted() -> None:
    established = Agreement().agree(Agreement().public)
    party = Party("@a:x", "A", "")
    macs = Macs(established, sas.MACS[0], party, party, "t")
    assert macs.of_list(["b", "a"]) == macs.of("KEY_IDS", "a,b")


@given(st.text(), st.text())
def test_comparing_macs_never_fails(one: str, other: str) -> None:
    assert sas.same("abc=", "abc")
    assert not sas.same("abc", "abd" + other)


def test_there_are_64_pictures_with_the_names_of_the_specification() -> None:
    assert len(EMOJI) == len({picture for picture, _ in EMOJI}) == len({n for _, n in EMOJI}) == 64
    assert (EMOJI[0][1], EMOJI[9][1], EMOJI[63][1]) == ("Dog", "Rooster", "Pin")
    differently = {
        name
        for picture, name in EMOJI
        if name.upper().split()[0] not in unicodedata.name(picture[0])
    }
    # All others are called in Unicode what the specification calls them.
    assert differently == set(
        "Flower Corn Smiley Spanner Santa Gift Train Aeroplane Headphones".split()
    )
