"""The cooperative's register as it comes in: read a file, check its rows, plan what changes, apply it."""

from commands.members.register.columns import read
from commands.members.register.plan import (
    Applied,
    Change,
    Kept,
    Missing,
    NotSound,
    Options,
    Plan,
    apply,
    import_register,
    plan,
)
from commands.members.register.rows import Checked, Entry, check

__all__ = [
    "Applied",
    "Change",
    "Checked",
    "Entry",
    "Kept",
    "Missing",
    "NotSound",
    "Options",
    "Plan",
    "apply",
    "check",
    "import_register",
    "plan",
    "read",
]
