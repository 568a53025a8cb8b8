"""Gives a room's key to everyone who should have it, before something is written by it.

Client-Server API v1.16, "m.megolm.v1.aes-sha2" (rotation), "POST /keys/claim", "Send-to-Device messaging" and
"Reporting that decryption keys are withheld". What was handed over is noted by the same commit that stores
the message on its way: a kill repeats a message under its old transaction id, and never leaves one out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.client import CLIENT, Homeserver
from bot.clock import Clock, milliseconds
from bot.crypto import megolm, olm
from bot.crypto.account import MEGOLM, ONE_TIME, Own
from bot.crypto.delivery import CLAIM_AGAIN_MS, CLAIM_AT_FIRST_MS, deliver
from bot.crypto.devices import REMOTE_SECONDS, Devices
from bot.crypto.policy import Policy
from bot.crypto.signing import verify
from bot.errors import MatrixError, UnknownToken
from storage import rooms
from storage.crypto import devices, outgoing, room_keys
from storage.crypto.devices import Device
from storage.crypto.outgoing import Outgoing
from storage.crypto.room_keys import Share
from storage.database import Database
from storage.session import Session

log = logging.getLogger(__name__)

# Each device of a batch costs about 50 µs of the one writer's time: others get their turn in between.
DEVICES_AT_ONCE = 100
CLAIMS_AT_ONCE = 250
_REQUESTS_AT_ONCE = 4
_LONGEST_READY_MS = 24 * 3_600_000
_SHORTEST_ROTATION_MS = 60_000
# People come and go while keys are on their way: so often it is looked again who should have them.
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class _Plan:
    """To whom the room's session is still to be given, to whom it is refused, and whether somebody has it
    who should not have what comes. `given` is what was noted of it before, and `whole` says that those to
    whom it is given may read all that was written by it."""

    give: list[Device]
    refuse: list[Device]
    too_many: bool
    given: Mapping[tuple[str, str], Share]
    whole: bool


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a round: what failed, if any, the users whose devices could not be fetched, and whether
    all keys have left."""

    failure: MatrixError | None
    unfetched: list[str]
    sent: bool


class Sharing:
    """`prepare` a room, then write."""

    def __init__(
        self,
        homeserver: Homeserver,
        database: Database,
        clock: Clock,
        own: Own,
        policy: Policy,
        followed: Devices,
    ) -> None:
        self._homeserver = homeserver
        self._database = database
        self._clock = clock
        self._own = own
        self._policy = policy
        self._followed = followed

    async def prepare(self, room_id: str, *, patient: bool) -> bool:
        """See to it that the room's session is fresh, and that all its readers have it; False if some of its
        keys are still to be sent.

        Raises StorageError, and MatrixError if `patient`; else whoever cannot be reached now is left out,
        and gets what is written later. What nobody at all could read waits all the same.
        """
        for _ in range(_ROUNDS):
            now = milliseconds(self._clock.now())
            if await self._database.read(partial(self._is_ready, room_id=room_id, now=now)):
                return True
            done = await self._round(room_id, now, patient=patient)
            if (
                done.failure is not None
                and done.failure.heals
                and not await self._database.read(lambda s: room_keys.is_shared(s, room_id))
            ):
                raise done.failure
            if done.unfetched:
                await self._followed.put_off(done.unfetched)
            if done.failure is not None or not done.sent:
                break
            if await self._database.write(partial(self._settle, room_id=room_id, now=now)):
                return True
        now = milliseconds(self._clock.now())
        return not await self._database.write(partial(self._shut_out, room_id=room_id, now=now))

    async def _round(self, room_id: str, now: int, *, patient: bool) -> _Done:
        """Hand the room's session to all who should have it by what is known now."""
        failure, unfetched = await self._followed.refresh(room_id, patient=patient)
        plan = await self._database.write(lambda s: self._plan(s, room_id, now))
        failure = await self._claim(plan.give, patient=patient) or failure
        for at in range(0, len(plan.give), DEVICES_AT_ONCE):
            part = plan.give[at : at + DEVICES_AT_ONCE]
            await self._database.write(
                partial(self._hand_over, room_id=room_id, plan=plan, part=part, now=now)
            )
        await self._database.write(
            lambda s: self._refuse(s, room_id, plan.refuse, "m.unverified", now)
        )
        return _Done(failure, unfetched, await self.send(room_id, patient=patient))

    async def send(self, room_id: str, *, patient: bool) -> bool:
        """Send the keys of a room that are on their way; whether all are sent.

        Raises StorageError, and MatrixError if `patient`.
        """
        waiting = await self._database.read(lambda s: outgoing.for_room(s, room_id))
        limit = asyncio.Semaphore(_REQUESTS_AT_ONCE)
        now = milliseconds(self._clock.now())

        async def one(item: Outgoing) -> bool:
            async with limit:
                return await deliver(
                    self._homeserver, self._database, item, patient=patient, now=now
                )

        results = await asyncio.gather(*(one(item) for item in waiting), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return all(results)

    async def repair(self, broken: Sequence[Device]) -> None:
        """Make new sessions with devices whose messages cannot be read, and let them know.

        Raises StorageError and MatrixError.
        """
        claimed = await self._ask(broken)
        now = milliseconds(self._clock.now())

        def store(session: Session) -> None:
            # Later than all that came by now: the broken session is not to be taken for the latest.
            olm.begin(session, self._own, claimed, now + 1)
            messages: dict[str, dict[str, Any]] = {}
            for device, _ in claimed:
                # A hostile device lists keys with which no session can be made.
                if olm.has_session(session, device):
                    content = olm.encrypt(session, self._own, device, "m.dummy", {})
                    messages.setdefault(device.user_id, {})[device.device_id] = content
            for device in broken:
                devices.repaired(session, device)
            if messages:
                outgoing.add(session, "m.room.encrypted", messages, now=now)

        await self._database.write(store)

    # --- inside a transaction --------------------------------------------------------------------

    def _is_ready(self, session: Session, room_id: str, now: int) -> bool:
        return room_keys.is_ready(session, room_id, now) and not self._is_worn(
            session, room_id, now
        )

    def _is_worn(self, session: Session, room_id: str, now: int) -> bool:
        """Whether there is no session, or one that wrote enough, by number or by age."""
        known = room_keys.outbound(session, room_id)
        if known is None:
            return True
        asked = rooms.rotation(session, room_id)
        messages, age = self._policy.rotate_messages, self._policy.rotate_seconds * 1000
        if asked.messages is not None:
            messages = min(messages, max(1, asked.messages))
        if asked.ms is not None:
            age = min(age, max(_SHORTEST_ROTATION_MS, asked.ms))
        # A clock that was put back must not keep a session for ever.
        return known.messages >= messages or not 0 <= now - known.created_at < age

    def _plan(self, session: Session, room_id: str, now: int) -> _Plan:
        given = room_keys.shares(session, room_id)
        missing = self._missing(session, room_id, given)
        if missing.too_many or self._is_worn(session, room_id, now):
            # Whoever left, or lost a device, must not read on.
            megolm.begin(session, self._own, room_id, now)
            missing = self._missing(session, room_id, {})
        return missing

    def _missing(
        self, session: Session, room_id: str, given: Mapping[tuple[str, str], Share]
    ) -> _Plan:
        everyone = {
            (device.user_id, device.device_id): device
            for device in room_keys.reading_devices(session, room_id)
        }
        everyone.pop((self._own.user_id, self._own.device_id), None)
        allowed = {
            place: device
            for place, device in everyone.items()
            if device.cross_signed or not self._policy.only_cross_signed
        }
        # What was said to somebody who had no device yet is theirs to read by the first ones.
        room = rooms.get(session, room_id)
        unheard = all(share.withheld is not None for share in given.values())
        return _Plan(
            given=given,
            whole=room is not None and room.kind == "direct" and unheard,
            give=[
                device
                for place, device in allowed.items()
                if (share := given.get(place)) is None or share.withheld is not None
            ],
            refuse=[
                device
                for place, device in everyone.items()
                if place not in allowed and place not in given
            ],
            too_many=any(
                share.withheld is None
                and ((found := allowed.get(place)) is None or found.curve25519 != share.curve25519)
                for place, share in given.items()
            ),
        )

    def _shut_out(self, session: Session, room_id: str, now: int) -> bool:
        """Begin anew if somebody has the session who came to be one too many while it was shared.

        Its keys stand ready then, and are sent after what is written: sending them first would only give
        time for the next to leave.
        """
        if not self._missing(session, room_id, room_keys.shares(session, room_id)).too_many:
            return False
        plan = self._plan(session, room_id, now)
        for at in range(0, len(plan.give), DEVICES_AT_ONCE):
            self._hand_over(session, room_id, plan, plan.give[at : at + DEVICES_AT_ONCE], now)
        self._refuse(session, room_id, plan.refuse, "m.unverified", now)
        return True

    def _hand_over(
        self, session: Session, room_id: str, plan: _Plan, part: Sequence[Device], now: int
    ) -> None:
        known = room_keys.outbound(session, room_id)
        assert known is not None, "a room's session is there before it is given to anyone"
        key = megolm.key_of(self._own, known, whole=plan.whole)
        messages: dict[str, dict[str, Any]] = {}
        reached: list[Device] = []
        missed: list[Device] = []
        for device in part:
            if olm.has_session(session, device):
                content = olm.encrypt(session, self._own, device, "m.room_key", key)
                messages.setdefault(device.user_id, {})[device.device_id] = content
                reached.append(device)
            elif (device.user_id, device.device_id) not in plan.given:
                missed.append(device)
        if messages:
            outgoing.add(session, "m.room.encrypted", messages, now=now, room_id=room_id)
            room_keys.note_shares(session, room_id, reached)
        self._refuse(session, room_id, missed, "m.no_olm", now)

    def _refuse(
        self, session: Session, room_id: str, refused: Sequence[Device], code: str, now: int
    ) -> None:
        if not refused:
            return
        known = room_keys.outbound(session, room_id)
        assert known is not None, "a room's session is there before it is refused to anyone"
        content = {"algorithm": MEGOLM, "code": code, "sender_key": self._own.curve25519}
        if code != "m.no_olm":
            content |= {"room_id": room_id, "session_id": known.session_id}
        messages: dict[str, dict[str, Any]] = {}
        for device in refused:
            messages.setdefault(device.user_id, {})[device.device_id] = content
        outgoing.add(session, "m.room_key.withheld", messages, now=now, room_id=room_id)
        room_keys.note_shares(session, room_id, refused, withheld=code)

    def _settle(self, session: Session, room_id: str, now: int) -> bool:
        """Note that everybody has the session, unless somebody came or went meanwhile."""
        if room_keys.unfollowed(session, room_id) or room_keys.outdated_readers(
            session, room_id, now
        ):
            return False
        given = room_keys.shares(session, room_id)
        missing = self._missing(session, room_id, given)
        new = [d for d in missing.give if (d.user_id, d.device_id) not in given]
        if new or missing.refuse or missing.too_many:
            return False
        again = room_keys.retry_at(session, room_id, now)
        latest = now + _LONGEST_READY_MS
        room_keys.set_ready(session, room_id, until=latest if again is None else min(again, latest))
        return True

    # --- one-time keys ---------------------------------------------------------------------------

    async def _claim(self, wanted: Sequence[Device], *, patient: bool) -> MatrixError | None:
        """Make sessions with those with whom there is none; what failed, if any.

        Raises StorageError, and MatrixError if `patient`.
        """
        now = milliseconds(self._clock.now())
        strangers = await self._database.read(lambda s: devices.claimable(s, wanted, now))
        failure = None
        for at in range(0, len(strangers), CLAIMS_AT_ONCE):
            part = strangers[at : at + CLAIMS_AT_ONCE]
            try:
                claimed = await self._ask(part)
            except MatrixError as error:
                if patient or isinstance(error, UnknownToken):
                    raise
                log.warning("keys of %d devices cannot be claimed: %s", len(part), error)
                failure = error
                continue
            for start in range(0, len(claimed), DEVICES_AT_ONCE):
                some = claimed[start : start + DEVICES_AT_ONCE]
                await self._database.write(partial(olm.begin, own=self._own, claimed=some, now=now))
            await self._database.write(partial(self._put_off, asked=part, now=now))
        return failure

    def _put_off(self, session: Session, asked: Sequence[Device], now: int) -> None:
        """Those that had no key, or one that is none, are left alone for a while."""
        silent = devices.claimable(session, asked, now)
        if silent:
            log.info("%d devices have no one-time key left", len(silent))
            devices.claim_later(
                session, silent, first=now + CLAIM_AT_FIRST_MS, at=now + CLAIM_AGAIN_MS
            )

    async def _ask(self, wanted: Sequence[Device]) -> list[tuple[Device, str]]:
        """(device, one-time key) of those that have one. Raises MatrixError."""
        asked: dict[str, dict[str, str]] = {}
        for device in wanted:
            asked.setdefault(device.user_id, {})[device.device_id] = ONE_TIME
        answer = await self._homeserver.request(
            "POST",
            f"{CLIENT}/keys/claim",
            body={"one_time_keys": asked, "timeout": REMOTE_SECONDS * 1000},
            timeout=REMOTE_SECONDS + 30.0,
        )
        return await asyncio.to_thread(_claimed, answer, wanted)


def _claimed(answer: Mapping[str, Any], wanted: Sequence[Device]) -> list[tuple[Device, str]]:
    found = []
    for device in wanted:
        try:
            ((_, key),) = answer["one_time_keys"][device.user_id][device.device_id].items()
            public = key["key"]
        except (LookupError, TypeError, ValueError, AttributeError):
            continue
        key_id = f"ed25519:{device.device_id}"
        if (
            isinstance(public, str)
            and len(public) == 43
            and verify(key, device.user_id, key_id, device.ed25519)
        ):
            found.append((device, public))
    return found
