"""The questions about what is bought: a file of lines, or one article after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood, yes_no
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Question, Step
from commands.kernel.fields import FieldError
from commands.labels.fold import fold
from commands.purchases import typed
from commands.purchases.lines_file import lines_in
from commands.purchases.plan import Plan, PlannedLine
from commands.purchases.supplying import reason_in

PlanStep = Step[Plan]
# More than so many are better told in a spreadsheet.
MOST_TOLD: Final = 10


def line_steps() -> tuple[PlanStep, ...]:
    told = [step for place in range(MOST_TOLD) for step in _steps_of(place)]
    reason = Step(
        "other_reason",
        _ask_other_reason,
        _take_other_reason,
        optional=False,
        applies=lambda data: bool(data.strangers),
    )
    return (*told, reason)


def _steps_of(place: int) -> tuple[PlanStep, ...]:
    """What is asked of the line at that place, from 0."""

    def is_told(data: Plan) -> bool:
        return place < data.told and place < len(data.lines)

    def step(
        name: str,
        take: Callable[[Context, PlannedLine, str], PlannedLine],
        *,
        optional: bool,
        applies: Callable[[Plan], bool] = is_told,
    ) -> PlanStep:
        def ask(ctx: Context, data: Plan) -> Question:
            shown = {"line": data.lines[place], "usual_vat": ctx.settings.usual_vat / 100}
            return Question(f"purchases/ask_line_{name}", shown)

        def taken(ctx: Context, data: Plan, answer: Answer) -> Plan:
            try:
                return data.with_line(place, take(ctx, data.lines[place], answer.text))
            except FieldError as error:
                raise typed.misunderstood(error) from error

        return Step(f"{name}_{place + 1}", ask, taken, optional=optional, applies=applies)

    def ask_article(ctx: Context, data: Plan) -> Question:
        return Question("purchases/ask_line_article", {"number": place + 1})

    def take_article(ctx: Context, data: Plan, answer: Answer) -> Plan:
        if answer.file is not None:
            lines = lines_in(ctx, answer.file)
            return data.model_copy(update={"lines": lines, "told": 0})
        article = _article(answer.text, data, place)
        if data.told == 0 or place >= len(data.lines):
            kept = data.lines[:place] if data.told else []
            lines = [*kept, PlannedLine(article=article)]
            return data.model_copy(update={"lines": lines, "told": place + 1})
        line = data.lines[place].model_copy(update={"article": article})
        return data.with_line(place, line)

    def ask_another(ctx: Context, data: Plan) -> Question:
        return Question(
            "purchases/ask_line_another",
            {"lines": data.chosen_lines[: place + 1]},
            choices=yes_no(ctx.language),
        )

    def take_another(ctx: Context, data: Plan, answer: Answer) -> Plan:
        more = answer.chosen[0] == "yes"
        return data.model_copy(update={"told": place + (2 if more else 1)})

    return (
        Step(
            f"article_{place + 1}",
            ask_article,
            take_article,
            optional=False,
            applies=lambda data: place == 0 or place < data.told,
            takes_file=place == 0,
        ),
        step("unit", _with_unit, optional=False),
        step("case", _with_case, optional=True),
        step("prices", _with_prices, optional=False),
        step("vat", _with_vat, optional=True),
        step("reference", _with_reference, optional=True),
        Step(
            f"another_{place + 1}",
            ask_another,
            take_another,
            optional=False,
            applies=lambda data: is_told(data) and place + 1 < MOST_TOLD,
        ),
    )


def _article(text: str, data: Plan, place: int) -> str:
    try:
        article = typed.required(text, typed.LONGEST_ARTICLE)
    except FieldError as error:
        raise typed.misunderstood(error) from error
    if not any(sign.isalpha() for sign in article):
        raise Misunderstood(N_("what it is called, in words; or the lines as a file (XLSX or CSV)"))
    others = [line for at, line in enumerate(data.chosen_lines) if at != place and data.told]
    if any(fold(line.article) == fold(article) for line in others):
        raise Misunderstood(N_("another article: that one is told already"))
    return article


def _with_unit(ctx: Context, line: PlannedLine, text: str) -> PlannedLine:
    return line.model_copy(update={"unit": typed.unit(typed.required(text, typed.LONGEST_UNIT))})


def _with_case(ctx: Context, line: PlannedLine, text: str) -> PlannedLine:
    size, minimum = typed.case(text)
    return line.model_copy(update={"case_size": size, "minimum_cases": minimum})


def _with_prices(ctx: Context, line: PlannedLine, text: str) -> PlannedLine:
    tiers = [(tier.from_units, tier.cents) for tier in typed.prices(text, ctx.settings.currency)]
    return line.model_copy(update={"tiers": tiers})


def _with_vat(ctx: Context, line: PlannedLine, text: str) -> PlannedLine:
    return line.model_copy(update={"vat": typed.percent(text)})


def _with_reference(ctx: Context, line: PlannedLine, text: str) -> PlannedLine:
    found = typed.reference(text, ctx.settings.currency, ctx.today)
    return line.model_copy(
        update={
            "reference_cents": found.cents,
            "reference_by": found.by,
            "reference_on": found.on,
        }
    )


def _ask_other_reason(ctx: Context, data: Plan) -> Question:
    return Question("purchases/ask_other_reason", {"names": data.strangers[:10]})


def _take_other_reason(ctx: Context, data: Plan, answer: Answer) -> Plan:
    return data.model_copy(update={"other_reason": reason_in(answer.text)})
