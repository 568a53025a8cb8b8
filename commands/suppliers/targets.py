"""`!target` and `!targets`: which share of the suppliers of each class is to be approved by the end of a year,
and how that share moves (product.md, section 9: professional buying)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context, milliseconds
from commands.kernel.errors import BadArgument
from commands.kernel.parameters import Integer, positional
from commands.kernel.telling import reply_discreetly
from commands.kernel.words import is_dash
from commands.suppliers.values import CLASS, CLASS_NAMES
from storage import supplier_targets
from storage.supplier_targets import Share
from storage.suppliers import CLASSES, Class

router = Router("buyers")

_YEARS_BACK: Final = 3
_YEARS_AHEAD: Final = 20
_FIRST_YEAR: Final = 2000

Trend = Literal["up", "down", "same", "unknown"]


class Percent:
    """`60` or `60%`; None for a dash, which takes the target away."""

    def convert(self, text: str, ctx: Context) -> int | None:
        if is_dash(text):
            return None
        digits = text.rstrip("%")
        if digits.isascii() and digits.isdigit() and int(digits[:4]) <= 100:
            return int(digits)
        raise BadArgument(text[:20], N_("a percentage from 0 to 100, or “-” for no target"))


@dataclass(frozen=True, slots=True)
class TargetArguments:
    year: int = positional(Integer(_FIRST_YEAR, 2200), N_("year"))
    class_: Class = positional(CLASS, N_("class"))
    percent: int | None = positional(Percent(), N_("percentage"))


@router.command(
    "target",
    nl=("streefcijfer", "doelcijfer"),
    fr=("objectif",),
    summary=N_(
        "sets which share of the suppliers of a class is to be approved by the end of a year"
    ),
    examples={
        "en": ("target 2027 service 60",),
        "nl": ("streefcijfer 2027 dienst 60",),
        "fr": ("objectif 2027 service 60",),
    },
    arguments=TargetArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
def target(ctx: Context, arguments: TargetArguments) -> None:
    year, class_ = arguments.year, arguments.class_
    this_year = ctx.today.year
    if not this_year <= year <= this_year + _YEARS_AHEAD:
        raise BadArgument(
            str(year),
            N_("a year from %(first)s to %(last)s"),
            first=this_year,
            last=this_year + _YEARS_AHEAD,
        )
    before = supplier_targets.every(ctx.session).get((year, class_))
    if arguments.percent is None:
        supplier_targets.remove(ctx.session, year, class_)
    else:
        supplier_targets.put(
            ctx.session, year, class_, arguments.percent, by=ctx.user, now=ctx.now_ms
        )
    ctx.audit("supplier.target", f"target:{year}:{class_}", percent=arguments.percent)
    now = _shares(ctx, [ctx.now_ms + 1])[0].get(class_, Share(0, 0))
    reply_discreetly(
        ctx,
        "buyers",
        "suppliers/target",
        year=year,
        class_name=CLASS_NAMES[class_],
        percent=arguments.percent,
        before=before,
        share=now,
    )


@dataclass(frozen=True, slots=True)
class Point:
    """The end of a year (or now, in the current one): the share as it was, and what it was to be."""

    year: int
    share: Share
    target: int | None

    @property
    def reached(self) -> bool:
        percent = self.share.percent
        return self.target is not None and percent is not None and percent >= self.target


@dataclass(frozen=True, slots=True)
class Line:
    """One class: `points` from the oldest year to now, `ahead` the targets of years to come. `bar` is ten
    squares, each for ten percent."""

    class_name: str
    points: tuple[Point, ...]
    ahead: tuple[tuple[int, int], ...]

    @property
    def now(self) -> Point:
        return self.points[-1]

    @property
    def trend(self) -> Trend:
        """Since the end of last year."""
        known = [one.share.percent for one in self.points[-2:]]
        return trend(known[0], known[-1]) if len(known) == 2 else "unknown"

    @property
    def bar(self) -> str:
        full = ((self.now.share.percent or 0) + 5) // 10
        return "■" * full + "□" * (10 - full)


def trend(before: int | None, after: int | None) -> Trend:
    """From one percentage to another."""
    if before is None or after is None:
        return "unknown"
    if before == after:
        return "same"
    return "up" if after > before else "down"


def lines(ctx: Context) -> list[Line]:
    """One for each class, with the ends of the last three years and now."""
    this_year = ctx.today.year
    years = [this_year - back for back in range(_YEARS_BACK, -1, -1)]
    # The current year ends now: what just happened counts.
    ends = [*(_end_of(ctx, year) for year in years[:-1]), ctx.now_ms + 1]
    found = _shares(ctx, ends)
    targets = supplier_targets.every(ctx.session)
    return [
        Line(
            CLASS_NAMES[class_],
            tuple(
                Point(year, at_end.get(class_, Share(0, 0)), targets.get((year, class_)))
                for year, at_end in zip(years, found, strict=True)
            ),
            tuple(
                (year, percent)
                for (year, of_class), percent in sorted(targets.items())
                if of_class == class_ and year > this_year
            ),
        )
        for class_ in CLASSES
    ]


def _shares(ctx: Context, moments: list[int]) -> list[dict[Class, Share]]:
    return [dict(one) for one in supplier_targets.shares(ctx.session, moments)]


def _end_of(ctx: Context, year: int) -> int:
    """The first moment of the next year, by the clock of the installation."""
    return milliseconds(datetime(year + 1, 1, 1, tzinfo=ctx.settings.timezone))


@router.command(
    "targets",
    nl=("streefcijfers", "doelcijfers"),
    fr=("objectifs",),
    summary=N_("shows for each class the share of approved suppliers against its targets"),
    examples={"en": ("targets",), "nl": ("streefcijfers",), "fr": ("objectifs",)},
    arguments=Nothing,
    check=teams.buyers,
    who=teams.BUYERS,
    reads_only=True,
)
def show_targets(ctx: Context, arguments: Nothing) -> None:
    found = lines(ctx)
    reply_discreetly(
        ctx,
        "buyers",
        "suppliers/targets",
        lines=found,
        years=[point.year for point in found[0].points],
        any_target=any(point.target is not None for line in found for point in line.points)
        or any(line.ahead for line in found),
    )
