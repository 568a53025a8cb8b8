"""Turns Matrix events into lines that are safe and pleasant on a terminal.

Nothing that someone else wrote passes raw: control and formatting characters are taken out here.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from bot.demo.peer import Event, body_of, relation_of

_LONGEST = 6000
_MOST_LINES = 120
_NAME_LENGTH = 40
# Joiners belong to emoji and to scripts; every other invisible character only misleads.
_JOINERS = "\u200c\u200d"
_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_REPLY_FALLBACK = re.compile(r"\A(?:> .*\n)+\n?")


def clean(text: str) -> str:
    """The text without anything that could steer a terminal or turn its letters around."""
    text = _BREAKS.sub("\n", text[: _LONGEST + 1]).replace("\t", "    ")
    kept: list[str] = []
    for sign in text:
        kind = unicodedata.category(sign)
        if sign == "\n" or sign in _JOINERS:
            kept.append(sign)
        elif kind in ("Cc", "Cs"):
            kept.append("\N{REPLACEMENT CHARACTER}")
        elif kind != "Cf":
            kept.append(sign)
    lines = "".join(kept).split("\n")
    shortened = len(text) > _LONGEST or len(lines) > _MOST_LINES
    result = "\n".join(lines[:_MOST_LINES])[:_LONGEST].rstrip()
    return result + " …" if shortened else result


def clean_line(text: object, length: int = _NAME_LENGTH) -> str:
    """A name or the like on one line, at most so long; empty for what is no text."""
    if not isinstance(text, str):
        return ""
    line = " ".join(clean(text[: length * 10]).split())
    return line if len(line) <= length else line[: length - 1] + "…"


def text_of(event: Event) -> str:
    """What a message says: its plain body, or its HTML as text where the body says nothing."""
    content = event["content"]
    new = content.get("m.new_content")
    if isinstance(new, dict):
        content = new
    kind = content.get("msgtype")
    body = body_of(event)
    if "m.in_reply_to" in relation_of(event) and body.startswith("> <@"):
        body = _REPLY_FALLBACK.sub("", body)
    formatted = content.get("formatted_body")
    if not body.strip() and isinstance(formatted, str):
        body = html_to_text(formatted)
    if kind in ("m.file", "m.image", "m.audio", "m.video"):
        return f"[{kind[2:]}: {clean_line(body) or 'without a name'}{_size(content)}]"
    return clean(body)


def html_to_text(html: str) -> str:
    """HTML as plain text: paragraphs, lists and the addresses of links are kept."""
    reader = _Reader()
    reader.feed(html[: _LONGEST * 4])
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.parts)).strip()


def clock(event: Event) -> str:
    """The hour that the event claims, in the terminal's time zone."""
    try:
        return (
            datetime.fromtimestamp(event["origin_server_ts"] / 1000, UTC)
            .astimezone()
            .strftime("%H:%M")
        )
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return "--:--"


def _size(content: dict[str, Any]) -> str:
    info = content.get("info")
    size = info.get("size") if isinstance(info, dict) else None
    return f", {max(1, size // 1000)} kB" if isinstance(size, int) and size >= 0 else ""


class _Reader(HTMLParser):
    """Collects the text; what a browser would set apart begins on a line of its own."""

    _BLOCKS = frozenset(
        {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr", "table", "tr"}
    ) | {"details", "summary"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._counters: list[int | None] = []
        self._link = ""
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "mx-reply":
            self._hidden += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag in ("ul", "ol"):
            self._counters.append(0 if tag == "ol" else None)
            self._break()
        elif tag == "li":
            self._break()
            depth = max(len(self._counters) - 1, 0)
            mark = "•"
            if self._counters and (count := self._counters[-1]) is not None:
                self._counters[-1] = count + 1
                mark = f"{count + 1}."
            self.parts.append(f"{'  ' * depth}{mark} ")
        elif tag in ("td", "th"):
            self.parts.append("  ")
        elif tag == "a":
            self._link = dict(attrs).get("href") or ""
        elif tag in self._BLOCKS:
            self._break()

    def handle_endtag(self, tag: str) -> None:
        if tag == "mx-reply":
            self._hidden = max(0, self._hidden - 1)
        elif tag == "a" and self._link:
            if not self._link.startswith("https://matrix.to/") and self._link not in self.parts:
                self.parts.append(f" ({self._link})")
            self._link = ""
        elif tag in ("ul", "ol"):
            if self._counters:
                self._counters.pop()
            self._break()
        elif tag in self._BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data) if data.strip() else " " * bool(data))

    def _break(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")
