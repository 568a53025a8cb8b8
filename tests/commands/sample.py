"""A small set of commands and conversations of the tests' own, so that the kernel is proven apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, DictLoader
from pydantic import BaseModel

from commands.basics.router import router as basics
from commands.kernel.choices import Choice, Misunderstood
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import NotAllowed, Refused
from commands.kernel.incoming import ActionEnd, Message, Reaction
from commands.kernel.kernel import Kernel
from commands.kernel.parameters import Integer, Text, User, option, positional, rest
from storage import facts
from storage.jobs import Job
from tests.commands.talk import Talk

ANN, BOB = "@ann:localhost", "@bob:localhost"

TEMPLATES = {
    "sample/name": "<p>{{ language }}: what is your name?</p>",
    "sample/mode": "<p>{{ language }}: how do you travel?</p>",
    "sample/cabin": "<p>{{ language }}: a cabin?</p>",
    "sample/days": "<p>{{ language }}: which days?</p>",
    "sample/photo": "<p>{{ language }}: a picture?</p>",
    "sample/note": "<p>{{ language }}: what do you note?</p>",
    "sample/more": "<p>{{ language }}: anything more?</p>",
    "sample/done": "<p>{{ language }} done: {{ what }}</p>",
    "sample/said": "<p>{{ language }} said: {{ what }}</p>",
    "sample/lines": "<p>{{ what|lines }}</p>",
    "sample/secret": "<p>secret: {{ what }}</p>",
    "sample/asked": "<p>shall I?</p>",
}

router = Router("sample")


@dataclass(frozen=True, slots=True)
class Words:
    words: str = rest("words", longest=1_000_000, default="")


@dataclass(frozen=True, slots=True)
class Place:
    number: int = positional(Integer(1, 9), "number", default=1)
    place: str | None = option(Text(), "place", en=("place",), nl=("plaats",), fr=("lieu",))


@dataclass(frozen=True, slots=True)
class Person:
    person: str = positional(User(), "person")


def declare(
    name: str, nl: str, fr: str, arguments: type[Any] = Words, **more: Any
) -> Callable[[Callable[[Context, Any], None]], Callable[[Context, Any], None]]:
    examples = {"en": (f"{name} example",), "nl": (f"{nl} voorbeeld",), "fr": (f"{fr} exemple",)}
    return router.command(
        name,
        nl=(nl,),
        fr=(fr,),
        summary="sample",
        examples=examples,
        arguments=arguments,
        **more,
    )


@declare("say", "zeg", "dis", reads_only=True)
def say(ctx: Context, arguments: Words) -> None:
    ctx.reply("sample/said", what=arguments.words)


@declare("recite", "lees", "lis", reads_only=True)
def recite(ctx: Context, arguments: Words) -> None:
    ctx.reply("sample/lines", what=arguments.words)


@declare("agenda", "agenda", "agenda", Place, reads_only=True)
def agenda(ctx: Context, arguments: Place) -> None:
    ctx.reply("sample/said", what=f"{arguments.number} {arguments.place}")


@declare("greet", "groet", "salue", Person, reads_only=True)
def greet(ctx: Context, arguments: Person) -> None:
    ctx.reply("sample/said", what=arguments.person, mentions=[arguments.person])


@declare("cycle", "fiets", "pédale", reads_only=True)
def cycle(ctx: Context, arguments: Words) -> None:
    ctx.reply("sample/said", what="cycling")


@declare("count", "tel", "compte")
def count(ctx: Context, arguments: Words) -> None:
    number = int(facts.get(ctx.session, "count") or 0) + 1
    facts.put(ctx.session, "count", str(number))
    ctx.acted = True
    ctx.reply("sample/said", what=f"count {number}")


@declare("code", "geheim", "secret", reads_only=True)
def code(ctx: Context, arguments: Words) -> None:
    ctx.reply_privately("sample/secret", what="4711")


@declare("rule", "regel", "règle", check=lambda ctx, arguments: _never(ctx))
def rule(ctx: Context, arguments: Words) -> None:
    raise AssertionError("nobody may")


def _never(ctx: Context) -> None:
    raise NotAllowed("the animators")


@declare("refuse", "weiger iets", "refuse")
def refuse(ctx: Context, arguments: Words) -> None:
    ctx.reply("sample/said", what="half done")
    raise Refused("that is full")


@declare("crash", "val", "tombe")
def crash(ctx: Context, arguments: Words) -> None:
    raise RuntimeError("secret detail")


@declare("ask", "vraag", "demande")
def ask(ctx: Context, arguments: Words) -> None:
    ctx.acted = True
    ctx.reply("sample/asked", about="shall:17")


@declare("staff only", "enkel staf", "équipe seule", where="staff")
def staff_only(ctx: Context, arguments: Words) -> None:
    ctx.reply("sample/said", what="staff")


@declare("build", "bouw", "construis")
def build(ctx: Context, arguments: Words) -> None:
    ctx.act("create_room", lane="sample", then="sample.built", data={"for": ctx.user}, name="Film")


@router.continuation("sample.built")
def built(ctx: Context, end: ActionEnd) -> None:
    ctx.direct(end.data["for"], "sample/said", what=end.error or end.result["room_id"])


@router.answer("shall")
def shall(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    said = answer.text if isinstance(answer, Message) else answer.key
    if said == "refuse":
        raise Refused("that is full")
    if said == "something else":
        return False
    ctx.acted = True
    ctx.reply("sample/said", what=f"{reference} {said}")
    return True


@router.job("sample.job", grace=timedelta(minutes=5))
def job(ctx: Context, what: Job, late: bool) -> None:
    ctx.direct(what.data["user"], "sample/said", what="late" if late else "on time")


# --- conversations -------------------------------------------------------------------------------


class Trip(BaseModel):
    name: str = ""
    mode: str = ""
    cabin: str = ""
    days: tuple[str, ...] = ()
    photo: str = ""


def _name(ctx: Context, data: Trip, answer: Answer) -> Trip:
    if len(answer.text) < 2:
        raise Misunderstood("a name of %(least)s letters", least=2)
    return data.model_copy(update={"name": answer.text})


def _photo(ctx: Context, data: Trip, answer: Answer) -> Trip:
    if answer.file is None:
        raise Misunderstood("a picture")
    return data.model_copy(update={"photo": answer.file.name})


def _into(field: str) -> Callable[[Context, Trip, Answer], Trip]:
    def take(ctx: Context, data: Trip, answer: Answer) -> Trip:
        value = answer.chosen if field == "days" else answer.chosen[0]
        return data.model_copy(update={field: value})

    return take


def _asking(
    template: str, choices: Sequence[Choice] = (), several: bool = False
) -> Callable[[Context, Any], Question]:
    return lambda ctx, data: Question(template, choices=choices, several=several)


MODES = (
    Choice("bike", "By bicycle", ("fiets", "vélo")),
    Choice("train", "By train", ("trein",)),
    Choice("boat", "By boat", ("boot", "bateau")),
)
YES_NO = (Choice("yes", "Certainly"), Choice("no", "Rather not"))
DAYS = (Choice("1000", "Monday"), Choice("2000", "Tuesday"), Choice("3000", "Wednesday"))

trip = Dialogue(
    "trip",
    title="Your trip",
    data=Trip,
    steps=(
        Step("name", _asking("sample/name"), _name, optional=False),
        Step("mode", _asking("sample/mode", MODES), _into("mode")),
        Step(
            "cabin",
            _asking("sample/cabin", YES_NO),
            _into("cabin"),
            applies=lambda data: data.mode == "boat",
        ),
        Step("days", _asking("sample/days", DAYS, several=True), _into("days")),
        Step("photo", _asking("sample/photo"), _photo, takes_file=True),
    ),
    finish=lambda ctx, data: _finish(ctx, data),
)


def _finish(ctx: Context, data: Trip) -> None:
    what = f"{data.name}/{data.mode}/{data.cabin}/{','.join(data.days)}/{data.photo}"
    ctx.reply("sample/done", what=what)


class Note(BaseModel):
    text: str = ""


def _noted(ctx: Context, data: Note, answer: Answer) -> Note:
    return Note(text=f"{data.text}{answer.text};")


note = Dialogue(
    "note",
    title="Your note",
    data=Note,
    steps=(
        Step("note", _asking("sample/note"), _noted),
        Step("more", _asking("sample/more"), _noted),
    ),
    finish=lambda ctx, data: _done(ctx, data),
)


def _done(ctx: Context, data: Note) -> None:
    ctx.reply("sample/done", what=data.text)


@declare("trip", "reis", "voyage")
def start_trip(ctx: Context, arguments: Words) -> None:
    ctx.frame.start(ctx, "trip", Trip())


@declare("note", "noteer", "note ceci")
def start_note(ctx: Context, arguments: Words) -> None:
    ctx.frame.start(ctx, "note", Note())


@declare("note here", "noteer hier", "note ici")
def start_here(ctx: Context, arguments: Words) -> None:
    ctx.frame.start(ctx, "note", Note(), here=True)


def with_templates(kernel: Kernel) -> Kernel:
    """The kernel with the templates above beside the real ones."""
    environment = kernel.renderer._environment
    assert environment.loader is not None
    environment.loader = ChoiceLoader([DictLoader(TEMPLATES), environment.loader])
    return kernel


def open_sample(folder: Path, **settings: Any) -> Talk:
    """A conversation partner that knows the sample and the basics only."""
    talk = Talk.open(folder, routers=(basics, router), dialogues=(trip, note), **settings)
    with_templates(talk.kernel)
    return talk


def restart(talk: Talk) -> None:
    """A new process on the same database."""
    talk.kernel = with_templates(Kernel(talk.kernel.settings, (basics, router), (trip, note)))


def counted(talk: Talk) -> int:
    """How often `count` was run."""
    return int(talk.write(lambda session: facts.get(session, "count")) or 0)
