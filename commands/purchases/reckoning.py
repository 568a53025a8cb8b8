"""What a purchase's commitments come to, read and worked out once: the order, its freight check, and what each
person gets of it. Writing that down and telling it is left to those who decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from commands.purchases import outcomes
from commands.purchases.outcomes import Outcome
from commands.purchases.rules.allocation import Allotment
from commands.purchases.rules.freight import Verdict
from commands.purchases.standing import allotments, freight_check, persons
from storage import commitments
from storage.commitments import Commitment
from storage.purchases import Purchase
from storage.session import Session


@dataclass(frozen=True)
class Reckoning:
    """`made` and `allotted` are by line, `persons` as of `standing.persons`."""

    purchase: Purchase
    made: Mapping[int, list[Commitment]]
    persons: Mapping[str, str]
    allotted: Mapping[int, Allotment]

    @property
    def is_something(self) -> bool:
        return any(one.cases for one in self.allotted.values())

    @cached_property
    def verdict(self) -> Verdict:
        return freight_check(self.purchase, self.made, self.allotted, self.persons)

    def outcomes(self) -> dict[str, Outcome]:
        """By the account that stands for each person; former members are left out."""
        return outcomes.allotted(self.purchase, self.made, self.persons, self.allotted)

    def outcomes_before(self) -> dict[str, Outcome]:
        """As an earlier decision wrote them down."""
        return outcomes.written(self.purchase, self.made, self.persons)


def reckon(session: Session, purchase: Purchase) -> Reckoning:
    made = commitments.of_purchase(session, purchase.id)
    return Reckoning(purchase, made, persons(session, made), allotments(purchase, made))
