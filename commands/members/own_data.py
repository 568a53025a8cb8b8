"""What members do about their account and what is kept about them: link it, block others, see and erase."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from pydantic import BaseModel

from commands.kernel.catalogue import N_, languages
from commands.kernel.choices import Misunderstood
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import NotFound, Refused
from commands.kernel.parameters import User, rest, shortest_name
from commands.kernel.words import truth_of
from commands.labels import fold
from commands.members import called, export, show
from commands.members.indexing import reindex
from commands.members.space import bring_into_space
from storage import erasure, member_accounts, member_search, members
from storage.outbox import FileOut

router = Router("members")

_MOST_SUGGESTED: Final = 3

# --- accounts --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LinkArguments:
    code: str = rest(N_("the code from staff"), longest=40)


@router.command(
    "link",
    nl=("koppel", "koppelen"),
    fr=("lier", "relier"),
    summary=N_("links this account to your row of the register, with a code from staff"),
    examples={
        "en": ("link 7KQ2-M4XW-9TBC",),
        "nl": ("koppel 7KQ2-M4XW-9TBC",),
        "fr": ("lier 7KQ2-M4XW-9TBC",),
    },
    arguments=LinkArguments,
    where="direct",
)
def link(ctx: Context, arguments: LinkArguments) -> None:
    before = members.by_user(ctx.session, ctx.user)
    outcome, member_id = member_accounts.redeem(
        ctx.session, arguments.code, ctx.user, now=ctx.now_ms
    )
    if outcome == "linked" and member_id is not None:
        if before is not None and before.id != member_id:
            member_search.remove(ctx.session, before.id)
        reindex(ctx.session, ctx.labels, member_id)
        ctx.audit("member.linked", f"member:{member_id}")
        bring_into_space(ctx, ctx.user, lane=f"member:{member_id}", language=ctx.language)
    ctx.reply("members/linked", outcome=outcome)


# --- avoiding --------------------------------------------------------------------------------


def _blocked(ctx: Context) -> list[str]:
    """Whom the person blocks, from whichever of their accounts: a block holds for all of them."""
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    found = [member_accounts.blocked_by(ctx.session, account) for account in accounts]
    return list(dict.fromkeys(chain.from_iterable(found)))


@dataclass(frozen=True, slots=True)
class BlockArguments:
    person: str = rest(N_("a person"), longest=255, default="")


@router.command(
    "block",
    nl=("blokkeer", "blokkeren"),
    fr=("bloquer", "bloque"),
    summary=N_("you and a person no longer find each other; without a name, shows whom you block"),
    examples={
        "en": ("block @someone:example.org", "block Anna Verhulst"),
        "nl": ("blokkeer @iemand:example.org", "blokkeer Anna Verhulst"),
        "fr": ("bloquer @untel:example.org", "bloquer Anna Verhulst"),
    },
    arguments=BlockArguments,
    where="direct",
)
def block(ctx: Context, arguments: BlockArguments) -> None:
    if not arguments.person:
        ctx.reply("members/blocked", people=_blocked(ctx))
        return
    blocked = _blocked(ctx)
    person = called.person(ctx, arguments.person, _with_names(ctx, blocked)).user_id
    if person is None:
        raise Refused(N_("That member has no account here, so there is nobody to block."))
    if person in (ctx.user, ctx.settings.bot_user):
        raise Refused(N_("That is not somebody whom you can block."))
    member_accounts.block(ctx.session, ctx.user, person, now=ctx.now_ms)
    ctx.reply("members/block", user_id=person, added=person not in blocked)


def _with_names(ctx: Context, accounts: Iterable[str]) -> list[tuple[str, str]]:
    return [(account, ctx.name_of(account)) for account in accounts]


@dataclass(frozen=True, slots=True)
class UnblockArguments:
    person: str = rest(N_("a person"), longest=255)


@router.command(
    "unblock",
    nl=("deblokkeer", "deblokkeren"),
    fr=("débloquer", "débloque"),
    summary=N_("takes a block back"),
    examples={
        "en": ("unblock @someone:example.org", "unblock Anna Verhulst"),
        "nl": ("deblokkeer @iemand:example.org", "deblokkeer Anna Verhulst"),
        "fr": ("débloquer @untel:example.org", "débloquer Anna Verhulst"),
    },
    arguments=UnblockArguments,
    where="direct",
)
def unblock(ctx: Context, arguments: UnblockArguments) -> None:
    person = _whom_to_unblock(ctx, arguments.person)
    removed = [
        member_accounts.unblock(ctx.session, account, person)
        for account in member_accounts.same_person(ctx.session, ctx.user)
    ]
    ctx.reply("members/unblock", user_id=person, removed=any(removed))


def _whom_to_unblock(ctx: Context, typed: str) -> str:
    """An account, or one of those blocked by name: these are found nowhere else."""
    if typed.startswith("@"):
        return User().convert(typed, ctx)
    blocked = _blocked(ctx)
    person = called.one_of(ctx, typed, _with_names(ctx, blocked))
    if person is None:
        near = [shortest_name(ctx, account) for account in blocked[:_MOST_SUGGESTED]]
        raise NotFound(typed[:60], N_("somebody whom you block"), near)
    return person


# --- one's own data --------------------------------------------------------------------------


def _everything(ctx: Context) -> dict[str, Any]:
    member = members.by_user(ctx.session, ctx.user)
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    known = export.everything_about(
        ctx.session, member.id if member is not None else None, accounts, now=ctx.now
    )
    for personal in ctx.registry.personal:
        known.update(personal.describe(ctx.session, accounts))
    return known


@router.command(
    "mydata",
    nl=("mijngegevens", "mijn gegevens"),
    fr=("mesdonnées", "mes données"),
    summary=N_("shows what I know about you, and how to take it with you or have it erased"),
    examples={"en": ("mydata",), "nl": ("mijngegevens",), "fr": ("mesdonnées",)},
    arguments=Nothing,
)
def my_data(ctx: Context, arguments: Nothing) -> None:
    member = members.by_user(ctx.session, ctx.user)
    ctx.reply_privately(
        "members/my_data",
        member=member,
        lines=[line for line in show.own_lines(ctx, member) if line.values] if member else [],
        accounts=member_accounts.accounts_of(ctx.session, member.id) if member else [ctx.user],
        blocked=_blocked(ctx),
        did_more=_did_more(ctx),
    )


def _did_more(ctx: Context) -> bool:
    """Whether other domains keep something about the person, which is in the file alone."""
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    return any(
        _holds_something(personal.describe(ctx.session, accounts))
        for personal in ctx.registry.personal
    )


def _holds_something(known: object) -> bool:
    if isinstance(known, Mapping):
        return any(_holds_something(value) for value in known.values())
    return bool(known)


@router.command(
    "mydata export",
    nl=("mijngegevens downloaden", "mijngegevens export"),
    fr=("mesdonnées exporter", "mesdonnées export", "mes données exporter"),
    summary=N_("sends you everything that I know about you, as a file"),
    examples={
        "en": ("mydata export",),
        "nl": ("mijngegevens downloaden",),
        "fr": ("mesdonnées exporter",),
    },
    arguments=Nothing,
)
def export_my_data(ctx: Context, arguments: Nothing) -> None:
    ctx.reply_privately("members/my_data_sent")
    data = export.as_json(_everything(ctx))
    ctx.send_file(FileOut("kring.json", "application/json", data), user_id=ctx.user)


class Erasure(BaseModel):
    """The conversation that asks whether one is sure."""

    sure: bool = True


def _ask_erase(ctx: Context, data: Erasure) -> Question:
    return Question("members/ask_erase", {"confirmation": ctx._(_ERASE)})


_ERASE: Final = N_("erase")


def _take_erase(ctx: Context, data: Erasure, answer: Answer) -> Erasure:
    if truth_of(answer.text) is False:
        return Erasure(sure=False)
    said = fold(answer.text)
    if said not in {fold(ctx.translate(_ERASE, language)) for language in languages()}:
        raise Misunderstood(N_("the word “%(word)s”, or cancel"), word=ctx._(_ERASE))
    return data


def _erase(ctx: Context, data: Erasure) -> None:
    if not data.sure:
        ctx.reply("kernel/dialogue_cancelled", title=erase_dialogue.title)
        return
    member = members.by_user(ctx.session, ctx.user)
    accounts: Sequence[str] = [ctx.user]
    if member is not None:
        accounts = erasure.erase(
            ctx.session, member.id, key=ctx.settings.erasure_key, now=ctx.now_ms
        )
    else:
        erasure.forget_account(ctx.session, ctx.user, now=ctx.now_ms)
    for personal in ctx.registry.personal:
        personal.forget(ctx.session, accounts)
    ctx.reply("members/erased")


erase_dialogue: Final = Dialogue(
    "mydata.erase",
    title=N_("Erasing what I know about you"),
    data=Erasure,
    steps=(Step("sure", _ask_erase, _take_erase, optional=False),),
    finish=_erase,
)


@router.command(
    "mydata erase",
    en=("forget me",),
    nl=("mijngegevens wissen", "vergeet mij"),
    fr=("mesdonnées effacer", "mes données effacer", "oubliez-moi"),
    summary=N_("has what I know about you erased, after you say so twice"),
    examples={
        "en": ("mydata erase",),
        "nl": ("mijngegevens wissen",),
        "fr": ("mesdonnées effacer",),
    },
    arguments=Nothing,
)
def erase_my_data(ctx: Context, arguments: Nothing) -> None:
    ctx.frame.start(ctx, erase_dialogue.name, Erasure())
