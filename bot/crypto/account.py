"""The bot's own device: its identity keys, and the one-time and fallback keys by which others reach it.

Client-Server API v1.16, "Device keys", "One-time and fallback keys" and "POST /keys/upload". Every change of
the account is stored before the homeserver hears of it, so that a kill loses no key that somebody uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import vodozemac

from bot.crypto.signing import signed, signed_part
from bot.crypto.vault import WrongKey
from storage.crypto import account as stored
from storage.session import Session

OLM = "m.olm.v1.curve25519-aes-sha2"
MEGOLM = "m.megolm.v1.aes-sha2"
ONE_TIME = "signed_curve25519"


class NoDevice(LookupError):
    """The login does not say which device it is, so there is nothing that keys could belong to."""


@dataclass(frozen=True, slots=True)
class Own:
    """Who the bot's device is; `created_at` is in ms UTC, `pickle_key` seals what vodozemac keeps."""

    user_id: str
    device_id: str
    ed25519: str
    curve25519: str
    created_at: int
    pickle_key: bytes = field(repr=False)


class Signer:
    """Signs as the bot's device; the key that it signs by never changes."""

    def __init__(self, own: Own, account: vodozemac.Account) -> None:
        self._own = own
        self._account = account

    def signature(self, value: Mapping[str, Any]) -> str:
        """The device's signature of an object, unpadded base64."""
        return self._account.sign(signed_part(value)).to_base64()

    def sign(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of the object that bears the device's signature."""
        key_id = f"ed25519:{self._own.device_id}"
        return signed(value, self._own.user_id, key_id, self.signature(value))

    def device_keys(self) -> dict[str, Any]:
        own = self._own
        return self.sign(
            {
                "user_id": own.user_id,
                "device_id": own.device_id,
                "algorithms": [OLM, MEGOLM],
                "keys": {
                    f"curve25519:{own.device_id}": own.curve25519,
                    f"ed25519:{own.device_id}": own.ed25519,
                },
            }
        )


def load_or_make(
    session: Session, user_id: str, device_id: str, pickle_key: bytes, now: int
) -> tuple[Own, Signer]:
    """The device that is stored, or a new one where there is none or the login is another device by now.

    An empty `device_id` stands for the stored one. Raises WrongKey and NoDevice, when there is neither.
    """
    known = stored.get(session)
    if known is not None and (known.user_id, known.device_id) != (
        user_id,
        device_id or known.device_id,
    ):
        stored.forget_device(session)
        known = None
    if known is None:
        if not device_id:
            raise NoDevice("the login does not say which device it is")
        account = vodozemac.Account()
        stored.create(session, user_id, device_id, account.pickle(pickle_key), now=now)
        known = stored.get(session)
        assert known is not None
    else:
        account = _unpickled(known.pickle, pickle_key)
    own = Own(
        user_id,
        known.device_id,
        account.ed25519_key.to_base64(),
        account.curve25519_key.to_base64(),
        known.created_at,
        pickle_key,
    )
    return own, Signer(own, account)


def load(session: Session, own: Own) -> vodozemac.Account:
    """Raises WrongKey."""
    known = stored.get(session)
    assert known is not None, "the account is made when encryption is opened"
    return _unpickled(known.pickle, own.pickle_key)


def save(session: Session, own: Own, account: vodozemac.Account) -> None:
    stored.save(session, account.pickle(own.pickle_key))


def _unpickled(pickle: str, pickle_key: bytes) -> vodozemac.Account:
    try:
        return vodozemac.Account.from_pickle(pickle, pickle_key)
    except vodozemac.PickleException as error:
        raise WrongKey("the bot's keys were sealed with another key") from error


def new_keys(
    session: Session, own: Own, signer: Signer, *, there: int, fallback: bool
) -> dict[str, Any] | None:
    """The body of an upload that fills up the keys at the homeserver, which has `there` one-time keys.

    Keys of an upload that was cut off are in it again, unchanged. None if nothing is wanting.
    """
    # Any: the stubs of vodozemac 0.10 leave out its fallback keys.
    account: Any = load(session, own)
    known = stored.get(session)
    body: dict[str, Any] = {}
    if known is not None and not known.published:
        body["device_keys"] = signer.device_keys()
    wanting = account.max_number_of_one_time_keys - there - len(account.one_time_keys)
    if wanting > 0:
        account.generate_one_time_keys(wanting)
    if fallback and not account.fallback_key:
        account.generate_fallback_key()
    if account.one_time_keys:
        body["one_time_keys"] = {
            f"{ONE_TIME}:{key_id}": signer.sign({"key": key.to_base64()})
            for key_id, key in account.one_time_keys.items()
        }
    if account.fallback_key:
        body["fallback_keys"] = {
            f"{ONE_TIME}:{key_id}": signer.sign({"key": key.to_base64(), "fallback": True})
            for key_id, key in account.fallback_key.items()
        }
    if not body:
        return None
    save(session, own, account)
    return body


def published(session: Session, own: Own) -> None:
    """The homeserver has what the last upload held."""
    account = load(session, own)
    account.mark_keys_as_published()
    save(session, own, account)
    stored.mark_published(session)
