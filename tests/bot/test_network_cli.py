"""`kring network`: what an operator types, sees, and leaves for the running bot to do."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest

from bot.config_load import load
from commands.all import dialogues, routers
from commands.kernel.kernel import Kernel
from storage import jobs, join_requests, networks, outbox, rooms
from storage.outbox import Draft
from storage.session import Session
from tests.bot.conftest import Office

NEW = ("new", "--name", "en=Film", "--name", "nl=Cinema", "--purpose", "en=Making films",
       "--criterion", "en=At least 30 members", "--kind", "profession", "--label", "cineast",
       "--region", "Brussel", "--openness", "approval", "--animator", "@anna:example.org")  # fmt: skip


def types(office: Office, *words: str) -> tuple[int, str]:
    return office.kring("network", *words)


def asked(office: Office) -> list[outbox.Item]:
    def read(session: Session) -> list[outbox.Item]:
        lanes = outbox.waiting_lanes(session)
        return [item for lane in lanes for item in outbox.next_in_lane(session, lane)]

    return office.do(read)


def known_room(office: Office, bot_power: int) -> None:
    def make(session: Session) -> None:
        rooms.know(session, "!old", now=1)
        rooms.set_joined(session, "!old", True, None)
        for name, content in (
            ("m.room.create", {"room_version": "11"}),
            ("m.room.power_levels", {"users": {"@kring:example.org": bot_power}, "invite": 50}),
        ):
            event = {"type": name, "sender": "@anna:example.org", "content": content}
            rooms.apply_state(session, "!old", event)

    office.do(make)


def test_a_new_network_is_noted_and_its_room_asked_for(office: Office) -> None:
    assert "no networks yet" in types(office, "list")[1]
    code, said = types(office, *NEW)
    assert (code, "film is noted" in said) == (0, True)
    (create,) = asked(office)
    assert create.type == "create_room"
    assert create.content["alias"] == "film"
    assert create.content["moderators"] == ["@anna:example.org"]
    assert "film" not in types(office, "list")[1]
    assert "no room yet" in types(office, "list", "--all")[1]
    described = json.loads(types(office, "show", "film", "--json")[1])
    assert (described["label"], described["region"]) == ("2654.1", "be-brussels")
    assert "Making films" in types(office, "show", "film")[1]


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
    code, said = types(office, *words)
    assert problem in said
    assert code == 2
    assert asked(office) == []
    assert json.loads(types(office, "list", "--all", "--json")[1]) == []


def test_a_name_is_given_once(office: Office) -> None:
    types(office, *NEW)
    assert "of that name already" in types(office, *NEW)[1]


def test_adopting_needs_the_bot_in_the_room_with_its_power(office: Office) -> None:
    words = ("adopt", "!old", *NEW[1:-2])
    assert "is not in !old" in types(office, *words)[1]
    known_room(office, bot_power=0)
    assert "may not: invite people" in types(office, *words)[1]
    known_room(office, bot_power=100)
    assert "belongs to film" in types(office, *words)[1]
    # The room takes over what the sheet says: its name, its topic and who may join.
    assert [item.type for item in asked(office)] == ["put_state"] * 3
    assert "already" in types(office, *words)[1]


def test_changes_reach_the_room(office: Office) -> None:
    known_room(office, bot_power=100)
    types(office, "adopt", "!old", *NEW[1:-2])
    assert types(office, "edit", "film", "--name", "en=Pictures", "--openness", "open")[0] == 0
    adopted = ["m.room.name", "m.room.topic", "m.room.join_rules"]
    assert [item.content["type"] for item in asked(office)] == [
        *adopted,
        "m.room.name",
        "m.room.join_rules",
    ]
    assert "there is no network" in types(office, "show", "theatre")[1]


def test_another_kind_is_for_nothing_of_the_former_kind(office: Office) -> None:
    def sheet() -> tuple[str, str | None]:
        described = json.loads(types(office, "show", "film", "--json")[1])
        return described["kind"], described["label"]

    types(office, *NEW, "--kind", "sector", "--label", "Horeca")
    assert sheet() == ("sector", "I")
    types(office, "edit", "film", "--kind", "sector", "--openness", "open")
    assert sheet() == ("sector", "I")
    types(office, "edit", "film", "--kind", "profession")
    assert sheet() == ("profession", None)
    types(office, "edit", "film", "--kind", "sector", "--label", "Horeca")
    assert sheet() == ("sector", "I")


def test_closing_asks_unless_told_not_to(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    known_room(office, bot_power=100)
    types(office, "adopt", "!old", *NEW[1:-2])
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert types(office, "close", "film")[0] == 130
    assert "is closed" in types(office, "close", "film", "--yes")[1]
    assert "closed already" in types(office, "close", "film", "--yes")[1]
    assert "film" not in types(office, "list")[1]


def test_who_waits_to_be_let_in_hears_of_the_closing_from_the_bot(office: Office) -> None:
    known_room(office, bot_power=100)
    types(office, "adopt", "!old", *NEW[1:-2])

    def ask(session: Session) -> None:
        film = networks.by_slug(session, "film")
        assert film is not None
        join_requests.ask(session, film.id, "@ben:example.org", knocked=True, message=None, now=1)
        rooms.set_membership(
            session, "!old", "@ben:example.org", "knock", display_name=None, since=1
        )

    office.do(ask)
    types(office, "close", "film", "--yes")

    def run(session: Session) -> list[Draft]:
        now = datetime.now(UTC)
        (job,) = jobs.due(session, now=int(now.timestamp() * 1000))
        settings = load().settings("@kring:example.org", b"")
        return Kernel(settings, routers(), dialogues()).due(session, job, now).drafts

    told, kick = office.do(run)
    assert (told.user_id, kick.type) == ("@ben:example.org", "kick")
    assert "Film is closed" in told.content["body"]
    assert "user" not in kick.continuation_data  # nobody decided it here: staff hear if it fails
