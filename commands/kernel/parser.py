"""From a line as typed to words, filters and pills; knows nothing of which command they belong to."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import unquote

from commands.kernel.errors import MissingArgument, TooManyArguments, UnknownFilter
from commands.kernel.parameters import Parameter
from commands.kernel.text import one_line
from commands.labels.fold import fold

_TOKEN = re.compile(
    r"""(?P<key>[^\W\d_][\w-]*):(?P<value>"[^"]*"?|[^\s"]\S*)   # place:gent, place:"den haag"
      | "(?P<quoted>[^"]*)"?                                     # "two words", closed or not
      | (?P<word>\S+)""",
    re.VERBOSE,
)
# With spaces around the colon, as French and phones write it; quoted words are passed over whole.
_SPACED = re.compile(
    r"""(?P<key>(?<!\S)[^\W\d_][\w-]*)[^\S\n]*:[^\S\n]*(?=\S) | (?<![^\s:])"[^"]*"?""", re.VERBOSE
)
# Words, where addresses (mailto:a@b.c, matrix:u/a), ratios and times have signs or figures.
_LIKE_A_FILTER = re.compile(r"""[^\W\d_]{3,}:(?:"[^"]*"?|[^\W_][\w'-]*[.,;!?]*)""")
_MOST_PILLS = 200
_MATRIX_TO = re.compile(r"https?://matrix\.to/#/([^?\s>)\]]+)(?:\?\S*)?|matrix:u/([^?\s>)\]]+)\S*")


@dataclass(frozen=True, slots=True)
class Token:
    """`start` is where it begins in the line; `key` is folded and set for `key:value`."""

    text: str
    start: int
    key: str | None = None
    raw: str = ""


def tokens(line: str) -> list[Token]:
    found = []
    for match in _TOKEN.finditer(line):
        key, value, quoted, word = match.group("key", "value", "quoted", "word")
        if key is not None and not value.startswith("//"):
            found.append(Token(value.strip('"'), match.start(), fold(key), match.group()))
        elif quoted is not None:
            found.append(Token(quoted, match.start(), raw=match.group()))
        else:
            found.append(Token(word or match.group(), match.start(), raw=match.group()))
    return found


class _Pills(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []
        self._target: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "a":
            return
        match = _MATRIX_TO.fullmatch(dict(attrs).get("href") or "")
        if match:
            self._target = _identifier(match)
            self._text = ""

    def handle_data(self, data: str) -> None:
        if self._target is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._target is not None:
            self.found.append((one_line(self._text), self._target))
            self._target = None


def _identifier(match: re.Match[str]) -> str:
    # An encoded slash belongs to the id, a plain one begins the event's; hidden characters to neither.
    if match[2]:
        return "@" + one_line(unquote(match[2].split("/")[0]))
    return one_line(unquote(match[1].split("/")[0]))


def with_identifiers(text: str, html: str | None) -> str:
    """The text with pills and matrix.to links replaced by the ids that they stand for.

    In a plain body a pill is only the person's display name, which proves nothing; the link in the
    formatted body says who is meant (spec, "User and room mentions").
    """
    if html and ("matrix.to" in html or "matrix:" in html):
        pills = _Pills()
        # HTMLParser gives up on some malformed declarations; the pills before them still count.
        with contextlib.suppress(AssertionError):
            pills.feed(html[:100_000])
        after = 0
        for name, target in pills.found[:_MOST_PILLS]:
            if not name:
                continue
            shown = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)").search(text, after)
            if shown is not None:
                text = text[: shown.start()] + target + text[shown.end() :]
                after = shown.start() + len(target)
    return _MATRIX_TO.sub(_identifier, text)


def fill(parameters: tuple[Parameter, ...], line: str) -> tuple[dict[str, str], str | None]:
    """Distribute a line over parameters, unconverted.

    Returns the text for each parameter that was given, and the language of the filter names that were
    used, when they belong to one language only. Raises MissingArgument, TooManyArguments, UnknownFilter.
    """
    options = {
        fold(word): parameter
        for parameter in parameters
        if parameter.kind == "option"
        for words in parameter.names.values()
        for word in words
    }
    line = _joined(line, options)
    given: dict[str, str] = {}
    languages: list[set[str]] = []
    positional = [parameter for parameter in parameters if parameter.kind == "positional"]
    takes_rest = next((parameter for parameter in parameters if parameter.kind == "rest"), None)
    loose: list[Token] = []
    for token in tokens(line):
        if token.key is not None and token.key in options and token.text:
            parameter = options[token.key]
            given[parameter.name] = token.text
            languages.append(
                {
                    language
                    for language, words in parameter.names.items()
                    if token.key in map(fold, words)
                }
            )
            continue
        if token.key is not None and options and _is_filter(token, free=takes_rest is not None):
            known = [each.names for each in parameters if each.kind == "option"]
            raise UnknownFilter(token.key, known, quotable=token.raw if takes_rest else None)
        if positional:
            given[positional.pop(0).name] = token.text if token.key is None else token.raw
        else:
            loose.append(token)
    if takes_rest is not None and loose:
        if options:
            given[takes_rest.name] = " ".join(token.raw for token in loose)
        else:
            given[takes_rest.name] = line[loose[0].start :].strip()
    elif loose:
        raise TooManyArguments(" ".join(token.raw for token in loose))
    for parameter in parameters:
        if parameter.required and not given.get(parameter.name, "").strip():
            raise MissingArgument(parameter.label)
    spoken = {next(iter(names)) for names in languages if len(names) == 1}
    return given, next(iter(spoken)) if len(spoken) == 1 else None


def _joined(line: str, options: Mapping[str, Parameter]) -> str:
    """The line with `place : gent` as `place:gent`, for the names of filters only."""

    def join(match: re.Match[str]) -> str:
        key = match["key"]
        return f"{key}:" if key is not None and fold(key) in options else match[0]

    return _SPACED.sub(join, line) if options else line


def _is_filter(token: Token, *, free: bool) -> bool:
    """Whether `key:value` was meant as a filter. Where free words are taken, it must look like one."""
    return not free or _LIKE_A_FILTER.fullmatch(token.raw) is not None
