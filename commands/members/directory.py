"""The public pages of the directory: members who agreed to appear, with what everyone may see of them.

Makes the texts of the files; where they are written to is the caller's care.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from commands.kernel import catalogue
from commands.kernel.catalogue import N_
from commands.kernel.pages import page_environment, page_file
from commands.kernel.text import clean
from commands.labels import Labels, fold
from commands.members.fields import PROFILE
from commands.members.show import all_named
from commands.search.places import region_of
from storage import members
from storage.members import Member, Profile
from storage.session import Session

_PER_PAGE: Final = 200
_STYLE: Final = "directory.css"
_CARD: Final = (
    "professions",
    "city",
    "region",
    "languages",
    "skills",
    "sectors",
    "open_to",
    "stage",
)
Kind = Literal["profession", "region"]
_OTHERS: Final = "_others"


@dataclass(frozen=True, slots=True)
class Group:
    """People of one profession or region; `page` is the path of its first page, without language."""

    kind: Kind
    name: str
    page: str
    people: tuple[Profile, ...]


def pages(session: Session, labels: Labels, title: str) -> dict[str, str]:
    """Every file by its path in the folder, the style sheet too; always an index in each language."""
    people = public_profiles(members.on_public_pages(session))
    files = {_STYLE: page_file("members", _STYLE)}
    languages = catalogue.languages()
    for language in languages:
        site = _Site(labels, title, language, languages)
        files |= site.pages(people)
    # Without a server that chooses, the first page lets people choose.
    files["index.html"] = _Site(labels, title, languages[0], languages).entrance()
    return files


def public_profiles(found: Iterable[Member]) -> list[Profile]:
    """What everyone may see of them, by name; who hides even the name is left out."""
    visible = (member.visible_profile(shares_network=False) for member in found)
    return sorted(
        (profile for profile in visible if profile.display_name),
        key=lambda profile: fold(profile.display_name),
    )


class _Site:
    """The pages in one language. Paths are the same in all, so that each links to its translations."""

    def __init__(self, labels: Labels, title: str, language: str, languages: Sequence[str]) -> None:
        self._labels = labels
        self._language = language
        self._environment = page_environment("members", language)
        self._shared = {
            "title": title,
            "language": language,
            "languages": [(code, catalogue.own_name(code)) for code in languages],
        }

    def pages(self, people: Sequence[Profile]) -> dict[str, str]:
        professions = self._groups("profession", people, lambda one: one.professions)
        regions = self._groups("region", people, self._regions_of)
        files = {
            f"{self._language}/index.html": self._render(
                "directory_index", "index.html", "", professions=professions, regions=regions
            )
        }
        for group in (*professions, *regions):
            files |= self._pages_of(group)
        return files

    def entrance(self) -> str:
        return self._render("directory_entrance", "index.html", "")

    def _pages_of(self, group: Group) -> dict[str, str]:
        count = -(-len(group.people) // _PER_PAGE)
        names = [group.page, *(group.page[:-5] + f"-{n}.html" for n in range(2, count + 1))]
        return {
            f"{self._language}/{name}": self._render(
                "directory_people",
                name,
                "../",
                group=group,
                people=[
                    self._card(one)
                    for one in group.people[number * _PER_PAGE : (number + 1) * _PER_PAGE]
                ],
                number=number + 1,
                names=[one.rpartition("/")[2] for one in names],
            )
            for number, name in enumerate(names)
        }

    def _groups(
        self, kind: Kind, people: Sequence[Profile], codes_of: Callable[[Profile], Sequence[str]]
    ) -> list[Group]:
        found: dict[str, list[Profile]] = {}
        for one in people:
            for code in dict.fromkeys(map(self._same, codes_of(one) or (_OTHERS,))):
                found.setdefault(code, []).append(one)
        paths = _paths(sorted(found))
        groups = [
            Group(
                kind,
                catalogue.translate(self._language, N_("others"))
                if code == _OTHERS
                else self._labels.name(code, self._language),
                f"{kind}/{paths[code]}.html",
                tuple(there),
            )
            for code, there in found.items()
        ]
        others = f"{kind}/{paths.get(_OTHERS, '')}.html"
        return sorted(groups, key=lambda group: (group.page == others, fold(group.name)))

    def _same(self, code: str) -> str:
        """Own words differ in capitals and accents only by accident."""
        return code if code == _OTHERS or self._labels.get(code) is not None else fold(code)

    def _regions_of(self, profile: Profile) -> Sequence[str]:
        region = region_of(profile.city, profile.region, self._labels)
        return (region,) if region else ()

    def _card(self, profile: Profile) -> dict[str, Any]:
        return {
            "name": profile.display_name,
            "about": profile.about,
            "links": profile.links,
            "lines": [
                (catalogue.translate(self._language, PROFILE[name].label), values)
                for name in _CARD
                if (values := all_named(profile, name, self._labels, self._language))
            ],
        }

    def _render(self, template: str, page: str, up: str, **variables: Any) -> str:
        """`up` leads from the page to the folder of its language."""
        text = self._environment.get_template(template).render(
            **self._shared,
            page=page,
            up=up,
            root="" if template == "directory_entrance" else f"{up}../",
            **variables,
        )
        return clean(text) + "\n"


def _paths(codes: Sequence[str]) -> Mapping[str, str]:
    """A readable name of a file for each code, none twice."""
    paths: dict[str, str] = {}
    taken: set[str] = set()
    for code in codes:
        base = re.sub(r"[^a-z0-9]+", "-", fold(code)).strip("-")[:60] or "x"
        # What ends in a number could be taken for a later page of another.
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}.{number}"
        taken.add(name)
        paths[code] = name
    return paths


assert set(_CARD) <= set(PROFILE)
