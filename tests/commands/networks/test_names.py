"""Short names, and what people type for a network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.networks.names import RESERVED, Finder, free_slug, is_slug, slug_of
from tests.commands.networks.world import sheet


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Réseau Audiovisuel – Bruxelles", "reseau-audiovisuel-bruxelles"),
        ("  Cœur & œuvres  ", "coeur-oeuvres"),
        ("ЖЖЖ", ""),
        ("x" * 60, "x" * 40),
        (
            "one two three four five six seven eight nine ten",
            "one-two-three-four-five-six-seven-eight",
        ),
    ],
)
def test_slugs_are_made_from_names(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@given(name=st.text(max_size=80), taken=st.sets(st.sampled_from(["network", "network-2", "food"])))
def test_a_slug_is_always_free_and_well_formed(name: str, taken: set[str]) -> None:
    slug = free_slug(name, lambda candidate: candidate not in taken)
    assert slug not in taken
    assert slug not in RESERVED
    assert is_slug(slug) or len(slug) <= 44


def test_a_word_that_fits_several_is_a_question() -> None:
    finder = Finder(
        [sheet(1, "film-ghent", "Film Ghent"), sheet(2, "film-liege", "Film Liège")], {}
    )
    found, near = finder.find("film")
    assert found is None
    assert {network.id for network in near} == {1, 2}
    assert finder.find("film liege")[0] is not None


def test_other_words_find_it() -> None:
    finder = Finder([sheet(1, "film-ghent", "Film Ghent")], {"cinema": 1, "gone": 9})
    found, _ = finder.find("Cinéma")
    assert found is not None
    assert finder.find("gone") == (None, [])
    assert finder.find("!!!") == (None, [])
