"""What may change in the 24 hours after a deadline that left cases incomplete: only what helps to fill them."""

from __future__ import annotations

from dataclasses import dataclass

from commands.purchases.rules.allocation import Terms, missing


@dataclass(frozen=True, slots=True)
class Sums:
    """A line's quantities and tolerances, together."""

    quantity: int
    tolerance: int


def helps(terms: Terms, before: Sums, after: Sums) -> bool:
    """Whether a change of one member's commitment brings incomplete cases nearer to full."""
    if after.quantity < before.quantity or after.tolerance < before.tolerance:
        return False
    lacking = missing(before.quantity, before.tolerance, terms)
    return lacking > 0 and missing(after.quantity, after.tolerance, terms) < lacking
