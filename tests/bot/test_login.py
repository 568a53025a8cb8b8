"""How a login is kept from one start to the next."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.client import Login
from bot.login import keep_login, load_login


def test_a_login_is_kept_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "login.json"
    assert load_login(path) is None
    login = Login("@kring:example.org", "DEVICE", "syt_secret")
    keep_login(path, login)
    assert load_login(path) == login
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("{broken")
    assert load_login(path) is None


def test_a_login_that_cannot_be_written_leaves_the_former_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "login.json"
    former = Login("@kring:example.org", "DEVICE", "syt_former")
    keep_login(path, former)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        keep_login(path, Login("@kring:example.org", "DEVICE", "syt_new"))
    assert load_login(path) == former
    assert os.listdir(tmp_path) == ["login.json"]
