"""The `kring` executable as a person meets it: in a process of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import COMMANDS, execute, kring
from bot.client import Login
from bot.login import keep_login
from storage.database import Database

CONFIG = """
[homeserver]
url = "http://127.0.0.1:{port}"
user_id = "@kring:example.org"
password = "correct horse"
[territory]
name = "Example"
timezone = "Europe/Brussels"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `kring` is started; nothing listens at the configured homeserver's port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "config.toml").write_text(CONFIG.format(port=port))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def database(folder: Path) -> Path:
    path = folder / "data" / "kring.db"
    opened = await Database.open(path)
    await opened.close()
    return path


def test_help_names_every_command_and_is_quick(folder: Path) -> None:
    run(folder, "--help")  # compiles what was never run before
    fastest = 60.0
    for _ in range(3):
        started = time.monotonic()
        shown = run(folder, "--help")
        fastest = min(fastest, time.monotonic() - started)
    assert shown.returncode == 0
    assert all(f"  {name} " in shown.stdout for name in COMMANDS)
    assert "Exit codes" in shown.stdout
    assert fastest < 0.6  # aim: 0.3 s on a machine that does nothing else


def test_help_loads_nothing_that_it_does_not_need(folder: Path) -> None:
    code = (
        "import sys; from bot.cli import execute; execute(['--help']);"
        "print([m for m in ('aiohttp', 'pydantic', 'jinja2', 'nio') if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert ran.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    shown = CliRunner().invoke(kring, [name, "--help"])
    assert shown.exit_code == 0, shown.output
    assert f"kring {name}" in shown.output.replace("kring-", "kring ")


def test_an_unknown_command_is_a_usage_error(folder: Path) -> None:
    ran = run(folder, "runn")
    assert ran.returncode == 2
    assert "runn" in ran.stderr


def test_a_wrong_configuration_is_told_in_lines_and_ends_with_2(folder: Path) -> None:
    (folder / "config.toml").write_text("[homeserver]\nulr = 'x'\n")
    ran = run(folder, "check")
    assert ran.returncode == 2
    assert "kring: homeserver.ulr: found an unknown key, expected perhaps url" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_no_homeserver_is_one_kind_line(folder: Path) -> None:
    ran = run(folder, "setup")
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "cannot be reached" in ran.stderr
    assert "Traceback" in run(folder, "--debug", "setup").stderr


def test_check_says_what_to_do_about_an_empty_installation(folder: Path) -> None:
    ran = run(folder, "check")
    assert ran.returncode == 1
    assert "-> run `kring setup`" in ran.stdout
    assert "-> see homeserver.url" in ran.stdout


async def test_backup_copies_beside_a_writer_and_replaces_only_when_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = await database(folder)
    keep_login(folder / "data" / "login.json", Login("@kring:example.org", "D", "very-secret"))
    with contextlib.closing(sqlite3.connect(path)) as busy:
        busy.execute("BEGIN IMMEDIATE")
        busy.execute("INSERT INTO facts VALUES ('half', 'done')")
        first = run(folder, "backup", "copy.db")
    assert first.returncode == 0, first.stderr
    with contextlib.closing(sqlite3.connect(folder / "copy.db")) as copied:
        assert copied.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copied.execute("SELECT count(*) FROM facts").fetchone() == (0,)
    assert b"very-secret" not in (folder / "copy.db").read_bytes()
    again = run(folder, "backup", "copy.db")
    assert again.returncode == 1
    assert "--force" in again.stderr
    assert run(folder, "backup", "copy.db", "--force").returncode == 0
    itself = run(folder, "backup", "data/kring.db", "--force")
    assert (itself.returncode, "the database itself" in itself.stderr) == (1, True)
    assert "copy.db.part" not in os.listdir(folder)


def test_backup_of_nothing_is_told(folder: Path) -> None:
    ran = run(folder, "backup", "copy.db")
    assert ran.returncode == 1
    assert "there is no database yet" in ran.stderr


def test_a_damaged_database_is_told_without_a_traceback(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "kring.db").write_bytes(b"no database at all" * 500)
    ran = run(folder, "backup", "copy.db")
    assert ran.returncode == 1
    assert "kring: the database: " in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "bring back a backup" in run(folder, "check").stdout


def test_health_without_a_port_is_a_usage_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["health"]) == 2
    assert "monitoring.port" in capsys.readouterr().err


def test_health_of_a_bot_that_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_MONITORING__PORT", "1")
    assert execute(["health"]) == 1


def test_setup_refuses_what_is_no_person(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["setup", "--staff", "anna"]) == 2
    assert "@anna:example.org" in capsys.readouterr().err
