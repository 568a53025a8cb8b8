"""`kring setup`: runs `bot.setup` and says what it did and what comes next."""

from __future__ import annotations

import click

from bot.cli.common import EXIT_FAILED, Invocation, run

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
    from bot.clock import SystemClock
    from bot.setup import People, set_up

    people = People(staff, buyer, ethics)
    failures = run(set_up(invocation.config(), people, SystemClock(), click.echo))
    for failure in failures:
        click.echo(f"kring: {failure}", err=True)
    click.echo(NEXT)
    return EXIT_FAILED if failures else 0


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
