"""What members type about themselves: their profile, and who may see and find them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, cast

from rapidfuzz import fuzz, process

from commands.kernel.catalogue import N_, languages
from commands.kernel.choices import Misunderstood
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, MissingArgument, NotFound, Refused
from commands.kernel.parameters import OneOf, Text, positional, rest
from commands.labels import fold
from commands.members import called, profile, show
from commands.members.called import Somebody
from commands.members.fields import PROFILE
from commands.members.indexing import reindex
from commands.members.who import own_profile, refuse_outsiders, refuse_privately
from storage import member_accounts, member_search, members
from storage.members import Member, Visibility

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
            for language in languages():
                label = fold(ctx.translate(field.label, language))
                names[label] = name
                # A singular says the same: *profession* for *professions*.
                names.setdefault(label.removesuffix("s"), name)
        return names


# --- profile ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProfileArguments:
    person: str = rest(N_("a person"), longest=255, default="")


@router.command(
    "profile",
    nl=("profiel",),
    fr=("profil",),
    summary=N_("shows your profile, or somebody else's as far as you may see it"),
    examples={
        "en": ("profile", "profile Anna Verhulst", "profile @anna:example.org"),
        "nl": ("profiel", "profiel Anna Verhulst", "profiel @anna:example.org"),
        "fr": ("profil", "profil Anna Verhulst", "profil @anna:example.org"),
    },
    arguments=ProfileArguments,
)
def show_profile(ctx: Context, arguments: ProfileArguments) -> None:
    meant = _person_meant(ctx, arguments.person) if arguments.person else None
    if meant is not None and meant.user_id != ctx.user:
        _show_other(ctx, meant)
        return
    member = own_profile(ctx)
    if not member.profile.professions and not member.profile.about:
        ctx.frame.start(ctx, profile.NAME, profile.first_time(member))
        return
    _show_own(ctx, member)


def _person_meant(ctx: Context, typed: str) -> Somebody:
    """Raises NotFound: with *profile edit* too, where its second word may be what was mistyped."""
    try:
        return called.person(ctx, typed)
    except NotFound as error:
        command = ctx.registry.named("profile edit")
        names = {name for each in command.names.values() for name in each} if command else set()
        second = {fold(name.split()[-1]): name for name in names}
        word = fold(typed.split()[0])
        near = process.extractOne(word, second.keys(), scorer=fuzz.ratio, score_cutoff=75)
        if near is None:
            raise
        meant = f"{ctx.prefix}{second[near[0]]}"
        raise NotFound(error.found, error.expected, (meant, *error.suggestions)) from error


def _show_own(ctx: Context, member: Member) -> None:
    ctx.reply_privately(
        "members/own_profile",
        lines=show.own_lines(ctx, member),
        visibility_names=profile.VISIBILITY_NAMES,
        consent=member.consent,
        public_page=member.public_page,
        from_register=member.number is not None,
    )


def _show_other(ctx: Context, meant: Somebody) -> None:
    """In a room only what everyone may see; in the direct chat also what shared networks allow."""
    refuse_outsiders(ctx)
    unknown = NotFound(meant.name, called.EXPECTED)
    if meant.member_id is not None:
        member = members.get(ctx.session, meant.member_id)
    else:
        member = members.by_user(ctx.session, meant.user_id or "")
    if member is None or member.consent != "yes" or member.status != "active":
        raise unknown
    if member.id in member_accounts.hidden_from(ctx.session, ctx.user):
        raise unknown
    shares = ctx.is_direct and member.id in member_search.sharing_network(ctx.session, ctx.user)
    visible = member.visible_profile(shares_network=shares)
    ctx.reply(
        "members/card",
        user_id=meant.user_id,
        name=visible.display_name or (ctx.name_of(meant.user_id) if meant.user_id else "?"),
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
        "en": ("profile edit city Ghent", "profile edit skills", "profile edit"),
        "nl": ("profiel aanpassen stad Gent", "profiel aanpassen"),
        "fr": ("profil modifier ville Gand", "profil modifier"),
    },
    arguments=EditArguments,
)
def edit_profile(ctx: Context, arguments: EditArguments) -> None:
    field, value = None, ""
    if arguments.field:
        field, value = FieldName().split(arguments.field, arguments.value, ctx)
    if field is None or not value:
        agreed = own_profile(ctx).consent == "yes"
        ctx.frame.start(ctx, profile.NAME, profile.ProfileAnswers(only=field, agreed=agreed))
        return
    try:
        data = profile.set_value(profile.ProfileAnswers(only=field), ctx, field, value)
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
    field, said = FieldName().split(arguments.field, arguments.who, ctx)
    if not said:
        raise MissingArgument(N_("everyone, networks or nobody"))
    who = cast(Visibility, _VISIBILITIES.convert(said, ctx))
    member = own_profile(ctx)
    members.set_visibility(ctx.session, member.id, field, who, now=ctx.now_ms)
    reindex(ctx.session, ctx.labels, member.id)
    ctx.reply_privately(
        "members/visibility_set",
        field=PROFILE[field].label,
        who=profile.VISIBILITY_NAMES[who],
    )


@dataclass(frozen=True, slots=True)
class YesOrNo:
    """Without an answer, the question is how it stands: nobody agrees by looking."""

    answer: Literal["yes", "no"] | None = positional(_YES_OR_NO, N_("yes or no"), default=None)


@router.command(
    "visible",
    nl=("vindbaar", "zichtbaar"),
    fr=("visible", "trouvable"),
    summary=N_("shows or says whether other members may find you"),
    examples={
        "en": ("visible yes", "visible no", "visible"),
        "nl": ("vindbaar ja", "vindbaar nee", "vindbaar"),
        "fr": ("visible oui", "visible non", "visible"),
    },
    arguments=YesOrNo,
)
def set_findable(ctx: Context, arguments: YesOrNo) -> None:
    member = own_profile(ctx)
    if arguments.answer is None:
        ctx.reply_privately("members/visible_now", visible=member.consent == "yes")
        return
    members.set_consent(ctx.session, member.id, arguments.answer, now=ctx.now_ms)
    reindex(ctx.session, ctx.labels, member.id)
    ctx.reply_privately(
        "members/visible",
        visible=arguments.answer == "yes",
        empty=not member.profile.professions,
    )


@router.command(
    "public",
    nl=("openbaar",),
    fr=("public",),
    summary=N_("shows or says whether you appear on the public pages of the directory"),
    examples={
        "en": ("public yes", "public no", "public"),
        "nl": ("openbaar ja", "openbaar nee", "openbaar"),
        "fr": ("public oui", "public non", "public"),
    },
    arguments=YesOrNo,
)
def set_public_page(ctx: Context, arguments: YesOrNo) -> None:
    member = own_profile(ctx)
    if arguments.answer is None:
        ctx.reply_privately("members/public_now", public=member.public_page)
        return
    if arguments.answer == "yes" and member.consent == "no":
        reason = N_("You said that nobody may find you. Take that back first.")
        refuse_privately(ctx, Refused(reason))
        return
    members.set_public_page(ctx.session, member.id, arguments.answer == "yes", now=ctx.now_ms)
    ctx.reply_privately("members/public", public=arguments.answer == "yes")
