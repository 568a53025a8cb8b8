"""Sends what is stored for devices, one to-device message at a time, and notes what became of it.

Who is to be told what is decided where it is stored; a room's key that was refused for good counts as
never given.
"""

from __future__ import annotations

import logging

from bot.client import CLIENT, Homeserver, quoted
from bot.errors import MatrixError, UnknownToken
from storage.crypto import devices, outgoing, room_keys
from storage.crypto.outgoing import Outgoing
from storage.database import Database
from storage.session import Session

log = logging.getLogger(__name__)

# A device that has no one-time key left, nor a fallback key, is asked again after that time; after less at
# first, since homeservers tell of a new device a moment before its keys are there.
CLAIM_AGAIN_MS = 15 * 60_000
CLAIM_AT_FIRST_MS = 3_000


async def deliver(
    homeserver: Homeserver, database: Database, item: Outgoing, *, patient: bool, now: int
) -> bool:
    """Send one to-device message; whether it is done with. `now` is in ms UTC.

    Raises StorageError, UnknownToken, and every other MatrixError if `patient` and it may heal.
    """
    path = f"{CLIENT}/sendToDevice/{quoted(item.type)}/{item.key}"
    refused = False
    try:
        await homeserver.request("PUT", path, body={"messages": item.messages})
    except UnknownToken:
        raise
    except MatrixError as error:
        if error.heals:
            if patient:
                raise
            log.warning("a to-device message has to wait: %s", error)
            return False
        log.error("a to-device message is refused, and dropped: %s", error)
        refused = True

    def drop(session: Session) -> None:
        outgoing.done(session, item.id)
        if refused:
            _take_back(session, item, now)

    await database.write(drop)
    return True


def _take_back(session: Session, item: Outgoing, now: int) -> None:
    """Those for whom the key was do not have it, and are tried again like those without a one-time key."""
    if item.room_id is None or item.type != "m.room.encrypted":
        return
    known = room_keys.outbound(session, item.room_id)
    # The key of an earlier session says nothing of who has this one.
    if known is None or item.created_at < known.created_at:
        return
    given = room_keys.shares(session, item.room_id)
    missed = [
        device
        for device in room_keys.reading_devices(session, item.room_id)
        if (share := given.get((device.user_id, device.device_id))) is not None
        and share.withheld is None
        and device.curve25519
        in item.messages.get(device.user_id, {}).get(device.device_id, {}).get("ciphertext", {})
    ]
    log.error("%d devices go without the key of %s for now", len(missed), item.room_id)
    room_keys.note_shares(session, item.room_id, missed, withheld="m.no_olm")
    devices.claim_later(session, missed, first=now + CLAIM_AT_FIRST_MS, at=now + CLAIM_AGAIN_MS)
