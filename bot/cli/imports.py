"""`kring import`: brings in files, beside a bot that may go on running."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import EXIT_FAILED, Failed, Invocation, database, run
from bot.private_file import write_private

if TYPE_CHECKING:
    from bot.config import Config
    from commands.labels import Labels
    from commands.members.register import Applied, Checked, Options, Plan
    from storage.session import Session

_NOTES_SHOWN = 20


@click.group()
def command() -> None:
    """Bring in the cooperative's register."""


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
        click.echo(f"The rows left out are in {_write_rejects(file, planned)}.")
    return _conclude(planned, applied, dry_run=dry_run)


def _tell(file: Path, planned: Plan) -> None:
    from bot.cli.issues import sentence

    for issue in planned.issues:
        click.echo(sentence(issue))
    for note in planned.notes[:_NOTES_SHOWN]:
        click.echo(f"note: {sentence(note)}")
    if len(planned.notes) > _NOTES_SHOWN:
        click.echo(f"note: and {len(planned.notes) - _NOTES_SHOWN} more of this kind")
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


def _write_rejects(file: Path, planned: Plan) -> Path:
    from bot.cli.issues import sentence
    from commands.members.register.columns import SHEET
    from commands.spreadsheets.rejects import rejects_csv, rejects_xlsx

    workbook = file.suffix.lower() in (".xlsx", ".xlsm")
    target = file.with_name(f"{file.stem}.rejects{'.xlsx' if workbook else '.csv'}")
    table, issues = planned.checked.table, planned.issues
    if workbook:
        data = rejects_xlsx(table, issues, sentence, sheet=SHEET)
    else:
        data = rejects_csv(table, issues, sentence)
    # It holds personal data, like the register itself.
    write_private(target, data)
    return target


def _conclude(planned: Plan, applied: Applied | None, *, dry_run: bool) -> int:
    missing, confirmed = len(planned.missing), planned.options.confirm_missing
    if confirmed is not None and confirmed != missing:
        click.echo(
            f"kring: {missing} members are not in the file, not {confirmed}: nothing was written.",
            err=True,
        )
        return EXIT_FAILED
    if not planned.is_sound:
        click.echo(
            "kring: nothing was written. Mend the file, or leave the bad rows out with --skip-bad.",
            err=True,
        )
        return EXIT_FAILED
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
