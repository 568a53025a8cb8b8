"""Lists that are told a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`number` of `pages`, from 1; an empty list has one page."""

    items: Sequence[T]
    number: int
    pages: int


def page_of(found: Sequence[T], number: int | None, size: int) -> Page[T]:
    """`size` things of what was found; the last page for None, and for a number beyond it."""
    pages = max(1, -(-len(found) // size))
    number = min(number or pages, pages)
    return Page(found[(number - 1) * size : number * size], number, pages)
