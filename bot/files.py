"""Files on their way out (upload, then the message that shows them) and in (size checked while read)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

from bot.client import Homeserver
from bot.errors import MatrixError, UnknownToken
from commands.kernel.incoming import Attachment
from storage import outbox
from storage.database import Database
from storage.outbox import StoredFile

# What clients show in a timeline (spec, "Thumbnails": 800x600, scaled); a smaller picture is its own.
_THUMBNAIL = (800, 600)


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
) -> dict[str, Any]:
    """Put the file of an outbox row on the homeserver, once; what the message says of it.

    Raises MatrixError and StorageError.
    """
    picture = _Picture()
    if file.mimetype.startswith("image/"):
        picture = await asyncio.to_thread(_look_at, file.data)
    mxc, thumbnail_mxc = file.mxc, file.thumbnail_mxc
    if mxc is None:
        mxc = await homeserver.upload(file.data, file.mimetype, file.name)
        if picture.thumbnail is not None:
            thumbnail_mxc = await homeserver.upload(picture.thumbnail, "image/png", file.name)
        await database.write(
            lambda session: outbox.uploaded(session, key, mxc=mxc, thumbnail_mxc=thumbnail_mxc)
        )
    info = {"mimetype": file.mimetype, "size": len(file.data), **picture.size}
    if picture.thumbnail is not None:
        info["thumbnail_url"] = thumbnail_mxc
        info["thumbnail_info"] = {
            "mimetype": "image/png",
            "size": len(picture.thumbnail),
            **picture.thumbnail_size,
        }
    return {"url": mxc, "filename": file.name, "info": info}


@dataclass(frozen=True, slots=True)
class _Picture:
    """Sizes are `w` and `h` in pixels, empty for what is no picture; a small one has no thumbnail."""

    size: dict[str, int] = field(default_factory=dict)
    thumbnail: bytes | None = None
    thumbnail_size: dict[str, int] = field(default_factory=dict)


def _look_at(data: bytes) -> _Picture:
    # Loaded here and not at the start: pictures are rare.
    from PIL import Image

    try:
        with Image.open(BytesIO(data)) as opened:
            size = {"w": opened.width, "h": opened.height}
            if opened.width <= _THUMBNAIL[0] and opened.height <= _THUMBNAIL[1]:
                return _Picture(size)
            opened.thumbnail(_THUMBNAIL)
            written = BytesIO()
            opened.save(written, "PNG", optimize=True)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return _Picture()
    return _Picture(size, written.getvalue(), {"w": opened.width, "h": opened.height})
