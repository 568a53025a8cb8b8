"""Networks against real Synapse: a knock that an animator lets in, leaving, and a room that is replaced."""

from __future__ import annotations

import asyncio
from io import BytesIO

import pytest
from PIL import Image

from bot.app import App
from commands.basics.router import router as basics
from commands.kernel.kernel import Kernel
from commands.kernel.settings import Settings
from commands.networks.domain import DIALOGUES, ROUTERS
from storage import networks, rooms
from storage.networks import Network
from storage.session import Session
from tests.e2e.kring import Kring, taken_in
from tests.support.peer import Peer, body_of
from tests.support.synapse import NewUser

pytestmark = pytest.mark.e2e


def kernel(user_id: str) -> Kernel:
    server = user_id.partition(":")[2]
    settings = Settings(bot_user=user_id, trusted_servers=frozenset({server}))
    return Kernel(settings, (basics, *ROUTERS), DIALOGUES)


async def heard(peer: Peer, words: str) -> tuple[str, str]:
    """Wait until somebody says these words in whatever room; returns the room and the event."""

    def found() -> list[tuple[str, str]]:
        return [
            (room, event["event_id"])
            for room, events in peer.timeline.items()
            for event in events
            if event["sender"] != peer.user_id
            and event["type"] == "m.room.message"
            and words in body_of(event)
        ]

    await peer.wait_until(lambda: bool(found()), 20)
    return found()[-1]


async def _edited(anna: Peer, direct: str, room: str, app: App) -> None:
    """What an animator changes on the sheet is there in the room: purpose, who may join, address, picture."""
    server = anna.user_id.partition(":")[2]
    picture = BytesIO()
    Image.new("RGB", (80, 60), "#3a7").save(picture, "PNG")

    async def state(kind: str, key: str, wanted: object) -> None:
        async with asyncio.timeout(20):
            while True:
                content = await app.homeserver.state(room, kind) or {}
                found = content.get(key)
                if found if wanted is None else found == wanted:
                    return
                await asyncio.sleep(0.05)

    for field, value in (
        ("purpose", "English"),
        ("openness", "by invitation only"),
        ("openness", "on approval"),
        ("short name", "meals"),
    ):
        await anna.send(direct, f"network edit food {field}")
        await anna.send(direct, value)
        if field == "purpose":
            await anna.send(direct, "Baking together")
    await state("m.room.topic", "topic", "Baking together")
    await state("m.room.join_rules", "join_rule", "knock")
    await state("m.room.canonical_alias", "alias", f"#meals:{server}")
    await anna.send(direct, "network edit meals avatar")
    await heard(anna, "Send me the picture")
    await anna.send_file(direct, picture.getvalue(), "image/png", "circle.png")
    await heard(anna, "gets your picture")
    await state("m.room.avatar", "url", None)
    # Back again: the former address is still the room's, so it may be taken anew.
    await anna.send(direct, "network edit meals short name")
    await anna.send(direct, "food")
    await state("m.room.canonical_alias", "alt_aliases", [f"#meals:{server}"])


def food(session: Session, room: str) -> Network:
    """A network that is joined by approval, in that room."""
    rooms.set_kind(session, room, "network")
    return networks.add(
        session,
        slug="food",
        kind="other",
        label=None,
        region=None,
        languages=["en"],
        criterion_kind="strategic",
        openness="approval",
        encrypted=False,
        texts={"name": {"en": "Food"}, "purpose": {"en": "Cooking together"}},
        room_id=room,
        created_by=None,
        now=1,
    )


async def test_a_network_lives_in_its_room(kring: Kring, new_user: NewUser) -> None:
    anna = await new_user("anna", accept_invites=True)
    ben = await new_user("ben", accept_invites=True)
    room = await kring.invited_by(anna, name="Food", room_version="11")
    await anna.set_power(room, kring.user_id, 100)
    async with kring.running(kernel) as app:
        await taken_in(app, room)
        await anna.set_state(room, "m.room.join_rules", {"join_rule": "knock"})

        network = await app.database.write(lambda session: food(session, room))

        await ben.knock(room, "I bake bread")
        direct, request = await heard(anna, "I bake bread")
        await anna.reply(direct, request, "yes")
        own, _ = await heard(ben, "Welcome to Food")
        await _edited(anna, direct, room, app)
        assert ben.user_id in await anna.members(room)

        await ben.send(own, "leave food")
        await heard(ben, "Shall I take you out of Food")
        await ben.send(own, "yes")
        await heard(ben, "You are leaving Food")

        successor = await anna.upgrade(room, "12")
        await anna.invite(successor, kring.user_id)

        async def place() -> str | None:
            now = await app.database.read(lambda session: networks.get(session, network.id))
            return now.room_id if now is not None else None

        async with asyncio.timeout(20):
            while await place() != successor:  # noqa: ASYNC110 - a database wakes nobody
                await asyncio.sleep(0.1)
        assert ben.user_id not in await anna.members(room)


async def test_a_network_opens_with_its_picture(kring: Kring, new_user: NewUser) -> None:
    anna = await new_user("anna", accept_invites=True)
    strict = {"power_level_content_override": {"invite": 50}}
    staff = await kring.invited_by(anna, name="Staff", **strict)
    async with kring.running(kernel) as app:
        await kring.arrives(anna, staff)
        await anna.send(staff, "!cancel")
        await anna.expect(staff, "nothing", 20)  # it knows the room by now
        await app.database.write(lambda session: rooms.set_kind(session, staff, "staff"))
        await anna.send(staff, "!network new")
        direct, _ = await heard(anna, "What kind of network")
        for said, expected in (
            ("other", "Which languages"),
            ("english", "What is it called"),
            ("Film", "What is it for"),
            ("Making films", "For which region"),
            ("skip", "What justifies"),
            ("quantitative", "Which number"),
            ("30 members", "goals"),
            ("skip", "Who may join"),
            ("open", "animators"),
            ("me", "encrypted"),
            ("no", "Shall I open the network"),
            ("yes", "a picture for its room"),
        ):
            await anna.send(direct, said)
            await heard(anna, expected)
        picture = BytesIO()
        Image.new("RGB", (80, 60), "#3a7").save(picture, "PNG")
        await anna.send_file(direct, picture.getvalue(), "image/png", "film.png")
        await heard(anna, "is ready")
        film = await app.database.read(lambda session: networks.by_slug(session, "film"))
        assert film is not None
        assert film.room_id is not None
        shown = await app.homeserver.state(film.room_id, "m.room.avatar")
        assert shown is not None
        assert shown["url"].startswith("mxc://")


async def test_staff_hear_once_that_the_bot_was_put_out(kring: Kring, new_user: NewUser) -> None:
    anna = await new_user("anna")
    strict = {"power_level_content_override": {"invite": 50}}
    staff = await kring.invited_by(anna, name="Staff", **strict)
    room = await kring.invited_by(anna, name="Food")
    async with kring.running(kernel) as app:
        await taken_in(app, staff, room)
        await app.database.write(lambda session: rooms.set_kind(session, staff, "staff"))
        await app.database.write(lambda session: food(session, room))
        await anna.kick(room, kring.user_id)
        await anna.expect(staff, "no longer in the room of Food")
        await anna.invite(room, kring.user_id)
        await anna.wait_until(
            lambda: (
                anna.states[room]["m.room.member", kring.user_id]["content"]["membership"] == "join"
            )
        )
        await anna.send(room, "!network")
        await anna.expect(room, "Cooking together")
    assert len([text for text in kring.said(anna, staff) if "Food" in text]) == 1
