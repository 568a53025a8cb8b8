"""Makes sure of every row of a file of lines by itself and against the other rows, before any database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from commands.kernel.fields import FieldError, at_the_door, short
from commands.kernel.text import one_line
from commands.labels.fold import fold
from commands.purchases import typed
from commands.purchases.plan import PlannedLine
from commands.purchases.supplying import LONGEST_NAME
from commands.spreadsheets import Issue, Table
from commands.spreadsheets.checks import issues_of, repeated
from storage.purchase_lines import Tier

LONGEST_CODE: Final = 60
_MOST_MINIMUM: Final = 10_000
_MORE_TIERS: Final = (("from2", "price2"), ("from3", "price3"))


@dataclass(frozen=True, slots=True)
class Around:
    """What the meaning of a cell depends on: the installation's currency, the day, and how one piece is called
    where a row does not say its unit."""

    currency: str
    today: date
    unit: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A file whose rows were looked at. `lines` are those whose cells are sound, without supplier ids; `issues`
    all that is wrong, in order of rows."""

    lines: tuple[PlannedLine, ...]
    issues: tuple[Issue, ...]


def _cell(read: Callable[[str, Around], Any]) -> Any:
    """A validator of one cell's text; an empty cell is None."""

    def validate(value: Any, info: ValidationInfo) -> Any:
        said = one_line(str(value or ""))
        if not said:
            return None
        assert isinstance(info.context, Around)
        try:
            return read(said, info.context)
        except FieldError as error:
            raise at_the_door(error) from error

    return validate


def _required(value: Any) -> Any:
    if value is None:
        raise at_the_door(FieldError("required", ""))
    return value


class _Row(BaseModel):
    """One row; empty cells are None."""

    model_config = ConfigDict(extra="forbid")

    article: str | None = None
    unit: str | None = None
    case: int | None = None
    minimum: int | None = None
    price: tuple[Tier, ...] | None = None
    from2: int | None = None
    price2: int | None = None
    from3: int | None = None
    price3: int | None = None
    vat: int | None = None
    reference: int | None = None
    reference_by: str | None = None
    reference_on: date | None = None
    supplier: str | None = None
    code: str | None = None

    _article = field_validator("article", mode="before")(
        _cell(lambda text, around: short(text, typed.LONGEST_ARTICLE))
    )
    _unit = field_validator("unit", mode="before")(_cell(lambda text, around: typed.unit(text)))
    _case = field_validator("case", mode="before")(
        _cell(lambda text, around: typed.whole(text, lowest=1))
    )
    _minimum = field_validator("minimum", mode="before")(
        _cell(lambda text, around: typed.whole(text, lowest=0, highest=_MOST_MINIMUM))
    )
    _price = field_validator("price", mode="before")(
        _cell(lambda text, around: typed.prices(text, around.currency))
    )
    _from = field_validator("from2", "from3", mode="before")(
        _cell(lambda text, around: typed.whole(text, lowest=2))
    )
    _cents = field_validator("price2", "price3", "reference", mode="before")(
        _cell(lambda text, around: typed.amount(text, around.currency))
    )
    _vat = field_validator("vat", mode="before")(_cell(lambda text, around: typed.percent(text)))
    _by = field_validator("reference_by", mode="before")(
        _cell(lambda text, around: short(text, typed.LONGEST_BY))
    )
    _on = field_validator("reference_on", mode="before")(
        _cell(lambda text, around: typed.past_day(text, around.today))
    )
    _supplier = field_validator("supplier", mode="before")(
        _cell(lambda text, around: short(text, LONGEST_NAME))
    )
    _code = field_validator("code", mode="before")(
        _cell(lambda text, around: short(text, LONGEST_CODE))
    )
    _present = field_validator("article", "price", mode="after")(_required)


def check(table: Table, around: Around) -> Checked:
    """Look at every row; reports all that is wrong, and raises nothing."""
    issues: list[Issue] = list(table.issues)
    unreadable = {(issue.row, issue.column) for issue in issues}
    names = table.header.names
    lines = []
    for row in table.rows:
        cells = dict(zip(table.columns, row.cells, strict=True))
        try:
            read = _Row.model_validate({"article": "", "price": "", **cells}, context=around)
        except ValidationError as error:
            issues.extend(issues_of(error, row.number, table, unreadable))
            continue
        wrong = _across(read)
        line = None if wrong else _line(read, around)
        if line is not None and not isinstance(line, FieldError):
            lines.append(line)
            continue
        column, problem = next(iter(wrong.items())) if wrong else ("price", line)
        assert isinstance(problem, FieldError)
        shown = names.get(column, column)
        issues.append(Issue(row.number, shown, problem.problem, problem.found, limit=problem.limit))
    articles = [(row.number, fold(one_line(row.cells[0]))) for row in table.rows]
    issues += repeated(articles, names["article"], "duplicate_article")
    return Checked(tuple(lines), tuple(sorted(issues, key=lambda issue: issue.row)))


def _across(row: _Row) -> Mapping[str, FieldError]:
    """What is wrong between the cells of a row, by column."""
    for start, price in _MORE_TIERS:
        said = getattr(row, start), getattr(row, price)
        if (said[0] is None) != (said[1] is None):
            return {start if said[0] is None else price: FieldError("required", "")}
    if row.reference is not None and row.reference_by is None:
        return {"reference_by": FieldError("required", "")}
    if row.reference is None and (row.reference_by or row.reference_on):
        return {"reference": FieldError("required", "")}
    return {}


def _line(row: _Row, around: Around) -> PlannedLine | FieldError:
    tiers = list(row.price or ())
    for start, price in _MORE_TIERS:
        if getattr(row, start) is not None:
            tiers.append(Tier(getattr(row, start), getattr(row, price)))
    try:
        sound = typed.tiers(tiers)
    except FieldError as error:
        return error
    on = row.reference_on or around.today
    return PlannedLine(
        article=row.article or "",
        unit=row.unit or around.unit,
        case_size=row.case or 1,
        minimum_cases=row.minimum or 0,
        tiers=[(tier.from_units, tier.cents) for tier in sound],
        vat=row.vat,
        reference_cents=row.reference,
        reference_by=row.reference_by,
        reference_on=on.isoformat() if row.reference is not None else None,
        supplier_name=row.supplier or "",
        article_code=row.code or "",
    )
