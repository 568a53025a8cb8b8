"""What animators do from day to day: the stage, the checklist, and how the bot speaks in the room (in a
team's room, staff)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, cast

from pydantic import BaseModel

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.choices import yes_no
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import BadArgument, MissingArgument, NotFound, WrongPlace
from commands.kernel.parameters import Language, positional, rest
from commands.labels.fold import fold
from commands.networks import checks, refs
from commands.networks.people import announce, in_all_languages
from commands.networks.places import following
from commands.networks.requests import decline_all
from commands.networks.values import CHECKLIST, REMOVE, STAGE, STAGES
from storage import networks, rooms
from storage.networks import Network, Stage
from storage.rooms import Room

router = Router("animators")

_PREFIX = re.compile(r"[^\s\w@#<>/*]{1,3}")


@dataclass(frozen=True, slots=True)
class StageArguments:
    what: str = rest(N_("network and stage"), longest=300, default="")


@router.command(
    "network stage",
    nl=("netwerk fase",),
    fr=("réseau phase", "réseau étape"),
    summary=N_(
        "says in which stage a network is: creation, launch, events, first results, decline, closed"
    ),
    examples={
        "en": ("network stage audiovisual-brussels launch",),
        "nl": ("netwerk fase audiovisueel-brussel lancering",),
        "fr": ("réseau phase audiovisuel-bruxelles lancement",),
    },
    arguments=StageArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANIMATORS,
)
def set_stage(ctx: Context, arguments: StageArguments) -> None:
    network, stage = _network_and_stage(ctx, arguments.what)
    checks.runs(ctx, network)
    if stage is None:
        named = [ctx._(text) for text in STAGES.values()]
        ctx.reply("networks/stage_missing", network=network, stages=STAGES, named=named)
    elif stage == "closed" and network.stage != "closed":
        ctx.frame.start(ctx, closing_dialogue.name, Closing(network=network.id))
    else:
        _change_stage(ctx, network, stage)


def _change_stage(ctx: Context, network: Network, stage: Stage) -> None:
    before = network.stage
    if not networks.set_stage(ctx.session, network.id, stage, now=ctx.now_ms):
        ctx.reply("networks/stage", network=network, stage=STAGES[stage], changed=False)
        return
    ctx.audit("network.stage", f"network:{network.id}", before=before, after=stage)
    earlier, network = network, replace(network, stage=stage)
    ctx.drafts.extend(following(ctx.session, earlier, network, told=ctx.user))
    if stage == "closed":
        decline_all(ctx, network)
    said: dict[str, Any] = {"stage": STAGES[stage], "changed": True}
    if ctx.room is not None and ctx.room.room_id == network.room_id:
        parts = in_all_languages(ctx, network, "networks/stage", **said)
        ctx.reply("networks/in_all_languages", parts=parts)
        return
    ctx.reply("networks/stage", network=network, **said)
    announce(ctx, network, "networks/stage", **said)


def _network_and_stage(ctx: Context, text: str) -> tuple[Network, Stage | None]:
    """The stage is the last word or words; None when there is only a network. Raises BadArgument,
    MissingArgument, NotFound."""
    found = STAGE.at_end(text)
    if found is not None:
        return refs.said_or_here(ctx, found[0]), cast(Stage, found[1])
    try:
        return refs.said_or_here(ctx, text), None
    except NotFound:
        *words, last = text.split()
        stage = _nearly(ctx, last)
        return refs.said_or_here(ctx, " ".join(words)), stage


def _nearly(ctx: Context, word: str) -> Stage:
    """The stage that was mistyped: any but the one that turns people away. Raises BadArgument."""
    stage = STAGE.convert(word, ctx)
    if stage == "closed":
        shown = STAGE.shown.get(ctx.language, STAGE.shown["en"])
        raise BadArgument(word, N_("one of: %(choices)s"), [shown[-1]], choices=", ".join(shown))
    return cast(Stage, stage)


class Closing(BaseModel):
    network: int
    sure: bool = False


def _ask_closing(ctx: Context, data: Closing) -> Question:
    return Question(
        "networks/closing_question",
        {"network": networks.get(ctx.session, data.network)},
        choices=yes_no(ctx.language),
    )


def _take_closing(ctx: Context, data: Closing, answer: Answer) -> Closing:
    return data.model_copy(update={"sure": answer.chosen[0] == "yes"})


def _finish_closing(ctx: Context, data: Closing) -> None:
    network = networks.get(ctx.session, data.network)
    assert network is not None, "networks are closed, never deleted"
    checks.runs(ctx, network)
    if data.sure:
        _change_stage(ctx, network, "closed")
    else:
        ctx.reply("networks/not_closed", network=network)


closing_dialogue: Dialogue[Closing] = Dialogue(
    "networks.close",
    title=N_("close a network"),
    data=Closing,
    steps=(Step("sure", _ask_closing, _take_closing, optional=False),),
    finish=_finish_closing,
)


# --- the checklist -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChecklistArguments:
    what: str = rest(N_("network, and the number of an item"), longest=300, default="")


@router.command(
    "network checklist",
    nl=("netwerk checklist", "netwerk controlelijst"),
    fr=("réseau aide-mémoire", "réseau aide mémoire", "réseau checklist"),
    summary=N_(
        "shows what makes a network live; with a number ticks that off, or back on with “not”"
    ),
    examples={
        "en": ("network checklist", "network checklist audiovisual-brussels 3"),
        "nl": ("netwerk checklist", "netwerk checklist audiovisueel-brussel 3"),
        "fr": ("réseau aide-mémoire", "réseau aide-mémoire audiovisuel-bruxelles 3"),
    },
    arguments=ChecklistArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANIMATORS,
)
def show_checklist(ctx: Context, arguments: ChecklistArguments) -> None:
    words = arguments.what.split()
    undo = [word for word in words if fold(word) in REMOVE]
    words = [word for word in words if word not in undo]
    number = None
    if words and words[-1].isascii() and words[-1].isdigit():
        number = int(words.pop()[:6])
    network = refs.said_or_here(ctx, " ".join(words))
    checks.runs(ctx, network)
    items = list(CHECKLIST)
    if number is not None and not 1 <= number <= len(items):
        raise BadArgument(
            str(number),
            N_("a whole number from %(lowest)s to %(highest)s"),
            lowest=1,
            highest=len(items),
        )
    if undo and number is None:
        raise MissingArgument(N_("the number of an item"))
    if number is not None:
        item = items[number - 1]
        networks.tick(ctx.session, network.id, item, done=not undo, now=ctx.now_ms)
        ctx.audit(
            "checklist.undone" if undo else "checklist.done", f"network:{network.id}", item=item
        )
    done = networks.checklist(ctx.session, network.id)
    ctx.reply(
        "networks/checklist",
        network=network,
        items=[(text, item in done) for item, text in CHECKLIST.items()],
        missing=len(items) - len(done),
    )


# --- how the bot speaks in the room --------------------------------------------------------------

_TEAM_ROOMS = ("staff", "buyers", "ethics")


def _room_here(ctx: Context) -> tuple[Room, Network | None]:
    """The room of a network or of a team where somebody speaks. Raises WrongPlace."""
    network = refs.of_room(ctx)
    if ctx.room is None or (network is None and ctx.room.kind not in _TEAM_ROOMS):
        raise WrongPlace("network")
    return ctx.room, network


def _may_set(ctx: Context, network: Network | None) -> None:
    """Animators in their network's room, staff in every team's. Raises NotAllowed or Refused."""
    if network is None:
        teams.staff(ctx, None)
    else:
        checks.runs(ctx, network)


def _subject(room: Room, network: Network | None) -> str:
    return f"network:{network.id}" if network is not None else f"room:{room.kind}"


class PrefixSigns:
    def convert(self, text: str, ctx: Context) -> str:
        if not _PREFIX.fullmatch(text):
            raise BadArgument(text[:20], N_("one to three signs, such as ! or ?"))
        return text


@dataclass(frozen=True, slots=True)
class PrefixArguments:
    prefix: str = positional(PrefixSigns(), N_("what stands before a command"), default="")


@router.command(
    "network prefix",
    nl=("netwerk prefix", "netwerk voorvoegsel"),
    fr=("réseau préfixe",),
    summary=N_("shows or sets what stands before a command in this room"),
    examples={
        "en": ("network prefix ?",),
        "nl": ("netwerk prefix ?",),
        "fr": ("réseau préfixe ?",),
    },
    arguments=PrefixArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANIMATORS,
)
def set_prefix(ctx: Context, arguments: PrefixArguments) -> None:
    room, network = _room_here(ctx)
    if arguments.prefix:
        _may_set(ctx, network)
        own = arguments.prefix if arguments.prefix != ctx.settings.prefix else None
        rooms.set_prefix(ctx.session, room.room_id, own)
        ctx.room = replace(room, prefix=own)
        ctx.audit("network.prefix", _subject(room, network), prefix=arguments.prefix)
    ctx.reply("networks/prefix", changed=bool(arguments.prefix))


@dataclass(frozen=True, slots=True)
class RoomLanguageArguments:
    language: str = positional(Language(), N_("a language"), default="")


@router.command(
    "network language",
    nl=("netwerk taal",),
    fr=("réseau langue",),
    summary=N_("shows or sets the language in which I speak in this room"),
    examples={
        "en": ("network language english",),
        "nl": ("netwerk taal nederlands",),
        "fr": ("réseau langue français",),
    },
    arguments=RoomLanguageArguments,
    check=checks.staff_or_any_animator,
    who=checks.ANIMATORS,
)
def set_language(ctx: Context, arguments: RoomLanguageArguments) -> None:
    room, network = _room_here(ctx)
    spoken = list(network.languages) if network else [room.language or ctx.settings.language]
    if arguments.language:
        _may_set(ctx, network)
        others = spoken if network is not None else []
        spoken = list(dict.fromkeys((arguments.language, *others)))
        if network is not None:
            networks.set_languages(ctx.session, network.id, spoken)
        rooms.set_language(ctx.session, room.room_id, arguments.language)
        ctx.audit("network.language", _subject(room, network), language=arguments.language)
    ctx.reply("networks/room_language", spoken=spoken, changed=bool(arguments.language))
