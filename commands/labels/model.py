"""Labels of professions, sectors, places and categories of suppliers, and the look-ups over them.
Knows nothing of files: these are read by `files` and put together by `load_labels`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from rapidfuzz import fuzz, process

from commands.labels.fold import fold
from storage.suppliers import Class

Kind = Literal["profession", "sector", "place", "category"]

# ISO 639-2 code for names that belong to no single language, such as a city's name in its own
# country.
ANY_LANGUAGE: Final = "mul"
FALLBACK_LANGUAGE: Final = "en"

_SIMILAR_ENOUGH: Final = 72.0
_SHORTEST_PREFIX: Final = 3


@dataclass(frozen=True, slots=True)
class Label:
    """What one code is called; `names` has one preferred name per language (ISO 639-1)."""

    code: str
    kind: Kind
    names: Mapping[str, str] = field(hash=False)
    synonyms: Mapping[str, tuple[str, ...]] = field(hash=False)

    def terms(self) -> Iterable[str]:
        """Yield every preferred name, then every synonym, in all languages."""
        yield from self.names.values()
        for words in self.synonyms.values():
            yield from words


@dataclass(frozen=True, slots=True)
class Profession(Label):
    """A profession; its code starts with an ISCO-08 unit group, `sector` is its usual NACE Rev. 2.1
    section."""

    sector: str | None = None

    @property
    def unit_group(self) -> str:
        """The ISCO-08 unit group: four digits."""
        return self.code[:4]


@dataclass(frozen=True, slots=True)
class Place(Label):
    """A city or a region; `country` is ISO 3166 alpha-2, `region` a slug (a region's own code)."""

    country: str = ""
    region: str = ""
    scope: Literal["city", "region"] = "city"


@dataclass(frozen=True, slots=True)
class Category(Label):
    """What a supplier offers; `usual_class` is how most such purchases are classed."""

    usual_class: Class = "service"


def term_key(text: str) -> str:
    """Return the form in which terms are compared: folded, with hyphens and slashes as spaces."""
    return " ".join(fold(text).replace("-", " ").replace("/", " ").split())


# Which meaning wins where two labels share a word: lower ranks first.
RANK_NAME: Final = 0
RANK_SYNONYM: Final = 1
RANK_CODE: Final = 2
RANK_IMPORTED: Final = 3


class _Index:
    """The words of one kind of label."""

    def __init__(self) -> None:
        self._meanings: dict[str, dict[str, int]] = {}

    def add(self, key: str, code: str, rank: int) -> None:
        meanings = self._meanings.setdefault(key, {})
        meanings[code] = min(rank, meanings.get(code, rank))

    def exact(self, key: str) -> list[str]:
        """Return the codes that have the best rank for this word."""
        meanings = self._meanings.get(key)
        if not meanings:
            return []
        best = min(meanings.values())
        return [code for code, rank in meanings.items() if rank == best]

    def ranked(self, key: str) -> list[str]:
        """Return the codes whose words are like this one, best first."""
        scores: dict[str, float] = {}

        def score(word: str, points: float) -> None:
            for code, rank in self._meanings[word].items():
                scores[code] = max(scores.get(code, 0.0), points - rank)

        if key in self._meanings:
            score(key, 400.0)
        if len(key) >= _SHORTEST_PREFIX:
            inner = f" {key}"
            for word in self._meanings:
                if word.startswith(key):
                    score(word, 300.0 - min(len(word) - len(key), 50))
                elif inner in word:
                    score(word, 200.0 - min(len(word) - len(key), 50))
        for word, points, _ in process.extract(
            key, self._meanings.keys(), scorer=fuzz.ratio, limit=30, score_cutoff=_SIMILAR_ENOUGH
        ):
            score(word, points)
        return sorted(scores, key=lambda code: (-scores[code], code))


class Labels:
    """All labels of an installation, looked up by code or by word. Never changes once it is
    built."""

    def __init__(self, labels: Iterable[Label], imported: frozenset[str] = frozenset()) -> None:
        """`imported` are codes whose words give way to those of all other labels."""
        self._professions: dict[str, Profession] = {}
        self._sectors: dict[str, Label] = {}
        self._places: dict[str, Place] = {}
        self._categories: dict[str, Category] = {}
        self._indexes: dict[Kind, _Index] = {
            "profession": _Index(),
            "sector": _Index(),
            "place": _Index(),
            "category": _Index(),
        }
        for label in labels:
            if isinstance(label, Profession):
                self._professions[label.code] = label
            elif isinstance(label, Place):
                self._places[label.code] = label
            elif isinstance(label, Category):
                self._categories[label.code] = label
            else:
                self._sectors[label.code] = label
            self._index(label, RANK_IMPORTED if label.code in imported else RANK_NAME)

    def _index(self, label: Label, rank: int) -> None:
        index = self._indexes[label.kind]
        for name in label.names.values():
            index.add(term_key(name), label.code, rank + RANK_NAME)
        for words in label.synonyms.values():
            for word in words:
                index.add(term_key(word), label.code, rank + RANK_SYNONYM)
        # Below all words: the code of a region may be the name of its city.
        index.add(term_key(label.code), label.code, RANK_CODE)
        if isinstance(label, Profession):
            index.add(label.unit_group, label.code, RANK_CODE)

    @property
    def professions(self) -> Mapping[str, Profession]:
        return self._professions

    @property
    def sectors(self) -> Mapping[str, Label]:
        return self._sectors

    @property
    def places(self) -> Mapping[str, Place]:
        return self._places

    @property
    def categories(self) -> Mapping[str, Category]:
        return self._categories

    def profession(self, code: str) -> Profession | None:
        return self._professions.get(code)

    def sector(self, code: str) -> Label | None:
        return self._sectors.get(code)

    def category(self, code: str) -> Category | None:
        return self._categories.get(code)

    def get(self, code: str) -> Label | None:
        """Return the label of any kind that has this code."""
        return (
            self._professions.get(code)
            or self._sectors.get(code)
            or self._places.get(code)
            or self._categories.get(code)
        )

    def name(self, code: str, lang: str) -> str:
        """Return the preferred name in `lang`, else in English, else in any language. A code that
        no table knows (any more) is its own name, since rows written with an older table must stay
        readable."""
        label = self.get(code)
        if label is None:
            return code
        return (
            label.names.get(lang)
            or label.names.get(FALLBACK_LANGUAGE)
            or next(iter(label.names.values()))
        )

    def match(self, text: str, kind: Kind) -> Label | None:
        """Return the one label that has this name, synonym or code in any language; None when there
        is none, or when the word means several things (then `suggest` gives them all)."""
        codes = self._indexes[kind].exact(term_key(text))
        return self.get(codes[0]) if len(codes) == 1 else None

    def suggest(self, text: str, kind: Kind, limit: int = 5) -> list[Label]:
        """Return at most `limit` labels whose words are like `text`, best first: the same word,
        then words that begin with it, then those with a typing error or two."""
        key = term_key(text)
        if not key:
            return []
        found = (self.get(code) for code in self._indexes[kind].ranked(key)[:limit])
        return [label for label in found if label is not None]

    def index_words(self, codes: Iterable[str]) -> str:
        """Return all names and synonyms of these codes in all languages, folded, each once,
        separated by spaces: what a full-text index needs so that every language finds the row.
        Unknown codes add nothing."""
        terms: dict[str, None] = {}
        for code in codes:
            label = self.get(code)
            if label is not None:
                terms.update((fold(term), None) for term in label.terms())
        return " ".join(terms)

    def place(self, text: str) -> Place | None:
        """Return the city or region of this name in any language."""
        label = self.match(text, "place")
        return label if isinstance(label, Place) else None
