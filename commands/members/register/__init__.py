"""The cooperative's register as it comes in: read a file, check its rows, plan what changes, apply it."""

from commands.members.register.errors import Issue, NotSound, RegisterFileError
from commands.members.register.plan import (
    Applied,
    Change,
    Kept,
    Missing,
    Options,
    Plan,
    apply,
    import_register,
    plan,
)
from commands.members.register.rejects import in_codes, rejects_csv, rejects_xlsx
from commands.members.register.rows import Checked, Entry, check
from commands.members.register.table import Row, Table, read

__all__ = [
    "Applied",
    "Change",
    "Checked",
    "Entry",
    "Issue",
    "Kept",
    "Missing",
    "NotSound",
    "Options",
    "Plan",
    "RegisterFileError",
    "Row",
    "Table",
    "apply",
    "check",
    "import_register",
    "in_codes",
    "plan",
    "read",
    "rejects_csv",
    "rejects_xlsx",
]
