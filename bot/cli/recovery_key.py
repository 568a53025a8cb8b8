"""`kring recovery-key`: the key that replaces a lost data folder is shown, or made anew."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from bot.cli.common import Failed, Invocation, database, existing_database, run

if TYPE_CHECKING:
    from bot.config import Config

NONE_YET = "there is no recovery key yet; `kring setup` or the bot's first start makes it."
WARNING = """\
Everyone who verified the bot will be told that its identity changed, and has to verify it again. The
recovery key that holds now will be worth nothing. This is for when it is lost, or known to others."""
CHANGED = "The bot's account has a new identity; people will see that it changed."


@click.command("recovery-key")
@click.option("--new-identity", is_flag=True, help="Make a new identity with a new key.")
@click.option("--yes", is_flag=True, help="Do not ask whether that is meant.")
@click.pass_obj
def command(invocation: Invocation, new_identity: bool, yes: bool) -> None:
    """Show the recovery key of the bot's account, beside a bot that may run.

    With it (encryption.recovery_key_file) a new data folder becomes the same bot as the one that was
    lost, and a person who is logged in as the bot can verify their client. Keep it as you keep passwords.
    """
    config = invocation.config()
    if not new_identity:
        click.echo(run(_stored(config)))
        return
    if not yes:
        click.echo(WARNING)
        click.confirm("Make a new identity?", abort=True)
    recovery_key = _renewed(config)
    from bot.recovery import shown

    click.echo("\n".join([CHANGED, *shown(recovery_key)]))


async def _stored(config: Config) -> str:
    from bot.recovery import stored
    from storage.inspection import holds_keys

    if not holds_keys(existing_database(config)):
        raise Failed(NONE_YET)
    # The key is worth reading from a file that is damaged elsewhere.
    async with database(config, check=False) as opened:
        recovery_key = await stored(config, opened)
    if recovery_key is None:
        raise Failed(NONE_YET)
    return recovery_key


def _renewed(config: Config) -> str | None:
    from bot.clock import SystemClock
    from bot.crypto.own_identity import PasswordNeeded
    from bot.recovery import renew

    existing_database(config)
    try:
        return run(renew(config, config.credentials.password, SystemClock()))
    except PasswordNeeded:
        if config.credentials.password is not None or not sys.stdin.isatty():
            raise
    password = click.prompt("The password of the bot's account", hide_input=True)
    return run(renew(config, password, SystemClock()))
