"""An installation's own files of labels, and those of ESCO: what they add, and how a bad one is refused."""

from pathlib import Path

import pytest

from commands.labels import LabelFileError, load_labels


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


def test_own_categories(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "categories.csv",
        "category,class,en,nl,fr,synonyms_nl\n"
        "beehives,product,beehives,bijenkasten,ruches,bijen\n"
        "printing,,,,,drukkunst\n",
    )
    labels = load_labels([file])
    hives = labels.category("beehives")
    assert hives is not None
    assert (hives.usual_class, labels.name("beehives", "fr")) == ("product", "ruches")
    assert labels.match("Bijen", "category") == hives
    for word in ("drukkunst", "drukwerk", "imprimeur"):
        assert labels.match(word, "category") == labels.category("printing"), word
    printing = labels.category("printing")
    assert printing is not None
    assert printing.usual_class == "service"
    assert load_labels().category("beehives") is None, "shipped labels untouched"


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
        ("a.csv", "category,class,en\nPrint it,service,x\n", "bad_code", 2, "category", "Print it"),
        ("a.csv", "category,class,en\nkites,gift,x\n", "bad_value", 2, "class", "gift"),
        ("a.csv", "category,en\nkites,x\n", "bad_value", 2, "class", ""),
        ("a.csv", "category,class,en\nflanders,service,x\n", "duplicate_code", 0, "category",
         "flanders"),
        ("a.csv", "category,class,synonyms_nl,en\nkites,product,x,\n", "missing_name", 0, "category",
         "kites"),
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
