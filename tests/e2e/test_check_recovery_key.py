"""`kring check` looks whether the recovery key still does what it is kept for."""

from __future__ import annotations

import pytest

from bot.client import Homeserver
from bot.clock import SystemClock
from bot.crypto.secret_storage import Storage
from bot.login import load_login
from tests.e2e.installation import Installation

pytestmark = pytest.mark.e2e
CHANGED = "no longer opens the account's secrets"


async def test_a_recovery_key_that_another_client_changed_is_noticed(
    installation: Installation,
) -> None:
    code, said = await installation.kring("setup")
    assert code == 0, said
    code, said = await installation.kring("check")
    assert code == 0 and CHANGED not in said, said
    config = (installation.folder / "config.toml").read_text()
    url = config.split('url = "')[1].split('"')[0]
    login = load_login(installation.folder / "data" / "login.json")
    assert login is not None
    homeserver = Homeserver(url, SystemClock())
    await homeserver.open()
    homeserver.adopt(login)
    await Storage.make(homeserver, "another", bytes(32))
    await homeserver.close()
    code, said = await installation.kring("check")
    assert code == 0 and CHANGED in said, said
    file = installation.folder / "data" / "encryption.key"
    file.write_text("another secret that is long enough for a key\n")
    code, said = await installation.kring("check")
    assert code == 1 and "sealed with another key" in said, said
