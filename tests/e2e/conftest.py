"""What every conversation against a real homeserver starts from."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.demo.homeserver import EmbeddedHomeserver
from tests.e2e.engine import options
from tests.e2e.installation import Installation
from tests.e2e.kring import Kring
from tests.support.synapse import PASSWORD, homeserver, new_user, production_homeserver, unique

__all__ = ["homeserver", "kring", "new_user", "production_homeserver"]


@pytest.fixture
async def kring(homeserver: EmbeddedHomeserver, tmp_path: Path) -> Kring:
    """A bot with an account of its own, not running yet."""
    account = await homeserver.register(unique("kring"), PASSWORD)
    return Kring(options(homeserver.base_url, account.user_id, account.access_token, tmp_path))


@pytest.fixture
async def installation(
    homeserver: EmbeddedHomeserver, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Installation:
    """An operator's folder before the first `kring setup`."""
    return await Installation.made(homeserver, tmp_path, capsys)
