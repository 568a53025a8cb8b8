"""`kring check`: prints the findings of `bot.check`."""

from __future__ import annotations

import click

from bot.cli.common import EXIT_FAILED, Invocation, run

_SIGNS = {"ok": ("ok      ", "green"), "note": ("note    ", "cyan"), "problem": ("PROBLEM ", "red")}


@click.command()
@click.pass_obj
def command(invocation: Invocation) -> int:
    """Say what is wrong with the configuration, the login, the rooms and the database.

    Changes nothing, and may run beside the bot. Exits with 1 if there is a problem.
    """
    from bot.check import Check, Finding
    from bot.clock import SystemClock

    def tell(finding: Finding) -> None:
        sign, colour = _SIGNS[finding.level]
        click.echo(click.style(sign, fg=colour) + finding.what)
        if finding.advice:
            click.echo(f"        -> {finding.advice}")

    config = invocation.config()
    click.echo(click.style(_SIGNS["ok"][0], fg="green") + "the configuration is sound")
    check = Check(config, SystemClock(), tell)
    run(check.run())
    if check.problems:
        click.echo(f"{check.problems} to mend.")
        return EXIT_FAILED
    return 0
