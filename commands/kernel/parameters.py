"""Typed arguments: declared as fields of a frozen dataclass, converted before the handler sees them."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from rapidfuzz import fuzz, process

from commands.kernel.catalogue import N_, languages, own_name
from commands.kernel.errors import BadArgument
from commands.kernel.tongues import language_code
from commands.labels.fold import fold
from storage import rooms

if TYPE_CHECKING:
    from commands.kernel.context import Context

_BARE = re.compile(r"[\w.-]+")

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Converter(Protocol[T_co]):
    """Turns the text of one argument into a value, or raises BadArgument or NotFound."""

    def convert(self, text: str, ctx: Context) -> T_co: ...


@dataclass(frozen=True, slots=True)
class Text:
    """Any text up to `longest` characters."""

    longest: int = 500

    def convert(self, text: str, ctx: Context) -> str:
        if len(text) > self.longest:
            raise BadArgument(
                text[:20] + "…",
                N_("a text of at most %(longest)s characters"),
                longest=self.longest,
            )
        return text


@dataclass(frozen=True, slots=True)
class Integer:
    lowest: int = 0
    highest: int = 2**53

    def convert(self, text: str, ctx: Context) -> int:
        digits = text.lstrip("#")
        if not re.fullmatch(r"[0-9]{1,16}", digits) or not (
            self.lowest <= int(digits) <= self.highest
        ):
            raise BadArgument(
                text,
                N_("a whole number from %(lowest)s to %(highest)s"),
                lowest=self.lowest,
                highest=self.highest,
            )
        return int(digits)


# A slip in a shorter word may as well mean another one ("nn": *non* or *nee*?): it is asked, not guessed.
_SHORTEST_GUESSED = 4


@dataclass(frozen=True, slots=True)
class OneOf(Generic[T]):
    """One of a few values, each with its words in any language; small errors in longer ones are forgiven."""

    words: Mapping[str, T]
    shown: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, **values: Mapping[str, Sequence[str]]) -> OneOf[str]:
        """`of(open={"en": ("open",), "nl": ("open",)})`: the first word of a language is shown."""
        words = {
            fold(word): value
            for value, by_language in values.items()
            for language_words in by_language.values()
            for word in language_words
        }
        spoken = {language for by_language in values.values() for language in by_language}
        shown = {
            language: tuple(
                by_language[language][0]
                for by_language in values.values()
                if by_language.get(language)
            )
            for language in spoken
        }
        return OneOf(words, shown)

    def at_end(self, text: str) -> tuple[str, T] | None:
        """What stands before the words with which a line ends, and their value; None for other words."""
        words = text.split()
        longest = max(len(word.split()) for word in self.words)
        for size in range(min(longest, len(words)), 0, -1):
            said = fold(" ".join(words[-size:]))
            if said in self.words:
                return " ".join(words[:-size]), self.words[said]
        return None

    def convert(self, text: str, ctx: Context) -> T:
        folded = fold(text)
        if folded in self.words:
            return self.words[folded]
        near = process.extractOne(folded, self.words.keys(), scorer=fuzz.ratio, score_cutoff=80)
        if near is not None and len(near[0]) >= _SHORTEST_GUESSED:
            return self.words[near[0]]
        shown = self.shown.get(ctx.language) or self.shown.get("en", ())
        meant = [near[0]] if near is not None else []
        raise BadArgument(text, N_("one of: %(choices)s"), meant, choices=", ".join(shown))


@dataclass(frozen=True, slots=True)
class Language:
    """A language in which the bot answers, by its code or by any of its names; as its code."""

    def convert(self, text: str, ctx: Context) -> str:
        code = language_code(text)
        if code in languages():
            return code
        known = ", ".join(map(own_name, languages()))
        raise BadArgument(text, N_("one of these languages: %(known)s"), known=known)


_NAME_ALONE = re.compile(r"@[^\s:@]{1,200}")
USER_ID = re.compile(r"@[^\s:]{1,200}:[A-Za-z0-9.\-]+(?::[0-9]{1,5})?|@[^\s:]+:\[[0-9a-fA-F:.]+\]")


@dataclass(frozen=True, slots=True)
class User:
    """A Matrix account: `@name:server`, or a mention (which the parser has turned into that).

    `@name` alone is the account of that name that the bot knows: on the asker's own server, on the
    bot's, or else the only one there is.
    """

    def convert(self, text: str, ctx: Context) -> str:
        if _NAME_ALONE.fullmatch(text):
            return self._known(text, ctx)
        if not USER_ID.fullmatch(text) or len(text) > 255:
            raise BadArgument(text, N_("a person, as a mention or as @name:server"))
        return text

    @staticmethod
    def _known(name: str, ctx: Context) -> str:
        found = rooms.accounts_named(ctx.session, name.lower())
        for near in (ctx.user, ctx.settings.bot_user):
            account = f"{name.lower()}:{near.partition(':')[2]}"
            if account in found:
                return account
        if len(found) == 1:
            return found[0]
        raise BadArgument(name, N_("a person, as a mention or as @name:server"))


def shortest_name(ctx: Context, account: str) -> str:
    """`@name` where that alone is understood as the account, else the whole of it."""
    alone = account.partition(":")[0]
    with contextlib.suppress(BadArgument):
        if User().convert(alone, ctx) == account:
            return alone
    return account


_EMPTY: Any = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    """How one field of an arguments class is filled."""

    name: str
    kind: str  # 'positional', 'rest' or 'option'
    converter: Converter[Any]
    label: str
    required: bool
    default: Any
    names: Mapping[str, tuple[str, ...]]


def _field(
    kind: str,
    converter: Converter[Any],
    label: str,
    default: Any,
    names: Mapping[str, tuple[str, ...]] | None = None,
) -> Any:
    metadata = {"kind": kind, "converter": converter, "label": label, "names": names or {}}
    if default is _EMPTY:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def positional(converter: Converter[T], label: str, *, default: Any = _EMPTY) -> Any:
    """The next word, or the next "quoted words". `label` is a message id such as N_("network")."""
    return _field("positional", converter, label, default)


def rest(label: str, *, longest: int = 2000, default: Any = _EMPTY) -> Any:
    """Everything that is left, as typed."""
    return _field("rest", Text(longest), label, default)


def option(
    converter: Converter[T], label: str, *, default: Any = None, **names: Sequence[str]
) -> Any:
    """A `key:value` filter; `names` gives its keys for each language, as en=("place", "in")."""
    return _field(
        "option", converter, label, default, {lang: tuple(words) for lang, words in names.items()}
    )


def parameters_of(arguments: type[Any]) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            name=field.name,
            kind=field.metadata["kind"],
            converter=field.metadata["converter"],
            label=field.metadata["label"],
            required=field.default is dataclasses.MISSING,
            default=None if field.default is dataclasses.MISSING else field.default,
            names=field.metadata["names"],
        )
        for field in dataclasses.fields(arguments)
    )


def options_typed(arguments: type[Any], given: Mapping[str, str], language: str) -> tuple[str, ...]:
    """What one would type in that language to give these values to the options; without those left empty."""
    return tuple(
        f"{parameter.names.get(language, parameter.names['en'])[0]}:{_quoted(value)}"
        for parameter in parameters_of(arguments)
        if (value := given.get(parameter.name))
    )


def _quoted(value: str) -> str:
    return value if _BARE.fullmatch(value) else f'"{value}"'
