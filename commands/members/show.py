"""How the fields of a profile read to a person: codes become names in their language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from commands.kernel import catalogue
from commands.kernel.context import Context
from commands.kernel.tongues import country_name, language_name
from commands.labels import Labels
from commands.members.fields import PROFILE, choice_name
from storage.members import FIELDS, LISTS, Member, Profile, Visibility


def named(name: str, value: str, labels: Labels, language: str) -> str:
    """One value of a field as people read it in that language."""
    if name in ("professions", "sectors", "region"):
        return labels.name(value, language)
    if name in ("stage", "open_to"):
        return catalogue.translate(language, choice_name(value))
    if name == "languages":
        return language_name(value, language)
    if name == "country":
        return country_name(value, language)
    return value


def all_named(profile: Profile, name: str, labels: Labels, language: str) -> list[str]:
    """The values of a field, in order; empty when nothing was said."""
    value = profile.value(name)
    values = value if isinstance(value, tuple) else (value,) if value else ()
    return [named(name, one, labels, language) for one in values]


def item_shown(ctx: Context, name: str, value: str) -> str:
    """One value of a field in the reader's language."""
    return named(name, value, ctx.labels, ctx.language)


def items_shown(ctx: Context, profile: Profile, name: str) -> list[str]:
    """The values of a field in the reader's language."""
    return all_named(profile, name, ctx.labels, ctx.language)


@dataclass(frozen=True, slots=True)
class Line:
    """One field as shown: `label` is a message id, `visibility` None where it does not matter."""

    name: str
    label: str
    values: tuple[str, ...]
    visibility: Visibility | None = None
    corrected: bool = False


def card(ctx: Context, profile: Profile) -> list[Line]:
    """The filled fields of a profile, the name left out."""
    return _lines(ctx, profile, lambda name: None, lambda name: False, empty=False)


def own_lines(ctx: Context, member: Member) -> list[Line]:
    """Every field of one's own profile, the empty ones too."""
    return _lines(
        ctx,
        member.profile,
        member.visibility,
        lambda name: name in member.corrected and member.number is not None,
        empty=True,
    )


def _lines(
    ctx: Context,
    profile: Profile,
    visibility: Callable[[str], Visibility | None],
    corrected: Callable[[str], bool],
    *,
    empty: bool,
) -> list[Line]:
    found = []
    for name in FIELDS:
        values = tuple(items_shown(ctx, profile, name))
        if (values or empty) and (empty or name != "display_name"):
            found.append(Line(name, PROFILE[name].label, values, visibility(name), corrected(name)))
    return found


def as_typed(ctx: Context, profile: Profile, name: str) -> str:
    """A field's value as one would type it, to show what it is now."""
    return ("; " if name in LISTS else " ").join(items_shown(ctx, profile, name))
