"""Words that mean the same everywhere: moving through a dialogue, yes and no."""

from __future__ import annotations

import re
from typing import Literal

from commands.labels.fold import fold

Move = Literal["back", "skip", "cancel", "help"]

# The shown word first; any language's word works in every language.
MOVES: dict[Move, dict[str, tuple[str, ...]]] = {
    "back": {"en": ("back",), "nl": ("terug", "vorige"), "fr": ("retour", "précédent")},
    "skip": {"en": ("skip",), "nl": ("overslaan", "sla over"), "fr": ("passer", "sauter")},
    "cancel": {
        "en": ("cancel", "stop", "quit"),
        "nl": ("annuleer", "annuleren", "stoppen"),
        "fr": ("annuler", "annule", "arrêter"),
    },
    "help": {"en": ("help", "?"), "nl": ("hulp", "uitleg"), "fr": ("aide",)},
}
_YES = (
    "yes|y|ok|okay|sure|approve|accept|welcome|ja|jawel|goed|akkoord|aanvaard|goedkeuren|welkom|oui"
    "|d'accord|accord|accepter|accepte|approuver|bienvenue|👍|✅|✔|☑|👌|🆗"
)
_NO = "no|n|nope|decline|refuse|reject|nee|neen|weiger|weigeren|afwijzen|non|refuser|👎|❌|✖|🚫|⛔"

# Emoji variation selectors and skin tones do not change what a thumb means.
_DRESS = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")


def _bare(text: str) -> str:
    return fold(_DRESS.sub("", text)).strip(" .!")


_MOVE_OF = {
    _bare(word) or word: move
    for move, by_language in MOVES.items()
    for words in by_language.values()
    for word in words
}
_TRUTH = {
    **{_bare(word): True for word in _YES.split("|")},
    **{_bare(word): False for word in _NO.split("|")},
}


def move_in(text: str) -> Move | None:
    """The reserved word that a message is, when it is the whole message."""
    return _MOVE_OF.get(_bare(text) or text.strip())


def truth_of(text: str) -> bool | None:
    """True for a yes, False for a no (words of any language, or the emoji of a reaction)."""
    return _TRUTH.get(_bare(text))


def is_dash(text: str) -> bool:
    """Whether a whole message asks to empty what was asked for."""
    return text.strip() in tuple("-–—")
