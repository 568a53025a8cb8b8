"""Files on their way out (upload, then the message that shows them) and in (size checked while read).

In encrypted rooms both are encrypted; the ciphers are `bot.crypto.attachments`'. A picture that stands inside
a message is left out of it there: HTML has no place for its keys.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

from bot.client import Homeserver
from bot.crypto import attachments
from bot.crypto.attachments import BadAttachment
from bot.errors import MatrixError, UnknownToken
from commands.kernel.incoming import Attachment
from commands.kernel.render import with_picture
from storage import outbox
from storage.database import Database
from storage.outbox import Inline, StoredFile, Uploaded

log = logging.getLogger(__name__)

# What clients show in a timeline (spec, "Thumbnails": 800x600, scaled); a smaller picture is its own.
_THUMBNAIL = (800, 600)


async def fetch(homeserver: Homeserver, file: Attachment, limit: int) -> Attachment:
    """The attachment with its data, decrypted; without, when it cannot be had (too large, gone, or
    not what its keys were made for).

    Raises MatrixError for what may heal, and UnknownToken.
    """
    if file.size > limit:
        return file
    try:
        data = await homeserver.download(file.mxc, limit)
    except MatrixError as error:
        if error.heals or isinstance(error, UnknownToken):
            raise
        return file
    if file.encryption is not None:
        try:
            data = await asyncio.to_thread(attachments.decrypt, data, file.encryption)
        except BadAttachment as error:
            log.warning("a file cannot be decrypted: %s", error)
            return file
    return replace(file, data=data, size=len(data))


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that is a message of its own, as the message says it."""

    says: dict[str, Any]

    def shown_in(self, content: Mapping[str, Any]) -> dict[str, Any]:
        return {**content, **self.says}


@dataclass(frozen=True, slots=True)
class Placed:
    """An uploaded picture that stands inside a message."""

    mxc: str
    inline: Inline

    def shown_in(self, content: Mapping[str, Any]) -> dict[str, Any]:
        shown = self.inline
        return with_picture(
            content, self.mxc, alt=shown.alt, width=shown.width, height=shown.height
        )


async def put(
    homeserver: Homeserver, database: Database, key: str, file: StoredFile, *, encrypted: bool
) -> Attached | Placed | None:
    """Put the file of an outbox row on the homeserver, once; None where its message goes without it.

    That is a picture inside a message: where that leaves encrypted the picture could not be, and where the
    homeserver takes no picture the words are worth sending. Raises MatrixError and StorageError.
    """
    if file.inline is None:
        return Attached(await upload(homeserver, database, key, file, encrypted=encrypted))
    if encrypted:
        return None
    if file.uploaded is not None:
        return Placed(file.uploaded.mxc, file.inline)
    try:
        stored = await _put(homeserver, file.data, file.mimetype, file.name)
    except MatrixError as error:
        if error.heals or isinstance(error, UnknownToken):
            raise
        log.warning("a message goes without its picture: %s", error)
        return None
    await database.write(lambda session: outbox.uploaded(session, key, stored, thumbnail=None))
    return Placed(stored.mxc, file.inline)


async def upload(
    homeserver: Homeserver, database: Database, key: str, file: StoredFile, *, encrypted: bool
) -> dict[str, Any]:
    """Put a file that is a message of its own on the homeserver, once; what the message says of it.

    What was uploaded in clear is uploaded anew where it is to be encrypted; once encrypted, it stays so.
    Raises MatrixError and StorageError.
    """
    picture = _Picture()
    if file.mimetype.startswith("image/"):
        picture = await asyncio.to_thread(_look_at, file.data)
    stored, thumbnail = file.uploaded, file.thumbnail
    if stored is None or (encrypted and stored.encryption is None):
        put = _put_encrypted if encrypted else _put
        stored, thumbnail = await put(homeserver, file.data, file.mimetype, file.name), None
        if picture.thumbnail is not None:
            thumbnail = await put(homeserver, picture.thumbnail, "image/png", file.name)
        await database.write(
            lambda session: outbox.uploaded(session, key, stored, thumbnail=thumbnail)
        )
    info = {"mimetype": file.mimetype, "size": len(file.data), **picture.size}
    if picture.thumbnail is not None and thumbnail is not None:
        info |= _shown(thumbnail, "thumbnail_")
        info["thumbnail_info"] = {
            "mimetype": "image/png",
            "size": len(picture.thumbnail),
            **picture.thumbnail_size,
        }
    return {**_shown(stored), "filename": file.name, "info": info}


async def _put(homeserver: Homeserver, data: bytes, mimetype: str, name: str) -> Uploaded:
    return Uploaded(await homeserver.upload(data, mimetype, name))


async def _put_encrypted(
    homeserver: Homeserver, data: bytes, _mimetype: str, _name: str
) -> Uploaded:
    # What the file is and how it is called would tell the homeserver what its content must not.
    sealed = await asyncio.to_thread(attachments.encrypt, data)
    return Uploaded(await homeserver.upload(sealed.data, "application/octet-stream"), sealed.keys)


def _shown(stored: Uploaded, prefix: str = "") -> dict[str, Any]:
    if stored.encryption is None:
        return {f"{prefix}url": stored.mxc}
    return {f"{prefix}file": {"url": stored.mxc, **stored.encryption}}


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
