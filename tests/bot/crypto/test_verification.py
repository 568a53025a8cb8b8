"""The bot is verified by clients that follow the specification, and by some that do not."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.crypto.verification import OPEN_FOR_EACH, OPEN_IN_ALL, Answer, Verifier
from bot.crypto.verification_events import (
    InRoomOut,
    Out,
    Shown,
    TheirKeys,
    ToDeviceOut,
    VerificationEvent,
)
from storage.session import Session
from tests.bot.crypto.person import MAC_NEW, MAC_OLD, Person, unpadded

BOT = ("@kring:example.org", "KRINGDEVICE")
ED25519, MASTER = unpadded(b"d" * 32), unpadded(b"m" * 32)
ANNA, BEN = "@anna:example.org", "@ben:example.org"
ROOM, DIRECT = "!room:example.org", "!direct:example.org"
NOW = 1_800_000_000_000
MINUTE = 60_000
SESSION = cast(Session, None)


class Bot:
    """The verifier, and what the world is like around it."""

    def __init__(self) -> None:
        self.now = NOW
        self.master: str | None = MASTER
        self.listed: dict[tuple[str, str], TheirKeys] = {}
        self.strangers: set[str] = set()
        self.verifier = Verifier(
            *BOT,
            ED25519,
            master_public=lambda: self.master,
            keys_of=lambda _, user, device: self.listed.get((user, device), TheirKeys(None, None)),
            may=lambda _, user: user not in self.strangers,
            is_direct=lambda _, room, user: (room, user) == (DIRECT, ANNA),
            reason=lambda _, user, why: f"{why} for {user}",
        )

    def person(self, user: str = ANNA, device: str = "PHONE", **fields: Any) -> Person:
        made = Person(user, device, BOT, **{"transaction": f"t of {user} {device}", **fields})
        self.listed[user, device] = TheirKeys(made.ed25519, made.master)
        return made

    def hears(
        self, person: Person, step: str, content: dict[str, Any], *, sender: str | None = None
    ) -> list[Out]:
        answer = self.takes(person, step, content, sender=sender)
        self.verifier.commit(answer)
        return answer.outs

    def takes(
        self, person: Person, step: str, content: dict[str, Any], *, sender: str | None = None
    ) -> Answer:
        """What it would answer, before that is stored."""
        in_room = step == "request" and person.room is not None
        event = VerificationEvent.read(
            sender or person.user,
            "m.room.message" if in_room else f"m.key.verification.{step}",
            content,
            room_id=person.room,
            event_id=person.transaction if in_room else "$later",
            sent_at=self.now,
        )
        assert event is not None
        return self.verifier.take(SESSION, event, self.now)

    def asked(self, person: Person) -> None:
        (ready,) = self.hears(person, "request", person.request(self.now))
        said(ready, person, "ready")

    def started(self, person: Person) -> None:
        self.asked(person)
        (accept,) = self.hears(person, "start", person.start())
        person.hears_accept(said(accept, person, "accept"))

    def compared(self, person: Person) -> Shown:
        self.started(person)
        return self.keys_exchanged(person)

    def keys_exchanged(self, person: Person) -> Shown:
        key, mac, shown = self.hears(person, "key", person.key())
        person.hears_key(said(key, person, "key"))
        keys = {f"ed25519:{BOT[1]}": ED25519}
        if self.master is not None:
            keys[f"ed25519:{self.master}"] = self.master
        person.hears_mac(said(mac, person, "mac"), keys)
        assert isinstance(shown, Shown)
        return shown


def said(out: Out, person: Person, step: str) -> dict[str, Any]:
    """The content of what was said to that person, which must be that step."""
    assert not isinstance(out, Shown)
    assert out.type == f"m.key.verification.{step}"
    if isinstance(out, ToDeviceOut):
        assert (out.user_id, person.room) == (person.user, None)
        assert out.device_id in (person.device, "*")
        assert out.content["transaction_id"] == person.transaction
    else:
        assert isinstance(out, InRoomOut)
        assert out.room_id == person.room
        relation = {"rel_type": "m.reference", "event_id": person.transaction}
        assert out.content["m.relates_to"] == relation
        assert "transaction_id" not in out.content
    return out.content


def cancelled(outs: list[Out], person: Person) -> str:
    (out,) = outs
    content = said(out, person, "cancel")
    assert content["reason"].endswith(person.user)
    return str(content["code"])


@pytest.fixture
def bot() -> Bot:
    return Bot()


# --- as it should go --------------------------------------------------------------------------


@pytest.mark.parametrize("room", [None, DIRECT, ROOM])
@pytest.mark.parametrize("macs", [[MAC_NEW, MAC_OLD], [MAC_OLD], [MAC_NEW]])
def test_a_person_verifies_the_bot(bot: Bot, room: str | None, macs: list[str]) -> None:
    anna = bot.person(room=room, transaction="$request" if room else "t1", macs=macs)
    ready = said(bot.hears(anna, "request", anna.request(NOW))[0], anna, "ready")
    assert ready["methods"] == ["m.sas.v1"]
    assert ready["from_device"] == BOT[1]
    anna.hears_accept(said(bot.hears(anna, "start", anna.start())[0], anna, "accept"))
    shown = bot.keys_exchanged(anna)
    assert (shown.user_id, shown.room_id) == (ANNA, room)
    assert shown.emoji == anna.emoji
    assert shown.decimals == anna.decimals
    (done,) = bot.hears(anna, "mac", anna.mac())
    said(done, anna, "done")
    assert bot.hears(anna, "done", anna.done()) == []
    assert bot.hears(anna, "done", anna.done()) == []


def test_an_older_client_starts_without_asking(bot: Bot) -> None:
    anna = bot.person()
    (accept,) = bot.hears(anna, "start", anna.start())
    anna.hears_accept(said(accept, anna, "accept"))
    bot.keys_exchanged(anna)
    said(bot.hears(anna, "mac", anna.mac())[0], anna, "done")


def test_without_a_master_key_the_device_alone_is_vouched_for(bot: Bot) -> None:
    bot.master = None
    bot.compared(bot.person())


def test_a_client_that_shows_no_emoji_is_told_numbers_only(bot: Bot) -> None:
    shown = bot.compared(bot.person(strings=["decimal"]))
    assert shown.emoji == ()
    assert shown.decimals


def test_two_verifications_at_once_do_not_mix(bot: Bot) -> None:
    anna, ben = bot.person(), bot.person(BEN)
    bot.started(anna)
    bot.started(ben)
    assert bot.keys_exchanged(ben).emoji == ben.emoji
    assert bot.keys_exchanged(anna).emoji == anna.emoji


def test_a_step_that_is_taken_again_before_it_was_stored_gives_the_same(bot: Bot) -> None:
    anna = bot.person()
    bot.started(anna)
    first = bot.takes(anna, "key", anna.key())
    assert bot.takes(anna, "key", anna.key()).outs == first.outs
    assert bot.keys_exchanged(anna).emoji == anna.emoji


def test_a_repeated_request_is_answered_once(bot: Bot) -> None:
    anna = bot.person()
    bot.asked(anna)
    assert bot.hears(anna, "request", anna.request(NOW)) == []
    (accept,) = bot.hears(anna, "start", anna.start())
    said(accept, anna, "accept")


# --- who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["request", "start"])
def test_who_may_not_verify_hears_so(bot: Bot, step: str) -> None:
    bot.strangers.add(ANNA)
    anna = bot.person()
    content = anna.request(NOW) if step == "request" else anna.start()
    outs = bot.hears(anna, step, content)
    assert cancelled(outs, anna) == "m.user"
    assert isinstance(outs[0], ToDeviceOut)
    assert outs[0].content["reason"].startswith("not_allowed")
    assert bot.hears(anna, "start", anna.start()) == []


def test_another_client_of_the_bots_account_may_always(bot: Bot) -> None:
    bot.strangers.add(BOT[0])
    operator = bot.person(BOT[0], "OPERATOR")
    bot.compared(operator)
    said(bot.hears(operator, "mac", operator.mac())[0], operator, "done")


def test_the_bot_does_not_verify_itself(bot: Bot) -> None:
    itself = bot.person(*BOT)
    assert bot.hears(itself, "request", itself.request(NOW)) == []
    assert bot.hears(itself, "start", itself.start()) == []


def test_another_client_of_the_bots_account_may_answer_in_the_room(bot: Bot) -> None:
    anna = bot.person(room=DIRECT, transaction="$request")
    bot.asked(anna)
    ready = {**anna.done(), "from_device": "OPERATOR", "methods": ["m.sas.v1"]}
    assert bot.hears(anna, "ready", ready, sender=BOT[0]) == []
    assert bot.hears(anna, "start", anna.start()) == []


def test_nobody_opens_too_many(bot: Bot) -> None:
    opened = [bot.person(device=f"D{number}") for number in range(OPEN_FOR_EACH)]
    for one in opened:
        bot.asked(one)
    sixth = bot.person(device="SIXTH")
    assert cancelled(bot.hears(sixth, "request", sixth.request(NOW)), sixth) == "m.user"
    bot.asked(bot.person(BEN))
    assert bot.hears(opened[0], "cancel", opened[0].cancel()) == []
    bot.asked(bot.person(device="SEVENTH"))


def test_all_together_do_not_open_too_many(bot: Bot) -> None:
    for number in range(OPEN_IN_ALL):
        bot.asked(bot.person(f"@p{number}:example.org"))
    anna = bot.person()
    assert cancelled(bot.hears(anna, "request", anna.request(NOW)), anna) == "m.user"
    bot.now += 11 * MINUTE
    outs = bot.hears(anna, "request", {**anna.request(bot.now), "transaction_id": "later"})
    assert sum(not isinstance(out, Shown) and out.type.endswith("ready") for out in outs) == 1


# --- what is left aside -----------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [-11, 6])
@pytest.mark.parametrize("room", [None, DIRECT])
def test_what_was_asked_long_ago_or_in_the_future_is_left(
    bot: Bot, minutes: int, room: str | None
) -> None:
    anna = bot.person(room=room, transaction="$request")
    event = VerificationEvent.read(
        ANNA,
        "m.key.verification.request",
        anna.request(NOW + minutes * MINUTE),
        room_id=room,
        event_id="$request",
        sent_at=NOW + minutes * MINUTE,
    )
    assert event is not None
    assert bot.verifier.take(SESSION, event, NOW).outs == []


def test_a_request_to_somebody_else_is_left(bot: Bot) -> None:
    anna = bot.person(room=ROOM, transaction="$request")
    assert bot.hears(anna, "request", {**anna.request(NOW), "to": BEN}) == []
    assert bot.hears(anna, "start", anna.start()) == []


def test_what_another_says_in_the_room_changes_nothing(bot: Bot) -> None:
    anna = bot.person(room=ROOM, transaction="$request")
    bot.started(anna)
    for step in ("start", "key", "mac", "done", "cancel", "ready"):
        assert bot.hears(anna, step, anna.cancel(), sender=BEN) == []
    assert bot.keys_exchanged(anna).emoji == anna.emoji


# --- how it ends early ------------------------------------------------------------------------


def test_other_methods_are_not_known(bot: Bot) -> None:
    anna = bot.person()
    request = anna.request(NOW, methods=["m.qr_code.show.v1"])
    assert cancelled(bot.hears(anna, "request", request), anna) == "m.unknown_method"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("method", "m.reciprocate.v1"),
        ("key_agreement_protocols", ["curve25519"]),
        ("hashes", ["md5"]),
        ("message_authentication_codes", ["hmac-sha256"]),
        ("short_authentication_string", ["song"]),
        ("hashes", "sha256"),
        ("hashes", None),
    ],
)
def test_other_ways_to_do_it_are_not_known(bot: Bot, part: str, value: Any) -> None:
    anna = bot.person()
    bot.asked(anna)
    outs = bot.hears(anna, "start", {**anna.start(), part: value})
    assert cancelled(outs, anna) == "m.unknown_method"


def test_a_start_by_another_device_ends_it(bot: Bot) -> None:
    anna = bot.person()
    bot.asked(anna)
    outs = bot.hears(anna, "start", {**anna.start(), "from_device": "OTHER"})
    assert cancelled(outs, anna) == "m.invalid_message"


def test_a_start_that_is_not_json_as_matrix_has_it_ends_it(bot: Bot) -> None:
    anna = bot.person()
    bot.asked(anna)
    outs = bot.hears(anna, "start", {**anna.start(), "far": 2**70})
    assert cancelled(outs, anna) == "m.invalid_message"


@pytest.mark.parametrize("key", [None, 7, "", "A" * 43, "no key", "\ud800"])
def test_what_is_no_key_ends_it(bot: Bot, key: Any) -> None:
    anna = bot.person()
    bot.started(anna)
    outs = bot.hears(anna, "key", {**anna.key(), "key": key})
    assert cancelled(outs, anna) == "m.invalid_message"


def test_steps_out_of_turn_end_it(bot: Bot) -> None:
    for number, step in enumerate(("key", "mac", "done", "ready", "accept")):
        early = bot.person(f"@p{number}:example.org")
        bot.asked(early)
        outs = bot.hears(early, step, early.done())
        assert cancelled(outs, early) == "m.unexpected_message"
        assert bot.hears(early, step, early.done()) == []
    again = bot.person()
    bot.started(again)
    assert cancelled(bot.hears(again, "start", again.start()), again) == "m.unexpected_message"
    early = bot.person(BEN)
    bot.compared(early)
    assert cancelled(bot.hears(early, "done", early.done()), early) == "m.unexpected_message"


def wrong_macs(anna: Person) -> list[dict[str, Any]]:
    mac = anna.mac()
    own, master = f"ed25519:{anna.device}", f"ed25519:{anna.master}"
    return [
        {**mac, "keys": "wrong"},
        {**mac, "mac": {**mac["mac"], own: "wrong"}},
        {**mac, "mac": {**mac["mac"], master: "wrong"}},
        {**mac, "mac": {**mac["mac"], "ed25519:MORE": "x"}},
        {**mac, "mac": {}},
    ]


@pytest.mark.parametrize("case", range(5))
def test_keys_that_are_not_theirs_end_it(bot: Bot, case: int) -> None:
    anna = bot.person()
    bot.compared(anna)
    outs = bot.hears(anna, "mac", wrong_macs(anna)[case])
    assert cancelled(outs, anna) == "m.key_mismatch"
    assert bot.hears(anna, "mac", anna.mac()) == []


@pytest.mark.parametrize(
    "listed", [TheirKeys(None, None), TheirKeys(ED25519, None)], ids=["no device", "another key"]
)
def test_a_device_that_the_homeserver_lists_otherwise_ends_it(bot: Bot, listed: TheirKeys) -> None:
    anna = bot.person()
    bot.listed[ANNA, anna.device] = listed
    bot.compared(anna)
    assert cancelled(bot.hears(anna, "mac", anna.mac()), anna) == "m.key_mismatch"


def test_a_list_that_vouches_for_the_master_key_alone_does_not_do(bot: Bot) -> None:
    anna = bot.person()
    bot.compared(anna)
    mac = anna.mac()
    only = {f"ed25519:{anna.master}": mac["mac"][f"ed25519:{anna.master}"]}
    # The list of keys is right this time, and says that the device is not among them.
    bot_and_me = (anna.user, anna.device), anna.bot
    listed = anna._mac(*bot_and_me, "KEY_IDS", next(iter(only)))
    outs = bot.hears(anna, "mac", {**mac, "mac": only, "keys": listed})
    assert cancelled(outs, anna) == "m.key_mismatch"


@pytest.mark.parametrize(
    "mac",
    [
        {},
        {"mac": {}, "keys": 7},
        {"mac": [], "keys": ""},
        {"mac": {"\ud800": ""}, "keys": ""},
        {"mac": {"a": 1}, "keys": ""},
        {"mac": {f"ed25519:{n}": "" for n in range(1000)}, "keys": ""},
    ],
)
def test_what_is_no_list_of_macs_ends_it(bot: Bot, mac: dict[str, Any]) -> None:
    anna = bot.person()
    bot.compared(anna)
    outs = bot.hears(anna, "mac", {**anna.done(), **mac})
    assert cancelled(outs, anna) == "m.invalid_message"


def test_whoever_cancels_hears_nothing_more(bot: Bot) -> None:
    anna = bot.person()
    bot.started(anna)
    assert bot.hears(anna, "cancel", anna.cancel()) == []
    for step in ("key", "mac", "start", "cancel", "request"):
        assert bot.hears(anna, step, anna.key()) == []


def test_after_ten_minutes_it_is_over(bot: Bot) -> None:
    anna = bot.person()
    bot.started(anna)
    bot.now += 10 * MINUTE - 1
    assert not any(
        out.type.endswith("cancel")
        for out in bot.takes(anna, "key", anna.key()).outs
        if not isinstance(out, Shown)
    )
    bot.now += 1
    assert cancelled(bot.hears(anna, "key", anna.key()), anna) == "m.timeout"
    assert bot.hears(anna, "key", anna.key()) == []


def test_what_others_left_open_is_ended_in_passing(bot: Bot) -> None:
    anna, ben = bot.person(), bot.person(BEN)
    bot.asked(anna)
    bot.now += 10 * MINUTE
    timeout, ready = bot.hears(ben, "request", ben.request(bot.now))
    assert said(timeout, anna, "cancel")["code"] == "m.timeout"
    said(ready, ben, "ready")


@pytest.mark.parametrize("step", ["key", "mac", "accept", "ready"])
def test_what_the_bot_does_not_know_any_more_is_said_once(bot: Bot, step: str) -> None:
    anna = bot.person()
    outs = bot.hears(anna, step, anna.key())
    assert cancelled(outs, anna) == "m.unknown_transaction"
    assert isinstance(outs[0], ToDeviceOut)
    assert outs[0].device_id == "*"
    assert bot.hears(anna, step, anna.key()) == []


def test_in_a_room_it_is_said_only_where_nobody_else_can_be_meant(bot: Bot) -> None:
    direct = bot.person(room=DIRECT, transaction="$forgotten")
    assert cancelled(bot.hears(direct, "start", direct.start()), direct) == "m.unknown_transaction"
    room = bot.person(room=ROOM, transaction="$theirs")
    assert bot.hears(room, "start", room.start()) == []


@pytest.mark.parametrize("step", ["done", "cancel"])
def test_the_end_of_something_unknown_is_no_news(bot: Bot, step: str) -> None:
    anna = bot.person()
    assert bot.hears(anna, step, anna.done()) == []


def test_a_stranger_cannot_fill_the_memory(bot: Bot) -> None:
    for number in range(1000):
        someone = bot.person(transaction=f"t{number}")
        bot.hears(someone, "key", someone.key())
    assert len(bot.verifier._flows) <= 300


# --- hostile contents -------------------------------------------------------------------------

STEPS = ("request", "ready", "start", "accept", "key", "mac", "done", "cancel", "else", "")
_hostile: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(categories=("L", "N", "P", "Z", "C")), max_size=300)
    | st.sampled_from(["m.sas.v1", "PHONE", "t1", "sha256", "$request", MAC_OLD, BOT[0]]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=8,
)
_parts = st.sampled_from(
    [
        *("from_device", "methods", "timestamp", "transaction_id", "m.relates_to", "to", "msgtype"),
        *("method", "key_agreement_protocols", "hashes", "message_authentication_codes"),
        *("short_authentication_string", "key", "mac", "keys", "code", "reason"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(STEPS),
            st.booleans(),
            st.dictionaries(_parts, _hostile, max_size=3),
            st.sets(_parts, max_size=2),
        ),
        max_size=8,
    ),
    st.sampled_from([None, ROOM, DIRECT]),
)
def test_nothing_that_comes_stops_the_bot(
    steps: list[tuple[str, bool, dict[str, Any], set[str]]], room: str | None
) -> None:
    bot = Bot()
    anna = bot.person(room=room, transaction="$request")
    for step, true, changed, missing in steps:
        honest: dict[str, Any] = anna.done()
        if true and step in ("request", "start", "key"):
            honest = {
                "request": anna.request(NOW),
                "start": anna.start(),
                "key": anna.key(),
            }[step]
        content = {name: part for name, part in honest.items() if name not in missing} | changed
        event = VerificationEvent.read(
            ANNA,
            f"m.key.verification.{step}",
            content,
            room_id=room,
            event_id="$request",
            sent_at=NOW,
        )
        if event is not None:
            answer = bot.verifier.take(SESSION, event, NOW)
            bot.verifier.commit(answer)
            assert all(
                isinstance(out, Shown) or not out.type.endswith("done") for out in answer.outs
            )


@given(_hostile, _hostile, _hostile, _hostile)
def test_nothing_that_comes_stops_the_reading(
    sender: Any, kind: Any, content: Any, event_id: Any
) -> None:
    for room in (None, ROOM):
        VerificationEvent.read(sender, kind, content, room_id=room, event_id=event_id, sent_at=NOW)
