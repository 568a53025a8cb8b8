"""One tree of what can be wrong with what a person typed; carries data, never sentences.

`commands/kernel/templates/errors.html` turns each into words, in one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commands.kernel.command import Command


class CommandError(Exception):
    """Base of everything that is answered with a short explanation."""

    code = "error"


class UserInputError(CommandError):
    """What was typed cannot be understood; `command` is set when it is known."""

    command: Command | None = None


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
    code = "unknown_filter"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(name)
        self.name = name
        self.known = tuple(known)


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
