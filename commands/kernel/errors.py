"""One tree of what can be wrong with what a person typed; carries data, never sentences.

`commands/kernel/templates/error.html` turns each into words, in one place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

from commands.labels.fold import fold

if TYPE_CHECKING:
    from commands.kernel.command import Command


class CommandError(Exception):
    """Base of everything that is answered with a short explanation."""

    code = "error"


class UserInputError(CommandError):
    """What was typed cannot be understood; `command` is set when it is known, `parameter` (the name of one)
    where an example of that helps, and `about` (kind and reference) where the next try, typed under the
    explanation, is an answer again."""

    command: Command | None = None
    parameter: str | None = None
    about: str | None = None


class UnknownCommand(UserInputError):
    code = "unknown_command"

    def __init__(self, word: str, suggestions: Sequence[str]) -> None:
        super().__init__(word)
        self.word = word
        self.suggestions = tuple(suggestions)


class MissingArgument(UserInputError):
    code = "missing_argument"

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.label = label


class TooManyArguments(UserInputError):
    code = "too_many_arguments"

    def __init__(self, surplus: str) -> None:
        super().__init__(surplus)
        self.surplus = surplus


class UnknownFilter(UserInputError):
    """`known` are the filters that there are, with the names that each has in every language, the shown
    one first. `quotable` is what was typed, where it could be meant as words.
    """

    code = "unknown_filter"

    def __init__(
        self,
        name: str,
        known: Sequence[Mapping[str, Sequence[str]]],
        quotable: str | None = None,
    ) -> None:
        super().__init__(name)
        self.name = name
        self.known = tuple(known)
        self.quotable = quotable

    def known_in(self, language: str) -> list[str]:
        """One name of each filter."""
        return [_shown(names, language) for names in self.known]

    def nearest_in(self, language: str) -> str | None:
        """The filter that was probably meant, from its name in any language."""
        owners = {
            fold(word): names for names in self.known for words in names.values() for word in words
        }
        near = process.extractOne(self.name, owners.keys(), scorer=fuzz.ratio, score_cutoff=68)
        return _shown(owners[near[0]], language) if near is not None else None


def _shown(names: Mapping[str, Sequence[str]], language: str) -> str:
    return (names.get(language) or names["en"])[0]


class BadArgument(UserInputError):
    """`expected` is a message id of the catalogue; `values` fill its placeholders."""

    code = "bad_argument"

    def __init__(
        self, found: str, expected: str, suggestions: Sequence[str] = (), /, **values: object
    ) -> None:
        super().__init__(found)
        self.found = found
        self.expected = expected
        self.suggestions = tuple(suggestions)
        self.values = values


class NotFound(BadArgument):
    """A well-formed reference to something that is not there, or not visible to this person."""

    code = "not_found"


@dataclass(frozen=True, slots=True)
class Likely:
    """One of several who may be meant: `details` tell them apart, `typed` means no other."""

    name: str
    details: Sequence[str]
    typed: str


class SeveralFound(UserInputError):
    """A name that several people have; `more` when not all of them are among the choices."""

    code = "several_found"

    def __init__(self, found: str, choices: Sequence[Likely], *, more: bool) -> None:
        super().__init__(found)
        self.found = found
        self.choices = tuple(choices)
        self.more = more


class CheckFailure(CommandError):
    """Understood, and refused."""

    code = "refused"


class NotAllowed(CheckFailure):
    """`who` names those who may, as a message id of the catalogue."""

    code = "not_allowed"

    def __init__(self, who: str) -> None:
        super().__init__(who)
        self.who = who


class WrongPlace(CheckFailure):
    """`place` is 'direct', 'network', 'staff' or 'buyers'."""

    code = "wrong_place"

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


class Refused(CheckFailure):
    """The domain's rule says no; `reason` is a message id of the catalogue."""

    code = "refused"

    def __init__(self, reason: str, /, **values: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


class CoolDown(CheckFailure):
    """Too many commands in a short time."""

    code = "cool_down"
