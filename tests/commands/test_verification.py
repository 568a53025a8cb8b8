"""Staff learn the fingerprint; whoever verifies the bot hears in their own language what it shows."""

from __future__ import annotations

from typing import Any

import pytest

from commands.basics.verification import may_verify, reason
from commands.kernel.incoming import ActionEnd
from commands.kernel.settings import Who
from storage import people
from storage.crypto import own_keys
from storage.crypto.own_keys import OwnKeys
from storage.session import Session
from tests.commands.talk import BOT, Talk, answer

ANN, SAM, EVE = "@ann:localhost", "@sam:localhost", "@eve:elsewhere.org"
KEYS = OwnKeys(BOT, "KRINGDEVICE", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "M" * 43)
IN_FOURS = "abcd efgh ijkl mnop qrst uvwx yz01 2345 6789 ABCD EFG"


@pytest.fixture
def staffed(talk: Talk) -> Talk:
    talk.room("!staff", "staff", {SAM: 50})
    talk.write(lambda session: own_keys.put(session, KEYS))
    return talk


@pytest.mark.parametrize("word", ["verify", "verifieer", "Verifiëren", "vérifier", "empreinte"])
def test_staff_learn_what_to_compare(staffed: Talk, word: str) -> None:
    text = answer(staffed.say(SAM, f"!{word}"))
    for part in (BOT, "KRINGDEVICE", IN_FOURS, "MMMM MMMM"):
        assert part in text


def test_it_is_told_in_the_direct_chat(staffed: Talk) -> None:
    private, public = staffed.say(SAM, "!verify", room="!staff")
    assert private.to == SAM
    assert IN_FOURS in private.text
    assert "abcd" not in public.text


def test_others_are_not_told(staffed: Talk) -> None:
    assert "abcd" not in answer(staffed.say(ANN, "!verify"))


def test_before_there_is_an_identity_the_device_alone_is_shown(staffed: Talk) -> None:
    bare = OwnKeys(BOT, "KRINGDEVICE", KEYS.ed25519, None)
    staffed.write(lambda session: own_keys.put(session, bare))
    text = answer(staffed.say(SAM, "!verify"))
    assert IN_FOURS in text
    assert "master" not in text


def test_a_bot_without_keys_says_so(talk: Talk) -> None:
    talk.room("!staff", "staff", {SAM: 50})
    assert "no keys yet" in answer(talk.say(SAM, "!verify"))


def compare(talk: Talk, user: str, room: str | None, emoji: list[int]) -> list[Any]:
    end = ActionEnd(
        "basics.compare", {"user": user, "room": room, "emoji": emoji, "decimals": [1000, 2, 9191]}
    )
    drafts = talk.write(lambda session: talk.kernel.continue_(session, end, talk.now)).drafts
    return [(draft.room_id, draft.content["body"]) for draft in drafts]


def test_what_the_bot_shows_is_told_in_the_direct_chat(talk: Talk) -> None:
    direct = talk.direct(ANN)
    talk.write(lambda session: people.choose_language(session, ANN, "nl", now=1))
    for room in (direct, None, "!elsewhere"):
        ((place, text),) = compare(talk, ANN, room, [0, 9, 63, 21, 21, 45, 36])
        assert place == direct
        for part in ("🐶 Hond", "🐓 Haan", "📌 Punaise", "✂️ Schaar", "👍 Duim omhoog"):
            assert part in text
        assert "9191" not in text


def test_who_is_shown_numbers_hears_numbers(talk: Talk) -> None:
    talk.direct(ANN)
    ((_, text),) = compare(talk, ANN, None, [])
    assert "1000 2 9191" in text


def test_no_chat_is_opened_for_it(talk: Talk) -> None:
    room = talk.room("!room", "network", {ANN: 0})
    assert compare(talk, ANN, room, [0] * 7) == []


@pytest.mark.parametrize(
    ("who", "allowed"),
    [("everyone", {ANN, SAM, EVE}), ("members", {ANN, SAM}), ("staff", {SAM}), ("nobody", set())],
)
def test_the_installation_decides_who_may_verify(
    staffed: Talk, who: Who, allowed: set[str]
) -> None:
    def may(session: Session) -> set[str]:
        every = (ANN, SAM, EVE)
        return {one for one in every if may_verify(session, staffed.kernel.settings, who, one)}

    assert staffed.write(may) == allowed


def test_why_a_verification_ended_is_said_in_the_persons_language(talk: Talk) -> None:
    talk.write(lambda session: people.choose_language(session, ANN, "fr", now=1))

    def said(session: Session) -> list[str]:
        settings = talk.kernel.settings
        return [reason(session, settings, ANN, why) for why in ("m.timeout", "m.something")]

    assert [text.startswith("La vérification") for text in talk.write(said)] == [True, True]
