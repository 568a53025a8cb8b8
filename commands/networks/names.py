"""Short names for commands (slugs) made from what a network is called, and finding a network by what
somebody typed. Pure: no database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from rapidfuzz import fuzz, process

from commands.labels.fold import fold
from storage.networks import Network

_LONGEST_SLUG = 40
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

# What follows `!network` in some language, or means no network in particular.
RESERVED = frozenset(
    """new edit adopt requests approve decline animator ambassador advisor stage suggest observe checklist
    prefix language room nieuw bewerk bewerken wijzig wijzigen aanpassen adopteer adopteren overneem overnemen
    aanvragen verzoeken goedkeuren laat-toe weiger weigeren afwijzen voorstellen suggereren observeren cijfers
    ambassadeur adviseur fase suggesties observeer checklijst controlelijst voorvoegsel
    taal kamer nouveau modifier adopter demandes
    creer salon accepter animatrice ambassadrice conseillere etape suggestions observation aide-memoire
    approuver refuser animateur ambassadeur conseiller phase suggerer observer prefixe langue salle here this
    hier dit deze ici ce all alle alles tous toutes none geen aucun space staff buyers ethics help""".split()
)

_CLOSE = 84.0
_LIKELY = 60.0
_ALIKE = 75.0  # of one word among several: “flim” for “Film Brussels”


def slug_of(name: str) -> str:
    """`Réseau Audiovisuel – Bruxelles` becomes `reseau-audiovisuel-bruxelles`; '' when nothing is left."""
    slug = _NOT_WORD.sub("-", fold(name)).strip("-")
    if len(slug) > _LONGEST_SLUG:
        slug = slug[:_LONGEST_SLUG].rsplit("-", 1)[0].strip("-") or slug[:_LONGEST_SLUG]
    return slug


def is_slug(text: str) -> bool:
    return _SLUG.fullmatch(text) is not None and len(text) <= _LONGEST_SLUG


def free_slug(name: str, is_free: Callable[[str], bool]) -> str:
    """A slug for that name that is neither taken nor reserved."""
    base = slug_of(name) or "network"
    candidates = [base] if base not in RESERVED else []
    number = 2
    while not candidates or not is_free(candidates[-1]):
        candidates.append(f"{base}-{number}")
        number += 1
    return candidates[-1]


def key_of(text: str) -> str:
    """The form in which names are compared: folded, punctuation as spaces."""
    return _NOT_WORD.sub(" ", fold(text)).strip() or fold(text)


class Finder:
    """Finds among some networks; `aliases` gives other words with a network's id."""

    def __init__(self, networks: Sequence[Network], aliases: Mapping[str, int]) -> None:
        by_id = {network.id: network for network in networks}
        self._words: dict[str, dict[int, Network]] = {}
        for network in networks:
            self._add(network.slug, network)
            for name in network.texts.get("name", {}).values():
                self._add(name, network)
        for alias, network_id in aliases.items():
            if network_id in by_id:
                self._add(alias, by_id[network_id])

    def _add(self, word: str, network: Network) -> None:
        self._words.setdefault(key_of(word), {})[network.id] = network

    def find(self, text: str) -> tuple[Network | None, list[Network]]:
        """The one network that is meant, or None and those that may be meant, best first."""
        said = key_of(text)
        exact = self._words.get(said, {})
        if len(exact) == 1:
            return next(iter(exact.values())), []
        if exact:
            return None, list(exact.values())
        if not said:
            return None, []
        parts = said.split()
        within = self._distinct(
            word
            for word in self._words
            if all(any(own.startswith(part) for own in word.split()) for part in parts)
        )
        if len(within) == 1 and len(said) >= 3:
            return within[0], []
        near = process.extract(
            said, self._words.keys(), scorer=fuzz.ratio, limit=6, score_cutoff=_LIKELY
        )
        close = self._distinct(word for word, score, _ in near if score >= _CLOSE)
        if len(close) == 1 and not within:
            return close[0], []
        likely = [word for word, _, _ in near] or [
            word
            for word in self._words
            if any(fuzz.ratio(said, own) >= _ALIKE for own in word.split())
        ]
        return None, self._unique([*within, *self._distinct(likely)])

    def _distinct(self, words: Iterable[str]) -> list[Network]:
        return self._unique([network for word in words for network in self._words[word].values()])

    @staticmethod
    def _unique(networks: Sequence[Network]) -> list[Network]:
        return list({network.id: network for network in networks}.values())
