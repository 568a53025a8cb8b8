"""How long to wait before the next try: longer each time, and never all at once."""

from __future__ import annotations

import random


def pause(failures: int, *, first: float = 0.5, longest: float = 60.0) -> float:
    """Seconds after the n-th failure in a row (from 1 on): doubled each time, with jitter."""
    whole = min(longest, first * 2.0 ** min(failures - 1, 30))
    return whole * random.uniform(0.6, 1.0)  # noqa: S311  # jitter keeps no secret
