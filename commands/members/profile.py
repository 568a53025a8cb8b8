"""The conversation in which a member fills in or corrects their profile, and says who may see what."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, cast

from pydantic import BaseModel

from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood, yes_no
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.fields import FieldError
from commands.kernel.words import is_dash
from commands.members.fields import OPEN_TO, PROFILE, STAGES, parse
from commands.members.indexing import reindex
from commands.members.show import as_typed, item_shown
from commands.members.who import own_profile
from storage import members
from storage.members import FIELDS, LISTS, Member, Value, Visibility

NAME: Final = "profile"

_HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "display_name": N_("What name should other members see?"),
        "professions": N_(
            "What do you do? Your main profession first; several with commas, in any language."
        ),
        "sectors": N_("In which sectors do you work? Such as construction, culture, health."),
        "skills": N_("What are you good at? Some words or short phrases, with commas."),
        "city": N_("In which town or city do you work?"),
        "postcode": N_("What is the postcode there? By default only your networks see it."),
        "region": N_("In which region is that?"),
        "country": N_("In which country?"),
        "languages": N_("Which languages do you work in? With commas."),
        "about": N_("Tell the others about yourself in a few sentences."),
        "links": N_("Where can one see more: a site, LinkedIn, a portfolio? With commas."),
        "stage": N_("At which stage is your activity?"),
        "open_to": N_("What are you open to?"),
    }
)
_EXPECTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "required": N_("a name"),
        "too_long": N_("at most %(limit)s characters; “%(found)s…” is longer"),
        "too_many": N_("at most %(limit)s; you gave %(found)s"),
        "unknown_sector": N_("a sector, such as construction or culture"),
        "near_sector": N_("a sector; I do not know “%(found)s”. Near: %(near)s"),
        "unknown_language": N_("a language, such as Dutch or fr; I do not know “%(found)s”"),
        "near_language": N_("a language; I do not know “%(found)s”. Near: %(near)s"),
        "unknown_country": N_("a country, such as Belgium or BE; I do not know “%(found)s”"),
        "bad_postcode": N_("a postcode; “%(found)s” is none"),
        "bad_link": N_("a web address, such as www.example.org; “%(found)s” is none"),
        "unknown_choice": N_("one of: %(choices)s"),
    }
)
_CHOICES: Final = MappingProxyType({"stage": STAGES, "open_to": OPEN_TO})
VISIBILITY_NAMES: Final[Mapping[Visibility, str]] = MappingProxyType(
    {
        "everyone": N_("everyone"),
        "networks": N_("my networks"),
        "nobody": N_("nobody"),
    }
)


# What somebody is looked for by; a name comes with the account.
_FIRST: Final = frozenset(("professions", "city", "languages"))


class ProfileAnswers(BaseModel):
    """What was said so far. `only` limits the conversation to one field, `first` to what is needed to be
    found; `agreed` is whether the member may be found already."""

    only: str | None = None
    first: bool = False
    agreed: bool = False
    place_is_known: bool = True
    values: dict[str, str | list[str]] = {}
    unknown: dict[str, list[str]] = {}
    restricted: list[str] | None = None
    restricted_to: Visibility | None = None
    consent: str | None = None

    def value(self, name: str) -> Value:
        value = self.values[name]
        return tuple(value) if isinstance(value, list) else value


def first_time(member: Member) -> ProfileAnswers:
    """Somebody begins: as few questions as will do, the rest can follow."""
    return ProfileAnswers(first=True, agreed=member.consent == "yes")


def set_value(data: ProfileAnswers, ctx: Context, name: str, text: str) -> ProfileAnswers:
    """The answers with one more field in them; raises Misunderstood for a text that does not fit."""
    try:
        parsed = parse(name, "" if is_dash(text) else text, ctx.labels)
    except FieldError as error:
        raise misunderstood(ctx, name, error) from error
    value = list(parsed.value) if isinstance(parsed.value, tuple) else parsed.value
    unknown = {
        **data.unknown,
        **{
            note.found: [ctx.labels.name(code, ctx.language) for code in note.suggestions]
            for note in parsed.notes
        },
    }
    values = {**data.values, name: value}
    known = data.place_is_known
    if name == "city" and isinstance(value, str):
        place = ctx.labels.place(value)
        known = place is not None or not value
        values = {key: one for key, one in values.items() if key not in ("region", "country")}
        if place is not None:
            values |= {"region": place.region, "country": place.country}
    if name == "professions" and not own_profile(ctx).profile.sectors and "sectors" not in values:
        usual = [ctx.labels.profession(code) for code in value]
        sectors = dict.fromkeys(one.sector for one in usual if one is not None and one.sector)
        values |= {"sectors": list(sectors)}
    return data.model_copy(update={"values": values, "unknown": unknown, "place_is_known": known})


def misunderstood(ctx: Context, name: str, error: FieldError) -> Misunderstood:
    near = ", ".join(item_shown(ctx, name, code) for code in error.suggestions)
    expected = _EXPECTED.get(error.problem.replace("unknown", "near")) if near else None
    return Misunderstood(
        expected or _EXPECTED[error.problem],
        found=error.found,
        limit=error.limit,
        near=near,
        choices=near,
    )


def _field_step(name: str) -> Step[ProfileAnswers]:
    choices = _CHOICES.get(name, ())

    def ask(ctx: Context, data: ProfileAnswers) -> Question:
        profile = own_profile(ctx).profile
        if name in data.values:
            shown = ", ".join(
                item_shown(ctx, name, one)
                for one in (data.values[name] if name in LISTS else [cast(str, data.values[name])])
            )
        else:
            shown = as_typed(ctx, profile, name)
        return Question(
            "members/ask_field",
            {"hint": _HINTS[name], "now": shown, "empties": name != "display_name"},
            choices=[Choice(one.code, ctx._(one.name), one.words) for one in choices],
            several=name in LISTS,
        )

    def take(ctx: Context, data: ProfileAnswers, answer: Answer) -> ProfileAnswers:
        text = "; ".join(answer.chosen) if answer.chosen else answer.text
        return set_value(data, ctx, name, text)

    return Step(
        name,
        ask,
        take,
        applies=lambda data: data.only == name or (data.only is None and _asked(name, data)),
        clears=name != "display_name",
    )


def _asked(name: str, data: ProfileAnswers) -> bool:
    """Whether the whole conversation asks for a field: not for what follows from another answer."""
    if data.first:
        return name in _FIRST
    if name in ("region", "country"):
        return not data.place_is_known
    return name not in ("postcode", "sectors")


def _ask_restricted(ctx: Context, data: ProfileAnswers) -> Question:
    return Question(
        "members/ask_restricted",
        choices=[Choice(name, ctx._(PROFILE[name].label)) for name in _filled(ctx, data)],
        several=True,
    )


def _filled(ctx: Context, data: ProfileAnswers) -> list[str]:
    profile = own_profile(ctx).profile
    return [
        name
        for name in FIELDS
        if name != "display_name" and (data.values.get(name) or profile.value(name))
    ]


def _take_restricted(ctx: Context, data: ProfileAnswers, answer: Answer) -> ProfileAnswers:
    return data.model_copy(update={"restricted": list(answer.chosen)})


def _ask_restricted_to(ctx: Context, data: ProfileAnswers) -> Question:
    return Question(
        "members/ask_restricted_to",
        {"fields": [ctx._(PROFILE[name].label) for name in data.restricted or ()]},
        choices=[
            Choice("networks", ctx._(VISIBILITY_NAMES["networks"])),
            Choice("nobody", ctx._(VISIBILITY_NAMES["nobody"])),
        ],
    )


def _take_restricted_to(ctx: Context, data: ProfileAnswers, answer: Answer) -> ProfileAnswers:
    return data.model_copy(update={"restricted_to": answer.chosen[0]})


def _ask_consent(ctx: Context, data: ProfileAnswers) -> Question:
    return Question("members/ask_consent", choices=yes_no(ctx.language))


def _take_consent(ctx: Context, data: ProfileAnswers, answer: Answer) -> ProfileAnswers:
    return data.model_copy(update={"consent": answer.chosen[0]})


def save(ctx: Context, data: ProfileAnswers) -> None:
    """Store what was said, and say what that changes."""
    member = own_profile(ctx)
    members.set_fields(
        ctx.session, member.id, {name: data.value(name) for name in data.values}, now=ctx.now_ms
    )
    if data.restricted_to is not None:
        for name in data.restricted or ():
            members.set_visibility(ctx.session, member.id, name, data.restricted_to, now=ctx.now_ms)
    if data.consent is not None:
        members.set_consent(
            ctx.session, member.id, "yes" if data.consent == "yes" else "no", now=ctx.now_ms
        )
    reindex(ctx.session, ctx.labels, member.id)
    renewed = members.get(ctx.session, member.id)
    assert renewed is not None
    # Whether somebody may be found is theirs to know, in a room too.
    ctx.reply_privately(
        "members/profile_saved",
        changed=[PROFILE[name].label for name in data.values],
        unknown=data.unknown,
        consent=renewed.consent,
        first=data.first,
    )


dialogue: Final = Dialogue(
    NAME,
    title=N_("Your profile"),
    data=ProfileAnswers,
    steps=(
        *(_field_step(name) for name in FIELDS),
        Step(
            "restricted",
            _ask_restricted,
            _take_restricted,
            applies=lambda data: data.only is None and not data.first,
        ),
        Step(
            "restricted_to",
            _ask_restricted_to,
            _take_restricted_to,
            optional=False,
            applies=lambda data: bool(data.restricted),
        ),
        Step(
            "consent",
            _ask_consent,
            _take_consent,
            optional=False,
            applies=lambda data: data.only is None and not data.agreed,
        ),
    ),
    finish=save,
)
