"""Whether every message that members can read is translated: `make check-messages`.

Compares the catalogues with the sources, so that a text that was added or changed without its
translations fails, and so does a translation that lost a placeholder.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
LOCALES = ROOT / "commands" / "locale"
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def extracted() -> Catalog:
    """Every message of the sources."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    catalog = Catalog()
    for name, line, message, comments, context in extract_from_dir(ROOT, methods, options):
        catalog.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return catalog


def problems(path: Path, sources: Catalog) -> Iterator[str]:
    """What is wrong with one catalogue, in words."""
    language = path.parents[1].name
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    for message in sources:
        if not message.id:
            continue
        name = (
            f"{language}: {_short(message)} ({message.locations[0][0]}:{message.locations[0][1]})"
        )
        translated = catalog.get(message.id, message.context)
        if translated is None:
            yield f"{name} is missing; run `make messages`"
        elif translated.fuzzy:
            yield f"{name} is marked fuzzy"
        elif not all(_forms(translated.string)):
            yield f"{name} is not translated"
        else:
            yield from (f"{name}: {problem}" for problem in _placeholders(message, translated))
    for message in catalog:
        if message.id and sources.get(message.id, message.context) is None:
            yield f"{language}: {_short(message)} is no longer in the sources; run `make messages`"


def _placeholders(message: Message, translated: Message) -> Iterator[str]:
    wanted = set().union(*(_PLACEHOLDER.findall(form) for form in _forms(message.id)))
    for form in _forms(translated.string):
        found = set(_PLACEHOLDER.findall(form))
        if found - wanted:
            yield f"knows no %({sorted(found - wanted)[0]})s"
        # A singular may write the number out, so there a placeholder may be left away.
        elif wanted - found and not message.pluralizable:
            yield f"lacks %({sorted(wanted - found)[0]})s"


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def _short(message: Message) -> str:
    text = _forms(message.id)[0]
    return repr(text if len(text) <= 60 else text[:59] + "…")


def main() -> int:
    sources = extracted()
    paths = sorted(LOCALES.glob("*/LC_MESSAGES/kring.po"))
    found = [problem for path in paths for problem in problems(path, sources)]
    print(*found, sep="\n", file=sys.stderr, end="\n" if found else "")
    if not paths:
        print(f"there is no catalogue below {LOCALES}", file=sys.stderr)
        return 1
    languages = ", ".join(path.parents[1].name for path in paths)
    print(f"{len(sources)} messages, {languages}: {len(found) or 'no'} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
