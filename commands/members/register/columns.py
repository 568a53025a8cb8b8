"""What a register's file looks like: its columns, what else their headers may be called in each language,
and the sheet of a workbook that holds it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from commands import spreadsheets
from commands.spreadsheets import Columns, Table

SHEET: Final = "members"
COLUMNS: Final = Columns(
    names=(
        "member_number", "matrix_id", "display_name", "professions", "sectors", "skills", "city", "postcode",
        "region", "country", "languages", "about", "links", "stage", "open_to", "turnover",
    ),
    mandatory=("member_number", "display_name"),
    aliases={
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
    },
)  # fmt: skip


def read(source: Path | bytes, name: str | None = None) -> Table:
    """Read a register's file or its bytes. Raises SpreadsheetError, OSError."""
    return spreadsheets.read(source, COLUMNS, sheet=SHEET, name=name)
