"""A command is found by the longest words that call it, in any language, or guessed at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.all import routers
from commands.kernel.command import Registry, Router
from commands.kernel.context import Context
from commands.kernel.parameters import rest
from commands.kernel.parser import fill
from commands.labels.fold import fold


@dataclass(frozen=True, slots=True)
class Words:
    words: str = rest("words", default="")


def router_with(*names: tuple[str, tuple[str, ...], tuple[str, ...]]) -> Router:
    router = Router("sample")
    for name, dutch, french in names:

        @router.command(
            name,
            nl=dutch,
            fr=french,
            summary="does something",
            examples={},
            arguments=Words,
        )
        def handler(ctx: Context, arguments: Words) -> None: ...

    return router


SAMPLE = Registry(
    [
        router_with(
            ("find", ("zoek", "vind"), ("cherche", "trouve")),
            ("network", ("netwerk",), ("réseau",)),
            ("network new", ("netwerk nieuw",), ("réseau nouveau",)),
            ("join", ("word lid",), ("rejoindre",)),
            ("agenda", ("agenda",), ("agenda",)),
        ),
    ]
)


@pytest.mark.parametrize(
    ("line", "name", "language", "others"),
    [
        ("find vertaler", "find", "en", "vertaler"),
        ("ZOEK  vertaler  gent", "find", "nl", "vertaler  gent"),
        ("Trouve", "find", "fr", ""),
        ("network film", "network", "en", "film"),
        ("network new film", "network new", "en", "film"),
        ("network newer", "network", "en", "newer"),
        ("reseau  nouveau cinema", "network new", "fr", "cinema"),
        ("RÉSEAU", "network", "fr", ""),
        ("word lid film", "join", "nl", "film"),
        ("agenda", "agenda", None, ""),
        ("find\nvertaler", "find", "en", "vertaler"),
    ],
)
def test_the_longest_words_win(line: str, name: str, language: str | None, others: str) -> None:
    found = SAMPLE.find(line)
    assert found is not None
    assert (found.command.name, found.language, found.rest) == (name, language, others)


@pytest.mark.parametrize("line", ["", "   ", "fin", "word", "word lidmaat", "new network"])
def test_what_is_no_command_is_not_found(line: str) -> None:
    assert SAMPLE.find(line) is None


@pytest.mark.parametrize(
    ("line", "language", "first"),
    [
        ("fnid vertaler", "en", "find vertaler"),
        ("zoke vertaler", "nl", "zoek vertaler"),
        ("zoeken vertaler", "nl", "zoek vertaler"),
        ("chercher", "fr", "cherche"),
        ("netwrk", "nl", "netwerk"),
        ("netwrk new", "en", "network new"),
        ("rejoidre film", "fr", "rejoindre film"),
        ("réseaux", "fr", "réseau"),
    ],
)
def test_what_was_probably_meant_comes_first_with_the_other_words(
    line: str, language: str, first: str
) -> None:
    assert SAMPLE.near(line, language)[0] == first


def test_a_suggestion_is_short() -> None:
    (first, *_) = SAMPLE.near("fnid " + "word " * 50_000, "en")
    assert first.startswith("find word word")
    assert len(first) < 120


def test_nothing_is_suggested_for_what_resembles_nothing() -> None:
    assert SAMPLE.near("xylophone", "en") == []
    assert SAMPLE.near("", "en") == []


@given(st.text(max_size=60), st.sampled_from(["en", "nl", "fr", "de"]))
def test_any_line_is_found_or_guessed(line: str, language: str) -> None:
    SAMPLE.find(line)
    near = SAMPLE.near(line, language)
    assert len(near) <= 3
    assert all(SAMPLE.find(shown) is not None for shown in near)


def test_the_same_words_for_two_commands_are_refused() -> None:
    with pytest.raises(ValueError, match="calls both"):
        Registry([router_with(("find", ("zoek",), ()), ("search", ("Zoek",), ()))])


def test_two_handlers_for_the_same_thing_are_refused() -> None:
    def router() -> Router:
        made = Router("sample")
        made.answer("join")(lambda ctx, reference, answer: True)
        return made

    Registry([router()])
    with pytest.raises(ValueError, match="handled twice"):
        Registry([router(), router()])


def test_words_are_shown_in_the_language_or_in_english() -> None:
    assert [SAMPLE.word("find", language) for language in ("en", "nl", "fr", "de")] == [
        "find",
        "zoek",
        "cherche",
        "find",
    ]


# --- the real ones -------------------------------------------------------------------------------

REAL = Registry(routers())


@pytest.mark.parametrize("command", REAL.commands, ids=lambda command: command.name)
def test_every_command_can_be_used_in_every_language(command: Any) -> None:
    assert command.summary
    for language in ("en", "nl", "fr"):
        assert command.names[language], f"{command.name} has no name in {language}"
        for name in command.names[language]:
            found = REAL.find(name)
            assert found is not None
            assert found.command is command
            assert found.rest == ""
        for example in command.examples[language]:
            found = REAL.find(example)
            assert found is not None, example
            # A command that groups others may show one of them.
            assert f"{found.command.name} ".startswith(f"{command.name} "), example
            assert found.language in (language, None), example
            fill(found.command.parameters, found.rest)
        assert command.examples[language], f"{command.name} has no example in {language}"


@pytest.mark.parametrize("command", REAL.commands, ids=lambda command: command.name)
def test_filters_have_a_name_in_every_language(command: Any) -> None:
    for parameter in command.parameters:
        if parameter.kind == "option":
            assert set(parameter.names) >= {"en", "nl", "fr"}, parameter.name
            assert all(parameter.names.values())
            assert all(fold(word) for words in parameter.names.values() for word in words)


def test_guesses_are_in_the_language_of_who_asks() -> None:
    for line, language in (("profle", "en"), ("profel", "nl"), ("profl", "fr"), ("netwerke", "nl")):
        near = REAL.near(line, language)
        assert near, line
        assert {REAL.find(shown).language for shown in near} <= {language, None}, (line, near)  # type: ignore[union-attr]
    assert REAL.near("zoekn", "en"), "a word of another language is better than none"
