"""The bot's identity in its operator's hands: looked to by `kring setup`, shown, and made anew.

What an identity is, and how it comes about, is in `bot.crypto.own_identity`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.app import claim
from bot.client import Homeserver
from bot.clock import Clock
from bot.config import Config
from bot.config_load import encryption_secret
from bot.crypto import own_identity
from bot.crypto.engine import Encryption
from bot.crypto.vault import Vault
from bot.errors import FolderInUse
from bot.folder import Hold
from bot.login import log_in
from bot.own_device import OwnDevice
from storage.crypto import own_keys
from storage.crypto.own_keys import OwnKeys
from storage.database import Database

Say = Callable[[str], None]

KEEP = (
    "This is the bot's recovery key. Keep it as you keep passwords, apart from the data folder: if the folder"
    " is lost, only this key makes the next one the same bot."
)


async def look_to(
    config: Config, homeserver: Homeserver, database: Database, clock: Clock, say: Say
) -> None:
    """See to the identity of the account that is logged in, unless a running bot does.

    Says what was done, and a new identity's recovery key. Raises ConfigError, IdentityTrouble, WrongKey,
    MatrixError and StorageError.
    """
    try:
        hold = Hold(config.data.folder)
    except FolderInUse:
        say("A bot runs on this folder: it sees to its identity itself.")
        return
    try:
        secret = encryption_secret(config, create=True)
        before = await own_identity.load(database, Vault(secret), homeserver.user_id)
        given = config.encryption.recovery_key
        device = OwnDevice(homeserver, database, clock, config.credentials, secret, config.policy)
        encryption, made = await device.begin(given.get_secret_value() if given else None)
        await _remember(database, encryption)
        if made:
            say("The bot's identity was made and published.")
            for line in shown(await own_identity.stored_recovery_key(database, encryption.vault)):
                say(line)
        elif before is not None and before.master.public == _master(encryption):
            say("The bot's identity was found again; `kring recovery-key` shows its recovery key.")
        else:
            say("The bot's identity was restored by its recovery key.")
    finally:
        hold.release()


def shown(recovery_key: str | None) -> list[str]:
    """Lines for whoever is to keep it."""
    return ["", f"  {recovery_key}", "", KEEP]


async def stored(config: Config, database: Database) -> str | None:
    """The recovery key, beside a bot that may run; None if there is none yet.

    Raises ConfigError, WrongKey and StorageError.
    """
    return await own_identity.stored_recovery_key(database, Vault(encryption_secret(config)))


async def renew(config: Config, password: str | None, clock: Clock) -> str | None:
    """Give the account a new identity; its recovery key.

    Raises FolderInUse while a bot runs, ConfigError, LoginRefused, OtherAccount, WrongAccount,
    IdentityTrouble, WrongKey, MatrixError and StorageError.
    """
    async with _alone(config, clock) as (homeserver, database):
        secret = encryption_secret(config, create=True)
        device = OwnDevice(homeserver, database, clock, config.credentials, secret, config.policy)
        encryption = await device.begin_as_another(password)
        await _remember(database, encryption)
        return await own_identity.stored_recovery_key(database, encryption.vault)


async def _remember(database: Database, encryption: Encryption) -> None:
    """For `kring check`, before the bot has run."""
    own = encryption.own
    keys = OwnKeys(own.user_id, own.device_id, own.ed25519, _master(encryption))
    await database.write(lambda session: own_keys.put(session, keys))


def _master(encryption: Encryption) -> str | None:
    identity = encryption.identity
    return identity.master.public if identity is not None else None


@asynccontextmanager
async def _alone(config: Config, clock: Clock) -> AsyncIterator[tuple[Homeserver, Database]]:
    """Logged in, with the database open, while no bot runs."""
    hold = Hold(config.data.folder)
    try:
        homeserver = Homeserver(config.homeserver.url, clock, request_seconds=60)
        await homeserver.open()
        try:
            await log_in(homeserver, config.credentials)
            database = await Database.open(config.database)
            try:
                await database.write(lambda session: claim(session, homeserver.user_id))
                yield homeserver, database
            finally:
                await database.close()
        finally:
            await homeserver.close()
    finally:
        hold.release()
