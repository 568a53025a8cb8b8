"""Gives the bot's account an identity on the first start, and a new device the one that the account has.

Client-Server API v1.16, "Cross-signing", "Secret storage" and "Key backup". The secrets are in the bot's own
database, sealed, before anything is uploaded: whatever is cut off is taken up again by the next start.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from Crypto.Random import get_random_bytes

from bot.client import CLIENT, Homeserver
from bot.crypto import recovery_key
from bot.crypto.account import Signer
from bot.crypto.backup import SECRET as BACKUP
from bot.crypto.cross_signing import MASTER, SELF_SIGNING, USER_SIGNING, CrossSigning
from bot.crypto.devices import cross_signing_keys
from bot.crypto.secret_storage import NotReadable, Storage
from bot.crypto.signing import b64, unb64, verify
from bot.crypto.vault import Vault
from bot.errors import BadResponse, HomeserverError, Unproven
from storage import facts
from storage.crypto import secrets
from storage.database import Database
from storage.session import Session

log = logging.getLogger(__name__)

RECOVERY = "recovery"
_NAMES = (MASTER, SELF_SIGNING, USER_SIGNING, BACKUP, RECOVERY)
# Before the names of secrets of an identity that the homeserver has not accepted yet.
_NEXT = "next."
# Which identity is complete at the homeserver, by its public master key.
_SETTLED = "identity"
# The identity came by its recovery key, and what the backup has for it was not read yet.
RESTORED = "identity.restored"


class IdentityTrouble(Exception):
    """The bot cannot show itself as who it was; the message says what the operator can do."""


class RecoveryKeyNeeded(IdentityTrouble):
    """The account has an identity that this data folder does not know."""


class RecoveryKeyRefused(IdentityTrouble):
    """The recovery key that was given does not open the account's secrets."""


class PasswordNeeded(IdentityTrouble):
    """The homeserver asks for the account's password, and none or a wrong one was given."""


class DeviceTaken(IdentityTrouble):
    """The login is a device whose keys this data folder does not have: people's clients would refuse others."""


class IdentityReplaced(IdentityTrouble):
    """Somebody gave the account another identity."""


@dataclass(frozen=True, slots=True)
class Established:
    """`made` says that a new identity is complete now, `restored` that it came by the recovery key."""

    identity: CrossSigning
    made: bool
    restored: bool


async def load(database: Database, vault: Vault, user_id: str) -> CrossSigning | None:
    """The identity that is stored. Raises WrongKey and StorageError."""
    return await _load(database, vault, user_id, "")


async def _load(database: Database, vault: Vault, user_id: str, before: str) -> CrossSigning | None:
    found = await database.read(lambda session: _sealed(session, before))
    if MASTER not in found:
        return None
    return CrossSigning.of(user_id, {name: vault.open(name, found[name]) for name in _NAMES[:3]})


async def stored_recovery_key(database: Database, vault: Vault) -> str | None:
    """The recovery key as people write it. Raises WrongKey and StorageError."""
    sealed = await database.read(lambda session: secrets.get(session, RECOVERY))
    return recovery_key.encode(vault.open(RECOVERY, sealed)) if sealed is not None else None


async def establish(
    homeserver: Homeserver,
    database: Database,
    vault: Vault,
    signer: Signer,
    *,
    publish: Callable[[], Awaitable[None]],
    given_key: str | None,
    password: str | None,
) -> Established:
    """See to it that the account has an identity, that it is this one, and that it vouches for the device.

    May be repeated. `publish` makes the device known, once it is sure that it will be vouched for: clients
    warn of others. `given_key` is the recovery key, `password` the account's: for homeservers that ask
    for it. Raises IdentityTrouble, MatrixError, StorageError and WrongKey.
    """
    user_id = homeserver.user_id
    answer = await _queried(homeserver)
    public = cross_signing_keys(answer, user_id)
    await _promote(database, vault, user_id, public[0])
    identity = await load(database, vault, user_id)
    restored = False
    if identity is None and public[0] is None:
        identity = CrossSigning.generate(user_id)
        await _keep(
            database, vault, identity, backup=get_random_bytes(32), recovery=get_random_bytes(32)
        )
    elif identity is None:
        identity = await _restored(homeserver, database, vault, public, given_key)
        restored = True
    elif not _fits(public, identity):
        if given_key is None or given_key == await stored_recovery_key(database, vault):
            raise _replaced(user_id)
        identity = await _restored(homeserver, database, vault, public, given_key)
        restored = True
    await publish()
    settled, came = await database.read(
        lambda session: (facts.get(session, _SETTLED), facts.get(session, RESTORED))
    )
    # A start that was cut off, or had to log in anew, may have restored it before this one.
    restored = restored or came == identity.master.public
    new = settled != identity.master.public
    if new or public[0] is None:
        await _publish(homeserver, database, vault, signer, identity, public, password)
    if not _is_vouched(answer, signer, identity):
        await _vouch(homeserver, signer, identity)
        log.info("this device now bears the signature of the bot's identity")
    if new:
        await database.write(lambda session: facts.put(session, _SETTLED, identity.master.public))
    return Established(identity, new and not restored, restored)


def _fits(public: tuple[str | None, str | None], identity: CrossSigning) -> bool:
    """Whether what is published is this identity, as far as it is published."""
    master, self_signing = public
    return master in (None, identity.master.public) and self_signing in (
        None,
        identity.self_signing.public,
    )


def _replaced(user_id: str) -> IdentityReplaced:
    return IdentityReplaced(
        f"{user_id} has another identity than the one this data folder knows: somebody made a new one"
        " with another client. Give its recovery key (encryption.recovery_key_file in the configuration),"
        " or make the bot's anew with `kring recovery-key --new-identity`."
    )


async def _queried(homeserver: Homeserver) -> dict[str, Any]:
    """What everyone is told about the account's keys. Raises MatrixError."""
    answer = await homeserver.request(
        "POST", f"{CLIENT}/keys/query", body={"device_keys": {homeserver.user_id: []}}
    )
    if not isinstance(answer.get("device_keys"), dict):
        # That there is no identity is not to be believed of an answer that says nothing.
        raise BadResponse("a query for keys was answered without any")
    return answer


async def replace(
    homeserver: Homeserver,
    database: Database,
    vault: Vault,
    signer: Signer,
    *,
    publish: Callable[[], Awaitable[None]],
    password: str | None,
) -> CrossSigning:
    """Give the account a new identity and a new recovery key: people are told that it changed.

    The one there is stays until the homeserver has accepted the new one. Raises IdentityTrouble, MatrixError,
    StorageError and WrongKey.
    """
    user_id = homeserver.user_id
    new = await _load(database, vault, user_id, _NEXT)
    if new is None:
        new, secret = CrossSigning.generate(user_id), get_random_bytes
        await _keep(database, vault, new, backup=secret(32), recovery=secret(32), before=_NEXT)
    await _upload(homeserver, new, signer, password, instead=True)
    await _promote(database, vault, user_id, new.master.public)
    log.warning("the bot's account has a new identity")
    await publish()
    public = (new.master.public, new.self_signing.public)
    await _publish(homeserver, database, vault, signer, new, public, password)
    await _vouch(homeserver, signer, new)
    await database.write(lambda session: facts.put(session, _SETTLED, new.master.public))
    return new


async def _promote(database: Database, vault: Vault, user_id: str, published: str | None) -> None:
    """The new identity is the bot's as soon as it is the account's."""
    new = await _load(database, vault, user_id, _NEXT)
    if new is None or new.master.public != published:
        return

    def promote(session: Session) -> None:
        facts.forget(session, _SETTLED)
        for name, value in _sealed(session, _NEXT).items():
            secrets.put(session, name, value)
            secrets.delete(session, _NEXT + name)

    await database.write(promote)


async def _vouch(homeserver: Homeserver, signer: Signer, identity: CrossSigning) -> None:
    body = identity.signatures(signer.device_keys(), signer.sign)
    answer = await homeserver.request("POST", f"{CLIENT}/keys/signatures/upload", body=body)
    failures = answer.get("failures")
    if failures:
        # It is said in an answer that otherwise looks like a success.
        log.error("the homeserver refused signatures: %s", str(failures)[:300])
        raise HomeserverError("M_INVALID_SIGNATURE", 400, "the device's signature was refused")


async def _restored(
    homeserver: Homeserver,
    database: Database,
    vault: Vault,
    public: tuple[str | None, str | None],
    given_key: str | None,
) -> CrossSigning:
    user_id = homeserver.user_id
    if given_key is None:
        raise RecoveryKeyNeeded(
            f"{user_id} has an identity already, and this data folder does not know its secrets. Give the"
            " recovery key (encryption.recovery_key_file in the configuration), and the bot goes on as who it"
            " was; or make a new identity with `kring recovery-key --new-identity`, which everyone will see."
        )
    try:
        key = recovery_key.decode(given_key)
    except recovery_key.BadRecoveryKey as error:
        raise RecoveryKeyRefused(f"the recovery key cannot be used: {error}") from None
    storage = await Storage.find(homeserver, key)
    if storage is None:
        raise RecoveryKeyRefused(
            f"the recovery key is not the one under which {user_id} keeps its secrets"
        )
    try:
        identity = CrossSigning.of(
            user_id,
            {
                name: unb64(await storage.read(name))
                for name in (MASTER, SELF_SIGNING, USER_SIGNING)
            },
        )
    except (NotReadable, ValueError) as error:
        raise RecoveryKeyRefused(
            f"what {user_id} keeps under the recovery key is not its identity: {error}"
        ) from None
    if (identity.master.public, identity.self_signing.public) != public:
        raise RecoveryKeyRefused(
            f"the recovery key opens an older identity of {user_id} than the one it shows"
        )
    try:
        backup = unb64(await storage.read(BACKUP))
    except (NotReadable, ValueError):
        backup = b""
    await _keep(
        database,
        vault,
        identity,
        backup=backup if len(backup) == 32 else get_random_bytes(32),
        recovery=key,
        facts_too=(RESTORED,),
    )
    log.info("the bot's identity was restored by its recovery key")
    return identity


async def _publish(
    homeserver: Homeserver,
    database: Database,
    vault: Vault,
    signer: Signer,
    identity: CrossSigning,
    public: tuple[str | None, str | None],
    password: str | None,
) -> None:
    """Secret storage first: an identity that was published and whose secrets are lost is lost itself."""
    found = await database.read(lambda session: _sealed(session, ""))
    kept = {name: vault.open(name, found[name]) for name in _NAMES}
    key = kept.pop(RECOVERY)
    storage = await Storage.find(homeserver, key)
    if storage is None:
        storage = await Storage.make(homeserver, identity.master.public[:32], key)
    for name, secret in kept.items():
        await storage.write(name, b64(secret))
    if public != (identity.master.public, identity.self_signing.public):
        await _upload(homeserver, identity, signer, password, instead=False)
        log.info("the bot's identity is published")


async def _upload(
    homeserver: Homeserver,
    identity: CrossSigning,
    signer: Signer,
    password: str | None,
    *,
    instead: bool,
) -> None:
    """Publish the identity; `instead` of another one only if that is meant."""
    path, keys = f"{CLIENT}/keys/device_signing/upload", identity.public_keys(signer.sign)
    try:
        await homeserver.request("POST", path, body=keys)
    except Unproven as error:
        if not instead:
            found, _ = cross_signing_keys(await _queried(homeserver), homeserver.user_id)
            if found not in (None, identity.master.public):
                raise _replaced(homeserver.user_id) from None
        if password is None or not error.by_password:
            raise PasswordNeeded(
                "the homeserver asks for the account's password before it takes the bot's identity. Set"
                " homeserver.password_file for this one start, or have an administrator allow it."
            ) from None
        shown = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": homeserver.user_id},
            "password": password,
            "session": error.session,
        }
        try:
            await homeserver.request("POST", path, body={**keys, "auth": shown})
        except Unproven:
            raise PasswordNeeded(
                "the homeserver does not accept the account's password, for which it asks before it takes"
                " the bot's identity. See homeserver.password_file."
            ) from None


async def see_that_it_is_free(homeserver: Homeserver, signer: Signer) -> None:
    """Before a device is published for the first time. Raises DeviceTaken and MatrixError."""
    own = signer.device_keys()
    answer = await _queried(homeserver)
    try:
        shown = answer["device_keys"][own["user_id"]][own["device_id"]]["keys"]
    except (LookupError, TypeError):
        return
    if shown != own["keys"]:
        raise DeviceTaken(f"the device {own['device_id']} has other keys than this data folder")


def _is_vouched(answer: Mapping[str, Any], signer: Signer, identity: CrossSigning) -> bool:
    """Whether the homeserver shows the device with the identity's signature."""
    own = signer.device_keys()
    try:
        shown = answer["device_keys"][own["user_id"]][own["device_id"]]
        if shown["keys"] != own["keys"]:
            return False
    except (LookupError, TypeError):
        return False
    key = identity.self_signing.public
    return verify(shown, own["user_id"], f"ed25519:{key}", key)


async def _keep(
    database: Database,
    vault: Vault,
    identity: CrossSigning,
    *,
    backup: bytes,
    recovery: bytes,
    before: str = "",
    facts_too: Sequence[str] = (),
) -> None:
    sealed = {
        name: vault.seal(name, secret)
        for name, secret in {**identity.secrets, BACKUP: backup, RECOVERY: recovery}.items()
    }

    def store(session: Session) -> None:
        if not before:
            facts.forget(session, _SETTLED)
        for name, value in sealed.items():
            secrets.put(session, before + name, value)
        for name in facts_too:
            facts.put(session, name, identity.master.public)

    await database.write(store)


def _sealed(session: Session, before: str) -> dict[str, bytes]:
    found = {name: secrets.get(session, before + name) for name in _NAMES}
    return {name: value for name, value in found.items() if value is not None}
