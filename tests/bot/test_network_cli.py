"""`kring network`: what an operator types, sees, and leaves for the running bot to do."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from bot.cli.common import Invocation
from bot.cli.network import command
from storage import outbox, rooms
from storage.database import Database
from storage.session import Session

CONFIG = """
[homeserver]
url = "http://127.0.0.1:1"
user_id = "@kring:example.org"
password = "correct horse"
[territory]
name = "Example"
timezone = "Europe/Brussels"
"""
NEW = ("new", "--name", "en=Film", "--name", "nl=Cinema", "--purpose", "en=Making films",
       "--criterion", "en=At least 30 members", "--kind", "profession", "--label", "cineast",
       "--region", "Brussel", "--openness", "approval", "--animator", "@anna:example.org")  # fmt: skip


class Office:
    def __init__(self, folder: Path) -> None:
        self.database = folder / "data" / "kring.db"

    def types(self, *words: str) -> tuple[int, str]:
        result = CliRunner().invoke(command, words, obj=Invocation(None, False))
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result.exit_code, result.output

    def do(self, function: Callable[[Session], Any]) -> Any:
        async def write() -> Any:
            database = await Database.open(self.database)
            try:
                return await database.write(function)
            finally:
                await database.close()

        return asyncio.run(write())

    def asked(self) -> list[outbox.Item]:
        def read(session: Session) -> list[outbox.Item]:
            lanes = outbox.waiting_lanes(session)
            return [item for lane in lanes for item in outbox.next_in_lane(session, lane)]

        found: list[outbox.Item] = self.do(read)
        return found

    def room(self, bot_power: int) -> None:
        def make(session: Session) -> None:
            rooms.know(session, "!old", now=1)
            rooms.set_joined(session, "!old", True, None)
            for name, content in (
                ("m.room.create", {"room_version": "11"}),
                ("m.room.power_levels", {"users": {"@kring:example.org": bot_power}, "invite": 50}),
            ):
                event = {"type": name, "sender": "@anna:example.org", "content": content}
                rooms.apply_state(session, "!old", event)

        self.do(make)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    for name in [*os.environ]:
        if name.startswith("KRING_"):
            monkeypatch.delenv(name)
    (tmp_path / "config.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    made = Office(tmp_path)
    made.do(lambda session: None)
    return made


def test_a_new_network_is_noted_and_its_room_asked_for(office: Office) -> None:
    assert "no networks yet" in office.types("list")[1]
    code, said = office.types(*NEW)
    assert (code, "film is noted" in said) == (0, True)
    (create,) = office.asked()
    assert create.type == "create_room"
    assert create.content["alias"] == "film"
    assert create.content["moderators"] == ["@anna:example.org"]
    assert "film" not in office.types("list")[1]
    assert "no room yet" in office.types("list", "--all")[1]
    described = json.loads(office.types("show", "film", "--json")[1])
    assert (described["label"], described["region"]) == ("2654.1", "be-brussels")
    assert "Making films" in office.types("show", "film")[1]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (NEW[:1], "--name en=TEXT is missing"),
        (NEW[:3], "--purpose en=TEXT is missing"),
        (("new", "--name", "Film"), "is not like en=TEXT"),
        (("new", "--name", "en=New", *NEW[5:]), "one of my commands"),
        ((*NEW, "--animator", "anna"), "is not like @name:server"),
        ((*NEW, "--label", "xyzzy"), "no profession or sector"),
        ((*NEW, "--language", "xx"), "not 'xx'"),
        (("edit", "film"), "say what to change"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_kept(
    office: Office, words: tuple[str, ...], problem: str
) -> None:
    code, said = office.types(*words)
    assert problem in said
    assert code == 2
    assert office.asked() == []
    assert json.loads(office.types("list", "--all", "--json")[1]) == []


def test_a_name_is_given_once(office: Office) -> None:
    office.types(*NEW)
    assert "of that name already" in office.types(*NEW)[1]


def test_adopting_needs_the_bot_in_the_room_with_its_power(office: Office) -> None:
    words = ("adopt", "!old", *NEW[1:-2])
    assert "is not in !old" in office.types(*words)[1]
    office.room(bot_power=0)
    assert "may not: invite people" in office.types(*words)[1]
    office.room(bot_power=100)
    assert "belongs to film" in office.types(*words)[1]
    # The room takes over what the sheet says: its name, its topic and who may join.
    assert [item.type for item in office.asked()] == ["put_state"] * 3
    assert "already" in office.types(*words)[1]


def test_changes_reach_the_room(office: Office) -> None:
    office.room(bot_power=100)
    office.types("adopt", "!old", *NEW[1:-2])
    assert office.types("edit", "film", "--name", "en=Pictures", "--openness", "open")[0] == 0
    adopted = ["m.room.name", "m.room.topic", "m.room.join_rules"]
    assert [item.content["type"] for item in office.asked()] == [
        *adopted,
        "m.room.name",
        "m.room.join_rules",
    ]
    assert "there is no network" in office.types("show", "theatre")[1]


def test_closing_asks_unless_told_not_to(office: Office) -> None:
    office.room(bot_power=100)
    office.types("adopt", "!old", *NEW[1:-2])
    assert office.types("close", "film")[0] == 1
    assert "is closed" in office.types("close", "film", "--yes")[1]
    assert "closed already" in office.types("close", "film", "--yes")[1]
    assert "film" not in office.types("list")[1]


def test_it_is_a_group_of_commands() -> None:
    assert isinstance(command, click.Group)
