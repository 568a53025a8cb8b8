"""The charter as a file: whatever is written reads back as it was, and every fault is told with its place."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from commands.kernel.catalogue import languages
from commands.kernel.text import clean, one_line
from commands.suppliers.charter_changes import changes
from commands.suppliers.charter_door import LONGEST_NAME, LONGEST_TEXT, Content, values_of
from commands.suppliers.charter_file import (
    LARGEST,
    BadCharter,
    Wrong,
    as_toml,
    as_xlsx,
    read_charter,
    shipped,
)
from commands.suppliers.charter_new import PROBLEMS
from storage.charters import Criterion

SIGNS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("=+-@'\"\\\n#"), min_size=1
)


def worded(draw: Any, tidy: Any, longest: int) -> dict[str, str]:
    said = {language: tidy(draw(SIGNS))[:longest] for language in languages()}
    return {language: tidy(text) or "x" for language, text in said.items()}


def block(text: str) -> str:
    return clean(text).strip()


@st.composite
def contents(draw: Any) -> Content:
    count = draw(st.integers(1, 5))
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=count - 1, max_size=count - 1)))
    weights = [after - before for before, after in zip([0, *cuts], [*cuts, 100], strict=True)]
    criteria = []
    for position, weight in enumerate(weights, 1):
        knock_out = draw(st.booleans())
        criteria.append(
            Criterion(
                f"key-{position}",
                position,
                weight,
                knock_out,
                draw(st.integers(0, 4)) if knock_out else 0,
                {
                    "name": worded(draw, one_line, LONGEST_NAME),
                    "text": worded(draw, block, LONGEST_TEXT),
                    "evidence": worded(draw, block, LONGEST_TEXT),
                },
            )
        )
    texts = {
        "name": worded(draw, one_line, LONGEST_NAME),
        "text": worded(draw, block, LONGEST_TEXT),
    }
    return Content(texts, tuple(criteria))


@given(contents(), st.text(st.characters(exclude_categories=["Cs", "Cc"])))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_reads_back_as_it_was(content: Content, comment: str) -> None:
    assert read_charter(as_toml(content, comment=comment)) == content
    assert read_charter(as_xlsx(content)) == content


@given(contents(), contents())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_something_changes_exactly_when_the_contents_differ(one: Content, other: Content) -> None:
    assert not changes(one, one).any
    assert changes(one, other).any == (one != other)


def test_the_shipped_charter_has_the_six_criteria_in_every_language() -> None:
    found = shipped()
    assert [each.key for each in found.criteria] == [
        "ecological-footprint",
        "origin",
        "working-conditions",
        "social-project",
        "circular-economy",
        "access-over-ownership",
    ]
    assert sum(each.weight for each in found.criteria) == 100
    assert {each.key: each.minimum for each in found.criteria if each.knock_out} == {
        "ecological-footprint": 1,
        "working-conditions": 2,
    }
    for texts in (found.texts, *(each.texts for each in found.criteria)):
        assert all(words.keys() == set(languages()) for words in texts.values())
        # Nothing was copied from one language and forgotten.
        assert all(len(set(words.values())) == len(words) for words in texts.values())


def wrong(data: bytes) -> list[Wrong]:
    with pytest.raises(BadCharter) as caught:
        read_charter(data)
    assert all(one.code in PROBLEMS for one in caught.value.wrong)
    return list(caught.value.wrong)


def toml(change: Any) -> bytes:
    """The shipped one, changed."""
    values = values_of(shipped())
    change(values)
    return tomli_w.dumps(values).encode()


def at(one: Wrong) -> tuple[str, int, str]:
    return one.code, one.criterion, one.where


def test_every_fault_is_told_at_once() -> None:
    def spoil(values: dict[str, Any]) -> None:
        criteria = values["criteria"]
        del values["name"]["fr"]
        values["colour"] = "green"
        criteria[0]["weight"] = 20.5
        criteria[1]["key"] = "Not a slug"
        criteria[1]["minimum"] = 2
        criteria[2]["minimum"] = 5
        criteria[2]["name"]["nl"] = "x" * 81
        criteria[3]["text"]["de"] = "Deutsch"
        criteria[4]["evidence"]["en"] = " \n"
        criteria[4]["knock_out"] = "yes"
        criteria[5]["key"] = criteria[0]["key"]
        del criteria[5]["weight"]

    found = wrong(toml(spoil))
    assert {at(one) for one in found} == {
        ("missing_translation", 0, "name.fr"),
        ("unknown_key", 0, "colour"),
        ("not_whole", 1, "weight"),
        ("bad_key", 2, "key"),
        ("minimum_without_knock_out", 2, "minimum"),
        ("out_of_range", 3, "minimum"),
        ("too_long", 3, "name.nl"),
        ("unknown_key", 4, "text.de"),
        ("missing_translation", 5, "evidence.en"),
        ("not_yes_or_no", 5, "knock_out"),
        ("same_key", 6, "key"),
        ("required", 6, "weight"),
    }
    assert len(found) == 12


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda one: one["criteria"][0].update(weight=21), ("weights", 0, "criteria")),
        (lambda one: one["criteria"][0].update(weight=-1), ("out_of_range", 1, "weight")),
        (lambda one: one["criteria"][0].update(weight=True), ("not_whole", 1, "weight")),
        (lambda one: one["criteria"][0].update(weight="20"), ("not_whole", 1, "weight")),
        (lambda one: one["criteria"][0].update(name="Origin"), ("not_a_table", 1, "name")),
        (lambda one: one["criteria"][0]["name"].update(fr=3), ("not_text", 1, "name.fr")),
        (lambda one: one.update(criteria=[]), ("no_criteria", 0, "criteria")),
        (lambda one: one.update(criteria=3), ("not_a_list", 0, "criteria")),
        (lambda one: one.pop("criteria"), ("required", 0, "criteria")),
        (
            lambda one: one["criteria"].extend([one["criteria"][0]] * 15),
            ("too_many_criteria", 0, "criteria"),
        ),
    ],
)
def test_each_fault_has_its_place(change: Any, told: tuple[str, int, str]) -> None:
    assert told in [at(one) for one in wrong(toml(change))]


def test_a_number_that_nobody_can_write_out_is_out_of_range() -> None:
    plain = toml(lambda one: one["criteria"][0].update(weight=987))
    huge = plain.replace(b"weight = 987", b"weight = 0x" + b"F" * 5000)
    assert {(one.code, one.found) for one in wrong(huge)} == {
        ("out_of_range", "…"),
        ("weights", "…"),
    }


def test_a_knock_out_needs_one_unless_it_says_more() -> None:
    found = read_charter(toml(lambda one: one["criteria"][0].pop("minimum")))
    assert (found.criteria[0].knock_out, found.criteria[0].minimum) == (True, 1)
    found = read_charter(toml(lambda one: one["criteria"][1].pop("knock_out")))
    assert (found.criteria[1].knock_out, found.criteria[1].minimum) == (False, 0)


@pytest.mark.parametrize(
    ("data", "code", "row"),
    [
        (b"", "empty", 0),
        (b" \n", "empty", 0),
        (b"x" * (LARGEST + 1), "too_large", 0),
        (b'[name]\nnl = "caf\xe9"', "encoding", 2),
        (b"[name]\nnl = no\n", "not_toml", 2),
        (b"key,weight\na,20\n", "not_toml", 1),
        (b"a = " + b"9" * 5000, "not_toml", 0),
        (b"a = " + b"[" * 200_000, "not_toml", 0),
        (b"[name]\n" + b"a." * 500_000 + b"a = 1", "not_toml", 2),
        (b"[" + b'"a" . ' * 150_000 + b"a]", "not_toml", 1),
        (b"%PDF-1.7", "unknown_format", 0),
        (b"\xd0\xcf\x11\xe0old", "unknown_format", 0),
        (b"PK\x03\x04broken", "not_a_workbook", 0),
    ],
)
def test_what_is_no_charter_is_refused_with_why(data: bytes, code: str, row: int) -> None:
    (one,) = wrong(data)
    assert (one.code, one.row) == (code, row)


def test_notepads_mark_does_no_harm() -> None:
    assert read_charter(b"\xef\xbb\xbf" + as_toml(shipped())) == shipped()


def xlsx(change: Any) -> bytes:
    book = load_workbook(io.BytesIO(as_xlsx(shipped())))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_faults_of_a_workbook_stand_at_a_sheet_a_row_and_a_column() -> None:
    def spoil(book: Any) -> None:
        criteria, charter = book["criteria"], book["charter"]
        criteria["B2"] = "heavy"
        criteria["C3"] = "perhaps"
        criteria["D4"] = 7
        criteria["E5"] = "=1+1"
        criteria["F6"] = None
        charter["A2"] = "  "
        charter["A3"] = "a second one"

    found = wrong(xlsx(spoil))
    assert {(one.code, one.sheet, one.row, one.where) for one in found} == {
        ("not_whole", "criteria", 2, "weight"),
        ("not_yes_or_no", "criteria", 3, "knock_out"),
        ("out_of_range", "criteria", 4, "minimum"),
        ("formula", "criteria", 5, "name_en"),
        ("missing_translation", "criteria", 6, "name_fr"),
        ("missing_translation", "charter", 2, "name_en"),
        ("surplus_row", "charter", 3, ""),
    }


def test_people_fill_in_cells_in_their_own_way() -> None:
    def fill(book: Any) -> None:
        sheet = book["criteria"]
        sheet["A1"], sheet["C1"] = "KEY", "Knock-out"
        sheet["B2"] = 20
        for cell, word in (("C2", "ja"), ("C3", "Non"), ("C4", True), ("C5", None), ("C6", 0)):
            sheet[cell] = word

    assert read_charter(xlsx(fill)) == shipped()


@pytest.mark.parametrize("sheet", ["criteria", "charter"])
def test_a_missing_sheet_is_named(sheet: str) -> None:
    (one,) = wrong(xlsx(lambda book: book.remove(book[sheet])))
    assert (one.code, one.sheet) == ("missing_sheet", sheet)


def test_an_unknown_column_is_named_while_the_other_sheet_is_checked() -> None:
    def spoil(book: Any) -> None:
        book["criteria"]["A1"] = "colour"
        book["charter"]["B2"] = None

    found = {(one.code, one.sheet, one.where) for one in wrong(xlsx(spoil))}
    assert found == {
        ("unknown_columns", "criteria", "colour"),
        ("missing_translation", "charter", "name_fr"),
    }


def test_the_comment_is_a_comment_whatever_it_holds() -> None:
    text = as_toml(shipped(), comment="one\nname = 3\n[[criteria]]").decode()
    assert re.match(r"# one\n# name = 3\n# \[\[criteria\]\]\n\n\[name\]", text)
