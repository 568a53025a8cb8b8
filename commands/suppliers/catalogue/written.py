"""Writes the whole catalogue as a file that can be brought in again, which then changes nothing. It holds what
only buyers may know: deal codes, contacts, and suppliers in every state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from commands.kernel.catalogue import translate
from commands.kernel.fields import FieldError
from commands.kernel.tongues import language_name
from commands.spreadsheets import as_csv, as_xlsx
from commands.spreadsheets.writing import in_one_cell
from commands.suppliers.catalogue.columns import HEADERS, SHEET, TEXT_COLUMNS, header
from commands.suppliers.fields import FIELDS, Around, parse
from commands.suppliers.rules import total
from commands.suppliers.values import CLASS_NAMES, MODE_NAMES, STATE_NAMES
from storage import charters, deal_uses, supplier_rounds, suppliers
from storage.charters import Charter
from storage.deal_uses import Rating
from storage.session import Session
from storage.suppliers import Deal, Supplier


class Writer:
    """Writes suppliers in a language. `smallest` is how many people must have rated a deal before their rating
    is shown to anyone."""

    def __init__(self, session: Session, around: Around, language: str, *, smallest: int) -> None:
        self._session = session
        self._around = around
        self._language = language
        self._smallest = smallest
        self._cells: dict[tuple[str, tuple[str, ...]], str] = {}
        self._charters: dict[int, Charter | None] = {}

    def csv(self) -> tuple[bytes, int]:
        """The catalogue as CSV, and how many suppliers it holds."""
        lines = list(self._lines())
        return as_csv([self._header(), *lines]), len(lines)

    def xlsx(self) -> tuple[bytes, int]:
        """As `csv`, as a workbook."""
        lines = list(self._lines())
        return as_xlsx([self._header(), *lines], SHEET), len(lines)

    def _header(self) -> list[str]:
        return [header(column, self._language) for column in HEADERS]

    def _lines(self) -> Iterator[list[str]]:
        every = suppliers.every(self._session)
        ratings = deal_uses.ratings(self._session, [supplier.id for supplier in every])
        for supplier in every:
            cells = self._cells_of(supplier, ratings.get(supplier.id))
            yield [cells[column] for column in HEADERS]

    def _cells_of(self, supplier: Supplier, rating: Rating | None) -> Mapping[str, str]:
        deal = supplier.deal or Deal()
        deposit = deal.deposit_cents
        return {
            "number": str(supplier.id),
            "name": supplier.name,
            "company_country": supplier.company_country or "",
            "company_number": supplier.company_number or "",
            "class": self._coded("class", (supplier.class_,)),
            "modes": self._coded("modes", supplier.modes),
            "categories": self._coded("categories", supplier.categories),
            "regions": self._coded("regions", supplier.regions),
            "languages": self._coded("languages", supplier.languages),
            "website": supplier.website or "",
            "contact": supplier.contact or "",
            "code": deal.code or "",
            "deal_contact": deal.contact or "",
            "starts": deal.starts or "",
            "ends": deal.ends or "",
            "deposit": "" if deposit is None else f"{deposit // 100}.{deposit % 100:02}",
            **{
                column: supplier.texts.get(field, {}).get(language, "")
                for column, (field, language) in TEXT_COLUMNS.items()
            },
            "_state": translate(self._language, STATE_NAMES[supplier.state]),
            "_score": self._score(supplier),
            "_review_due": supplier.review_due or "",
            "_rating": f"{rating.mean:.1f}" if rating and rating.people >= self._smallest else "",
        }

    def _score(self, supplier: Supplier) -> str:
        """Of 100, by the review by which it stands; empty where nothing was rated."""
        if supplier.round_id is None:
            return ""
        stands_by = supplier_rounds.get(self._session, supplier.round_id)
        if stands_by is None:
            return ""
        version = stands_by.charter_version
        if version not in self._charters:
            self._charters[version] = charters.get(self._session, version)
        charter = self._charters[version]
        scores = supplier_rounds.scores(self._session, stands_by.id)
        if charter is None:
            return ""
        points = total(charter, {key: each.score for key, each in scores.items()}).points
        return "" if points is None else str(points)

    def _coded(self, name: str, codes: tuple[str, ...]) -> str:
        """Codes as people write them, or as they are where their words would not be understood the same."""
        known = self._cells.get((name, codes))
        if known is None:
            known = self._cells[name, codes] = self._readable(name, codes)
        return known

    def _readable(self, name: str, codes: tuple[str, ...]) -> str:
        words = in_one_cell([self._name(name)(code) for code in codes])
        meant: Any = codes if FIELDS[name].most else codes[0]
        try:
            if parse(name, words, self._around).value == meant:
                return words
        except FieldError:
            pass
        return in_one_cell(codes)

    def _name(self, field: str) -> Callable[[str], str]:
        if field == "class":
            return lambda code: translate(self._language, CLASS_NAMES.get(code, code))
        if field == "modes":
            return lambda code: translate(self._language, MODE_NAMES.get(code, code))
        if field == "languages":
            return partial(language_name, language=self._language)
        return partial(self._around.labels.name, lang=self._language)
