"""A register's text, read and checked, for tests."""

from __future__ import annotations

from commands.labels import load_labels
from commands.members import register

LABELS = load_labels()


def checked(text: str | bytes) -> register.Checked:
    data = text.encode() if isinstance(text, str) else text
    return register.check(register.read(data, "register"), LABELS)
