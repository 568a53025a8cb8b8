"""`kring backup`: a consistent copy of the database, beside a bot that goes on running."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import Failed, Invocation, database, existing_database, run

if TYPE_CHECKING:
    from bot.config import Config


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@click.pass_obj
def command(invocation: Invocation, file: Path, force: bool) -> None:
    """Copy the database to FILE while the bot runs.

    The copy holds no login and no keys of encryption. A bot that is restored from it logs in as a new
    device, and needs the recovery key to be who it was (`kring recovery-key`). Keep that, and the
    erasure key, in another place.
    """
    config = invocation.config()
    source = existing_database(config)
    if file.exists() and not force:
        raise Failed(f"{file} exists. Choose another name, or replace it with --force.")
    if file.exists() and file.samefile(source):
        raise Failed(f"{file} is the database itself.")
    if not file.parent.is_dir():
        raise Failed(f"there is no folder {file.parent}.")
    run(_copy(config, file))
    click.echo(f"{source} was copied to {file} ({file.stat().st_size / 1_048_576:.1f} MiB).")


async def _copy(config: Config, target: Path) -> None:
    # The copy is checked as a whole; its source need not be as well.
    async with database(config, check=False) as opened:
        await opened.backup(target)
