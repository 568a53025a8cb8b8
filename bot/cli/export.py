"""`kring export`: writes what the database holds to files, beside a bot that may go on running."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

from bot.cli.common import Failed, Invocation, Misused, database, run
from bot.private_file import write_private

if TYPE_CHECKING:
    from bot.config import Config
    from commands.labels import Labels
    from storage.session import Session

T = TypeVar("T")

MARKER: Final = ".kring-directory"


@click.group()
def command() -> None:
    """Write the register, the catalogue of suppliers or the public directory to files."""


@command.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def members(invocation: Invocation, file: Path) -> None:
    """Write the register to FILE: CSV or XLSX, by the end of its name.

    It has the columns of `kring import members`, turnover left out, and the members of the register who
    have not left. What came from the register is all there, whoever may see it; what members filled in
    themselves and show to nobody is not, and an import of the file leaves it as it is (without
    --overwrite-corrected). It is personal data: only you may read the file.
    """
    from commands.members.register.written import register_csv, register_xlsx

    writers = {".csv": register_csv, ".xlsx": register_xlsx}
    write = writers.get(file.suffix.lower())
    if write is None:
        raise Misused(f"{file}: the name must end in .csv or .xlsx")
    config = invocation.config()
    language = config.territory.language
    data, count = _read(config, lambda session, labels: write(session, labels, language))
    write_private(file, data)
    click.echo(f"{file}: {count} members.")


@command.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def suppliers(invocation: Invocation, file: Path) -> None:
    """Write the whole catalogue of suppliers to FILE: CSV or XLSX, by the end of its name.

    It has the columns of `kring import suppliers`, and columns that begin with _, which an import ignores.
    It holds discount codes, contacts and suppliers that members do not see: only you may read the file.
    """
    from bot.cli.around import around
    from commands.suppliers.catalogue import Writer

    if file.suffix.lower() not in (".csv", ".xlsx"):
        raise Misused(f"{file}: the name must end in .csv or .xlsx")
    config = invocation.config()
    surroundings = around(config)

    def work(session: Session, labels: Labels) -> tuple[bytes, int]:
        writer = Writer(
            session,
            surroundings,
            config.territory.language,
            smallest=config.members.smallest_count,
        )
        return writer.csv() if file.suffix.lower() == ".csv" else writer.xlsx()

    data, count = _read(config, work)
    write_private(file, data)
    click.echo(f"{file}: {count} suppliers.")


@command.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def directory(invocation: Invocation, folder: Path) -> None:
    """Write the public directory to FOLDER, as web pages that any web server can serve.

    It holds the members who agreed to appear, with what everyone may see of them. FOLDER must be new,
    empty, or made by this command; it is replaced as a whole, so that nobody stays who took back their
    yes. Run it daily.
    """
    from commands.members.directory import pages

    target = folder.resolve()
    _check_own(target)
    config = invocation.config()
    title = config.territory.name
    files = _read(config, lambda session, labels: pages(session, labels, title))
    _replace_folder(target, files)
    click.echo(f"{folder}: {len(files)} files.")


def _read(config: Config, work: Callable[[Session, Labels], T]) -> T:
    from commands.labels.load import load_labels

    labels = load_labels(config.labels.extra)

    async def read() -> T:
        async with database(config) as opened:
            return await opened.read(lambda session: work(session, labels))

    return run(read())


def _check_own(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise Failed(f"{folder} holds other files; give a folder of its own for the directory.")


def _replace_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Written beside it first, then put in its place."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        made, before = beside / "new", beside / "before"
        for path, text in {MARKER: "", **files}.items():
            file = made / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        _check_own(folder)
        with contextlib.suppress(FileNotFoundError):
            folder.rename(before)
        try:
            made.rename(folder)
        except OSError:
            if before.exists():
                before.rename(folder)
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
