"""Which lines of two purchases are of the same article, and how one of them becomes part of the other. Whether
it does is for the people responsible, in `merging`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from commands.kernel.context import Context
from commands.labels.fold import fold
from commands.purchases import changes
from storage import commitments, member_accounts, purchase_merges, purchases
from storage.commitments import Commitment
from storage.purchase_lines import Line
from storage.purchases import Purchase

_ALIKE: Final = 90


@dataclass(frozen=True, slots=True)
class Pair:
    """The same article in the older purchase and in the other."""

    into: Line
    from_: Line


def pairs(into: Purchase, from_: Purchase) -> list[Pair]:
    """Each line is in one pair at most."""
    left, found = list(into.lines), []
    for line in from_.lines:
        match = next((other for other in left if is_alike(other, line)), None)
        if match is not None:
            left.remove(match)
            found.append(Pair(match, line))
    return found


def is_alike(one: Line, other: Line) -> bool:
    """Whether two lines are of the same article, sold in the same way by the same supplier."""
    if (one.case_size, one.vat, fold(one.unit)) != (other.case_size, other.vat, fold(other.unit)):
        return False
    return _same_supplier(one, other) and _same_article(fold(one.article), fold(other.article))


def _same_supplier(one: Line, other: Line) -> bool:
    if one.supplier_id is not None and other.supplier_id is not None:
        return one.supplier_id == other.supplier_id
    return fuzz.ratio(fold(one.supplier_name), fold(other.supplier_name)) >= _ALIKE


def _same_article(one: str, other: str) -> bool:
    # Sizes and models are what they are: A4 is no A3, however alike the names are.
    return fuzz.ratio(one, other) >= _ALIKE and _numbered(one) == _numbered(other)


def _numbered(name: str) -> list[str]:
    return sorted(word for word in name.split() if any(sign.isdigit() for sign in word))


def unite(ctx: Context, into: Purchase, from_: Purchase) -> None:
    """Everything of the one moves into the other, which keeps its prices and terms: lines, commitments with the
    age of their units, interests, networks, regions, costs added up, and the later deadline. Both are open."""
    found = pairs(into, from_)
    there = commitments.of_purchase(ctx.session, into.id)
    moving = commitments.of_purchase(ctx.session, from_.id)
    for pair in found:
        _unite_lines(ctx, pair, there.get(pair.into.id, ()), moving.get(pair.from_.id, ()))
    together = {pair.from_.id for pair in found}
    for line in from_.lines:
        if line.id not in together:
            purchase_merges.move_line(ctx.session, line.id, into.id)
    purchase_merges.move_interests(ctx.session, from_.id, into.id)
    purchases.set_networks(ctx.session, into.id, (*into.network_ids, *from_.network_ids))
    purchases.set_regions(ctx.session, into.id, (*into.regions, *from_.regions))
    deadline = max(into.deadline, from_.deadline)
    purchases.change(
        ctx.session,
        into.id,
        now=ctx.now_ms,
        deadline=deadline,
        due_at=deadline,
        freight_cents=into.freight_cents + from_.freight_cents,
        fees_cents=into.fees_cents + from_.fees_cents,
        handling_minutes=into.handling_minutes + from_.handling_minutes,
        pickup=_both(into.pickup, from_.pickup),
        unapproved_reason=_both(into.unapproved_reason or "", from_.unapproved_reason or "")
        or None,
    )
    purchases.move(ctx.session, from_.id, "cancelled", now=ctx.now_ms, merged_into=into.id)
    changes.step_at(ctx, into.id, deadline)
    changes.changed(ctx, into.id)
    changes.changed(ctx, from_.id)


def _unite_lines(
    ctx: Context, pair: Pair, there: Sequence[Commitment], moving: Sequence[Commitment]
) -> None:
    by_account: dict[str, Commitment] = {
        account: one
        for one in there
        if one.user_id is not None
        for account in member_accounts.same_person(ctx.session, one.user_id)
    }
    for one in moving:
        own = by_account.get(one.user_id) if one.user_id is not None else None
        if own is None:
            purchase_merges.move_commitment(ctx.session, one.id, pair.into.id)
        else:
            commitments.add_up(ctx.session, one.id, own.id, now=ctx.now_ms)


def _both(one: str, other: str) -> str:
    """Both texts, where they say different things."""
    return "\n".join(dict.fromkeys(filter(None, (one, other))))
