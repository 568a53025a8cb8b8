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
    """Whether a change of one member's commitment brings incomplete cases nearer to full without giving up any
    quantity. Tolerance may become quantity where more is added: less is missing only when all that is wanted
    and tolerated, together, grows."""
    if after.quantity < before.quantity:
        return False
    lacking = missing(before.quantity, before.tolerance, terms)
    return missing(after.quantity, after.tolerance, terms) < lacking
