"""`kring backup`: a consistent copy of the database, beside a bot that goes on running."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.common import Failed, Invocation, run


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@click.pass_obj
def command(invocation: Invocation, file: Path, force: bool) -> None:
    """Copy the database to FILE while the bot runs.

    The copy holds no login and no keys: they must stay apart. A bot that is restored from it logs in
    as a new device. Keep the erasure key too, in another place.
    """
    config = invocation.config()
    if not config.database.exists():
        raise Failed(f"there is no database yet at {config.database}; `kring setup` makes it.")
    if file.exists() and not force:
        raise Failed(f"{file} exists. Choose another name, or replace it with --force.")
    if file.exists() and file.samefile(config.database):
        raise Failed(f"{file} is the database itself.")
    if not file.parent.is_dir():
        raise Failed(f"there is no folder {file.parent}.")
    run(_copy(config.database, file))
    click.echo(
        f"{config.database} was copied to {file} ({file.stat().st_size / 1_048_576:.1f} MiB)."
    )


async def _copy(database: Path, target: Path) -> None:
    from storage.database import Database

    # The copy is checked as a whole; its source need not be as well.
    opened = await Database.open(database, readers=1, check=False)
    try:
        await opened.backup(target)
    finally:
        await opened.close()
