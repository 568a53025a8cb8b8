"""Writes the command reference from the commands' own declarations: `make docs`, `make docs-check`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from commands.all import routers
from commands.basics.router import TOPICS, usage
from commands.kernel.catalogue import languages, own_name
from commands.kernel.command import Command, Registry
from commands.kernel.parameters import Parameter

_PLACES = {
    "direct": "in the direct chat",
    "network": "in a network's room",
    "staff": "in the staff room",
    "buyers": "in the buyers' room",
}
_OPENING = """\
# What can be said to Kring

Written by `make docs` from the commands' own declarations: change it there.

In a room a command begins with the prefix (`!` unless configured otherwise) or with a mention of the
bot; in the direct chat neither is needed. Capitals and accents do not matter, and every name works in
every language, as a whole: `network edit` or `réseau modifier`, not half of each. `<…>` must be said,
`[…]` may be.
"""


def manual() -> str:
    """The whole reference, in Markdown."""
    commands = Registry(routers()).commands
    unknown = {command.topic for command in commands} - set(TOPICS)
    topics = {**TOPICS, **{topic: topic.capitalize() for topic in sorted(unknown)}}
    lines = [_OPENING]
    for topic, heading in topics.items():
        chosen = [command for command in commands if command.topic == topic]
        if chosen:
            lines += [f"## {heading}", ""]
            for command in chosen:
                lines += _section(command)
    return "\n".join(lines).rstrip() + "\n"


def _section(command: Command) -> Iterator[str]:
    yield f"### {command.name}"
    yield ""
    yield f"{command.summary[:1].upper()}{command.summary[1:]}."
    limits = [text for text in (command.who, _PLACES.get(command.where, "")) if text]
    if limits:
        yield f"For: {', '.join(limits)}."
    yield ""
    filters = [parameter for parameter in command.parameters if parameter.kind == "option"]
    yield f"| | say | or | for example |{' filters |' if filters else ''}"
    yield f"|---|---|---|---|{'---|' if filters else ''}"
    for language in languages():
        others = ", ".join(f"`{name}`" for name in command.names.get(language, ())[1:])
        examples = "<br>".join(f"`{line}`" for line in command.examples.get(language, ()))
        said = f"`{usage(command, language)}`"
        cells = [own_name(language), said, others, examples]
        if filters:
            cells.append("<br>".join(_filter_names(each, language) for each in filters))
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
    yield ""


def _filter_names(parameter: Parameter, language: str) -> str:
    return ", ".join(f"`{word}:`" for word in parameter.names.get(language, ()))


def main(arguments: list[str]) -> int:
    path, checking = Path(arguments[-1]), "--check" in arguments
    text = manual()
    if not checking:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return 0
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        print(f"{path} does not say what the commands say; run `make docs`", file=sys.stderr)
        return 1
    print(f"{path} is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
