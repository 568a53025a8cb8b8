"""The shipped tables of labels: complete, unambiguous, and with codes that exist."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from time import process_time

from commands.labels import Kind, Label, Labels
from commands.labels.load import _shipped
from commands.labels.model import term_key
from storage.suppliers import CLASSES

LANGUAGES = ("en", "nl", "fr")

# Words that mean two categories on purpose: who looks for them is shown both.
TWO_CATEGORIES = {
    "cafe": {"coffee-tea", "restaurants"},
    **{
        word: {"event-equipment", "furniture"}
        for word in ("chairs", "chaises", "stoelen", "tables", "tafels")
    },
    **{
        word: {"printing", "textile-printing"}
        for word in ("screen printing", "serigraphie", "zeefdruk")
    },
}


def test_the_tables_are_large_enough(labels: Labels) -> None:
    assert len(labels.professions) >= 170
    assert set(labels.sectors) == set("ABCDEFGHIJKLMNOPQRSTUV")
    cities = [place for place in labels.places.values() if place.scope == "city"]
    assert len(cities) >= 120
    assert sum(place.country == "BE" for place in cities) >= 45
    assert len(labels.categories) >= 90


def test_every_label_has_three_languages(labels: Labels) -> None:
    tables = (labels.professions, labels.sectors, labels.places, labels.categories)
    for label in (label for table in tables for label in table.values()):
        assert all(label.names.get(lang) for lang in LANGUAGES), label.code
        if label.kind != "place":
            assert all(label.synonyms.get(lang) for lang in LANGUAGES), label.code
        assert all(
            term == term.strip() and "," not in term
            for term in label.terms()
            if label.kind in ("profession", "category")
        ), label.code


# Unit groups of ISCO-08 that exist, by minor group: the last digits that may follow the first three.
UNIT_GROUPS = {
    "121": "1239",
    "122": "123",
    "133": "0",
    "143": "19",
    "212": "0",
    "213": "123",
    "214": "1234569",
    "215": "123",
    "216": "123456",
    "222": "12",
    "223": "0",
    "225": "0",
    "226": "12345679",
    "231": "0",
    "232": "0",
    "235": "1234569",
    "241": "123",
    "242": "1234",
    "243": "1234",
    "251": "12349",
    "252": "1239",
    "261": "129",
    "262": "12",
    "263": "123456",
    "264": "123",
    "265": "1234569",
    "311": "123456789",
    "312": "123",
    "325": "123456789",
    "331": "12345",
    "332": "1234",
    "333": "12349",
    "334": "1234",
    "341": "123",
    "342": "123",
    "343": "12345",
    "351": "1234",
    "352": "12",
    "411": "0",
    "412": "0",
    "413": "12",
    "422": "12345679",
    "431": "123",
    "441": "1234569",
    "511": "123",
    "512": "0",
    "513": "12",
    "514": "12",
    "515": "123",
    "516": "123459",
    "521": "12",
    "522": "123",
    "524": "1234569",
    "531": "12",
    "532": "129",
    "541": "12349",
    "611": "1234",
    "612": "1239",
    "613": "0",
    "621": "0",
    "711": "123459",
    "712": "1234567",
    "713": "123",
    "721": "12345",
    "722": "1234",
    "723": "1234",
    "731": "123456789",
    "732": "123",
    "741": "123",
    "742": "12",
    "751": "123456",
    "752": "123",
    "753": "123456",
    "754": "12349",
    "816": "0",
    "832": "12",
    "911": "12",
    "912": "1239",
    "933": "1234",
    "962": "12349",
}


def test_profession_codes_are_isco_unit_groups_with_our_suffix(labels: Labels) -> None:
    for code, profession in labels.professions.items():
        assert re.fullmatch(r"\d{4}\.\d+", code), code
        assert code[3] in UNIT_GROUPS[code[:3]], code
        assert profession.sector in labels.sectors, code


def test_no_word_means_two_things_of_a_kind(labels: Labels) -> None:
    for table in (labels.professions, labels.sectors, labels.places):
        assert words_of_several(table.values()) == {}
    assert words_of_several(labels.categories.values()) == TWO_CATEGORIES


def words_of_several(table: Iterable[Label]) -> dict[str, set[str]]:
    meanings: dict[str, set[str]] = defaultdict(set)
    for label in table:
        for term in label.terms():
            meanings[term_key(term)].add(label.code)
    return {word: codes for word, codes in meanings.items() if len(codes) > 1}


def test_codes_of_categories_are_slugs_that_nothing_else_bears(labels: Labels) -> None:
    others = {*labels.professions, *labels.sectors, *labels.places}
    others |= {place.region for place in labels.places.values()}
    assert not others & labels.categories.keys()
    for code, category in labels.categories.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code), code
        assert category.usual_class in CLASSES, code
        found = labels.match(code, "category")
        assert found is not None, code
        assert found.code == code, "a code is not a word of another category"


def test_every_term_finds_its_own_label(labels: Labels) -> None:
    kinds: tuple[Kind, ...] = ("profession", "sector", "place", "category")
    tables: tuple[Mapping[str, Label], ...] = (
        labels.professions, labels.sectors, labels.places, labels.categories,
    )  # fmt: skip
    for kind, table in zip(kinds, tables, strict=True):
        for code, label in table.items():
            for term in label.terms():
                if kind == "category" and term_key(term) in TWO_CATEGORIES:
                    continue
                found = labels.match(term.upper(), kind)
                assert found is not None, term
                assert found.code == code, term


def test_region_slugs_are_keys_of_regions(labels: Labels) -> None:
    for place in labels.places.values():
        assert re.fullmatch(r"[a-z-]+", place.region), place.code
        if place.scope == "region":
            assert place.code == place.region


def test_loading_is_quick() -> None:
    def load() -> float:
        _shipped.cache_clear()
        started = process_time()
        Labels(_shipped().values())
        return process_time() - started

    assert min(load() for _ in range(5)) < 0.060
