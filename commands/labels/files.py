"""Reads files of labels: our own columns, or the CSV files that ESCO publishes for each language.
What the labels mean together is left to `Labels`."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from commands.labels.errors import LabelFileError
from commands.labels.model import ANY_LANGUAGE, Category, Label, Place, Profession
from storage.suppliers import CLASSES, Class

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_LANGUAGE_OF_FILE: Final = re.compile(r"_([a-z]{2,3})$")
_PROFESSION_CODE: Final = re.compile(r"\d{4}(\.[0-9a-z-]+)*")
_SECTOR_CODE: Final = re.compile(r"[A-V]")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_SCOPES: Final[Mapping[str, Literal["city", "region"]]] = {"city": "city", "region": "region"}
_CATEGORY_CODE: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_CLASSES: Final[Mapping[str, Class]] = {one: one for one in CLASSES}
_SYNONYMS: Final = "synonyms_"
_ESCO_COLUMNS: Final = frozenset({"conceptUri", "preferredLabel", "altLabels"})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; `number` is the line on which it ends, counted from 1."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    file: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def from_esco(self) -> bool:
        return set(self.columns) >= _ESCO_COLUMNS


@dataclass(frozen=True, slots=True)
class EscoConcept:
    """One occupation or unit group of ESCO in one language; `code` is ESCO's own, `unit_group`
    ISCO's."""

    uri: str
    code: str
    unit_group: str
    language: str
    name: str
    synonyms: tuple[str, ...]


def read_table(file: Path) -> Table:
    """Read a CSV file (UTF-8 with or without a mark; comma, semicolon or tab). Raises
    LabelFileError."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelFileError(file, "encoding", found=f"byte {error.start}") from error
    except OSError as error:
        raise LabelFileError(file, "unreadable", found=error.strerror or "") from error
    heading = text.partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    try:
        columns = tuple(cell.strip() for cell in next(reader, []))
        rows = tuple(
            Row(reader.line_num, dict(zip(columns, cells, strict=False)))
            for cells in reader
            if any(cells)
        )
    except csv.Error as error:
        raise LabelFileError(file, "csv", row=reader.line_num, found=str(error)) from error
    return Table(file, columns, rows)


def read_labels(
    table: Table, sectors: frozenset[str], classes: Mapping[str, Class]
) -> Iterator[Label]:
    """Yield the labels of a table with our columns. `sectors` are the codes known so far, which a
    profession may name besides those that stand above it; `classes` those of the categories known
    so far, for rows that say none. A label that only adds synonyms to a known one has no names.
    Raises LabelFileError."""
    if "key" in table.columns:
        yield from _read_places(table)
        return
    if "category" in table.columns:
        yield from _read_categories(table, classes)
        return
    _require(table, "code")
    languages = _languages(table)
    seen: set[str] = set()
    for row in table.rows:
        code = row.cells["code"].strip()
        is_sector = _SECTOR_CODE.fullmatch(code) is not None
        if not is_sector and _PROFESSION_CODE.fullmatch(code) is None:
            raise LabelFileError(table.file, "bad_code", row=row.number, column="code", found=code)
        _once(table, row, "code", code, seen)
        names, synonyms = _terms(table, row, languages)
        if is_sector:
            sectors |= {code}
            yield Label(code, "sector", names, synonyms)
            continue
        sector = row.cells.get("sector", "").strip() or None
        if sector is not None and sector not in sectors:
            raise LabelFileError(
                table.file, "unknown_sector", row=row.number, column="sector", found=sector
            )
        yield Profession(code, "profession", names, synonyms, sector)


def _read_places(table: Table) -> Iterator[Place]:
    _require(table, "key", "kind", "country", "region")
    languages = _languages(table)
    seen: set[str] = set()
    for row in table.rows:
        key = row.cells["key"].strip()
        country = row.cells["country"].strip()
        kind = row.cells["kind"].strip()
        scope = _SCOPES.get(kind)
        if not key:
            raise LabelFileError(table.file, "bad_code", row=row.number, column="key")
        if _COUNTRY.fullmatch(country) is None:
            raise LabelFileError(
                table.file, "bad_value", row=row.number, column="country", found=country
            )
        if scope is None:
            raise LabelFileError(table.file, "bad_value", row=row.number, column="kind", found=kind)
        _once(table, row, "key", key, seen)
        names, synonyms = _terms(table, row, languages)
        other = _words(row.cells.get("other", ""))
        if other:
            synonyms[ANY_LANGUAGE] = other
        region = row.cells["region"].strip()
        yield Place(key, "place", names, synonyms, country, region, scope)


def _read_categories(table: Table, classes: Mapping[str, Class]) -> Iterator[Category]:
    _require(table, "category")
    languages = _languages(table)
    seen: set[str] = set()
    for row in table.rows:
        code = row.cells["category"].strip()
        if _CATEGORY_CODE.fullmatch(code) is None:
            raise LabelFileError(
                table.file, "bad_code", row=row.number, column="category", found=code
            )
        said = row.cells.get("class", "").strip()
        usual_class = _CLASSES.get(said) if said else classes.get(code)
        if usual_class is None:
            raise LabelFileError(
                table.file, "bad_value", row=row.number, column="class", found=said
            )
        _once(table, row, "category", code, seen)
        names, synonyms = _terms(table, row, languages)
        yield Category(code, "category", names, synonyms, usual_class)


def read_esco(table: Table, language: str | None) -> Iterator[EscoConcept]:
    """Yield the occupations and unit groups of an ESCO file (`occupations_nl.csv`,
    `ISCOGroups_nl.csv`); its language is that of its name, unless given. Raises LabelFileError."""
    if language is None:
        named = _LANGUAGE_OF_FILE.search(table.file.stem)
        if named is None:
            raise LabelFileError(table.file, "unknown_language", found=table.file.name)
        language = named[1]
    if "code" not in table.columns and "iscoGroup" not in table.columns:
        raise LabelFileError(table.file, "missing_column", row=1, column="iscoGroup")
    for row in table.rows:
        uri = row.cells["conceptUri"].strip()
        code = row.cells.get("code", "").strip()
        group = (row.cells.get("iscoGroup", "").strip() or code.partition(".")[0]).zfill(4)
        is_group = row.cells.get("conceptType") == "ISCOGroup"
        if is_group and len(code) != 4:
            continue  # the broader levels of ISCO are no professions
        if re.fullmatch(r"\d{4}", group) is None:
            column = "iscoGroup" if "iscoGroup" in row.cells else "code"
            raise LabelFileError(table.file, "bad_code", row=row.number, column=column, found=group)
        name = row.cells["preferredLabel"].strip()
        if not name:
            raise LabelFileError(
                table.file, "missing_name", row=row.number, column="preferredLabel"
            )
        alternatives = [line.strip() for line in row.cells.get("altLabels", "").splitlines()]
        yield EscoConcept(
            uri=uri,
            code=group if is_group else _own_code(group, code or uri.rpartition("/")[2]),
            unit_group=group,
            language=language,
            name=name,
            synonyms=tuple(w for w in _with_both_genders([name, *alternatives]) if w != name),
        )


def _own_code(unit_group: str, code: str) -> str:
    """ESCO's `2643.6` becomes `2643.e6`, since `2643.6` may be a profession of ours."""
    return f"{unit_group}.e{code.removeprefix(unit_group).lstrip('.')}"


def _with_both_genders(terms: Sequence[str]) -> tuple[str, ...]:
    """ESCO writes both genders as `traducteur/traductrice`, which nobody types: add each on its
    own."""
    words: dict[str, None] = {}
    for term in filter(None, terms):
        words[term] = None
        parts = [part.strip() for part in term.split("/")]
        if len(parts) > 1 and len({len(part.split()) for part in parts}) == 1:
            words.update(dict.fromkeys(filter(None, parts)))
    return tuple(words)


def _require(table: Table, *columns: str) -> None:
    for column in columns:
        if column not in table.columns:
            raise LabelFileError(table.file, "missing_column", row=1, column=column)
        for row in table.rows:
            if column not in row.cells:
                raise LabelFileError(table.file, "bad_value", row=row.number, column=column)


def _languages(table: Table) -> tuple[str, ...]:
    languages = tuple(
        column for column in table.columns if _LANGUAGE.fullmatch(column) and column != "key"
    )
    if not languages:
        raise LabelFileError(table.file, "missing_column", row=1, column="en")
    for column in table.columns:
        if column.startswith(_SYNONYMS) and not _LANGUAGE.fullmatch(column[len(_SYNONYMS) :]):
            raise LabelFileError(table.file, "unknown_language", row=1, column=column)
    return languages


def _once(table: Table, row: Row, column: str, code: str, seen: set[str]) -> None:
    if code in seen:
        raise LabelFileError(
            table.file, "duplicate_code", row=row.number, column=column, found=code
        )
    seen.add(code)


def _terms(
    table: Table, row: Row, languages: Sequence[str]
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    names = {lang: name for lang in languages if (name := row.cells.get(lang, "").strip())}
    synonyms = {
        column[len(_SYNONYMS) :]: words
        for column, cell in row.cells.items()
        if column.startswith(_SYNONYMS) and (words := _words(cell))
    }
    if not names and not synonyms:
        raise LabelFileError(table.file, "missing_name", row=row.number, column=languages[0])
    return names, synonyms


def _words(cell: str) -> tuple[str, ...]:
    return tuple(word for part in cell.split("|") if (word := part.strip()))
