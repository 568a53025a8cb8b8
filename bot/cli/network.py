"""`kring network`: networks from the command line. Changes go through the database: the running bot does
at the homeserver what they ask for."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.cli.common import ACTOR, Failed, Invocation, Misused, database, run
from bot.cli.network_sheet import Sheet, add, check_name, now_ms, text_options, trait_options

if TYPE_CHECKING:
    from bot.config import Config
    from commands.kernel.settings import Settings
    from storage.networks import Network
    from storage.outbox import Draft
    from storage.session import Session

T = TypeVar("T")

LATER = "The bot does the rest as soon as it runs."


@click.group()
def command() -> None:
    """List, open and change networks."""


# --- looking -------------------------------------------------------------------------------------


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Closed ones and those without a room too.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def list_(invocation: Invocation, /, everything: bool, as_json: bool) -> None:
    """List the networks."""
    from storage import networks

    config = invocation.config()
    found = [network for network in _read(config, networks.every) if everything or network.visible]
    if as_json:
        click.echo(json.dumps([_described(network) for network in found], ensure_ascii=False))
        return
    if not found:
        click.echo("There are no networks yet; `kring network new` opens one.")
    for network in found:
        state = network.stage if network.room_id else "no room yet"
        name = network.name(config.territory.language)
        click.echo(
            f"{network.slug:<32} {network.kind:<11} {network.openness:<11} {state:<14} {name}"
        )


@command.command()
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def show(invocation: Invocation, /, slug: str, as_json: bool) -> None:
    """Show the sheet of the network SLUG."""
    network = _read(invocation.config(), lambda session: _found(session, slug))
    described = _described(network)
    if as_json:
        click.echo(json.dumps(described, ensure_ascii=False))
        return
    texts = described.pop("texts")
    for name, value in described.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        click.echo(f"{name.replace('_', ' '):<16} {'-' if shown is None else shown}")
    for name, written in texts.items():
        for language, text in written.items():
            click.echo(f"{name.replace('_', ' ') + ' ' + language:<16} {text}")


def _described(network: Network) -> dict[str, Any]:
    return {
        "slug": network.slug,
        "kind": network.kind,
        "label": network.label,
        "region": network.region,
        "languages": list(network.languages),
        "criterion_kind": network.criterion_kind,
        "openness": network.openness,
        "stage": network.stage,
        "room": network.room_id,
        "texts": {field: dict(written) for field, written in network.texts.items()},
    }


# --- changing ------------------------------------------------------------------------------------


@command.command()
@text_options
@trait_options
@click.option("--language", "languages", multiple=True, help="Of the room, the first one first.")
@click.option("--animator", "animators", multiple=True, metavar="USER", help="Its first animators.")
@click.option("--encrypted/--unencrypted", default=None, help="Whether its room is encrypted.")
@click.pass_obj
def new(
    invocation: Invocation,
    /,
    languages: Sequence[str],
    animators: Sequence[str],
    encrypted: bool | None,
    **options: Any,
) -> None:
    """Open a network: the running bot makes its room."""
    from commands.kernel.parameters import USER_ID

    config = invocation.config()
    for user in animators:
        if not USER_ID.fullmatch(user):
            raise Misused(f"--animator: {user!r} is not like @name:server")
    sheet = Sheet.of(config, options)

    def open_it(session: Session) -> Network:
        from commands.networks.places import creation

        settings = _settings(config)
        network = add(session, config, sheet, languages, room_id=None, encrypted=encrypted)
        _queue(session, creation(session, network, settings, animators=animators, told={}))
        return network

    network = _write(config, open_it)
    click.echo(f"{network.slug} is noted. {LATER}")


@command.command()
@click.argument("room")
@text_options
@trait_options
@click.option("--language", "languages", multiple=True, help="Of the room, the first one first.")
@click.pass_obj
def adopt(invocation: Invocation, /, room: str, languages: Sequence[str], **options: Any) -> None:
    """Make the room with the id ROOM, which the bot is in, the room of a new network."""
    config = invocation.config()
    sheet = Sheet.of(config, options)

    def take_over(session: Session) -> Network:
        from commands.networks.places import NEEDS, adoption, lacking, power_wanted
        from storage import networks, rooms

        known = rooms.get(session, room)
        if known is None or not known.joined:
            raise Failed(f"the bot is not in {room}: invite it, and run it once.")
        if networks.by_room(session, room) is not None:
            raise Failed(f"{room} is the room of a network already.")
        if known.kind not in ("other", "network"):
            raise Failed(f"{room} has another task ({known.kind}).")
        missing = lacking(known, config.homeserver.user_id)
        if missing:
            may_not = "; ".join(NEEDS[need] for need in missing)
            raise Failed(
                f"in {room} the bot may not: {may_not}. Give it power level {power_wanted(known)}."
            )
        network = add(session, config, sheet, languages, room_id=None, encrypted=known.encrypted)
        settled, drafts = adoption(session, network, room)
        for draft in drafts:
            _queue(session, draft)
        return settled

    network = _write(config, take_over)
    click.echo(f"{room} now belongs to {network.slug}. {LATER}")


@command.command()
@click.argument("slug")
@text_options
@trait_options
@click.pass_obj
def edit(invocation: Invocation, /, slug: str, **options: Any) -> None:
    """Change the sheet of the network SLUG; an empty text (en=) takes that language away."""
    config = invocation.config()
    sheet = Sheet.of(config, options)
    values = {
        "kind": sheet.kind,
        "label": sheet.label,
        "region": sheet.region,
        "criterion_kind": sheet.criterion_kind,
        "openness": sheet.openness,
    }
    if not sheet.texts and not any(values.values()):
        raise Misused("say what to change, such as --name en=Film")

    def change(session: Session) -> Network:
        from storage import networks

        before = _found(session, slug)
        for language, name in sheet.texts.get("name", {}).items():
            if not name and len(before.texts.get("name", {})) <= 1:
                raise Misused(f"--name {language}=: it needs a name in one language at least")
            check_name(session, name, before)
        for field, written in sheet.texts.items():
            for language, text in written.items():
                networks.set_text(session, before.id, field, language, text)
        for column, value in values.items():
            if value is not None:
                networks.change(session, before.id, column, value)
        if sheet.kind not in (None, before.kind) and sheet.label is None:
            # What it was for belonged to the former kind.
            networks.change(session, before.id, "label", None)
        return _changed(session, before, "network.edited")

    network = _write(config, change)
    click.echo(f"{network.slug} is changed. {LATER}")


@command.command()
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def close(invocation: Invocation, /, slug: str, yes: bool) -> None:
    """Close the network SLUG: it leaves the lists and the Space; its room stays for who is in it."""
    config = invocation.config()
    name = _read(config, lambda session: _found(session, slug)).name(config.territory.language)
    if not yes:
        click.confirm(f"Close {name}?", abort=True)

    def shut(session: Session) -> Network:
        from commands.networks.requests import CLOSED_JOB
        from storage import jobs, networks

        before, now = _found(session, slug), now_ms()
        if not networks.set_stage(session, before.id, "closed", now=now):
            raise Failed(f"{slug} is closed already.")
        # The bot itself tells those who wait to be let in: it knows their languages and chats.
        jobs.add(session, CLOSED_JOB, f"{slug}:{now}", due_at=now, data={"network": before.id})
        return _changed(session, before, "network.stage")

    _write(config, shut)
    click.echo(f"{slug} is closed. {LATER}")


# --- inside --------------------------------------------------------------------------------------


def _found(session: Session, slug: str) -> Network:
    """Raises Failed."""
    from storage import networks

    network = networks.by_slug(session, slug)
    if network is None:
        raise Failed(f"there is no network {slug!r}; `kring network list --all` shows them.")
    return network


def _changed(session: Session, before: Network, action: str) -> Network:
    """Queue what the room needs after a change, and note it in the audit log."""
    from commands.networks.places import following
    from storage import audit, networks

    after = networks.get(session, before.id)
    assert after is not None
    for draft in following(session, before, after):
        _queue(session, draft)
    audit.note(session, actor=ACTOR, action=action, subject=f"network:{after.id}", now=now_ms())
    return after


def _queue(session: Session, draft: Draft) -> None:
    from storage import outbox

    outbox.add(session, replace(draft, inbox_id=None), now=now_ms())


def _settings(config: Config) -> Settings:
    # The key of erasures has no part in networks.
    return config.settings(config.homeserver.user_id, b"")


def _read(config: Config, function: Callable[[Session], T]) -> T:
    return run(_with_database(config, function, write=False))


def _write(config: Config, function: Callable[[Session], T]) -> T:
    return run(_with_database(config, function, write=True))


async def _with_database(config: Config, function: Callable[[Session], T], *, write: bool) -> T:
    async with database(config, check=False) as opened:
        return await (opened.write(function) if write else opened.read(function))
