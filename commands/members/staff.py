"""What staff do about members: codes that link an account, and a register that comes as a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, cast

from pydantic import BaseModel, PrivateAttr

from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import NotFound
from commands.kernel.parameters import Text as TextArgument
from commands.kernel.parameters import positional
from commands.kernel.teams import STAFF, staff
from commands.members import register
from commands.members.register import Checked, Options
from commands.members.show import item_shown
from commands.spreadsheets import Issue, SpreadsheetError
from commands.spreadsheets.words import cell_problem, file_problem
from storage import member_accounts, members

router = Router("animators")

# The bot waits while an import is written: a larger one belongs on the command line.
MOST_ROWS: Final = 2_000
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


class Import(BaseModel):
    """What the conversation about a register knows; the file itself is never stored.

    `came_first` for a file that came with the command: it is looked at before anything is asked.
    """

    mode: Literal["look", "import", "skip"] = "look"
    came_first: bool = False
    _checked: Checked | None = PrivateAttr(None)


def _ask_mode(ctx: Context, data: Import) -> Question:
    return Question(
        "members/ask_import",
        choices=[
            Choice("look", ctx._(N_("only look at it, change nothing"))),
            Choice("import", ctx._(N_("import it if every row is sound"))),
            Choice("skip", ctx._(N_("import the sound rows, leave out the others"))),
        ],
    )


def _take_mode(ctx: Context, data: Import, answer: Answer) -> Import:
    return Import(mode=cast(Literal["look", "import", "skip"], answer.chosen[0]))


def _ask_file(ctx: Context, data: Import) -> Question:
    return Question("members/ask_register")


def _take_file(ctx: Context, data: Import, answer: Answer) -> Import:
    if answer.file is None or answer.file.data is None:
        raise Misunderstood(N_("a file: the register as CSV or XLSX"))
    try:
        table = register.read(answer.file.data, answer.file.name)
    except SpreadsheetError as error:
        raise file_problem(error) from error
    if len(table.rows) > MOST_ROWS:
        raise Misunderstood(
            N_("at most %(most)s rows here; a larger register goes in on the server: kring import"),
            most=MOST_ROWS,
        )
    taken = data.model_copy()
    taken._checked = register.check(table, ctx.labels)
    return taken


def _finish(ctx: Context, data: Import) -> None:
    assert data._checked is not None
    options = Options(ctx.settings.erasure_key, skip_bad=data.mode == "skip")
    planned = register.plan(ctx.session, data._checked, options)
    applied = None
    if data.mode != "look" and planned.is_sound:
        applied = register.apply(ctx.session, planned, labels=ctx.labels, now=ctx.now_ms)
        ctx.audit("register.imported", new=applied.new, changed=applied.changed)
    ctx.reply(
        "members/imported",
        plan=planned,
        applied=applied,
        looked=data.mode == "look",
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

import_dialogue: Final = Dialogue(
    "members.import",
    title=N_("Importing the register"),
    data=Import,
    steps=(
        Step(
            "mode",
            _ask_mode,
            _take_mode,
            optional=False,
            applies=lambda data: not data.came_first,
        ),
        Step("file", _ask_file, _take_file, optional=False, takes_file=True),
    ),
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
    came_first = ctx.is_direct and ctx.message is not None and ctx.message.file is not None
    ctx.frame.start(ctx, import_dialogue.name, Import(came_first=came_first))
