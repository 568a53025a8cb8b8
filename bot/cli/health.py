"""`kring health`: asks the running bot's own /health; made for containers' health checks."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import click

from bot.cli.common import Failed, Invocation, Misused

_SECONDS = 10


@click.command()
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Ask the running bot whether it is well (needs monitoring.port)."""
    monitoring = invocation.config().monitoring
    if monitoring.port is None:
        raise Misused("monitoring.port is not set, so there is nothing to ask.")
    # A bot that listens everywhere also listens on loopback.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(monitoring.address, monitoring.address)  # noqa: S104
    host = f"[{host}]" if ":" in host else host
    # Never by a proxy of the environment: it is this machine that is asked.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{host}:{monitoring.port}/health", timeout=_SECONDS) as answer:
            click.echo(_sentence(answer.read()))
    except urllib.error.HTTPError as error:
        raise Failed(_sentence(error.read())) from None
    except OSError as error:
        raise Failed(f"no answer from {host}:{monitoring.port}; is the bot running?") from error


def _sentence(raw: bytes) -> str:
    try:
        health = json.loads(raw)
        return f"{health['status']} (sync: {health['sync']}, database: {health['database']})"
    except (ValueError, KeyError, TypeError):
        return "something else answers on that port"
