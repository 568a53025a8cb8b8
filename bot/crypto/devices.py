"""Whose devices there are: asks the homeservers, checks what they say, and keeps it.

Client-Server API v1.16, "Tracking the device list for a user" and "Cross-signing". A device's own signature
must be right, or it does not exist; whether its owner vouches for it is noted beside it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from bot.client import CLIENT, Homeserver
from bot.clock import Clock, milliseconds
from bot.crypto.account import MEGOLM, OLM
from bot.crypto.signing import verify
from bot.errors import MatrixError, UnknownToken
from storage.crypto import devices, room_keys
from storage.crypto.devices import Device, Listing
from storage.database import Database
from storage.session import Session

log = logging.getLogger(__name__)

USERS_AT_ONCE = 200
# How long the homeserver waits for others, and how long it is left alone after they did not answer.
REMOTE_SECONDS = 10
_RETRY_MS = 5 * 60_000
# The same where the bot's own homeserver failed.
_FAILED_MS = 60_000
_MOST_DEVICES = 500


class Devices:
    """Keeps the lists of those who share an encrypted room with the bot."""

    def __init__(self, homeserver: Homeserver, database: Database, clock: Clock) -> None:
        self._homeserver = homeserver
        self._database = database
        self._clock = clock

    async def refresh(self, room_id: str, *, patient: bool) -> tuple[MatrixError | None, list[str]]:
        """Fetch what is not known of the room's readers; what failed, and for whom.

        Raises StorageError, and MatrixError if `patient`.
        """
        now = milliseconds(self._clock.now())
        new = await self._database.read(lambda s: room_keys.unfollowed(s, room_id))
        if new:
            await self._database.write(lambda s: devices.track(s, new))
        wanted = await self._database.read(lambda s: room_keys.outdated_readers(s, room_id, now))
        failure: MatrixError | None = None
        failed: list[str] = []
        for at in range(0, len(wanted), USERS_AT_ONCE):
            part = wanted[at : at + USERS_AT_ONCE]
            try:
                await self._fetch(part)
            except MatrixError as error:
                if patient or isinstance(error, UnknownToken):
                    raise
                log.warning("the devices of %d users cannot be fetched: %s", len(part), error)
                failure = error
                failed += [user for user, _ in part]
        return failure, failed

    async def put_off(self, users: Sequence[str]) -> None:
        """Leave those alone for a while who could not be fetched. Raises StorageError."""
        await self._later(users, _FAILED_MS)

    async def fetch(self, users: Sequence[str]) -> None:
        """Follow users and fetch their devices, unless they are known. Raises StorageError and MatrixError."""

        def wanted(session: Session) -> list[tuple[str, int]]:
            devices.track(session, users)
            versions = ((user, devices.wanted_version(session, user)) for user in users)
            return [(user, version) for user, version in versions if version is not None]

        found = await self._database.write(wanted)
        if found:
            await self._fetch(found)

    async def _fetch(self, wanted: Sequence[tuple[str, int]]) -> None:
        answer = await self._homeserver.request(
            "POST",
            f"{CLIENT}/keys/query",
            body={
                "device_keys": {user: [] for user, _ in wanted},
                "timeout": REMOTE_SECONDS * 1000,
            },
            timeout=REMOTE_SECONDS + 30.0,
        )
        failures = answer.get("failures")
        away = set(failures) if isinstance(failures, dict) else set()
        silent = [user for user, _ in wanted if user.partition(":")[2] in away]
        heard = [(user, version) for user, version in wanted if user not in silent]
        # Hundreds of signatures: not on the event loop.
        listings = await asyncio.to_thread(
            lambda: [(listing_of(answer, user), version) for user, version in heard]
        )

        def store(session: Session) -> None:
            for listing, version in listings:
                devices.store(session, listing, version)

        await self._database.write(store)
        if silent:
            log.info("the homeservers of %d users do not answer for their devices", len(silent))
            await self._later(silent, _RETRY_MS)

    async def _later(self, users: Sequence[str], ms: int) -> None:
        at = milliseconds(self._clock.now()) + ms
        await self._database.write(lambda s: devices.retry_later(s, users, at=at))


def listing_of(answer: Mapping[str, Any], user_id: str) -> Listing:
    """What an answer to POST /keys/query says of a user; hostile parts of it are left out."""
    master, self_signing = cross_signing_keys(answer, user_id)
    listed = _part(_part(answer, "device_keys"), user_id)
    found = []
    for device_id, keys in list(listed.items())[:_MOST_DEVICES]:
        device = _device(user_id, device_id, keys, self_signing)
        if device is not None:
            found.append(device)
    return Listing(user_id, master, self_signing, tuple(found))


def cross_signing_keys(answer: Mapping[str, Any], user_id: str) -> tuple[str | None, str | None]:
    """(master key, self-signing key that it vouches for), unpadded base64, each None if there is none."""
    master = _only_key(_part(_part(answer, "master_keys"), user_id), user_id, "master")
    if master is None:
        return None, None
    signing = _part(_part(answer, "self_signing_keys"), user_id)
    self_signing = _only_key(signing, user_id, "self_signing")
    if self_signing is None or not verify(signing, user_id, f"ed25519:{master}", master):
        return master, None
    return master, self_signing


def _only_key(keys: Mapping[str, Any], user_id: str, usage: str) -> str | None:
    usages, found = keys.get("usage"), keys.get("keys")
    if keys.get("user_id") != user_id or not isinstance(usages, list) or usage not in usages:
        return None
    if not isinstance(found, dict) or len(found) != 1:
        return None
    ((key_id, public),) = found.items()
    return public if isinstance(public, str) and key_id == f"ed25519:{public}" else None


def _device(user_id: str, device_id: str, keys: object, self_signing: str | None) -> Device | None:
    if not isinstance(keys, dict) or not 0 < len(device_id) <= 255:
        return None
    if (keys.get("user_id"), keys.get("device_id")) != (user_id, device_id):
        return None
    algorithms = keys.get("algorithms")
    if not isinstance(algorithms, list) or OLM not in algorithms or MEGOLM not in algorithms:
        return None
    public = _part(keys, "keys")
    ed25519, curve25519 = public.get(f"ed25519:{device_id}"), public.get(f"curve25519:{device_id}")
    if not isinstance(ed25519, str) or not isinstance(curve25519, str) or len(curve25519) != 43:
        return None
    if not verify(keys, user_id, f"ed25519:{device_id}", ed25519):
        return None
    vouched = self_signing is not None and verify(
        keys, user_id, f"ed25519:{self_signing}", self_signing
    )
    return Device(user_id, device_id, curve25519, ed25519, vouched)


def _part(value: object, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
