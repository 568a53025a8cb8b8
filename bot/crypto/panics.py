"""Panics of vodozemac as what they are for the bot: hostile input.

A panic in Rust comes as pyo3's PanicException, which is no Exception: it would end whatever met it, the sync
as well as a room's sender, for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_PANICS = "pyo3_runtime"


@contextmanager
def contained() -> Iterator[None]:
    """Raises ValueError where vodozemac panics."""
    try:
        yield
    except BaseException as error:
        if type(error).__module__ != _PANICS:
            raise
        raise ValueError("vodozemac panicked") from error
