"""A room's picture, from a file that somebody sent: checked, cut to a square and freed of what a camera
writes into it (where it was taken, for one)."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer
from storage.outbox import FileOut

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
_MOST_PIXELS: Final = 25_000_000
_LEAST_SIDE: Final = 48
_SIDE: Final = 512


def picture_in(ctx: Context, answer: Answer) -> bytes:
    """The picture with which somebody answered, made fit for a room. Raises Misunderstood."""
    if answer.file is None:
        raise Misunderstood(N_("a picture: PNG, JPEG, WebP or GIF"))
    if answer.file.data is None:
        raise Misunderstood(
            N_("a file of at most %(megabytes)s MB"),
            megabytes=max(1, ctx.settings.largest_file // 1_000_000),
        )
    return room_picture(answer.file.data)


def file_of(picture: bytes) -> FileOut:
    return FileOut("picture.png", "image/png", picture)


def room_picture(data: bytes) -> bytes:
    """A PNG of at most 512 by 512 pixels. Raises Misunderstood for what is no usable picture."""
    # Loaded here and not at the start: few ever send a picture.
    from PIL import Image, ImageOps

    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as opened:
            width, height = opened.size
            if width * height > _MOST_PIXELS or min(width, height) < _LEAST_SIDE:
                raise Misunderstood(
                    N_("a picture of at least %(least)s pixels on each side, and not too large"),
                    least=_LEAST_SIDE,
                )
            side = min(width, height, _SIDE)
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
            square = ImageOps.fit(upright, (side, side))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Misunderstood(N_("a picture: PNG, JPEG, WebP or GIF")) from error
    written = BytesIO()
    square.save(written, "PNG", optimize=True)
    return written.getvalue()
