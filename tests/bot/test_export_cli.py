"""`kring export`: the register that can be brought in again, and the public pages of the directory."""

from __future__ import annotations

import csv
import io
import stat
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest

from bot.cli.export import MARKER
from commands.labels import load_labels
from commands.members import directory
from storage import member_accounts, members
from storage.members import Profile
from storage.session import Session
from tests.bot.conftest import Office


def pages_of(office: Office) -> dict[str, str]:
    root = office.folder / "site"
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in root.rglob("*")
        if path.is_file()
    }


ANNA = Profile(
    display_name="Anna <b>Peeters</b>",
    professions=("2643.1", "=cmd('calc')!A0"),
    sectors=("J",),
    skills=("+32 dancing, singing",),
    city="Elsene",
    postcode="1050",
    country="BE",
    languages=("nl", "fr"),
    about="Regel een\nRegel twee {{7*7}} om",
    links=("https://example.org/?a=1&b=2",),
    stage="starting",
    open_to=("collaborate", "mentor"),
)
BRAM = Profile(
    display_name="Bram Secret", professions=("soup whisperer",), city="Gent", about="hidden words"
)


@pytest.fixture
def office(office: Office) -> Office:
    """In which four people are known."""

    def fill(session: Session) -> None:
        anna = members.add(session, ANNA, number="K1", turnover_cents=4_242_424_200, now=1)
        members.set_public_page(session, anna, True, now=1)
        member_accounts.attach(session, "@anna:example.org", anna, source="register", now=1)
        bram = members.add(session, BRAM, number="K2", now=1)
        members.set_consent(session, bram, "yes", now=1)
        members.add(session, Profile(display_name="Self made"), now=1)
        gone = members.add(session, Profile(display_name="Gone"), number="K4", now=1)
        members.set_public_page(session, gone, True, now=1)
        members.set_status(session, [gone], "left", now=1)

    office.do(fill)
    return office


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_the_register_goes_out_and_comes_in_unchanged(office: Office, name: str) -> None:
    code, said = office.kring("export", "members", name)
    assert (code, said) == (0, f"{name}: 2 members.\n")
    file = office.folder / name
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    code, said = office.kring("import", "members", name)
    assert code == 0, said
    assert "2 rows, 0 with errors, 0 new, 0 changed, 2 unchanged" in said
    assert b"42424242" not in file.read_bytes()


def test_no_cell_of_the_register_is_a_formula(office: Office) -> None:
    office.kring("export", "members", "out.csv")
    text = (office.folder / "out.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert "turnover" not in rows[0]
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]
    assert "'@anna:example.org" in rows[1]


def test_another_kind_of_file_is_refused(office: Office) -> None:
    code, said = office.kring("export", "members", "out.ods")
    assert code == 2
    assert ".csv or .xlsx" in said


def test_the_directory_shows_only_who_agreed_and_what_everyone_may_see(office: Office) -> None:
    hidden_sign = {"about": "Regel een\nRegel twee {{7*7}} \u202eom"}
    office.do(lambda session: members.set_fields(session, 1, hidden_sign, now=2))
    assert office.kring("export", "directory", "site")[0] == 0
    site = pages_of(office)
    everything = "\n".join(site.values())
    assert "Anna &lt;b&gt;Peeters&lt;/b&gt;" in everything
    assert "{{7*7}}" in everything
    assert "\u202e" not in everything
    assert 'href="https://example.org/?a=1&amp;b=2"' in everything
    for hidden in (
        "Bram",
        "Gone",
        "Self made",
        "1050",
        "K1",
        "@anna",
        "<b>",
        "<script",
        "42424242",
    ):
        assert hidden not in everything, hidden
    assert {"index.html", "nl/index.html", "fr/index.html", "en/index.html"} <= site.keys()
    assert "Bruxelles" in site["fr/region/brussels.html"]


def test_every_link_of_the_directory_leads_somewhere(office: Office) -> None:
    office.kring("export", "directory", "site")
    site = pages_of(office)

    class Links(HTMLParser):
        def __init__(self, page: str) -> None:
            super().__init__()
            self.page = page

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            address = dict(attrs).get("href")
            if address and not address.startswith(("https:", "#")):
                target = urljoin(f"http://x/{self.page}", address).removeprefix("http://x/")
                assert target in site, (self.page, address)

    pages = [page for page in site if page.endswith(".html")]
    assert len(pages) > 8
    for page in pages:
        Links(page).feed(site[page])
        assert f'<html lang="{page[:2] if "/" in page else "en"}">' in site[page]


def test_who_takes_back_their_yes_is_gone_from_the_next_edition(office: Office) -> None:
    office.kring("export", "directory", "site")
    office.do(lambda session: members.set_consent(session, 1, "no", now=2))
    assert office.kring("export", "directory", "site")[0] == 0
    assert "Anna" not in "".join(pages_of(office).values())
    assert "Nobody appears here yet" in pages_of(office)["en/index.html"]
    assert [one.name for one in office.folder.iterdir() if "site" in one.name] == ["site"]


def test_a_folder_with_other_files_is_left_alone(office: Office) -> None:
    folder = office.folder / "site"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    code, said = office.kring("export", "directory", "site")
    assert code == 1
    assert "other files" in said
    assert pages_of(office) == {"thesis.txt": "years of work"}
    (folder / "thesis.txt").unlink()
    assert office.kring("export", "directory", "site")[0] == 0
    assert (folder / MARKER).exists()


def test_many_people_of_one_profession_get_several_pages(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "_PER_PAGE", 2)

    def fill(session: Session) -> None:
        for number in range(5):
            one = members.add(
                session, Profile(display_name=f"P{number}", professions=("Gipser",)), now=1
            )
            members.set_public_page(session, one, True, now=1)

    office.do(fill)
    office.kring("export", "directory", "site")
    site = pages_of(office)
    shown = [site[f"nl/profession/gipser{end}.html"] for end in ("", "-2", "-3")]
    assert [page.count("<article>") for page in shown] == [2, 2, 1]
    assert load_labels().profession("gipser") is None


def test_what_only_networks_may_see_is_on_no_public_page(office: Office) -> None:
    def hide(session: Session) -> None:
        members.set_visibility(session, 1, "skills", "networks", now=2)
        members.set_visibility(session, 1, "about", "nobody", now=2)
        members.set_visibility(session, 1, "city", "nobody", now=2)

    office.do(hide)
    office.kring("export", "directory", "site")
    everything = "\n".join(pages_of(office).values())
    assert "Anna" in everything
    for hidden in ("dancing", "Regel twee", "Elsene", "Ixelles", "Bruxelles"):
        assert hidden not in everything, hidden


def test_a_broken_file_of_labels_is_told_with_its_row_by_whichever_command(office: Office) -> None:
    (office.folder / "labels.csv").write_text("code,sector,nl,fr,en\nx,N,a,b,c\n")
    config = office.folder / "config.toml"
    config.write_text(f'{config.read_text()}[labels]\nextra = ["labels.csv"]\n')
    for command in (
        ("export", "directory", "site"),
        ("network", "new", "--name", "en=Film"),
    ):
        code, said = office.kring(*command)
        assert code == 1
        assert said.startswith("kring: labels.extra: ")
        assert said.endswith("labels.csv, row 2: code: 'x' is no code\n")
