"""The picture of the cases: what is wanted, lent and missing can be told apart, and is said in words too."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from commands.purchases.picture import picture_of
from commands.purchases.standing import LineStanding, line_standing
from storage.commitments import Sums
from storage.outbox import FileOut
from storage.purchase_lines import Line, Tier

DARK, LIGHT = (18, 114, 90), (236, 232, 222)


def chairs(
    quantity: int,
    tolerance: int = 0,
    *,
    case: int = 5,
    minimum: int = 0,
    article: str = "Chairs",
    ordered: int | None = None,
) -> LineStanding:
    line = Line(
        1, 1, 1, article, "piece", case, minimum, 2100, None, None, None, None, "Coop", "",
        ordered, None, None, (Tier(1, 1000),),
    )  # fmt: skip
    return line_standing(line, Sums(quantity, tolerance, 1))


def drawn(*standings: LineStanding, language: str = "en") -> FileOut:
    picture = picture_of(standings, language)
    assert picture is not None and picture.inline is not None
    return picture


def counted(picture: FileOut) -> dict[object, int]:
    """How many pixels there are of each colour."""
    with Image.open(BytesIO(picture.data)) as image:
        found = image.convert("RGB").getcolors()
    assert found is not None
    return {colour: number for number, colour in found}


def alt(picture: FileOut) -> str:
    assert picture.inline is not None
    return picture.inline.alt


def test_the_more_is_wanted_the_darker_and_the_less_is_missing() -> None:
    pictures = [counted(drawn(chairs(quantity))) for quantity in (0, 2, 4, 5)]
    dark = [each.get(DARK, 0) for each in pictures]
    light = [each.get(LIGHT, 0) for each in pictures]
    assert dark == sorted(set(dark))
    assert light == sorted(set(light), reverse=True)
    assert light[-1] == 0


def test_what_is_lent_looks_different_from_both() -> None:
    assert len({drawn(*row).data for row in ([chairs(3)], [chairs(3, 1)], [chairs(4)])}) == 3


def test_the_words_say_what_it_shows() -> None:
    picture = drawn(chairs(3, 1), chairs(7, article="Café <b>"), chairs(2, case=4, minimum=2))
    assert alt(picture) == "Chairs: 4 of 5; Café <b>: 7 of 10; Chairs: 2 of 8"


def test_after_the_decision_it_shows_what_is_ordered() -> None:
    picture = drawn(chairs(12, ordered=2), chairs(3, ordered=0))
    assert alt(picture) == "Chairs: 10 of 10; Chairs: 0 of 0"
    assert LIGHT not in counted(picture)


def test_tolerance_alone_fills_nothing() -> None:
    assert alt(drawn(chairs(0, 5))) == "Chairs: 0 of 5"


def test_it_is_drawn_for_sharp_screens_and_shown_at_half_that() -> None:
    picture = drawn(*[chairs(quantity) for quantity in range(200)])
    assert picture.inline is not None
    with Image.open(BytesIO(picture.data)) as image:
        assert image.size == (picture.inline.width * 2, picture.inline.height * 2)
    assert picture.inline.height < 400
    assert len(picture.data) < 40_000
    assert len(alt(picture)) <= 500


def test_the_same_is_the_same_in_every_language() -> None:
    assert drawn(chairs(3)).data == drawn(chairs(3), language="fr").data


def test_huge_cases_and_orders_are_drawn_too() -> None:
    for standing in (
        chairs(99_999, 5, case=1000),
        chairs(1, case=100_000),
        chairs(0, case=1, minimum=500),
        chairs(7, article="x" * 200),
        chairs(7, article="\N{CJK UNIFIED IDEOGRAPH-6905}\n"),
    ):
        assert drawn(standing).data.startswith(b"\x89PNG")


def test_far_from_a_minimum_of_many_cases_little_is_dark() -> None:
    near, far = (counted(drawn(chairs(quantity, case=1, minimum=500))) for quantity in (497, 3))
    assert far.get(DARK, 0) * 20 < near[DARK]
    assert far[LIGHT] > near[LIGHT]


def test_what_is_full_only_nearly_does_not_look_full() -> None:
    assert LIGHT in counted(drawn(chairs(999, case=1000)))


def test_where_any_number_can_be_ordered_nothing_is_drawn() -> None:
    assert picture_of([chairs(3, case=1), chairs(0, case=1)], "en") is None
