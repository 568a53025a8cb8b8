"""Invents a cooperative's register, the same for the same seed, for demonstrations, tests and
benchmarks. Writes it as the files that a cooperative would export; importing them is left to the
importer."""

import csv
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Final, TypeVar

from openpyxl import Workbook

from bot.demo.invention import (
    CITIES,
    CLIENTS,
    LANGUAGES_BESIDES,
    MONTHS,
    NAMES,
    PROFESSION_WEIGHTS,
    SECTOR_WEIGHTS,
    SENTENCES,
    SKILLS,
)
from commands.labels import Profession, fold, load_labels

STAGES: Final = ("starting", "established", "growing", "transition", "retiring")
OPEN_TO: Final = ("collaborate", "mentor", "be_mentored", "lend", "questions", "introductions")

_LANGUAGE_COLUMN: Final = {"en": 0, "nl": 1, "fr": 2}
_STAGE_WEIGHTS: Final = tuple(accumulate((24, 42, 20, 9, 5)))
_PARTICLES: Final = frozenset({"De", "Van", "den", "El"})
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One line of a register, its fields in the order of the columns; lists are separated by `;`,
    turnover is in whole euros a year or empty."""

    member_number: str
    matrix_id: str
    display_name: str
    professions: str
    sectors: str
    skills: str
    city: str
    postcode: str
    region: str
    country: str
    languages: str
    about: str
    links: str
    stage: str
    open_to: str
    turnover: str


COLUMNS: Final = tuple(field.name for field in fields(RegisterRow))


def rows(
    count: int, seed: int = 1, homeserver: str = "localhost", accounts: int = 0
) -> Iterator[RegisterRow]:
    """Yield `count` invented members; the first `accounts` of them have an account on `homeserver`
    (`@m00001:localhost`). A shorter register is the beginning of a longer one with the same
    seed."""
    invention = _Invention(random.Random(seed))  # noqa: S311 - reproducible, protects nothing
    for number in range(1, count + 1):
        yield invention.row(number, f"@m{number:05d}:{homeserver}" if number <= accounts else "")


def write_csv(path: Path, rows: Iterable[RegisterRow]) -> None:
    """Write a register as UTF-8 CSV with a header."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(astuple(row) for row in rows)


def write_xlsx(path: Path, rows: Iterable[RegisterRow]) -> None:
    """Write a register as a workbook of one sheet; all cells are text, as a register exports
    them."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("register")
    sheet.append(COLUMNS)
    for row in rows:
        sheet.append(astuple(row))
    book.save(path)


class _Weighted:
    """Draws from a fixed list with fixed weights."""

    def __init__(self, weights: Iterable[float]) -> None:
        self._cumulated = tuple(accumulate(weights))

    def draw(self, source: random.Random, items: Sequence[_T]) -> _T:
        return source.choices(items, cum_weights=self._cumulated)[0]


@dataclass(frozen=True, slots=True)
class _City:
    names: Mapping[str, str]
    region: str
    country: str
    postcode: str
    first_languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _NameGroup:
    given: tuple[str, ...]
    family: tuple[str, ...]


class _Invention:
    def __init__(self, source: random.Random) -> None:
        self._source = source
        self._professions = _professions()
        self._profession_weights = _Weighted(map(_profession_weight, self._professions))
        self._by_sector: dict[str | None, list[Profession]] = {}
        for profession in self._professions:
            self._by_sector.setdefault(profession.sector, []).append(profession)
        self._cities = _cities()
        self._city_weights = _Weighted(weight for _, _, weight, _ in CITIES)
        self._names = _name_groups()
        self._name_weights = _Weighted(weight for weight, _, _ in NAMES)

    def row(self, number: int, matrix_id: str) -> RegisterRow:
        source = self._source
        city = self._city_weights.draw(source, self._cities)
        language = source.choice(city.first_languages)
        professions = self._draw_professions()
        skills = self._draw_skills(professions, language)
        display_name = self._draw_name()
        city_name = city.names[language]
        return RegisterRow(
            member_number=f"K{number:06d}",
            matrix_id=matrix_id,
            display_name=display_name,
            professions=";".join(self._written(professions, language)),
            sectors=";".join(dict.fromkeys(p.sector for p in professions if p.sector)),
            skills=";".join(skills),
            city=city_name,
            postcode=city.postcode,
            region=city.region,
            country=city.country,
            languages=";".join(self._draw_languages(language)),
            about=self._draw_about(professions[0], skills, city_name, language),
            links=self._draw_links(display_name, number),
            stage=source.choices(STAGES, cum_weights=_STAGE_WEIGHTS)[0],
            open_to=";".join(item for item in OPEN_TO if source.random() < 0.35),
            turnover=self._draw_turnover(),
        )

    def _draw_name(self) -> str:
        group = self._name_weights.draw(self._source, self._names)
        given = self._source.choice(group.given)
        # Families and cities mix: not everybody's two names come from the same place.
        if self._source.random() < 0.15:
            group = self._name_weights.draw(self._source, self._names)
        return f"{given} {self._source.choice(group.family)}"

    def _draw_professions(self) -> list[Profession]:
        main = self._profession_weights.draw(self._source, self._professions)
        drawn = [main]
        for chance in (0.35, 0.12):
            if self._source.random() < chance:
                other = self._source.choice(self._by_sector[main.sector])
                if other not in drawn:
                    drawn.append(other)
        return drawn

    def _written(self, professions: Sequence[Profession], language: str) -> Iterator[str]:
        """Registers were filled in by many hands: codes, labels, everyday words, any language."""
        style = self._source.random()
        for profession in professions:
            if style < 0.35:
                yield profession.code
                continue
            lang = language if style < 0.93 else self._source.choice(("nl", "fr", "en"))
            synonyms = profession.synonyms[lang]
            yield self._source.choice(synonyms) if style > 0.75 else profession.names[lang]

    def _draw_skills(self, professions: Sequence[Profession], language: str) -> list[str]:
        known = [
            skill for profession in professions for skill in _skills(profession.code, language)
        ]
        known = list(dict.fromkeys(known))
        return self._source.sample(known, min(len(known), self._source.randint(2, 5)))

    def _draw_languages(self, first: str) -> list[str]:
        spoken = {first: None}
        for _ in range(self._source.choice((0, 1, 1, 2, 2, 3))):
            spoken[self._source.choice(LANGUAGES_BESIDES)] = None
        return list(spoken)

    def _draw_about(
        self, profession: Profession, skills: Sequence[str], city: str, language: str
    ) -> str:
        source = self._source
        if source.random() < 0.12:
            return ""
        name = profession.names[language]
        text = " ".join(source.choice(sentences) for sentences in SENTENCES[language])
        return text.format(
            profession=name,
            profession_cap=_capital(name),
            city=city,
            years=source.randint(2, 25),
            clients=source.choice(CLIENTS[language]),
            skill=skills[0],
            skill_cap=_capital(skills[0]),
            skill2=skills[1],
            month=source.choice(MONTHS[language]),
        ).strip()

    def _draw_links(self, name: str, number: int) -> str:
        slug = "-".join("".join(c if c.isalnum() else " " for c in fold(name)).split())
        # example.org and example.net are reserved (RFC 2606), so that no invented link leads to
        # anybody.
        links = []
        if self._source.random() < 0.45:
            links.append(f"https://{slug}-{number}.example.org")
        if self._source.random() < 0.30:
            links.append(f"https://social.example.net/{slug}-{number}")
        return ";".join(links)

    def _draw_turnover(self) -> str:
        if self._source.random() < 0.4:
            return ""
        return str(round(self._source.lognormvariate(9.6, 0.9)))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


@cache
def _professions() -> tuple[Profession, ...]:
    return tuple(load_labels().professions.values())


def _profession_weight(profession: Profession) -> float:
    sector = SECTOR_WEIGHTS.get(profession.sector or "", 1.0)
    return sector * PROFESSION_WEIGHTS.get(profession.code, 1.0)


@cache
def _cities() -> tuple[_City, ...]:
    places = load_labels().places
    return tuple(
        _City(place.names, place.region, place.country, postcode, tuple(languages.split()))
        for key, postcode, _, languages in CITIES
        for place in (places[key],)
    )


@cache
def _name_groups() -> tuple[_NameGroup, ...]:
    return tuple(_NameGroup(_names(given), _names(family)) for _, given, family in NAMES)


def _names(written: str) -> tuple[str, ...]:
    """Names are separated by spaces; particles belong to what follows them: `Van den Broeck`."""
    names: list[str] = []
    particles = ""
    for word in written.split():
        if word in _PARTICLES:
            particles += f"{word} "
        else:
            names.append(particles + word)
            particles = ""
    return tuple(names)


@cache
def _skills(code: str, language: str) -> tuple[str, ...]:
    prefix = max((key for key in SKILLS if code.startswith(key)), key=len)
    column = _LANGUAGE_COLUMN[language]
    return tuple(skill.split("|")[column] for skill in SKILLS[prefix])
