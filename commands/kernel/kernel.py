"""Decides what is meant by what came in, and who deals with it: command, dialogue, or answer.

Everything here is synchronous and runs inside one transaction that the caller opens and commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from commands.kernel import unread
from commands.kernel.addressing import Addressing, text_of
from commands.kernel.command import Command, Found, Registry, Router
from commands.kernel.context import Context, milliseconds
from commands.kernel.cooldown import Buckets
from commands.kernel.dialogue import Dialogue, Frame
from commands.kernel.errors import (
    CommandError,
    CoolDown,
    UnknownCommand,
    UserInputError,
    WrongPlace,
)
from commands.kernel.incoming import (
    ActionEnd,
    Attachment,
    Incoming,
    MembershipChange,
    Message,
    Reaction,
    RoomReplaced,
    Unreadable,
)
from commands.kernel.parser import fill
from commands.kernel.render import Renderer
from commands.kernel.settings import Settings
from commands.labels import load_labels
from storage import inbox, jobs, outbox, people, rooms
from storage.jobs import Job
from storage.outbox import Draft
from storage.session import Session


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: what to send, and whether more happened than an answer.

    `command` is the declared name of the command that was run, if one was; `result` is 'ok' or the code of
    the error that it was answered with. Both are for figures, never for people.
    """

    drafts: list[Draft]
    acted: bool
    command: str | None = None
    result: str = "ok"


NOTHING = Outcome([], False)
_MILLISECOND = timedelta(milliseconds=1)


class Kernel:
    """One for a process. Handlers may run on several threads at once: nothing here changes but buckets."""

    def __init__(
        self, settings: Settings, routers: Sequence[Router], dialogue_list: Sequence[Dialogue[Any]]
    ) -> None:
        self.settings = settings
        self.registry = Registry(routers)
        self.addressing = Addressing(settings, self.registry)
        self.frame = Frame(dialogue_list)
        self.renderer = Renderer(settings.timezone, settings.currency, settings.bot_name)
        self.labels = load_labels(settings.extra_labels)
        self._buckets = Buckets(settings.burst, settings.refill)

    # --- what the engine asks beforehand -----------------------------------------------------

    def reads_only(self, message: Message) -> bool:
        """Whether this looks like a command that changes nothing, guessed without the database.

        A wrong guess does no harm: a reader that is asked to write refuses, and the engine tries again.
        """
        if message.edits is not None or message.file is not None or message.reply_to is not None:
            return False
        addressed = self.addressing.of(message, self.settings.prefix, direct=True)
        if addressed is None or not addressed.prefixed:
            return False
        found = self.registry.find(addressed.text)
        return found is not None and found.command.reads_only

    def wants_file(self, session: Session, message: Message) -> bool:
        """Whether the file of a message is worth fetching before `handle`."""
        if message.file is None or message.file.size > self.settings.largest_file:
            return False
        ctx = self._context(session, message, message.sent_at)
        addressed = self.addressing.of(message, ctx.prefix, direct=ctx.is_direct)
        if addressed is not None and addressed.prefixed:
            found = self.registry.find(addressed.text)
            if found is not None:
                return found.command.takes_file and ctx.is_direct
        own = self._own(ctx, message.reply_to)
        stored = self.frame.question_in(ctx, own.key if own else None)
        return stored is not None and self.frame.wants_file(stored)

    # --- what happened -----------------------------------------------------------------------

    def handle(self, session: Session, incoming: Incoming, now: datetime) -> Outcome:
        """Deal with one thing that happened. Raises only for faults of ours or of the storage."""
        ctx = self._context(session, incoming, now)
        if isinstance(incoming, Message):
            self._message(ctx, incoming)
            if ctx.acted and incoming.edits is not None:
                inbox.mark_acted(ctx.session, incoming.edits)
        elif isinstance(incoming, Reaction):
            self._reaction(ctx, incoming)
        elif isinstance(incoming, MembershipChange):
            for on_membership in self.registry.memberships:
                on_membership(ctx, incoming)
        elif isinstance(incoming, RoomReplaced):
            for on_replaced in self.registry.replacements:
                on_replaced(ctx, incoming)
        elif isinstance(incoming, Unreadable):
            unread.tell(ctx, incoming)
        else:
            for on_redaction in self.registry.redactions:
                on_redaction(ctx, incoming)
        return Outcome(ctx.drafts, ctx.acted, ctx.command, ctx.result)

    def apologise(self, session: Session, incoming: Incoming, now: datetime) -> Outcome:
        """One kind answer after a fault that did not go away."""
        ctx = self._context(session, incoming, now)
        if isinstance(incoming, Message) and ctx.room is not None:
            ctx.reply("kernel/fault")
        return Outcome(ctx.drafts, False)

    def unanswered(
        self, session: Session, inbox_id: int, room_id: str | None, error: str, now: datetime
    ) -> Outcome:
        """An answer was refused for good: whoever typed that hears of it in their direct chat, once."""
        user = inbox.typed_by(session, inbox_id)
        room = rooms.get(session, room_id) if room_id else None
        too_large = error == "M_TOO_LARGE"
        if user is None or room is None or (room.kind == "direct" and not too_large):
            return NOTHING
        key = f"unanswered-{inbox_id}"
        if outbox.by_key(session, key) is not None:
            return NOTHING
        ctx = self._bare(session, now, user)
        ctx.direct(user, "kernel/unanswered", place=room.name, too_large=too_large)
        # It answers nothing itself: where it is refused as well, that is the end of it.
        return Outcome([replace(draft, key=key) for draft in ctx.drafts], False)

    def continue_(self, session: Session, end: ActionEnd, now: datetime) -> Outcome:
        """A room action or message with a continuation ended."""
        handler = self.registry.continuations.get(end.continuation)
        if handler is None:
            return NOTHING
        ctx = self._bare(session, now, self.settings.bot_user)
        handler(ctx, end)
        return Outcome(ctx.drafts, ctx.acted)

    def due(self, session: Session, job: Job, now: datetime) -> Outcome:
        """A job is due. Raises KeyError for a kind that nobody declared."""
        kind = self.registry.jobs[job.kind]
        ctx = self._bare(session, now, self.settings.bot_user)
        kind.handler(ctx, job, milliseconds(now) - job.due_at > kind.grace / _MILLISECOND)
        if kind.every is not None:
            self._plan(session, job.kind, kind.every, now)
        return Outcome(ctx.drafts, ctx.acted)

    def prepare(self, session: Session, now: datetime) -> None:
        """At the start: bring up to date what is derived, and put down what repeats by itself."""
        for preparation in self.registry.preparations:
            preparation(session, self.labels)
        self.plan(session, now)

    def plan(self, session: Session, now: datetime) -> None:
        """Put down the next run of everything that repeats by itself; safe to call at any time."""
        for name, kind in self.registry.jobs.items():
            if kind.every is not None:
                self._plan(session, name, kind.every, now)

    @staticmethod
    def _plan(session: Session, name: str, every: timedelta, now: datetime) -> None:
        # Runs stand at whole multiples of the interval, so that two plans of one run are the same run.
        interval = int(every / _MILLISECOND)
        following = (milliseconds(now) // interval + 1) * interval
        jobs.add(session, name, str(following), due_at=following)

    # --- messages ----------------------------------------------------------------------------

    def _message(self, ctx: Context, message: Message) -> None:
        if ctx.room is None or not ctx.room.joined:
            return
        if message.edits is not None and not self._edited(ctx, message):
            return
        own = self._own(ctx, message.reply_to)
        addressed = self.addressing.of(message, ctx.prefix, direct=ctx.is_direct)
        text = addressed.text if addressed else text_of(message)
        stored = None
        if addressed is None or not addressed.prefixed:
            stored = self.frame.question_in(ctx, own.key if own else None)
            if stored is not None:
                ctx.language = self._language(ctx.session, ctx.user, stored.language, ctx.room)
                if self._is_flood(ctx, message.sent_at, is_answer=True):
                    return
                self.frame.answer(ctx, stored, text, message.file)
                return
            if own is not None and own.about and self._answered(ctx, own.about, message, text):
                return
            if addressed is None:
                return
            if message.file is not None:
                ctx.reply("kernel/unexpected_file")
                return
        self._command(ctx, message, text)

    def _edited(self, ctx: Context, message: Message) -> bool:
        """Whether an edited message is to be run; if so its answer replaces the earlier one."""
        assert message.edits is not None
        past = inbox.by_event(ctx.session, message.edits)
        if past is None:
            # It was not for the bot before; a second edit must find that the first one was.
            ctx.inbox_id = inbox.remember(
                ctx.session,
                event_id=message.edits,
                room_id=message.room_id,
                sender=message.sender,
                lane=message.room_id,
                now=ctx.now_ms,
            )
            return True
        if past.sender != message.sender or past.room_id != message.room_id:
            return False
        if past.acted:
            ctx.reply("kernel/edited_too_late")
            return False
        earlier = outbox.answers_to(ctx.session, past.id)
        if earlier:
            ctx.replaces = earlier[-1].key
        return True

    def _command(self, ctx: Context, message: Message, text: str) -> None:
        found = self.registry.find(text)
        if found is not None and found.language is not None:
            ctx.language = self._language(ctx.session, ctx.user, found.language, ctx.room)
        if self._is_flood(ctx, message.sent_at):
            return
        ctx.command = found.command.name if found is not None else "unknown"
        before, replaces = ctx.session.changes, ctx.replaces
        try:
            if found is not None:
                self.run(ctx, found)
            elif message.file is not None or not self._remarked(ctx, text):
                word = text.split(None, 1)[0] if text.split() else ""
                raise UnknownCommand(word[:40], self.registry.near(text, ctx.language))
        except CommandError as error:
            if isinstance(error, UserInputError) and found is not None:
                error.command = found.command
            # Nothing half done stays behind an answer that says no.
            assert ctx.session.changes == before, "a command must refuse before it acts"
            ctx.drafts.clear()
            ctx.replaces, ctx.result = replaces, error.code
            self._explain(ctx, error)
            return
        if message.file is not None and found is not None:
            self._take_file(ctx, found.command, message.file)
        if ctx.session.changes != before:
            ctx.acted = True

    def _remarked(self, ctx: Context, text: str) -> bool:
        return ctx.is_direct and any(handler(ctx, text) for handler in self.registry.remarks)

    def _take_file(self, ctx: Context, command: Command, file: Attachment) -> None:
        """The file whose caption was that command: the answer to what it asked just now, or left."""
        stored = self.frame.question_in(ctx, None) if command.takes_file and ctx.is_direct else None
        asked = next((one for one in ctx.drafts if stored and one.key == stored.question), None)
        if stored is None or asked is None or not self.frame.wants_file(stored):
            ctx.reply("kernel/file_left", takes_file=command.takes_file)
            return
        ctx.drafts.remove(asked)
        self.frame.answer(ctx, stored, "", file)

    def _is_flood(self, ctx: Context, sent_at: datetime, *, is_answer: bool = False) -> bool:
        """Whether this is too much at once, which is said the first time."""
        # A sender's server writes the time: one in the future must not refill the bucket.
        allowed = self._buckets.take(ctx.user, min(sent_at, ctx.now), is_answer=is_answer)
        if allowed:
            return False
        ctx.result = CoolDown.code
        if allowed is False:
            self._explain(ctx, CoolDown())
        return True

    def run(self, ctx: Context, found: Found) -> None:
        """Check, convert and call; raises CommandError."""
        command = found.command
        self._check_place(ctx, command)
        given, spoken = fill(command.parameters, found.rest)
        if found.language is None and spoken is not None:
            ctx.language = self._language(ctx.session, ctx.user, spoken, ctx.room)
        values = {
            parameter.name: parameter.converter.convert(given[parameter.name], ctx)
            for parameter in command.parameters
            if parameter.name in given
        }
        arguments = command.arguments(**values)
        command.check(ctx, arguments)
        command.handler(ctx, arguments)

    @staticmethod
    def _check_place(ctx: Context, command: Command) -> None:
        kind = ctx.room.kind if ctx.room else None
        if command.where != "anywhere" and kind != command.where:
            raise WrongPlace(command.where)

    def _explain(self, ctx: Context, error: CommandError) -> None:
        command, about = None, None
        if isinstance(error, UserInputError):
            command, about = error.command, error.about
        ctx.reply("kernel/error", about=about, error=error, command=command)

    def _answered(
        self, ctx: Context, about: str, answer: Message | Reaction, text: str | None
    ) -> bool:
        kind, _, reference = about.partition(":")
        handler = self.registry.answers.get(kind)
        if handler is None:
            return False
        if self._is_flood(ctx, answer.sent_at, is_answer=True):
            return True
        if isinstance(answer, Message) and text is not None:
            answer = replace(answer, text=text)
        try:
            return handler(ctx, reference, answer)
        except CommandError as error:
            ctx.drafts.clear()
            if isinstance(error, UserInputError):
                # Whoever is told what was expected says it under that.
                error.about = error.about or about
            self._explain(ctx, error)
            return True

    def _reaction(self, ctx: Context, reaction: Reaction) -> None:
        own = self._own(ctx, reaction.target)
        if own is not None and own.about:
            self._answered(ctx, own.about, reaction, None)

    # --- languages and contexts --------------------------------------------------------------

    def _language(
        self, session: Session, user_id: str, spoken: str | None, room: rooms.Room | None
    ) -> str:
        """product.md, section 8: own choice, the word's language, the room's, the installation's."""
        return (
            people.language_of(session, user_id)
            or spoken
            or (room.language if room else None)
            or self.settings.language
        )

    def _context(self, session: Session, incoming: Incoming, now: datetime) -> Context:
        room = rooms.get(session, incoming.room_id)
        ctx = self._bare(session, now, incoming.sender)
        ctx.room = room
        ctx.inbox_id = incoming.inbox_id
        ctx.language = self._language(session, incoming.sender, None, room)
        if isinstance(incoming, Message):
            ctx.message = incoming
            ctx.reply_event = incoming.edits or incoming.event_id
            ctx.thread = incoming.thread
        elif isinstance(incoming, Reaction):
            ctx.reply_event = incoming.target
        return ctx

    def _bare(self, session: Session, now: datetime, user: str) -> Context:
        return Context(
            session=session,
            settings=self.settings,
            renderer=self.renderer,
            registry=self.registry,
            frame=self.frame,
            labels=self.labels,
            now=now,
            user=user,
            language=self.settings.language,
            room=None,
        )

    @staticmethod
    def _own(ctx: Context, event_id: str | None) -> outbox.Own | None:
        """The bot's own message of that id, if it stands in this room: relations can be forged."""
        own = outbox.by_event(ctx.session, event_id) if event_id else None
        if own is None or ctx.room is None:
            return None
        here = (
            own.user_id == ctx.room.direct_user
            if own.room_id is None
            else own.room_id == ctx.room.room_id
        )
        return own if here else None
