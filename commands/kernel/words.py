"""Words that mean the same everywhere: moving through a dialogue, yes and no, hello and thank you."""

from __future__ import annotations

import re
from typing import Literal

from commands.kernel.incoming import Message, Reaction
from commands.labels.fold import fold

Move = Literal["back", "skip", "cancel", "help"]
Courtesy = Literal["hello", "thanks"]

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
COURTESIES: dict[Courtesy, dict[str, str]] = {
    "hello": {
        "en": "hello|hi|hi there|hello there|hey|good morning|good afternoon|good evening|good day",
        "nl": "hallo|hey|hoi|dag|goeiedag|goedendag|goeiemorgen|goedemorgen|goeiemiddag|goedemiddag"
        "|goeienavond|goedenavond|goeie dag|goede dag|goede morgen|goede middag|goede avond",
        "fr": "bonjour|bonsoir|salut|coucou|allô|bonjour à toi|bonjour à vous",
    },
    "thanks": {
        "en": "thanks|thank you|thx|many thanks|thanks a lot|thank you very much|thank you so much",
        "nl": "dankjewel|dank je wel|dank je|dankuwel|dank u wel|dank u|bedankt|dank|hartelijk dank"
        "|hartelijk bedankt|heel erg bedankt|veel dank|merci|mercikes|merci hoor",
        "fr": "merci|merci beaucoup|merci bien|grand merci|un grand merci|mille mercis|merci à vous"
        "|merci à toi",
    },
}
# Between the last two of several answers.
AND = ("and", "en", "et")
_YES = (
    "yes|y|ok|okay|sure|approve|accept|welcome|ja|jawel|goed|akkoord|aanvaard|goedkeuren|welkom|oui"
    "|d'accord|accord|accepter|accepte|approuver|bienvenue|👍|✅|✔|☑|👌|🆗"
)
_NO = "no|n|nope|decline|refuse|reject|nee|neen|weiger|weigeren|afwijzen|non|refuser|👎|❌|✖|🚫|⛔"

_FIRST_WORD = re.compile(r"\s*([^\s,;:.!]+)[\s,;:.!]*(.*)", re.DOTALL)
_WORD = re.compile(r"\w+")
_RESERVATIONS = frozenset(
    """but only if when unless or not later after maar enkel alleen als wanneer tenzij of niet nog na pas mais
    seulement si quand sauf ou tard apres""".split()
)
_LONGEST_REASON = 500

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
_COURTESY_OF: dict[str, tuple[Courtesy, list[str]]] = {}
for _courtesy, _by_language in COURTESIES.items():
    for _language, _said in _by_language.items():
        for _phrase in _said.split("|"):
            _COURTESY_OF.setdefault(fold(_phrase), (_courtesy, []))[1].append(_language)
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


def read_decision(text: str) -> tuple[bool | None, str]:
    """`no, we are full` is a no with a reason, `yes, welcome!` a yes; `yes, but only in May` is neither."""
    whole = truth_of(text)
    if whole is not None:
        return whole, ""
    match = _FIRST_WORD.fullmatch(text)
    truth = truth_of(match[1]) if match else None
    if match is None or (truth and _reserved(match[2])):
        return None, ""
    return truth, "" if truth else match[2].strip()[:_LONGEST_REASON]


def decision_of(answer: Message | Reaction) -> tuple[bool | None, str]:
    """As `read_decision`, of what was answered: a thumb gives no reason."""
    if isinstance(answer, Reaction):
        return truth_of(answer.key), ""
    return read_decision(answer.text)


def _reserved(words: str) -> bool:
    """Whether what follows a yes asks something or sets a condition: nothing is agreed to by a guess."""
    return "?" in words or not _RESERVATIONS.isdisjoint(_WORD.findall(fold(words)))


def courtesy_in(text: str, name: str) -> tuple[Courtesy, str | None] | None:
    """The greeting or the thanks that a whole message is, said to nobody or to that name; with its language,
    unless it is of several."""
    words = " ".join(re.findall(r"\w+", fold(text)))
    found = _COURTESY_OF.get(words.removesuffix(f" {fold(name)}"))
    if found is None:
        return None
    courtesy, spoken = found
    return courtesy, spoken[0] if len(spoken) == 1 else None


def is_dash(text: str) -> bool:
    """Whether a whole message asks to empty what was asked for."""
    return text.strip() in tuple("-–—")
