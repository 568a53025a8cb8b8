"""Conversations with steps, as one frame: going back, skipping, leaving, help, pausing and coming back.

A domain declares what is asked, in which order and what becomes of the answers; everything that all
conversations share is here. Each step is stored before its question leaves, so a conversation survives a
restart of the bot and continues on any device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood, chosen
from commands.kernel.context import Context, milliseconds
from commands.kernel.errors import CommandError, MissingArgument, UserInputError
from commands.kernel.incoming import Attachment
from commands.kernel.parser import fill
from commands.kernel.words import MOVES, Move, is_dash, move_in
from storage import dialogues, people, rooms
from storage.dialogues import Stored

D = TypeVar("D", bound=BaseModel)

# Longer texts are sentences, although they may begin with the name of a command.
_LONGEST_FORGOTTEN_COMMAND = 80


@dataclass(frozen=True, slots=True)
class Question:
    """What a step asks: a template, and the choices to number below it, if any."""

    template: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    choices: Sequence[Choice] = ()
    several: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the text as typed, the choices that it names (when there were any), a file.

    `cleared` when the person asked to empty the field with a dash.
    """

    text: str
    chosen: tuple[str, ...] = ()
    file: Attachment | None = None
    cleared: bool = False


@dataclass(frozen=True, slots=True)
class Step(Generic[D]):
    """`take` returns the data with the answer in it, or raises Misunderstood.

    `applies` says whether the step is asked at all; `optional` whether it may be skipped; `clears`
    whether a dash empties what it asks for.
    """

    name: str
    ask: Callable[[Context, D], Question]
    take: Callable[[Context, D, Answer], D]
    optional: bool = True
    applies: Callable[[D], bool] = lambda data: True
    takes_file: bool = False
    clears: bool = False


class Dialogue(Generic[D]):
    """A conversation.

    `finish` runs once, in the transaction of the last answer; it may refuse with a CommandError before
    it changes anything.
    """

    def __init__(
        self,
        name: str,
        *,
        title: str,
        data: type[D],
        steps: Sequence[Step[D]],
        finish: Callable[[Context, D], None],
    ) -> None:
        self.name = name
        self.title = title
        self.data = data
        self.steps = tuple(steps)
        self.finish = finish
        self._by_name = {step.name: step for step in self.steps}

    def step(self, name: str) -> Step[D] | None:
        return self._by_name.get(name)

    def following(self, name: str | None, data: D) -> Step[D] | None:
        """The first step after `name` that applies; the first of all for None."""
        names = [step.name for step in self.steps]
        start = 0 if name is None else names.index(name) + 1
        return next((step for step in self.steps[start:] if step.applies(data)), None)


class Frame:
    """Runs the dialogues of an installation."""

    def __init__(self, known: Sequence[Dialogue[Any]]) -> None:
        self._known = {dialogue.name: dialogue for dialogue in known}

    # --- beginning ---------------------------------------------------------------------------

    def start(self, ctx: Context, name: str, data: BaseModel, *, here: bool = False) -> None:
        """Begin, in place of what was under way, which comes back afterwards.

        In the direct chat, unless `here` says that everyone in the room may follow.
        """
        ctx.acted = True
        if not here and not ctx.is_direct:
            ctx.say_sent_privately()
            ctx = ctx.privately()
        dialogue = self._known[name]
        first = dialogue.following(None, data)
        assert first is not None, f"dialogue {name} has no step that applies"
        paused = self._visible_here(ctx)
        dialogue_id = dialogues.begin(
            ctx.session,
            user_id=ctx.user,
            room_id="" if ctx.is_direct or ctx.room is None else ctx.room.room_id,
            name=name,
            step=first.name,
            data=data.model_dump(mode="json"),
            language=ctx.language,
            now=ctx.now_ms,
            expires_at=self._expiry(ctx),
        )
        self._ask(ctx, dialogue, dialogue_id, first, data, (), paused=paused)

    # --- answers -----------------------------------------------------------------------------

    def question_in(self, ctx: Context, reply_to_key: str | None) -> Stored | None:
        """The person's open question that a message here answers, if it answers one.

        In a direct chat any text does; in a room only a reply to the question itself.
        """
        stored = dialogues.active(ctx.session, ctx.user)
        if stored is None or ctx.room is None or stored.name not in self._known:
            return None
        if stored.expires_at <= ctx.now_ms:
            return None
        if ctx.is_direct:
            return None if stored.room_id else stored
        answers_it = reply_to_key is not None and reply_to_key == stored.question
        return stored if answers_it and stored.room_id == ctx.room.room_id else None

    def wants_file(self, stored: Stored) -> bool:
        step = self._known[stored.name].step(stored.step)
        return step is not None and step.takes_file

    def answer(self, ctx: Context, stored: Stored, text: str, file: Attachment | None) -> None:
        """Take an answer or a reserved word, and ask what follows."""
        ctx.acted = True
        dialogue = self._known[stored.name]
        data = _data_of(dialogue, stored)
        if data is None:
            dialogues.end(ctx.session, stored.id)
            ctx.reply("kernel/dialogue_expired", title=dialogue.title)
            self._come_back(ctx)
            return
        # A new version may have dropped the step that an old conversation stands at.
        step = dialogue.step(stored.step) or dialogue.following(None, data)
        assert step is not None
        move = move_in(text) if file is None else None
        if move is not None:
            self._move(ctx, dialogue, stored, step, data, move)
            return
        question = step.ask(ctx, data)
        try:
            if file is not None and not step.takes_file:
                raise Misunderstood(N_("an answer in words, not a file"))
            cleared = step.clears and is_dash(text)
            named = () if cleared else chosen(question.choices, text, several=question.several)
            given = Answer(text, named, file, cleared)
            taken = step.take(ctx, data, given)
        except Misunderstood as problem:
            forgotten = text if ctx.registry.find(text) is not None else None
            self._ask(
                ctx, dialogue, stored.id, step, data, stored.history, problem, forgotten=forgotten
            )
            return
        is_free = file is None and not question.choices
        if is_free and text != stored.doubted and _may_be_command(ctx, text):
            self._ask(
                ctx, dialogue, stored.id, step, data, stored.history, forgotten=text, doubted=True
            )
            return
        self._go_on(ctx, dialogue, stored, step, taken)

    def cancel(self, ctx: Context) -> bool:
        """Leave the active dialogue; False when there is none."""
        stored = dialogues.active(ctx.session, ctx.user)
        if stored is None:
            return False
        ctx.acted = True
        if not stored.room_id and not ctx.is_direct:
            ctx.say_sent_privately()
            ctx = ctx.privately()
        dialogue = self._known.get(stored.name)
        dialogues.end(ctx.session, stored.id)
        ctx.reply("kernel/dialogue_cancelled", title=dialogue.title if dialogue else None)
        self._come_back(ctx)
        return True

    def expire(self, ctx: Context) -> None:
        """End what was left lying and tell who left it; what it had paused is older, so it ends too."""
        for stored in dialogues.expired(ctx.session, now=ctx.now_ms):
            dialogues.end(ctx.session, stored.id)
            dialogue = self._known.get(stored.name)
            if dialogue is None:
                continue
            ctx.direct(
                stored.user_id,
                "kernel/dialogue_expired",
                language=people.language_of(ctx.session, stored.user_id) or stored.language,
                title=dialogue.title,
            )

    # --- inside ------------------------------------------------------------------------------

    def _move(
        self,
        ctx: Context,
        dialogue: Dialogue[D],
        stored: Stored,
        step: Step[D],
        data: D,
        move: Move,
    ) -> None:
        if move == "cancel":
            self.cancel(ctx)
        elif move == "help":
            ctx.reply(
                "kernel/dialogue_help",
                title=dialogue.title,
                moves=_moves(ctx.language),
                can_go_back=bool(stored.history),
                can_skip=step.optional,
            )
            self._ask(ctx, dialogue, stored.id, step, data, stored.history)
        elif move == "skip":
            if step.optional:
                self._go_on(ctx, dialogue, stored, step, data)
            else:
                problem = Misunderstood(N_("an answer: this one cannot be skipped"))
                self._ask(ctx, dialogue, stored.id, step, data, stored.history, problem)
        else:
            history = stored.history
            earlier = dialogue.step(history[-1]) if history else None
            if earlier is None:
                problem = Misunderstood(N_("an answer: there is no question before this one"))
                self._ask(ctx, dialogue, stored.id, step, data, (), problem)
            else:
                self._ask(ctx, dialogue, stored.id, earlier, data, history[:-1])

    def _go_on(
        self, ctx: Context, dialogue: Dialogue[D], stored: Stored, step: Step[D], data: D
    ) -> None:
        following = dialogue.following(step.name, data)
        if following is None:
            dialogues.end(ctx.session, stored.id)
            try:
                dialogue.finish(ctx, data)
            except CommandError as error:
                ctx.reply("kernel/error", error=error, command=None)
            self._come_back(ctx)
            return
        self._ask(ctx, dialogue, stored.id, following, data, (*stored.history, step.name))

    def _ask(
        self,
        ctx: Context,
        dialogue: Dialogue[D],
        dialogue_id: int,
        step: Step[D],
        data: D,
        history: tuple[str, ...],
        problem: Misunderstood | None = None,
        *,
        forgotten: str | None = None,
        doubted: bool = False,
        paused: str | None = None,
    ) -> None:
        """Ask, below what is to be said first: what was wrong with the answer, the command that was
        perhaps meant by it (`forgotten`, as typed), the title of the conversation that has to wait."""
        question = step.ask(ctx, data)
        asked = ctx.renderer.render(
            question.template, ctx.language, {**ctx.shared(), **question.variables}
        )
        applying = [each for each in dialogue.steps if each.applies(data)]
        key = ctx.reply(
            "kernel/question",
            asked=asked.markup,
            choices=question.choices,
            several=question.several and bool(question.choices),
            problem=ctx._(problem.expected, **problem.values) if problem else None,
            number=applying.index(step) + 1 if step in applying else 1,
            total=len(applying),
            moves=_moves(ctx.language),
            can_go_back=bool(history),
            can_skip=step.optional,
            can_clear=step.clears,
            forgotten=forgotten,
            doubted=doubted,
            first=not history and problem is None and not doubted,
            paused=paused,
            title=dialogue.title,
        )
        dialogues.save(
            ctx.session,
            dialogue_id,
            step=step.name,
            data=data.model_dump(mode="json"),
            history=history,
            question=key,
            expires_at=self._expiry(ctx),
            doubted=forgotten if doubted else None,
        )

    def _visible_here(self, ctx: Context) -> str | None:
        """The title of the conversation that is under way, where everyone here may know of it."""
        stored = dialogues.active(ctx.session, ctx.user)
        if stored is None or stored.name not in self._known or stored.expires_at <= ctx.now_ms:
            return None
        is_here = ctx.room is not None and stored.room_id == ctx.room.room_id
        return self._known[stored.name].title if ctx.is_direct or is_here else None

    def _come_back(self, ctx: Context) -> None:
        if dialogues.active(ctx.session, ctx.user) is not None:
            # What ended just now began another one: what it had paused comes back after that.
            return
        stored = dialogues.resume_last(ctx.session, ctx.user)
        if stored is None:
            return
        dialogue = self._known.get(stored.name)
        room = rooms.get(ctx.session, stored.room_id) if stored.room_id else None
        place_is_gone = bool(stored.room_id) and (room is None or not room.joined)
        data = _data_of(dialogue, stored) if dialogue is not None else None
        expired = stored.expires_at <= ctx.now_ms
        if dialogue is None or data is None or place_is_gone or expired:
            dialogues.end(ctx.session, stored.id)
            self._come_back(ctx)
            return
        step = dialogue.step(stored.step) or dialogue.following(None, data)
        assert step is not None
        ctx = replace(ctx, language=people.language_of(ctx.session, ctx.user) or stored.language)
        if room is None:
            ctx = ctx.privately()
        elif ctx.room is None or room.room_id != ctx.room.room_id:
            ctx = replace(
                ctx, room=room, direct_to=None, reply_event=None, thread=None, replaces=None
            )
        ctx.reply("kernel/dialogue_resumed", title=dialogue.title)
        self._ask(ctx, dialogue, stored.id, step, data, stored.history)

    @staticmethod
    def _expiry(ctx: Context) -> int:
        return milliseconds(ctx.now + ctx.settings.dialogue_lifetime)


def _data_of(dialogue: Dialogue[D], stored: Stored) -> D | None:
    """The answers so far; None when a new version of the dialogue cannot read them any more."""
    try:
        return dialogue.data.model_validate(stored.data)
    except ValidationError:
        return None


def _may_be_command(ctx: Context, text: str) -> bool:
    """Whether a text would be carried out, or asked to be completed, if the prefix stood before it."""
    found = ctx.registry.find(text)
    if found is None or "\n" in text or len(text) > _LONGEST_FORGOTTEN_COMMAND:
        return False
    # What a command with parts is called begins many a name: "Network of translators".
    whole = f"{found.command.name} "
    if found.rest and any(one.name.startswith(whole) for one in ctx.registry.commands):
        return False
    try:
        fill(found.command.parameters, found.rest)
    except MissingArgument:
        return True
    except UserInputError:
        return False
    return True


def _moves(language: str) -> dict[Move, str]:
    return {move: words.get(language, words["en"])[0] for move, words in MOVES.items()}
