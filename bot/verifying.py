"""Between the worker and `bot.crypto.verification`: steps come from the inbox, answers go to the outboxes.

What a step changes holds once the transaction that finished its row is committed.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bot.clock import Clock, milliseconds
from bot.crypto.verification import Answer, Verifier
from bot.crypto.verification_events import (
    InRoomOut,
    Shown,
    TheirKeys,
    ToDeviceOut,
    VerificationEvent,
)
from bot.errors import MatrixError, UnknownToken
from commands.basics.verification import may_verify, reason
from commands.kernel.incoming import ActionEnd
from commands.kernel.kernel import Kernel
from commands.kernel.settings import Who
from storage import inbox, outbox, rooms
from storage.crypto import devices, outgoing, own_keys
from storage.crypto.own_keys import OwnKeys
from storage.database import Database
from storage.inbox import Item
from storage.outbox import Draft
from storage.session import Session

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Step:
    """What came of one step: filled outbox lanes, whether to-device messages wait, and what to commit."""

    answer: Answer
    lanes: list[str] = field(default_factory=list)
    sends: bool = False


class Verifying:
    """`master_public` is the public part of the bot's master key, None while it has none.

    `who` may verify besides other clients of the bot's own account. `fetch` brings a user's devices up to
    date; `on_drafts` gets outbox lanes that were filled, `on_outgoing` is told that to-device messages wait.
    """

    def __init__(
        self,
        database: Database,
        kernel: Kernel,
        clock: Clock,
        *,
        user_id: str,
        device_id: str,
        ed25519: str,
        master_public: Callable[[], str | None],
        who: Who,
        fetch: Callable[[str], Awaitable[None]],
        on_drafts: Callable[[Iterable[str]], None],
        on_outgoing: Callable[[], None],
    ) -> None:
        self._database = database
        self._kernel = kernel
        self._clock = clock
        self._fetch = fetch
        self._on_drafts = on_drafts
        self._on_outgoing = on_outgoing
        settings = kernel.settings
        self._verifier = Verifier(
            user_id,
            device_id,
            ed25519,
            master_public=master_public,
            keys_of=self._keys_of,
            may=lambda session, user: may_verify(session, settings, who, user),
            is_direct=_is_direct,
            reason=lambda session, user, why: reason(session, settings, user, why),
        )

    def remember_keys(self, session: Session) -> None:
        """Note the keys for those who ask for them; to be called at the start and when they change."""
        me = self._verifier
        keys = OwnKeys(me.user_id, me.device_id, me.ed25519, me.master_public())
        own_keys.put(session, keys)

    async def deal(self, item: Item) -> None:
        """Deal with one inbox row of that kind. Raises StorageError and UnknownToken."""
        event = _event(item)
        if event is not None:
            await self._look_up(event)
        now = self._clock.now()

        def work(session: Session) -> Step | None:
            if not inbox.finish(session, item.id, acted=event is not None, now=milliseconds(now)):
                return None
            return self._take(session, event, now) if event is not None else None

        step = await self._database.write(work)
        if step is None:
            return
        self._verifier.commit(step.answer)
        self._on_drafts(step.lanes)
        if step.sends:
            self._on_outgoing()

    async def _look_up(self, event: VerificationEvent) -> None:
        """Whoever shares no encrypted room with the bot is not known: fetch the keys that are to be checked."""
        device = self._verifier.to_be_proven(event)
        if device is None:
            return
        user_id, device_id = device

        def is_missing(session: Session) -> bool:
            if devices.get(session, user_id, device_id) is not None:
                return False
            devices.outdate(session, [user_id])
            return True

        if await self._database.write(is_missing):
            try:
                await self._fetch(user_id)
            except UnknownToken:
                raise
            except MatrixError as error:
                log.warning("the keys of a device cannot be fetched: %s", error)

    def _take(self, session: Session, event: VerificationEvent, now: datetime) -> Step:
        now_ms = milliseconds(now)
        step = Step(self._verifier.take(session, event, now_ms))
        for out in step.answer.outs:
            if isinstance(out, ToDeviceOut):
                to = {out.user_id: {out.device_id: out.content}}
                outgoing.add(session, out.type, to, now=now_ms)
                step.sends = True
            elif isinstance(out, InRoomOut):
                draft = Draft(out.type, out.content, room_id=out.room_id)
                step.lanes.append(outbox.add(session, draft, now=now_ms))
            else:
                step.lanes += self._tell(session, out, now)
        return step

    def _tell(self, session: Session, shown: Shown, now: datetime) -> list[str]:
        end = ActionEnd(
            "basics.compare",
            {
                "user": shown.user_id,
                "room": shown.room_id,
                "emoji": list(shown.emoji),
                "decimals": list(shown.decimals),
            },
        )
        drafts = self._kernel.continue_(session, end, now).drafts
        return [outbox.add(session, draft, now=milliseconds(now)) for draft in drafts]

    def _keys_of(self, session: Session, user_id: str, device_id: str) -> TheirKeys:
        device = devices.get(session, user_id, device_id)
        master = devices.master_key(session, user_id)
        if user_id == self._verifier.user_id:
            master = self._verifier.master_public() or master
        return TheirKeys(device.ed25519 if device is not None else None, master)


def _is_direct(session: Session, room_id: str, user_id: str) -> bool:
    room = rooms.get(session, room_id)
    return room is not None and room.kind == "direct" and room.direct_user == user_id


def _event(item: Item) -> VerificationEvent | None:
    return VerificationEvent.read(
        item.sender,
        item.body.get("type"),
        item.body.get("content"),
        room_id=item.room_id,
        event_id=item.event_id,
        sent_at=item.sent_at,
    )
