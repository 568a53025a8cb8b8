"""What an installation may write about encryption, and that no key is ever made in the place of a lost one."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from bot.config_load import ConfigError, encryption_secret, load
from bot.crypto.policy import Policy
from storage.crypto import secrets
from storage.database import Database

SOUND = """
[homeserver]
url = "https://matrix.example.org/"
user_id = "@kring:example.org"
password = "correct horse"
[territory]
name = "Example"
timezone = "Europe/Brussels"
[encryption]
"""
KEY = "four and twenty characters and more"
RECOVERY_KEY = "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(SOUND)
    return path


def problem_of(path: Path, *, create: bool = True) -> str:
    with pytest.raises(ConfigError) as caught:
        encryption_secret(load(path), create=create)
    return "\n".join(str(problem) for problem in caught.value.problems)


async def sealed_something(path: Path) -> None:
    config = load(path)
    config.data.folder.mkdir(exist_ok=True)
    database = await Database.open(config.database)
    await database.write(lambda session: secrets.put(session, "master", b"sealed"))
    await database.close()


def test_the_key_is_made_once_and_only_when_asked(written: Path) -> None:
    assert "kring setup" in problem_of(written, create=False)
    config = load(written)
    secret = encryption_secret(config, create=True)
    assert len(secret) == 64
    assert encryption_secret(config, create=True) == encryption_secret(config) == secret
    assert stat.S_IMODE(config.encryption_key_file.stat().st_mode) == 0o600
    other = load(written).model_copy(
        update={"data": config.data.model_copy(update={"folder": written.parent / "other"})}
    )
    assert encryption_secret(other, create=True) != secret


def test_the_one_that_another_command_made_meanwhile_is_taken(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load(written)
    place = os.link

    def late(draft: Path, path: Path) -> None:
        path.write_text(KEY)
        place(draft, path)

    monkeypatch.setattr(os, "link", late)
    assert encryption_secret(config, create=True) == KEY.encode()
    assert list(config.data.folder.iterdir()) == [config.encryption_key_file]


def test_it_is_made_where_there_are_no_hard_links_and_told_where_it_cannot_be(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert len(encryption_secret(load(written), create=True)) == 64
    load(written).encryption_key_file.unlink()
    monkeypatch.setattr(Path, "replace", refuse)
    assert "Operation not permitted" in problem_of(written)


async def test_none_is_made_where_something_is_sealed_already(written: Path) -> None:
    await sealed_something(written)
    assert "bring it back" in problem_of(written)
    assert not load(written).encryption_key_file.exists()
    config = load(written)
    config.encryption_key_file.write_text(KEY + "\n")
    assert encryption_secret(config, create=True) == KEY.encode()


async def test_none_is_made_beside_a_database_that_cannot_be_read(written: Path) -> None:
    config = load(written)
    config.data.folder.mkdir()
    config.database.write_bytes(b"no database at all" * 100)
    assert "a database that can be read" in problem_of(written)
    assert not config.encryption_key_file.exists()


def test_the_key_may_stand_in_the_configuration_a_file_a_variable_or_a_credential(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.write_text(f'{SOUND}key = "{KEY}"\n')
    assert encryption_secret(load(written)) == KEY.encode()
    written.write_text(f'{SOUND}key_file = "keys/mine"\n')
    (written.parent / "keys").mkdir()
    (written.parent / "keys" / "mine").write_text(f"{KEY} mine\n")
    assert encryption_secret(load(written)) == f"{KEY} mine".encode()
    written.write_text(SOUND)
    (written.parent / "keys" / "encryption_key").write_text(f"{KEY} handed over\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(written.parent / "keys"))
    assert encryption_secret(load(written)) == f"{KEY} handed over".encode()
    monkeypatch.setenv("KRING_ENCRYPTION__KEY", f"{KEY} of a variable")
    assert encryption_secret(load(written)) == f"{KEY} of a variable".encode()
    assert not (written.parent / "data").exists()


def test_the_recovery_key_may_stand_in_a_file_a_variable_or_a_credential(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def given() -> str | None:
        return load(written).options(b"secret").recovery_key

    assert given() is None
    (written.parent / "recovery_key").write_text(f"{RECOVERY_KEY}\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(written.parent))
    assert given() == RECOVERY_KEY
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    written.write_text(f'{SOUND}recovery_key_file = "recovery_key"\n')
    assert given() == RECOVERY_KEY
    written.write_text(SOUND)
    monkeypatch.setenv("KRING_ENCRYPTION__RECOVERY_KEY", RECOVERY_KEY)
    assert given() == RECOVERY_KEY


@pytest.mark.parametrize(
    ("lines", "key", "told"),
    [
        (f'key = "{KEY}"\nkey_file = "x"', "encryption.key", "one of the two"),
        (
            f'recovery_key = "{RECOVERY_KEY}"\nrecovery_key_file = "x"',
            "encryption.recovery_key",
            "one of the two",
        ),
        ('key = "tooshort"', "encryption.key", "32 characters"),
        ('key_file = "short.key"', "encryption.key_file", "8 characters"),
        ('key_file = "empty.key"', "encryption.key_file", "an empty file"),
        ('key_file = "none.key"', "encryption.key_file", "no such file"),
        ('recovery_key_file = "none.key"', "encryption.recovery_key_file", "no such file"),
        ("wait_seconds = 0", "encryption.wait_seconds", "from 1 to 600"),
        ('verification = "friends"', "encryption.verification", "members, staff or nobody"),
        ("rotate_messages = true", "encryption.rotate_messages", "True"),
        ("rotate_days = 0", "encryption.rotate_days", "from 1"),
        ('kee = "tooshort"', "encryption.kee", "perhaps key"),
    ],
)
def test_a_mistake_is_told_and_the_secret_is_not(
    written: Path, lines: str, key: str, told: str
) -> None:
    (written.parent / "short.key").write_text("tooshort")
    (written.parent / "empty.key").write_text("\n")
    written.write_text(f"{SOUND}{lines}\n")
    problem = problem_of(written)
    assert problem.startswith(f"{key}: ") and told in problem
    assert "tooshort" not in problem and KEY not in problem and RECOVERY_KEY not in problem


def test_a_default_file_that_was_cut_short_is_told(written: Path) -> None:
    config = load(written)
    config.data.folder.mkdir()
    config.encryption_key_file.write_text("")
    assert "0 characters" in problem_of(written)
    config.encryption_key_file.write_bytes(b"\xff" * 64)
    assert "something else" in problem_of(written)


def test_what_is_written_reaches_the_engine(written: Path) -> None:
    options = load(written).options(b"secret")
    assert options.policy == Policy()
    assert (options.direct_chats_encrypted, options.verification) == (True, "everyone")
    written.write_text(
        f"{SOUND}direct_chats = false\nonly_cross_signed = true\nwait_seconds = 5\n"
        'verification = "staff"\nrotate_messages = 7\nrotate_days = 2\n'
    )
    options = load(written).options(b"secret")
    assert options.encryption_secret == b"secret"
    assert options.policy == Policy(True, 5.0, 7, 172_800)
    assert (options.direct_chats_encrypted, options.verification) == (False, "staff")
    assert "secret" not in repr(load(written).encryption)
