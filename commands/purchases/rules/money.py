"""Integer cents that are shared out so that the shares add up exactly."""

from __future__ import annotations

from collections.abc import Sequence

_BASIS_POINTS = 10_000


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """The total (in any unit, at least 0) in whole shares in proportion to the weights, by largest remainder
    (Hamilton's method); ties go to whoever stands first. Raises ValueError where there is something to share
    and no weight."""
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError("there is nobody to share this among")
        return [0 for _ in weights]
    parts = [divmod(total * weight, whole) for weight in weights]
    given = [quotient for quotient, _ in parts]
    left = total - sum(given)
    largest = sorted(range(len(parts)), key=lambda index: (-parts[index][1], index))
    for index in largest[:left]:
        given[index] += 1
    return given


def vat_on(net_cents: int, rate: int) -> int:
    """VAT in cents on a net amount (at least 0), at a rate in basis points; half a cent is rounded up."""
    return (net_cents * rate * 2 + _BASIS_POINTS) // (2 * _BASIS_POINTS)


def hours_cost(minutes: int, rate_cents: int) -> int:
    """What handling costs, in cents, at a rate for an hour; half a cent is rounded up."""
    return (minutes * rate_cents * 2 + 60) // 120
