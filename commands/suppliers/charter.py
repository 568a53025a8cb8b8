"""`!charter` and `!charter file`: what is expected of suppliers, to read and to edit. A new version is made in
`charter_new` and decided on in `charter_deciding`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from commands.kernel import roles, teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, NotFound
from commands.kernel.parameters import Integer, option, positional
from commands.kernel.telling import is_for
from commands.spreadsheets import XLSX_TYPE
from commands.suppliers.charter_door import MOST_CRITERIA, Content
from commands.suppliers.charter_file import as_toml, as_xlsx, shipped
from commands.suppliers.rules import HIGHEST
from storage import charters
from storage.charters import Charter
from storage.outbox import FileOut

router = Router("suppliers")
for_buyers = Router("buyers")

TOML_TYPE: Final = "application/toml"

_COMMENT: Final = N_(
    "Weights are whole numbers that sum to 100. A criterion with knock_out = true rules out\n"
    "whoever scores below its minimum there, from 0 to 4. Scores and evidence are kept by the key\n"
    "of a criterion: a new name may have the old key. Every text is needed in every language."
)


@dataclass(frozen=True, slots=True)
class CharterArguments:
    number: int | None = positional(
        Integer(1, MOST_CRITERIA), N_("the number of a criterion"), default=None
    )
    version: int | None = option(
        Integer(1, 9999), N_("a version"), en=("version",), nl=("versie",), fr=("version",)
    )


@router.command(
    "charter",
    nl=("handvest",),
    fr=("charte",),
    summary=N_("shows what is expected of suppliers, or explains one criterion"),
    examples={
        "en": ("charter", "charter 3", "charter version:1"),
        "nl": ("handvest", "handvest 3", "handvest versie:1"),
        "fr": ("charte", "charte 3", "charte version:1"),
    },
    arguments=CharterArguments,
    reads_only=True,
)
def show(ctx: Context, arguments: CharterArguments) -> None:
    charter = _wanted(ctx, arguments.version)
    if charter is None:
        ctx.reply("suppliers/charter_none", is_buyer=teams.is_buyer(ctx), waiting=waiting_for(ctx))
        return
    if arguments.number is not None:
        if arguments.number > len(charter.criteria):
            raise BadArgument(
                str(arguments.number),
                N_("the number of a criterion, from 1 to %(last)s"),
                last=len(charter.criteria),
            )
        ctx.reply(
            "suppliers/charter_criterion",
            charter=charter,
            criterion=charter.criteria[arguments.number - 1],
            highest=HIGHEST,
        )
        return
    ctx.reply(
        "suppliers/charter",
        charter=charter,
        since=_day(charter.in_force_at),
        until=_day(charter.superseded_at),
        others=[
            (version, _day(moment))
            for version, _, moment in charters.readable(ctx.session)
            if version != charter.version
        ],
        waiting=waiting_for(ctx),
    )


def _wanted(ctx: Context, version: int | None) -> Charter | None:
    """Versions that are or were in force are for everyone, one that waits for those who deal with it.

    Raises NotFound, worded alike for what is not there and for what may not be read here.
    """
    if version is None:
        return charters.in_force(ctx.session)
    found = charters.get(ctx.session, version)
    if found is not None and found.status in ("in_force", "superseded"):
        return found
    if found is not None and found.status == "waiting" and waiting_for(ctx) is not None:
        return found
    known = [str(number) for number, _, _ in charters.readable(ctx.session)]
    raise NotFound(
        str(version),
        N_("a version of the charter: %(versions)s"),
        versions=", ".join(reversed(known)) or "–",
    )


def waiting_for(ctx: Context) -> Charter | None:
    """The version that waits to be confirmed, where it can be spoken of with this person."""
    room = ctx.room
    among_them = room is not None and (is_for(room, "buyers") or is_for(room, "ethics"))
    if not (ctx.is_direct or among_them):
        return None
    deals_with_it = teams.is_buyer(ctx) or roles.in_team(ctx.session, ctx.user, "ethics")
    return charters.waiting(ctx.session) if deals_with_it else None


def _day(moment: int | None) -> datetime | None:
    return datetime.fromtimestamp(moment / 1000, UTC) if moment is not None else None


@for_buyers.command(
    "charter file",
    nl=("handvest bestand", "bestand handvest"),
    fr=("charte fichier", "fichier charte"),
    summary=N_("sends you the charter as files to edit (TOML and XLSX)"),
    examples={"en": ("charter file",), "nl": ("handvest bestand",), "fr": ("charte fichier",)},
    arguments=Nothing,
    check=teams.buyers,
    who=teams.BUYERS,
)
def send_files(ctx: Context, arguments: Nothing) -> None:
    charter = charters.in_force(ctx.session)
    content = Content.of(charter) if charter is not None else shipped()
    name = f"charter-{charter.version}" if charter is not None else "charter"
    ctx.reply_privately("suppliers/charter_files", charter=charter)
    for ending, kind, data in (
        ("toml", TOML_TYPE, as_toml(content, comment=ctx._(_COMMENT))),
        ("xlsx", XLSX_TYPE, as_xlsx(content)),
    ):
        ctx.send_file(FileOut(f"{name}.{ending}", kind, data), user_id=ctx.user)
