"""What phones and people type, brought to one form; and what hostile text must not carry out."""

from __future__ import annotations

import re
import unicodedata

_QUOTES = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″＂", '"'),
        **dict.fromkeys("‘’‚‛′＇", "'"),
        **dict.fromkeys("\u00a0\u202f\u2007\u2009\u3000", " "),
        "：": ":",
        "！": "!",
    }
)

# Controls, the marks that turn text around, and what hides inside words. Zero-width joiners stay:
# emoji and several scripts need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    "|[\ud800-\udfff]"
)
_REPLY_FALLBACK = re.compile(r"\A> <@[^>\n]*>.*\n(?:>.*\n)*\n?")


def clean(text: str) -> str:
    """Without control characters, direction marks and lone surrogates; line ends are newlines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNWANTED.sub("", text)


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def typed(text: str) -> str:
    """As typed, with straight quotes, plain spaces and composed characters."""
    return unicodedata.normalize("NFC", clean(text).translate(_QUOTES)).strip()


def without_reply_fallback(text: str) -> str:
    """Older clients quote the message that they reply to at the top of the body (spec, rich replies)."""
    return _REPLY_FALLBACK.sub("", text, count=1)
