"""`!charter new`: buyers send a new version of the charter as a file, see what it changes, and put it to those
who confirm it. How the file is read is `charter_file`'s."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood, yes_no
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.telling import team_rooms
from commands.suppliers import charter_deciding as deciding
from commands.suppliers.charter_door import Content
from commands.suppliers.charter_file import BadCharter, Wrong, read_charter, shipped
from storage import charters
from storage.charters import Criterion

router = Router("buyers")

_SHOWN: Final = 30

PROBLEMS: Final[Mapping[str, str]] = {
    "too_large": N_("the file is larger than %(limit)s kB"),
    "empty": N_("the file is empty"),
    "unknown_format": N_("the file is neither TOML nor XLSX"),
    "encoding": N_("the file is not saved as UTF-8"),
    "not_toml": N_("this is not written as TOML has it"),
    "not_a_workbook": N_("the workbook is broken"),
    "zip_bomb": N_("the workbook is no plain one: save its sheets in a new one"),
    "missing_sheet": N_("the sheet is missing"),
    "unknown_columns": N_("I do not know these columns"),
    "duplicate_columns": N_("these columns are there twice"),
    "too_many_rows": N_("there are too many rows"),
    "surplus_row": N_("the charter itself has one row only"),
    "formula": N_("holds a formula; write its value"),
    "cell_error": N_("holds an error of the spreadsheet program"),
    "too_many_cells": N_("the row has more cells than the header"),
    "unknown_key": N_("I do not know this key"),
    "required": N_("is missing"),
    "missing_translation": N_("the text in this language is missing"),
    "not_text": N_("is no text; write it between quotation marks"),
    "not_whole": N_("“%(found)s” is no whole number"),
    "out_of_range": N_("“%(found)s” is not from 0 to %(limit)s"),
    "not_yes_or_no": N_("“%(found)s” is neither true nor false"),
    "bad_key": N_("“%(found)s”: a key is of small letters, figures and hyphens"),
    "too_long": N_("is longer than %(limit)s characters"),
    "not_a_table": N_("is no table of keys and values"),
    "not_a_list": N_("is no list of criteria: each begins with [[criteria]]"),
    "no_criteria": N_("there is no criterion"),
    "too_many_criteria": N_("there are more than %(limit)s criteria"),
    "same_key": N_("an earlier criterion has the key “%(found)s” too"),
    "minimum_without_knock_out": N_("only a knock-out has a minimum"),
    "weights": N_("the weights sum to %(found)s, not to %(limit)s"),
    "does_not_fit": N_("“%(found)s” does not fit"),
}


class NewCharter(BaseModel):
    """A version while it is being made; `shipped` says whether the one that Kring brings is taken as it is,
    None where that is not asked."""

    shipped: bool | None = None
    texts: dict[str, dict[str, str]] = {}
    criteria: tuple[Criterion, ...] = ()
    sure: bool = False

    @property
    def content(self) -> Content:
        return Content(self.texts, self.criteria)


def _ask_source(ctx: Context, data: NewCharter) -> Question:
    return Question(
        "suppliers/ask_charter_source",
        choices=[
            Choice("shipped", ctx._(N_("take the one that I bring, as it is"))),
            Choice("file", ctx._(N_("send a file of your own"))),
        ],
    )


def _take_source(ctx: Context, data: NewCharter, answer: Answer) -> NewCharter:
    if answer.chosen[0] == "file":
        return NewCharter(shipped=False)
    return _with(shipped(), NewCharter(shipped=True))


def _with(content: Content, data: NewCharter) -> NewCharter:
    texts = {field: dict(words) for field, words in content.texts.items()}
    return data.model_copy(update={"texts": texts, "criteria": content.criteria})


def _ask_file(ctx: Context, data: NewCharter) -> Question:
    return Question("suppliers/ask_charter")


def _take_file(ctx: Context, data: NewCharter, answer: Answer) -> NewCharter:
    if answer.file is None or answer.file.data is None:
        raise Misunderstood(N_("a file: the charter as TOML or XLSX"))
    try:
        content = read_charter(answer.file.data)
    except BadCharter as error:
        ctx.reply(
            "suppliers/charter_wrong",
            wrong=[(one, _words(ctx, one)) for one in error.wrong[:_SHOWN]],
            more=len(error.wrong[_SHOWN:]),
        )
        raise Misunderstood(N_("the file again, with that mended")) from error
    if not deciding.since_in_force(ctx, content).any:
        raise Misunderstood(
            N_("a file that says something else than the version in force; this one does not")
        )
    return _with(content, data)


def _words(ctx: Context, wrong: Wrong) -> str:
    return ctx._(PROBLEMS[wrong.code], found=wrong.found, limit=wrong.limit)


def _ask_sure(ctx: Context, data: NewCharter) -> Question:
    return Question(
        "suppliers/ask_charter_sure",
        {
            "current": charters.in_force(ctx.session),
            "changes": deciding.since_in_force(ctx, data.content),
            "waiting": charters.waiting(ctx.session),
            "by_ethics": ctx.settings.ethics_confirms,
            "as_shipped": bool(data.shipped),
        },
        choices=yes_no(ctx.language),
    )


def _take_sure(ctx: Context, data: NewCharter, answer: Answer) -> NewCharter:
    return data.model_copy(update={"sure": answer.chosen[0] == "yes"})


def _finish(ctx: Context, data: NewCharter) -> None:
    """Much may have changed since the file came: who lost their role makes no charter."""
    teams.buyers(ctx, None)
    if not data.sure:
        ctx.reply("suppliers/charter_dropped")
        return
    earlier = charters.waiting(ctx.session)
    version = charters.add(ctx.session, data.texts, data.criteria, made_by=ctx.user, now=ctx.now_ms)
    if earlier is not None:
        ctx.audit("charter.declined", deciding.about(earlier.version), replaced_by=version)
        deciding.settle(ctx, earlier.version)
    ctx.audit("charter.made", deciding.about(version))
    charter = charters.get(ctx.session, version)
    assert charter is not None
    deciding.ask(ctx, charter)
    ctx.reply(
        "suppliers/charter_made",
        charter=charter,
        by_ethics=ctx.settings.ethics_confirms,
        trouble=deciding.trouble(ctx),
        rooms=[room.name for room in team_rooms(ctx, deciding.confirming_team(ctx)) if room.name],
    )


dialogue: Final[Dialogue[NewCharter]] = Dialogue(
    "suppliers.charter",
    title=N_("a new charter"),
    data=NewCharter,
    steps=(
        Step(
            "source",
            _ask_source,
            _take_source,
            optional=False,
            applies=lambda data: data.shipped is not None,
        ),
        Step(
            "file",
            _ask_file,
            _take_file,
            optional=False,
            applies=lambda data: not data.shipped,
            takes_file=True,
        ),
        Step("sure", _ask_sure, _take_sure, optional=False),
    ),
    finish=_finish,
)


@router.command(
    "charter new",
    nl=("handvest nieuw", "nieuw handvest"),
    fr=("charte nouvelle", "nouvelle charte"),
    summary=N_("makes a new version of the charter from a file; a second person confirms it"),
    examples={
        "en": ("charter new",),
        "nl": ("handvest nieuw",),
        "fr": ("charte nouvelle",),
    },
    arguments=Nothing,
    check=teams.buyers,
    who=teams.BUYERS,
    takes_file=True,
)
def new_charter(ctx: Context, arguments: Nothing) -> None:
    came_with_file = ctx.is_direct and ctx.message is not None and ctx.message.file is not None
    is_first = charters.in_force(ctx.session) is None
    begun = NewCharter(shipped=False if is_first and not came_with_file else None)
    ctx.frame.start(ctx, dialogue.name, begun)
