"""Which figures about people may be shown: nothing under a smallest count, and nothing from which a hidden
figure could be computed (product.md, sections 3 and 6). Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shown:
    """`cells` may be shown, largest first; the people of the others are `rest`, None when that is hidden too.

    `hidden` says whether some cells were held back.
    """

    cells: tuple[tuple[str, int], ...]
    rest: int | None
    hidden: bool


def suppress(
    counts: Mapping[str, int], *, smallest: int, most: int, hide: Collection[str] = ()
) -> Shown:
    """Hide cells under `smallest`, then the next smallest until two cells and `smallest` people are hidden.

    Those in `hide` are hidden whatever their size, and beyond the `most` largest, cells are left out as
    well. When nothing can be hidden safely, nothing is shown. A total shown beside the cells gives away
    no more than `rest` does.
    """
    present = sorted(
        ((name, number) for name, number in counts.items() if number > 0),
        key=lambda cell: (-cell[1], cell[0]),
    )
    shown = [cell for cell in present if cell[1] >= smallest and cell[0] not in hide][:most]
    left_out = [cell for cell in present if cell not in shown]
    if not left_out:
        return Shown(tuple(shown), 0, hidden=False)
    while shown and not _safe(left_out, smallest):
        left_out.insert(0, shown.pop())
    if not _safe(left_out, smallest):
        return Shown((), None, hidden=True)
    return Shown(tuple(shown), sum(number for _, number in left_out), hidden=True)


def betrayed(
    counts: Mapping[str, int], whole: Mapping[str, int] | int, *, smallest: int
) -> set[str]:
    """The cells that leave fewer than `smallest` (but some) of the whole: these could be computed.

    `whole` is everybody, or the same cells for everybody.
    """
    return {
        name
        for name, number in counts.items()
        if 0 < (whole if isinstance(whole, int) else whole.get(name, 0)) - number < smallest
    }


def _safe(hidden: Sequence[tuple[str, int]], smallest: int) -> bool:
    """One hidden cell would be the difference with the total; two of few people bound each other."""
    return len(hidden) >= 2 and sum(number for _, number in hidden) >= smallest
