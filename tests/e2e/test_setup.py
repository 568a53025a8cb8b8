"""`kring setup` and `kring check` against a real homeserver."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.client import Homeserver
from bot.clock import SystemClock
from bot.demo.homeserver import EmbeddedHomeserver
from bot.login import keep_login, load_login
from bot.setup import Setup
from tests.e2e.installation import Installation
from tests.support.synapse import PASSWORD, NewUser, unique

pytestmark = pytest.mark.e2e


async def test_setup_makes_what_is_needed_and_a_second_one_finds_it(
    installation: Installation, new_user: NewUser
) -> None:
    anna, bram = await new_user("anna"), await new_user("bram")
    arguments = ("setup", "--staff", anna.user_id, "--buyer", bram.user_id)
    code, said = await installation.kring(*arguments)
    assert code == 0, said
    assert "The Space was made." in said
    assert "kring run" in said
    first = installation.rooms()
    assert set(first) == {"space", "staff", "buyers"}
    login = load_login(installation.folder / "data" / "login.json")
    assert login is not None
    assert stat.S_IMODE((installation.folder / "data").stat().st_mode) == 0o700

    code, said = await installation.kring(*arguments)
    assert code == 0, said
    assert "was made" not in said
    assert "was invited" not in said
    assert installation.rooms().keys() == first.keys()
    assert load_login(installation.folder / "data" / "login.json") == login

    staff = first["staff"].room_id
    await anna.join(staff)
    levels = await anna.state(staff, "m.room.power_levels")
    assert levels["invite"] == 50
    assert levels["users"][anna.user_id] == 50
    assert (await anna.state(staff, "m.room.join_rules"))["join_rule"] == "invite"
    await anna.join(first["space"].room_id)
    assert (await anna.state(first["space"].room_id, "m.room.create"))["type"] == "m.space"
    assert await anna.members(staff, "invite") == set()
    assert bram.user_id in await anna.members(first["space"].room_id, "invite")

    code, said = await installation.kring("check")
    assert code == 0, said
    assert "the bot may do its work in all 3 rooms" in said


async def test_a_setup_that_was_cut_off_makes_no_room_twice(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Setup, "_record", cut)
        code, _ = await installation.kring("setup")
    assert code == 130
    assert installation.rooms() == {}
    code, said = await installation.kring("setup")
    assert code == 0, said
    assert "The Space was found again." in said
    assert "room of staff was made" in said
    async with _Client(installation) as homeserver:
        assert len(await homeserver.joined_rooms()) == 3


async def test_a_mark_in_a_room_of_somebody_else_counts_for_nothing(
    installation: Installation, new_user: NewUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut(*_: Any) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Setup, "_create", cut)
        await installation.kring("setup")
    from storage import facts
    from storage.database import Database

    database = await Database.open(installation.folder / "data" / "kring.db")
    key = await database.read(lambda session: facts.get(session, "setup.space"))
    await database.close()
    mallory = await new_user("mallory")
    trap = await mallory.create_room(
        initial_state=[{"type": "org.kring.mark", "state_key": "", "content": {"id": key}}],
        invite=[installation.bot],
    )
    async with _Client(installation) as homeserver:
        await homeserver.request("POST", f"/_matrix/client/v3/join/{trap}", body={})
    code, said = await installation.kring("setup")
    assert code == 0, said
    assert installation.rooms()["space"].room_id != trap


async def test_a_wrong_password_ends_with_3(installation: Installation) -> None:
    (installation.folder / "pw").write_text("battery staple\n")
    code, said = await installation.kring("setup")
    assert code == 3
    assert "does not accept the password" in said
    assert "staple" not in said


async def test_a_wrong_token_ends_with_3_and_another_account_with_2(
    installation: Installation, new_user: NewUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (installation.folder / "config.toml").read_text()
    anna = await new_user("anna")
    for token, code in (("syt_nonsense_token", 3), (anna.access_token, 2)):
        (installation.folder / "config.toml").write_text(
            text.replace('password_file = "pw"', f'access_token = "{token}"')
        )
        ended, said = await installation.kring("setup")
        assert ended == code, said
        assert token not in said


async def test_a_database_of_another_account_is_left_alone(
    installation: Installation, homeserver: EmbeddedHomeserver
) -> None:
    assert (await installation.kring("setup"))[0] == 0
    before = installation.rooms()
    other = await homeserver.register(unique("other"), PASSWORD)
    config = installation.folder / "config.toml"
    config.write_text(config.read_text().replace(installation.bot, other.user_id))
    code, said = await installation.kring("setup")
    assert code == 2
    assert f"this database belongs to {installation.bot}" in said
    assert installation.rooms() == before


async def test_a_login_that_was_ended_is_renewed_as_the_same_device(
    installation: Installation,
) -> None:
    await installation.kring("setup")
    path = installation.folder / "data" / "login.json"
    first = load_login(path)
    assert first is not None
    keep_login(path, replace(first, access_token="syt_no_longer_valid_1"))
    code, said = await installation.kring("setup")
    assert code == 0, said
    second = load_login(path)
    assert second is not None
    assert second.device_id == first.device_id


async def test_check_finds_lax_rooms_and_lost_power(
    installation: Installation, new_user: NewUser
) -> None:
    await installation.kring("setup")
    rooms = installation.rooms()
    await _loosen(installation, rooms["staff"].room_id, ["invite"])
    async with _Client(installation) as homeserver:
        buyers = rooms["buyers"].room_id
        await homeserver.put_state(buyers, "m.room.join_rules", {"join_rule": "public"})
        await homeserver.request(
            "POST", f"/_matrix/client/v3/rooms/{rooms['space'].room_id}/leave", body={}
        )
    code, said = await installation.kring("check")
    assert code == 1
    assert "raise the power to invite to 50" in said
    assert "set its access to invitation only" in said
    assert "invite the bot again" in said
    assert "3 to mend." in said


async def test_setup_says_who_could_not_be_invited(installation: Installation) -> None:
    code, said = await installation.kring("setup", "--staff", "@nobody:nowhere.invalid")
    assert code == 1
    assert "could not be invited to the room of staff" in said
    assert set(installation.rooms()) == {"space", "staff", "buyers"}


async def test_an_alias_that_is_taken_is_told(
    installation: Installation, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    text = (installation.folder / "config.toml").read_text()
    alias = text.split('space_alias = "')[1].split('"')[0]
    await anna.create_room(room_alias_name=alias)
    code, said = await installation.kring("setup")
    assert code == 1
    assert f"the alias {alias} is taken" in said
    assert "space" in installation.rooms()


class _Client:
    """The bot's own login, to do what an administrator might do to its rooms."""

    def __init__(self, installation: Installation) -> None:
        text = (installation.folder / "config.toml").read_text()
        url = text.split('url = "')[1].split('"')[0]
        self._login = load_login(installation.folder / "data" / "login.json")
        self._homeserver = Homeserver(url, SystemClock())

    async def __aenter__(self) -> Homeserver:
        assert self._login is not None
        await self._homeserver.open()
        self._homeserver.adopt(self._login)
        return self._homeserver

    async def __aexit__(self, *_: object) -> None:
        await self._homeserver.close()


async def _loosen(installation: Installation, room_id: str, actions: Sequence[str]) -> None:
    async with _Client(installation) as homeserver:
        levels = await homeserver.state(room_id, "m.room.power_levels") or {}
        content = {**levels, **dict.fromkeys(actions, 0)}
        await homeserver.put_state(room_id, "m.room.power_levels", content)
