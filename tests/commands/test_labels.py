"""What people type about professions, sectors and places, and what Kring understands by it."""

import re
from collections import defaultdict
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.labels import Kind, LabelFileError, Labels, fold, load_labels
from commands.labels.load import _shipped
from commands.labels.model import term_key

LANGUAGES = ("en", "nl", "fr")


@pytest.fixture(scope="module")
def labels() -> Labels:
    return load_labels()


@pytest.mark.parametrize(
    "words",
    [
        ("cineast", "vidéaste", "filmmaker", "Cinéaste", "réalisatrice", "filmregisseur"),
        ("vertaler", "traducteur", "traductrice", "translator", "Vertaalster", "TRADUCTEUR·RICE"),
        ("tolk", "interprète", "interpreter", "interprètes"),
        ("grafisch ontwerper", "graphiste", "graphic designer", "grafisch vormgeefster"),
        ("fietskoerier", "coursière à vélo", "bike courier", "livreur à vélo"),
        ("webontwikkelaar", "développeuse web", "développeur·euse web", "front-end developer"),
        ("kinesist", "kiné", "physiotherapist"),
        ("boekhouder", "comptable", "bookkeeper"),
        ("schrijnwerker", "menuisière", "carpenter", "timmerman"),
    ],
)
def test_words_of_every_language_mean_the_same_profession(
    labels: Labels, words: tuple[str, ...]
) -> None:
    meanings = {word: labels.match(word, "profession") for word in words}
    assert None not in meanings.values(), meanings
    assert len({label.code for label in meanings.values() if label}) == 1, meanings


def test_different_professions_stay_apart(labels: Labels) -> None:
    codes = set()
    for word in ("vertaler", "tolk", "beëdigd vertaler", "ondertitelaar", "corrector"):
        label = labels.match(word, "profession")
        assert label is not None, word
        codes.add(label.code)
    assert len(codes) == 5


def test_register_codes_are_understood(labels: Labels) -> None:
    translator = labels.match("2643.1", "profession")
    assert translator is not None
    assert translator.names["en"] == "translator"
    assert labels.match("2643", "profession") is None, "a unit group with several professions"
    assert {"2643.1", "2643.2"} <= {x.code for x in labels.suggest("2643", "profession", 10)}
    only = labels.match("2264", "profession")
    assert only is not None
    assert only.code == "2264.1"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("vertalr", "2643.1"),
        ("tradcuteur", "2643.1"),
        ("fotogra", "3431.1"),
        ("elektricen", "7411.1"),
    ],
)
def test_a_mistyped_profession_is_suggested_first(labels: Labels, typed: str, code: str) -> None:
    assert labels.match(typed, "profession") is None
    assert labels.suggest(typed, "profession")[0].code == code


@pytest.mark.parametrize("text", ["", "  ", "qqqqqqqqqxx", "\u202e\u200b"])
def test_nonsense_suggests_nothing(labels: Labels, text: str) -> None:
    assert labels.suggest(text, "profession") == []
    assert labels.match(text, "profession") is None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("bouw", "bâtiment", "construction"), "F"),
        (("horeca", "restauration", "hospitality"), "I"),
        (("informatique", "IT", "ict"), "K"),
        (("kunst", "arts", "culture"), "S"),
        (("audiovisuel", "film", "media"), "J"),
        (("onderwijs", "formation", "training"), "Q"),
    ],
)
def test_everyday_words_for_sectors(labels: Labels, words: tuple[str, ...], code: str) -> None:
    found = [labels.match(word, "sector") for word in words]
    assert [label and label.code for label in found] == [code] * len(words)


@pytest.mark.parametrize(
    ("typed", "others"),
    [
        ("Gand", {"gent", "ghent"}),
        ("gent", {"gand", "ghent"}),
        ("Bruxelles", {"brussel", "brussels", "bxl"}),
        ("luik", {"liege"}),
        ("Bergen", {"mons"}),
        ("rijsel", {"lille"}),
        ("Wien", {"vienna", "wenen", "vienne"}),
        ("la louviere", {"la louviere"}),
        ("Sint Niklaas", {"saint-nicolas"}),
        ("København", {"copenhagen", "kopenhagen"}),
    ],
)
def test_a_place_is_known_by_all_its_names(labels: Labels, typed: str, others: set[str]) -> None:
    place = labels.place(typed)
    assert place is not None
    assert others <= {fold(term) for term in place.terms()}


def test_an_unknown_place_is_only_itself(labels: Labels) -> None:
    assert labels.place("Kakelrode") is None


def test_regions_are_places(labels: Labels) -> None:
    flanders = labels.place("Vlaanderen")
    assert flanders is not None
    assert flanders.scope == "region"
    assert flanders.code == "flanders"
    ghent = labels.place("Gent")
    assert ghent is not None
    assert ghent.scope == "city"
    assert ghent.region == "flanders"
    assert labels.name("flanders", "fr") == "Flandre"


def test_the_full_text_index_gets_every_language(labels: Labels) -> None:
    words = labels.index_words(["2643.1", "S", "unknown"]).split()
    assert {"vertaler", "traducteur", "traductrice", "translator", "culture"} <= set(words)
    assert "rice" not in words
    assert labels.index_words([]) == ""


def test_names_fall_back(labels: Labels) -> None:
    assert labels.name("2643.1", "nl") == "vertaler"
    assert labels.name("2643.1", "de") == "translator"
    assert labels.name("9999.9", "nl") == "9999.9"


# The tables themselves


def test_the_tables_are_large_enough(labels: Labels) -> None:
    assert len(labels.professions) >= 170
    assert set(labels.sectors) == set("ABCDEFGHIJKLMNOPQRSTUV")
    cities = [place for place in labels.places.values() if place.scope == "city"]
    assert len(cities) >= 120
    assert sum(place.country == "BE" for place in cities) >= 45


def test_every_label_has_three_languages(labels: Labels) -> None:
    tables = (labels.professions, labels.sectors, labels.places)
    for label in (label for table in tables for label in table.values()):
        assert all(label.names.get(lang) for lang in LANGUAGES), label.code
        if label.kind != "place":
            assert all(label.synonyms.get(lang) for lang in LANGUAGES), label.code
        assert all(
            term == term.strip() and "," not in term
            for term in label.terms()
            if label.kind == "profession"
        ), label.code


# Unit groups of ISCO-08 that exist, by minor group: the last digits that may follow the first
# three.
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
        meanings: dict[str, set[str]] = defaultdict(set)
        for code, label in table.items():
            for term in label.terms():
                meanings[term_key(term)].add(code)
        assert {word: codes for word, codes in meanings.items() if len(codes) > 1} == {}


def test_every_term_finds_its_own_label(labels: Labels) -> None:
    kinds: tuple[Kind, ...] = ("profession", "sector", "place")
    for kind, table in zip(kinds, (labels.professions, labels.sectors, labels.places), strict=True):
        for code, label in table.items():
            for term in label.terms():
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
        started = perf_counter()
        Labels(_shipped().values())
        return perf_counter() - started

    assert min(load() for _ in range(5)) < 0.060


# Folding


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="aeEéœß·•()rsx '’-\u00a0\u200bÅłIİ"))
def test_folding_twice_changes_nothing_in_words(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(text) == fold(text.upper().lower().casefold())


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Cœur", "coeur"), ("Straße", "strasse"), ("Ørsted", "orsted"), ("Łódź", "lodz"),
        ("l’été\u00a0 à\tParis ", "l'ete a paris"), ("traducteur·rice", "traducteur"),
        ("traducteur·rice·s juré·e·s", "traducteur jure"), ("musicien(ne)", "musicien"),
        ("painter (artist)", "painter (artist)"), ("“IJzer”", '"ijzer"'), ("a • b", "a • b"),
        ("sage\u2011femme", "sage-femme"), ("ver\u00adtaler", "vertaler"),
    ],
)  # fmt: skip
def test_folding(typed: str, folded: str) -> None:
    assert fold(typed) == folded


# An installation's own files


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    file = folder / name
    file.write_text(text, encoding=encoding)
    return file


def test_own_file_adds_professions_words_and_languages(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "own.csv",
        "code;sector;en;nl;fr;de;synonyms_nl;synonyms_de\n"
        "2643.1;;;;;Übersetzer·in;taalvirtuoos;Übersetzerin\n"
        "7549.90;C;kite maker;vliegermaker;cerf-voliste;Drachenbauer;;\n",
        "utf-8-sig",
    )
    labels = load_labels([file])
    for word in ("Übersetzer", "ubersetzerin", "taalvirtuoos", "vertaler"):
        found = labels.match(word, "profession")
        assert found is not None, word
        assert found.code == "2643.1", word
    assert labels.name("2643.1", "de") == "Übersetzer·in"
    assert labels.name("2643.1", "nl") == "vertaler"
    translator = labels.profession("2643.1")
    assert translator is not None
    assert translator.sector == "N"
    kites = labels.match("vliegermaker", "profession")
    assert kites is not None
    assert kites.code == "7549.90"
    assert load_labels().match("taalvirtuoos", "profession") is None, "shipped labels untouched"


def test_own_name_keeps_the_old_one_findable(tmp_path: Path) -> None:
    file = write(tmp_path, "own.csv", "code,nl\n7234.1,rijwielhersteller\n")
    labels = load_labels([file])
    assert labels.name("7234.1", "nl") == "rijwielhersteller"
    for word in ("rijwielhersteller", "fietsenmaker", "vélociste"):
        found = labels.match(word, "profession")
        assert found is not None, word
        assert found.code == "7234.1", word


def test_own_places(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "places.csv",
        "key,kind,country,region,en,nl,fr,other\nse-lund,city,SE,skane,Lund,Lund,Lund,Lunda\n",
    )
    place = load_labels([file]).place("lunda")
    assert place is not None
    assert place.country == "SE"


ESCO_COLUMNS = (
    "conceptType,conceptUri,iscoGroup,preferredLabel,altLabels,hiddenLabels,status,code\n"
)
ESCO = "http://data.europa.eu/esco/occupation/"


def test_esco_files_of_several_languages_are_one_table(tmp_path: Path) -> None:
    dutch = write(
        tmp_path,
        "occupations_nl.csv",
        ESCO_COLUMNS
        + f'Occupation,{ESCO}a1,2643,vertaler,"vertaalkundige\nvertalers",,released,2643.6\n'
        + f"Occupation,{ESCO}b2,2643,lexicograaf,woordenboekmaker,,released,2643.3\n",
    )
    french = write(
        tmp_path,
        "esco-francais.csv",
        ESCO_COLUMNS
        + f"Occupation,{ESCO}b2,2643,lexicographe,auteur/autrice de lexique,,released,2643.3\n"
        + f"Occupation,{ESCO}c3,110,colonel/colonelle,,,released,0110.1\n",
    )
    labels = load_labels([dutch, french], {french: "fr"})
    translator = labels.match("vertaalkundige", "profession")
    assert translator is not None
    assert translator.code == "2643.1"
    assert labels.name("2643.1", "nl") == "vertaler"
    for word in ("lexicograaf", "lexicographe", "woordenboekmaker"):
        found = labels.match(word, "profession")
        assert found is not None, word
        assert found.code == "2643.e3", word
    lexicographer = labels.profession("2643.e3")
    assert lexicographer is not None
    assert lexicographer.sector == "N"
    assert labels.name("2643.e3", "nl") == "lexicograaf"
    colonel = labels.match("colonelle", "profession")
    assert colonel is not None
    assert colonel.code == "0110.e1"


def test_words_of_esco_give_way_to_ours(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "occupations_en.csv",
        ESCO_COLUMNS
        + f"Occupation,{ESCO}d4,2643,language engineer,translator,,released,2643.1\n"
        + f"Occupation,{ESCO}e5,2656,podcaster,,,released,2656.7\n",
    )
    labels = load_labels([file])
    translator = labels.match("translator", "profession")
    assert translator is not None
    assert translator.code == "2643.1"
    engineer = labels.match("language engineer", "profession")
    assert engineer is not None
    assert engineer.code == "2643.e1"
    podcaster = labels.match("podcaster", "profession")
    assert podcaster is not None
    assert podcaster.code == "3521.5", "a synonym of ours goes before a name of theirs"
    assert "2656.e7" in [label.code for label in labels.suggest("podcaster", "profession")]


def test_esco_unit_groups_are_named_by_their_code(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "ISCOGroups_nl.csv",
        "conceptType,conceptUri,code,preferredLabel,altLabels\n"
        "ISCOGroup,http://data.europa.eu/esco/isco/C26,26,Juristen en zo,\n"
        "ISCOGroup,http://data.europa.eu/esco/isco/C2643,2643,Vertalers en taalkundigen,\n",
    )
    labels = load_labels([file])
    assert labels.name("2643", "nl") == "Vertalers en taalkundigen"
    assert labels.match("Juristen en zo", "profession") is None


@pytest.mark.parametrize(
    ("name", "text", "problem", "row", "column", "found"),
    [
        ("a.csv", "en,nl\nx,y\n", "missing_column", 1, "code", ""),
        ("a.csv", "", "missing_column", 1, "code", ""),
        ("a.csv", "code\n2643.1\n", "missing_column", 1, "en", ""),
        ("a.csv", "code,en\n26-43,x\n", "bad_code", 2, "code", "26-43"),
        ("a.csv", "code,en\n2643.8,x\n\n2643.8,y\n", "duplicate_code", 4, "code", "2643.8"),
        ("a.csv", "code,en\n2643.1,\n", "missing_name", 2, "en", ""),
        ("a.csv", "code,sector,en\n2643.8,Z,x\n", "unknown_sector", 2, "sector", "Z"),
        ("a.csv", "code,en,synonyms_klingon\n2643.1,x,y\n", "unknown_language", 1,
         "synonyms_klingon", ""),
        ("a.csv", 'code,en\n2643.1,"x\n', "csv", 2, "", None),
        ("a.csv", "key,kind,country,en\n", "missing_column", 1, "region", ""),
        ("a.csv", "key,kind,country,region,en\nx,city,Belgium,y,X\n", "bad_value", 2, "country",
         "Belgium"),
        ("a.csv", "key,kind,country,region,en\nx,town,BE,y,X\n", "bad_value", 2, "kind", "town"),
        ("a.csv", "key,kind,country,region,en\nx,city\n", "bad_value", 2, "country", ""),
        ("esco.csv", ESCO_COLUMNS, "unknown_language", 0, "", "esco.csv"),
        ("o_nl.csv", ESCO_COLUMNS + "Occupation,u,x1,a,,,,\n", "bad_code", 2, "iscoGroup", "00x1"),
        ("o_nl.csv", ESCO_COLUMNS + "Occupation,u,2643,,,,,2643.1\n", "missing_name", 2,
         "preferredLabel", ""),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_the_spot(
    tmp_path: Path, name: str, text: str, problem: str, row: int, column: str, found: str | None
) -> None:
    file = write(tmp_path, name, text)
    with pytest.raises(LabelFileError) as caught:
        load_labels([file])
    error = caught.value
    assert (error.file, error.problem, error.row, error.column) == (file, problem, row, column)
    if found is not None:
        assert error.found == found


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    latin = write(tmp_path, "latin.csv", "code,fr\n2643.1,vidéaste\n", "latin-1")
    for file, problem in ((latin, "encoding"), (tmp_path / "absent.csv", "unreadable")):
        with pytest.raises(LabelFileError) as caught:
            load_labels([file])
        assert caught.value.problem == problem
