"""`!commit`, `!interest` and `!withdraw`, and the same typed under the message about a purchase: `3+2`, *chairs
4*, *interest*, *withdraw*."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, MissingArgument, UserInputError
from commands.kernel.incoming import Message, Reaction
from commands.kernel.parameters import positional, rest
from commands.kernel.words import truth_of
from commands.labels.fold import fold
from commands.networks.checks import MEMBERS
from commands.purchases import interest, losses, pledging, quantities, values
from commands.purchases.hearing import decision_in
from commands.purchases.standing import costs_of
from commands.purchases.values import PurchaseNumber
from storage import purchases
from storage.purchases import Purchase

router = Router("purchases")

_LONGEST: Final = 10_000
_HOW_MANY: Final = N_("how many: “3”, or “3+2” for three and up to two more if that fills a case")
_HANDS: Final = ("🙋", "✋", "🙌")
_REMIND: Final = frozenset(
    """remind reminder remember remind me reminder please herinner herinnering herinner mij herinner me rappel
    rappelle rappelez rappelle-moi rappelez-moi me rappeler""".split()
)
# As a whole reply, or with articles behind it: some of these are commands of their own elsewhere.
_OUT: Final = re.compile(
    r"(?:i )?withdraw(?: me)?|trek (?:me |mij )?terug|ik trek (?:me|mij) terug|terugtrekken"
    r"|intrekken|trek (?:me|mij) in|se retirer|retirer|je me retire|je retire|retirez-moi|me retirer"
)
_IN: Final = re.compile(
    r"(?:i'm |i am )?interest(?:ed)?|(?:ik heb |ik ben )?(?:interesse|geinteresseerd)"
    r"|(?:je suis )?interesse(?:e)?|interet|(?:ca|cela) m'interesse|👍|🙋"
)
_DRESS: Final = re.compile("[\ufe0e\ufe0f\u200d\u2640\u2642\U0001f3fb-\U0001f3ff]")


@dataclass(frozen=True, slots=True)
class CommitArguments:
    purchase: int = positional(PurchaseNumber(), N_("the number of the purchase"))
    wanted: str = rest(_HOW_MANY, longest=_LONGEST, default="")


@router.command(
    "commit",
    en=("i commit", "count me in"),
    nl=("bestel", "ik doe mee", "inschrijven", "schrijf in"),
    fr=("participer", "je participe", "commande", "m'inscrire"),
    summary=N_("commits to so many units in a group purchase"),
    examples={
        "en": ("commit 7 3+2", "commit 7 chairs 4, tables 2+1"),
        "nl": ("bestel 7 3+2", "bestel 7 stoelen 4, tafels 2+1"),
        "fr": ("participer 7 3+2", "participer 7 chaises 4, tables 2+1"),
    },
    arguments=CommitArguments,
    who=MEMBERS,
)
def commit(ctx: Context, arguments: CommitArguments) -> None:
    _commit(ctx, values.seen(ctx, arguments.purchase), arguments.wanted, _sent_at(ctx))


@dataclass(frozen=True, slots=True)
class InterestArguments:
    purchase: int = positional(PurchaseNumber(), N_("the number of the purchase"))
    reminder: str = rest(N_("“remind” for a reminder"), longest=40, default="")


@router.command(
    "interest",
    en=("interested", "i'm interested"),
    nl=("interesse", "geïnteresseerd", "ik heb interesse"),
    fr=("intérêt", "intéressé", "intéressée", "je suis intéressé", "je suis intéressée"),
    summary=N_("says that you think of taking part in a group purchase; it binds you to nothing"),
    examples={
        "en": ("interest 7", "interest 7 remind"),
        "nl": ("interesse 7", "interesse 7 herinner"),
        "fr": ("intérêt 7", "intérêt 7 rappel"),
    },
    arguments=InterestArguments,
    who=MEMBERS,
)
def show_interest(ctx: Context, arguments: InterestArguments) -> None:
    purchase = values.seen(ctx, arguments.purchase)
    reminder = _wants_reminder(arguments.reminder)
    if arguments.reminder and not reminder:
        raise BadArgument(arguments.reminder, N_("“remind” for a reminder, or nothing"))
    interest.show(ctx, purchase, _sent_at(ctx), wants_reminder=reminder)


@dataclass(frozen=True, slots=True)
class WithdrawArguments:
    purchase: int = positional(PurchaseNumber(), N_("the number of the purchase"))
    lines: str = rest(N_("which articles"), longest=1000, default="")


@router.command(
    "withdraw",
    nl=("trek terug", "terugtrekken", "trek me terug", "trek mij terug"),
    fr=("se retirer", "retirer", "me retirer", "je me retire", "retirez-moi"),
    summary=N_("takes back what you committed to in a group purchase, all or some articles"),
    examples={
        "en": ("withdraw 7", "withdraw 7 chairs"),
        "nl": ("trek terug 7", "trek terug 7 stoelen"),
        "fr": ("se retirer 7", "se retirer 7 chaises"),
    },
    arguments=WithdrawArguments,
    who=MEMBERS,
)
def withdraw(ctx: Context, arguments: WithdrawArguments) -> None:
    _withdraw(ctx, values.seen(ctx, arguments.purchase), arguments.lines, _sent_at(ctx))


# --- under the message -----------------------------------------------------------------------------


@router.answer("purchase")
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """Takes part; False for what is conversation."""
    purchase = purchases.get(ctx.session, int(reference))
    if purchase is None or purchase.state == "draft":
        return False
    if isinstance(answer, Reaction):
        return _reacted(ctx, purchase, answer)
    said = _bare(answer.text)
    if _IN.fullmatch(said):
        interest.show(ctx, purchase, answer.sent_at, wants_reminder=False)
        return True
    if _wants_reminder(said):
        interest.show(ctx, purchase, answer.sent_at, wants_reminder=True)
        return True
    out = re.match(rf"(?:{_OUT.pattern})(?!\w)", said)
    if out is not None:
        _withdraw(ctx, purchase, _after(said[out.end() :], purchase), answer.sent_at)
        return True
    found = ctx.registry.find(answer.text)
    if found is not None and found.command.handler is not commit:
        # In a direct chat the command itself runs; elsewhere it is nobody's business.
        return False
    wanted = answer.text if found is None else _after(found.rest, purchase)
    if found is None and not quantities.has_quantity(wanted):
        return False
    _commit(ctx, purchase, wanted, answer.sent_at)
    return True


@router.answer(interest.OWN)
def changed(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """Another word under what was noted; a thumb there is for what it says."""
    return isinstance(answer, Message) and answered(ctx, reference, answer)


@router.answer(interest.ABOUT)
def reminder_answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """A yes or a no under the offer of a reminder; or taking part after all."""
    decision = decision_in(answer)
    purchase = purchases.get(ctx.session, int(reference))
    if decision is None or purchase is None:
        return isinstance(answer, Message) and answered(ctx, reference, answer)
    interest.decide(ctx, purchase, answer.sent_at, wants_reminder=decision)
    return True


def _reacted(ctx: Context, purchase: Purchase, answer: Reaction) -> bool:
    """A thumb or a hand shows interest. What cannot be is not answered: a thumb asks for no explanation."""
    key = _DRESS.sub("", answer.key)
    if not (key in _HANDS or truth_of(key)):
        return False
    if purchase.takes_commitments and values.may_take_part(ctx, purchase):
        interest.wave(ctx, purchase, answer.sent_at)
    return True


def _bare(text: str) -> str:
    return fold(_DRESS.sub("", text)).strip(" .!")


def _after(text: str, purchase: Purchase) -> str:
    """What follows a command's word, without the number of the purchase if that was typed all the same."""
    first, _, others = text.strip().partition(" ")
    return others.strip() if first.lstrip("#") == str(purchase.id) and others else text.strip()


def _wants_reminder(text: str) -> bool:
    words = _bare(text).split()
    return bool(words) and _REMIND.issuperset(words)


def _sent_at(ctx: Context) -> datetime:
    return ctx.message.sent_at if ctx.message is not None else ctx.now


# --- doing it --------------------------------------------------------------------------------------


def _commit(ctx: Context, purchase: Purchase, text: str, sent_at: datetime) -> None:
    # Who may not, or comes too late, is not taught how to type it first.
    pledging.refuse_late(ctx, purchase, sent_at)
    pledging.refuse_others(ctx, purchase)
    about = f"{interest.OWN}:{purchase.id}"
    try:
        if not text:
            raise MissingArgument(_HOW_MANY)
        wanted = quantities.parse(text, purchase.lines)
    except UserInputError as error:
        error.about = about
        raise
    pledges = pledging.commit(ctx, purchase, wanted)
    ctx.reply(
        "purchases/committed",
        purchase=purchase,
        pledges=pledges,
        costs=costs_of(purchase),
        about=about,
    )


def _withdraw(ctx: Context, purchase: Purchase, text: str, sent_at: datetime) -> None:
    if purchase.state == "tipped":
        losses.withdraw(ctx, purchase)
        return
    if not text and interest.lose_only(ctx, purchase, sent_at):
        ctx.reply("purchases/withdrew", purchase=purchase, lines=[])
        return
    lines = quantities.named(text, purchase.lines) if text else []
    pledging.withdraw(ctx, purchase, lines, sent_at)
    if not text:
        interest.lose(ctx, purchase)
    ctx.reply("purchases/withdrew", purchase=purchase, lines=lines)
