"""From whom something is bought, asked in a conversation: a supplier of the reference directory by number, name
or what it sells; or any other name, with the reason, which everybody reads (product.md, section 5).

Only suppliers that members see are found: any other is like one that nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeVar

from pydantic import BaseModel, Field
from rapidfuzz import fuzz

from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood, at_most
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Question, Step
from commands.kernel.text import one_line
from commands.labels.fold import fold
from commands.suppliers.fields import FIELDS
from commands.suppliers.likeness import alike, key_of
from commands.suppliers.search import Query, find
from storage import suppliers
from storage.session import Session
from storage.suppliers import VISIBLE

LONGEST_NAME: Final = FIELDS["name"].longest
LONGEST_REASON: Final = 300
_SHORTEST_REASON: Final = 5
_NUMBER: Final = re.compile(r"#?([0-9]{1,15})")
_NEAR: Final = 88.0
_MOST_LIKELY: Final = 6
_NONE: Final = "none"


class Supply(BaseModel):
    """From whom. `number` is None for one that is not in the directory; `typed` is what was said where `likely`
    ones of the directory, numbers and names, may be meant; `reason` says why it is none of these."""

    number: int | None = None
    name: str = ""
    typed: str = ""
    likely: list[tuple[int, str]] = Field(default_factory=list)
    reason: str | None = None


class Supplied(BaseModel):
    """A conversation in which one says from whom is bought inherits this."""

    supply: Supply = Field(default_factory=Supply)


D = TypeVar("D", bound=Supplied)


def in_directory(session: Session, names: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Of these names those of one supplier each that members see: its number and what it is called there."""
    known: dict[str, list[tuple[int, str]]] = {}
    for one in _visible(session):
        known.setdefault(key_of(one[1]), []).append(one)
    found = {name: known.get(key_of(name), []) for name in names if key_of(name)}
    return {name: ones[0] for name, ones in found.items() if len(ones) == 1}


def not_in_directory(session: Session, numbers: Iterable[int | None]) -> set[int | None]:
    """Those of these that members do not see now, None for one that has no number."""
    wanted = set(numbers)
    found = suppliers.of_ids(session, (number for number in wanted if number is not None))
    return wanted - {one.id for one in found.values() if one.is_visible}


def likely(ctx: Context, text: str) -> list[tuple[int, str]]:
    """Suppliers that may be meant, by their name or by what they sell: numbers and names, best first."""
    said, key = fold(text), key_of(text)
    near = [
        (-fuzz.token_sort_ratio(said, fold(name)), number, name)
        for number, name in _visible(ctx.session)
        if alike(key, key_of(name)) or fuzz.token_sort_ratio(said, fold(name)) >= _NEAR
    ]
    found = {number: name for _, number, name in sorted(near)}
    hits = find(
        ctx.session,
        ctx.labels,
        Query(text=text),
        user=ctx.user,
        smallest=ctx.settings.smallest_count,
        limit=_MOST_LIKELY,
        lends=False,
    ).hits
    for number, supplier in suppliers.of_ids(ctx.session, (hit.number for hit in hits)).items():
        found.setdefault(number, supplier.name)
    return list(found.items())[:_MOST_LIKELY]


def understood(ctx: Context, text: str) -> Supply:
    """What a text says of from whom; `likely` is filled where it may be several. Raises Misunderstood."""
    name = one_line(text)
    number = _NUMBER.fullmatch(name)
    if number is not None:
        supplier = suppliers.get(ctx.session, int(number[1]))
        if supplier is None or not supplier.is_visible:
            raise Misunderstood(N_("the name of a supplier, or its number in the directory"))
        return Supply(number=supplier.id, name=supplier.name)
    if not 2 <= len(name) <= LONGEST_NAME or not any(sign.isalpha() for sign in name):
        raise Misunderstood(N_("a name of 2 to %(longest)s characters"), longest=LONGEST_NAME)
    exactly = in_directory(ctx.session, [name]).get(name)
    if exactly is not None:
        return Supply(number=exactly[0], name=exactly[1])
    return Supply(name=name, typed=name, likely=likely(ctx, name))


def reason_in(text: str) -> str:
    """Why it is bought from somebody who is not in the directory. Raises Misunderstood."""
    reason = one_line(text)
    if len(reason) < _SHORTEST_REASON:
        raise Misunderstood(N_("a reason in a few words: everybody reads it"))
    return at_most(LONGEST_REASON, reason)


def supplier_steps(model: type[D]) -> tuple[Step[D], ...]:
    """The questions about the supplier, for a conversation with that model."""
    return (
        Step("supplier", _ask, _take, optional=False),
        Step(
            "supplier_which",
            _ask_which,
            _take_which,
            optional=False,
            applies=lambda data: bool(data.supply.likely),
        ),
        Step(
            "supplier_reason",
            _ask_reason,
            _take_reason,
            optional=False,
            applies=lambda data: bool(data.supply.name) and data.supply.number is None,
        ),
    )


def _visible(session: Session) -> list[tuple[int, str]]:
    return [(number, name) for number, name, state in suppliers.names(session) if state in VISIBLE]


def _with(data: D, supply: Supply) -> D:
    return data.model_copy(update={"supply": supply})


def _ask(ctx: Context, data: Supplied) -> Question:
    return Question("purchases/ask_supplier")


def _take(ctx: Context, data: D, answer: Answer) -> D:
    return _with(data, understood(ctx, answer.text))


def _ask_which(ctx: Context, data: Supplied) -> Question:
    other = ctx._(N_("none of these: the supplier is called “%(name)s”"), name=data.supply.typed)
    return Question(
        "purchases/ask_supplier_which",
        {"name": data.supply.typed},
        choices=(
            *(Choice(str(number), name) for number, name in data.supply.likely),
            Choice(_NONE, other, (data.supply.typed,)),
        ),
    )


def _take_which(ctx: Context, data: D, answer: Answer) -> D:
    if answer.chosen[0] == _NONE:
        return _with(
            data, data.supply.model_copy(update={"number": None, "name": data.supply.typed})
        )
    number = int(answer.chosen[0])
    name = dict(data.supply.likely)[number]
    # What may be meant is kept: whoever goes back is asked the same again.
    return _with(data, data.supply.model_copy(update={"number": number, "name": name}))


def _ask_reason(ctx: Context, data: Supplied) -> Question:
    return Question("purchases/ask_supplier_reason", {"name": data.supply.name})


def _take_reason(ctx: Context, data: D, answer: Answer) -> D:
    return _with(data, data.supply.model_copy(update={"reason": reason_in(answer.text)}))
