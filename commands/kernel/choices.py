"""Answers that are offered with a question, and which of them a person meant by what they typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from commands.kernel.catalogue import N_, translate
from commands.kernel.words import AND, truth_of
from commands.labels.fold import fold

# What stands between several answers: each is tried on what the one before it left whole, so that
# an answer which has an "and" in it can still be named.
_BETWEEN = (
    re.compile(r"[,;\n]"),
    re.compile(rf"[&+]|(?<=\s)(?:{'|'.join(AND)})(?=\s)", re.IGNORECASE),
    re.compile(r"\s"),
)


class Misunderstood(Exception):
    """The answer does not fit the question; `expected` is a message id that says what would."""

    def __init__(self, expected: str, /, **values: object) -> None:
        super().__init__(expected)
        self.expected = expected
        self.values = values


def at_most(longest: int, text: str) -> str:
    """The text, if it has no more characters than that. Raises Misunderstood."""
    if len(text) > longest:
        raise Misunderstood(
            N_("at most %(longest)s characters; yours has %(length)s"),
            longest=longest,
            length=len(text),
        )
    return text


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers offered; `text` is shown, `words` are also understood."""

    value: str
    text: str
    words: tuple[str, ...] = ()


def yes_no(language: str) -> tuple[Choice, ...]:
    return (
        Choice("yes", translate(language, N_("yes"))),
        Choice("no", translate(language, N_("no"))),
    )


def chosen(choices: Sequence[Choice], text: str, *, several: bool) -> tuple[str, ...]:
    """The values that a typed answer names: by number, by text, nearly, or several of them.

    Empty only where nothing was offered. Raises Misunderstood.
    """
    if not choices:
        return ()
    found = _some_choices(choices, text, _BETWEEN if several else ())
    if not found and not several:
        raise Misunderstood(N_("one of the answers above: its number or its words"))
    if not found:
        raise Misunderstood(N_("one or more of the answers above, such as: 1, 3"))
    return tuple(dict.fromkeys(found))


def _some_choices(
    choices: Sequence[Choice], text: str, between: Sequence[re.Pattern[str]]
) -> list[str]:
    """The values named in a text, in its order; none where a part of it names nothing."""
    whole = _one_choice(choices, text, nearly=False)
    if whole is None and between:
        parts = [part for part in between[0].split(text) if part.strip()]
        found = [_some_choices(choices, part, between[1:]) for part in parts]
        if len(found) > 1 and all(found):
            return [value for values in found for value in values]
        if len(found) == 1:
            return found[0]
    # Only what is no list is a slip: “1, makers” is near to “makers”, and means more.
    whole = whole or _one_choice(choices, text, nearly=True)
    return [] if whole is None else [whole]


def _one_choice(choices: Sequence[Choice], text: str, *, nearly: bool) -> str | None:
    bare = fold(text).strip(" .)")
    is_number = bare.isascii() and bare.isdigit()
    if is_number and len(bare) < 10 and 1 <= int(bare) <= len(choices):
        return choices[int(bare) - 1].value
    said = {
        fold(word): choice.value
        for choice in choices
        for word in (choice.text, choice.value, *choice.words)
    }
    if bare in said:
        return said[bare]
    if {choice.value for choice in choices} >= {"yes", "no"}:
        truth = truth_of(text)
        if truth is not None:
            return "yes" if truth else "no"
    if len(bare) < 3 or is_number:
        return None
    begins = {value for word, value in said.items() if word.startswith(bare)}
    if len(begins) == 1:
        return begins.pop()
    if not nearly:
        return None
    near = process.extract(bare, said.keys(), scorer=fuzz.ratio, score_cutoff=80, limit=2)
    values = {said[word] for word, _, _ in near}
    return values.pop() if len(values) == 1 else None
