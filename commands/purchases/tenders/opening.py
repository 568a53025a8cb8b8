"""`!tender new`: a buyer tells what the cooperative buys at agreed prices, looks at it again and opens it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from pydantic import Field

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood, at_most, yes_no
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import NotFound, Refused
from commands.kernel.parameters import positional, rest
from commands.kernel.telling import reply_discreetly
from commands.kernel.text import one_line
from commands.networks import refs
from commands.networks.places import room_of
from commands.purchases.lines_file import MOST_LINES
from commands.purchases.opening_steps import refuse_bare_answer
from commands.purchases.supplying import Supplied, supplier_steps
from commands.purchases.tenders import board, clock, values
from commands.purchases.tenders.lines import NewLine, lines_in, lines_typed, template
from commands.purchases.tenders.values import LABEL, LONGEST_NOTE, MOST_YEARS, TenderNumber
from commands.suppliers.days import day_ahead
from commands.suppliers.discretion import discreetly
from storage import networks, tenders
from storage.networks import Network
from storage.tenders import Draft, Tender

router = Router("buyers")

_LONGEST_TITLE: Final = 80
_NAMES_SHOWN: Final = 30
_LINES_SHOWN: Final = 12
_BETWEEN: Final = re.compile(r"[,;\n&]|\s(?:and|en|et)\s", re.IGNORECASE)


class New(Supplied):
    """A tender while it is being told. `until` is its last day (ISO)."""

    title: str = ""
    came_with_title: bool = False
    lines: list[NewLine] = Field(default_factory=list)
    until: str = ""
    network_ids: list[int] = Field(default_factory=list)
    note: str = ""
    opens: bool = False


def _ask_title(ctx: Context, data: New) -> Question:
    return Question("purchases/ask_tender_title")


def _take_title(ctx: Context, data: New, answer: Answer) -> New:
    return data.model_copy(update={"title": _title(answer.text)})


def _title(text: str) -> str:
    """Raises Misunderstood."""
    title = one_line(text)
    if not 2 <= len(title) <= _LONGEST_TITLE or not any(sign.isalnum() for sign in title):
        raise Misunderstood(N_("a title of 2 to %(longest)s characters"), longest=_LONGEST_TITLE)
    return title


def _ask_lines(ctx: Context, data: New) -> Question:
    return Question("purchases/ask_tender_lines", {"most": MOST_LINES, "told": len(data.lines)})


def _take_lines(ctx: Context, data: New, answer: Answer) -> New:
    lines = lines_in(ctx, answer.file) if answer.file else lines_typed(ctx, answer.text)
    return data.model_copy(update={"lines": lines})


def _ask_until(ctx: Context, data: New) -> Question:
    return Question("purchases/ask_tender_until")


def _take_until(ctx: Context, data: New, answer: Answer) -> New:
    day = day_ahead(ctx, answer.text, years=MOST_YEARS)
    return data.model_copy(update={"until": day.isoformat()})


def _with_rooms(ctx: Context) -> list[Network]:
    found = []
    for network in networks.every(ctx.session):
        room = room_of(ctx.session, network)
        if network.visible and room is not None and room.joined:
            found.append(network)
    return found


def _ask_networks(ctx: Context, data: New) -> Question:
    found = _with_rooms(ctx)
    return Question(
        "purchases/ask_tender_networks",
        {
            "slugs": [network.slug for network in found[:_NAMES_SHOWN]],
            "more": len(found[_NAMES_SHOWN:]),
        },
    )


def _take_networks(ctx: Context, data: New, answer: Answer) -> New:
    return data.model_copy(update={"network_ids": networks_named(ctx, answer.text)})


def networks_named(ctx: Context, text: str) -> list[int]:
    """The ids of the networks that a text names, each once. Raises Misunderstood."""
    chosen: list[int] = []
    for part in _BETWEEN.split(text):
        if not part.strip():
            continue
        try:
            chosen.append(refs.find(ctx, part.strip()).id)
        except NotFound as error:
            raise Misunderstood(
                N_("names of networks; I do not know “%(found)s”"), found=part.strip()[:40]
            ) from error
    return list(dict.fromkeys(chosen))


def _ask_note(ctx: Context, data: New) -> Question:
    return Question("purchases/ask_tender_note")


def _take_note(ctx: Context, data: New, answer: Answer) -> New:
    refuse_bare_answer(ctx, answer.text)
    return data.model_copy(update={"note": at_most(LONGEST_NOTE, one_line(answer.text))})


def _ask_opens(ctx: Context, data: New) -> Question:
    return Question(
        "purchases/ask_tender_opens",
        {
            "data": data,
            "until": date.fromisoformat(data.until),
            "lines": data.lines[:_LINES_SHOWN],
            "more": len(data.lines[_LINES_SHOWN:]),
            "networks": [
                one.name(ctx.language) for one in networks.several(ctx.session, data.network_ids)
            ],
        },
        choices=yes_no(ctx.language),
    )


def _take_opens(ctx: Context, data: New, answer: Answer) -> New:
    return data.model_copy(update={"opens": answer.chosen[0] == "yes"})


def _finish(ctx: Context, data: New) -> None:
    teams.buyers(ctx, None)
    number = tenders.add(
        ctx.session,
        Draft(
            title=data.title,
            language=ctx.language,
            currency=ctx.settings.currency,
            valid_until=data.until,
            supplier_name=data.supply.name,
            network_ids=tuple(data.network_ids),
            lines=tuple(line.draft() for line in data.lines),
            responsible=ctx.user,
            supplier_id=data.supply.number,
            unapproved_reason=data.supply.reason if data.supply.number is None else None,
            note=data.note,
        ),
        now=ctx.now_ms,
    )
    ctx.audit("tender.made", values.subject(number))
    tender = values.known(ctx, number)
    # The last question may have waited for days.
    if data.opens and ctx.today <= tender.last_day:
        _open(ctx, tender)
    else:
        ctx.reply("purchases/tender_kept", tender=tender)


dialogue: Dialogue[New] = Dialogue(
    "tenders.new",
    title=N_("a new tender"),
    data=New,
    steps=(
        Step("title", _ask_title, _take_title, optional=False,
             applies=lambda data: not data.came_with_title),
        *supplier_steps(New),
        Step("lines", _ask_lines, _take_lines, optional=False, takes_file=True),
        Step("until", _ask_until, _take_until, optional=False),
        Step("networks", _ask_networks, _take_networks),
        Step("note", _ask_note, _take_note),
        Step("opens", _ask_opens, _take_opens, optional=False),
    ),
    finish=_finish,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewArguments:
    title: str = rest(N_("a title"), longest=_LONGEST_TITLE, default="")


@router.command(
    "tender new",
    en=("new tender",),
    nl=("raamaankoop nieuw", "nieuwe raamaankoop"),
    fr=("achat-cadre nouveau", "nouvel achat-cadre", "achat cadre nouveau"),
    summary=N_("begins a tender: prices that the cooperative agreed, for members to call off"),
    examples={
        "en": ("tender new", "tender new Paper for 2027"),
        "nl": ("raamaankoop nieuw",),
        "fr": ("achat-cadre nouveau",),
    },
    arguments=NewArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
def new(ctx: Context, arguments: NewArguments) -> None:
    try:
        title = _title(arguments.title)
    except Misunderstood:
        title = ""
    ctx.frame.start(ctx, dialogue.name, New(title=title, came_with_title=bool(title)))


@router.command(
    "tender template",
    nl=("raamaankoop sjabloon", "sjabloon raamaankoop"),
    fr=("achat-cadre modèle", "modèle achat-cadre"),
    summary=N_("sends you a spreadsheet to fill in with the lines of a tender"),
    examples={
        "en": ("tender template",),
        "nl": ("raamaankoop sjabloon",),
        "fr": ("achat-cadre modèle",),
    },
    arguments=Nothing,
    check=teams.buyers,
    who=teams.BUYERS,
)
def send_template(ctx: Context, arguments: Nothing) -> None:
    ctx.reply_privately("purchases/tender_template", most=MOST_LINES)
    ctx.send_file(template(ctx), user_id=ctx.user)


@dataclass(frozen=True, slots=True)
class OpenArguments:
    tender: int = positional(TenderNumber(), LABEL)


@router.command(
    "tender open",
    en=("open tender",),
    nl=("raamaankoop openen", "open raamaankoop"),
    fr=("achat-cadre ouvrir", "ouvrir achat-cadre"),
    summary=N_("opens a tender that was kept as a draft"),
    examples={
        "en": ("tender open T3",),
        "nl": ("raamaankoop openen T3",),
        "fr": ("achat-cadre ouvrir T3",),
    },
    arguments=OpenArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
@discreetly
def open_draft(ctx: Context, arguments: OpenArguments) -> None:
    tender = values.known(ctx, arguments.tender)
    if tender.state != "draft":
        raise Refused(N_("T%(number)s was opened before."), number=tender.id)
    if ctx.today > tender.last_day:
        raise Refused(
            N_("Its last day is over. Give it a later one: “%(command)s”."),
            command=f"{ctx.prefix}{ctx.registry.word('tender set', ctx.language)} T{tender.id} …",
        )
    _open(ctx, tender)


def _open(ctx: Context, tender: Tender) -> None:
    tenders.move(ctx.session, tender.id, "open", now=ctx.now_ms)
    ctx.audit("tender.opened", values.subject(tender.id))
    opened = replace(tender, state="open")
    told = board.announce(ctx, opened)
    clock.put_down(ctx, opened)
    reply_discreetly(
        ctx,
        "buyers",
        "purchases/tender_opened",
        tender=opened,
        told=[network.name(ctx.language) for network in told],
        warns=clock.warns(ctx, opened),
        days=clock.WARN_DAYS,
    )
