"""The charter as pages to send to suppliers: what is expected, how it counts, what to show. Each page is
one file that needs nothing else; where they are written to is the caller's care."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from commands.kernel import catalogue
from commands.kernel.pages import page_environment
from commands.kernel.text import clean
from commands.suppliers.rules import HIGHEST
from storage.charters import Charter

_PAGE: Final = "charter_page"


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

    page = page_environment("suppliers", language).get_template(_PAGE)
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
