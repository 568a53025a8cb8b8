"""`!supplier log`: what was done with a supplier, by whom and when, in words; nobody can change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.paging import page_of
from commands.kernel.parameters import Integer, positional
from commands.kernel.telling import reply_discreetly
from commands.suppliers.discretion import discreetly
from commands.suppliers.fields import FIELDS
from commands.suppliers.rounds import KIND_NAMES, VERDICT_NAMES
from commands.suppliers.values import STATE_NAMES, SupplierNumber, known, subject
from storage import audit, charters
from storage.audit import Entry

router = Router("buyers")

_PAGE: Final = 20

# What was done, for each action that names a supplier; the values are the details of the entry in words.
_ACTIONS: Final[Mapping[str, str]] = {
    "supplier.round": N_("a review was opened (%(kind)s), against charter %(charter)s"),
    "supplier.evidence_recorded": N_("evidence %(evidence)s was recorded for “%(criterion)s”"),
    "supplier.evidence_withdrawn": N_("evidence %(evidence)s for “%(criterion)s” was withdrawn"),
    "supplier.more_evidence": N_("more evidence was asked for"),
    "supplier.score": N_("“%(criterion)s” was scored: %(score)s"),
    "supplier.vote": N_("a vote was given: %(verdict)s"),
    "supplier.conflict": N_("a conflict of interest was declared"),
    "supplier.edited": N_("“%(field)s” was changed"),
    "supplier.imported": N_("changed by a file: %(fields)s"),
    "supplier.contacted": N_("contact with it was noted"),
    "supplier.lapsed": N_("it lapsed: %(what)s"),
    "complaint.review": N_("complaint %(complaint)s led to a review"),
    "complaint.closed": N_("complaint %(complaint)s was answered"),
}
_MOVED: Final = N_("it is now: %(state)s")
_OTHER: Final = N_("something else was written down about it")
_UNRATED: Final = N_("unrated")
_ENDS: Final[Mapping[str, str]] = {
    "condition": N_("what it was approved on"),
    "review": N_("its approval"),
    "deal": N_("its deal"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """`actor` is None for a former member; `by_itself` for what the bot did."""

    at: datetime
    actor: str | None
    by_itself: bool
    text: str


@dataclass(frozen=True, slots=True)
class LogArguments:
    supplier: int = positional(SupplierNumber(), N_("the number of a supplier"))
    page: int = positional(Integer(1, 9999), N_("a page"), default=0)


@router.command(
    "supplier log",
    nl=("leverancier logboek", "leverancierslogboek"),
    fr=("fournisseur journal", "journal fournisseur"),
    summary=N_("shows who did what with a supplier, and when"),
    examples={
        "en": ("supplier log 12",),
        "nl": ("leverancier logboek 12",),
        "fr": ("fournisseur journal 12",),
    },
    arguments=LogArguments,
    check=teams.buyers,
    who=teams.BUYERS,
    reads_only=True,
)
@discreetly
def show_log(ctx: Context, arguments: LogArguments) -> None:
    supplier = known(ctx, arguments.supplier)
    entries = audit.of_subject(ctx.session, subject(supplier.id))
    # Without a page the newest entries, which stand last.
    page = page_of(entries, arguments.page, _PAGE)
    reply_discreetly(
        ctx,
        "buyers",
        "suppliers/log",
        supplier=supplier,
        lines=[_line(ctx, entry) for entry in page.items],
        page=page.number,
        pages=page.pages,
    )


def _line(ctx: Context, entry: Entry) -> Line:
    return Line(
        datetime.fromtimestamp(entry.at / 1000, UTC),
        entry.actor,
        entry.actor == ctx.settings.bot_user,
        in_words(ctx, entry),
    )


def in_words(ctx: Context, entry: Entry) -> str:
    """What an entry of the audit log about a supplier says, in the reader's language."""
    action = entry.action.removeprefix("supplier.")
    if action in STATE_NAMES:
        return ctx._(_MOVED, state=ctx._(STATE_NAMES[action]))
    message = _ACTIONS.get(entry.action)
    if message is None:
        return ctx._(_OTHER)
    return ctx._(message, **_values(ctx, entry.details))


def _values(ctx: Context, details: Mapping[str, Any]) -> dict[str, object]:
    values: dict[str, object] = dict(details)
    if "kind" in details:
        values["kind"] = ctx._(KIND_NAMES.get(details["kind"], details["kind"]))
    if "verdict" in details:
        values["verdict"] = ctx._(VERDICT_NAMES.get(details["verdict"], details["verdict"]))
    if "criterion" in details:
        values["criterion"] = _criterion(ctx, str(details["criterion"]))
    if "score" in details and details["score"] is None:
        values["score"] = ctx._(_UNRATED)
    if "field" in details and details["field"] in FIELDS:
        values["field"] = ctx._(FIELDS[details["field"]].label)
    if "fields" in details:
        known_fields = (FIELDS[name].label for name in details["fields"] if name in FIELDS)
        values["fields"] = ", ".join(ctx._(label) for label in known_fields)
    if "what" in details:
        # A criterion, or what else has a last day.
        what = str(details["what"])
        values["what"] = ctx._(_ENDS[what]) if what in _ENDS else _criterion(ctx, what)
    return values


def _criterion(ctx: Context, key: str) -> str:
    """Its name in the newest version of the charter that has it."""
    for version, _, _ in charters.readable(ctx.session):
        charter = charters.get(ctx.session, version)
        criterion = charter.criterion(key) if charter is not None else None
        if criterion is not None:
            return criterion.name(ctx.language)
    return key
