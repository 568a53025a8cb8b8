"""How the two competitors are started: Kring with a configuration of its own, and the floor."""

from __future__ import annotations

import shutil
from pathlib import Path

from bot.client import Homeserver, Login
from bot.clock import SystemClock
from bot.config_load import erasure_key, load
from bot.crypto.engine import Encryption
from bot.crypto.policy import Policy
from storage.database import Database
from tests.bench.processes import Child

# Everybody's in the bench: a database that was prepared can be copied to any data folder.
_SECRET = "the secret that seals all keys of the bench"
_CONFIG = """\
[homeserver]
url = "{url}"
user_id = "{user_id}"
password = "{password}"

[data]
folder = "{folder}"

[territory]
name = "Bench Cooperative"
timezone = "Europe/Brussels"

[members]
trusted_servers = ["{server}"]
join_limit = 50

[bot]
# The bench asks more than any person would; what is measured is not the brake.
burst = 1000000
refill_seconds = 0.001

[logs]
format = "json"
level = "warning"
"""


def prepare(folder: Path, url: str, user_id: str, password: str, database: Path) -> None:
    """A data folder as before the very first start, with a copy of that database."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(database, folder / "kring.db")
    config = _CONFIG.format(
        url=url,
        user_id=user_id,
        password=password,
        folder=folder,
        server=user_id.partition(":")[2],
    )
    path = folder / "config.toml"
    path.write_text(config)
    (folder / "encryption.key").write_text(_SECRET)
    (folder / "encryption.key").chmod(0o600)
    erasure_key(load(path), create=True)


async def give_identity(
    url: str, user_id: str, token: str, device_id: str, password: str, path: Path
) -> None:
    """Put the account's identity into a database that data folders are copied from.

    An account gets one only once, and the bot refuses to start with another: so the bench, which starts it
    from nothing many times, makes it before.
    """
    clock = SystemClock()
    homeserver = Homeserver(url, clock)
    homeserver.adopt(Login(user_id, device_id, token))
    await homeserver.open()
    try:
        database = await Database.open(path)
        try:
            encryption = await Encryption.open(
                homeserver, database, clock, _SECRET.encode(), Policy()
            )
            await encryption.establish(recovery_key=None, password=password)
        finally:
            await database.close()
    finally:
        await homeserver.close()


def kring(folder: Path, *, core: int | None = None) -> Child:
    """The bot on a prepared folder, not started yet; each start goes on where the last one ended."""
    arguments = ["-m", "bot", "--config", str(folder / "config.toml"), "run"]
    return Child(arguments, folder / "log.txt", core=core)


def floor(
    folder: Path,
    url: str,
    *,
    token: str = "",
    login: tuple[str, str] | None = None,
    core: int | None = None,
) -> Child:
    """The bare bot, with a token or a name and password; `folder` is where it keeps where it stands."""
    folder.mkdir(parents=True, exist_ok=True)
    arguments = ["-m", "tests.bench.floor", "--url", url, "--since-file", str(folder / "since")]
    if login is not None:
        arguments += ["--user", login[0], "--password", login[1]]
    else:
        arguments += ["--token", token]
    return Child(arguments, folder / "log.txt", core=core)
