"""What staff do about members: codes that link an account, and a register that comes as a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.errors import NotFound
from commands.kernel.parameters import Text as TextArgument
from commands.kernel.parameters import positional
from commands.kernel.teams import STAFF, staff
from commands.members import register
from commands.members.register import Checked, Options
from commands.members.show import item_shown
from commands.spreadsheets import Issue, Table
from commands.spreadsheets.importing import Mode, import_dialogue, start_import
from commands.spreadsheets.words import cell_problem
from storage import member_accounts, members

router = Router("animators")

_ISSUES_SHOWN: Final = 15


@dataclass(frozen=True, slots=True)
class CodeArguments:
    number: str = positional(TextArgument(40), N_("a member number"))


@router.command(
    "member code",
    nl=("vennootcode", "vennoot code", "code"),
    fr=("code sociétaire", "sociétaire code"),
    summary=N_("makes a one-time code with which a member links their account to the register"),
    examples={
        "en": ("member code K000123",),
        "nl": ("vennootcode K000123",),
        "fr": ("code sociétaire K000123",),
    },
    arguments=CodeArguments,
    check=staff,
    who=STAFF,
)
def make_code(ctx: Context, arguments: CodeArguments) -> None:
    member = members.by_number(ctx.session, arguments.number)
    if member is None:
        raise NotFound(arguments.number, N_("the number of a member of the register"))
    code = member_accounts.new_code(ctx.session, member.id, by=ctx.user, now=ctx.now_ms)
    ctx.audit("member.code", f"member:{member.id}")
    ctx.reply_privately("members/code", code=code, member=member)


def _check(ctx: Context, table: Table) -> Checked:
    return register.check(table, ctx.labels)


def _finish(ctx: Context, mode: Mode, checked: Checked) -> None:
    options = Options(ctx.settings.erasure_key, skip_bad=mode == "skip")
    planned = register.plan(ctx.session, checked, options)
    applied = None
    if mode != "look" and planned.is_sound:
        applied = register.apply(ctx.session, planned, labels=ctx.labels, now=ctx.now_ms)
        ctx.audit("register.imported", new=applied.new, changed=applied.changed)
    ctx.reply(
        "members/imported",
        plan=planned,
        applied=applied,
        looked=mode == "look",
        issues=[(issue, _words(ctx, issue)) for issue in planned.issues[:_ISSUES_SHOWN]],
        more=max(0, len(planned.issues) - _ISSUES_SHOWN),
    )


def _words(ctx: Context, issue: Issue) -> str:
    near = [item_shown(ctx, issue.column, code) for code in issue.suggestions]
    message, values = cell_problem(issue, _CELL_PROBLEMS, near=near)
    return ctx._(message, **values)


_CELL_PROBLEMS: Final = {
    "unknown_sector": N_("“%(found)s” is no sector; near: %(near)s"),
    "bad_postcode": N_("“%(found)s” is no postcode"),
    "bad_account": N_("“%(found)s” is no Matrix id such as @anna:example.org"),
    "bad_number": N_("“%(found)s” is no member number"),
    "bad_turnover": N_("“%(found)s” is no amount"),
    "duplicate_number": N_("the same member number stands in row %(rows)s"),
    "duplicate_account": N_("the same account stands in row %(rows)s"),
    "account_of_other": N_("“%(found)s” is the account of another member"),
}

register_dialogue: Final = import_dialogue(
    "members.import",
    title=N_("Importing the register"),
    asks=("members/ask_import", "members/ask_register"),
    wanted=N_("a file: the register as CSV or XLSX"),
    too_many=N_(
        "at most %(most)s rows here; a larger register goes in on the server: kring import"
    ),
    read=register.read,
    check=_check,
    finish=_finish,
)


@router.command(
    "import members",
    nl=("importeer vennoten", "vennoten importeren"),
    fr=("importer sociétaires", "importer registre", "importer le registre"),
    summary=N_("takes in the register of members as a file (CSV or XLSX)"),
    examples={
        "en": ("import members",),
        "nl": ("importeer vennoten",),
        "fr": ("importer sociétaires",),
    },
    arguments=Nothing,
    check=staff,
    who=STAFF,
    takes_file=True,
)
def import_members(ctx: Context, arguments: Nothing) -> None:
    start_import(ctx, register_dialogue)
