"""Puts the shipped tables and an installation's own files together into one `Labels`. A later file
adds to what earlier ones said: its names win, its synonyms come on top."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from commands.labels.errors import LabelFileError
from commands.labels.files import EscoConcept, Table, read_esco, read_labels, read_table
from commands.labels.model import Category, Kind, Label, Labels, Profession, term_key

_SHIPPED: Final = Path(__file__).parent
_TABLES: Final = ("sectors.csv", "professions.csv", "places.csv", "categories.csv")
_CODE_COLUMNS: Final[Mapping[Kind, str]] = {
    "profession": "code",
    "sector": "code",
    "place": "key",
    "category": "category",
}
_NO_LANGUAGES: Final[Mapping[Path, str]] = MappingProxyType({})


def load_labels(
    extra: Sequence[Path] = (), languages: Mapping[Path, str] = _NO_LANGUAGES
) -> Labels:
    """Return the shipped labels with those of `extra` files: CSV with our columns, or ESCO's own
    CSV files, whose language is that of their name (`occupations_nl.csv`) or the one in
    `languages`. Without `extra` the answer is computed once. Raises LabelFileError."""
    if not extra:
        return _shipped_labels()
    labels = dict(_shipped())
    esco: list[EscoConcept] = []
    for file in extra:
        table = read_table(file)
        if table.from_esco:
            esco.extend(read_esco(table, languages.get(file)))
        else:
            _add(labels, table)
    imported = _add_esco(labels, esco)
    return Labels(labels.values(), imported)


@cache
def _shipped_labels() -> Labels:
    return Labels(_shipped().values())


@cache
def _shipped() -> Mapping[str, Label]:
    labels: dict[str, Label] = {}
    for name in _TABLES:
        _add(labels, read_table(_SHIPPED / name))
    return labels


def _add(labels: dict[str, Label], table: Table) -> None:
    sectors = frozenset(code for code, label in labels.items() if label.kind == "sector")
    classes = {
        code: label.usual_class for code, label in labels.items() if isinstance(label, Category)
    }
    for label in read_labels(table, sectors, classes):
        known = labels.get(label.code)
        if known is not None and known.kind != label.kind:
            raise LabelFileError(
                table.file, "duplicate_code", column=_CODE_COLUMNS[label.kind], found=label.code
            )
        if known is None and not label.names:
            raise LabelFileError(
                table.file, "missing_name", column=_CODE_COLUMNS[label.kind], found=label.code
            )
        labels[label.code] = label if known is None else _merged(known, label)


def _merged(known: Label, more: Label) -> Label:
    merged = replace(
        more,
        names={**known.names, **more.names},
        synonyms=_joined(known.synonyms, more.synonyms, known.names, more.names),
    )
    if isinstance(merged, Profession) and isinstance(known, Profession) and merged.sector is None:
        return replace(merged, sector=known.sector)
    return merged


def _joined(
    known: Mapping[str, tuple[str, ...]],
    more: Mapping[str, tuple[str, ...]],
    old_names: Mapping[str, str] = MappingProxyType({}),
    new_names: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, tuple[str, ...]]:
    """A name that gives way to another stays findable as a synonym."""
    joined: dict[str, tuple[str, ...]] = {}
    for lang in [*known, *(lang for lang in [*more, *new_names] if lang not in known)]:
        replaced = (old_names[lang],) if lang in old_names and lang in new_names else ()
        words = dict.fromkeys((*known.get(lang, ()), *more.get(lang, ()), *replaced))
        words.pop(new_names.get(lang, ""), None)
        if words:
            joined[lang] = tuple(words)
    return joined


@dataclass(slots=True)
class _Occupation:
    code: str
    unit_group: str
    names: dict[str, str]
    synonyms: dict[str, tuple[str, ...]]


def _add_esco(labels: dict[str, Label], concepts: Iterable[EscoConcept]) -> frozenset[str]:
    """Add ESCO's occupations: to our profession of the same unit group that has the same name in
    some language, otherwise as a profession of their own. Returns the codes of the latter."""
    occupations: dict[str, _Occupation] = {}
    for concept in concepts:
        occupation = occupations.setdefault(
            concept.uri, _Occupation(concept.code, concept.unit_group, {}, {})
        )
        occupation.names[concept.language] = concept.name
        occupation.synonyms[concept.language] = concept.synonyms
    ours = [label for label in labels.values() if isinstance(label, Profession)]
    by_term = {
        (profession.unit_group, term_key(term)): profession.code
        for profession in ours
        for term in profession.terms()
    }
    imported: set[str] = set()
    for occupation in occupations.values():
        same = _same_profession(occupation, by_term)
        if same is not None:
            known = labels[same]
            labels[same] = replace(
                known,
                names={**occupation.names, **known.names},
                synonyms=_joined(known.synonyms, occupation.synonyms),
            )
        else:
            sector = _usual_sector(occupation.unit_group, ours)
            labels[occupation.code] = Profession(
                occupation.code, "profession", occupation.names, occupation.synonyms, sector
            )
            imported.add(occupation.code)
    return frozenset(imported)


def _same_profession(occupation: _Occupation, by_term: Mapping[tuple[str, str], str]) -> str | None:
    """ESCO's alternative labels are too generous to tell that two professions are one: the
    preferred names alone decide, each gender of them."""
    for name in occupation.names.values():
        for term in (name, *name.split("/")):
            code = by_term.get((occupation.unit_group, term_key(term)))
            if code is not None:
                return code
    return None


def _usual_sector(unit_group: str, professions: Sequence[Profession]) -> str | None:
    """ESCO has no sectors: take the commonest one among our professions of the same unit group,
    else of the same minor group."""
    for digits in (4, 3):
        sectors = Counter(
            profession.sector
            for profession in professions
            if profession.sector is not None
            and profession.unit_group[:digits] == unit_group[:digits]
        )
        if sectors:
            return sectors.most_common(1)[0][0]
    return None
