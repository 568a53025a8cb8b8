"""`!import suppliers` and `!export suppliers`: buyers take the whole catalogue in and out as a file. What the
file means is `catalogue`'s; whatever comes in new is a proposal that two others judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.parameters import OneOf, option
from commands.kernel.telling import tell_team
from commands.spreadsheets import CSV_TYPE, XLSX_TYPE, Issue, Table
from commands.spreadsheets.importing import Mode, import_dialogue, start_import
from commands.spreadsheets.rejects import rejects_csv, rejects_xlsx
from commands.spreadsheets.words import cell_problem
from commands.suppliers import catalogue, progress
from commands.suppliers.catalogue import Applied, Checked, Plan, Writer
from commands.suppliers.fields import FIELDS
from commands.suppliers.rounds import begin, look
from commands.suppliers.wording import around, shown
from storage import charters, outbox
from storage.outbox import FileOut
from storage.suppliers import Supplier

router = Router("buyers")

_ISSUES_SHOWN: Final = 15
_NOTES_SHOWN: Final = 10
_NAMES_SHOWN: Final = 40

CELL_PROBLEMS: Final[Mapping[str, str]] = {
    "too_short": N_("“%(found)s” is shorter than %(limit)s letters"),
    "unknown_class": N_("“%(found)s” is no class: %(near)s"),
    "unknown_mode": N_("“%(found)s” is no way to get it: %(near)s"),
    "bad_email": N_("“%(found)s” is no e-mail address"),
    "bad_phone": N_("“%(found)s” is no phone number"),
    "bad_date": N_("“%(found)s” is no day, such as 2027-12-01"),
    "bad_amount": N_("“%(found)s” is no amount of money"),
    "ends_early": N_("the last day, %(found)s, is before the first"),
    "company_country": N_("“%(found)s” does not say of which country it is"),
    "company_length": N_("“%(found)s” has too many or too few figures for a company number"),
    "company_form": N_("“%(found)s” does not look like a company number"),
    "company_checksum": N_("“%(found)s” is no company number: perhaps a figure is wrong"),
    "bad_supplier_number": N_(
        "“%(found)s” is no number of a supplier: leave it empty for a new one"
    ),
    "unknown_supplier": N_("there is no supplier %(found)s: leave it empty for a new one"),
    "duplicate_supplier_number": N_("the same number stands in row %(rows)s"),
    "duplicate_company": N_("the same company number stands in row %(rows)s"),
    "duplicate_name": N_("the same name stands in row %(rows)s, and nothing tells them apart"),
    "same_supplier": N_("row %(rows)s is about the same supplier"),
    "name_of_other": N_("“%(found)s” is the name of another supplier: %(near)s"),
    "company_of_other": N_("%(found)s is the company number of another supplier: %(near)s"),
    "other_company": N_(
        "supplier %(near)s is called so and has another company number: give its number if it is meant"
    ),
    "several_suppliers": N_("several suppliers are called so (%(near)s): give the number of one"),
}
_SUGGESTED: Final[Mapping[str, str]] = {
    "unknown_class": "class",
    "unknown_mode": "modes",
    "unknown_language": "languages",
    "unknown_category": "categories",
    "unknown_region": "regions",
}


def _check(ctx: Context, table: Table) -> Checked:
    return catalogue.check(table, around(ctx))


def _finish(ctx: Context, mode: Mode, checked: Checked) -> None:
    teams.buyers(ctx, None)
    plan = catalogue.plan(ctx.session, checked, skip_bad=mode == "skip")
    applied = None
    if mode != "look" and plan.is_sound:
        applied = catalogue.apply(
            ctx.session,
            plan,
            labels=ctx.labels,
            actor=ctx.user,
            proposer=ctx.user,
            language=ctx.language,
            now=ctx.now_ms,
        )
        ctx.audit("suppliers.imported", new=len(applied.new), changed=len(applied.changed))
    ctx.reply(
        "suppliers/imported",
        plan=plan,
        applied=applied,
        looked=mode == "look",
        issues=[(issue, _words(ctx, issue)) for issue in plan.issues[:_ISSUES_SHOWN]],
        more=max(0, len(plan.issues) - _ISSUES_SHOWN),
        notes=[(note, ", ".join(_near(ctx, note))) for note in plan.notes[:_NOTES_SHOWN]],
        more_notes=max(0, len(plan.notes) - _NOTES_SHOWN),
    )
    if applied is not None:
        if plan.issues:
            _send_rejects(ctx, plan)
        _put_forward(ctx, applied)
        _tell(ctx, plan, applied)


def _near(ctx: Context, issue: Issue) -> list[str]:
    """What may be meant, in words; suppliers by their number."""
    field = _SUGGESTED.get(issue.code)
    return [shown(ctx, field, (code,)) if field else code for code in issue.suggestions]


def _words(ctx: Context, issue: Issue) -> str:
    message, values = cell_problem(issue, CELL_PROBLEMS, near=_near(ctx, issue))
    return ctx._(message, **values)


def _send_rejects(ctx: Context, plan: Plan) -> None:
    def describe(issue: Issue) -> str:
        return f"{issue.column}: {_words(ctx, issue)}"

    table = plan.checked.table
    stem, _, ending = table.name.rpartition(".")
    if ending.lower() in ("xlsx", "xlsm"):
        data = rejects_xlsx(table, plan.issues, describe, sheet=catalogue.SHEET)
        file = FileOut(f"{stem or 'suppliers'}.rejects.xlsx", XLSX_TYPE, data)
    else:
        data = rejects_csv(table, plan.issues, describe)
        file = FileOut(f"{stem or 'suppliers'}.rejects.csv", CSV_TYPE, data)
    ctx.send_file(file, user_id=ctx.user)


def _put_forward(ctx: Context, applied: Applied) -> None:
    """New ones get their review, as any proposal does; messages about reviews say what changed."""
    if charters.in_force(ctx.session) is not None:
        for supplier in applied.new:
            begin(ctx, supplier, "first")
    for supplier in applied.changed:
        # Where nothing was said of it yet, an import of hundreds must not begin to.
        if outbox.about(ctx.session, progress.about(look(ctx.session, supplier))):
            progress.show(ctx, supplier.id)


def _tell(ctx: Context, plan: Plan, applied: Applied) -> None:
    """The buyers hear once of what they have to judge, and of what changed in what members see."""
    fields = {change.supplier.id: change.fields for change in plan.changed}
    seen: list[tuple[Supplier, list[str]]] = [
        (supplier, [FIELDS[name].label for name in fields[supplier.id]])
        for supplier in applied.changed
        if supplier.is_visible
    ]
    if applied.new or seen:
        tell_team(
            ctx,
            "buyers",
            "suppliers/imported_told",
            by=ctx.user,
            new=applied.new[:_NAMES_SHOWN],
            count_new=len(applied.new),
            seen=seen[:_NAMES_SHOWN],
            count_seen=len(seen),
            has_charter=charters.in_force(ctx.session) is not None,
        )


catalogue_dialogue: Final = import_dialogue(
    "suppliers.import",
    title=N_("Importing the catalogue of suppliers"),
    asks=("suppliers/ask_import", "suppliers/ask_catalogue"),
    wanted=N_("a file: the catalogue as CSV or XLSX"),
    too_many=N_(
        "at most %(most)s rows here; a larger catalogue goes in on the server: kring import"
    ),
    read=catalogue.read,
    check=_check,
    finish=_finish,
)


@router.command(
    "import suppliers",
    nl=("importeer leveranciers", "leveranciers importeren"),
    fr=("importer fournisseurs", "importer les fournisseurs"),
    summary=N_(
        "takes in the catalogue of suppliers as a file (CSV or XLSX); new ones are proposals"
    ),
    examples={
        "en": ("import suppliers",),
        "nl": ("importeer leveranciers",),
        "fr": ("importer fournisseurs",),
    },
    arguments=Nothing,
    check=teams.buyers,
    who=teams.BUYERS,
    takes_file=True,
)
def import_suppliers(ctx: Context, arguments: Nothing) -> None:
    start_import(ctx, catalogue_dialogue)


_FORMAT: Final = OneOf.of(
    xlsx={"en": ("xlsx", "excel"), "nl": ("xlsx", "excel"), "fr": ("xlsx", "excel")},
    csv={"en": ("csv",), "nl": ("csv",), "fr": ("csv",)},
)


@dataclass(frozen=True, slots=True)
class ExportArguments:
    format: str = option(
        _FORMAT, N_("a format"), default="xlsx", en=("format",), nl=("formaat",), fr=("format",)
    )


@router.command(
    "export suppliers",
    nl=("exporteer leveranciers", "leveranciers exporteren"),
    fr=("exporter fournisseurs", "exporter les fournisseurs"),
    summary=N_("sends you the whole catalogue of suppliers as a file (XLSX or CSV)"),
    examples={
        "en": ("export suppliers", "export suppliers format:csv"),
        "nl": ("exporteer leveranciers", "exporteer leveranciers formaat:csv"),
        "fr": ("exporter fournisseurs", "exporter fournisseurs format:csv"),
    },
    arguments=ExportArguments,
    check=teams.buyers,
    who=teams.BUYERS,
)
def export_suppliers(ctx: Context, arguments: ExportArguments) -> None:
    writer = Writer(ctx.session, around(ctx), ctx.language, smallest=ctx.settings.smallest_count)
    is_csv = arguments.format == "csv"
    data, count = writer.csv() if is_csv else writer.xlsx()
    ctx.audit("suppliers.exported", suppliers=count)
    ctx.reply_privately("suppliers/exported", count=count)
    file = FileOut(f"suppliers.{arguments.format}", CSV_TYPE if is_csv else XLSX_TYPE, data)
    ctx.send_file(file, user_id=ctx.user)
