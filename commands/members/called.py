"""Who is meant by a name: only people of whom the asker may know are tried, so that a name tells nothing
about anybody else. What may be done with them is left to the commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from rapidfuzz import fuzz

from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, Likely, NotFound, SeveralFound
from commands.kernel.parameters import User, shortest_name
from commands.kernel.text import one_line
from commands.members import search
from commands.members.search import Query
from commands.members.show import item_shown
from commands.members.who import refuse_outsiders
from commands.search.words import asked, tokens
from storage import members

EXPECTED: Final = N_("a member who agreed to be found, by name, or as @name:server")

# Who was listed without an account is named by the place in that list.
_NUMBERED: Final = re.compile(r"(.*\S)\s+#?([0-9]{1,2})")
_PARTS: Final = re.compile(r"[._=\-]+")
_QUOTES: Final = "\"'“”„«»‘’ "
_MOST_TRIED: Final = 100
_MOST_LISTED: Final = 8
_MOST_SUGGESTED: Final = 3
_ALIKE: Final = 70.0


@dataclass(frozen=True, slots=True)
class Somebody:
    """`user_id` is None for a member without an account, `member_id` for whom only the account is known.
    `details` tell them from others of that name."""

    name: str
    user_id: str | None
    member_id: int | None = None
    details: tuple[str, ...] = ()


def person(ctx: Context, typed: str, also: Iterable[tuple[str, str]] = ()) -> Somebody:
    """Whom somebody means: an account, or one whom they may find; `also` are accounts, with names, of
    whom they know anyway. Raises BadArgument with those who are called nearly so, and SeveralFound.
    """
    name = one_line(typed).strip(_QUOTES)
    if name.startswith("@"):
        try:
            return Somebody(name, User().convert(name, ctx))
        except BadArgument as error:
            refuse_outsiders(ctx)
            near = _nearly(ctx, name[1:])
            raise BadArgument(error.found, error.expected, near, **error.values) from error
    refuse_outsiders(ctx)
    known = tuple(also)

    def candidates(called: str) -> list[Somebody]:
        own = members.by_user(ctx.session, ctx.user)
        if own is not None and asked(called) == asked(own.profile.display_name):
            return [Somebody(own.profile.display_name, ctx.user, own.id)]
        return [*_visible(ctx, Query(name=called)), *_with_accounts(known, called)]

    found = _pick(ctx, name, candidates)
    if found is None:
        raise NotFound(name[:60], EXPECTED, _nearly(ctx, name))
    return found


def one_of(ctx: Context, typed: str, known: Iterable[tuple[str, str]]) -> str | None:
    """Which of these accounts, with names, is called so; None for nobody. Raises SeveralFound."""
    pairs = tuple(known)
    found = _pick(ctx, one_line(typed).strip(_QUOTES), lambda called: _with_accounts(pairs, called))
    return found.user_id if found is not None else None


def _pick(ctx: Context, name: str, candidates: Callable[[str], list[Somebody]]) -> Somebody | None:
    found = _whole_names_first(candidates(name), name)
    if not found and (numbered := _NUMBERED.fullmatch(name)):
        name, place = numbered[1], int(numbered[2])
        found = _whole_names_first(candidates(name), name)[max(0, place - 1) : place]
    if len(found) > 1:
        listed = [
            Likely(one.name, one.details, _as_typed(ctx, one, f"{name} {place}"))
            for place, one in enumerate(found[:_MOST_LISTED], start=1)
        ]
        raise SeveralFound(name[:60], listed, more=len(found) > _MOST_LISTED)
    return found[0] if found else None


def _whole_names_first(found: list[Somebody], name: str) -> list[Somebody]:
    """Only those of exactly that name, where there are any."""
    said = sorted(asked(name))
    return [one for one in found if sorted(asked(one.name)) == said] or found


def _as_typed(ctx: Context, one: Somebody, otherwise: str) -> str:
    return shortest_name(ctx, one.user_id) if one.user_id is not None else otherwise


def _with_accounts(known: Iterable[tuple[str, str]], called: str) -> list[Somebody]:
    """Those whose name, or name of the account, has words that begin so."""
    said = asked(called)
    found = []
    for account, name in known:
        local = account[1:].partition(":")[0]
        words = {*tokens(name), *tokens(_PARTS.sub(" ", local)), local}
        if said and all(any(word.startswith(part) for word in words) for part in said):
            found.append(Somebody(name, account))
    return found


def _visible(ctx: Context, query: Query) -> list[Somebody]:
    """Members whom the asker may find; in a room, by what everyone may see."""
    results = search.find(
        ctx.session,
        ctx.labels,
        query,
        user=ctx.user,
        language=ctx.language,
        in_public=not ctx.is_direct,
        limit=_MOST_TRIED,
    )
    return [
        Somebody(
            hit.profile.display_name,
            next(iter(hit.user_ids), None),
            hit.member_id,
            tuple(
                filter(
                    None,
                    (
                        *(
                            item_shown(ctx, "professions", one)
                            for one in hit.profile.professions[:1]
                        ),
                        hit.profile.city,
                    ),
                )
            ),
        )
        for hit in results.hits
        if hit.profile.display_name
    ]


def _nearly(ctx: Context, name: str) -> list[str]:
    """Visible members who are called nearly so, as one would type them."""
    said = asked(name)

    def is_alike(one: Somebody) -> bool:
        return any(
            fuzz.ratio(word, part) >= _ALIKE or word.startswith(part)
            for word in tokens(one.name)
            for part in said
        )

    found = filter(is_alike, _visible(ctx, Query(name)))
    return [_as_typed(ctx, one, one.name) for one in islice(found, _MOST_SUGGESTED)]
