"""`kring charter`: the charter as pages to send to suppliers, written beside a bot that may go on running."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import Failed, Invocation, Misused, database, run

if TYPE_CHECKING:
    from bot.config import Config
    from storage.charters import Charter
    from storage.session import Session


@click.group()
def command() -> None:
    """Write the charter to files."""


@command.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--version", type=click.IntRange(min=1), help="An earlier one than is in force.")
@click.option("--language", metavar="CODE", help="One language only, such as nl.")
@click.pass_obj
def export(invocation: Invocation, folder: Path, version: int | None, language: str | None) -> None:
    """Write the charter to FOLDER as web pages: charter-VERSION.LANGUAGE.html.

    Each is one file that needs no other, to send to suppliers, to put on a site or to print. Pages of the
    same names are replaced; other files in FOLDER stay.
    """
    from zoneinfo import ZoneInfo

    from commands.kernel.catalogue import languages
    from commands.suppliers.charter_page import pages

    known = languages()
    if language is not None and language not in known:
        raise Misused(f"--language {language!r}: one of {', '.join(known)}")
    config = invocation.config()
    charter = run(_charter(config, version))
    territory = config.territory
    wanted = known if language is None else (language,)
    files = pages(charter, wanted, territory.name, ZoneInfo(territory.timezone))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        click.echo(folder / name)


async def _charter(config: Config, version: int | None) -> Charter:
    """Raises Failed for a version that never was in force."""
    from storage import charters

    def read(session: Session) -> tuple[Charter | None, list[int]]:
        readable = [number for number, _, _ in charters.readable(session)]
        wanted = charters.in_force(session)
        if version is not None:
            wanted = charters.get(session, version) if version in readable else None
        return wanted, readable

    async with database(config) as opened:
        found, readable = await opened.read(read)
    if found is not None:
        return found
    if version is None or not readable:
        raise Failed(
            "no charter is in force yet: a buyer makes one in the chat with `!charter new`,"
            " and a second person confirms it."
        )
    known = ", ".join(map(str, reversed(readable)))
    raise Failed(f"no version {version} of the charter was ever in force; there is {known}.")
