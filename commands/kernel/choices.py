"""Answers that are offered with a question, and which of them a person meant by what they typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from commands.kernel.catalogue import N_, translate
from commands.kernel.words import truth_of
from commands.labels.fold import fold


class Misunderstood(Exception):
    """The answer does not fit the question; `expected` is a message id that says what would."""

    def __init__(self, expected: str, /, **values: object) -> None:
        super().__init__(expected)
        self.expected = expected
        self.values = values


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
    whole = _one_choice(choices, text)
    if whole is not None:
        return (whole,)
    if not several:
        raise Misunderstood(N_("one of the answers above: its number or its words"))
    parts = [part for part in text.replace(";", ",").replace("\n", ",").split(",") if part.strip()]
    if len(parts) == 1:
        parts = text.split()
    found = [_one_choice(choices, part) for part in parts]
    if not found or None in found:
        raise Misunderstood(N_("one or more of the answers above, such as: 1, 3"))
    return tuple(dict.fromkeys(value for value in found if value is not None))


def _one_choice(choices: Sequence[Choice], text: str) -> str | None:
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
    near = process.extract(bare, said.keys(), scorer=fuzz.ratio, score_cutoff=80, limit=2)
    values = {said[word] for word, _, _ in near}
    return values.pop() if len(values) == 1 else None
