"""The fixed values of a network's sheet, with the words that people type for them in each language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.parameters import OneOf

KINDS: Final = {
    "profession": N_("profession network"),
    "sector": N_("sector network"),
    "other": N_("other network"),
}
OPENNESS: Final = {
    "open": N_("open: every member may join"),
    "approval": N_("on approval: an animator decides"),
    "invitation": N_("by invitation only"),
}
CRITERION_KINDS: Final = {
    "quantitative": N_("quantitative: a number of members or a turnover"),
    "strategic": N_("strategic: a reason that the cooperative gives"),
}
STAGES: Final = {
    "creation": N_("creation"),
    "launch": N_("launch"),
    "events": N_("events"),
    "first_results": N_("first results"),
    "decline": N_("decline"),
    "closed": N_("closed"),
}
FIELDS: Final = {
    "name": N_("name"),
    "purpose": N_("purpose"),
    "criterion": N_("criterion for its existence"),
    "goals": N_("goals"),
    "cooperative_role": N_("the cooperative's role"),
    "means": N_("means"),
    "kind": N_("kind of network"),
    "label": N_("profession or sector"),
    "region": N_("region"),
    "criterion_kind": N_("kind of criterion"),
    "openness": N_("openness"),
    "languages": N_("languages of the room"),
    "slug": N_("short name for commands"),
    "aliases": N_("other words for it"),
    "avatar": N_("picture of the room"),
}
LONGEST: Final = {
    "name": 80,
    "purpose": 400,
    "criterion": 600,
    "goals": 1000,
    "cooperative_role": 600,
    "means": 600,
}
CHECKLIST: Final = {
    "purpose": N_("purpose, criterion and goals are written and can be read by all"),
    "animators": N_("at least two animators share the work"),
    "welcome": N_("newcomers are greeted within two days"),
    "needs": N_("members were asked what they need from the network"),
    "meeting": N_("a first meeting has a date"),
    "ambassadors": N_("ambassadors speak of the network outside it"),
    "rhythm": N_("there is a rhythm: something happens at least once a month"),
    "results": N_("a first result was shared with everybody"),
    "review": N_("goals and criterion were looked at again this year"),
}

Words = Mapping[str, Sequence[str]]

KIND_WORDS: Final[dict[str, Words]] = {
    "profession": {
        "en": ("profession", "professions", "profession network"),
        "nl": ("beroep", "beroepsnetwerk", "beroepen"),
        "fr": ("métier", "métiers", "réseau métier"),
    },
    "sector": {
        "en": ("sector", "sectors", "sector network"),
        "nl": ("sector", "sectornetwerk", "sectoren"),
        "fr": ("secteur", "sectoriel", "réseau sectoriel"),
    },
    "other": {"en": ("other",), "nl": ("ander", "andere", "overige"), "fr": ("autre", "autres")},
}
STAGE_WORDS: Final[dict[str, Words]] = {
    "creation": {"en": ("creation",), "nl": ("oprichting", "opbouw"), "fr": ("création",)},
    "launch": {"en": ("launch",), "nl": ("lancering", "start"), "fr": ("lancement",)},
    "events": {
        "en": ("events",),
        "nl": ("evenementen", "activiteiten"),
        "fr": ("événements", "activités"),
    },
    "first_results": {
        "en": ("first results", "results"),
        "nl": ("eerste resultaten", "resultaten"),
        "fr": ("premiers résultats", "résultats"),
    },
    "decline": {"en": ("decline",), "nl": ("neergang", "afbouw"), "fr": ("déclin",)},
    "closed": {
        "en": ("closed", "close"),
        "nl": ("gesloten", "sluiten"),
        "fr": ("fermeture", "fermé", "clos"),
    },
}
FIELD_WORDS: Final[dict[str, Words]] = {
    "name": {"en": ("name",), "nl": ("naam",), "fr": ("nom",)},
    "purpose": {"en": ("purpose",), "nl": ("doel", "bestaansreden"), "fr": ("but", "objet")},
    "criterion": {"en": ("criterion",), "nl": ("criterium",), "fr": ("critère",)},
    "goals": {"en": ("goals",), "nl": ("doelen", "doelstellingen"), "fr": ("objectifs",)},
    "cooperative_role": {
        "en": ("role", "cooperative's role"),
        "nl": ("rol", "rol van de coöperatie"),
        "fr": ("rôle", "rôle de la coopérative"),
    },
    "means": {"en": ("means",), "nl": ("middelen",), "fr": ("moyens",)},
    "kind": {"en": ("kind",), "nl": ("soort",), "fr": ("type", "sorte")},
    "label": {
        "en": ("profession", "sector"),
        "nl": ("beroep", "sector"),
        "fr": ("métier", "secteur"),
    },
    "region": {"en": ("region",), "nl": ("regio", "streek"), "fr": ("région",)},
    "criterion_kind": {
        "en": ("kind of criterion",),
        "nl": ("soort criterium",),
        "fr": ("type de critère",),
    },
    "openness": {"en": ("openness",), "nl": ("openheid", "toegang"), "fr": ("ouverture", "accès")},
    "languages": {"en": ("languages",), "nl": ("talen",), "fr": ("langues",)},
    "slug": {"en": ("short name", "slug"), "nl": ("korte naam",), "fr": ("nom court",)},
    "aliases": {
        "en": ("other words", "aliases"),
        "nl": ("andere woorden",),
        "fr": ("autres mots",),
    },
    "avatar": {
        "en": ("picture", "avatar"),
        "nl": ("foto", "afbeelding", "avatar"),
        "fr": ("image", "photo", "avatar"),
    },
}
OPENNESS_WORDS: Final[dict[str, Words]] = {
    "open": {"en": ("open",), "nl": ("open",), "fr": ("ouvert", "libre")},
    "approval": {
        "en": ("approval", "on approval"),
        "nl": ("goedkeuring", "na goedkeuring"),
        "fr": ("approbation", "sur approbation"),
    },
    "invitation": {
        "en": ("invitation", "by invitation"),
        "nl": ("uitnodiging", "op uitnodiging"),
        "fr": ("invitation", "sur invitation"),
    },
}

KIND: Final = OneOf.of(**KIND_WORDS)
STAGE: Final = OneOf.of(**STAGE_WORDS)
FIELD: Final = OneOf.of(**FIELD_WORDS)

# Words for "the network whose room this is", and for taking a role away, whatever the language.
HERE: Final = frozenset(
    ("here", "this", "this network", "hier", "dit", "dit netwerk", "ici", "ce reseau", "celui-ci")
)
REMOVE: Final = frozenset(
    (
        "remove", "off", "no", "not", "end", "verwijder", "verwijderen", "weg", "niet", "nee",
        "retirer", "retire", "enlever", "enleve", "non", "fin",
    )
)  # fmt: skip


def all_words(words: Mapping[str, Words], value: str) -> tuple[str, ...]:
    """What means that value, in every language."""
    return tuple(word for spoken in words[value].values() for word in spoken)
