"""A picture for a network's room: sent in a conversation, checked, and handed to the room."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from commands.kernel.choices import Misunderstood
from commands.networks.picture import room_picture
from storage import outbox
from tests.commands.networks.world import ANNA, STAFFER, actions, network, one
from tests.commands.talk import Talk, answer


def picture(width: int, height: int, kind: str = "JPEG", **extra: object) -> bytes:
    written = BytesIO()
    Image.new("RGB", (width, height), "#3a7").save(written, kind, **extra)
    return written.getvalue()


def test_an_animator_gives_the_room_a_picture(talk: Talk) -> None:
    room = network(talk, "food", powers={ANNA: 50})
    assert "Send me the picture" in answer(talk.say(ANNA, "network edit food avatar"))
    assert "a picture" in answer(talk.say(ANNA, "the red one"))
    assert "a picture" in answer(talk.send_file(ANNA, "cat.jpg", b"no picture", "image/jpeg"))
    said = talk.send_file(ANNA, "cat.jpg", picture(900, 600), "image/jpeg")
    assert "gets your picture" in answer(said)
    (action,) = actions(said)
    assert (action.type, action.content) == ("set_avatar", {"room_id": room})
    file = action.draft.file
    assert file is not None
    with Image.open(BytesIO(file.data)) as shown:
        assert (shown.format, shown.size) == ("PNG", (512, 512))
    assert "room's picture" in one(talk.end(action, error="M_FORBIDDEN"), ANNA).text


def test_the_picture_is_forgotten_once_it_is_in_the_room(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    for line in ("netwerk aanpassen food", "foto"):
        talk.say(ANNA, line)
    said = talk.send_file(ANNA, "cat.png", picture(60, 60, "PNG"), "image/png")
    (action,) = actions(said)
    assert not talk.write(lambda session: outbox.has_file(session, action.key))


def test_a_network_opens_with_its_picture(talk: Talk) -> None:
    for line in ("network new", "other", "english", "Film", "Making films", "skip", "quantitative",
                 "30 members", "skip", "open", "me", "no", "yes"):  # fmt: skip
        text = answer(talk.say(STAFFER, line))
    assert "a picture for its room" in text
    assert "a picture" in answer(talk.say(STAFFER, "a blue one"))
    said = talk.send_file(STAFFER, "film.png", picture(300, 200, "PNG"), "image/png")
    (create,) = actions(said)
    assert (create.type, create.content["avatar"]) == ("create_room", True)
    assert create.draft.file is not None
    with Image.open(BytesIO(create.draft.file.data)) as shown:
        assert (shown.format, shown.size) == ("PNG", (200, 200))
    # The picture waits for the room, and no longer.
    assert not talk.write(lambda session: outbox.has_file(session, create.key))


def test_what_a_camera_writes_is_taken_out() -> None:
    exif = Image.Exif()
    exif[0x010F] = "a camera of mine"
    data = picture(300, 200, exif=exif)
    assert b"a camera of mine" in data
    assert b"a camera of mine" not in room_picture(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(40), b"<svg/>", picture(20, 300),
     picture(300, 300)[:400], picture(6000, 5000, "PNG")],
)  # fmt: skip
def test_what_is_no_usable_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Misunderstood):
        room_picture(data)


def test_a_picture_may_come_with_the_command(talk: Talk) -> None:
    network(talk, "food", powers={ANNA: 50})
    caption = "!network edit food picture"
    said = talk.send_file(ANNA, "cat.jpg", picture(90, 60), "image/jpeg", text=caption)
    assert "gets your picture" in answer(said)
    assert len(actions(said)) == 1
    asked, left = talk.send_file(
        ANNA, "cat.jpg", picture(90, 60), "image/jpeg", text="!network edit food"
    )
    assert "1." in asked.text
    assert "When I ask for it" in left.text
