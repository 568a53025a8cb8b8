"""Typed lines become words, filters and people; nothing that was typed is lost on the way."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.kernel.errors import MissingArgument, TooManyArguments, UnknownFilter
from commands.kernel.parameters import Text, option, parameters_of, positional, rest
from commands.kernel.parser import fill, tokens, with_identifiers
from commands.kernel.text import clean, one_line, typed, without_reply_fallback

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@dataclass(frozen=True, slots=True)
class Find:
    words: str = rest("words", default="")
    place: str | None = option(
        Text(), "place", en=("place", "in"), nl=("plaats", "in"), fr=("lieu", "à")
    )
    mode: str | None = option(Text(), "mode", en=("mode",), nl=("wijze",), fr=("mode",))


@dataclass(frozen=True, slots=True)
class Two:
    first: str = positional(Text(), "first")
    second: str = positional(Text(), "second", default="")


@dataclass(frozen=True, slots=True)
class Tell:
    who: str = positional(Text(), "who")
    words: str = rest("words")


@dataclass(frozen=True, slots=True)
class Strict:
    word: str = positional(Text(), "word", default="")
    place: str | None = option(Text(), "place", en=("place",), nl=("plaats",), fr=("lieu",))


def filled(arguments: type, line: str) -> dict[str, str]:
    return fill(parameters_of(arguments), typed(line))[0]


# --- words ---------------------------------------------------------------------------------------


@given(WORDS)
def test_no_word_is_ever_lost(line: str) -> None:
    line = typed(line)
    found = tokens(line)
    assert "".join("".join(token.raw for token in found).split()) == "".join(line.split())


@given(WORDS)
def test_tokens_stand_where_they_say(line: str) -> None:
    for token in tokens(line):
        assert line[token.start : token.start + len(token.raw)] == token.raw


@given(st.lists(st.text("abc é", min_size=1, max_size=8), min_size=1, max_size=6))
def test_quoted_words_stay_together(phrases: list[str]) -> None:
    line = " ".join(f'"{phrase}"' for phrase in phrases)
    assert [token.text for token in tokens(line)] == phrases


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("film maker", ["film", "maker"]),
        ('"film maker" gent', ["film maker", "gent"]),
        ("“film maker” gent", ["film maker", "gent"]),
        ("„film maker“ gent", ["film maker", "gent"]),
        ("« film maker » gent", [" film maker ", "gent"]),
        ('"film maker', ["film maker"]),
        ("film\u00a0maker\u202fgent", ["film", "maker", "gent"]),
        ("l’artisan", ["l'artisan"]),
        ('5" pipe', ['5"', "pipe"]),
        ('""', [""]),
        ("", []),
        ("   ", []),
    ],
)
def test_words_as_phones_type_them(line: str, texts: list[str]) -> None:
    assert [token.text for token in tokens(typed(line))] == texts


# --- filters -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("vertaler place:gent", "en"),
        ("vertaler plaats:gent", "nl"),
        ("vertaler lieu:gent", "fr"),
        ("vertaler in:gent", None),
        ("vertaler à:gent", "fr"),
        ("vertaler a:gent", "fr"),
        ("PLAATS:gent vertaler", "nl"),
        ("vertaler plaats：gent", "nl"),
        ('vertaler plaats:"gent"', "nl"),
        ("vertaler plaats:“gent”", "nl"),
        ('vertaler plaats:"gent', "nl"),
        ("vertaler lieu : gent", "fr"),
        ("vertaler lieu:\u00a0gent", "fr"),
        ("vertaler lieu\u202f:\u00a0gent", "fr"),
        ("plaats: gent vertaler", "nl"),
        ("à : gent vertaler", "fr"),
        ("vertaler plaats： “gent”", "nl"),
    ],
)
def test_filters_in_every_language(line: str, language: str | None) -> None:
    given_, spoken = fill(parameters_of(Find), typed(line))
    assert given_ == {"words": "vertaler", "place": "gent"}
    assert spoken == language


def test_a_filter_takes_quoted_words() -> None:
    assert filled(Find, 'film place:"den haag" maker') == {
        "words": "film maker",
        "place": "den haag",
    }


def test_filters_of_several_languages_name_none() -> None:
    assert fill(parameters_of(Find), "plaats:gent place:luik")[1] is None


@pytest.mark.parametrize("line", ["https://example.org/a:b", "http://x", "matrix:r/room", "14:30"])
def test_addresses_and_times_are_words(line: str) -> None:
    assert filled(Find, line) == {"words": line}


@given(st.from_regex(r"(https?|ftp|ssh)://[a-z:./?=&-]{1,30}", fullmatch=True))
def test_no_address_is_a_filter(address: str) -> None:
    assert [token.key for token in tokens(address)] == [None]


def test_an_unknown_filter_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownFilter) as refused:
        filled(Strict, "colour:red")
    assert refused.value.name == "colour"
    assert refused.value.known_in("nl") == ["plaats"]
    assert refused.value.quotable is None


@pytest.mark.parametrize(
    ("line", "nearest"),
    [
        ("palce:gent vertaler", "place"),
        ("vertaler plaat:gent", "place"),
        ("vertaler lieux : gent lieux:gent", "place"),
        ('vertaler colour:"dark red"', None),
        ("colour:red, vertaler", None),
    ],
)
def test_an_unknown_filter_among_free_words_is_told(line: str, nearest: str | None) -> None:
    with pytest.raises(UnknownFilter) as refused:
        filled(Find, line)
    assert refused.value.known_in("en") == ["place", "mode"]
    assert refused.value.nearest_in("en") == nearest
    assert refused.value.quotable is not None


@pytest.mark.parametrize(
    "line",
    [
        "zie: ook",
        "zie : ook",
        '"zie:ook"',
        '"place : gent"',
        "nl:fr",
        "mailto:ann@example.org",
        "matrix:u/ann:example.org",
        "tel:+3221234567",
        "@ann:localhost",
        "#film:localhost",
        "localhost:8008/x",
        "zoom:https://example.org",
        "16:9",
        ":smile:",
        "place:",
    ],
)
def test_what_does_not_look_like_a_filter_is_words(line: str) -> None:
    assert filled(Find, line) == {"words": line}


def test_a_spaced_colon_is_nothing_special_where_there_is_no_such_filter() -> None:
    assert filled(Tell, "@ann:x place : gent") == {"who": "@ann:x", "words": "place : gent"}


# --- arguments -----------------------------------------------------------------------------------


def test_the_rest_is_kept_as_typed() -> None:
    assert filled(Tell, '@ann:x  it is "very"   nice: yes') == {
        "who": "@ann:x",
        "words": 'it is "very"   nice: yes',
    }


def test_too_little_and_too_much_are_told_apart() -> None:
    with pytest.raises(MissingArgument) as missing:
        filled(Two, "")
    assert missing.value.label == "first"
    with pytest.raises(MissingArgument):
        filled(Tell, "@ann:x")
    with pytest.raises(MissingArgument):
        filled(Two, '""')
    with pytest.raises(TooManyArguments) as surplus:
        filled(Two, "one two three four")
    assert surplus.value.surplus == "three four"


@given(WORDS, st.sampled_from([Find, Two, Tell, Strict]))
def test_any_line_is_filled_or_refused(line: str, arguments: type) -> None:
    try:
        given_ = filled(arguments, line)
    except (MissingArgument, TooManyArguments, UnknownFilter):
        return
    assert set(given_) <= {parameter.name for parameter in parameters_of(arguments)}


# --- people --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "html", "text"),
    [
        (
            "block Ann",
            'block <a href="https://matrix.to/#/@ann:example.org">Ann</a>',
            "block @ann:example.org",
        ),
        (
            "block Ann",
            'block <a href="https://matrix.to/#/%40ann%3Aexample.org">Ann</a>',
            "block @ann:example.org",
        ),
        (
            "block Ann",
            "block <a href='https://matrix.to/#/@ann:example.org?via=example.org'>Ann</a>",
            "block @ann:example.org",
        ),
        ("block Ann", 'block <a href="matrix:u/ann:example.org">Ann</a>', "block @ann:example.org"),
        (
            "block Ann",
            'block <a href="matrix:u/ann:example.org?action=chat">Ann</a>',
            "block @ann:example.org",
        ),
        ("block https://matrix.to/#/@ann:example.org", None, "block @ann:example.org"),
        ("block Zoë", '<a href="https://matrix.to/#/@zoe:x">Zo&euml;</a>', "block @zoe:x"),
        ("join Film", '<a href="https://matrix.to/#/#film:x">Film</a>', "join #film:x"),
        ("join Film", '<a href="https://matrix.to/#/!id:x/$event?via=x">Film</a>', "join !id:x"),
        ("join Film", '<a href="https://matrix.to/#/!opaque">Film</a>', "join !opaque"),
        ("block Slash", '<a href="https://matrix.to/#/@a%2Fb:x">Slash</a>', "block @a/b:x"),
        # The name of a pill stands for itself only where it is a word.
        ("find Annemie Ann", '<a href="https://matrix.to/#/@ann:x">Ann</a>', "find Annemie @ann:x"),
        # Two pills, of which one has the other's name in its id.
        (
            "introduce Ann bob",
            (
                '<a href="https://matrix.to/#/@bob:x">Ann</a> '
                '<a href="https://matrix.to/#/@robert:x">bob</a>'
            ),
            "introduce @bob:x @robert:x",
        ),
    ],
)
def test_pills_become_the_people_they_stand_for(body: str, html: str | None, text: str) -> None:
    assert with_identifiers(body, html) == text


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://evil.example/#/@ann:x">Ann</a>',
        '<a href="https://matrix.to.evil.example/#/@ann:x">Ann</a>',
        "<a href=\"javascript:alert('https://matrix.to/#/@ann:x')\">Ann</a>",
        '<a href="https://matrix.to/#/">Ann</a>',
        "<a href>Ann</a> matrix.to",
        "<a>Ann</a> matrix.to",
        '<a href="https://matrix.to/#/@ann:x"></a>',
        '<a href="https://matrix.to/#/@ann:x">',
        "matrix.to <![unknown[",
        "matrix.to <![ <!doctype <? <!-- <a ",
        "matrix.to &#xffffffffff; &#0; &unknown;",
    ],
)
def test_other_links_and_broken_html_change_nothing(html: str) -> None:
    assert with_identifiers("block Ann", html) == "block Ann"


def test_pills_before_broken_html_still_count() -> None:
    html = '<a href="https://matrix.to/#/@ann:x">Ann</a><![if matrix]>'
    assert with_identifiers("block Ann", html) == "block @ann:x"


def test_an_encoded_id_hides_nothing() -> None:
    assert with_identifiers("https://matrix.to/#/@a%E2%80%AEnn%0A:x", None) == "@ann :x"


@given(WORDS, st.text("<>![]-?/a href='\"=matrix.to#@:x&;", max_size=200))
def test_no_html_is_too_strange(body: str, html: str) -> None:
    with_identifiers(body, html + "matrix.to")


# --- what hides in text --------------------------------------------------------------------------


@pytest.mark.parametrize("mark", list("\x00\x07\x1b\x7f\x85\u061c\u200b\u200e\u202e\u2066\ufeff"))
def test_marks_that_nobody_sees_vanish(mark: str) -> None:
    assert typed(f"fi{mark}nd") == "find"


@given(st.text(max_size=200))
def test_cleaning_is_done_at_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    clean(text).encode()
    assert "\n" not in one_line(text)


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert typed("cafe\u0301") == "café"


def test_joined_emoji_stay_whole() -> None:
    assert typed("👩\u200d🌾") == "👩\u200d🌾"


def test_the_quote_of_older_clients_is_no_answer() -> None:
    body = "> <@kring:x> What is your city?\n> second line\n\nGent"
    assert without_reply_fallback(body) == "Gent"
    assert without_reply_fallback("> just a quote\nGent") == "> just a quote\nGent"


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a ",
        "a:",
        "a :",
        "place : ",
        '"',
        'a:"',
        "é ",
        " ",
        "https://matrix.to/#/@",
        "> <@a>\n",
        "\u202e",
    ],
)
def test_a_megabyte_is_read_at_once(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    started = time.process_time()
    line = with_identifiers(typed(without_reply_fallback(text)), None)
    tokens(line)
    with contextlib.suppress(UnknownFilter):
        filled(Find, line)
    assert time.process_time() - started < 4


@settings(max_examples=20, deadline=2000)
@given(st.sampled_from(["<a ", "<!--", '<a href="', "</a", "&", "<", "<!", "<a x='", "<![CDATA["]))
def test_hostile_html_is_read_at_once(piece: str) -> None:
    with_identifiers("Ann", "matrix.to" + piece * (65_000 // len(piece)))
