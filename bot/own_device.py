"""The bot's device as it begins: its keys and its identity, on a login that is good for them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from bot.client import Homeserver
from bot.clock import Clock
from bot.crypto import own_identity
from bot.crypto.engine import Encryption
from bot.crypto.own_identity import DeviceTaken
from bot.crypto.policy import Policy
from bot.login import Credentials, log_in_anew
from storage.database import Database

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """What it is made from; the homeserver is logged in. `secret` seals the keys at rest.

    Its methods raise IdentityTrouble, WrongKey, NoDevice, LoginRefused, OtherAccount, MatrixError and
    StorageError.
    """

    homeserver: Homeserver
    database: Database
    clock: Clock
    credentials: Credentials
    secret: bytes = field(repr=False)
    policy: Policy

    async def begin(self, recovery_key: str | None) -> tuple[Encryption, bool]:
        """Open encryption and see to the identity; whether that is new."""
        password = self.credentials.password
        encryption = await self._open()
        try:
            made = await encryption.establish(recovery_key=recovery_key, password=password)
        except DeviceTaken:
            encryption = await self._open_anew()
            made = await encryption.establish(recovery_key=recovery_key, password=password)
        return encryption, made

    async def begin_as_another(self, password: str | None) -> Encryption:
        """Open encryption and give the account a new identity."""
        encryption = await self._open()
        try:
            await own_identity.see_that_it_is_free(self.homeserver, encryption.signer)
        except DeviceTaken:
            encryption = await self._open_anew()
        encryption.identity = await own_identity.replace(
            self.homeserver,
            self.database,
            encryption.vault,
            encryption.signer,
            publish=encryption.publish,
            password=password,
        )
        return encryption

    async def _open(self) -> Encryption:
        return await Encryption.open(
            self.homeserver, self.database, self.clock, self.secret, self.policy
        )

    async def _open_anew(self) -> Encryption:
        """The login was kept, but its keys are lost: be another device, where there is a password."""
        if not await log_in_anew(self.homeserver, self.credentials):
            raise DeviceTaken(
                f"the login's device {self.homeserver.device_id} has other keys than this data folder, which"
                " was lost or brought back from a copy. Give the bot a new access token, or its password."
            )
        log.warning("the keys of the login that was kept are lost: the bot is a new device")
        return await self._open()
