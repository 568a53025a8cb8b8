"""`!help`, `!language`, `!cancel`: the first words that a newcomer needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from commands.kernel import catalogue
from commands.kernel.catalogue import N_
from commands.kernel.command import Command, Nothing, Router
from commands.kernel.context import Context
from commands.kernel.errors import CommandError, UnknownCommand
from commands.kernel.incoming import ActionEnd
from commands.kernel.parameters import Language, positional, rest
from commands.kernel.words import courtesy_in, move_in
from storage import people
from storage.jobs import Job

router = Router("basics")

# The order in which topics are listed, with their headings.
TOPICS = {
    "members": N_("People"),
    "networks": N_("Networks"),
    "suppliers": N_("Suppliers"),
    "purchases": N_("Group purchases"),
    "animators": N_("For animators and staff"),
    "buyers": N_("For buyers"),
    "basics": N_("Everything else"),
}


@dataclass(frozen=True, slots=True)
class HelpArguments:
    command: str = rest(N_("a command"), longest=100, default="")


@router.command(
    "help",
    en=("?", "commands"),
    nl=("hulp", "commando's"),
    fr=("aide", "commandes"),
    summary=N_("shows what I can do, or how one command works"),
    examples={"en": ("help find",), "nl": ("hulp zoek",), "fr": ("aide chercher",)},
    arguments=HelpArguments,
    reads_only=True,
)
def show_help(ctx: Context, arguments: HelpArguments) -> None:
    asked = arguments.command.removeprefix(ctx.prefix)
    if not asked:
        topics, more = _topics(ctx)
        ctx.reply("basics/help", topics=topics, more=more)
        return
    found = ctx.registry.find(asked)
    if found is None:
        raise UnknownCommand(asked[:40], ctx.registry.near(asked, ctx.language))
    ctx.reply(
        "basics/help_command",
        command=found.command,
        usage=usage(found.command, ctx.language),
        examples=found.command.examples.get(ctx.language, found.command.examples.get("en", ())),
        others=sorted(
            {phrase for phrases in found.command.names.values() for phrase in phrases}
            - {found.command.word(ctx.language)}
        ),
        parts=[command for command in _usable(ctx) if _parent(ctx, command) is found.command],
    )


def _topics(ctx: Context) -> tuple[list[tuple[str, list[Command]]], set[str]]:
    """The commands that this person may use here, by topic, and the names of those that have parts.

    The parts (*profile edit* is one of *profile*) are left for the help of the whole: a list that fits on
    a phone is read.
    """
    usable = _usable(ctx)
    parents = {command.name: _parent(ctx, command) for command in usable}
    listed = []
    for topic, heading in TOPICS.items():
        whole = [one for one in usable if one.topic == topic and parents[one.name] is None]
        if whole:
            listed.append((heading, whole))
    return listed, {parent.name for parent in parents.values() if parent is not None}


def _usable(ctx: Context) -> list[Command]:
    return [one for one in ctx.registry.commands if _may(ctx, one)]


def _parent(ctx: Context, command: Command) -> Command | None:
    """The command of which this one is a part: its name is the first word of this one's."""
    first, _, rest_of_name = command.name.partition(" ")
    return ctx.registry.named(first) if rest_of_name else None


def _may(ctx: Context, command: Command) -> bool:
    try:
        command.check(ctx, None)
    except CommandError:
        return False
    return True


def usage(command: Command, language: str) -> str:
    """How the command is written, such as `find <words> [place:…]`."""
    parts = [command.word(language)]
    for parameter in command.parameters:
        label = catalogue.translate(language, parameter.label)
        if parameter.kind == "option":
            keys = parameter.names.get(language) or parameter.names.get("en") or (parameter.name,)
            parts.append(f"[{keys[0]}:…]")
        else:
            parts.append(f"<{label}>" if parameter.required else f"[{label}]")
    return " ".join(parts)


@dataclass(frozen=True, slots=True)
class LanguageArguments:
    language: str = positional(Language(), N_("a language"), default="")


@router.command(
    "language",
    nl=("taal",),
    fr=("langue",),
    summary=N_("shows or sets the language in which I answer you"),
    examples={"en": ("language english",), "nl": ("taal nederlands",), "fr": ("langue français",)},
    arguments=LanguageArguments,
)
def choose_language(ctx: Context, arguments: LanguageArguments) -> None:
    if arguments.language:
        people.choose_language(ctx.session, ctx.user, arguments.language, now=ctx.now_ms)
        ctx.language = arguments.language
        ctx.acted = True
    ctx.reply("basics/language", chosen=bool(arguments.language), languages=catalogue.languages())


@router.continuation("basics.joined")
def greet(ctx: Context, end: ActionEnd) -> None:
    """The bot accepted an invitation to a direct chat: it says who it is and what to try first."""
    if end.error is None:
        inviter = str(end.data["inviter"])
        ctx.say(str(end.data["room_id"]), "basics/greeting", language=ctx.language_for(inviter))


@router.remark
def be_polite(ctx: Context, text: str) -> bool:
    """Who says hello or thank you is answered in kind."""
    said = courtesy_in(text, ctx.settings.bot_name)
    if said is None:
        return False
    courtesy, spoken = said
    ctx.language = people.language_of(ctx.session, ctx.user) or spoken or ctx.language
    ctx.reply("basics/courtesy", courtesy=courtesy)
    return True


@router.remark
def move_nowhere(ctx: Context, text: str) -> bool:
    """*back* or *skip*, said when no question is open."""
    if move_in(text) is None:
        return False
    ctx.reply("basics/no_question_open")
    return True


@router.job("basics.expire_dialogues", grace=timedelta(days=1), every=timedelta(minutes=10))
def expire_dialogues(ctx: Context, job: Job, late: bool) -> None:
    """Conversations that were left lying end."""
    ctx.frame.expire(ctx)


@router.command(
    "cancel",
    en=("stop",),
    nl=("annuleer", "annuleren"),
    fr=("annuler", "annule"),
    summary=N_("leaves the conversation that is under way; nothing of it is kept"),
    examples={"en": ("cancel",), "nl": ("annuleer",), "fr": ("annuler",)},
    arguments=Nothing,
)
def cancel(ctx: Context, arguments: Nothing) -> None:
    if not ctx.frame.cancel(ctx):
        ctx.reply("basics/nothing_to_cancel")
