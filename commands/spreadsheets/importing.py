"""The conversation that takes in a file of rows: only look at it, import it, or leave out what is wrong. What
the rows mean, and what is said of them, is the domain's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar, cast

from pydantic import BaseModel, PrivateAttr

from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.spreadsheets.errors import SpreadsheetError
from commands.spreadsheets.table import Table
from commands.spreadsheets.words import file_problem

Mode = Literal["look", "import", "skip"]
Checked = TypeVar("Checked")

# The bot waits while an import is written: a larger one belongs on the command line.
MOST_ROWS: Final = 2_000


class Import(BaseModel):
    """What the conversation knows; the file itself is never stored.

    `came_first` for a file that came with the command: it is looked at before anything is asked.
    """

    mode: Mode = "look"
    came_first: bool = False
    _checked: Any = PrivateAttr(None)


def import_dialogue(
    name: str,
    *,
    title: str,
    asks: tuple[str, str],
    wanted: str,
    too_many: str,
    read: Callable[[bytes, str], Table],
    check: Callable[[Context, Table], Checked],
    finish: Callable[[Context, Mode, Checked], None],
) -> Dialogue[Import]:
    """`asks` are the templates that ask what to do and for the file; `wanted` and `too_many` (of `most` rows)
    the message ids for what is no such file."""

    def ask_mode(ctx: Context, data: Import) -> Question:
        return Question(
            asks[0],
            choices=[
                Choice("look", ctx._(N_("only look at it, change nothing"))),
                Choice("import", ctx._(N_("import it if every row is sound"))),
                Choice("skip", ctx._(N_("import the sound rows, leave out the others"))),
            ],
        )

    def take_mode(ctx: Context, data: Import, answer: Answer) -> Import:
        return Import(mode=cast(Mode, answer.chosen[0]))

    def ask_file(ctx: Context, data: Import) -> Question:
        return Question(asks[1])

    def take_file(ctx: Context, data: Import, answer: Answer) -> Import:
        if answer.file is None or answer.file.data is None:
            raise Misunderstood(wanted)
        try:
            table = read(answer.file.data, answer.file.name)
        except SpreadsheetError as error:
            raise file_problem(error) from error
        if len(table.rows) > MOST_ROWS:
            raise Misunderstood(too_many, most=MOST_ROWS)
        taken = data.model_copy()
        taken._checked = check(ctx, table)
        return taken

    def end(ctx: Context, data: Import) -> None:
        assert data._checked is not None
        finish(ctx, data.mode, data._checked)

    return Dialogue(
        name,
        title=title,
        data=Import,
        steps=(
            Step(
                "mode",
                ask_mode,
                take_mode,
                optional=False,
                applies=lambda data: not data.came_first,
            ),
            Step("file", ask_file, take_file, optional=False, takes_file=True),
        ),
        finish=end,
    )


def start_import(ctx: Context, dialogue: Dialogue[Import]) -> None:
    came_first = ctx.is_direct and ctx.message is not None and ctx.message.file is not None
    ctx.frame.start(ctx, dialogue.name, Import(came_first=came_first))
