"""How many of which article: `3+2`, `chairs 4, tables 2+1`, `4 stoelen`, `2: 3 à 5`, as people type it in
Dutch, French and English. Whether that can be had is for the callers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, NoReturn, Protocol, TypeVar

from commands.kernel.catalogue import N_
from commands.kernel.errors import BadArgument
from commands.labels.fold import fold
from commands.purchases.article_names import meant, words_of

MOST_UNITS: Final = 100_000
_MOST_ARTICLES: Final = 100
_MOST_SUGGESTED: Final = 4
# An article and a quantity with a sentence around them.
_LONGEST_PART: Final = 400
# Names may hold what stands between two articles: so many parts are tried as one.
_PARTS_OF_A_NAME: Final = 4

_HOW_MANY: Final = N_("how many: “3”, or “3+2” for three and up to two more if that fills a case")
_WHICH_AND_HOW_MANY: Final = N_("an article and how many, such as “%(article)s 3+2”")
_NUMBER_WORDS: Final = {
    word: number
    for number, words in enumerate(
        (
            "zero nul none geen aucun aucune", "one een un une", "two twee deux", "three drie trois",
            "four vier quatre", "five vijf cinq", "six zes", "seven zeven sept", "eight acht huit",
            "nine negen neuf", "ten tien dix", "eleven elf onze", "twelve twaalf douze",
        )
    )
    for word in words.split()
}  # fmt: skip
_NUMBER: Final = rf"(?:[0-9]+|{'|'.join(_NUMBER_WORDS)})(?!\w)(?![.,][0-9])"
_UP_TO: Final = (
    r"(?:\s*-\s*|\s+(?:tot en met|t/m|tot|up to|to|till|until|jusqu'a|a|max\.?|maximum)"
    r"(?:\s+max(?:\.|imum)?)?\s+)"
)
_QUANTITY: Final = (
    rf"(?P<units>{_NUMBER})(?:\s*(?:\+|plus)\s*(?P<more>{_NUMBER})|{_UP_TO}(?P<most>{_NUMBER}))?"
    r"(?!\s*\+|\w)"
)
_GLUED: Final = re.compile(r"(?<![\w.,])([0-9]+)x(?!\w)|(?<!\w)x([0-9]+)(?!\w)")
_FIRST: Final = re.compile(rf"{_QUANTITY}(?P<name>(?:\W.*)?)")
_LAST: Final = re.compile(rf"(?P<name>(?:.*?[^\w.,+-])??){_QUANTITY}")
_LINE_WORD: Final = r"(?:line|lijn|regel|ligne|article|artikel|nr\.?|no\.?|n°|numero|nummer)"
_BY_POSITION: Final = re.compile(
    rf"(?:(?:{_LINE_WORD}\s*#?|#)(?P<marked>[0-9]{{1,6}})\s*[:)=]?\s+"
    rf"|(?P<bare>[0-9]{{1,6}})\s*[:)=]\s*){_QUANTITY}"
)
_DECIMAL: Final = re.compile(r"[0-9][.,][0-9]")
# A comma between two digits is none of ours, unless a line's number follows.
_BETWEEN: Final = re.compile(
    r"[;\n]|(?<![0-9]),|,(?![0-9])|,(?=[0-9]{1,6}\s*:)|(?<=\s)(?:and|en|et|&)(?=\s)", re.IGNORECASE
)
_FROM_TO: Final = re.compile(
    rf"\b(?:between|tussen|entre)\s+({_NUMBER})\s+(?:and|en|et)\s+({_NUMBER})", re.IGNORECASE
)
_BULLET: Final = re.compile(r"^[-*•]\s+")
_SIGNS: Final = str.maketrans("()[]×", "    x")
_AT_MOST: Final = re.compile(
    r"(?<=[0-9]),?\s+(?:max(?:\.|imum)?|at most|hoogstens|ten hoogste|au plus|tout au plus)\s+(?=[0-9])",
    re.IGNORECASE,
)
# What is said around a quantity, and says nothing.
_AROUND: Final = frozenset(
    """i i'd i'll we want need take have would like please commit order me for ok yes count in with from between
    just min minimum at least only put down
    ik wij we wil willen neem nemen bestel bestellen doe doen mee met graag voor mij ons aub s.v.p svp ja van
    er maar zou hebben minstens slechts zet
    je j'en nous prends prend veux voudrais voudrait commande commander participe participer pour moi oui de en
    ce sera serait mets mets-moi mettez mettez-moi au moins seulement
    x * stuks stuk st piece pieces pcs pc pieces unit units eenheid eenheden unite unites keer fois times
    inschrijven merci thanks bedankt tolerance tolerantie""".split()
)


class Article(Protocol):
    """What can be ordered, by its number from 1 and its name; `unit` as people say it: piece, kg."""

    @property
    def position(self) -> int: ...
    @property
    def article(self) -> str: ...
    @property
    def unit(self) -> str: ...


A = TypeVar("A", bound=Article)


@dataclass(frozen=True, slots=True)
class Wanted(Generic[A]):
    """So many units, and up to `tolerance` more if that fills a case; 0 and 0 for none at all."""

    line: A
    quantity: int
    tolerance: int


def parse(text: str, lines: Sequence[A]) -> list[Wanted[A]]:
    """What is asked of which of the lines, in the order of the text; where there is one line, it needs no name.

    Raises BadArgument for what is not understood, may be several articles, is asked twice, or is more than
    `MOST_UNITS`.
    """
    text = _AT_MOST.sub(" max ", _FROM_TO.sub(r"\1 - \2", text.strip()))
    parts = [part for part in _BETWEEN.split(text) if part.strip()]
    if not parts:
        _not_understood(text, lines)
    if len(parts) > _MOST_ARTICLES * 2:
        raise BadArgument(
            parts[_MOST_ARTICLES][:40],
            N_("at most %(most)s articles in one message"),
            most=_MOST_ARTICLES,
        )
    found = _together(parts, lines)
    asked_for: set[int] = set()
    for one in found:
        if one.line.position in asked_for:
            raise BadArgument(one.line.article, N_("each article once"))
        asked_for.add(one.line.position)
    return found


def parse_units(text: str, lines: Sequence[A]) -> list[Wanted[A]]:
    """As `parse`, where there are no cases to fill: its hints name no tolerance."""
    try:
        return parse(text, lines)
    except BadArgument as error:
        if error.expected not in (_HOW_MANY, _WHICH_AND_HOW_MANY):
            raise
        expected = N_("an article and how many, such as “%(article)s 3”")
        raise BadArgument(
            error.found, expected, error.suggestions, article=lines[0].article
        ) from error


def named(text: str, lines: Sequence[A]) -> list[A]:
    """The lines that a text names (by name or by number), without how many. Raises BadArgument."""
    parts = [part.strip() for part in _BETWEEN.split(text) if part.strip()]
    whole, fitting = meant(text, [line.article for line in lines])
    if whole and len(fitting) == 1:
        return [lines[fitting[0]]]
    return [_one_named(part, lines) for part in parts]


def has_quantity(text: str) -> bool:
    """Whether somebody may mean a quantity: a figure, or a number in words where a quantity would stand."""
    folded = fold(text)
    if any(sign.isdigit() for sign in folded):
        return True
    parts = [part for part in _BETWEEN.split(folded) if part.strip()][: _MOST_ARTICLES * 2]
    return bool(parts) and all(map(_has_number_word, parts))


def _has_number_word(part: str) -> bool:
    words = [word for word in re.findall(r"[\w.']+", part) if word not in _AROUND]
    return bool(words) and len(words) <= 4 and bool({words[0], words[-1]} & _NUMBER_WORDS.keys())


# --- one after another -----------------------------------------------------------------------------


def _together(parts: Sequence[str], lines: Sequence[A]) -> list[Wanted[A]]:
    """Each part for itself; one that cannot be read alone may be the beginning of a name that goes on."""
    readings: dict[int, list[Wanted[A]] | None] = {len(parts): []}
    for start in reversed(range(len(parts))):
        readings[start] = None
        for end in range(start + 1, min(start + _PARTS_OF_A_NAME, len(parts)) + 1):
            after = readings[end]
            if after is None:
                continue
            try:
                first = _one(" ".join(parts[start:end]), lines)
            except BadArgument:
                continue
            readings[start] = [first, *after]
            break
    found = readings[0]
    # What cannot be read together has a part that cannot be read alone: that one says why.
    return found if found is not None else [_one(part, lines) for part in parts]


def _one(part: str, lines: Sequence[A]) -> Wanted[A]:
    """Raises BadArgument."""
    if len(part) > _LONGEST_PART:
        _not_understood(part, lines)
    folded = _BULLET.sub("", fold(part.translate(_SIGNS)).strip(" .!?"))
    folded = _GLUED.sub(r"\1 \2", folded)
    for unit in dict.fromkeys(line.unit for line in lines):
        # "4kg", where an article is sold by the kilogram.
        folded = re.sub(rf"(?<![\w.,])([0-9]+)({re.escape(fold(unit))})(?!\w)", r"\1 \2", folded)
    by_position = _BY_POSITION.fullmatch(folded)
    if by_position is not None:
        position = int(by_position["marked"] or by_position["bare"])
        return _wanted(part, _at(part, position, lines), by_position)
    readings = [
        reading
        for said in dict.fromkeys((folded, _bare(folded, lines)))
        for pattern in (_FIRST, _LAST)
        if (reading := pattern.fullmatch(said)) is not None
    ]
    best, chosen = 0, list[tuple[A, re.Match[str]]]()
    for reading in readings:
        fit, indices = _fitting(reading["name"], lines)
        if fit > best:
            best, chosen = fit, []
        if fit == best and fit:
            chosen += [(lines[index], reading) for index in indices]
    if not chosen:
        _not_understood(part, lines)
    wanted = {
        (one.line.position, one.quantity, one.tolerance): one
        for one in (_wanted(part, line, reading) for line, reading in chosen)
    }
    if len(wanted) > 1:
        _several(part, list(wanted.values()))
    return next(iter(wanted.values()))


def _fitting(name: str, lines: Sequence[A]) -> tuple[int, list[int]]:
    """How well a name fits which lines; no name means the only line."""
    bare = _bare(name, lines)
    if not words_of(bare):
        return (1, [0]) if len(lines) == 1 else (0, [])
    articles = [line.article for line in lines]
    return max(meant(name, articles), meant(bare, articles), key=lambda found: found[0])


def _bare(text: str, lines: Sequence[A]) -> str:
    """Without what is said around it: *I want*, *graag*, *pieces of*."""
    units = {fold(line.unit) for line in lines}
    # "4 sacks", where an article is sold by the sack of 25 kg.
    around = _AROUND | units | {unit.split()[0] for unit in units if unit}
    around |= {f"{unit}s" for unit in around}
    words = text.strip(" :=*").split()
    while words and words[0].strip(":,.") in around:
        del words[0]
    while words and words[-1].strip(":,.") in around:
        del words[-1]
    return " ".join(words)


def _wanted(part: str, line: A, found: re.Match[str]) -> Wanted[A]:
    """Raises BadArgument for too many, and for `5 to 3`."""
    quantity = _number(found["units"])
    if found["most"] is not None:
        tolerance = _number(found["most"]) - quantity
    else:
        tolerance = _number(found["more"]) if found["more"] is not None else 0
    if tolerance < 0:
        raise BadArgument(
            part.strip()[:40], N_("the smaller number first, such as “3 to 5”, which is “3+2”")
        )
    if quantity + tolerance > MOST_UNITS:
        raise BadArgument(part.strip()[:40], N_("at most %(most)s in all"), most=MOST_UNITS)
    return Wanted(line, quantity, tolerance)


def _number(text: str) -> int:
    if text in _NUMBER_WORDS:
        return _NUMBER_WORDS[text]
    # So many digits are too many in any case, and never worth the time of reading them.
    return int(text) if len(text) < 10 else MOST_UNITS + 1


# --- what is not understood ------------------------------------------------------------------------


def _at(part: str, position: int, lines: Sequence[A]) -> A:
    found = next((line for line in lines if line.position == position), None)
    if found is None:
        raise BadArgument(
            part.strip()[:40],
            N_("the number of an article, from 1 to %(last)s"),
            last=max(line.position for line in lines),
        )
    return found


def _one_named(part: str, lines: Sequence[A]) -> A:
    number = re.fullmatch(rf"(?:{_LINE_WORD}\s*|#)*([0-9]{{1,6}})", fold(part))
    if number is not None:
        return _at(part, int(number[1]), lines)
    fit, indices = meant(part, [line.article for line in lines])
    if not fit:
        raise BadArgument(part[:40], N_("the name of an article"), _names(lines))
    if len(indices) > 1:
        found = [lines[index] for index in indices[:_MOST_SUGGESTED]]
        raise BadArgument(
            part[:40], N_("one article"), [f"#{line.position} ({line.article})" for line in found]
        )
    return lines[indices[0]]


def _several(part: str, found: Sequence[Wanted[A]]) -> NoReturn:
    raise BadArgument(
        part.strip()[:40],
        N_("one article, by more of its name or by its number"),
        [
            f"#{one.line.position} {one.quantity}"
            + (f"+{one.tolerance}" if one.tolerance else "")
            + f" ({one.line.article})"
            for one in found[:_MOST_SUGGESTED]
        ],
    )


def _not_understood(part: str, lines: Sequence[A]) -> NoReturn:
    typed = part.strip()[:40]
    if _DECIMAL.search(typed):
        raise BadArgument(typed, N_("whole units, without a point or a comma"))
    if len(lines) == 1:
        raise BadArgument(
            typed,
            _HOW_MANY,
            _names(lines) if words_of(_bare(fold(typed), lines)) else (),
        )
    raise BadArgument(
        typed,
        _WHICH_AND_HOW_MANY,
        _names(lines, typed),
        article=lines[0].article,
    )


def _names(lines: Sequence[A], typed: str = "") -> list[str]:
    """What may have been meant, else what there is."""
    fit, indices = meant(re.sub(r"[0-9+]", " ", typed), [line.article for line in lines])
    if fit:
        return [lines[index].article for index in indices[:_MOST_SUGGESTED]]
    return [line.article for line in lines[:_MOST_SUGGESTED]]
