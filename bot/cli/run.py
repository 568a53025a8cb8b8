"""`kring run`: the bot itself, from the configuration to its orderly end."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from bot.cli.common import Failed, Invocation, run

if TYPE_CHECKING:
    from bot.app import App
    from bot.config import Config

log = logging.getLogger(__name__)


@click.command()
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Run the bot until it is told to stop (Ctrl-C or SIGTERM)."""
    from bot import logs

    # Nearly all that is made until the bot runs stays, so looking for garbage meanwhile is a tenth of the
    # start for nothing: `App.run` begins with it.
    gc.disable()
    config = invocation.config()
    logs.set_up(config.logs.format, config.logs.level)
    run(_run(config))


async def _run(config: Config) -> None:
    from storage.database import verify

    # The check reads the whole file; on a thread of its own it is done while the rest is loaded.
    checking = asyncio.create_task(asyncio.to_thread(verify, config.database))
    await asyncio.sleep(0)

    from bot.app import App
    from bot.config_load import encryption_secret, erasure_key
    from bot.metrics import Monitor
    from commands.all import dialogues, routers
    from commands.kernel.kernel import Kernel

    def kernel(user: str) -> Kernel:
        return Kernel(config.settings(user, key), routers(), dialogues())

    # A folder that was lost as a whole is replaced by the recovery key alone.
    is_replaced = not config.database.exists() and config.encryption.recovery_key is not None
    key = erasure_key(config, create=is_replaced)
    if is_replaced:
        log.warning("the data folder is new: docs/running.md says what else can be brought back")
    await checking
    options = config.options(encryption_secret(config, create=True))
    app = await App.open(replace(options, check_database=False), kernel)
    if app.identity_is_new:
        await _tell_recovery_key(app)
    monitor = Monitor(app, app.metrics)
    if config.monitoring.port is not None:
        try:
            await monitor.start(config.monitoring.address, config.monitoring.port)
        except OSError as error:
            await app.stop()
            raise Failed(
                f"monitoring.port {config.monitoring.port} cannot be used: {error.strerror}"
            ) from error
    log.info("the bot runs as %s", config.homeserver.user_id)
    try:
        await app.run()
    finally:
        await monitor.stop()


async def _tell_recovery_key(app: App) -> None:
    """Once, and to a person only: what else reads it is a log."""
    if not sys.stdout.isatty():
        log.warning("the bot has a new identity: `kring recovery-key` shows the key to keep for it")
        return
    from bot.crypto.own_identity import stored_recovery_key
    from bot.recovery import shown

    recovery_key = await stored_recovery_key(app.database, app.encryption.vault)
    click.echo("\n".join(shown(recovery_key)))
