"""How the two competitors are started: Kring with a configuration of its own, and the floor."""

from __future__ import annotations

import shutil
from pathlib import Path

from bot.config_load import erasure_key, load
from tests.bench.processes import Child

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
    erasure_key(load(path), create=True)


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
