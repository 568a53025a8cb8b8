"""What may be written about a supplier: good and bad numbers, links, days and amounts, and all that is wrong
of a whole one at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from commands.kernel.fields import FieldError, faults
from commands.labels import load_labels
from commands.suppliers.companies import Company, company
from commands.suppliers.entry import Circumstances, Entry
from commands.suppliers.fields import Around, parse, value_of, with_value
from storage.suppliers import Deal, Draft

AROUND = Around(load_labels(), date(2026, 11, 23), "EUR")


def problem(name: str, text: str) -> str:
    with pytest.raises(FieldError) as caught:
        parse(name, text, AROUND)
    return caught.value.problem


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("BE0403.170.701", Company("BE", "0403170701")),
        ("be 403 170 701", Company("BE", "0403170701")),
        ("NL123456782B01", Company("NL", "123456782B01")),
        ("NL 33014286", Company("NL", "33014286")),
        ("FR40 303 265 045", Company("FR", "303265045")),
        ("FR 303265045", Company("FR", "303265045")),
        ("FR 732 829 320 00074", Company("FR", "732829320")),
        ("DE 136,695 976", Company("DE", "136695976")),
        ("LU B12345", Company("LU", "B12345")),
        ("ESB58378431", Company("ES", "B58378431")),
        ("IT00743110157", Company("IT", "00743110157")),
        ("PT 501 964 843", Company("PT", "501964843")),
        ("ATU13585627", Company("AT", "U13585627")),
        ("CHE-107.787.577 IVA", Company("CH", "CHE107787577")),
        ("EL094259216", Company("GR", "094259216")),
        ("NO 995 525 828 MVA", Company("NO", "995525828")),
        ("US 12-3456789", Company("US", "123456789")),
    ],
)
def test_a_company_has_one_number_however_it_is_written(text: str, known: Company) -> None:
    assert parse("company", text, AROUND).value == known
    assert company(f"{known.country} {known.number}") == known


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("BE0403.170.702", "company_checksum"),
        ("BE0403.170", "company_length"),
        ("BE over there", "company_form"),
        ("FR 303265046", "company_checksum"),
        ("FR 73282932000075", "company_checksum"),
        ("NL123456789B01", "company_checksum"),
        ("NL 111222333", "company_form"),  # it may be a person's BSN
        ("0403.170.701", "company_country"),
        ("nothing", "company_form"),
        ("HRB 11223", "company_country"),
        ("BE" + "0" * 40, "too_long"),
    ],
)
def test_a_number_that_no_company_has_is_refused(text: str, wrong: str) -> None:
    assert problem("company", text) == wrong


def test_the_country_may_be_known_beforehand() -> None:
    assert company("0403.170.701", usual="BE") == company("0403.170.701", country="BE")
    assert company("FR 303265045", usual="BE").country == "FR"
    assert company("Aachen HRB 11223", usual="DE").country == "DE"
    assert company("SC123456", country="GB") == Company("GB", "SC123456")
    with pytest.raises(FieldError):
        company("FR 303265045", country="BE")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("website", "www.example.org/shop", "https://www.example.org/shop"),
        ("starts", "2026-12-01", "2026-12-01"),
        ("ends", "31/12/2027", "2027-12-31"),
        ("ends", "1 maart 2027", "2027-03-01"),
        ("ends", "demain", "2026-11-24"),
        ("deposit", "€ 12,50", 1250),
        ("deposit", "1.250 euro", 125_000),
        ("deposit", "EUR 0", 0),
        ("deposit", "", None),
        ("class", "diensten", "service"),
        ("modes", "huren en tweedehands", ("rent", "second_hand")),
        ("modes", "second_hand; location", ("second_hand", "rent")),
        ("languages", "Nederlands, anglais", ("nl", "en")),
        ("regions", "Gand, Brussels Hoofdstedelijk Gewest", ("be-ghent", "brussels")),
        ("regions", "overal", ()),
        ("categories", "drukkerij, imprimerie", ("printing",)),
        ("contact", "An, an@print.example; +32 9 123 45 67", "An, an@print.example, +32 9 123 45 67"),
        ("steps", "Call them.\nSay the code.", "Call them.\nSay the code."),
        ("name", "  De   Drukkerij ", "De Drukkerij"),
    ],
)  # fmt: skip
def test_what_people_type_becomes_a_value(name: str, text: str, value: Any) -> None:
    assert parse(name, text, AROUND).value == value


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("website", "javascript:alert(1)", "bad_link"),
        ("website", "ftp://example.org", "bad_link"),
        ("website", "https://user:secret@example.org", "bad_link"),
        ("website", "printing", "bad_link"),
        ("website", "https://example.org/" + "x" * 300, "too_long"),
        ("contact", "an@print", "bad_email"),
        ("contact", "An, an@@print.example", "bad_email"),
        ("contact", "+32 9", "bad_phone"),
        ("starts", "31/2/2027", "bad_date"),
        ("starts", "whenever", "bad_date"),
        ("ends", "tomorrow 14:00", "bad_date"),
        ("ends", "2999-01-01", "bad_date"),
        ("deposit", "-5", "bad_amount"),
        ("deposit", "a lot", "bad_amount"),
        ("deposit", "$ 5", "bad_amount"),
        ("class", "nonsense", "unknown_class"),
        ("modes", "buy, steal", "unknown_mode"),
        ("modes", "", "required"),
        ("name", "", "required"),
        ("name", "!!", "too_short"),
        ("languages", "Klingonese", "unknown_language"),
        ("offer", "x" * 1501, "too_long"),
        ("categories", ";".join(f"thing {n}" for n in range(13)), "too_many"),
    ],
)
def test_what_is_no_value_is_refused_by_name(name: str, text: str, wrong: str) -> None:
    assert problem(name, text) == wrong


def test_what_no_table_knows_stays_as_typed_with_a_note() -> None:
    parsed = parse("categories", "printng, Unicorn grooming", AROUND)
    assert parsed.value == ("printng", "Unicorn grooming")
    assert [note.problem for note in parsed.notes] == ["unknown_category"] * 2
    assert "printing" in parsed.notes[0].suggestions
    assert parse("regions", "Westhoek", AROUND).value == ("Westhoek",)


def test_a_whole_supplier_comes_in_as_texts() -> None:
    circumstances = Circumstances(AROUND)
    entry = Entry.model_validate(
        {
            "name": "De Drukkerij",
            "class_": "dienst",
            "modes": "delen; kopen",
            "company_country": "België",
            "company": "0403.170.701",
            "categories": "drukwerk; zines",
            "offer": {"nl": "Drukwerk", "fr": ""},
            "deal": {"nl": "10% korting"},
            "code": "KRING10",
            "ends": "31/12/2027",
        },
        context=circumstances,
    )
    draft = entry.draft()
    assert (draft.company_country, draft.company_number) == ("BE", "0403170701")
    assert draft.modes == ("share", "buy")
    assert draft.texts == {"offer": {"nl": "Drukwerk"}, "deal": {"nl": "10% korting"}}
    assert draft.deal == Deal(code="KRING10", ends="2027-12-31")
    assert [(name, note.found) for name, note in circumstances.notes] == [("categories", "zines")]


def test_all_that_is_wrong_is_told_at_once_with_its_place() -> None:
    with pytest.raises(ValidationError) as caught:
        Entry.model_validate(
            {
                "name": "",
                "class_": "nonsense",
                "company_country": "BE",
                "company": "0403.170.702",
                "offer": {"nl": "fine", "fr": "x" * 2000},
                "starts": "2027-02-01",
                "ends": "2027-01-01",
            },
            context=Circumstances(AROUND),
        )
    assert [(one.field, one.part, one.error.problem) for one in faults(caught.value)] == [
        ("name", "", "required"),
        ("class_", "", "unknown_class"),
        ("company", "", "company_checksum"),
        ("offer", "fr", "too_long"),
        ("ends", "", "ends_early"),
    ]


def test_one_field_changes_and_the_others_stay() -> None:
    draft = Draft("De Drukkerij", "service", deal=Deal(starts="2026-01-01"))
    draft = with_value(draft, "offer", "Printing", "en")
    draft = with_value(draft, "deal_contact", "An")
    assert value_of(draft, "offer", "en") == "Printing"
    assert draft.deal == Deal(contact="An", starts="2026-01-01")
    with pytest.raises(FieldError, match="ends_early"):
        with_value(draft, "ends", "2025-12-31")
    for name in ("deal_contact", "starts"):
        draft = with_value(draft, name, None)
    assert draft.deal is None
    assert with_value(draft, "offer", None, "en").texts == {"offer": {}}
