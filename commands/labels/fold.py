"""Reduces words to what a person who types in a hurry means by them, so that search and comparison
ignore accents, case and gender points. Comparing and ranking are left to the callers."""

import re
import unicodedata
from typing import Final

# NFKD leaves these letters whole, although everybody types them with plain letters.
_LETTERS: Final = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
# Written as code points because they are easily mistaken for each other. Replaced before NFKD,
# which would turn an acute accent used as an apostrophe into a space.
_QUOTES: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u00b4`\u2032\uff07", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02", '"'),
    }
)
_DASHES: Final = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_GENDER_ENDING: Final = re.compile(r"(?<=\w)(?:[\u00b7\u2022\u2027\u2219\u22c5]\w+|\(\w{1,6}\))+")


def fold(text: str) -> str:
    """Return the form in which two spellings of one word are equal: case, accents, ligatures, curly
    quotes, odd spaces and invisible characters are gone, and `traducteur·rice`, `traducteur·rice·s`
    and `musicien(ne)` are reduced to their first form. Folding twice changes nothing."""
    if text.isascii():
        folded = text.lower()
    else:
        folded = unicodedata.normalize("NFKD", text.translate(_QUOTES)).casefold()
        folded = unicodedata.normalize("NFKD", folded.translate(_LETTERS)).translate(_DASHES)
        if not folded.isascii():
            folded = "".join(c for c in folded if unicodedata.category(c) not in ("Mn", "Cf"))
    folded = folded.replace("`", "'")
    if "(" in folded or not folded.isascii():
        # What one ending hid may be another: without the second, folding twice would change something.
        while (shorter := _GENDER_ENDING.sub("", folded)) != folded:
            folded = shorter
    return " ".join(folded.split())
