"""Verification of the bot by a person or by another client of its own account, as a pure state machine.

Client-Server API v1.16, "Key verification framework" and "Short Authentication String (SAS) verification".
A person starts, the bot answers; it keeps no mark that anybody is verified. What is sent, and when an
answer counts, is `bot.verifying`'s.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from bot.crypto import sas
from bot.crypto.sas import Agreement, BadKey, Macs, Party
from bot.crypto.verification_events import (
    MOST_ENTRIES,
    PREFIX,
    InRoomOut,
    Key,
    Out,
    Shown,
    TheirKeys,
    ToDeviceOut,
    VerificationEvent,
    name,
    names,
)
from storage.session import Session

log = logging.getLogger(__name__)

LIFETIME_MS: Final = 10 * 60_000
_AHEAD_MS: Final = 5 * 60_000
OPEN_FOR_EACH: Final = 5
OPEN_IN_ALL: Final = 100
# Those that ended are remembered, so that what comes late is not answered as something unknown.
_ENDED_KEPT: Final = 200

Stage = Literal["asked", "started", "compared", "confirmed", "ended"]


@dataclass(frozen=True, slots=True)
class Flow:
    """One verification: how far it is; `ended_with` is 'done' or a code."""

    user_id: str
    device_id: str
    transaction: str
    room_id: str | None
    expires_at: int
    stage: Stage = "asked"
    agreement: Agreement | None = None
    mac_method: str = ""
    shows_emoji: bool = False
    their_macs: Macs | None = None
    ended_with: str = ""

    @property
    def key(self) -> Key:
        return self.user_id, self.room_id, self.transaction


@dataclass(slots=True)
class Answer:
    """What to send, and what becomes of the flows once it is stored (see `Verifier.commit`)."""

    outs: list[Out] = field(default_factory=list)
    flows: dict[Key, Flow] = field(default_factory=dict)


class Verifier:
    """`master_public` is the public part of the bot's master key, None while it has none.

    `may` says who may verify, apart from the bot's own account, `keys_of` what is known of a user's
    device, `is_direct` whether a room is a direct chat with somebody, and `reason` puts into words for
    somebody why a verification ends: 'not_allowed', 'busy' or a code.
    """

    def __init__(
        self,
        user_id: str,
        device_id: str,
        ed25519: str,
        *,
        master_public: Callable[[], str | None],
        keys_of: Callable[[Session, str, str], TheirKeys],
        may: Callable[[Session, str], bool],
        is_direct: Callable[[Session, str, str], bool],
        reason: Callable[[Session, str, str], str],
    ) -> None:
        self.user_id = user_id
        self.device_id = device_id
        self.ed25519 = ed25519
        self.master_public = master_public
        self._keys_of = keys_of
        self._may = may
        self._is_direct = is_direct
        self._reason = reason
        self._flows: dict[Key, Flow] = {}

    def take(self, session: Session, event: VerificationEvent, now: int) -> Answer:
        """What to answer. Changes nothing: may be repeated until `commit`."""
        answer = Answer()
        for flow in list(self._flows.values()):
            if flow.stage != "ended" and flow.expires_at <= now:
                self._end(session, answer, flow, "m.timeout")
        if event.sender == self.user_id and event.room_id is not None:
            self._answered_elsewhere(event, answer)
            return answer
        flow_now = answer.flows.get(event.key) or self._flows.get(event.key)
        step = event.type.removeprefix(PREFIX)
        if step == "request":
            if flow_now is None:
                self._request(session, event, now, answer)
        elif flow_now is not None:
            if flow_now.stage != "ended":
                self._step(session, event, step, flow_now, answer)
        elif step == "start" and event.room_id is None:
            self._start_unasked(session, event, now, answer)
        elif step in ("ready", "start", "accept", "key", "mac"):
            self._unknown(session, event, now, answer)
        return answer

    def to_be_proven(self, event: VerificationEvent) -> tuple[str, str] | None:
        """(user, device) whose keys `take` will need for this event."""
        flow = self._flows.get(event.key)
        if event.type != f"{PREFIX}mac" or flow is None or flow.stage != "compared":
            return None
        return flow.user_id, flow.device_id

    def commit(self, answer: Answer) -> None:
        """What `take` answered is stored: from now on it holds."""
        for key, flow in answer.flows.items():
            self._flows.pop(key, None)
            self._flows[key] = flow
            server = flow.user_id.partition(":")[2]
            log.info(
                "a verification by somebody of %s is %s%s",
                server,
                flow.stage,
                f" ({flow.ended_with})" if flow.ended_with else "",
            )
        ended = [key for key, flow in self._flows.items() if flow.stage == "ended"]
        for key in ended[: max(0, len(ended) - _ENDED_KEPT)]:
            del self._flows[key]

    # --- the beginning -----------------------------------------------------------------------

    def _request(
        self, session: Session, event: VerificationEvent, now: int, answer: Answer
    ) -> None:
        content = event.content
        asked_at = event.sent_at if event.room_id is not None else content.get("timestamp")
        if not isinstance(asked_at, int) or not now - LIFETIME_MS <= asked_at <= now + _AHEAD_MS:
            return
        if event.room_id is not None and content.get("to") != self.user_id:
            return
        flow = self._begin(session, event, min(asked_at, now), answer)
        if flow is None:
            return
        if sas.METHOD not in names(content.get("methods")):
            self._end(session, answer, flow, "m.unknown_method")
            return
        self._go(answer, flow)
        self._say(answer, flow, "ready", {"methods": [sas.METHOD], "from_device": self.device_id})

    def _start_unasked(
        self, session: Session, event: VerificationEvent, now: int, answer: Answer
    ) -> None:
        """Older clients begin with the start, and so it looks when the bot was restarted after the request."""
        flow = self._begin(session, event, now, answer)
        if flow is not None:
            self._start(session, event, flow, answer)

    def _begin(
        self, session: Session, event: VerificationEvent, asked_at: int, answer: Answer
    ) -> Flow | None:
        """A new flow, if there may be one; otherwise whoever asked hears why not."""
        device = name(event.content.get("from_device"))
        if device is None or (event.sender, device) == (self.user_id, self.device_id):
            return None
        flow = Flow(event.sender, device, event.transaction, event.room_id, asked_at + LIFETIME_MS)
        if event.sender != self.user_id and not self._may(session, event.sender):
            self._end(session, answer, flow, "m.user", why="not_allowed")
            return None
        others = [one for one in {**self._flows, **answer.flows}.values() if one.stage != "ended"]
        theirs = sum(one.user_id == event.sender for one in others)
        if theirs >= OPEN_FOR_EACH or len(others) >= OPEN_IN_ALL:
            self._end(session, answer, flow, "m.user", why="busy")
            return None
        return flow

    def _unknown(
        self, session: Session, event: VerificationEvent, now: int, answer: Answer
    ) -> None:
        """What goes on between other people in a room is not the bot's."""
        room_id = event.room_id
        if room_id is not None and not self._is_direct(session, room_id, event.sender):
            return
        device = name(event.content.get("from_device")) or "*"
        flow = Flow(event.sender, device, event.transaction, room_id, now)
        self._end(session, answer, flow, "m.unknown_transaction")

    def _answered_elsewhere(self, event: VerificationEvent, answer: Answer) -> None:
        """Somebody answers from another client of the bot's account: then it is theirs."""
        if event.type != f"{PREFIX}ready" or event.content.get("from_device") == self.device_id:
            return
        for flow in list(self._flows.values()):
            place = flow.room_id, flow.transaction, flow.stage
            if place == (event.room_id, event.transaction, "asked"):
                self._go(answer, replace(flow, stage="ended", ended_with="m.accepted"))

    # --- step by step ------------------------------------------------------------------------

    def _step(
        self, session: Session, event: VerificationEvent, step: str, flow: Flow, answer: Answer
    ) -> None:
        match step, flow.stage:
            case "start", "asked":
                self._start(session, event, flow, answer)
            case "key", "started":
                self._key(session, event, flow, answer)
            case "mac", "compared":
                self._mac(session, event, flow, answer)
            case "done", "confirmed":
                self._go(answer, replace(flow, stage="ended", ended_with="done"))
            case "cancel", _:
                code = name(event.content.get("code")) or "m.user"
                self._go(answer, replace(flow, stage="ended", ended_with=code))
            case (("ready" | "start" | "accept" | "key" | "mac" | "done"), _):
                self._end(session, answer, flow, "m.unexpected_message")

    def _start(
        self, session: Session, event: VerificationEvent, flow: Flow, answer: Answer
    ) -> None:
        content = event.content
        if content.get("from_device") != flow.device_id:
            self._end(session, answer, flow, "m.invalid_message")
            return
        macs = names(content.get("message_authentication_codes"))
        strings = names(content.get("short_authentication_string"))
        mac_method = next((one for one in sas.MACS if one in macs), None)
        if (
            content.get("method") != sas.METHOD
            or sas.KEY_AGREEMENT not in names(content.get("key_agreement_protocols"))
            or sas.HASH not in names(content.get("hashes"))
            or mac_method is None
            or not strings.intersection(sas.STRINGS)
        ):
            self._end(session, answer, flow, "m.unknown_method")
            return
        agreement = Agreement()
        try:
            commitment = sas.commitment(agreement.public, content)
        except (TypeError, ValueError, RecursionError):
            self._end(session, answer, flow, "m.invalid_message")
            return
        flow = replace(
            flow,
            stage="started",
            agreement=agreement,
            mac_method=mac_method,
            shows_emoji="emoji" in strings,
        )
        self._go(answer, flow)
        self._say(
            answer,
            flow,
            "accept",
            {
                "method": sas.METHOD,
                "key_agreement_protocol": sas.KEY_AGREEMENT,
                "hash": sas.HASH,
                "message_authentication_code": mac_method,
                "short_authentication_string": [one for one in sas.STRINGS if one in strings],
                "commitment": commitment,
            },
        )

    def _key(self, session: Session, event: VerificationEvent, flow: Flow, answer: Answer) -> None:
        """Both keys are there. The bot sees no screen: it vouches for what it shows at once."""
        assert flow.agreement is not None
        public = name(event.content.get("key"))
        try:
            established = flow.agreement.agree(public or "")
        except BadKey:
            self._end(session, answer, flow, "m.invalid_message")
            return
        assert public is not None
        them = Party(flow.user_id, flow.device_id, public)
        me = Party(self.user_id, self.device_id, flow.agreement.public)
        info = sas.string_info(them, me, flow.transaction)
        common = established, flow.mac_method
        flow = replace(flow, stage="compared", their_macs=Macs(*common, them, me, flow.transaction))
        self._go(answer, flow)
        self._say(answer, flow, "key", {"key": me.public})
        keys = {f"ed25519:{self.device_id}": self.ed25519}
        master = self.master_public()
        if master is not None:
            keys[f"ed25519:{master}"] = master
        self._say(answer, flow, "mac", Macs(*common, me, them, flow.transaction).content(keys))
        emoji = established.emoji(info) if flow.shows_emoji else ()
        answer.outs.append(Shown(flow.user_id, flow.room_id, emoji, established.decimals(info)))

    def _mac(self, session: Session, event: VerificationEvent, flow: Flow, answer: Answer) -> None:
        assert flow.their_macs is not None
        macs, keys = event.content.get("mac"), event.content.get("keys")
        if (
            not isinstance(keys, str)
            or not isinstance(macs, dict)
            or len(macs) > MOST_ENTRIES
            or not all(name(key_id) and isinstance(mac, str) for key_id, mac in macs.items())
        ):
            self._end(session, answer, flow, "m.invalid_message")
            return
        theirs = self._keys_of(session, flow.user_id, flow.device_id)
        own = f"ed25519:{flow.device_id}"
        known = {f"ed25519:{theirs.master}": theirs.master, own: theirs.device}
        proven = sas.same(flow.their_macs.of_list(macs), keys) and all(
            sas.same(flow.their_macs.of(key_id, public), macs[key_id])
            for key_id, public in known.items()
            if key_id in macs and public is not None
        )
        if not proven or own not in macs or theirs.device is None:
            self._end(session, answer, flow, "m.key_mismatch")
            return
        flow = replace(flow, stage="confirmed")
        self._go(answer, flow)
        self._say(answer, flow, "done", {})

    # --- what comes of it --------------------------------------------------------------------

    @staticmethod
    def _go(answer: Answer, flow: Flow) -> None:
        if flow.stage == "ended":
            # The secrets have served.
            flow = replace(flow, agreement=None, their_macs=None)
        answer.flows[flow.key] = flow

    def _end(
        self, session: Session, answer: Answer, flow: Flow, code: str, *, why: str | None = None
    ) -> None:
        reason = self._reason(session, flow.user_id, why or code)
        self._go(answer, replace(flow, stage="ended", ended_with=code))
        self._say(answer, flow, "cancel", {"code": code, "reason": reason})

    @staticmethod
    def _say(answer: Answer, flow: Flow, step: str, content: dict[str, Any]) -> None:
        kind = f"{PREFIX}{step}"
        if flow.room_id is not None:
            relation = {"rel_type": "m.reference", "event_id": flow.transaction}
            answer.outs.append(InRoomOut(flow.room_id, kind, {**content, "m.relates_to": relation}))
        else:
            content = {**content, "transaction_id": flow.transaction}
            answer.outs.append(ToDeviceOut(flow.user_id, flow.device_id, kind, content))
