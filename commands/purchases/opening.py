"""`!purchase new` and `!purchase open`: a conversation that writes a draft, and one that shows it as the
rooms will see it, asks whether it could be borrowed instead, and opens it or sends a member's proposal on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import BadArgument, NotAllowed, Refused
from commands.kernel.parameters import positional, rest
from commands.kernel.teams import is_buyer
from commands.networks import checks, refs
from commands.purchases import approving, values
from commands.purchases.board_data import moment
from commands.purchases.instead import Instead, instead_of
from commands.purchases.launching import in_the_way, launch, may_open, preview
from commands.purchases.opening_steps import LONGEST_TITLE, can_buy, steps, titled
from commands.purchases.plan import Plan
from commands.purchases.values import PurchaseNumber
from commands.suppliers.values import MODE_NAMES
from storage import member_accounts, networks, purchases
from storage.purchases import Purchase

router = Router("purchases")

# Proposals of one person that may wait at the same time, and drafts that they may have lying about.
_MOST_WAITING: Final = 3
_MOST_DRAFTS: Final = 20
A_NUMBER: Final = N_("the number of a group purchase")


# --- a draft ---------------------------------------------------------------------------------


def _refuse_too_many(ctx: Context) -> None:
    """Raises Refused."""
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    drafts = [one for one in purchases.run_by(ctx.session, accounts) if one.state == "draft"]
    if len(drafts) >= _MOST_DRAFTS:
        raise Refused(
            N_("You have %(count)s drafts already: open or cancel one of them first."),
            count=len(drafts),
        )


def _finish(ctx: Context, plan: Plan) -> None:
    """Whatever changed meanwhile, what was said is kept: what is in the way is for opening it."""
    checks.member(ctx, None)
    found = networks.several(ctx.session, plan.network_ids)
    kept = [one.id for one in found if can_buy(one)]
    if not kept:
        raise Refused(N_("These networks are closed meanwhile, so I kept nothing."))
    draft = plan.model_copy(update={"network_ids": kept}).draft(ctx)
    number = purchases.add(ctx.session, draft, opener=ctx.user, now=ctx.now_ms)
    ctx.audit("purchase.drafted", values.subject(number))
    purchase = purchases.get(ctx.session, number)
    assert purchase is not None
    _offer_to_open(ctx, purchase)


dialogue: Dialogue[Plan] = Dialogue(
    "purchases.new",
    title=N_("a new group purchase"),
    data=Plan,
    steps=steps(),
    finish=_finish,
)


@dataclass(frozen=True, slots=True)
class NewArguments:
    title: str = rest(N_("what is bought together"), longest=LONGEST_TITLE, default="")


@router.command(
    "purchase new",
    en=("new purchase", "purchases new"),
    nl=("groepsaankoop nieuw", "aankoop nieuw", "nieuwe groepsaankoop", "nieuwe aankoop"),
    fr=(
        "achat groupé nouveau",
        "achat nouveau",
        "nouvel achat groupé",
        "nouvel achat",
        "achat groupé créer",
    ),
    summary=N_("begins a group purchase: I ask what, for whom and until when"),
    examples={
        "en": ("purchase new", "purchase new office chairs"),
        "nl": ("groepsaankoop nieuw", "groepsaankoop nieuw bureaustoelen"),
        "fr": ("achat groupé nouveau", "achat groupé nouveau chaises de bureau"),
    },
    arguments=NewArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def new_purchase(ctx: Context, arguments: NewArguments) -> None:
    _refuse_too_many(ctx)
    here = refs.of_room(ctx)
    plan = Plan(here=here.id if here is not None else None)
    if arguments.title:
        try:
            plan = titled(plan, arguments.title)
        except Misunderstood as error:
            raise BadArgument(arguments.title, error.expected, **error.values) from error
        plan = plan.model_copy(update={"came_with_title": True})
    ctx.frame.start(ctx, dialogue.name, plan)


@router.command(
    "propose purchase",
    en=("propose group purchase",),
    nl=(
        "voorstel groepsaankoop",
        "voorstel aankoop",
        "groepsaankoop voorstellen",
        "stel groepsaankoop voor",
        "stel een groepsaankoop voor",
    ),
    fr=("proposer achat groupé", "proposer un achat groupé", "proposer achat", "propose achat"),
    summary=N_("proposes a group purchase; the animators of its networks decide"),
    examples={
        "en": ("propose purchase", "propose purchase office chairs"),
        "nl": ("voorstel groepsaankoop", "voorstel groepsaankoop bureaustoelen"),
        "fr": ("proposer achat groupé", "proposer achat groupé chaises de bureau"),
    },
    arguments=NewArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def propose_purchase(ctx: Context, arguments: NewArguments) -> None:
    new_purchase(ctx, arguments)


# --- opening it ------------------------------------------------------------------------------


class Opening(BaseModel):
    """A draft that is about to be opened. `instead` says whether there are ways not to buy; `keeps` whether it
    stays a draft."""

    purchase: int
    instead: bool = False
    keeps: bool = False


def _offer_to_open(ctx: Context, purchase: Purchase) -> None:
    problem = in_the_way(ctx, purchase)
    if problem is not None:
        ctx.reply("purchases/kept", purchase=purchase, problem=problem)
        return
    ctx.frame.start(
        ctx, opening.name, Opening(purchase=purchase.id, instead=bool(_ways(ctx, purchase)))
    )


def _ways(ctx: Context, purchase: Purchase) -> list[Instead]:
    lines = purchase.lines
    return instead_of(ctx, (one.article for one in lines), but=[one.supplier_id for one in lines])


def _draft(ctx: Context, number: int) -> Purchase:
    """Raises Refused where it is none any more."""
    purchase = purchases.get(ctx.session, number)
    if purchase is None or purchase.state != "draft":
        raise Refused(N_("It is no draft any more: somebody opened or cancelled it meanwhile."))
    return purchase


def _ask_instead(ctx: Context, data: Opening) -> Question:
    return Question(
        "purchases/ask_instead",
        {"ways": _ways(ctx, _shown(ctx, data)), "modes": MODE_NAMES},
        choices=(
            Choice("yes", ctx._(N_("buy it together all the same"))),
            Choice("no", ctx._(N_("keep it as a draft: I look at these first"))),
        ),
    )


def _shown(ctx: Context, data: Opening) -> Purchase:
    purchase = purchases.get(ctx.session, data.purchase)
    assert purchase is not None, "purchases are never deleted"
    return purchase


def _take_instead(ctx: Context, data: Opening, answer: Answer) -> Opening:
    return data.model_copy(update={"keeps": answer.chosen[0] == "no"})


def _ask_sure(ctx: Context, data: Opening) -> Question:
    purchase = _shown(ctx, data)
    at_once = may_open(ctx, purchase)
    yes = N_("open it now") if at_once else N_("send it to the animators, who decide")
    return Question(
        "purchases/ask_open",
        {
            "preview": preview(ctx, purchase),
            "networks": [one.name(ctx.language) for one in values.networks_of(ctx, purchase)],
            "until": moment(purchase.deadline),
            "at_once": at_once,
        },
        choices=(Choice("yes", ctx._(yes)), Choice("no", ctx._(N_("keep it as a draft")))),
    )


def _take_sure(ctx: Context, data: Opening, answer: Answer) -> Opening:
    return data.model_copy(update={"keeps": answer.chosen[0] == "no"})


def _open(ctx: Context, data: Opening) -> None:
    purchase = _draft(ctx, data.purchase)
    if data.keeps:
        ctx.reply("purchases/kept", purchase=purchase, problem=None)
        return
    _must_be_near(ctx, purchase)
    problem = in_the_way(ctx, purchase)
    if problem is not None:
        raise problem
    if may_open(ctx, purchase):
        if purchase.awaits_approval:
            approving.decide(ctx, purchase, approve=True)
            return
        opened = launch(ctx, purchase)
        names = [one.name(ctx.language) for one in values.networks_of(ctx, opened)]
        ctx.reply("purchases/opened", purchase=opened, networks=names)
        return
    _refuse_too_many_waiting(ctx)
    told = approving.request(ctx, purchase)
    ctx.reply("purchases/requested", purchase=purchase, told=told)


def _must_be_near(ctx: Context, purchase: Purchase) -> None:
    """Whose draft it is, and those who run it; raises NotAllowed or Refused."""
    checks.member(ctx, None)
    if not (values.runs(ctx, purchase) or values.is_same(ctx, purchase.opener)):
        raise NotAllowed(values.RUNNERS)


def _refuse_too_many_waiting(ctx: Context) -> None:
    """Raises Refused. Buyers have none that wait: they open what they want."""
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    waiting = [one for one in purchases.run_by(ctx.session, accounts) if one.awaits_approval]
    if len(waiting) >= _MOST_WAITING and not is_buyer(ctx):
        raise Refused(
            N_("%(count)s of your proposals wait for an answer already (%(titles)s)."),
            count=len(waiting),
            titles=", ".join(one.title for one in waiting),
        )


opening: Dialogue[Opening] = Dialogue(
    "purchases.open",
    title=N_("a group purchase to open"),
    data=Opening,
    steps=(
        Step(
            "instead",
            _ask_instead,
            _take_instead,
            optional=False,
            applies=lambda data: data.instead,
        ),
        Step("sure", _ask_sure, _take_sure, optional=False, applies=lambda data: not data.keeps),
    ),
    finish=_open,
)


@dataclass(frozen=True, slots=True)
class NumberArguments:
    purchase: int = positional(PurchaseNumber(), A_NUMBER)


@router.command(
    "purchase open",
    en=("open purchase",),
    nl=("groepsaankoop openen", "aankoop openen", "open groepsaankoop", "open aankoop"),
    fr=("achat groupé ouvrir", "achat ouvrir", "ouvrir achat groupé", "ouvrir achat"),
    summary=N_("opens a draft of a group purchase, after showing how the rooms will see it"),
    examples={
        "en": ("purchase open 7",),
        "nl": ("groepsaankoop openen 7",),
        "fr": ("achat groupé ouvrir 7",),
    },
    arguments=NumberArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def open_purchase(ctx: Context, arguments: NumberArguments) -> None:
    purchase = values.seen(ctx.privately(), arguments.purchase)
    _must_be_near(ctx, purchase)
    if purchase.state != "draft":
        raise values.not_now(ctx, purchase)
    problem = in_the_way(ctx, purchase)
    if purchase.awaits_approval and not approving.may_decide(ctx, purchase):
        problem = Refused(N_("It waits for those who decide: you hear what they say."))
    if problem is not None:
        # Others in a room need not know of a draft.
        ctx.reply_privately("purchases/kept", purchase=purchase, problem=problem)
    elif purchase.awaits_approval:
        approving.decide(ctx, purchase, approve=True)
    else:
        _offer_to_open(ctx, purchase)
