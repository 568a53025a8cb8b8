"""What people type for a quantity, in three languages, and what is asked back rather than guessed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.kernel.errors import BadArgument
from commands.purchases import quantities


@dataclass(frozen=True)
class Line:
    position: int
    article: str
    unit: str = "piece"


CHAIRS = [Line(1, "Bureaustoel")]
OFFICE = [
    Line(1, "Chairs"), Line(2, "Tables"), Line(3, "Papier A4 80 g", "ream"),
    Line(4, "Paper A3 80 g", "ream"), Line(5, "Pens and pencils", "box"),
    Line(6, "Desk, white"), Line(7, "Desk, black"), Line(8, "Peinture 2,5 l", "pot"),
    Line(9, "Rice", "kg"), Line(10, "Boekendozen"),
]  # fmt: skip


def read(text: str, lines: list[Line] = OFFICE) -> list[tuple[int, int, int]]:
    found = quantities.parse(text, lines)
    return [(one.line.position, one.quantity, one.tolerance) for one in found]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("3+2", (3, 2)), ("3 + 2", (3, 2)), ("3", (3, 0)), ("0", (0, 0)), ("0+2", (0, 2)),
        ("3 tot 5", (3, 2)), ("3 to 5", (3, 2)), ("3 à 5", (3, 2)), ("3-5", (3, 2)),
        ("3 – 5", (3, 2)), ("van 3 tot 5", (3, 2)), ("de 3 à 5", (3, 2)), ("3 t/m 5", (3, 2)),
        ("tussen 3 en 5", (3, 2)), ("between 3 and 5", (3, 2)), ("3 (+2)", (3, 2)),
        ("drie", (3, 0)), ("trois", (3, 0)), ("twelve", (12, 0)), ("Twee plus één", (2, 1)),
        ("4 stoelen", (4, 0)), ("stoelen 4", (4, 0)), ("een stoel", (1, 0)), ("4x", (4, 0)),
        ("3+2 bureaustoelen graag", (3, 2)), ("ik neem er", None), ("x 4", (4, 0)),
        ("Je prends 4 pièces", (4, 0)), ("ik wil 3 stuks", (3, 0)), ("doe mee met 3+2", (3, 2)),
        ("３＋２", (3, 2)), ("3+2.", (3, 2)), ("1: 4", (4, 0)), ("100000", (100_000, 0)),
        ("3 maximum 5", (3, 2)), ("4 pcs please", (4, 0)), ("burostoel 4", (4, 0)),
        ("doe mij er maar 4", (4, 0)), ("pour moi ce sera 3", (3, 0)), ("zet mij er voor 3", (3, 0)),
        ("minstens 3, max 5", (3, 2)), ("3 (max 5)", (3, 2)), ("3, hoogstens 4 graag", (3, 1)),
        ("mettez-moi trois s.v.p.", (3, 0)), ("just 2", (2, 0)), ("3 au plus 5", (3, 2)),
        # Never guessed.
        ("2,5", None), ("-3", None), ("3+2+1", None), ("5 tot 3", None), ("100000+1", None),
        ("9" * 5000, None), ("4 tables", None), ("3 4", None), ("", None), ("+2", None), ("3+", None),
        ("2: 4", None), ("1 000", None), ("1.000", None), ("4 boxes", None), ("3 3", None), ("- 3", (3, 0)),
    ],
)  # fmt: skip
def test_a_purchase_of_one_article_needs_no_name(
    typed: str, expected: tuple[int, int] | None
) -> None:
    if expected is None:
        with pytest.raises(BadArgument):
            read(typed, CHAIRS)
    else:
        assert read(typed, CHAIRS) == [(1, *expected)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("chairs 4", [(1, 4, 0)]), ("4 chairs", [(1, 4, 0)]), ("4 x chairs", [(1, 4, 0)]),
        ("Chair: 3+2", [(1, 3, 2)]), ("chairs = 4", [(1, 4, 0)]), ("CHAIRS (4)", [(1, 4, 0)]),
        ("chiars 4", [(1, 4, 0)]), ("chairs - 4", [(1, 4, 0)]), ("chairs four", [(1, 4, 0)]),
        ("4 cha", [(1, 4, 0)]), ("I'd like 4 chairs please", [(1, 4, 0)]),
        ("chairs 4, tables 2+1", [(1, 4, 0), (2, 2, 1)]),
        ("chairs 4 en tables 2+1", [(1, 4, 0), (2, 2, 1)]),
        ("4 chairs et 2 tables", [(1, 4, 0), (2, 2, 0)]),
        ("chairs 4\ntables 2 to 3; rice 5kg", [(1, 4, 0), (2, 2, 1), (9, 5, 0)]),
        ("2: 4", [(2, 4, 0)]), ("#2 4", [(2, 4, 0)]), ("#2: 3+2", [(2, 3, 2)]),
        ("lijn 2 4", [(2, 4, 0)]), ("ligne 2 : 4", [(2, 4, 0)]), ("1: 4,2: 5", [(1, 4, 0), (2, 5, 0)]),
        # Names with figures, commas and words in between.
        ("papier a4 80 g 5+2", [(3, 5, 2)]), ("a4 5", [(3, 5, 0)]), ("5 a3", [(4, 5, 0)]),
        ("A4 5, A3 2", [(3, 5, 0), (4, 2, 0)]), ("5 reams of paper A3", [(4, 5, 0)]),
        ("pens and pencils 4", [(5, 4, 0)]), ("4 pens and pencils and 2 chairs", [(5, 4, 0), (1, 2, 0)]),
        ("desk, white 4, chairs 2", [(6, 4, 0), (1, 2, 0)]), ("2 black desks", [(7, 2, 0)]),
        ("peinture 2,5 l 4", [(8, 4, 0)]), ("4 peinture", [(8, 4, 0)]),
        ("dozen 3", [(10, 3, 0)]), ("boekendoos 3", [(10, 3, 0)]), ("rice 2 kg", [(9, 2, 0)]),
        ("geen chairs", [(1, 0, 0)]), ("chairs 0", [(1, 0, 0)]),
    ],
)  # fmt: skip
def test_articles_are_named_as_people_name_them(
    typed: str, expected: list[tuple[int, int, int]]
) -> None:
    assert read(typed) == expected


@pytest.mark.parametrize(
    "typed",
    ["4", "3+2", "desk 4", "chairs", "chairs and tables 4", "sofas 4", "chairs 4, chairs 2",
     "chairs 2,5", "11: 4", "0: 4", "chairs -4", "80 g 4", "A5 4", "chairs 4 tables"],
)  # fmt: skip
def test_what_could_mean_several_things_is_asked_back(typed: str) -> None:
    with pytest.raises(BadArgument):
        read(typed)


def test_what_is_asked_back_says_how_to_type_it() -> None:
    with pytest.raises(BadArgument) as several:
        read("desk 4+1")
    assert several.value.suggestions == ("#6 4+1 (Desk, white)", "#7 4+1 (Desk, black)")
    assert read("#6 4+1") == [(6, 4, 1)]
    with pytest.raises(BadArgument) as unknown:
        read("4 tabels and 3 sofas")
    assert unknown.value.found == "3 sofas"


def test_the_same_article_of_two_suppliers_is_told_apart_by_number() -> None:
    twice = [Line(1, "Chairs"), Line(2, "Chairs")]
    with pytest.raises(BadArgument):
        read("chairs 4", twice)
    assert read("#2 4", twice) == [(2, 4, 0)]


def test_lines_are_named_without_a_quantity() -> None:
    assert [one.position for one in quantities.named("chairs, #2", OFFICE)] == [1, 2]
    assert [one.position for one in quantities.named("pens and pencils", OFFICE)] == [5]
    with pytest.raises(BadArgument):
        quantities.named("desk", OFFICE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("see you at 3", True), ("drie", True), ("ik neem er twee", True), ("what a fine chair", False),
     ("bedankt!", False), ("trois chaises et deux lampes", True),
     ("a desk, and one day a chair too", False), ("een heel goed idee, dat doen we zeker", False)],
)  # fmt: skip
def test_conversation_is_not_taken_for_a_quantity(text: str, expected: bool) -> None:
    assert quantities.has_quantity(text) is expected


@given(
    st.lists(
        st.tuples(st.sampled_from(OFFICE), st.integers(0, 999), st.integers(0, 99)),
        min_size=1,
        max_size=8,
        unique_by=lambda one: one[0].position,
    ),
    st.sampled_from([", ", "; ", "\n", " and ", " en ", " et "]),
)
def test_what_is_written_out_is_read_as_it_was_meant(
    wanted: list[tuple[Line, int, int]], between: str
) -> None:
    """By name or by number, whatever the names hold."""
    for written in ("{0.article} {1}+{2}", "#{0.position} {1}+{2}", "{0.position}: {1}+{2}"):
        text = between.join(written.format(*one) for one in wanted)
        expected = [(line.position, quantity, more) for line, quantity, more in wanted]
        assert read(text) == expected, text


@given(st.text(max_size=60))
def test_nothing_that_is_typed_breaks_it(text: str) -> None:
    with contextlib.suppress(BadArgument):
        assert all(one.quantity >= 0 for one in quantities.parse(text, OFFICE))


@pytest.mark.parametrize("typed", ["4 sacs", "je prends 4 sacs", "4 sacs d'enduit", "4 enduit"])
def test_the_first_word_of_a_longer_unit_is_no_article(typed: str) -> None:
    lines = [Line(1, "Enduit d'argile", "sac de 25 kg"), Line(2, "Pigment", "kg")]
    assert read(typed, lines[:1]) == [(1, 4, 0)]
    if "enduit" in typed:
        assert read(typed, lines) == [(1, 4, 0)]
