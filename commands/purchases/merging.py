"""Two regions that buy the same article: it is proposed to make one purchase of the two, and done when the
people responsible for both agree (product.md, section 5). How they become one is `uniting`'s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, NotAllowed, Refused
from commands.kernel.incoming import Message, Reaction
from commands.kernel.parameters import positional
from commands.kernel.telling import edit_everywhere
from commands.purchases import hearing, values
from commands.purchases.board_data import moment
from commands.purchases.standing import standing
from commands.purchases.uniting import pairs, unite
from commands.purchases.values import PurchaseNumber
from storage import purchase_merges, purchases
from storage.purchase_merges import Merge
from storage.purchases import Purchase

router = Router("purchases")

ABOUT: Final = "purchase_merge"
_TOO_LATE: Final = N_("It is too late: one of the two is no longer open.")
# More at once would be noise.
_MOST: Final = 3


def about(merge_id: int) -> str:
    return f"{ABOUT}:{merge_id}"


def look(ctx: Context, purchase: Purchase) -> None:
    """A purchase has just opened: when another region buys one of its articles, the people responsible for both
    are asked whether to make one purchase of them."""
    others = [
        other
        for other in purchases.in_states(ctx.session, ("open",))
        if other.id != purchase.id
        and other.currency == purchase.currency
        and other.deadline > ctx.now_ms
        and set(other.regions).isdisjoint(purchase.regions)
        and other.responsible is not None
        and pairs(*_in_order(other, purchase))
    ]
    if purchase.responsible is None:
        return
    for other in others[:_MOST]:
        merge_id = purchase_merges.propose(ctx.session, purchase.id, other.id, now=ctx.now_ms)
        if merge_id is not None:
            _ask(ctx, merge_id, *_in_order(other, purchase))


def _in_order(one: Purchase, other: Purchase) -> tuple[Purchase, Purchase]:
    """The older one first."""
    return (one, other) if one.id < other.id else (other, one)


def _ask(ctx: Context, merge_id: int, into: Purchase, from_: Purchase) -> None:
    """Those who have not agreed yet."""
    merge = purchase_merges.get(ctx.session, merge_id)
    assert merge is not None
    asked = [into.responsible] if merge.into_agreed_at is None else []
    asked += [from_.responsible] if merge.from_agreed_at is None else []
    prices = {one.line.id: one for found in (into, from_) for one in standing(ctx.session, found)}
    for user in dict.fromkeys(asked):
        if user is not None:
            ctx.direct(
                user,
                "purchases/merge_question",
                about=about(merge_id),
                into=into,
                from_=from_,
                pairs=pairs(into, from_),
                prices=prices,
                until=moment(max(into.deadline, from_.deadline)),
                into_until=moment(into.deadline),
                from_until=moment(from_.deadline),
                freight=into.freight_cents + from_.freight_cents,
            )


def _are_open(ctx: Context, *both: Purchase) -> bool:
    return all(one.state == "open" and one.deadline > ctx.now_ms for one in both)


def _of(ctx: Context, merge: Merge) -> tuple[Purchase, Purchase]:
    into = purchases.get(ctx.session, merge.into_id)
    from_ = purchases.get(ctx.session, merge.from_id)
    assert into is not None and from_ is not None, "purchases are never deleted"
    return into, from_


@router.answer(ABOUT)
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """A yes or a no of somebody responsible for one of the two."""
    merge = purchase_merges.get(ctx.session, int(reference))
    decision = hearing.decision_in(answer)
    if merge is None or (decision is None and not merge.is_open):
        return False
    if decision is None:
        if isinstance(answer, Reaction) or hearing.is_remark(ctx, answer):
            return False
        raise BadArgument(answer.text[:40], N_("“yes” to make one of them, or “no”"))
    if not merge.is_open:
        raise Refused(N_("That was decided already."))
    _decide(ctx, merge, agrees=decision)
    return True


def _decide(ctx: Context, merge: Merge, *, agrees: bool) -> None:
    """Raises Refused and NotAllowed."""
    into, from_ = _of(ctx, merge)
    if not _are_open(ctx, into, from_):
        raise Refused(_TOO_LATE)
    of_into, of_from = values.is_responsible(ctx, into), values.is_responsible(ctx, from_)
    if not (of_into or of_from):
        raise NotAllowed(values.RESPONSIBLE)
    if not agrees:
        purchase_merges.decline(ctx.session, merge.id, now=ctx.now_ms)
        ctx.audit("purchase.not_merged", values.subject(from_.id), into=into.id)
        _settled(ctx, merge.id, into, from_, agreed=False)
        ctx.reply("purchases/merge_settled", into=into, from_=from_, agreed=False)
        return
    merge = purchase_merges.agree(
        ctx.session, merge.id, into=of_into, from_=of_from, now=ctx.now_ms
    )
    if not merge.is_agreed:
        other = from_ if of_into else into
        ctx.reply("purchases/merge_agreed", into=into, from_=from_, other=other)
        return
    _merge(ctx, merge, into, from_)
    ctx.reply("purchases/merge_settled", into=into, from_=from_, agreed=True)


def _merge(ctx: Context, merge: Merge, into: Purchase, from_: Purchase) -> None:
    moved, stayed = hearing.members_of(ctx, from_), hearing.members_of(ctx, into)
    purchase_merges.done(ctx.session, merge.id, now=ctx.now_ms)
    unite(ctx, into, from_)
    ctx.audit("purchase.merged", values.subject(from_.id), into=into.id)
    _settled(ctx, merge.id, into, from_, agreed=True)
    merged = purchases.get(ctx.session, into.id)
    assert merged is not None
    prices = {one.line.id: one for one in standing(ctx.session, merged)}
    told: dict[str, Any] = {
        "from_": from_,
        "until": moment(merged.deadline),
        "prices": prices,
    }
    rooms_told = set(into.network_ids)
    for network in values.networks_of(ctx, merged):
        comes = network.id not in rooms_told
        hearing.tell_room(ctx, network, merged, "purchases/news_merged", comes=comes, **told)
    for user in dict.fromkeys((*moved, *stayed)):
        ctx.direct(
            user,
            "purchases/own_merged",
            purchase=merged,
            moves=user in moved,
            **told,
        )


def _settled(ctx: Context, merge_id: int, into: Purchase, from_: Purchase, *, agreed: bool) -> None:
    said: dict[str, Any] = {"into": into, "from_": from_, "agreed": agreed}
    edit_everywhere(ctx, about(merge_id), "purchases/merge_settled", **said)
    # Nobody is told that a message changed, and who proposed it by command has none.
    for user in dict.fromkeys((into.responsible, from_.responsible)):
        if user is not None and not values.is_same(ctx, user):
            ctx.direct(user, "purchases/merge_settled", **said)


# --- by command ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MergeArguments:
    purchase: int = positional(PurchaseNumber(), N_("the number of a group purchase"))
    other: int = positional(PurchaseNumber(), N_("the number of the other group purchase"))


@router.command(
    "purchase merge",
    nl=("groepsaankoop samenvoegen", "aankoop samenvoegen", "aankopen samenvoegen"),
    fr=("achat groupé fusionner", "achat fusionner", "fusionner les achats"),
    summary=N_("proposes to make one group purchase of two, or agrees to that"),
    examples={
        "en": ("purchase merge 7 9",),
        "nl": ("groepsaankoop samenvoegen 7 9",),
        "fr": ("achat groupé fusionner 7 9",),
    },
    arguments=MergeArguments,
    who=values.RESPONSIBLE,
)
def merge_them(ctx: Context, arguments: MergeArguments) -> None:
    if arguments.purchase == arguments.other:
        raise BadArgument(str(arguments.other), N_("the numbers of two group purchases"))
    into, from_ = _in_order(values.seen(ctx, arguments.purchase), values.seen(ctx, arguments.other))
    if not any(values.is_responsible(ctx, one) for one in (into, from_)):
        raise NotAllowed(values.RESPONSIBLE)
    if into.currency != from_.currency or not pairs(into, from_):
        raise Refused(
            N_("Group purchases %(one)s and %(other)s have no article in common."),
            one=into.id,
            other=from_.id,
        )
    merge = purchase_merges.between(ctx.session, into.id, from_.id)
    is_asked = merge is not None and merge.is_open
    if not _are_open(ctx, into, from_):
        raise Refused(_TOO_LATE)
    if merge is None:
        purchase_merges.propose(ctx.session, into.id, from_.id, now=ctx.now_ms)
    elif not merge.is_open:
        purchase_merges.propose_anew(ctx.session, merge.id, now=ctx.now_ms)
    merge = purchase_merges.between(ctx.session, into.id, from_.id)
    assert merge is not None
    _decide(ctx, merge, agrees=True)
    merge = purchase_merges.between(ctx.session, into.id, from_.id)
    if merge is not None and merge.is_open and not is_asked:
        _ask(ctx, merge.id, into, from_)
