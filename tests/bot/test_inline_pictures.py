"""A picture inside a message, edited in place with its words: uploaded once, named by the homeserver's address,
and left out where it could not be encrypted or nobody takes it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.errors import HomeserverError, Unreachable
from commands.kernel.context import Context
from commands.kernel.render import sanitise, with_picture
from storage import outbox, rooms
from storage.database import Database
from storage.outbox import Draft, FileOut, Inline
from storage.session import Session
from tests.bot.scripted import BOT
from tests.bot.test_sending_guards import Guarded, create, encrypt
from tests.bot.test_unanswered import ANNA, FILM

ALT = 'Chairs: 4 of 6, "Café" <full>'
PICTURE = FileOut("cases.png", "image/png", b"\x89PNG drawn", Inline(ALT, 320, 64))
WORDS = {
    "msgtype": "m.notice",
    "body": "Chairs",
    "format": "org.matrix.custom.html",
    "formatted_body": "<p>Chairs</p>",
    "m.mentions": {},
}
IMAGE = re.compile(r"<img\b[^>]*>")


class Drawing(Guarded):
    """Keeps what was sent in clear; `refused` is what becomes of uploads."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.refused: list[Exception] = []
        self.clear: list[Mapping[str, Any]] = []

    async def upload(self, data: bytes, mimetype: str, name: str | None = None) -> str:
        if self.refused:
            self.steps.append("refuse")
            raise self.refused.pop(0)
        assert (data, mimetype, name) == (PICTURE.data, "image/png", "cases.png")
        return await super().upload(data, mimetype, name)

    async def request(
        self, method: str, path: str, *, body: Any = None, **more: Any
    ) -> dict[str, Any]:
        if method == "GET":
            return {"chunk": []}  # an earlier try is looked for
        answer = await super().request(method, path, body=body, **more)
        if "body" in body:
            self.clear.append(body)
        return answer


@pytest_asyncio.fixture
async def drawing(tmp_path: Path) -> AsyncIterator[Drawing]:
    database = await Database.open(tmp_path / "kring.db", readers=1)

    def world(session: Session) -> None:
        rooms.know(session, FILM, now=1)
        rooms.set_joined(session, FILM, True, None)
        for user_id in (ANNA, BOT):
            rooms.set_membership(session, FILM, user_id, "join", display_name=None, since=1)
        create(session, FILM)

    await database.write(world)
    yield Drawing(database)
    await database.close()


def message(**more: Any) -> Draft:
    return Draft("m.room.message", dict(WORDS), room_id=FILM, file=PICTURE, **more)


async def test_the_message_shows_the_picture_at_its_address(drawing: Drawing) -> None:
    await drawing.queues(message())
    assert drawing.steps == ["upload sealed", f"send clear {FILM}"]
    [sent] = drawing.clear
    assert sent["body"] == "Chairs"
    assert sent["formatted_body"] == (
        '<p>Chairs</p><br><img src="mxc://example.org/1"'
        ' alt="Chairs: 4 of 6, &#34;Café&#34; &lt;full&gt;"'
        ' width="320" height="64">'
    )
    assert "url" not in sent and "filename" not in sent and "info" not in sent


async def test_an_edit_has_it_in_what_replaces_the_message(drawing: Drawing) -> None:
    first = message()
    await drawing.queues(first)
    drafts: list[Draft] = []
    ctx = Context.__new__(Context)
    ctx.drafts, ctx.inbox_id = drafts, None
    ctx.edit_content(first.key, FILM, dict(WORDS), picture=PICTURE)
    await drawing.queues(drafts[0])
    sent = drawing.clear[1]
    assert sent["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$sent2"}
    assert sent["m.new_content"]["formatted_body"].startswith(
        '<p>Chairs</p><br><img src="mxc://example.org/3"'
    )
    assert IMAGE.findall(sent["formatted_body"]) == IMAGE.findall(
        sent["m.new_content"]["formatted_body"]
    )


async def test_what_is_edited_without_one_has_none_any_more(drawing: Drawing) -> None:
    first = message()
    await drawing.queues(first)
    drafts: list[Draft] = []
    ctx = Context.__new__(Context)
    ctx.drafts, ctx.inbox_id = drafts, None
    ctx.edit_content(first.key, FILM, dict(WORDS))
    await drawing.queues(drafts[0])
    assert "<img" in str(drawing.clear[0]) and "<img" not in str(drawing.clear[1])


async def test_an_encrypted_room_gets_the_words_alone_and_nothing_is_uploaded(
    drawing: Drawing,
) -> None:
    await drawing.database.write(lambda session: encrypt(session, FILM))
    await drawing.queues(message())
    assert [step.partition(" ")[0] for step in drawing.steps] == ["encrypt", "send"]
    [secret] = drawing.secrets
    assert secret["formatted_body"] == "<p>Chairs</p>"


async def test_a_room_that_becomes_encrypted_during_the_upload_gets_the_words_alone(
    drawing: Drawing,
) -> None:
    drawing.during_upload = [lambda session: encrypt(session, FILM)]
    await drawing.queues(message())
    assert drawing.clear == []
    assert "mxc" not in str(drawing.secrets)


async def test_a_try_that_failed_does_not_upload_again(drawing: Drawing) -> None:
    draft = message()
    await drawing.database.write(lambda session: outbox.add(session, draft, now=1))
    stored = outbox.Uploaded("mxc://example.org/earlier")
    await drawing.database.write(
        lambda session: outbox.uploaded(session, draft.key, stored, thumbnail=None)
    )
    await drawing.ends([FILM])
    assert drawing.steps == [f"send clear {FILM}"]
    assert 'src="mxc://example.org/earlier"' in drawing.clear[0]["formatted_body"]


@pytest.mark.parametrize("code", ["M_TOO_LARGE", "M_FORBIDDEN"])
async def test_where_no_picture_is_taken_the_words_go_without(drawing: Drawing, code: str) -> None:
    drawing.refused = [HomeserverError(code, 403)]
    await drawing.queues(message())
    assert drawing.steps == ["refuse", f"send clear {FILM}"]
    assert drawing.clear[0]["formatted_body"] == "<p>Chairs</p>"


async def test_an_upload_that_may_heal_is_waited_for(drawing: Drawing) -> None:
    drawing.refused = [Unreachable()]
    await drawing.queues(message())
    assert drawing.steps == ["refuse", "upload sealed", f"send clear {FILM}"]
    assert "<img" in drawing.clear[0]["formatted_body"]


def test_no_text_brings_a_picture_of_its_own() -> None:
    assert sanitise('<p>a<img src="mxc://evil.example/1" alt="x">b</p>') == "<p>ab</p>"


@pytest.mark.parametrize(
    "address", ["https://evil.example/1.png", 'mxc://x/1" onload="y', "mxc://x/1/2", "mxc://x/"]
)
def test_only_what_the_homeserver_keeps_is_shown(address: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        with_picture(WORDS, address, alt="x", width=1, height=1)


def test_a_message_that_is_too_long_for_html_stays_plain() -> None:
    plain = {"msgtype": "m.notice", "body": "long", "m.mentions": {}}
    assert with_picture(plain, "mxc://x/1", alt="x", width=1, height=1) == plain
