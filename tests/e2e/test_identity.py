"""The bot's identity as its operator meets it: made once, shown, lost with a disk, taken over, made anew."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import signal
import stat
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import click
import pytest

from bot.login import load_login
from storage.crypto import own_keys
from storage.database import Database
from tests.e2e.installation import Installation
from tests.support.synapse import PASSWORD

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
KEY = re.compile(r"\b(?:[1-9A-HJ-NP-Za-km-z]{4} ){11}[1-9A-HJ-NP-Za-km-z]{4}\b")
BY_FILE = '[encryption]\nrecovery_key_file = "recovery.txt"\n[rooms]'


def only_key(said: str) -> str:
    found = KEY.findall(said)
    assert len(found) == 1, said
    return str(found[0])


async def shown_key(installation: Installation) -> str:
    code, said = await installation.kring("recovery-key")
    assert code == 0, said
    assert said == f"{only_key(said)}\n"
    return said.strip()


async def set_up(installation: Installation) -> str:
    """What the first `kring setup` says; it must succeed."""
    code, said = await installation.kring("setup")
    assert code == 0, said
    return said


async def set_up_anew(installation: Installation) -> str:
    """What `kring setup` says where the folder was lost; the old Space keeps its alias."""
    code, said = await installation.kring("setup")
    assert code == 1 and "is taken: the Space was made without it" in said, said
    return said


async def is_well(installation: Installation) -> bool:
    code, said = await installation.kring("check")
    return code == 0 and "vouches for its device" in said


def takes_over(installation: Installation, key: str) -> None:
    (installation.folder / "recovery.txt").write_text(key + "\n")
    installation.configure("[rooms]", BY_FILE)


async def test_setup_makes_an_identity_and_shows_its_recovery_key_once(
    installation: Installation,
) -> None:
    said = await set_up(installation)
    key = only_key(said)
    assert "identity was made and published" in said
    assert "if the folder is lost" in said
    assert await shown_key(installation) == key
    file = installation.folder / "data" / "encryption.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert re.fullmatch("[0-9a-f]{64}\n", file.read_text())
    before = file.read_text()
    again = await set_up(installation)
    assert not KEY.search(again)
    assert "identity was found again; `kring recovery-key` shows" in again
    assert file.read_text() == before
    assert await shown_key(installation) == key
    assert await is_well(installation)


@pytest.mark.parametrize("way", ["file", "variable"])
async def test_a_lost_folder_is_replaced_with_the_recovery_key(
    installation: Installation, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = only_key(await set_up(installation))
    installation.lose_data()
    code, said = await installation.kring("setup")
    assert code == 2
    assert "has an identity already" in said
    assert "encryption.recovery_key_file" in said
    assert "was made" not in said  # no second Space and rooms, before something is brought back
    assert not (installation.folder / "data" / "login.json").exists()  # no device is left behind
    assert (await installation.kring("recovery-key"))[0] == 1
    if way == "file":
        takes_over(installation, key)
    else:
        monkeypatch.setenv("KRING_ENCRYPTION__RECOVERY_KEY", key)
    assert "restored by its recovery key" in await set_up_anew(installation)
    assert await shown_key(installation) == key
    assert await is_well(installation)


@pytest.mark.parametrize("wrong", ["another", "mistyped"])
async def test_a_wrong_recovery_key_is_refused_and_not_repeated(
    installation: Installation, wrong: str
) -> None:
    key = only_key(await set_up(installation))
    if wrong == "another":
        assert (await installation.kring("recovery-key", "--new-identity", "--yes"))[0] == 0
    else:
        key = key[:-1] + ("a" if key[-1] != "a" else "b")
    installation.lose_data()
    takes_over(installation, key)
    code, said = await installation.kring("setup")
    assert code == 2, said
    assert "recovery key" in said
    assert not KEY.search(said)


async def test_without_the_key_that_seals_the_others_nothing_starts_and_nothing_is_overwritten(
    installation: Installation,
) -> None:
    key = only_key(await set_up(installation))
    file = installation.folder / "data" / "encryption.key"
    right = file.read_text()
    file.unlink()
    for command in ("setup", "run", "recovery-key"):
        code, said = await installation.kring(command)
        assert code == 2, said
        assert "sealed" in said and "docs/running.md" in said
        assert not file.exists()
    assert "sealed" in (await installation.kring("check"))[1]
    file.write_text(secrets.token_hex(32))
    for command in ("setup", "run", "recovery-key"):
        code, said = await installation.kring(command)
        assert code == 2, said
        assert "sealed with another key" in said
        assert file.read_text() not in said
    file.write_text(right)
    assert await shown_key(installation) == key


async def test_check_says_who_else_may_read_the_key_and_what_is_not_signed(
    installation: Installation,
) -> None:
    code, said = await installation.kring("check")
    assert "identity" not in said
    await set_up(installation)
    file = installation.folder / "data" / "encryption.key"
    file.chmod(0o644)
    code, said = await installation.kring("check")
    assert code == 0, said
    assert f"others on this machine may read {file}" in said and f"chmod 600 {file}" in said
    database = await Database.open(installation.folder / "data" / "kring.db")
    ours = await database.read(own_keys.get)
    assert ours is not None
    for keys, told in (
        (replace(ours, master=None), "has no identity yet"),
        (replace(ours, device_id="OTHER"), "device OTHER is not signed"),
        (replace(ours, master="x" * 43), "somebody made a new one"),
    ):
        await database.write(lambda session, keys=keys: own_keys.put(session, keys))  # type: ignore[misc]
        code, said = await installation.kring("check")
        assert code == 1
        assert told in said and "->" in said
    await database.close()
    (installation.folder / "data" / "login.json").unlink()
    await set_up(installation)
    assert await is_well(installation)
    database = await Database.open(installation.folder / "data" / "kring.db")
    await database.write(lambda session: own_keys.put(session, ours))  # as a restored copy has it
    await database.close()
    code, said = await installation.kring("check")
    assert code == 1
    assert "the login is a new device" in said


@pytest.mark.parametrize("lost", [("login.json",), ()], ids=["login lost", "login kept"])
async def test_a_database_whose_key_is_lost_goes_on_from_a_copy_of_it(
    installation: Installation, lost: tuple[str, ...]
) -> None:
    key = only_key(await set_up(installation))
    rooms = installation.rooms()
    data = installation.folder / "data"
    (data / "encryption.key").unlink()
    copy = installation.folder / "copy.db"
    assert (await installation.kring("backup", str(copy)))[0] == 0
    for name in ("kring.db-wal", "kring.db-shm", *lost):
        (data / name).unlink(missing_ok=True)
    copy.replace(data / "kring.db")
    takes_over(installation, key)
    assert "restored by its recovery key" in await set_up(installation)
    assert {room.room_id for room in rooms.values()} == {
        room.room_id for room in installation.rooms().values()
    }
    assert await is_well(installation)


async def test_a_new_identity_is_made_only_when_it_is_meant(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = only_key(await set_up(installation))
    monkeypatch.setattr(click, "confirm", refuses)
    code, said = await installation.kring("recovery-key", "--new-identity")
    assert code == 130
    assert "will be told that its identity changed" in said
    assert await shown_key(installation) == old
    code, said = await installation.kring("recovery-key", "--new-identity", "--yes")
    assert code == 0, said
    assert "people will see that it changed" in said
    new = only_key(said)
    assert new != old
    assert await shown_key(installation) == new
    assert await is_well(installation)
    assert "identity was found again" in await set_up(installation)


def refuses(*_: object, abort: bool) -> None:
    assert abort
    raise click.Abort


async def test_a_lost_folder_and_a_lost_recovery_key_end_in_a_new_identity(
    installation: Installation,
) -> None:
    old = only_key(await set_up(installation))
    installation.lose_data()
    assert (await installation.kring("setup"))[0] == 2
    code, said = await installation.kring("recovery-key", "--new-identity", "--yes")
    assert code == 0, said
    assert only_key(said) != old
    assert "identity was found again" in await set_up_anew(installation)
    assert await is_well(installation)


async def test_an_identity_that_somebody_else_made_is_told_and_can_be_replaced(
    installation: Installation,
) -> None:
    await set_up(installation)
    data, aside = installation.folder / "data", installation.folder / "aside"
    data.rename(aside)
    assert (await installation.kring("setup"))[0] == 2
    assert (await installation.kring("recovery-key", "--new-identity", "--yes"))[0] == 0
    data.rename(installation.folder / "other")
    aside.rename(data)
    code, said = await installation.kring("check")
    assert code == 1
    assert "somebody made a new one" in said
    for command in ("setup", "run"):
        code, said = await installation.kring(command)
        assert code == 2, said
        assert "has another identity" in said
    code, said = await installation.kring("recovery-key", "--new-identity", "--yes")
    assert code == 0, said
    assert await is_well(installation)


async def test_the_password_is_asked_for_where_only_a_token_is_configured(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = only_key(await set_up(installation))
    login = load_login(installation.folder / "data" / "login.json")
    assert login is not None
    installation.configure('password_file = "pw"', f'access_token = "{login.access_token}"')
    code, said = await installation.kring("recovery-key", "--new-identity", "--yes")
    assert code == 2
    assert "asks for the account's password" in said
    assert await shown_key(installation) == old
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    for typed, ended in (("wrong", 2), (PASSWORD, 0)):
        monkeypatch.setattr(click, "prompt", lambda *_, typed=typed, **__: typed)
        code, said = await installation.kring("recovery-key", "--new-identity", "--yes")
        assert code == ended, said
        assert typed not in said
    assert only_key(said) == await shown_key(installation) != old
    assert await is_well(installation)


# --- a bot that runs -------------------------------------------------------------------------------


@asynccontextmanager
async def running(installation: Installation, stdout: int) -> AsyncIterator[Path]:
    """The bot in a process of its own; its standard error is in that file."""
    log = installation.folder / "log"
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run",
            cwd=installation.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stdout,
            stderr=written,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 30
        while (await installation.kring("recovery-key"))[0]:
            assert process.returncode is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            await asyncio.sleep(0.05)
        yield log
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()


def as_before_encryption(installation: Installation) -> None:
    """A folder that an older version set up has the key of erasures and no other."""
    data = installation.folder / "data"
    data.mkdir(mode=0o700)
    (data / "erasure.key").write_text(secrets.token_hex(32))


async def test_an_upgraded_bot_makes_its_keys_and_logs_none_of_them(
    installation: Installation,
) -> None:
    as_before_encryption(installation)
    with (installation.folder / "stdout").open("wb") as stdout:
        async with running(installation, stdout.fileno()) as log:
            key = await shown_key(installation)
            said = await set_up(installation)
            assert "it sees to its identity itself" in said
            code, said = await installation.kring("recovery-key", "--new-identity", "--yes")
            assert code == 1
            assert "already runs" in said
            assert await shown_key(installation) == key
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line for line in lines if "kring recovery-key" in line["message"]]
    written = log.read_text() + (installation.folder / "stdout").read_text()
    for secret in (key, key.replace(" ", ""), PASSWORD):
        assert secret not in written
    assert await is_well(installation)


async def test_a_folder_that_is_wholly_lost_is_replaced_by_the_recovery_key_alone(
    installation: Installation,
) -> None:
    key = only_key(await set_up(installation))
    installation.lose_data()
    takes_over(installation, key)
    with (installation.folder / "stdout").open("wb") as stdout:
        async with running(installation, stdout.fileno()) as log:
            assert await shown_key(installation) == key
    assert "the data folder is new" in log.read_text()
    assert key not in log.read_text()


async def printed(terminal: int) -> str:
    """What stands there when something does."""
    loop = asyncio.get_running_loop()
    there = asyncio.Event()
    loop.add_reader(terminal, there.set)
    try:
        await asyncio.wait_for(there.wait(), 30)
    finally:
        loop.remove_reader(terminal)
    return os.read(terminal, 10_000).decode()


async def test_a_first_start_at_a_terminal_shows_the_recovery_key(
    installation: Installation,
) -> None:
    as_before_encryption(installation)
    terminal, other_end = os.openpty()
    try:
        async with running(installation, other_end) as log:
            said = await printed(terminal)
            key = await shown_key(installation)
            assert key not in log.read_text()
    finally:
        os.close(terminal)
        os.close(other_end)
    assert only_key(said) == key
    assert "if the folder" in said
