"""What an import of the catalogue would do, and doing it. Planning changes nothing; nothing that an import does
makes a supplier visible: that takes two people (product.md, section 4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from commands.kernel.fields import FieldError
from commands.labels import Labels, fold
from commands.spreadsheets import Issue
from commands.suppliers.catalogue.columns import TEXT_COLUMNS
from commands.suppliers.catalogue.rows import Checked, Named
from commands.suppliers.companies import Company
from commands.suppliers.fields import FIELDS, TEXTS, check_period, deal_or_none
from commands.suppliers.indexing import reindex
from commands.suppliers.values import subject
from storage import audit, suppliers
from storage.session import Session
from storage.suppliers import MODES, Deal, Draft, Supplier, draft_of

# Columns as `Draft` and `Deal` call them.
_OF_DRAFT: Final[Mapping[str, str]] = {
    "class": "class_",
    **{
        name: name
        for name in ("name", "modes", "categories", "regions", "languages", "website", "contact")
    },
}
_OF_DEAL: Final[Mapping[str, str]] = {
    "code": "code",
    "deal_contact": "contact",
    "starts": "starts",
    "ends": "ends",
    "deposit": "deposit_cents",
}


class NotSound(Exception):
    """The plan cannot be applied: there are problems that nobody decided to skip."""

    def __init__(self, problems: int) -> None:
        super().__init__(problems)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class New:
    row: int
    draft: Draft


@dataclass(frozen=True, slots=True)
class Change:
    """What the file says differently of a known supplier: `fields` are names of `fields.FIELDS`."""

    row: int
    supplier: Supplier
    draft: Draft
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would happen; all figures count rows or suppliers. `issues` holds everything wrong with the file,
    `missing` how many suppliers no row is about: they stay as they are."""

    checked: Checked
    skip_bad: bool
    issues: tuple[Issue, ...]
    new: tuple[New, ...]
    changed: tuple[Change, ...]
    unchanged: int
    missing: int

    @property
    def notes(self) -> tuple[Issue, ...]:
        """Of the rows that would be imported."""
        return tuple(note for note in self.checked.notes if note.row not in self.rejected)

    @property
    def rejected(self) -> frozenset[int]:
        """The spreadsheet rows that cannot be imported."""
        return frozenset(issue.row for issue in self.issues)

    @property
    def is_sound(self) -> bool:
        """Whether `apply` will do it."""
        return not self.issues or self.skip_bad

    @property
    def changes_nothing(self) -> bool:
        return not self.new and not self.changed


@dataclass(frozen=True, slots=True)
class Applied:
    """The suppliers that are new and those that changed, as they are now."""

    new: tuple[Supplier, ...]
    changed: tuple[Supplier, ...]


def plan(session: Session, checked: Checked, *, skip_bad: bool = False) -> Plan:
    """Compare a catalogue with the suppliers; reads only."""
    known = _Known(session, checked)
    found = {one.row: known.supplier_of(one) for one in checked.named}
    known.refuse_shared(checked.named, found)
    new: list[New] = []
    changed: list[Change] = []
    unchanged = 0
    for row, draft in checked.drafts.items():
        supplier = found[row]
        if supplier is None:
            if row not in known.refused:
                new.append(New(row, _normal(draft)))
            continue
        try:
            merged = _merged(draft_of(supplier), draft, checked.columns)
        except FieldError as error:
            known.refuse(row, "ends", error.problem, error.found)
            continue
        if row in known.refused:
            continue
        if fields := _differing(_normal(draft_of(supplier)), merged):
            changed.append(Change(row, supplier, merged, fields))
        else:
            unchanged += 1
    in_file = {supplier.id for supplier in found.values() if supplier is not None}
    return Plan(
        checked,
        skip_bad,
        tuple(sorted((*checked.issues, *known.issues), key=lambda issue: issue.row)),
        tuple(new),
        tuple(changed),
        unchanged,
        missing=len(known.by_number.keys() - in_file),
    )


class _Known:
    """Finds the suppliers that rows are about, and says where that is not clear."""

    def __init__(self, session: Session, checked: Checked) -> None:
        self._names = checked.table.header.names
        self.by_number = {supplier.id: supplier for supplier in suppliers.every(session)}
        self._by_company: dict[Company, Supplier] = {}
        self._by_name: dict[str, list[Supplier]] = {}
        for supplier in self.by_number.values():
            self._by_name.setdefault(fold(supplier.name), []).append(supplier)
            if company := _company_of(supplier):
                self._by_company[company] = supplier
        self.issues: list[Issue] = []
        self.refused: set[int] = set()

    def refuse(self, row: int, column: str, code: str, found: str, *others: Supplier) -> None:
        """`others` are the suppliers that may be meant."""
        near = tuple(str(other.id) for other in others[:5])
        shown = self._names.get(column, column)
        self.issues.append(Issue(row, shown, code, found[:60], suggestions=near))
        self.refused.add(row)

    def supplier_of(self, one: Named) -> Supplier | None:
        """None for a new one, and where it cannot be told."""
        owner = self._by_company.get(one.company) if one.company else None
        if one.number is not None:
            supplier = self.by_number.get(one.number)
            if supplier is None:
                self.refuse(one.row, "number", "unknown_supplier", str(one.number))
                return None
            if owner is not None and owner.id != supplier.id:
                number = one.company.number if one.company else ""
                self.refuse(one.row, "company_number", "company_of_other", number, owner)
        elif owner is not None:
            supplier = owner
        else:
            return self._by_name_alone(one)
        called_so = self._by_name.get(one.name, [])
        if called_so and supplier not in called_so:
            self.refuse(one.row, "name", "name_of_other", called_so[0].name, *called_so)
        return supplier

    def _by_name_alone(self, one: Named) -> Supplier | None:
        called_so = self._by_name.get(one.name, [])
        if not called_so:
            return None
        if len(called_so) > 1:
            self.refuse(one.row, "name", "several_suppliers", called_so[0].name, *called_so)
            return None
        (supplier,) = called_so
        if one.company is not None and _company_of(supplier) is not None:
            number = one.company.number
            self.refuse(one.row, "company_number", "other_company", number, supplier)
        return supplier

    def refuse_shared(self, named: Collection[Named], found: Mapping[int, Supplier | None]) -> None:
        """Rows that are about one supplier in different ways; a number that stands twice was told already."""
        rows: dict[int, list[Named]] = {}
        for one in named:
            supplier = found[one.row]
            if supplier is not None:
                rows.setdefault(supplier.id, []).append(one)
        for same in rows.values():
            if len({one.number for one in same}) == 1 and same[0].number is not None:
                continue
            for one in same if len(same) > 1 else ():
                others = tuple(other.row for other in same if other is not one)
                name = self._names["name"]
                self.issues.append(
                    Issue(one.row, name, "same_supplier", one.name[:60], rows=others)
                )
                self.refused.add(one.row)


def _company_of(what: Supplier | Draft) -> Company | None:
    country, number = what.company_country, what.company_number
    return Company(country, number) if country and number else None


def _merged(known: Draft, said: Draft, columns: Collection[str]) -> Draft:
    """What is known, with what the columns of the file say. Raises FieldError('ends_early')."""
    written: dict[str, Any] = {
        name: getattr(said, name) for column, name in _OF_DRAFT.items() if column in columns
    }
    if "company_number" in columns:
        written |= {"company_country": said.company_country, "company_number": said.company_number}
    texts: dict[str, dict[str, str]] = {field: dict(known.texts.get(field, {})) for field in TEXTS}
    for column in columns:
        if column in TEXT_COLUMNS:
            field, language = TEXT_COLUMNS[column]
            texts[field][language] = said.texts.get(field, {}).get(language, "")
    deal = replace(
        known.deal or Deal(),
        **{
            name: getattr(said.deal or Deal(), name)
            for column, name in _OF_DEAL.items()
            if column in columns
        },
    )
    check_period(deal.starts, deal.ends)
    return _normal(replace(known, **written, texts=texts, deal=deal))


def _normal(draft: Draft) -> Draft:
    """As it is when it is read again: modes in their order, and neither empty texts nor an empty deal."""
    written = {
        field: {language: text for language, text in by_language.items() if text}
        for field, by_language in draft.texts.items()
    }
    texts = {field: by_language for field, by_language in written.items() if by_language}
    deal = deal_or_none(draft.deal or Deal(), texts.get("deal") or texts.get("steps"))
    modes = tuple(sorted(draft.modes, key=MODES.index))
    return replace(draft, modes=modes, texts=texts, deal=deal)


def _differing(before: Draft, after: Draft) -> tuple[str, ...]:
    """The fields, by their names in `fields.FIELDS`, that differ between two normal drafts."""
    if before == after:
        return ()
    old, new = before.deal or Deal(), after.deal or Deal()
    pairs: dict[str, tuple[object, object]] = {"company": (_company_of(before), _company_of(after))}
    for column, name in _OF_DRAFT.items():
        pairs[column] = getattr(before, name), getattr(after, name)
    for column, name in _OF_DEAL.items():
        pairs[column] = getattr(old, name), getattr(new, name)
    for field in TEXTS:
        pairs[field] = before.texts.get(field), after.texts.get(field)
    return tuple(name for name in FIELDS if pairs[name][0] != pairs[name][1])


def apply(
    session: Session,
    plan: Plan,
    *,
    labels: Labels,
    actor: str,
    proposer: str | None,
    language: str,
    now: int,
) -> Applied:
    """Do what the plan says; must run in the transaction in which it was made, or it may be old.

    `actor` is whom the audit log names. New suppliers are proposals of the `proposer`, who has no vote on
    them then, and prospects without one; members see neither. `language` is that of who wrote the file, for
    texts that a reader has none of. Raises NotSound.
    """
    if not plan.is_sound:
        raise NotSound(len(plan.issues))

    def note(action: str, supplier_id: int, **details: Any) -> None:
        audit.note(
            session,
            actor=actor,
            action=action,
            subject=subject(supplier_id),
            details=details,
            now=now,
        )

    for change in plan.changed:
        suppliers.change(session, change.supplier.id, change.draft, now=now)
        reindex(session, labels, change.supplier.id)
        note("supplier.imported", change.supplier.id, fields=list(change.fields))
    added: list[int] = []
    for one in plan.new:
        supplier_id = suppliers.add(
            session,
            one.draft,
            state="proposed" if proposer is not None else "prospect",
            proposer=proposer,
            language=_written_in(one.draft, language),
            now=now,
        )
        note("supplier.proposed" if proposer is not None else "supplier.prospect", supplier_id)
        added.append(supplier_id)
    changed = suppliers.of_ids(session, (change.supplier.id for change in plan.changed))
    return Applied(tuple(suppliers.of_ids(session, added).values()), tuple(changed.values()))


def _written_in(draft: Draft, language: str) -> str:
    """The file's language, or else one in which it says what the supplier offers."""
    offer = draft.texts.get("offer", {})
    return language if language in offer or not offer else next(iter(offer))
