"""`kring charter export`: pages that stand alone, in each language, of versions that are or were in force."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from commands.suppliers.charter_file import shipped
from storage import charters
from storage.session import Session
from tests.bot.conftest import Office

NAMES = {
    "nl": "Toegang boven bezit",
    "fr": "L’accès plutôt que la possession",
    "en": "Access over ownership",
}


def make(session: Session, *, confirmed: bool = True, **texts: Any) -> None:
    content = shipped()
    first, *others = content.criteria
    criteria = [replace(first, texts={**first.texts, **texts}), *others]
    version = charters.add(session, content.texts, criteria, made_by="@a:x.org", now=1)
    if confirmed:
        charters.put_in_force(session, version, by="@b:x.org", now=1_790_000_000_000)


def pages_of(office: Office, folder: str = "out") -> dict[str, str]:
    return {path.name: path.read_text() for path in (office.folder / folder).iterdir()}


def test_each_language_has_a_page_that_stands_alone(office: Office) -> None:
    office.do(make)
    code, said = office.kring("charter", "export", "out")
    assert code == 0, said
    pages = pages_of(office)
    assert set(pages) == {f"charter-1.{language}.html" for language in NAMES}
    assert said.split() == [f"out/charter-1.{language}.html" for language in ("en", "fr", "nl")]

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.lang = ""
            self.links: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            assert tag not in ("script", "img", "iframe", "link")
            if tag == "html":
                self.lang = given["lang"] or ""
            elif tag == "a":
                self.links.append(given["href"] or "")

    for language, name in NAMES.items():
        page = pages[f"charter-1.{language}.html"]
        reader = Reader()
        reader.feed(page)
        assert page.startswith("<!doctype html>")
        assert reader.lang == language
        assert name in page
        assert "Example" in page
        others = {f"charter-1.{other}.html" for other in NAMES if other != language}
        assert set(reader.links) == {"#main", *others}
        assert page.count("<article>") == 6
        assert "@media print" in page
        assert "@a:x.org" not in page
    assert "EMAS, ISO 14001" in pages["charter-1.en.html"]


def test_what_a_charter_says_is_text_and_no_html(office: Office) -> None:
    hostile = dict.fromkeys(NAMES, '<script>alert("x")</script>{{ 7*7 }} & \u202eco')
    office.do(lambda session: make(session, name=hostile, text=hostile, evidence=hostile))
    config = office.folder / "config.toml"
    config.write_text(config.read_text().replace('"Example"', '"<b>Us</b>"'))
    assert office.kring("charter", "export", "out")[0] == 0
    for page in pages_of(office).values():
        assert "<script" not in page
        assert "<b>" not in page
        assert page.count("&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;{{ 7*7 }} &amp; co") >= 4
        assert "&lt;b&gt;Us&lt;/b&gt;" in page


def test_one_language_links_to_no_page_that_is_not_there(office: Office) -> None:
    office.do(make)
    assert office.kring("charter", "export", "out", "--language", "nl")[0] == 0
    assert set(pages_of(office)) == {"charter-1.nl.html"}
    assert "charter-1.fr.html" not in pages_of(office)["charter-1.nl.html"]
    code, said = office.kring("charter", "export", "out", "--language", "de")
    assert code == 2
    assert "en, fr, nl" in said


def test_old_versions_stay_readable_and_one_that_waits_does_not_leave(office: Office) -> None:
    office.do(make)
    office.do(lambda session: make(session, name=dict.fromkeys(NAMES, "Footprint, renamed")))
    office.do(lambda session: make(session, confirmed=False))
    assert office.kring("charter", "export", "out")[0] == 0
    assert office.kring("charter", "export", "out", "--version", "1")[0] == 0
    pages = pages_of(office)
    assert len(pages) == 6
    assert "Footprint, renamed" in pages["charter-2.en.html"]
    assert "Footprint, renamed" not in pages["charter-1.en.html"]
    for version in ("3", "9"):
        code, said = office.kring("charter", "export", "out", "--version", version)
        assert code == 1
        assert "there is 1, 2" in said
    assert pages_of(office) == pages


@pytest.mark.parametrize("arguments", [(), ("--version", "1")])
def test_without_a_charter_in_force_it_says_what_to_do(
    office: Office, arguments: tuple[str, ...]
) -> None:
    office.do(lambda session: make(session, confirmed=False))
    code, said = office.kring("charter", "export", "out", *arguments)
    assert code == 1
    assert "!charter new" in said
    assert not (office.folder / "out").exists()
