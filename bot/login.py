"""The bot's login: the one kept from an earlier start while it is good, else by password or token.

Logging in again makes a new device, which loses what encryption knows; so the kept one comes first.
"""

from __future__ import annotations

from pathlib import Path

from bot.client import Homeserver, Login, keep_login, load_login
from bot.config import Config
from bot.errors import HomeserverError, UnknownToken

LOGIN_FILE = "login.json"


class LoginRefused(Exception):
    """The homeserver does not accept the password or the token; the message says which of them."""


class OtherAccount(Exception):
    """The token belongs to another account than the configured one."""


def login_file(config: Config) -> Path:
    """Where the login is kept, readable for the owner only."""
    return config.data.folder / LOGIN_FILE


async def log_in(config: Config, homeserver: Homeserver) -> bool:
    """Adopt a login that works; True if it is a new one.

    Raises LoginRefused, OtherAccount, MatrixError.
    """
    if config.homeserver.access_token is not None:
        token = config.homeserver.access_token.get_secret_value()
        try:
            await _adopt(config, homeserver, Login(config.homeserver.user_id, "", token))
        except UnknownToken as error:
            raise LoginRefused("the homeserver does not accept the access token") from error
        return False
    kept = load_login(login_file(config))
    if kept is not None and kept.user_id != config.homeserver.user_id:
        kept = None
    if kept is not None:
        try:
            await _adopt(config, homeserver, kept)
        except UnknownToken:
            pass
        else:
            return False
    assert config.homeserver.password is not None, "the configuration has one of the two"
    # The same device wherever possible: transaction ids, and later keys, belong to it.
    try:
        login = await homeserver.login(
            config.homeserver.user_id,
            config.homeserver.password.get_secret_value(),
            config.homeserver.device_name,
            kept.device_id if kept is not None else "",
        )
    except HomeserverError as error:
        if error.errcode not in ("M_FORBIDDEN", "M_USER_DEACTIVATED", "M_UNKNOWN_TOKEN"):
            raise
        raise LoginRefused(
            f"the homeserver does not accept the password of {config.homeserver.user_id}"
        ) from error
    _check_account(config, login.user_id)
    keep_login(login_file(config), login)
    homeserver.adopt(login)
    return True


async def _adopt(config: Config, homeserver: Homeserver, login: Login) -> None:
    homeserver.adopt(login)
    user_id, device_id = await homeserver.whoami()
    _check_account(config, user_id)
    homeserver.adopt(Login(user_id, device_id, login.access_token))


def _check_account(config: Config, user_id: str) -> None:
    if user_id != config.homeserver.user_id:
        raise OtherAccount(
            f"the login belongs to {user_id}, but homeserver.user_id is {config.homeserver.user_id}"
        )
