"""What people type about professions, sectors, places and purchases, and what Kring understands by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.labels import Labels, fold


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
    ("words", "code"),
    [
        (("drukwerk", "drukkerij", "Imprimerie", "dépliants", "flyers"), "printing"),
        (("vertaling", "tolk", "traduction", "interpreting"), "translation"),
        (("boekhouder", "comptable", "bookkeeper", "fiduciaire"), "accounting"),
        (("bakfiets", "cargofiets", "VÉLO CARGO", "triporteur", "cargo bike"), "cargo-bikes"),
        (("autodelen", "voitures partagées", "car sharing", "deelauto"), "car-sharing"),
        (("fototoestel", "camera’s", "objectifs", "lenses"), "cameras-lenses"),
        (("gsm herstellen", "phone repair", "réparation d’ordinateur"), "electronics-repair"),
        (("vergaderzaal", "salle de réunion", "meeting room"), "meeting-rooms"),
        (("kringwinkel", "seconde main", "tweedehands", "thrift shop"), "second-hand-furniture"),
        (("inkt", "cartouches d’encre", "toner"), "ink-toner"),
        (("réemploi", "recuphout", "reclaimed wood"), "reused-materials"),
        (("poetsproducten", "savon", "cleaning products"), "cleaning-products"),
        (("verhuizen", "déménageurs", "moving"), "transport-moving"),
        (("fietskoerier", "coursière", "bike messenger"), "bike-couriers"),
    ],
)
def test_everyday_words_for_what_suppliers_offer(
    labels: Labels, words: tuple[str, ...], code: str
) -> None:
    found = [labels.match(word, "category") for word in words]
    assert [label and label.code for label in found] == [code] * len(words)


def test_a_mistyped_category_is_suggested_first(labels: Labels) -> None:
    for typed, code in (
        ("drukwrk", "printing"),
        ("imprimrie", "printing"),
        ("bakfits", "cargo-bikes"),
    ):
        assert labels.match(typed, "category") is None
        assert labels.suggest(typed, "category")[0].code == code


def test_a_word_for_two_categories_suggests_both(labels: Labels) -> None:
    assert labels.match("stoelen", "category") is None
    suggested = [label.code for label in labels.suggest("stoelen", "category", 2)]
    assert set(suggested) == {"furniture", "event-equipment"}


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
