"""`!network edit`: one field of a sheet at a time; the room follows."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

from pydantic import BaseModel, Field

from commands.kernel import catalogue
from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import NotFound, Refused
from commands.kernel.parameters import rest
from commands.kernel.text import one_line
from commands.labels.fold import fold
from commands.networks import checks, refs
from commands.networks.names import RESERVED, is_slug, slug_of
from commands.networks.picture import file_of, picture_in
from commands.networks.places import NOT_READY, following, step
from commands.networks.sheet import check_text, choices, label_code, region_code
from commands.networks.values import (
    CRITERION_KINDS,
    FIELD,
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
    """What is to be changed; `value` is a code, a text, or several for lists.

    `given` when the field was named with the command. The picture is never stored with the conversation.
    """

    network: int
    field: str = ""
    given: bool = False
    language: str = ""
    value: list[str] = Field(default_factory=list)
    picture: bytes = Field(default=b"", exclude=True)


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
    return data.model_copy(update={"field": answer.chosen[0]})


def _ask_language(ctx: Context, data: Change) -> Question:
    codes = dict.fromkeys((*_network(ctx, data).languages, *catalogue.languages()))
    offered = tuple(Choice(code, catalogue.own_name(code)) for code in codes)
    return Question("networks/ask_which_language", choices=offered)


def _take_language(ctx: Context, data: Change, answer: Answer) -> Change:
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


def _ask_picture(ctx: Context, data: Change) -> Question:
    return Question("networks/ask_picture", {"network": _network(ctx, data)})


def _take_picture(ctx: Context, data: Change, answer: Answer) -> Change:
    return data.model_copy(update={"picture": picture_in(ctx, answer)})


def _set_picture(ctx: Context, network: Network, picture: bytes) -> None:
    if network.room_id is None:
        raise Refused(NOT_READY, name=network.name(ctx.language))
    draft = step(network, "set_avatar", "avatar", ctx.user, room_id=network.room_id)
    ctx.audit("network.edited", f"network:{network.id}", field="avatar")
    ctx.drafts.append(replace(draft, file=file_of(picture)))
    ctx.reply("networks/picture_set", network=network)


def _finish(ctx: Context, data: Change) -> None:
    network = _network(ctx, data)
    checks.runs(ctx, network)
    if data.field == "avatar":
        _set_picture(ctx, network, data.picture)
        return
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
        Step("field", _ask_field, _take_field, optional=False, applies=lambda data: not data.given),
        Step(
            "language",
            _ask_language,
            _take_language,
            optional=False,
            applies=lambda data: data.field in TEXT_FIELDS,
        ),
        Step(
            "picture",
            _ask_picture,
            _take_picture,
            optional=False,
            applies=lambda data: data.field == "avatar",
            takes_file=True,
        ),
        Step(
            "value",
            _ask_value,
            _take_value,
            optional=False,
            applies=lambda data: data.field != "avatar",
        ),
    ),
    finish=_finish,
)


@dataclass(frozen=True, slots=True)
class EditArguments:
    what: str = rest(N_("network, and what to change"), longest=200, default="")


@router.command(
    "network edit",
    nl=("netwerk aanpassen", "netwerk bewerken", "netwerk wijzigen"),
    fr=("réseau modifier",),
    summary=N_("changes something on the sheet of a network"),
    examples={
        "en": ("network edit audiovisual-brussels", "network edit audiovisual-brussels purpose"),
        "nl": (
            "netwerk aanpassen audiovisueel-brussel",
            "netwerk aanpassen audiovisueel-brussel doel",
        ),
        "fr": (
            "réseau modifier audiovisuel-bruxelles",
            "réseau modifier audiovisuel-bruxelles but",
        ),
    },
    arguments=EditArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANIMATORS,
    takes_file=True,
)
def edit(ctx: Context, arguments: EditArguments) -> None:
    network, field = _network_and_field(ctx, arguments.what)
    checks.runs(ctx, network)
    ctx.frame.start(ctx, dialogue.name, Change(network=network.id, field=field, given=bool(field)))


def _network_and_field(ctx: Context, text: str) -> tuple[Network, str]:
    """The field is the last word or words, if there is one. Raises MissingArgument, NotFound, and
    BadArgument for what follows a network and is no field."""
    is_whole_name = networks.by_slug(ctx.session, fold(text)) is not None
    before, field = (None if is_whole_name else FIELD.at_end(text)) or (text, "")
    try:
        return refs.said_or_here(ctx, before), field
    except NotFound:
        *words, last = before.split()
        if field or not (words or refs.of_room(ctx)):
            raise
        with contextlib.suppress(NotFound):
            network = refs.said_or_here(ctx, " ".join(words))
            checks.runs(ctx, network)
            return network, FIELD.convert(last, ctx)
        raise
