"""`kring setup`: runs `bot.setup` and says what it did and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.cli.common import EXIT_FAILED, Invocation, run

if TYPE_CHECKING:
    from bot.config import Config
    from bot.setup import People

NEXT = """\
Next:
  kring check              whether all is well
  kring run                the bot itself
  kring import members ... the register, as CSV or XLSX
In the staff room, `!help` shows what staff can do."""


def _user_ids(
    _ctx: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    from commands.kernel.parameters import USER_ID

    for value in given:
        if not USER_ID.fullmatch(value):
            raise click.BadParameter(f"{value!r} is no Matrix id such as @anna:example.org")
    return given


def _people(name: str, text: str) -> click.Option:
    return click.Option(
        [f"--{name}"], multiple=True, metavar="@USER:SERVER", callback=_user_ids, help=text
    )


@click.pass_obj
def _set_up(
    invocation: Invocation, staff: tuple[str, ...], buyer: tuple[str, ...], ethics: tuple[str, ...]
) -> int:
    from bot.setup import People

    return run(_run(invocation.config(), People(staff, buyer, ethics)))


command = click.Command(
    "setup",
    callback=_set_up,
    help="""Check the login; make the Space and the rooms of staff and buyers.

    May be repeated: what is there is found and left as it is. Those named are invited, to the Space
    too, and may invite their colleagues.
    """,
    params=[
        _people("staff", "Invite to the staff room; may be repeated."),
        _people("buyer", "Invite to the buyers' room; may be repeated."),
        _people("ethics", "Invite to the ethics committee's room; may be repeated."),
    ],
)


async def _run(config: Config, people: People) -> int:
    from bot.client import Homeserver
    from bot.clock import SystemClock
    from bot.config_load import ConfigError, Problem, erasure_key
    from bot.errors import BadResponse
    from bot.login import log_in
    from bot.setup import Setup
    from storage.database import Database

    if people.ethics and config.rooms.ethics is None:
        raise ConfigError(
            Problem("rooms.ethics", "nothing", "the room's name, to invite to it", "--ethics")
        )
    clock = SystemClock()
    config.data.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    homeserver = Homeserver(config.homeserver.url, clock, request_seconds=60)
    await homeserver.open()
    try:
        versions = await homeserver.request("GET", "/_matrix/client/versions")
        if not isinstance(versions.get("versions"), list):
            raise BadResponse(f"{config.homeserver.url} answers, but not as a homeserver")
        new = await log_in(homeserver, config.options().credentials)
        click.echo(f"{'Logged in' if new else 'The login is good'}: {homeserver.user_id}.")
        erasure_key(config, create=True)
        database = await Database.open(config.database)
        try:
            setup = Setup(config, homeserver, database, clock, click.echo)
            await setup.run(people)
        finally:
            await database.close()
    finally:
        await homeserver.close()
    for failure in setup.failures:
        click.echo(f"kring: {failure}", err=True)
    click.echo(NEXT)
    return EXIT_FAILED if setup.failures else 0
