"""What an installation may write, and what it is told when it wrote something else."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bot.config import Config
from bot.config_load import ConfigError, erasure_key, load

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
SOUND = """
[homeserver]
url = "https://matrix.example.org/"
user_id = "@kring:example.org"
password = "correct horse"
[territory]
name = "Example"
timezone = "Europe/Brussels"
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(SOUND)
    return path


def leaves() -> list[tuple[str, str]]:
    found = []
    for section, field in Config.model_fields.items():
        assert isinstance(field.annotation, type)
        assert issubclass(field.annotation, BaseModel)
        found += [(section, key) for key in field.annotation.model_fields]
    return found


def with_all_keys() -> dict[str, Any]:
    """The example with each key that is commented out put in force."""
    text = re.sub(r"^# (?=[a-z_]+ = )", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    return tomllib.loads(text)


def problems_of(path: Path) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return {problem.key: str(problem) for problem in caught.value.problems}


def test_the_example_is_sound_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(EXAMPLE.read_text())
    (tmp_path / "password.txt").write_text("secret\n")
    config = load(path)
    assert config.homeserver.password is not None
    assert config.homeserver.password.get_secret_value() == "secret"
    assert config.members.trusted_servers == ("example.org",)


def test_the_example_shows_every_key_there_is_and_no_other() -> None:
    shown = {(section, key) for section, keys in with_all_keys().items() for key in keys}
    assert shown == set(leaves())


def test_the_example_shows_the_defaults_as_they_are() -> None:
    commented = set(re.findall(r"^# ([a-z_]+) = ", EXAMPLE.read_text(), flags=re.MULTILINE))
    shown = with_all_keys()
    for section, key in leaves():
        kind = Config.model_fields[section].annotation
        assert isinstance(kind, type)
        assert issubclass(kind, BaseModel)
        default = kind.model_fields[key].default
        if key in commented and default not in (None, ()):
            assert shown[section][key] == (str(default) if isinstance(default, Path) else default)


def test_relative_paths_count_from_the_folder_of_the_file(written: Path) -> None:
    assert load(written).database == written.parent / "data" / "kring.db"


def test_variables_win_over_the_file(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_BOT__PREFIX", "?")
    monkeypatch.setenv("KRING_MEMBERS__TRUSTED_SERVERS", "one.example, two.example")
    monkeypatch.setenv("KRING_MONITORING__PORT", "9460")
    config = load(written)
    assert config.bot.prefix == "?"
    assert config.members.trusted_servers == ("one.example", "two.example")
    assert config.monitoring.port == 9460


def test_variables_alone_are_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "HOMESERVER__URL": "http://localhost:8008",
        "HOMESERVER__USER_ID": "@kring:localhost",
        "HOMESERVER__ACCESS_TOKEN": "token",
        "TERRITORY__NAME": "Example",
        "TERRITORY__TIMEZONE": "Europe/Paris",
    }.items():
        monkeypatch.setenv(f"KRING_{name}", value)
    assert load().territory.timezone == "Europe/Paris"


def test_what_is_missing_is_named_key_by_key(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("")
    found = problems_of(path)
    assert set(found) == {
        "homeserver.url", "homeserver.user_id", "territory.name", "territory.timezone",
    }  # fmt: skip
    assert "KRING_HOMESERVER__URL" in found["homeserver.url"]


@pytest.mark.parametrize(
    ("old", "new", "key", "told"),
    [
        ('"https://matrix.example.org/"', '"matrix.example.org"', "homeserver.url", "'matrix.ex"),
        ('"@kring:example.org"', '"kring"', "homeserver.user_id", "@kring:example.org"),
        ('"Europe/Brussels"', '"Brussels"', "territory.timezone", "'Brussels'"),
        ('"Europe/Brussels"', '"Europe/Brussels"\nlanguage = "tlh"', "territory.language", "nl"),
        ('"Example"', '"Example"\ncurency = "EUR"', "territory.curency", "perhaps currency"),
        ("[territory]", "[teritory]", "teritory", "perhaps territory"),
        ("[territory]", '[bot]\nprefix = "bot "\n[territory]', "bot.prefix", "'bot '"),
        (
            "[territory]",
            "[members]\nsmallest_count = 2\n[territory]",
            "members.smallest_count",
            "5",
        ),
        ("[territory]", "[members]\njoin_limit = true\n[territory]", "members.join_limit", "True"),
    ],
)
def test_a_mistake_is_told_with_key_found_and_expected(
    written: Path, old: str, new: str, key: str, told: str
) -> None:
    written.write_text(SOUND.replace(old, new))
    found = problems_of(written)
    assert told in found[key]
    assert str(written) in found[key]


def test_a_wrong_variable_is_named(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_BOT__BURST", "many")
    monkeypatch.setenv("KRING_HOMESERVER_URL", "https://other.example")
    found = problems_of(written)
    assert "KRING_BOT__BURST" in found["bot.burst"]
    assert "KRING_HOMESERVER__URL" in found["KRING_HOMESERVER_URL"]


def test_no_secret_is_ever_told(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written.write_text(
        SOUND.replace('password = "correct horse"', 'pasword = "hunter2"\npassword = ["hunter2"]')
        .replace("https://matrix", "https://bob:hunter2@matrix")
        .replace('"Example"', "1")
    )
    monkeypatch.setenv("KRING_HOMESERVER__TOKEN", "hunter2")
    told = "\n".join(problems_of(written).values())
    assert "homeserver.pasword" in told
    assert "homeserver.token" in told
    assert "hunter2" not in told


def test_secrets_come_from_files_and_from_systemd(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.write_text(SOUND.replace('password = "correct horse"\n', ""))
    assert "access_token_file" in problems_of(written)["homeserver"]
    credentials = written.parent / "credentials"
    credentials.mkdir()
    (credentials / "access_token").write_text("token\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    config = load(written)
    assert config.homeserver.access_token is not None
    assert config.homeserver.access_token.get_secret_value() == "token"


def test_a_secret_file_that_is_missing_or_empty_is_told(written: Path) -> None:
    written.write_text(SOUND.replace('password = "correct horse"', 'password_file = "pw"'))
    assert "no such file" in problems_of(written)["homeserver.password_file"]
    (written.parent / "pw").write_text("\n")
    assert "an empty file" in problems_of(written)["homeserver.password_file"]


def test_two_secrets_at_once_are_refused(written: Path) -> None:
    written.write_text(SOUND.replace("[territory]", 'access_token = "token"\n[territory]'))
    assert "both" in problems_of(written)["homeserver"]


@pytest.mark.parametrize("content", [b"a = = 1", b"\xff\xfe", b"[homeserver"])
def test_a_file_that_is_no_toml_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    assert "a TOML file" in problems_of(path)["the configuration"]


def test_the_erasure_key_is_made_once_and_only_when_asked(written: Path) -> None:
    config = load(written)
    with pytest.raises(ConfigError, match="kring setup"):
        erasure_key(config)
    key = erasure_key(config, create=True)
    assert len(key) == 32
    assert erasure_key(config, create=True) == erasure_key(config) == key
    assert stat.S_IMODE(config.erasure_key_file.stat().st_mode) == 0o600
    config.erasure_key_file.write_text("not a key")
    with pytest.raises(ConfigError, match="hexadecimal"):
        erasure_key(config)


def test_settings_carry_what_was_written(written: Path) -> None:
    written.write_text(
        SOUND
        + '[rooms]\nethics = "Ethics"\n[files]\nlargest_mib = 2\n[bot]\nrefill_seconds = 0.5\n'
    )
    settings = load(written).settings("@kring:example.org", b"k")
    assert settings.largest_file == 2 * 1024 * 1024
    assert settings.refill.total_seconds() == 0.5
    assert settings.timezone.key == "Europe/Brussels"
    assert settings.erasure_key == b"k"
