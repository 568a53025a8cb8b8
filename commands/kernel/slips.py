"""What somebody may have meant who named a thing that is not there after a command that has others below it, as
in `!network aprove 12`."""

from __future__ import annotations

from typing import Final

from rapidfuzz import fuzz, process

from commands.kernel.context import Context
from commands.kernel.errors import UnknownCommand
from commands.labels.fold import fold

_ALIKE: Final = 75.0


def commands_meant(ctx: Context, base: str, text: str) -> list[str]:
    """The command below the one named `base` whose next word the first of `text` nearly is, as one would type
    it here, if there is one.

    Raises UnknownCommand where two languages are mixed, as in `!network aanvragen`.
    """
    owner = ctx.registry.named(base)
    assert owner is not None, base
    bases = [fold(name) for names in owner.names.values() for name in names]
    for name in bases:
        found = ctx.registry.find(f"{name} {text}")
        if found is not None and found.command is not owner:
            raise UnknownCommand(text[:40], [found.command.word(ctx.language)])
    below = {
        fold(name).removeprefix(f"{above} "): command
        for command in ctx.registry.commands
        if command.name.startswith(f"{base} ")
        for names in command.names.values()
        for name in names
        for above in bases
        if fold(name).startswith(f"{above} ")
    }
    first = fold(text).split(None, 1)[0]
    near = process.extractOne(first, below.keys(), scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return [f"{ctx.prefix}{below[near[0]].word(ctx.language)}"] if near is not None else []
