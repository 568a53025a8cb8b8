"""The order sheet as it comes back, with what was delivered in its last column: read, and held against what
was ordered."""

from __future__ import annotations

from functools import cache
from typing import Final

from commands.kernel.catalogue import languages, translate
from commands.kernel.text import one_line
from commands.labels.fold import fold
from commands.purchases.sheets import TITLES
from commands.spreadsheets import Columns, Issue, Row, Table, read
from commands.spreadsheets.columns import header_key
from storage.purchase_lines import Line
from storage.purchases import Purchase

MOST_ROWS: Final = 2000
# The sheet that the bot sends has a title and who orders above its table.
_HEADER_WITHIN: Final = 20


@cache
def _columns() -> Columns:
    """As the order sheet calls them in any language."""
    taken, aliases = {name: name for name in TITLES}, {}
    for name, title in TITLES.items():
        own = []
        for language in languages():
            key = header_key(translate(language, title))
            if taken.setdefault(key, name) == name:
                own.append(key)
        aliases[name] = "|".join(own)
    return Columns(names=tuple(TITLES), mandatory=("article", "received"), aliases=aliases)


def delivered(data: bytes, name: str, purchase: Purchase) -> tuple[dict[int, int], list[Issue]]:
    """Units by line, for the lines that the sheet has; and what is wrong with its cells. Rows without an
    article (sums, empty ones) say nothing. Raises SpreadsheetError."""
    table = read(
        data, _columns(), sheet="", name=name, most_rows=MOST_ROWS, header_within=_HEADER_WITHIN
    )
    units: dict[int, int] = {}
    issues = [issue for issue in table.issues if issue.column == table.header.names["received"]]
    unreadable = {issue.row for issue in issues}
    for row in table.rows:
        if row.number in unreadable or not _cell(table, row, "article"):
            continue
        found = _delivered_in(table, row, purchase, units)
        if isinstance(found, Issue):
            issues.append(found)
        else:
            units[found[0].id] = found[1]
    return units, issues


def _cell(table: Table, row: Row, column: str) -> str:
    if column not in table.columns:
        return ""
    return one_line(row.cells[table.columns.index(column)])


def _delivered_in(
    table: Table, row: Row, purchase: Purchase, before: dict[int, int]
) -> tuple[Line, int] | Issue:
    article, said = _cell(table, row, "article"), _cell(table, row, "received")
    names = table.header.names
    line = _line(purchase, article, _cell(table, row, "position"))
    if line is None or line.id in before:
        code = "unknown_article" if line is None else "article_twice"
        return Issue(row.number, names["article"], code, article)
    if not said:
        return Issue(row.number, names["received"], "required")
    figures = said.removesuffix(".0").removesuffix(",0")
    if not figures.isascii() or not figures.isdigit() or len(figures) > 9:
        return Issue(row.number, names["received"], "no_units", said)
    if int(figures) > line.ordered_units:
        return Issue(row.number, names["received"], "too_much", said, limit=line.ordered_units)
    return line, int(figures)


def _line(purchase: Purchase, article: str, position: str) -> Line | None:
    """The ordered line that the row is about: its article, and its number where several have that name."""
    found = [
        line
        for line in purchase.lines
        if line.ordered_units and fold(line.article) == fold(article)
    ]
    numbered = [line for line in found if str(line.position) == position]
    if numbered:
        return numbered[0]
    return found[0] if len(found) == 1 else None
