"""Committing to lines of a purchase: what may still be changed, what is written down, and what the member is
told of it: the cost now and at the next tier, and what would fill a case. How it is typed is `taking`'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import Refused
from commands.members.who import MEMBERS_ONLY
from commands.networks.checks import is_cooperative_member
from commands.purchases import changes, values
from commands.purchases.board_data import moment
from commands.purchases.quantities import Wanted
from commands.purchases.rules import filling, tiers
from commands.purchases.rules.money import vat_on
from commands.purchases.standing import LineStanding, line_standing, standing, terms_of
from storage import commitments
from storage.commitments import Commitment, Sums
from storage.purchase_lines import Line, Tier
from storage.purchases import Purchase


@dataclass(frozen=True, slots=True)
class Amount:
    """What so many units come to at a price; cents, net and with VAT."""

    units: int
    cents: int
    vat: int

    @property
    def net_cents(self) -> int:
        return self.units * self.cents

    @property
    def gross_cents(self) -> int:
        return self.net_cents + vat_on(self.net_cents, self.vat)


@dataclass(frozen=True, slots=True)
class BuyMore:
    """So many `more` units of the member's own bring the line to the next tier, where all of theirs cost no
    more than their fewer do now."""

    more: int
    amount: Amount


@dataclass(frozen=True, slots=True)
class Pledge:
    """What a member commits to of one line, as it stands with theirs counted. 0 and 0 for none of it."""

    line: Line
    quantity: int
    tolerance: int
    standing: LineStanding

    @property
    def least(self) -> Amount:
        return Amount(self.quantity, self.standing.cents, self.line.vat)

    @property
    def most(self) -> Amount:
        return Amount(self.quantity + self.tolerance, self.standing.cents, self.line.vat)

    @property
    def following(self) -> Tier | None:
        return self.standing.following

    @property
    def at_next(self) -> Amount | None:
        """The quantity at the next tier's price; None where there is no next one, or no quantity."""
        if self.following is None or self.quantity == 0:
            return None
        return Amount(self.quantity, self.following.cents, self.line.vat)

    @property
    def buy_more(self) -> BuyMore | None:
        """None where more of one's own would cost more."""
        if self.following is None or self.quantity == 0:
            return None
        size = self.line.case_size
        cases = max(-(-self.following.from_units // size), self.line.minimum_cases)
        wanted, tolerated = self.standing.quantity, self.standing.tolerance
        # The last case needs one unit of quantity, and is filled with what others tolerate.
        more = max(cases * size - wanted - tolerated, (cases - 1) * size + 1 - wanted, 1)
        cents = tiers.price_at(self.line.tiers, cases * size)
        amount = Amount(self.quantity + more, cents, self.line.vat)
        return BuyMore(more, amount) if amount.net_cents <= self.least.net_cents else None


def refuse_others(ctx: Context, purchase: Purchase) -> None:
    """Raises Refused for whoever is in none of its networks."""
    if values.may_take_part(ctx, purchase):
        return
    if not is_cooperative_member(ctx, ctx.user):
        raise Refused(MEMBERS_ONLY)
    found = [network for network in values.networks_of(ctx, purchase) if network.visible]
    if not found:
        raise values.not_now(ctx, purchase)
    raise Refused(
        N_(
            "Group purchase %(number)s is for the members of %(networks)s."
            " To join, type “%(command)s”; then take part."
        ),
        number=purchase.id,
        networks=", ".join(network.name(ctx.language) for network in found),
        command=f"{ctx.prefix}{ctx.registry.word('join', ctx.language)} {found[0].slug}",
    )


def refuse_late(ctx: Context, purchase: Purchase, sent_at: datetime) -> None:
    """Raises Refused with where it stands, once nothing can be changed. What was sent before the deadline
    counts, also when it was read later."""
    if purchase.merged_into is not None:
        raise Refused(
            N_(
                "Group purchase %(number)s goes on as group purchase %(other)s: take part in that one."
            ),
            number=purchase.id,
            other=purchase.merged_into,
        )
    if not purchase.takes_commitments:
        raise values.not_now(ctx, purchase)
    ends = moment(purchase.due_at or purchase.deadline)
    if min(sent_at, ctx.now) > ends:
        raise Refused(
            N_(
                "Group purchase %(number)s has just closed. What becomes of it follows in a moment."
            ),
            number=purchase.id,
        )


def commit(ctx: Context, purchase: Purchase, wanted: Sequence[Wanted[Line]]) -> list[Pledge]:
    """Write down what a member wants of these lines instead of what they wanted before, all of it or nothing.
    They agree to the prices as they are then. Whoever may not, or is late, was refused before (`refuse_late`,
    `refuse_others`). Raises Refused."""
    own = commitments.of_person(ctx.session, purchase.id, ctx.user)
    sums = commitments.sums(ctx.session, purchase.id)
    pledges = []
    for one in wanted:
        before = sums.get(one.line.id, Sums(0, 0, 0))
        after = _with(before, own.get(one.line.id), one)
        if purchase.state == "filling" and not _is_same(own.get(one.line.id), one):
            _refuse_no_help(ctx, purchase, one, before, after, own.get(one.line.id))
        pledges.append(
            Pledge(one.line, one.quantity, one.tolerance, line_standing(one.line, after))
        )
    for pledge in pledges:
        _put(ctx, own.get(pledge.line.id), pledge)
    ctx.audit("purchase.committed", values.subject(purchase.id))
    changes.changed(ctx, purchase.id)
    return pledges


def _with(before: Sums, own: Commitment | None, wanted: Wanted[Line]) -> Sums:
    """A line's sums with what a member wants instead of what they wanted."""
    takes_part = wanted.quantity + wanted.tolerance > 0
    return Sums(
        before.quantity - (own.quantity if own else 0) + wanted.quantity,
        before.tolerance - (own.tolerance if own else 0) + wanted.tolerance,
        before.people - (own is not None) + takes_part,
    )


def _is_same(own: Commitment | None, wanted: Wanted[Line]) -> bool:
    return own is not None and (own.quantity, own.tolerance) == (wanted.quantity, wanted.tolerance)


def _put(ctx: Context, own: Commitment | None, pledge: Pledge) -> None:
    if pledge.quantity + pledge.tolerance == 0:
        commitments.remove_person(ctx.session, [pledge.line.id], ctx.user)
        return
    # Whichever account they use, a person has one commitment to a line.
    if own is not None:
        commitments.unite(ctx.session, pledge.line.id, ctx.user, now=ctx.now_ms)
    account = (own.user_id if own else None) or ctx.user
    commitments.put(
        ctx.session,
        pledge.line.id,
        account,
        quantity=pledge.quantity,
        tolerance=pledge.tolerance,
        accepted_cents=max(own.accepted_cents if own else 0, pledge.standing.cents),
        now=ctx.now_ms,
    )


def _refuse_no_help(
    ctx: Context,
    purchase: Purchase,
    wanted: Wanted[Line],
    before: Sums,
    after: Sums,
    own: Commitment | None,
) -> None:
    """While the last cases are filled, only what brings them nearer to full is taken. Raises Refused."""
    if filling.helps(
        terms_of(wanted.line),
        filling.Sums(before.quantity, before.tolerance),
        filling.Sums(after.quantity, after.tolerance),
    ):
        return
    missing = line_standing(wanted.line, before).missing
    if missing:
        quantity, tolerance = (own.quantity, own.tolerance) if own else (0, 0)
        raise Refused(
            N_(
                "The deadline is past: only what helps to fill the cases counts now."
                " %(article)s lacks %(missing)s: type “%(more)s” to take them, or “%(tolerant)s”"
                " to take them if needed."
            ),
            article=wanted.line.article,
            missing=missing,
            more=_typed(ctx, purchase, wanted.line, quantity + missing, tolerance),
            tolerant=_typed(ctx, purchase, wanted.line, quantity, tolerance + missing),
        )
    lacking = [one for one in standing(ctx.session, purchase) if one.missing]
    if not lacking:
        raise Refused(N_("The deadline is past, and all cases are full: nothing changes any more."))
    raise Refused(
        N_(
            "The deadline is past: only what helps to fill the cases counts now, and %(article)s has"
            " nothing to fill. What still lacks: %(lacking)s."
        ),
        article=wanted.line.article,
        lacking=", ".join(f"{one.missing} × {one.line.article}" for one in lacking),
    )


def _typed(ctx: Context, purchase: Purchase, line: Line, quantity: int, tolerance: int) -> str:
    """What to type for so many."""
    many = f"{quantity}+{tolerance}" if tolerance else str(quantity)
    which = "" if len(purchase.lines) == 1 else f"{line.position}: "
    return f"{ctx.prefix}{ctx.registry.word('commit', ctx.language)} {purchase.id} {which}{many}"


# --- withdrawing -----------------------------------------------------------------------------------


def withdraw(
    ctx: Context, purchase: Purchase, lines: Sequence[Line], sent_at: datetime
) -> list[Line]:
    """Give up these lines, or all where none is named; returns those given up. Raises Refused."""
    refuse_late(ctx, purchase, sent_at)
    own = commitments.of_person(ctx.session, purchase.id, ctx.user)
    chosen = {line.id for line in lines} or set(own)
    given_up = [line for line in purchase.lines if line.id in chosen & own.keys()]
    if not given_up:
        raise Refused(
            N_("You have not committed to that, so there is nothing to withdraw."),
        )
    if purchase.state == "filling":
        raise Refused(
            N_(
                "The deadline is past: until the cases are filled and it is decided, what you"
                " committed to stands. Others count on it."
            )
        )
    commitments.remove_person(ctx.session, chosen, ctx.user)
    ctx.audit("purchase.withdrawn", values.subject(purchase.id))
    changes.changed(ctx, purchase.id)
    return given_up
