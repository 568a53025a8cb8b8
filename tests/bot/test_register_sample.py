"""The invented register and the people of the demonstration look like a cooperative's."""

import csv
import re
from collections import Counter
from dataclasses import astuple
from itertools import islice
from pathlib import Path
from time import perf_counter

import openpyxl
import pytest

from bot.demo.cast import DEMO_NETWORKS, demo_members
from bot.demo.register import (
    COLUMNS,
    OPEN_TO,
    STAGES,
    RegisterRow,
    rows,
    write_csv,
    write_xlsx,
)
from commands.labels import load_labels

LANGUAGES = {"nl", "fr", "en"}


@pytest.fixture(scope="module")
def register() -> list[RegisterRow]:
    return list(rows(5_000))


def test_the_same_seed_gives_the_same_register(register: list[RegisterRow]) -> None:
    assert list(rows(5_000)) == register
    assert list(rows(50)) == register[:50], "a shorter register is a beginning"
    assert list(rows(50, seed=2)) != register[:50]


def test_a_whole_register_takes_seconds() -> None:
    started = perf_counter()
    numbers = {row.member_number for row in rows(35_000)}
    assert perf_counter() - started < 3
    assert len(numbers) == 35_000


def test_accounts_only_when_asked(register: list[RegisterRow]) -> None:
    assert {row.matrix_id for row in register} == {""}
    some = list(rows(5, homeserver="kring.example", accounts=2))
    assert [row.matrix_id for row in some] == [
        "@m00001:kring.example",
        "@m00002:kring.example",
        "",
        "",
        "",
    ]


def test_every_row_is_one_that_a_register_could_hold(register: list[RegisterRow]) -> None:
    labels = load_labels()
    for row in [*register, *(member.row for member in demo_members("localhost"))]:
        for written in row.professions.split(";"):
            assert labels.match(written, "profession") is not None, written
        assert all(sector in labels.sectors for sector in row.sectors.split(";")), row
        place = labels.place(row.city)
        assert place is not None, row.city
        assert (place.region, place.country) == (row.region, row.country), row.city
        assert all(re.fullmatch("[a-z]{2}", lang) for lang in row.languages.split(";"))
        assert len(set(row.languages.split(";"))) == len(row.languages.split(";"))
        assert row.stage in STAGES
        assert set(filter(None, row.open_to.split(";"))) <= set(OPEN_TO)
        assert row.turnover == "" or int(row.turnover) >= 0
        assert len(row.skills.split(";")) >= 2
        assert "{" not in row.about
        assert all(cell == cell.strip() and "\n" not in cell for cell in astuple(row))


def test_it_is_skewed_as_real_ones_are(register: list[RegisterRow]) -> None:
    regions = Counter(row.region for row in register)
    assert regions.most_common(1)[0][0] == "brussels"
    sectors = Counter(row.sectors.split(";")[0] for row in register)
    assert sectors["S"] + sectors["J"] > len(register) / 3
    assert len(sectors) >= 12
    assert sum(row.turnover == "" for row in register) > 1_000
    assert len({row.about for row in register}) > 4_000
    assert len({row.display_name for row in register}) > 2_500


def test_professions_are_written_by_many_hands(register: list[RegisterRow]) -> None:
    written = [name for row in register for name in row.professions.split(";")]
    codes = sum(re.fullmatch(r"\d{4}\.\d+", name) is not None for name in written)
    assert 0.25 < codes / len(written) < 0.45
    labels = load_labels()
    spoken = Counter(
        lang
        for name in written
        for label in [labels.match(name, "profession")]
        if label is not None
        for lang, preferred in label.names.items()
        if preferred == name
    )
    assert all(spoken[lang] > 100 for lang in LANGUAGES)


def test_both_files_say_the_same(tmp_path: Path) -> None:
    some = list(rows(40, accounts=3))
    write_csv(tmp_path / "register.csv", some)
    write_xlsx(tmp_path / "register.xlsx", iter(some))
    with (tmp_path / "register.csv").open(encoding="utf-8", newline="") as file:
        from_csv = list(csv.reader(file))
    sheet = openpyxl.load_workbook(tmp_path / "register.xlsx").worksheets[0]
    from_xlsx = [["" if cell is None else cell for cell in line] for line in sheet.values]
    assert from_csv == from_xlsx == [list(COLUMNS), *(list(astuple(row)) for row in some)]
    assert ",".join(COLUMNS) == (
        "member_number,matrix_id,display_name,professions,sectors,skills,city,postcode,region,"
        "country,languages,about,links,stage,open_to,turnover"
    )


def test_the_people_of_the_demonstration() -> None:
    members = demo_members("localhost")
    assert len({member.login for member in members}) == 25
    assert len({member.row.member_number for member in members}) == 25
    assert next(islice(members, 1)).row.matrix_id == "@anna:localhost"
    assert {member.language for member in members} == LANGUAGES
    in_ghent = [
        member
        for member in members
        if member.findable and member.row.city == "Gent" and "2643.1" in member.row.professions
    ]
    assert len(in_ghent) >= 2, "so that `!find vertaler gent` finds someone"
    assert any(not member.findable for member in members)
    assert sum("staff" in member.roles for member in members) >= 2
    assert sum("buyer" in member.roles for member in members) >= 2
    assert not {demo.row.member_number for demo in members} & {
        row.member_number for row in rows(100)
    }


def test_the_networks_of_the_demonstration() -> None:
    members = demo_members("localhost")
    labels = load_labels()
    slugs = {network.slug for network in DEMO_NETWORKS}
    assert len(slugs) == 9
    for network in DEMO_NETWORKS:
        for texts in (network.names, network.purposes, network.criteria, network.goals):
            assert set(texts) == LANGUAGES, network.slug
            assert all(texts.values()), network.slug
        assert set(network.languages) <= LANGUAGES
        assert network.region == "" or labels.get(network.region) is not None
        assert all(labels.get(code) is not None for code in network.codes), network.slug
        assert any(network.slug in member.animates for member in members), network.slug
    for member in members:
        assert set(member.animates) <= set(member.networks) <= slugs, member.login
        assert len(member.networks) <= 3
    assert {network.kind for network in DEMO_NETWORKS} == {"profession", "sector", "other"}
    assert {network.openness for network in DEMO_NETWORKS} == {"open", "approval", "invitation"}
    assert {network.criterion_kind for network in DEMO_NETWORKS} == {"quantitative", "strategic"}
