"""The bot's identity: three keys, of which the master key vouches for the others, and they for devices.

Client-Server API v1.16, "Cross-signing", and "POST /keys/device_signing/upload".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.crypto.signing import SigningKey, signed

# As the secrets are called in secret storage (spec, "Secrets").
MASTER = "m.cross_signing.master"
SELF_SIGNING = "m.cross_signing.self_signing"
USER_SIGNING = "m.cross_signing.user_signing"


@dataclass(frozen=True, slots=True)
class CrossSigning:
    """`self_signing` vouches for the account's devices, `user_signing` for other people."""

    user_id: str
    master: SigningKey = field(repr=False)
    self_signing: SigningKey = field(repr=False)
    user_signing: SigningKey = field(repr=False)

    @classmethod
    def generate(cls, user_id: str) -> CrossSigning:
        return cls(user_id, SigningKey.generate(), SigningKey.generate(), SigningKey.generate())

    @property
    def secrets(self) -> dict[str, bytes]:
        """The seeds, by their names in secret storage."""
        return {
            MASTER: self.master.seed,
            SELF_SIGNING: self.self_signing.seed,
            USER_SIGNING: self.user_signing.seed,
        }

    @classmethod
    def of(cls, user_id: str, secrets: Mapping[str, bytes]) -> CrossSigning:
        """The identity of these seeds. Raises KeyError for one that is missing, ValueError for none."""
        return cls(
            user_id,
            SigningKey(secrets[MASTER]),
            SigningKey(secrets[SELF_SIGNING]),
            SigningKey(secrets[USER_SIGNING]),
        )

    def public_keys(
        self, sign_by_device: Callable[[Mapping[str, Any]], dict[str, Any]]
    ) -> dict[str, Any]:
        """What POST /keys/device_signing/upload takes: the device vouches for the master key."""
        return {
            "master_key": sign_by_device(self._key("master", self.master)),
            "self_signing_key": self._vouched(self._key("self_signing", self.self_signing)),
            "user_signing_key": self._vouched(self._key("user_signing", self.user_signing)),
        }

    def signatures(
        self,
        device_keys: Mapping[str, Any],
        sign_by_device: Callable[[Mapping[str, Any]], dict[str, Any]],
    ) -> dict[str, Any]:
        """What POST /keys/signatures/upload takes: identity and device vouch for each other."""
        key = self.self_signing
        vouched = signed(device_keys, self.user_id, f"ed25519:{key.public}", key.sign(device_keys))
        master = sign_by_device(self._key("master", self.master))
        return {self.user_id: {device_keys["device_id"]: vouched, self.master.public: master}}

    def _key(self, usage: str, key: SigningKey) -> dict[str, Any]:
        return {
            "user_id": self.user_id,
            "usage": [usage],
            "keys": {f"ed25519:{key.public}": key.public},
        }

    def _vouched(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return signed(value, self.user_id, f"ed25519:{self.master.public}", self.master.sign(value))
