"""The catalogue as a file: what an import says and does, and that an export which comes in changes nothing."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from commands.kernel.catalogue import languages
from commands.labels import load_labels
from commands.spreadsheets import SpreadsheetError, as_workbook
from commands.suppliers import catalogue
from commands.suppliers.catalogue import NotSound, Plan, Writer
from commands.suppliers.entry import Circumstances, Entry
from commands.suppliers.fields import Around
from storage import audit, suppliers
from storage.session import Session
from storage.suppliers import CLASSES, MODES, Deal, Draft, Supplier

AROUND = Around(load_labels(), date(2026, 11, 23), "EUR")
BEA = "@bea:localhost"
GHENT = "Repair Café Gent"
FULL = {
    "number": "", "name": GHENT, "country": "BE", "company_number": "0403.170.701", "class": "dienst",
    "modes": "réparation; borrow", "categories": "printing, fietskoerier, Glass harps", "regions": "gent",
    "languages": "néerlandais, English", "website": "repair.example.org", "contact": "Jo, jo@example.org",
    "offer_nl": "Wij herstellen alles", "offer_fr": "Nous réparons tout", "deal_en": "Ten percent off",
    "steps_en": "Say the code", "pickup_en": "Dock 3", "code": "KRING10", "deal_contact": "the counter",
    "starts": "1/1/2026", "ends": "2027-01-31", "deposit": "50",
}  # fmt: skip


def checked(source: str | bytes | Sequence[dict[str, str]]) -> catalogue.Checked:
    if isinstance(source, str):
        source = source.encode()
    if not isinstance(source, bytes):
        if any("modes" in row for row in source):
            source = [{"modes": "buy", **row} for row in source]
        out = io.StringIO()
        header = list(dict.fromkeys(key for row in source for key in row))
        writer = csv.DictWriter(out, header)
        writer.writeheader()
        writer.writerows(source)
        source = out.getvalue().encode()
    return catalogue.check(catalogue.read(source, "suppliers"), AROUND)


def planned(session: Session, source: str | bytes | Sequence[dict[str, str]]) -> Plan:
    return catalogue.plan(session, checked(source))


def imported(
    session: Session,
    source: str | bytes | Sequence[dict[str, str]],
    *,
    skip_bad: bool = False,
    now: int = 1,
) -> Plan:
    plan = catalogue.plan(session, checked(source), skip_bad=skip_bad)
    catalogue.apply(
        session, plan, labels=AROUND.labels, actor=BEA, proposer=BEA, language="en", now=now
    )
    return plan


def problems(plan: Plan) -> list[tuple[int, str, str]]:
    return [(issue.row, issue.column, issue.code) for issue in plan.issues]


def one(session: Session, name: str = GHENT) -> Supplier:
    (found,) = [one for one in suppliers.every(session) if one.name == name]
    return found


def everything(session: Session) -> list[Any]:
    tables = ("suppliers", "supplier_traits", "supplier_texts", "supplier_deals", "audit")
    return [tuple(row) for table in tables for row in session.rows(f"SELECT * FROM {table}")]


def test_a_row_becomes_a_proposal_with_all_that_it_says(session: Session) -> None:
    plan = imported(session, [FULL])
    assert problems(plan) == []
    assert [(note.column, note.found) for note in plan.notes] == [("categories", "Glass harps")]
    found = one(session)
    assert (found.state, found.proposer, found.is_visible) == ("proposed", BEA, False)
    assert (found.company_country, found.company_number) == ("BE", "0403170701")
    assert (found.class_, found.modes) == ("service", ("borrow", "repair"))
    assert found.categories[-1] == "Glass harps"
    assert AROUND.labels.category(found.categories[0]) is not None
    assert found.languages == ("nl", "en")
    assert found.texts["offer"] == {"nl": "Wij herstellen alles", "fr": "Nous réparons tout"}
    assert found.deal == Deal("KRING10", "the counter", "2026-01-01", "2027-01-31", 5000)
    assert found.language in found.texts["offer"]


def test_the_same_import_again_changes_nothing(session: Session) -> None:
    rows = [
        FULL,
        {"name": "Zonder nummer", "class": "product", "modes": "tweedehands, huren"},
        {"name": "Repair Café", "class": "service", "company_number": "BE 0202.239.951"},
        {"name": "Repair Café", "class": "service", "company_number": "FR 303265045"},
    ]
    assert len(imported(session, rows).new) == 4
    before = everything(session)
    again = imported(session, rows, now=99)
    assert (again.unchanged, again.changes_nothing, again.missing) == (4, True, 0)
    assert everything(session) == before


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_headers_are_understood_in_each_language(session: Session, language: str) -> None:
    imported(session, [FULL])
    data, count = Writer(session, AROUND, language, smallest=5).csv()
    header = data.decode("utf-8-sig").splitlines()[0].split(",")
    assert count == 1
    assert {"en": "offer_nl", "nl": "aanbod_nl", "fr": "offre_nl"}[language] in header
    assert {"en": "number", "nl": "nummer", "fr": "numéro"}[language] == header[0]
    assert {"en": "_state", "nl": "_status", "fr": "_statut"}[language] in header
    assert planned(session, data).unchanged == 1


WORDS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n'=+-@;,|\" "), max_size=12
)
CELLS = st.fixed_dictionaries(
    {
        "name": st.tuples(WORDS, st.sampled_from(["ab", "Zé", "42"])).map("".join),
        "class_": st.sampled_from(CLASSES),
        "modes": st.lists(st.sampled_from(MODES), min_size=1).map(";".join),
        "categories": st.lists(WORDS | st.sampled_from(sorted(AROUND.labels.categories))).map(
            ";".join
        ),
        "regions": st.lists(WORDS | st.sampled_from(sorted(AROUND.labels.places))).map(";".join),
        "languages": st.lists(st.sampled_from(["nl", "fr", "de", "bs", "nds", "sfb"])).map(
            ";".join
        ),
        "website": st.sampled_from(["", "a.example", "http://a.example/?q=1&b='x"]),
        "company": st.sampled_from(
            ["", "BE0403170701", "CHE107787577", "LU B12345", "EL094259216", "US 12-3456789"]
        ),
        "contact": WORDS.map(lambda text: text.replace("@", "a@b.example, ")),
        "offer": st.dictionaries(st.sampled_from(languages()), WORDS),
        "deal": st.dictionaries(st.sampled_from(languages()), WORDS),
        "steps": st.dictionaries(st.sampled_from(languages()), WORDS),
        "code": WORDS,
        "starts": st.dates(date(1990, 1, 1), date(2020, 1, 1)).map(str),
        "ends": st.sampled_from(["", "2021-02-28"]),
        "deposit": st.integers(0, 10**9).map(lambda cents: f"{cents // 100}.{cents % 100:02}"),
    }
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=list(HealthCheck)
)  # the door refuses many
@given(cells=st.lists(CELLS, max_size=4), language=st.sampled_from(languages()), xlsx=st.booleans())
def test_an_export_that_comes_in_again_changes_nothing(
    session: Session, cells: list[dict[str, Any]], language: str, xlsx: bool
) -> None:
    session.run("DELETE FROM suppliers")
    taken: set[str | None] = {None}
    for each in cells:
        try:
            draft = Entry.model_validate(each, context=Circumstances(AROUND)).draft()
        except ValidationError:
            continue
        if draft.company_number is None or draft.company_number not in taken:
            taken.add(draft.company_number)
            suppliers.add(session, draft, state="prospect", proposer=None, language="en", now=1)
    writer = Writer(session, AROUND, language, smallest=5)
    data, count = writer.xlsx() if xlsx else writer.csv()
    plan = planned(session, data)
    assert problems(plan) == []
    assert [(one.fields, one.supplier, one.draft) for one in plan.changed] == []
    assert (plan.unchanged, plan.missing, plan.new) == (count, 0, ())


def test_every_error_is_told_with_its_row_and_column_all_at_once(session: Session) -> None:
    plan = planned(
        session,
        [
            {**FULL, "company_number": "0403.170.702", "class": "toy", "ends": "2025-12-31"},
            {**FULL, "name": "", "number": "twelve", "modes": "steal", "languages": "Klingonese"},
            {**FULL, "name": "Ok", "company_number": "", "website": "java script", "number": "77"},
            {**FULL, "name": "Ok two", "company_number": "", "deposit": "-5", "starts": "someday"},
            {**FULL, "name": "Ok three", "country": "Atlantis", "offer_nl": "x" * 2000},
        ],
    )
    assert sorted(problems(plan)) == sorted(
        [
            (2, "class", "unknown_class"),
            (2, "company_number", "company_checksum"),
            (2, "ends", "ends_early"),
            (3, "name", "required"),
            (3, "number", "bad_supplier_number"),
            (3, "modes", "unknown_mode"),
            (3, "languages", "unknown_language"),
            (4, "website", "bad_link"),
            (4, "number", "unknown_supplier"),
            (5, "deposit", "bad_amount"),
            (5, "starts", "bad_date"),
            (6, "country", "unknown_country"),
            (6, "offer_nl", "too_long"),
        ]
    )
    assert plan.new == ()


def test_nothing_is_written_unless_the_file_is_sound_or_bad_rows_are_skipped(
    session: Session,
) -> None:
    rows = [FULL, {"name": "Bad", "class": "toy"}]
    with pytest.raises(NotSound):
        imported(session, rows)
    assert everything(session) == []
    assert imported(session, rows, skip_bad=True).rejected == {3}
    assert [found.name for found in suppliers.every(session)] == [GHENT]


def test_what_stands_twice_is_told_with_the_other_row(session: Session) -> None:
    imported(session, [{"name": "Known", "class": "product"}])
    same = {"class": "service", "number": "", "company_number": ""}
    plan = planned(
        session,
        [
            {**same, "name": "Twin"},
            {**same, "name": "TWIN"},
            {**same, "name": "Aa", "company_number": "BE 0403170701"},
            {**same, "name": "Bb", "company_number": "0403.170.701", "country": "Belgique"},
            {**same, "name": "Known", "number": "1"},
            {**same, "name": "Known again", "number": "#1"},
        ],
    )
    assert [(issue.row, issue.code, issue.rows) for issue in plan.issues] == [
        (2, "duplicate_name", (3,)),
        (3, "duplicate_name", (2,)),
        (4, "duplicate_company", (5,)),
        (5, "duplicate_company", (4,)),
        (6, "duplicate_supplier_number", (7,)),
        (7, "duplicate_supplier_number", (6,)),
    ]
    plan = planned(session, [{**same, "name": "Renamed", "number": "1"}, {**same, "name": "known"}])
    assert [(issue.row, issue.code, issue.rows) for issue in plan.issues] == [
        (2, "same_supplier", (3,)),
        (3, "same_supplier", (2,)),
    ]


def test_rows_match_by_number_then_company_then_name(session: Session) -> None:
    imported(session, [FULL, {"name": "Élan", "class": "product"}])
    plan = planned(
        session,
        [
            {"number": "", "name": "Another name", "class": "service", "company_number": "BE 403.170.701"},
            {"number": "", "name": "elan", "class": "product", "company_number": ""},
        ],
    )  # fmt: skip
    assert [(one.supplier.id, one.fields) for one in plan.changed] == [
        (1, ("name",)),
        (2, ("name",)),
    ]
    assert (plan.new, plan.missing) == ((), 0)


def test_whoever_may_be_meant_is_asked_and_never_guessed(session: Session) -> None:
    branch = {"class": "service", "company_number": ""}
    imported(
        session,
        [
            FULL,
            {**branch, "name": "Branch", "company_number": "FR 303265045"},
            {**branch, "name": "Branch", "company_number": "BE 0202.239.951"},
        ],
    )

    def refused(**row: str) -> tuple[str, str, tuple[str, ...]]:
        (issue,) = planned(session, [{**branch, **row}]).issues
        return issue.column, issue.code, issue.suggestions

    assert refused(name="branch") == ("name", "several_suppliers", ("2", "3"))
    assert refused(number="2", name=GHENT) == ("name", "name_of_other", ("1",))
    assert refused(name=GHENT, company_number="NL 33014286") == (
        "company_number",
        "other_company",
        ("1",),
    )
    assert refused(number="1", name=GHENT, company_number="FR 303265045") == (
        "company_number",
        "company_of_other",
        ("2",),
    )
    assert refused(number="9", name="Nine") == ("number", "unknown_supplier", ())


def test_columns_that_are_not_there_touch_nothing_and_empty_cells_empty(session: Session) -> None:
    imported(session, [FULL])
    before = one(session)
    plan = imported(session, [{"number": "1", "name": GHENT, "class": "service"}])
    assert plan.changes_nothing
    imported(
        session,
        [{"number": "1", "name": GHENT, "class": "service", "code": "", "offer_nl": "", "regions": ""}],
    )  # fmt: skip
    after = one(session)
    assert before.deal is not None
    assert after.deal == Deal(
        None, before.deal.contact, before.deal.starts, before.deal.ends, before.deal.deposit_cents
    )
    assert after.texts["offer"] == {"fr": "Nous réparons tout"}
    assert (after.regions, after.categories) == ((), before.categories)
    plan = planned(
        session, [{"number": "1", "name": GHENT, "class": "service", "ends": "2025-01-01"}]
    )
    assert problems(plan) == [(2, "ends", "ends_early")]


def test_what_changed_is_brought_up_to_date_in_the_search(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(session, [FULL, {"name": "Other", "class": "product"}])
    reindexed: list[int] = []
    monkeypatch.setattr(
        # Its package has the function of the same name.
        sys.modules["commands.suppliers.catalogue.plan"],
        "reindex",
        lambda session, labels, supplier_id: reindexed.append(supplier_id),
    )
    imported(session, [FULL, {"name": "Other", "class": "service"}])
    assert reindexed == [2]


def test_who_is_not_in_the_file_stays_as_it_is(session: Session) -> None:
    imported(session, [FULL, {"name": "Other", "class": "product"}])
    before = one(session)
    plan = imported(session, [{"name": "Other", "class": "service"}])
    assert (plan.missing, len(plan.changed)) == (1, 1)
    assert one(session) == before


def test_what_was_done_is_in_the_audit_log_without_what_was_written(session: Session) -> None:
    imported(session, [FULL])
    imported(session, [{**FULL, "code": "SECRET"}], now=2)
    entries = audit.of_subject(session, "supplier:1")
    assert [(entry.actor, entry.action, entry.details) for entry in entries] == [
        (BEA, "supplier.proposed", {}),
        (BEA, "supplier.imported", {"fields": ["code"]}),
    ]


def test_formulas_are_refused_in_a_workbook_and_neutral_in_an_export(session: Session) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.create_sheet("suppliers")
    sheet.append(["name", "class", "code"])
    sheet.append(["Fine", "service", "=1+1"])
    out = io.BytesIO()
    book.save(out)
    assert problems(planned(session, out.getvalue())) == [(2, "code", "formula")]
    imported(session, [{"name": "=cmd()|x", "class": "service", "code": "@SUM(A1)"}])
    data, _ = Writer(session, AROUND, "en", smallest=5).csv()
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]
    assert planned(session, data).unchanged == 1


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty"),
        (b"%PDF-1.4", "unknown_format"),
        (b"PK\x03\x04rubbish", "not_a_workbook"),
        (b"nom,couleur\nx,y\n", "unknown_columns"),
        (b"number,code\n1,X\n", "missing_columns"),
        (b"name,naam,class\nx,y,service\n", "duplicate_columns"),
        (b'name,class\n"x,service\n', "csv"),
        (b"\xff\xfen\x00a", "encoding"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused_whole(data: bytes, problem: str) -> None:
    with pytest.raises(SpreadsheetError) as caught:
        catalogue.read(data)
    assert caught.value.problem == problem


def test_files_of_windows_programs_and_the_right_sheet_are_read(session: Session) -> None:
    text = "naam;klasse;aanbod_fr\r\nCafé Œuvre;dienst;Réparé à l’atelier\r\n"
    assert planned(session, text.encode("cp1252")).new[0].draft.name == "Café Œuvre"
    assert planned(session, text.encode("utf-16")).new[0].draft.name == "Café Œuvre"
    lines = [("name", "class"), ("Kept", "service")]
    book = as_workbook({"notes": [("something", "else")], "Suppliers": lines})
    assert planned(session, book).new[0].draft == Draft("Kept", "service")
