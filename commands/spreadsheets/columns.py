"""Finds the columns that a domain knows in the first row of a file, whatever a language calls them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commands.labels import fold
from commands.spreadsheets.errors import SpreadsheetError


@dataclass(frozen=True, slots=True)
class Header:
    """`positions` says where each column of the file stands, in the order of `Columns.names`; `names` what
    the file calls it."""

    positions: dict[str, int]
    names: dict[str, str]


class Columns:
    """The columns that a file may have, `names`, and those that it must have.

    `aliases` says what else their headers may be called, with `|` between: accents, capitals, hyphens and
    underscores do not matter. Raises ValueError for aliases of no column, or of two.
    """

    def __init__(
        self,
        *,
        names: Sequence[str],
        mandatory: Sequence[str] = (),
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self.names = tuple(names)
        self.mandatory = tuple(mandatory)
        self._by_header = {header_key(name): name for name in self.names}
        for name, others in (aliases or {}).items():
            for other in others.split("|"):
                if (
                    name not in self.names
                    or self._by_header.setdefault(header_key(other), name) != name
                ):
                    raise ValueError(f"{other!r} cannot be another name of {name!r}")

    def fit(self, cells: Sequence[str]) -> bool:
        """Whether a row names all mandatory columns."""
        named = {self._by_header.get(header_key(cell)) for cell in cells}
        return named.issuperset(self.mandatory)

    def header(self, cells: Sequence[str]) -> Header:
        """Find the columns in the first row; those without a name or that begin with `_` or `#` are ignored.

        Raises SpreadsheetError: unknown_columns before all else, since a misspelt one looks like a missing
        one.
        """
        positions: dict[str, int] = {}
        called: dict[str, str] = {}
        unknown: list[str] = []
        twice: list[str] = []
        for position, cell in enumerate(cells):
            shown = cell.strip()
            if not shown or shown[0] in "_#":
                continue
            name = self._by_header.get(header_key(shown))
            if name is None:
                unknown.append(shown[:60])
            elif name in positions:
                twice.append(shown)
            else:
                positions[name] = position
                called[name] = shown
        if unknown:
            raise SpreadsheetError("unknown_columns", tuple(unknown[:50]), row=1)
        if twice:
            raise SpreadsheetError("duplicate_columns", tuple(twice), row=1)
        if missing := [name for name in self.mandatory if name not in positions]:
            raise SpreadsheetError("missing_columns", tuple(missing), row=1)
        return Header({name: positions[name] for name in self.names if name in positions}, called)


def header_key(header: str) -> str:
    """In which headers are compared: accents, capitals, hyphens and underscores do not matter."""
    return " ".join(fold(header).replace("_", " ").replace("-", " ").split())
