"""Networks, requests and proposals as they are kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storage import join_requests, networks, proposals, rooms
from storage.migrate import migrate
from storage.networks import Network
from storage.session import Session

ANNA = "@anna:localhost"
BEN = "@ben:localhost"
BOT = "@kring:localhost"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    connection = sqlite3.connect(tmp_path / "kring.db", isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    migrate(connection, tmp_path / "kring.db")
    yield Session(connection, writable=True)
    connection.close()


def make(session: Session, slug: str = "film", **changes: Any) -> Network:
    values: dict[str, Any] = {
        "slug": slug,
        "kind": "other",
        "label": None,
        "region": None,
        "languages": ["fr", "nl"],
        "criterion_kind": "strategic",
        "openness": "open",
        "encrypted": False,
        "texts": {"name": {"fr": "Cinéma", "nl": "Film"}},
        "room_id": f"!{slug}",
        "created_by": ANNA,
        "now": 5,
    }
    return networks.add(session, **{**values, **changes})


def people(session: Session, room_id: str, *users: str) -> None:
    rooms.know(session, room_id, now=1)
    for user in users:
        rooms.set_membership(session, room_id, user, "join", display_name=None, since=2)


def test_a_text_falls_back_to_the_rooms_languages(session: Session) -> None:
    network = make(session)
    assert network.name("nl") == "Film"
    assert network.name("en") == "Cinéma"
    assert network.text("goals", "en") == ""
    networks.set_text(session, network.id, "name", "fr", "")
    changed = networks.get(session, network.id)
    assert changed is not None
    assert changed.name("en") == "Film"


def test_it_is_found_by_short_name_former_name_and_room(session: Session) -> None:
    network = make(session)
    networks.set_slug(session, network.id, "cinema")
    for slug in ("film", "cinema"):
        found = networks.by_slug(session, slug)
        assert found is not None
        assert (found.id, found.slug) == (network.id, "cinema")
        assert not networks.slug_is_free(session, slug)
    networks.set_slug(session, network.id, "film")
    assert networks.aliases(session) == {"cinema": network.id}
    by_room = networks.by_room(session, "!film")
    assert by_room is not None
    assert by_room.id == network.id
    assert networks.by_room(session, "!other") is None


@pytest.mark.parametrize("column", ["slug", "room_id", "stage", "id", "nothing"])
def test_only_plain_fields_are_changed_directly(session: Session, column: str) -> None:
    network = make(session)
    with pytest.raises(ValueError, match=column):
        networks.change(session, network.id, column, "x")


def test_a_room_belongs_to_one_network(session: Session) -> None:
    make(session)
    with pytest.raises(sqlite3.IntegrityError):
        make(session, "theatre", room_id="!film")


def test_who_takes_part_is_who_is_in_the_room(session: Session) -> None:
    film, theatre = make(session), make(session, "theatre")
    people(session, "!film", ANNA, BEN, BOT)
    people(session, "!theatre", ANNA)
    assert networks.joined_by(session, [ANNA]) == [film.id, theatre.id]
    assert networks.count_members(session, "!film", bot_user=BOT) == 2
    networks.set_stage(session, theatre.id, "closed", now=9)
    assert networks.joined_by(session, [ANNA, BEN]) == [film.id]
    # After an upgrade only the new room counts.
    networks.set_room(session, film.id, "!film2")
    assert networks.joined_by(session, [BEN]) == []


def test_a_request_is_asked_once_and_decided_once(session: Session) -> None:
    network = make(session)
    first, new = join_requests.ask(session, network.id, BEN, knocked=False, message=None, now=1)
    again, newer = join_requests.ask(session, network.id, BEN, knocked=True, message="Hello", now=2)
    assert (new, newer) == (True, False)
    assert (again.id, again.knocked, again.message) == (first.id, True, "Hello")
    assert join_requests.decide(session, first.id, "declined", by=ANNA, reason="full", now=3)
    assert not join_requests.decide(session, first.id, "approved", by=BEN, now=4)
    kept = join_requests.get(session, first.id)
    assert kept is not None
    assert (kept.status, kept.decided_by, kept.reason) == ("declined", ANNA, "full")
    with pytest.raises(sqlite3.IntegrityError, match="decided once"):
        session.run("UPDATE join_requests SET status = 'approved' WHERE id = ?", (first.id,))
    later, new = join_requests.ask(session, network.id, BEN, knocked=False, message=None, now=5)
    assert new
    assert [each.id for each in join_requests.waiting(session, [network.id])] == [later.id]


def propose(session: Session) -> int:
    return proposals.add(
        session,
        kind="network",
        title="Couriers",
        purpose="Riding together",
        network_kind="profession",
        region=None,
        language="nl",
        proposer=ANNA,
        now=1,
    )


def test_a_proposal_is_supported_once_heard_once_and_decided_once(session: Session) -> None:
    number = propose(session)
    assert proposals.support(session, number, BEN, now=2)
    assert not proposals.support(session, number, BEN, now=3)
    assert [proposals.hear_once(session, number, now=n) for n in (4, 5)] == [True, False]
    assert proposals.decide(session, number, "accepted", by=ANNA, now=6)
    assert not proposals.decide(session, number, "declined", by=ANNA, now=7)
    found = proposals.get(session, number)
    assert found is not None
    assert (found.supporters, found.heard, found.status) == (1, True, "accepted")
    assert proposals.open_ones(session) == []


Forget = Callable[[Session, str], None]


@pytest.mark.parametrize(
    ("forget", "tables"),
    [
        (networks.forget_person, ("networks", "network_helpers", "network_welcomes")),
        (join_requests.forget_person, ("join_requests",)),
        (proposals.forget_person, ("proposals", "proposal_supports")),
    ],
)
def test_an_erased_person_is_nowhere(
    session: Session, forget: Forget, tables: tuple[str, ...]
) -> None:
    network = make(session, created_by=BEN)
    networks.add_helper(session, network.id, BEN, "advisor", now=1)
    networks.welcome_once(session, network.id, BEN, now=1)
    join_requests.ask(session, network.id, BEN, knocked=False, message="Me", now=1)
    other, _ = join_requests.ask(session, network.id, ANNA, knocked=False, message=None, now=1)
    join_requests.decide(session, other.id, "approved", by=BEN, now=2)
    number = propose(session)
    proposals.support(session, number, BEN, now=2)
    proposals.decide(session, number, "declined", by=BEN, now=3)
    forget(session, BEN)
    for table in tables:
        for row in session.rows(f"SELECT * FROM {table}"):
            assert BEN not in tuple(row)
