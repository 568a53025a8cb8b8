"""The charter as pages to send to suppliers: what is expected, how it counts, what to show. Each page is
one file that needs nothing else; where they are written to is the caller's care."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FunctionLoader, StrictUndefined

from commands.kernel import catalogue
from commands.kernel.text import clean
from commands.suppliers.rules import HIGHEST
from storage.charters import Charter

_PAGE: Final = "charter_page.html"


def file_name(version: int, language: str) -> str:
    return f"charter-{version}.{language}.html"


def pages(
    charter: Charter, languages: Sequence[str], cooperative: str, zone: ZoneInfo
) -> dict[str, str]:
    """The page of each language by its file's name; they link to each other. `cooperative` is its name, `zone`
    that of the days."""
    return {
        file_name(charter.version, language): _page(charter, language, languages, cooperative, zone)
        for language in languages
    }


def _page(
    charter: Charter, language: str, languages: Sequence[str], cooperative: str, zone: ZoneInfo
) -> str:
    def day(moment: int | None) -> str | None:
        if moment is None:
            return None
        return catalogue.format_date(datetime.fromtimestamp(moment / 1000, UTC), language, zone)

    page = _environment(language).get_template(_PAGE)
    return clean(
        page.render(
            charter=charter,
            cooperative=cooperative,
            language=language,
            languages=[
                (code, catalogue.own_name(code), file_name(charter.version, code))
                for code in languages
            ],
            since=day(charter.in_force_at),
            until=day(charter.superseded_at),
            highest=HIGHEST,
        )
    )


def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(  # type: ignore[attr-defined]
        catalogue.translations(language), newstyle=True
    )
    return environment


def _read(name: str) -> str:
    return (resources.files("commands.suppliers") / "templates" / name).read_text(encoding="utf-8")
