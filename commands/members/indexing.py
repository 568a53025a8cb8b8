"""What of a member goes into the search index, and when: whoever changes a member calls `reindex`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from commands.labels import Labels
from commands.search.places import place_words, region_of
from commands.search.words import code_token, joined, joined_codes
from storage import facts, member_search, members
from storage.member_search import Document
from storage.members import Member, Profile
from storage.session import Session

_FACT = "member_index"
_VERSION = 2
_MANY = 1000


def reindex(session: Session, labels: Labels, member_id: int) -> None:
    """Bring the index up to date with one member, who may be gone."""
    member = members.get(session, member_id)
    if member is None or member.status != "active" or member.consent != "yes":
        member_search.remove(session, member_id)
    else:
        member_search.put(session, member_id, *documents_of(member, labels))


def reindex_many(session: Session, labels: Labels, member_ids: Iterable[int]) -> None:
    """As `reindex`; beyond a thousand it is faster to build the whole index anew."""
    ids = list(member_ids)
    if len(ids) > _MANY:
        rebuild(session, labels)
        return
    for member_id in ids:
        reindex(session, labels, member_id)


def rebuild(session: Session, labels: Labels) -> int:
    """Build the whole index anew (about 4 s for 35,000 members); returns how many can be found."""
    count = member_search.rebuild(
        session,
        ((member.id, *documents_of(member, labels)) for member in members.to_be_found(session)),
    )
    facts.put(session, _FACT, _fingerprint(labels))
    return count


def is_current(session: Session, labels: Labels) -> bool:
    """Whether the index was built with this table of places and professions."""
    return facts.get(session, _FACT) == _fingerprint(labels)


def bring_up_to_date(session: Session, labels: Labels) -> bool:
    """Rebuild if the installation's labels changed since (to be called at start); whether it did."""
    if is_current(session, labels):
        return False
    rebuild(session, labels)
    return True


@lru_cache(maxsize=4)
def _fingerprint(labels: Labels) -> str:
    digest = hashlib.sha256(str(_VERSION).encode())
    for place in labels.places.values():
        digest.update(f"{place.code}|{place.region}|{'|'.join(place.terms())}\n".encode())
    for profession in labels.professions.values():
        digest.update(f"{profession.code}|{profession.sector}\n".encode())
    return digest.hexdigest()


def documents_of(member: Member, labels: Labels) -> tuple[Document, Document | None]:
    """What everyone may find of a member, and what people of a shared network may, if that is more."""
    everyone = member.visible_profile(shares_network=False)
    shared = member.visible_profile(shares_network=True)
    public = document(everyone, labels)
    if shared == everyone:
        return public, None
    # Mostly it is the postcode alone that is shared.
    if replace(shared, postcode=everyone.postcode) == everyone:
        return public, replace(public, place=_place(shared, labels))
    return public, document(shared, labels)


def document(profile: Profile, labels: Labels) -> Document:
    known = [labels.profession(code) for code in profile.professions]
    sectors = profile.sectors or tuple(
        dict.fromkeys(label.sector for label in known if label is not None and label.sector)
    )
    return Document(
        profession=" ".join(
            code_token("profession", given) if label is not None else joined(given)
            for given, label in zip(profile.professions, known, strict=True)
        ),
        skills=joined(*profile.skills),
        name=joined(profile.display_name),
        place=_place(profile, labels),
        sector=joined_codes("sector", sectors),
        language=joined_codes("language", profile.languages),
        about=joined(profile.about),
    )


def region_token(profile: Profile, labels: Labels) -> str | None:
    """The member's region, that of the city where none is given, as a word of the index."""
    region = region_of(profile.city, profile.region, labels)
    return code_token("region", region) if region else None


def _place(profile: Profile, labels: Labels) -> str:
    words = place_words(profile.city, profile.region, profile.country, labels)
    return f"{joined(profile.postcode)} {words}".strip() if profile.postcode else words
