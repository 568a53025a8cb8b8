"""The bot's login: the one kept from an earlier start while it is good, else by password or token.

A login is a device, and Matrix's transaction ids (later also the keys) belong to it: so the kept one
comes first, and a new one is made as the same device.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bot.client import CLIENT, Homeserver, Login
from bot.errors import HomeserverError, MatrixError, UnknownToken
from bot.private_file import write_private

log = logging.getLogger(__name__)

LOGIN_FILE = "login.json"


class LoginRefused(Exception):
    """The homeserver does not accept the password or the token; the message says which of them."""


class OtherAccount(Exception):
    """The login belongs to another account than the configured one."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to log in: by `access_token`, else by what is kept in `folder`, else by `password`."""

    user_id: str
    folder: Path
    access_token: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    device_name: str = "Kring"

    @property
    def file(self) -> Path:
        """Where the login is kept, readable for the owner only."""
        return self.folder / LOGIN_FILE


async def log_in(
    homeserver: Homeserver, credentials: Credentials, *, patient: bool = False
) -> bool:
    """Adopt a login that works; True if it is a new one.

    With `patient`, a login that was good before is adopted unchecked while the homeserver is away.
    Raises LoginRefused, OtherAccount, MatrixError.
    """
    if credentials.access_token is not None:
        login = Login(credentials.user_id, "", credentials.access_token)
        try:
            await _adopt(homeserver, credentials, login, patient)
        except UnknownToken as error:
            raise LoginRefused("the homeserver does not accept the access token") from error
        return False
    kept = await asyncio.to_thread(load_login, credentials.file)
    if kept is not None and kept.user_id != credentials.user_id:
        kept = None
    if kept is not None:
        try:
            await _adopt(homeserver, credentials, kept, patient)
        except UnknownToken:
            log.warning("the login that was kept is no longer valid")
        else:
            return False
    if credentials.password is None:
        raise LoginRefused("the homeserver no longer accepts the login, and there is no password")
    await _log_in_by_password(
        homeserver, credentials, credentials.password, kept.device_id if kept is not None else ""
    )
    return True


async def log_in_anew(homeserver: Homeserver, credentials: Credentials) -> bool:
    """Adopt a new device's login; False where there is no password to make one by.

    Raises LoginRefused, OtherAccount, MatrixError.
    """
    if credentials.access_token is not None or credentials.password is None:
        return False
    await _log_in_by_password(homeserver, credentials, credentials.password, "")
    return True


async def log_out(homeserver: Homeserver, credentials: Credentials) -> None:
    """End a login that is of no use, so that no device is left behind. Raises OSError."""
    try:
        await homeserver.request("POST", f"{CLIENT}/logout", body={})
    except MatrixError as error:
        log.warning("the new login cannot be ended: %s", error)
        return
    await asyncio.to_thread(credentials.file.unlink, missing_ok=True)


async def _log_in_by_password(
    homeserver: Homeserver, credentials: Credentials, password: str, device_id: str
) -> None:
    try:
        login = await homeserver.login(
            credentials.user_id, password, credentials.device_name, device_id
        )
    except HomeserverError as error:
        if error.errcode not in ("M_FORBIDDEN", "M_USER_DEACTIVATED", "M_UNKNOWN_TOKEN"):
            raise
        raise LoginRefused(
            f"the homeserver does not accept the password of {credentials.user_id}"
        ) from error
    _check_account(credentials, login.user_id)
    await asyncio.to_thread(keep_login, credentials.file, login)
    homeserver.adopt(login)


async def _adopt(
    homeserver: Homeserver, credentials: Credentials, login: Login, patient: bool
) -> None:
    homeserver.adopt(login)
    try:
        user_id, device_id = await homeserver.whoami()
    except MatrixError as error:
        if not patient or not error.heals:
            raise
        log.warning("the login cannot be checked now: %s", error)
        return
    _check_account(credentials, user_id)
    homeserver.adopt(Login(user_id, device_id, login.access_token))


def _check_account(credentials: Credentials, user_id: str) -> None:
    if user_id != credentials.user_id:
        raise OtherAccount(
            f"the login belongs to {user_id}, but homeserver.user_id is {credentials.user_id}"
        )


def load_login(path: Path) -> Login | None:
    """The login kept from an earlier start; None if there is none that can be read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Login(str(kept["user_id"]), str(kept["device_id"]), str(kept["access_token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_login(path: Path, login: Login) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, json.dumps(asdict(login)).encode())
