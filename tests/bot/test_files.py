"""What a picture's header says of its size, and what a message with a file looks like."""

from __future__ import annotations

import struct

from bot.files import describe
from storage.outbox import StoredFile

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 640, 480) + b"rest"
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc4\x00\x03x\xff\xc2\x00\x0b\x08"
    + struct.pack(">HH", 120, 160)
    + b"rest"
)


def test_a_picture_comes_with_its_size_and_thumbnail() -> None:
    file = StoredFile("fill.png", "image/png", PNG, JPEG, "mxc://a/full", "mxc://a/small")
    content = describe({"msgtype": "m.image", "body": "fill.png"}, file)
    assert content["url"] == "mxc://a/full"
    assert content["info"] == {
        "mimetype": "image/png",
        "size": len(PNG),
        "w": 640,
        "h": 480,
        "thumbnail_url": "mxc://a/small",
        "thumbnail_info": {"mimetype": "image/jpeg", "size": len(JPEG), "w": 160, "h": 120},
    }


def test_a_broken_picture_has_no_size() -> None:
    for data in (b"", PNG[:20], JPEG[:12], b"\xff\xd8\xff\xe0\x00\x00" * 3, b"plain text"):
        file = StoredFile("x", "image/jpeg", data, None, "mxc://a/b", None)
        assert describe({}, file)["info"] == {"mimetype": "image/jpeg", "size": len(data)}
