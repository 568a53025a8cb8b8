"""The columns of a register and what else their headers may be called, in each language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from commands.labels import fold
from commands.members.register.errors import RegisterFileError

COLUMNS: Final = (
    "member_number", "matrix_id", "display_name", "professions", "sectors", "skills", "city", "postcode",
    "region", "country", "languages", "about", "links", "stage", "open_to", "turnover",
)  # fmt: skip
MANDATORY: Final = ("member_number", "display_name")

_ALIASES: Final = {
    "member_number": "number|member no|member id|lidnummer|vennootnummer"
    "|numéro|numéro de membre|numéro de sociétaire",
    "matrix_id": "matrix|matrix account|account|matrix-id|matrixaccount|compte matrix|identifiant matrix",
    "display_name": "name|full name|naam|volledige naam|weergavenaam|nom|nom complet|nom affiché",
    "professions": "profession|occupation|occupations|beroep|beroepen|métier|métiers|activité",
    "sectors": "sector|sectoren|secteur|secteurs",
    "skills": "skill|vaardigheden|vaardigheid|compétences|compétence",
    "city": "town|stad|gemeente|woonplaats|ville|commune|localité",
    "postcode": "postal code|zip|zip code|postnummer|code postal",
    "region": "regio|gewest|région",
    "country": "land|pays",
    "languages": "language|taal|talen|langue|langues",
    "about": "about me|bio|description|over mij|omschrijving|beschrijving|à propos|présentation",
    "links": "link|website|site|url|site web|webstek",
    "stage": "stage of the activity|fase|stadium|stade|phase",
    "open_to": "open for|open voor|staat open voor|ouvert à|ouvert·e à",
    "turnover": "yearly turnover|omzet|jaaromzet|chiffre d'affaires|ca",
}  # fmt: skip


def _key(header: str) -> str:
    return " ".join(fold(header).replace("_", " ").replace("-", " ").split())


_BY_HEADER: Final = {
    _key(header): column for column in COLUMNS for header in (column, *_ALIASES[column].split("|"))
}


@dataclass(frozen=True, slots=True)
class Header:
    """`positions` says where each column stands; `names` what the file calls it."""

    positions: dict[str, int]
    names: dict[str, str]


def read_header(cells: Sequence[str]) -> Header:
    """Find our columns in the first row; columns without a name or that begin with `_` or `#` are ignored.

    Raises RegisterFileError: unknown_columns before all else, since a misspelt one looks like a missing one.
    """
    positions: dict[str, int] = {}
    names: dict[str, str] = {}
    unknown: list[str] = []
    twice: list[str] = []
    for position, cell in enumerate(cells):
        name = cell.strip()
        if not name or name[0] in "_#":
            continue
        column = _BY_HEADER.get(_key(name))
        if column is None:
            unknown.append(name[:60])
        elif column in positions:
            twice.append(name)
        else:
            positions[column] = position
            names[column] = name
    if unknown:
        raise RegisterFileError("unknown_columns", tuple(unknown[:50]), row=1)
    if twice:
        raise RegisterFileError("duplicate_columns", tuple(twice), row=1)
    if missing := [column for column in MANDATORY if column not in positions]:
        raise RegisterFileError("missing_columns", tuple(missing), row=1)
    return Header(positions, names)
