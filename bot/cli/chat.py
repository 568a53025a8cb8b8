"""`kring chat`: opens the terminal chat of `bot.chat`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from bot.cli.common import Failed, Invocation, run


@click.command()
@click.option("--homeserver", metavar="URL", help="The homeserver (default: that of the bot).")
@click.option("--user", required=True, help="Who you are, such as @anna:example.org.")
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file that holds your password (default: it is asked).",
)
@click.option("--room", help="What to open first: a room's id, alias, part of its name, or bot.")
@click.option("--bot", help="The bot's Matrix id (default: that of the configuration).")
@click.pass_obj
def command(
    invocation: Invocation,
    homeserver: str | None,
    user: str,
    password_file: Path | None,
    room: str | None,
    bot: str | None,
) -> int:
    """Talk with the bot, and with others, from a terminal."""
    if find_spec("prompt_toolkit") is None:
        raise Failed("the chat needs Kring's demo extra: pip install 'kring[demo]'.")
    from bot.chat import chat

    if homeserver is None or bot is None:
        configured = invocation.config().homeserver
        homeserver, bot = homeserver or configured.url, bot or configured.user_id
    password = (
        password_file.read_text(encoding="utf-8").strip()
        if password_file
        else click.prompt(f"Password of {user}", hide_input=True)
    )
    return run(chat(homeserver, user, password, room=room, bot=bot))
