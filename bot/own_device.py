"""The bot's device as it begins: its keys and its identity, on a login that is good for them."""

from __future__ import annotations

import logging

from bot.client import Homeserver
from bot.clock import Clock
from bot.crypto import own_identity
from bot.crypto.engine import Encryption
from bot.crypto.own_identity import DeviceTaken
from bot.crypto.policy import Policy
from bot.login import Credentials, log_in_anew
from storage.database import Database

log = logging.getLogger(__name__)


async def begin(
    homeserver: Homeserver,
    database: Database,
    clock: Clock,
    credentials: Credentials,
    secret: bytes,
    policy: Policy,
    recovery_key: str | None,
) -> tuple[Encryption, bool]:
    """Open encryption and see to the identity; whether that is new.

    A login that was kept while the keys were lost becomes a new device where there is a password. Raises
    IdentityTrouble, WrongKey, NoDevice, LoginRefused, OtherAccount, MatrixError and StorageError.
    """
    encryption = await Encryption.open(homeserver, database, clock, secret, policy)
    try:
        made = await encryption.establish(recovery_key=recovery_key, password=credentials.password)
    except DeviceTaken:
        encryption = await _anew(homeserver, database, clock, credentials, secret, policy)
        made = await encryption.establish(recovery_key=recovery_key, password=credentials.password)
    return encryption, made


async def with_new_identity(
    homeserver: Homeserver,
    database: Database,
    clock: Clock,
    credentials: Credentials,
    secret: bytes,
    policy: Policy,
    password: str | None,
) -> Encryption:
    """Open encryption and give the account another identity. Raises what `begin` raises."""
    encryption = await Encryption.open(homeserver, database, clock, secret, policy)
    try:
        await own_identity.see_that_it_is_free(homeserver, encryption.signer)
    except DeviceTaken:
        encryption = await _anew(homeserver, database, clock, credentials, secret, policy)
    encryption.identity = await own_identity.replace(
        homeserver,
        database,
        encryption.vault,
        encryption.signer,
        publish=encryption.publish,
        password=password,
    )
    return encryption


async def _anew(
    homeserver: Homeserver,
    database: Database,
    clock: Clock,
    credentials: Credentials,
    secret: bytes,
    policy: Policy,
) -> Encryption:
    """The login was kept, but its keys are lost: be another device, where there is a password."""
    if not await log_in_anew(homeserver, credentials):
        raise DeviceTaken(
            f"the login's device {homeserver.device_id} has other keys than this data folder, which was lost"
            " or brought back from a copy. Give the bot a new access token, or its password."
        )
    log.warning("the keys of the login that was kept are lost: the bot is a new device")
    return await Encryption.open(homeserver, database, clock, secret, policy)
