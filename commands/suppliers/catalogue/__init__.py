"""The catalogue of suppliers as it comes and goes as a file: read it, check its rows, plan what changes, apply
it, write it."""

from commands.suppliers.catalogue.columns import SHEET, read
from commands.suppliers.catalogue.plan import Applied, Change, New, NotSound, Plan, apply, plan
from commands.suppliers.catalogue.rows import Checked, check
from commands.suppliers.catalogue.written import Writer

__all__ = [
    "SHEET",
    "Applied",
    "Change",
    "Checked",
    "New",
    "NotSound",
    "Plan",
    "Writer",
    "apply",
    "check",
    "plan",
    "read",
]
