"""How a command is declared, once, and how it is found again from what was typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain
from textwrap import shorten
from typing import Any, Literal, TypeVar

from rapidfuzz import fuzz, process

from commands.kernel.context import Context
from commands.kernel.incoming import (
    ActionEnd,
    MembershipChange,
    Message,
    Reaction,
    Redaction,
    RoomReplaced,
)
from commands.kernel.parameters import Parameter, parameters_of
from commands.labels import Labels
from commands.labels.fold import fold
from storage.jobs import Job
from storage.session import Session

A = TypeVar("A")
# Characters of a mistyped line that are looked at, and those of its other words that are suggested again.
_LONGEST_LINE, _LONGEST_KEPT = 300, 100
Place = Literal["anywhere", "direct", "network", "staff", "buyers"]
Check = Callable[[Context, Any], None]


@dataclass(frozen=True, slots=True)
class Nothing:
    """The arguments of a command that takes none."""


@dataclass(frozen=True, slots=True)
class Command:
    """A description: what it is called, what it takes, who may, where, and what it does.

    `names` has for each language the words that call it, the shown one first. `who` is a message id for
    help; `check` raises NotAllowed. `reads_only` commands change nothing: they run beside the writer, and
    may run again when their message is edited. One that `takes_file` may come as the caption of a file, in
    the direct chat: if what it asks first takes a file, that is the answer.
    """

    name: str
    names: Mapping[str, tuple[str, ...]]
    summary: str
    examples: Mapping[str, tuple[str, ...]]
    arguments: type[Any]
    handler: Callable[[Context, Any], None]
    check: Check
    who: str
    where: Place
    reads_only: bool
    takes_file: bool
    topic: str
    parameters: tuple[Parameter, ...] = ()

    def word(self, language: str) -> str:
        """What to type for it in that language."""
        return self.names.get(language, (self.name,))[0]

    def example(self, language: str, parameter: str | None = None) -> str | None:
        """A line to show to who typed a wrong one: for a filter one that has it, if any does; otherwise
        one with arguments, if any has them."""
        lines = self.examples.get(language) or self.examples.get("en", ())
        about = next((one for one in self.parameters if one.name == parameter), None)
        if about is not None and about.names:
            filters = [f" {word}:" for words in about.names.values() for word in words]
            return next((line for line in lines if any(one in line for one in filters)), None)
        bare = {name for names in self.names.values() for name in names}
        return next(chain((line for line in lines if line not in bare), lines), None)


def anyone(ctx: Context, arguments: Any) -> None:
    """No check at all."""


AnswerHandler = Callable[[Context, str, Message | Reaction], bool]
RemarkHandler = Callable[[Context, str], bool]
MembershipHandler = Callable[[Context, MembershipChange], None]
JobHandler = Callable[[Context, Job, bool], None]
ContinuationHandler = Callable[[Context, ActionEnd], None]


@dataclass(frozen=True, slots=True)
class JobKind:
    handler: JobHandler
    grace: timedelta
    every: timedelta | None
    after_hearing: bool = False


@dataclass(frozen=True, slots=True)
class Personal:
    """What a domain keeps about people: how to show it, and how to forget it, by their accounts."""

    describe: Callable[[Session, Sequence[str]], Mapping[str, Any]]
    forget: Callable[[Session, Sequence[str]], None]


@dataclass(slots=True)
class Router:
    """A domain's handlers, grouped. Declared at import, frozen when the registry is built."""

    topic: str
    commands: list[Command] = field(default_factory=list)
    answers: dict[str, AnswerHandler] = field(default_factory=dict)
    remarks: list[RemarkHandler] = field(default_factory=list)
    memberships: list[MembershipHandler] = field(default_factory=list)
    replacements: list[Callable[[Context, RoomReplaced], None]] = field(default_factory=list)
    redactions: list[Callable[[Context, Redaction], None]] = field(default_factory=list)
    jobs: dict[str, JobKind] = field(default_factory=dict)
    continuations: dict[str, ContinuationHandler] = field(default_factory=dict)
    personal: list[Personal] = field(default_factory=list)
    preparations: list[Callable[[Session, Labels], object]] = field(default_factory=list)

    def command(
        self,
        name: str,
        *,
        nl: Sequence[str],
        fr: Sequence[str],
        summary: str,
        examples: Mapping[str, Sequence[str]],
        arguments: type[A],
        en: Sequence[str] = (),
        check: Check = anyone,
        who: str = "",
        where: Place = "anywhere",
        reads_only: bool = False,
        takes_file: bool = False,
    ) -> Callable[[Callable[[Context, A], None]], Callable[[Context, A], None]]:
        """Declare a command. `name` is its English word or words; the others are what else calls it.

        Examples are given for each language without the prefix. `who` is a message id, empty for all.
        """

        def register(handler: Callable[[Context, A], None]) -> Callable[[Context, A], None]:
            self.commands.append(
                Command(
                    name=name,
                    names={"en": (name, *en), "nl": tuple(nl), "fr": tuple(fr)},
                    summary=summary,
                    examples={language: tuple(lines) for language, lines in examples.items()},
                    arguments=arguments,
                    handler=handler,
                    check=check,
                    who=who,
                    where=where,
                    reads_only=reads_only,
                    takes_file=takes_file,
                    topic=self.topic,
                    parameters=parameters_of(arguments),
                )
            )
            return handler

        return register

    def answer(self, kind: str) -> Callable[[AnswerHandler], AnswerHandler]:
        """Replies and reactions to messages whose `about` is 'kind:reference' come here.

        The handler gets the reference and says whether it took the answer; a text that it did not take
        is treated as if it replied to nothing.
        """

        def register(handler: AnswerHandler) -> AnswerHandler:
            self.answers[kind] = handler
            return handler

        return register

    def remark(self, handler: RemarkHandler) -> RemarkHandler:
        """Called in a direct chat for a text that is no command and answers no message.

        The handler says whether it took the text; what nobody takes is an unknown command.
        """
        self.remarks.append(handler)
        return handler

    def membership(self, handler: MembershipHandler) -> MembershipHandler:
        """Called for every membership change in a room that the bot is in."""
        self.memberships.append(handler)
        return handler

    def job(
        self,
        kind: str,
        *,
        grace: timedelta,
        every: timedelta | None = None,
        after_hearing: bool = False,
    ) -> Callable[[JobHandler], JobHandler]:
        """What is due runs here: handler(ctx, job, late); late when it is overdue by over `grace`.

        With `every`, the kernel itself puts down the next run. `after_hearing` holds a run back until all
        that was said before it was due is dealt with, also what was said while the bot was down.
        """

        def register(handler: JobHandler) -> JobHandler:
            self.jobs[kind] = JobKind(handler, grace, every, after_hearing)
            return handler

        return register

    def continuation(self, name: str) -> Callable[[ContinuationHandler], ContinuationHandler]:
        """The end of a room action that was asked for with `then=name` comes here, failed or not."""

        def register(handler: ContinuationHandler) -> ContinuationHandler:
            self.continuations[name] = handler
            return handler

        return register


@dataclass(frozen=True, slots=True)
class Found:
    """A command in a line: `language` is set when only that language calls it so; `rest` is the rest."""

    command: Command
    language: str | None
    rest: str


def _united(parts: Iterable[Mapping[str, A]]) -> dict[str, A]:
    """All in one; raises ValueError when two domains take the same name."""
    united: dict[str, A] = {}
    for part in parts:
        for name, entry in part.items():
            if name in united:
                raise ValueError(f"{name!r} is handled twice")
            united[name] = entry
    return united


class Registry:
    """All commands and handlers, indexed by every word that calls them."""

    def __init__(self, routers: Sequence[Router]) -> None:
        self.commands = tuple(command for router in routers for command in router.commands)
        self._index: dict[tuple[str, ...], tuple[Command, set[str]]] = {}
        for command in self.commands:
            for language, phrases in command.names.items():
                for phrase in phrases:
                    words = tuple(fold(phrase).split())
                    owner, languages = self._index.setdefault(words, (command, set()))
                    if owner is not command:
                        raise ValueError(f"{phrase!r} calls both {owner.name} and {command.name}")
                    languages.add(language)
        self._longest = max((len(words) for words in self._index), default=1)
        self._phrases = [" ".join(words) for words in self._index]
        self.answers = _united(router.answers for router in routers)
        self.preparations = tuple(one for router in routers for one in router.preparations)
        self.personal = tuple(one for router in routers for one in router.personal)
        self.remarks = tuple(handler for router in routers for handler in router.remarks)
        self.memberships = tuple(handler for router in routers for handler in router.memberships)
        self.replacements = tuple(handler for router in routers for handler in router.replacements)
        self.redactions = tuple(handler for router in routers for handler in router.redactions)
        self.jobs = _united(router.jobs for router in routers)
        self.continuations = _united(router.continuations for router in routers)

    def find(self, line: str) -> Found | None:
        """The command with the longest phrase that the line begins with."""
        head = line.split(None, self._longest)
        for length in range(min(self._longest, len(head)), 0, -1):
            words = tuple(fold(word) for word in head[:length])
            entry = self._index.get(words)
            if entry is not None:
                command, languages = entry
                language = next(iter(languages)) if len(languages) == 1 else None
                rest = line.split(None, length)
                return Found(command, language, rest[length] if len(rest) > length else "")
        return None

    def named(self, name: str) -> Command | None:
        found = self.find(name)
        return found.command if found is not None and not found.rest else None

    def word(self, name: str, language: str) -> str:
        """What to type in that language for the command of that English name."""
        command = self.named(name)
        return command.word(language) if command is not None else name

    def near(self, line: str, language: str, limit: int = 3) -> list[str]:
        """What the person may have meant, as lines to type that keep their other words, best first: in their
        own language if they may have meant something in it."""
        words = line[:_LONGEST_LINE].split()
        best: dict[str, tuple[float, str]] = {}
        own: dict[str, tuple[float, str]] = {}
        for length in range(1, min(self._longest, len(words)) + 1):
            said = fold(" ".join(words[:length]))
            for phrase, ratio, _ in process.extract(
                said, self._phrases, scorer=fuzz.ratio, score_cutoff=66, limit=6
            ):
                command, languages = self._index[tuple(phrase.split())]
                # Longer phrases that fit as well are better guesses.
                guess = (ratio + length, _in_place(command, languages, language, words[length:]))
                for guesses in (best, own) if language in languages else (best,):
                    guesses[command.name] = max(guess, guesses.get(command.name, guess))
        shown = (line for _, line in sorted((own or best).values(), reverse=True))
        return list(dict.fromkeys(shown))[:limit]


def _in_place(
    command: Command, languages: set[str], language: str, other_words: Sequence[str]
) -> str:
    """The command as it is called in that language, or in one of these, with what else was typed."""
    spoken = language if language in languages else min(languages)
    kept = shorten(" ".join(other_words), _LONGEST_KEPT, placeholder=" …")
    return f"{command.word(spoken)} {kept}".strip() if command.parameters else command.word(spoken)
