"""`kring demo`: opens the world of `bot.demo`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from bot.cli.common import Failed, run


@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".demo"),
    show_default=True,
    help="Where the demo keeps its world; a second start there goes on with it.",
)
@click.option("--web", is_flag=True, help="Serve a web client too (needs Node.js and npm).")
@click.option("--exercise", is_flag=True, help="Play a tour of every feature, without a person.")
def command(folder: Path, web: bool, exercise: bool) -> int:
    """Try Kring: a homeserver, a cooperative and the bot, all on this machine.

    Ctrl-C stops everything. With --exercise the exit code says whether all was answered.
    """
    if find_spec("synapse") is None:
        raise Failed("the demo needs Kring's demo extra: pip install 'kring[demo]'.")
    from bot.demo.run import run_demo

    return run(run_demo(folder, exercise=exercise, web=web))
