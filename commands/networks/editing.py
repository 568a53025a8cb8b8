"""`!network edit`: one field of a sheet at a time; the room follows."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, Field

from commands.kernel import catalogue
from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.parameters import rest
from commands.kernel.text import one_line
from commands.networks import checks, refs
from commands.networks.names import RESERVED, is_slug, slug_of
from commands.networks.places import following
from commands.networks.sheet import check_text, choices, label_code, region_code
from commands.networks.values import (
    CRITERION_KINDS,
    FIELD_WORDS,
    FIELDS,
    KIND_WORDS,
    KINDS,
    OPENNESS,
    OPENNESS_WORDS,
)
from storage import networks, rooms
from storage.networks import TEXT_FIELDS, Network

router = Router("animators")

_NOTHING = ("-", "—", "none", "geen", "aucun", "aucune")
_MOST_ALIASES = 12


class Change(BaseModel):
    """What is to be changed; `value` is a code, a text, or several for lists."""

    network: int
    field: str = ""
    language: str = ""
    value: list[str] = Field(default_factory=list)


def _network(ctx: Context, data: Change) -> Network:
    network = networks.get(ctx.session, data.network)
    assert network is not None, "networks are closed, never deleted"
    return network


def _ask_field(ctx: Context, data: Change) -> Question:
    return Question(
        "networks/ask_field",
        {"network": _network(ctx, data)},
        choices=choices(ctx, FIELDS, FIELD_WORDS),
    )


def _take_field(ctx: Context, data: Change, answer: Answer) -> Change:
    if not answer.chosen:
        raise Misunderstood(N_("one of the answers above: its number or its words"))
    return data.model_copy(update={"field": answer.chosen[0]})


def _ask_language(ctx: Context, data: Change) -> Question:
    codes = dict.fromkeys((*_network(ctx, data).languages, *catalogue.languages()))
    offered = tuple(Choice(code, catalogue.own_name(code)) for code in codes)
    return Question("networks/ask_which_language", choices=offered)


def _take_language(ctx: Context, data: Change, answer: Answer) -> Change:
    if not answer.chosen:
        raise Misunderstood(N_("one of the answers above: its number or its words"))
    return data.model_copy(update={"language": answer.chosen[0]})


def _ask_value(ctx: Context, data: Change) -> Question:
    network = _network(ctx, data)
    return Question(
        "networks/ask_value",
        {"field_name": FIELDS[data.field], "now": _now(ctx, network, data)},
        choices=_offered(ctx, data),
        several=data.field == "languages",
    )


def _offered(ctx: Context, data: Change) -> tuple[Choice, ...]:
    if data.field == "kind":
        return choices(ctx, KINDS, KIND_WORDS)
    if data.field == "openness":
        return choices(ctx, OPENNESS, OPENNESS_WORDS)
    if data.field == "criterion_kind":
        return choices(ctx, CRITERION_KINDS)
    if data.field == "languages":
        return tuple(Choice(code, catalogue.own_name(code)) for code in catalogue.languages())
    return ()


def _now(ctx: Context, network: Network, data: Change) -> str:
    """The value as it stands, in words."""
    field = data.field
    if field in TEXT_FIELDS:
        return network.texts.get(field, {}).get(data.language, "")
    if field in ("label", "region"):
        code = network.label if field == "label" else network.region
        return ctx.labels.name(code, ctx.language) if code else ""
    if field == "aliases":
        return ", ".join(networks.aliases_of(ctx.session, network.id))
    if field == "languages":
        return ", ".join(catalogue.own_name(code) for code in network.languages)
    named = {"kind": KINDS, "openness": OPENNESS, "criterion_kind": CRITERION_KINDS}
    value = str(getattr(network, field))
    return ctx._(named[field][value]) if field in named else value


def _take_value(ctx: Context, data: Change, answer: Answer) -> Change:
    network = _network(ctx, data)
    text = answer.text.strip()
    if data.field in TEXT_FIELDS:
        if text in _NOTHING and data.field != "name":
            return _with(data)
        text = one_line(text) if data.field == "name" else text
        check_text(ctx, data.field, text, network)
        return _with(data, text)
    if data.field == "label":
        return _with(data) if text in _NOTHING else _with(data, label_code(ctx, network.kind, text))
    if data.field == "region":
        return _with(data) if text in _NOTHING else _with(data, region_code(ctx, text))
    if data.field == "slug":
        return _with(data, _slug(ctx, network, text))
    if data.field == "aliases":
        return _with(data) if text in _NOTHING else _with(data, *_aliases(ctx, network, text))
    if not answer.chosen:
        raise Misunderstood(N_("one of the answers above: its number or its words"))
    return _with(data, *answer.chosen)


def _with(data: Change, *values: str) -> Change:
    return data.model_copy(update={"value": list(values)})


def _slug(ctx: Context, network: Network, text: str) -> str:
    slug = slug_of(text)
    owner = networks.by_slug(ctx.session, slug)
    if not is_slug(slug) or slug in RESERVED:
        raise Misunderstood(N_("a short name of letters, digits and hyphens that is no command"))
    if owner is not None and owner.id != network.id:
        raise Misunderstood(N_("another name: there is a network of that name already"))
    return slug


def _aliases(ctx: Context, network: Network, text: str) -> list[str]:
    words = [slug_of(part) for part in text.replace(";", ",").split(",")]
    words = [word for word in dict.fromkeys(words) if word]
    for word in words:
        owner = networks.by_slug(ctx.session, word)
        if word in RESERVED or (owner is not None and owner.id != network.id):
            raise Misunderstood(N_("words that are free; “%(word)s” is taken"), word=word)
    if not words or len(words) > _MOST_ALIASES:
        raise Misunderstood(
            N_("up to %(most)s words, with commas between them"), most=_MOST_ALIASES
        )
    return words


def _finish(ctx: Context, data: Change) -> None:
    network = _network(ctx, data)
    checks.runs(ctx, network)
    _store(ctx, network, data)
    ctx.audit("network.edited", f"network:{network.id}", field=data.field)
    changed = _network(ctx, data)
    ctx.drafts.extend(following(ctx.session, network, changed, told=ctx.user))
    ctx.reply(
        "networks/edited",
        network=changed,
        field_name=FIELDS[data.field],
        now=_now(ctx, changed, data),
    )


def _store(ctx: Context, network: Network, data: Change) -> None:
    session, field = ctx.session, data.field
    first = data.value[0] if data.value else None
    if field in TEXT_FIELDS:
        networks.set_text(session, network.id, field, data.language, first or "")
    elif field == "languages":
        networks.set_languages(session, network.id, data.value)
        if network.room_id is not None and first is not None:
            rooms.set_language(session, network.room_id, first)
    elif field == "aliases":
        networks.set_aliases(session, network.id, data.value)
    elif field == "slug":
        assert first is not None
        networks.set_slug(session, network.id, first)
    else:
        networks.change(session, network.id, field, first)
        if field == "kind" and first != network.kind:
            networks.change(session, network.id, "label", None)


dialogue: Dialogue[Change] = Dialogue(
    "networks.edit",
    title=N_("change a network"),
    data=Change,
    steps=(
        Step("field", _ask_field, _take_field, optional=False),
        Step(
            "language",
            _ask_language,
            _take_language,
            optional=False,
            applies=lambda data: data.field in TEXT_FIELDS,
        ),
        Step("value", _ask_value, _take_value, optional=False),
    ),
    finish=_finish,
)


@dataclass(frozen=True, slots=True)
class EditArguments:
    network: str = rest(refs.LABEL, longest=200, default="")


@router.command(
    "network edit",
    nl=("netwerk aanpassen", "netwerk bewerken", "netwerk wijzigen"),
    fr=("réseau modifier",),
    summary=N_("changes something on the sheet of a network"),
    examples={
        "en": ("network edit audiovisual-brussels",),
        "nl": ("netwerk aanpassen audiovisueel-brussel",),
        "fr": ("réseau modifier audiovisuel-bruxelles",),
    },
    arguments=EditArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANIMATORS,
)
def edit(ctx: Context, arguments: EditArguments) -> None:
    network = refs.said_or_here(ctx, arguments.network)
    checks.runs(ctx, network)
    ctx.frame.start(ctx, dialogue.name, Change(network=network.id))
