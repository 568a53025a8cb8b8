"""What an installation cannot loosen by mistake: secrets in logs, the folder's mode, bounds on small groups."""

from __future__ import annotations

import io
import logging
import stat
from pathlib import Path

import pytest

from bot import logs
from bot.config_load import ConfigError, load
from bot.folder import Hold
from tests.bot.test_config import SOUND


@pytest.mark.usefixtures("root_logging")
@pytest.mark.parametrize("form", ["human", "json"])
@pytest.mark.parametrize("name", sorted(logs.SECRET_KEYS | logs.TEXT_KEYS))
def test_nothing_under_the_name_of_a_secret_or_a_text_is_logged(
    form: logs.Format, name: str
) -> None:
    stream = io.StringIO()
    logs.set_up(form, "info", stream)
    log = logging.getLogger("bot.test")
    log.info("plain", extra={name: "hunter2"})
    log.info("nested", extra={"details": {name.upper(): ["hunter2"]}})
    assert stream.getvalue().count(logs.HIDDEN) == 2
    assert "hunter2" not in stream.getvalue()


def test_a_new_data_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    Hold(folder).release()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("key", ["smallest_count = 4", "smallest_sum = 9"])
def test_groups_of_people_cannot_be_made_smaller(tmp_path: Path, key: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"{SOUND}[members]\n{key}\n")
    with pytest.raises(ConfigError, match=key.split()[0]):
        load(path)


def test_a_variable_that_nobody_knows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(SOUND)
    monkeypatch.setenv("KRING_BOTT__PREFIX", "?")
    with pytest.raises(ConfigError, match=r"KRING_BOTT__PREFIX.*perhaps KRING_BOT__PREFIX"):
        load(path)


def test_a_variable_wins_over_the_same_key_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'{SOUND}[bot]\nprefix = "%"\n')
    assert load(path).bot.prefix == "%"
    monkeypatch.setenv("KRING_BOT__PREFIX", "?")
    assert load(path).bot.prefix == "?"


def test_the_servers_that_are_trusted_reach_the_commands_and_the_engine(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'{SOUND}[members]\ntrusted_servers = ["example.org"]\n')
    config = load(path)
    assert config.settings("@kring:example.org", b"k" * 32).trusted_servers == {"example.org"}
    assert config.options(b"s" * 32).trusted_servers == {"example.org"}
