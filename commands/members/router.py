"""What members type about themselves: profile, who may see and find them, their data, whom they avoid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from pydantic import BaseModel

from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import BadArgument, MissingArgument, NotFound, Refused
from commands.kernel.parameters import OneOf, Text, User, positional, rest
from commands.labels import fold
from commands.members import export, profile, show
from commands.members.fields import PROFILE
from commands.members.indexing import reindex
from commands.members.who import own_profile
from storage import erasure, member_accounts, member_search, members
from storage.members import Member, Visibility
from storage.outbox import FileOut

router = Router("members")

_YES_OR_NO: Final = OneOf.of(
    yes={"en": ("yes", "on"), "nl": ("ja", "aan"), "fr": ("oui",)},
    no={"en": ("no", "off"), "nl": ("nee", "neen", "uit"), "fr": ("non",)},
)
_VISIBILITIES: Final = OneOf.of(
    everyone={
        "en": ("everyone", "all"),
        "nl": ("iedereen",),
        "fr": ("tous", "tout le monde", "toutes"),
    },
    networks={
        "en": ("networks", "my networks"),
        "nl": ("netwerken", "mijn netwerken", "je netwerken"),
        "fr": ("réseaux", "mes réseaux", "vos réseaux"),
    },
    nobody={"en": ("nobody", "none"), "nl": ("niemand",), "fr": ("personne",)},
)

# Words after the first in the longest name of a field, such as *stage of the activity*.
_LONGEST_FIELD_NAME: Final = 3


class FieldName:
    """A field of the profile, by its name in any language."""

    def convert(self, text: str, ctx: Context) -> str:
        said = fold(text).replace("_", " ")
        names = self._names(ctx)
        if said in names:
            return names[said]
        near = [name for word, name in names.items() if len(said) > 2 and word.startswith(said)]
        if len(set(near)) == 1:
            return near[0]
        shown = [ctx._(field.label) for field in PROFILE.values()]
        raise BadArgument(text, N_("a part of your profile: %(fields)s"), fields=", ".join(shown))

    def split(self, first: str, others: str, ctx: Context) -> tuple[str, str]:
        """The field that a line begins with, whose name may have several words, and what follows it."""
        names = self._names(ctx)
        words = others.split(None, _LONGEST_FIELD_NAME)
        for size in range(min(len(words), _LONGEST_FIELD_NAME), 0, -1):
            said = fold(" ".join((first, *words[:size])))
            if said in names:
                rest_of_it = others.split(None, size)
                return names[said], rest_of_it[size] if len(rest_of_it) > size else ""
        return self.convert(first, ctx), others

    @staticmethod
    def _names(ctx: Context) -> dict[str, str]:
        names: dict[str, str] = {}
        for name, field in PROFILE.items():
            names[fold(name.replace("_", " "))] = name
            for language in ("en", "nl", "fr"):
                label = fold(ctx.translate(field.label, language))
                names[label] = name
                # A singular says the same: *profession* for *professions*.
                names.setdefault(label.removesuffix("s"), name)
        return names


# --- profile ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProfileArguments:
    person: str = positional(User(), N_("a person"), default="")


@router.command(
    "profile",
    nl=("profiel",),
    fr=("profil",),
    summary=N_("shows your profile, or somebody else's as far as you may see it"),
    examples={
        "en": ("profile", "profile @anna:example.org"),
        "nl": ("profiel", "profiel @anna:example.org"),
        "fr": ("profil", "profil @anna:example.org"),
    },
    arguments=ProfileArguments,
)
def show_profile(ctx: Context, arguments: ProfileArguments) -> None:
    if arguments.person and arguments.person != ctx.user:
        _show_other(ctx, arguments.person)
        return
    member = own_profile(ctx)
    if not member.profile.professions and not member.profile.about:
        ctx.frame.start(ctx, profile.NAME, profile.first_time(member))
        return
    _show_own(ctx, member)


def _show_own(ctx: Context, member: Member) -> None:
    ctx.reply_privately(
        "members/own_profile",
        lines=show.own_lines(ctx, member),
        visibility_names=profile.VISIBILITY_NAMES,
        consent=member.consent,
        public_page=member.public_page,
        from_register=member.number is not None,
    )


def _show_other(ctx: Context, user_id: str) -> None:
    """In a room only what everyone may see; in the direct chat also what shared networks allow."""
    unknown = NotFound(user_id, N_("a member who agreed to be found"))
    member = members.by_user(ctx.session, user_id)
    if member is None or member.consent != "yes" or member.status != "active":
        raise unknown
    if member.id in member_accounts.hidden_from(ctx.session, ctx.user):
        raise unknown
    shares = ctx.is_direct and member.id in member_search.sharing_network(ctx.session, ctx.user)
    visible = member.visible_profile(shares_network=shares)
    ctx.reply(
        "members/card",
        user_id=user_id,
        name=visible.display_name or ctx.name_of(user_id),
        lines=show.card(ctx, visible),
    )


@dataclass(frozen=True, slots=True)
class EditArguments:
    field: str = positional(Text(120), N_("a part of your profile"), default="")
    value: str = rest(N_("the new value"), longest=3000, default="")


@router.command(
    "profile edit",
    nl=("profiel aanpassen", "profiel wijzigen", "profiel bewerken"),
    fr=("profil modifier", "profil éditer"),
    summary=N_("changes your profile, all of it or one part"),
    examples={
        "en": ("profile edit", "profile edit skills", "profile edit city Ghent"),
        "nl": ("profiel aanpassen", "profiel aanpassen stad Gent"),
        "fr": ("profil modifier", "profil modifier ville Gand"),
    },
    arguments=EditArguments,
)
def edit_profile(ctx: Context, arguments: EditArguments) -> None:
    member = own_profile(ctx)
    field, value = None, ""
    if arguments.field:
        field, value = FieldName().split(arguments.field, arguments.value, ctx)
    empty = profile.ProfileAnswers(only=field, agreed=member.consent == "yes")
    if field is None or not value:
        ctx.frame.start(ctx, profile.NAME, empty)
        return
    try:
        data = profile.set_value(empty, ctx, field, value)
    except Misunderstood as problem:
        raise BadArgument(value[:60], problem.expected, (), **problem.values) from problem
    profile.save(ctx, data)


@dataclass(frozen=True, slots=True)
class VisibilityArguments:
    field: str = positional(Text(120), N_("a part of your profile"))
    who: str = rest(N_("everyone, networks or nobody"), longest=120)


@router.command(
    "visibility",
    nl=("zichtbaarheid",),
    fr=("visibilité",),
    summary=N_("says who may see a part of your profile: everyone, my networks or nobody"),
    examples={
        "en": ("visibility city networks",),
        "nl": ("zichtbaarheid stad netwerken",),
        "fr": ("visibilité ville réseaux",),
    },
    arguments=VisibilityArguments,
)
def set_visibility(ctx: Context, arguments: VisibilityArguments) -> None:
    member = own_profile(ctx)
    field, said = FieldName().split(arguments.field, arguments.who, ctx)
    if not said:
        raise MissingArgument(N_("everyone, networks or nobody"))
    who = cast(Visibility, _VISIBILITIES.convert(said, ctx))
    members.set_visibility(ctx.session, member.id, field, who, now=ctx.now_ms)
    reindex(ctx.session, ctx.labels, member.id)
    ctx.reply(
        "members/visibility_set",
        field=PROFILE[field].label,
        who=profile.VISIBILITY_NAMES[who],
    )


@dataclass(frozen=True, slots=True)
class YesOrNo:
    answer: Literal["yes", "no"] = positional(_YES_OR_NO, N_("yes or no"), default="yes")


@router.command(
    "visible",
    nl=("vindbaar", "zichtbaar"),
    fr=("visible", "trouvable"),
    summary=N_("says whether other members may find you"),
    examples={"en": ("visible yes",), "nl": ("vindbaar ja",), "fr": ("visible oui",)},
    arguments=YesOrNo,
)
def set_findable(ctx: Context, arguments: YesOrNo) -> None:
    member = own_profile(ctx)
    members.set_consent(ctx.session, member.id, arguments.answer, now=ctx.now_ms)
    reindex(ctx.session, ctx.labels, member.id)
    ctx.reply(
        "members/visible",
        visible=arguments.answer == "yes",
        empty=not member.profile.professions,
    )


@router.command(
    "public",
    nl=("openbaar",),
    fr=("public",),
    summary=N_("says whether you appear on the public pages of the directory"),
    examples={"en": ("public yes",), "nl": ("openbaar ja",), "fr": ("public oui",)},
    arguments=YesOrNo,
)
def set_public_page(ctx: Context, arguments: YesOrNo) -> None:
    member = own_profile(ctx)
    if arguments.answer == "yes" and member.consent == "no":
        raise Refused(N_("You said that nobody may find you. Take that back first."))
    members.set_public_page(ctx.session, member.id, arguments.answer == "yes", now=ctx.now_ms)
    ctx.reply("members/public", public=arguments.answer == "yes")


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
    ctx.reply("members/linked", outcome=outcome)


# --- avoiding --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BlockArguments:
    person: str = positional(User(), N_("a person"), default="")


@router.command(
    "block",
    nl=("blokkeer", "blokkeren"),
    fr=("bloquer", "bloque"),
    summary=N_("you and a person no longer find each other; without a name, shows whom you block"),
    examples={
        "en": ("block @someone:example.org",),
        "nl": ("blokkeer @iemand:example.org",),
        "fr": ("bloquer @untel:example.org",),
    },
    arguments=BlockArguments,
    where="direct",
)
def block(ctx: Context, arguments: BlockArguments) -> None:
    if not arguments.person:
        ctx.reply("members/blocked", people=member_accounts.blocked_by(ctx.session, ctx.user))
        return
    if arguments.person in (ctx.user, ctx.settings.bot_user):
        raise Refused(N_("That is not somebody whom you can block."))
    added = member_accounts.block(ctx.session, ctx.user, arguments.person, now=ctx.now_ms)
    ctx.reply("members/block", user_id=arguments.person, added=added)


@dataclass(frozen=True, slots=True)
class UnblockArguments:
    person: str = positional(User(), N_("a person"))


@router.command(
    "unblock",
    nl=("deblokkeer", "deblokkeren"),
    fr=("débloquer", "débloque"),
    summary=N_("takes a block back"),
    examples={
        "en": ("unblock @someone:example.org",),
        "nl": ("deblokkeer @iemand:example.org",),
        "fr": ("débloquer @untel:example.org",),
    },
    arguments=UnblockArguments,
    where="direct",
)
def unblock(ctx: Context, arguments: UnblockArguments) -> None:
    removed = member_accounts.unblock(ctx.session, ctx.user, arguments.person)
    ctx.reply("members/unblock", user_id=arguments.person, removed=removed)


# --- one's own data --------------------------------------------------------------------------


def _everything(ctx: Context) -> dict[str, Any]:
    member = members.by_user(ctx.session, ctx.user)
    accounts: Sequence[str] = [ctx.user]
    if member is not None:
        accounts = member_accounts.accounts_of(ctx.session, member.id)
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
        blocked=member_accounts.blocked_by(ctx.session, ctx.user),
    )


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


def _ask_erase(ctx: Context, data: Erasure) -> Question:
    return Question("members/ask_erase", {"confirmation": ctx._(_ERASE)})


_ERASE: Final = N_("erase")


def _take_erase(ctx: Context, data: Erasure, answer: Answer) -> Erasure:
    said = fold(answer.text)
    if said not in {fold(ctx.translate(_ERASE, language)) for language in ("en", "nl", "fr")}:
        raise Misunderstood(N_("the word “%(word)s”, or cancel"), word=ctx._(_ERASE))
    return data


def _erase(ctx: Context, data: Erasure) -> None:
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
