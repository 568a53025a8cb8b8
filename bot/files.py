"""Files on their way out (upload, then the message that shows them) and in (size checked while read)."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

from bot.client import Homeserver
from bot.errors import MatrixError, UnknownToken
from commands.kernel.incoming import Attachment
from storage import outbox
from storage.database import Database
from storage.outbox import StoredFile


async def fetch(homeserver: Homeserver, file: Attachment, limit: int) -> Attachment:
    """The attachment with its data; without, when it cannot be had (too large, gone, encrypted).

    Raises MatrixError for what may heal, and UnknownToken.
    """
    if file.encryption is not None or file.size > limit:
        return file
    try:
        data = await homeserver.download(file.mxc, limit)
    except MatrixError as error:
        if error.heals or isinstance(error, UnknownToken):
            raise
        return file
    return replace(file, data=data, size=len(data))


async def upload(
    homeserver: Homeserver, database: Database, key: str, file: StoredFile
) -> StoredFile:
    """Put the file of an outbox row on the homeserver, once; remembers where it is.

    Raises MatrixError and StorageError.
    """
    if file.mxc is not None:
        return file
    mxc = await homeserver.upload(file.data, file.mimetype, file.name)
    thumbnail = None
    if file.thumbnail is not None:
        thumbnail = await homeserver.upload(
            file.thumbnail, _picture_type(file.thumbnail), file.name
        )
    await database.write(
        lambda session: outbox.uploaded(session, key, mxc=mxc, thumbnail_mxc=thumbnail)
    )
    return replace(file, mxc=mxc, thumbnail_mxc=thumbnail)


def describe(content: dict[str, Any], file: StoredFile) -> dict[str, Any]:
    """The message's content with the address and the description of an uploaded file."""
    info: dict[str, Any] = {"mimetype": file.mimetype, "size": len(file.data), **_size(file.data)}
    if file.thumbnail is not None and file.thumbnail_mxc is not None:
        info["thumbnail_url"] = file.thumbnail_mxc
        info["thumbnail_info"] = {
            "mimetype": _picture_type(file.thumbnail),
            "size": len(file.thumbnail),
            **_size(file.thumbnail),
        }
    return {**content, "url": file.mxc, "filename": file.name, "info": info}


def _picture_type(data: bytes) -> str:
    return "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"


def _size(data: bytes) -> dict[str, int]:
    """Width and height in pixels of a PNG or JPEG, read from its header; empty for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return {"w": width, "h": height}
    if not data.startswith(b"\xff\xd8"):
        return {}
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        # Frame headers (ISO/IEC 10918-1, table B.1), without DHT, JPG and DAC.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return {"w": width, "h": height}
        place += 2 + length
    return {}
