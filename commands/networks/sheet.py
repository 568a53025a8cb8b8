"""The questions about a network's sheet that the dialogues for a new and for an adopted network share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from commands.kernel import catalogue
from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood, at_most, yes_no
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Question, Step
from commands.kernel.errors import BadArgument
from commands.kernel.text import one_line
from commands.labels.fold import fold
from commands.networks import refs
from commands.networks.names import RESERVED, slug_of
from commands.networks.picture import picture_in
from commands.networks.values import (
    CRITERION_KINDS,
    KIND_WORDS,
    KINDS,
    LONGEST,
    OPENNESS,
    OPENNESS_WORDS,
    all_words,
)
from storage import networks
from storage.networks import CriterionKind, Network, NetworkKind, Openness
from storage.session import Session


class Sheet(BaseModel):
    """A network's sheet while it is being written. `room` is set for a room that is adopted.

    The picture is never stored with the conversation, so it comes last.
    """

    kind: NetworkKind = "other"
    label: str | None = None
    region: str | None = None
    languages: list[str] = Field(default_factory=list)
    name: dict[str, str] = Field(default_factory=dict)
    purpose: dict[str, str] = Field(default_factory=dict)
    criterion_kind: CriterionKind = "quantitative"
    criterion: dict[str, str] = Field(default_factory=dict)
    goals: dict[str, str] = Field(default_factory=dict)
    openness: Openness = "open"
    animators: list[str] = Field(default_factory=list)
    encrypted: bool | None = None
    room: str | None = None
    proposal: int | None = None
    suggested_name: str | None = None
    suggested_purpose: str | None = None
    picture: bytes = Field(default=b"", exclude=True)

    def texts(self) -> dict[str, dict[str, str]]:
        return {
            "name": self.name,
            "purpose": self.purpose,
            "criterion": self.criterion,
            "goals": self.goals,
        }


SheetStep = Step[Sheet]


def choices(ctx: Context, values: dict[str, str], words: Any = None) -> tuple[Choice, ...]:
    return tuple(
        Choice(value, ctx._(text), all_words(words, value) if words else ())
        for value, text in values.items()
    )


def _put(data: Sheet, **values: Any) -> Sheet:
    return data.model_copy(update=values)


def name_problem(session: Session, name: str, current: Network | None = None) -> str | None:
    """Why a network cannot be called so, as a message id."""
    slug = slug_of(name)
    if slug in RESERVED:
        return N_("another name: that word is one of my commands")
    owner = networks.by_slug(session, slug) if slug else None
    same = next(
        (
            one
            for one in networks.every(session)
            if fold(name) in {fold(text) for text in one.texts.get("name", {}).values()}
        ),
        None,
    )
    taken = owner or same
    if taken is not None and (current is None or taken.id != current.id):
        return N_("another name: there is a network of that name already")
    return None


# --- the questions -------------------------------------------------------------------------------


def _ask_kind(ctx: Context, data: Sheet) -> Question:
    return Question("networks/ask_kind", choices=choices(ctx, KINDS, KIND_WORDS))


def _take_kind(ctx: Context, data: Sheet, answer: Answer) -> Sheet:
    return _put(data, kind=answer.chosen[0], label=None)


def _ask_label(ctx: Context, data: Sheet) -> Question:
    return Question("networks/ask_label", {"kind": data.kind})


def _take_label(ctx: Context, data: Sheet, answer: Answer) -> Sheet:
    return _put(data, label=label_code(ctx, data.kind, answer.text))


def label_code(ctx: Context, kind: str, text: str) -> str:
    """The code of the profession or sector meant. Raises Misunderstood with what comes near."""
    sort: Any = "sector" if kind == "sector" else "profession"
    found = ctx.labels.match(text, sort)
    if found is not None:
        return found.code
    near = [ctx.labels.name(each.code, ctx.language) for each in ctx.labels.suggest(text, sort)]
    if near:
        raise Misunderstood(
            N_("a name from my list; perhaps: %(suggestions)s"), suggestions=", ".join(near)
        )
    raise Misunderstood(N_("a profession or sector from my list, or skip"))


def _ask_languages(ctx: Context, data: Sheet) -> Question:
    offered = tuple(Choice(code, catalogue.own_name(code)) for code in catalogue.languages())
    return Question("networks/ask_languages", choices=offered, several=True)


def _take_languages(ctx: Context, data: Sheet, answer: Answer) -> Sheet:
    return _put(data, languages=list(answer.chosen))


def _text_step(field: str, place: int, *, optional: bool) -> SheetStep:
    """Asks for a text in the language that stands at that place in the room's order."""

    def ask(ctx: Context, data: Sheet) -> Question:
        suggestion, language = None, data.languages[place]
        if place == 0:
            suggestion = {"name": data.suggested_name, "purpose": data.suggested_purpose}.get(field)
        return Question(
            "networks/ask_text",
            {
                "field": field,
                "in_language": language if len(data.languages) > 1 else None,
                "suggestion": suggestion,
                "criterion_kind": data.criterion_kind,
            },
        )

    def take(ctx: Context, data: Sheet, answer: Answer) -> Sheet:
        text = one_line(answer.text) if field == "name" else answer.text.strip()
        check_text(ctx, field, text)
        return _put(data, **{field: {**getattr(data, field), data.languages[place]: text}})

    return Step(
        f"{field}_{place + 1}",
        ask,
        take,
        optional=optional,
        applies=lambda data: place < len(data.languages),
    )


def check_text(ctx: Context, field: str, text: str, current: Network | None = None) -> None:
    """Raises Misunderstood for what cannot be a text of that field."""
    if len(text) < 2:
        raise Misunderstood(N_("a few words"))
    at_most(LONGEST[field], text)
    problem = name_problem(ctx.session, text, current) if field == "name" else None
    if problem is not None:
        raise Misunderstood(problem)


def _ask_region(ctx: Context, data: Sheet) -> Question:
    return Question("networks/ask_region")


def _take_region(ctx: Context, data: Sheet, answer: Answer) -> Sheet:
    return _put(data, region=region_code(ctx, answer.text))


def region_code(ctx: Context, text: str) -> str:
    """A place's code, or the words themselves: every territory has regions of its own."""
    place = ctx.labels.place(text)
    words = one_line(text)[:80]
    if not words:
        raise Misunderstood(N_("a region or a city"))
    return place.code if place is not None else words


def _ask_criterion_kind(ctx: Context, data: Sheet) -> Question:
    return Question("networks/ask_criterion_kind", choices=choices(ctx, CRITERION_KINDS))


def _take_criterion_kind(ctx: Context, data: Sheet, answer: Answer) -> Sheet:
    return _put(data, criterion_kind=answer.chosen[0])


def _ask_openness(ctx: Context, data: Sheet) -> Question:
    return Question("networks/ask_openness", choices=choices(ctx, OPENNESS, OPENNESS_WORDS))


def _take_openness(ctx: Context, data: Sheet, answer: Answer) -> Sheet:
    return _put(data, openness=answer.chosen[0])


def _ask_animators(ctx: Context, data: Sheet) -> Question:
    return Question("networks/ask_animators")


def _take_animators(ctx: Context, data: Sheet, answer: Answer) -> Sheet:
    try:
        found = refs.people(ctx, answer.text)
    except BadArgument as error:
        raise Misunderstood(error.expected) from error
    people = [user for user in dict.fromkeys(found) if user != ctx.settings.bot_user]
    if not people and fold(answer.text).strip(" .") in ("me", "ik", "ikzelf", "moi", "i"):
        people = [ctx.user]
    if not people:
        raise Misunderstood(N_("people, as mentions or as @name:server, or “me”"))
    return _put(data, animators=people)


def _ask_encrypted(ctx: Context, data: Sheet) -> Question:
    return Question(
        "networks/ask_encrypted",
        {"usual": ctx.settings.network_rooms_encrypted},
        choices=yes_no(ctx.language),
    )


def _take_encrypted(ctx: Context, data: Sheet, answer: Answer) -> Sheet:
    return _put(data, encrypted=answer.chosen[0] == "yes")


def _ask_sure(ctx: Context, data: Sheet) -> Question:
    return Question(
        "networks/ask_sure",
        {
            "sheet": data,
            "kinds": KINDS,
            "openness": OPENNESS,
            "criterion_kinds": CRITERION_KINDS,
            "animators": data.animators or [ctx.user],
        },
        choices=yes_no(ctx.language),
    )


def _take_sure(ctx: Context, data: Sheet, answer: Answer) -> Sheet:
    if answer.chosen[0] != "yes":
        raise Misunderstood(N_("yes; or “back” to change an answer, or “cancel” to stop"))
    return data


def _ask_picture(ctx: Context, data: Sheet) -> Question:
    return Question("networks/ask_room_picture")


def _take_picture(ctx: Context, data: Sheet, answer: Answer) -> Sheet:
    return _put(data, picture=picture_in(ctx, answer))


def steps() -> Sequence[SheetStep]:
    """What is asked, in order; the texts once for each language of the room."""
    places = range(len(catalogue.languages()))
    return (
        Step("kind", _ask_kind, _take_kind, optional=False),
        Step("label", _ask_label, _take_label, applies=lambda data: data.kind != "other"),
        Step("languages", _ask_languages, _take_languages, optional=False),
        *(_text_step("name", place, optional=False) for place in places),
        *(_text_step("purpose", place, optional=False) for place in places),
        Step("region", _ask_region, _take_region),
        Step("criterion_kind", _ask_criterion_kind, _take_criterion_kind, optional=False),
        *(_text_step("criterion", place, optional=False) for place in places),
        *(_text_step("goals", place, optional=True) for place in places),
        Step("openness", _ask_openness, _take_openness, optional=False),
        Step("animators", _ask_animators, _take_animators, applies=lambda data: data.room is None),
        Step("encrypted", _ask_encrypted, _take_encrypted, applies=lambda data: data.room is None),
        Step("sure", _ask_sure, _take_sure, optional=False),
        Step(
            "picture",
            _ask_picture,
            _take_picture,
            applies=lambda data: data.room is None,
            takes_file=True,
        ),
    )


def without_languages_left_out(data: Sheet) -> Sheet:
    """Going back may have taken a language away for which there were texts already."""
    kept = {
        field: {code: text for code, text in written.items() if code in data.languages}
        for field, written in data.texts().items()
    }
    return data.model_copy(update=kept)
