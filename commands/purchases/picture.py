"""The picture of how full a purchase's cases are, which stands inside its message. It holds articles and
numbers, no words, so that rooms in any language share it; its alternative text says what it shows.

    picture = picture_of(standings, language)
    ctx.say(room_id, template, ..., picture=picture)            # the message, with the picture below its words
    ctx.edit_content(key, room_id, content, picture=picture)    # renewed in place; without one it would vanish
    ctx.send_file(picture, room_id=room_id)                     # alone: what encrypted rooms can be shown

In an encrypted room the first two leave it out by themselves (`rooms.secrecy(session, room_id).encrypted`).
The same standings draw the same bytes, so that a digest of `picture.data` says whether it changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from io import BytesIO
from typing import TYPE_CHECKING, Final

from commands.kernel.catalogue import N_, translate
from commands.purchases.standing import LineStanding
from storage.outbox import FileOut, Inline

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

# Shown at this width, in pixels: some clients squeeze what is wider. Drawn with twice as many, for phones.
_WIDTH: Final = 328
_SCALE: Final = 2
_MARGIN, _ROW, _BAR = 10, 32, 18
_NAME_WIDTH, _NUMBER_WIDTH = 112, 54
_GAP, _CASE_WIDEST, _CELL_NARROWEST = 4, 80, 4
_FONT_SIZE: Final = 14
# More lines than these are counted at the bottom; of more cases than these the last are drawn.
_MOST_LINES: Final = 10
_MOST_CASES: Final = 6
_LONGEST_ALT: Final = 500

# Dark on light, on a card of its own: legible in light and in dark clients.
_CARD, _EDGE, _INK, _PALE_INK = "#fbfaf7", "#c9c4b8", "#22302c", "#6d746f"
_WANTED, _LENT, _MISSING, _MINIMUM = "#12725a", "#8fc7b4", "#ece8de", "#b3431f"


@dataclass(frozen=True, slots=True)
class _Bar:
    """One line: in `cases` of `size` units, so many units `wanted` and, beyond, `lent` by tolerance.
    `minimum` counts cases and is 0 once it is reached."""

    article: str
    size: int
    cases: int
    wanted: int
    lent: int
    minimum: int

    @property
    def units(self) -> int:
        return self.size * self.cases

    @property
    def is_full(self) -> bool:
        return self.units > 0 and self.wanted + self.lent >= self.units


def picture_of(standings: Sequence[LineStanding], language: str) -> FileOut | None:
    """The picture of these lines, with its alternative text in that language; None where there is nothing to
    fill, since any number of units can be ordered."""
    if all(max(1, one.line.minimum_cases) * one.line.case_size == 1 for one in standings):
        return None
    bars = tuple(_bar_of(one) for one in standings)
    data = _drawn(bars[:_MOST_LINES], len(bars[_MOST_LINES:]))
    inline = Inline(_in_words(bars[:_MOST_LINES], language), _WIDTH, _height(bars))
    return FileOut("cases.png", "image/png", data, inline)


def _bar_of(standing: LineStanding) -> _Bar:
    line = standing.line
    if line.ordered_cases is not None:
        units = line.ordered_units
        return _Bar(line.article, line.case_size, line.ordered_cases, units, 0, 0)
    cases = max(-(-standing.quantity // line.case_size), line.minimum_cases, 1)
    free = cases * line.case_size - standing.quantity
    lent = min(standing.tolerance, free) if standing.quantity else 0
    reached = standing.quantity + lent >= line.minimum_cases * line.case_size
    minimum = 0 if reached else line.minimum_cases
    return _Bar(line.article, line.case_size, cases, standing.quantity, lent, minimum)


def _in_words(bars: Sequence[_Bar], language: str) -> str:
    each = (
        translate(
            language,
            N_("%(article)s: %(units)s of %(size)s"),
            article=bar.article,
            units=bar.wanted + bar.lent,
            size=bar.units,
        )
        for bar in bars
    )
    text = "; ".join(each)
    return text if len(text) <= _LONGEST_ALT else f"{text[: _LONGEST_ALT - 1]}…"


def _height(bars: Sequence[_Bar]) -> int:
    rows = min(len(bars), _MOST_LINES) + (len(bars) > _MOST_LINES)
    return rows * _ROW + 2 * _MARGIN


@lru_cache(maxsize=64)
def _drawn(bars: tuple[_Bar, ...], more: int) -> bytes:
    """A PNG; the rooms of one purchase show the same."""
    # Loaded here and not at the start: few processes draw.
    from PIL import Image, ImageDraw

    height = (len(bars) + (more > 0)) * _ROW + 2 * _MARGIN
    image = Image.new("RGB", (_WIDTH * _SCALE, height * _SCALE), _CARD)
    canvas = _Canvas(ImageDraw.Draw(image), _font())
    canvas.box(0.5, 0.5, _WIDTH - 1, height - 1, outline=_EDGE)
    for row, bar in enumerate(bars):
        _draw_row(canvas, bar, _MARGIN + row * _ROW + _ROW / 2)
    if more:
        canvas.text(_MARGIN, height - _MARGIN - _ROW / 2, f"+ {more}", ink=_PALE_INK)
    written = BytesIO()
    image.quantize(32).save(written, "PNG", optimize=True)
    return written.getvalue()


@lru_cache(maxsize=1)
def _font() -> FreeTypeFont:
    from PIL import ImageFont

    file = resources.files("commands.purchases") / "fonts" / "DejaVuSansCondensed.ttf"
    return ImageFont.truetype(BytesIO(file.read_bytes()), _FONT_SIZE * _SCALE)


def _draw_row(canvas: _Canvas, bar: _Bar, middle: float) -> None:
    right = _WIDTH - _MARGIN
    canvas.text(_MARGIN, middle, canvas.shortened(bar.article, _NAME_WIDTH - _GAP))
    mark = f"✓ {bar.units}" if bar.is_full else f"{bar.wanted + bar.lent}/{bar.units}"
    if not bar.cases:
        mark = "0"
    canvas.text(right, middle, mark, ink=_WANTED if bar.is_full else _INK, anchor="rm")
    left = float(_MARGIN + _NAME_WIDTH)
    hidden = bar.cases - _MOST_CASES if bar.cases > _MOST_CASES + 1 else 0
    if bar.wanted < hidden * bar.size:
        # Far from its minimum: what is filled is best seen on the whole.
        bar = replace(bar, size=bar.units, cases=1, minimum=min(bar.minimum, 1))
        hidden = 0
    if hidden:
        label = f"{hidden} ×"
        canvas.text(left, middle, label, ink=_PALE_INK)
        left += canvas.width(label) + _GAP
        canvas.cells(left, middle, _BAR, [_WANTED])
        left += _BAR + 2 * _GAP
    shown = bar.cases - hidden
    if not shown:
        return
    room = right - max(_NUMBER_WIDTH, canvas.width(mark) + 2 * _GAP) - left
    width = min(_CASE_WIDEST, (room - _GAP * (shown - 1)) / shown)
    for number in range(hidden, bar.cases):
        _draw_case(canvas, bar, number, left, middle, width)
        if number + 1 == bar.minimum:
            # The order has to reach this far.
            x = left + width + _GAP / 2
            canvas.rule(x, middle - _BAR / 2 - 4, middle + _BAR / 2 + 4)
        left += width + _GAP


def _draw_case(
    canvas: _Canvas, bar: _Bar, number: int, left: float, middle: float, width: float
) -> None:
    """The case of that number, counted from 0: a cell for each unit, or fewer where those are too small."""
    before = number * bar.size
    wanted = min(max(bar.wanted - before, 0), bar.size)
    lent = min(max(bar.wanted + bar.lent - before, 0), bar.size) - wanted
    cells = bar.size
    if cells * _CELL_NARROWEST > width:
        cells = int(width // _CELL_NARROWEST)
        # Rounded down: nothing looks full that is not.
        wanted, filled = wanted * cells // bar.size, (wanted + lent) * cells // bar.size
        lent = filled - wanted
    kinds = [_WANTED] * wanted + [_LENT] * lent + [_MISSING] * (cells - wanted - lent)
    canvas.cells(left, middle, width, kinds)


@dataclass(frozen=True, slots=True)
class _Canvas:
    """Draws in the pixels that are shown; the picture has `_SCALE` times as many."""

    draw: ImageDraw
    font: FreeTypeFont

    def text(self, x: float, y: float, text: str, *, ink: str = _INK, anchor: str = "lm") -> None:
        self.draw.text((x * _SCALE, y * _SCALE), text, fill=ink, font=self.font, anchor=anchor)

    def width(self, text: str) -> float:
        return self.font.getlength(text) / _SCALE

    def shortened(self, text: str, width: float) -> str:
        text = " ".join(text.split())
        if self.width(text) <= width:
            return text
        while text and self.width(f"{text}…") > width:
            text = text[:-1]
        return f"{text.rstrip()}…"

    def box(self, left: float, top: float, right: float, bottom: float, *, outline: str) -> None:
        edges = (left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE)
        self.draw.rectangle(edges, outline=outline, width=_SCALE)

    def rule(self, x: float, top: float, bottom: float) -> None:
        edges = (x * _SCALE, top * _SCALE, x * _SCALE, bottom * _SCALE)
        self.draw.line(edges, fill=_MINIMUM, width=2 * _SCALE)

    def cells(self, left: float, middle: float, width: float, kinds: Sequence[str]) -> None:
        """A case with its units side by side; what tolerance lends is hatched."""
        top, bottom = (middle - _BAR / 2) * _SCALE, (middle + _BAR / 2) * _SCALE
        edges = [round((left + width * at / len(kinds)) * _SCALE) for at in range(len(kinds) + 1)]
        for start, end, kind in zip(edges, edges[1:], kinds, strict=False):
            self.draw.rectangle((start, top, end, bottom), fill=kind)
            if kind == _LENT:
                self._hatch(start, top, end, bottom - _SCALE)
        if len(kinds) * 2 * _CELL_NARROWEST <= width:
            for edge in edges[1:-1]:
                self.draw.line((edge, top, edge, bottom), fill=_CARD, width=_SCALE)
        self.draw.rectangle((edges[0], top, edges[-1], bottom), outline=_INK, width=_SCALE)

    def _hatch(self, left: float, top: float, right: float, bottom: float) -> None:
        step, height = 4 * _SCALE, bottom - top
        # From multiples of the step on: neighbouring cells have one pattern.
        at = (left - height) // step * step
        while at < right:
            start, end = max(left, at), min(right, at + height)
            if start < end:
                edges = (start, bottom - (start - at), end, bottom - (end - at))
                self.draw.line(edges, fill=_WANTED, width=_SCALE)
            at += step
