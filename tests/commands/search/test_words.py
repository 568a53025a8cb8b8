"""Which words a text and a query are cut into: they must meet, however they are typed."""

from __future__ import annotations

import pytest

from commands.search.words import asked, joined, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Foto’s en video's", ["foto", "en", "video"]),
        ("'s-Hertogenbosch", ["s", "hertogenbosch", "shertogenbosch"]),
        ("l’atelier d'Anne", ["atelier", "anne"]),
        ("co-working", ["co", "working", "coworking"]),
        ("C++, C# & F#", ["cplusplus", "csharp", "fsharp"]),
        ("20 % korting!", ["20", "korting"]),
    ],
)
def test_a_text_is_cut_into_words(text: str, words: list[str]) -> None:
    assert tokens(text) == words
    assert joined(text, text) == " ".join(words)


def test_a_query_leaves_out_what_says_nothing() -> None:
    assert asked("de camera's van een fotograaf") == ["camera", "fotograaf"]
    assert asked("in de") == ["in", "de"], "unless there is nothing else"
