"""`kring import`: brings in files, beside a bot that may go on running."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import ACTOR, EXIT_FAILED, Failed, Invocation, database, run
from bot.private_file import write_private

if TYPE_CHECKING:
    from bot.config import Config
    from commands.labels import Labels
    from commands.members.register import Applied, Checked, Options, Plan
    from commands.spreadsheets import Issue, Table
    from commands.suppliers import catalogue
    from storage.session import Session

_NOTES_SHOWN = 20


@click.group()
def command() -> None:
    """Bring in the register, or the catalogue of suppliers."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option(
    "--skip-bad", is_flag=True, help="Import the sound rows; the others go to FILE.rejects.*."
)
@click.option(
    "--overwrite-corrected", is_flag=True, help="Let the file win over what members corrected."
)
@click.option(
    "--confirm-missing",
    type=click.IntRange(min=0),
    metavar="N",
    help="Mark the N members who are not in the file as left; N must be exact.",
)
@click.pass_obj
def members(
    invocation: Invocation,
    file: Path,
    dry_run: bool,
    skip_bad: bool,
    overwrite_corrected: bool,
    confirm_missing: int | None,
) -> int:
    """Bring in the register of members from FILE (CSV or XLSX).

    Every error is told with its row and column. Nothing is written unless the whole file is sound or
    --skip-bad is given. The same import again changes nothing.
    """
    from bot.cli.issues import file_problem
    from bot.config_load import erasure_key
    from commands.labels.load import load_labels
    from commands.members.register import Options, check, read
    from commands.spreadsheets import SpreadsheetError

    config = invocation.config()
    options = Options(erasure_key(config), skip_bad, overwrite_corrected, confirm_missing)
    labels = load_labels(config.labels.extra)
    try:
        checked = check(read(file), labels)
    except SpreadsheetError as error:
        raise Failed(f"{file}: {file_problem(error)}") from error
    return run(_import(config, file, checked, labels, options, dry_run=dry_run))


async def _import(
    config: Config, file: Path, checked: Checked, labels: Labels, options: Options, *, dry_run: bool
) -> int:
    from bot.clock import SystemClock, milliseconds
    from commands.members.register import apply, plan

    now = milliseconds(SystemClock().now())

    def work(session: Session) -> tuple[Plan, Applied | None]:
        planned = plan(session, checked, options)
        if dry_run or not planned.is_sound:
            return planned, None
        return planned, apply(session, planned, labels=labels, now=now)

    async with database(config) as opened:
        planned, applied = await (opened.read(work) if dry_run else opened.write(work))
    _tell(file, planned)
    if planned.issues and options.skip_bad and not dry_run and applied is not None:
        from commands.members.register.columns import SHEET

        _write_rejects(file, planned.checked.table, planned.issues, SHEET)
    return _conclude(planned, applied, dry_run=dry_run)


def _tell_cells(issues: Sequence[Issue], notes: Sequence[Issue]) -> None:
    from bot.cli.issues import sentence

    for issue in issues:
        click.echo(sentence(issue))
    for note in notes[:_NOTES_SHOWN]:
        click.echo(f"note: {sentence(note)}")
    if len(notes) > _NOTES_SHOWN:
        click.echo(f"note: and {len(notes) - _NOTES_SHOWN} more of this kind")


def _tell(file: Path, planned: Plan) -> None:
    _tell_cells(planned.issues, planned.notes)
    click.echo(
        f"{file.name}: {len(planned.checked.table.rows)} rows, {len(planned.rejected)} with errors,"
        f" {len(planned.new)} new, {len(planned.changed)} changed, {planned.unchanged} unchanged."
    )
    if planned.kept:
        click.echo(
            f"{len(planned.kept)} fields stay as their members corrected them"
            " (--overwrite-corrected lets the file win)."
        )
    if planned.erased:
        click.echo(f"{planned.erased} rows are of people who were erased: they stay away.")


def _write_rejects(file: Path, table: Table, issues: Sequence[Issue], sheet: str) -> None:
    """Beside the file, as a file of the same kind; says where."""
    from bot.cli.issues import sentence
    from commands.spreadsheets.rejects import rejects_csv, rejects_xlsx

    workbook = file.suffix.lower() in (".xlsx", ".xlsm")
    target = file.with_name(f"{file.stem}.rejects{'.xlsx' if workbook else '.csv'}")
    if workbook:
        data = rejects_xlsx(table, issues, sentence, sheet=sheet)
    else:
        data = rejects_csv(table, issues, sentence)
    # It holds what the file itself holds: personal data, or discount codes.
    write_private(target, data)
    click.echo(f"The rows left out are in {target}.")


def _not_sound() -> int:
    click.echo(
        "kring: nothing was written. Mend the file, or leave the bad rows out with --skip-bad.",
        err=True,
    )
    return EXIT_FAILED


def _conclude(planned: Plan, applied: Applied | None, *, dry_run: bool) -> int:
    missing, confirmed = len(planned.missing), planned.options.confirm_missing
    if confirmed is not None and confirmed != missing:
        click.echo(
            f"kring: {missing} members are not in the file, not {confirmed}: nothing was written.",
            err=True,
        )
        return EXIT_FAILED
    if not planned.is_sound:
        return _not_sound()
    if missing and confirmed is None:
        click.echo(
            f"{missing} members are not in the file and stay as they are. If they have left:"
            f" --confirm-missing {missing}"
        )
    if dry_run:
        click.echo("Nothing was written: this was a dry run.")
    elif applied is not None and planned.changes_nothing:
        click.echo("Nothing changed.")
    elif applied is not None:
        click.echo(
            f"Done: {applied.new} new, {applied.changed} changed, {applied.left} marked as left."
        )
    return 0


# --- suppliers -------------------------------------------------------------------------------


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option(
    "--skip-bad", is_flag=True, help="Import the sound rows; the others go to FILE.rejects.*."
)
@click.pass_obj
def suppliers(invocation: Invocation, file: Path, dry_run: bool, skip_bad: bool) -> int:
    """Bring in the catalogue of suppliers from FILE (CSV or XLSX), as `kring export suppliers` writes it.

    A row is about the supplier of that number, else of that company number, else of that name; a column
    that is not there touches nothing. Every error is told with its row and column. Nothing is written
    unless the whole file is sound or --skip-bad is given. The same import again changes nothing.

    New suppliers become prospects: an import makes nothing visible to members, which takes a proposal and
    two buyers.
    """
    from bot.cli.issues import file_problem
    from commands.spreadsheets import SpreadsheetError
    from commands.suppliers import catalogue

    config = invocation.config()
    try:
        table = catalogue.read(file)
    except SpreadsheetError as error:
        raise Failed(f"{file}: {file_problem(error)}") from error
    return run(_import_suppliers(config, file, table, dry_run=dry_run, skip_bad=skip_bad))


async def _import_suppliers(
    config: Config, file: Path, table: Table, *, dry_run: bool, skip_bad: bool
) -> int:
    from bot.cli.around import around
    from bot.clock import SystemClock, milliseconds
    from commands.suppliers import catalogue

    surroundings = around(config)
    checked = catalogue.check(table, surroundings)

    def work(session: Session) -> tuple[catalogue.Plan, catalogue.Applied | None]:
        planned = catalogue.plan(session, checked, skip_bad=skip_bad)
        if dry_run or not planned.is_sound:
            return planned, None
        applied = catalogue.apply(
            session,
            planned,
            labels=surroundings.labels,
            actor=ACTOR,
            proposer=None,
            language=config.territory.language,
            now=milliseconds(SystemClock().now()),
        )
        return planned, applied

    async with database(config) as opened:
        planned, applied = await (opened.read(work) if dry_run else opened.write(work))
    _tell_cells(planned.issues, planned.notes)
    click.echo(
        f"{file.name}: {len(table.rows)} rows, {len(planned.rejected)} with errors,"
        f" {len(planned.new)} new, {len(planned.changed)} changed, {planned.unchanged} unchanged."
    )
    if planned.issues and applied is not None:
        _write_rejects(file, table, planned.issues, catalogue.SHEET)
    if not planned.is_sound:
        return _not_sound()
    if planned.missing:
        click.echo(f"{planned.missing} suppliers are not in the file and stay as they are.")
    if dry_run:
        click.echo("Nothing was written: this was a dry run.")
    elif applied is not None and planned.changes_nothing:
        click.echo("Nothing changed.")
    elif applied is not None:
        click.echo(f"Done: {len(applied.new)} new, {len(applied.changed)} changed.")
        if applied.new:
            click.echo(
                "The new ones are prospects: members see none of them until a buyer proposes it"
                " and two others approve it."
            )
    return 0
