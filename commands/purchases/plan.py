"""A group purchase while it is being written down: what was said so far, and what is stored in the end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from commands.kernel.context import Context
from commands.purchases.supplying import Supplied
from storage.purchase_lines import LineDraft, Tier
from storage.purchases import Draft


class PlannedLine(BaseModel):
    """A line as it is told. `tiers` are units and cents, none while they are not told; without `vat` (basis
    points) it is the installation's usual rate; without `supplier_name` it is bought where the others are."""

    article: str
    unit: str = ""
    case_size: int = 1
    minimum_cases: int = 0
    tiers: list[tuple[int, int]] = Field(default_factory=list)
    vat: int | None = None
    reference_cents: int | None = None
    reference_by: str | None = None
    reference_on: str | None = None
    supplier_id: int | None = None
    supplier_name: str = ""
    article_code: str = ""

    @property
    def quoted_on(self) -> date | None:
        return date.fromisoformat(self.reference_on) if self.reference_on else None


class Plan(Supplied):
    """`told` is how many lines are told one by one, 0 where they came as a file. `here` is the network in
    whose room it began, `usual_region` what it is when nobody says another one. `deadline` in ms UTC."""

    title: str = ""
    came_with_title: bool = False
    here: int | None = None
    network_ids: list[int] = Field(default_factory=list)
    usual_region: str | None = None
    region: str | None = None
    told: int = 1
    lines: list[PlannedLine] = Field(default_factory=list)
    other_reason: str | None = None
    deadline: int = 0
    freight_cents: int = 0
    fees_cents: int = 0
    handling_minutes: int = 0
    pickup: str = ""
    payment: str = ""
    note: str = ""

    @property
    def chosen_lines(self) -> list[PlannedLine]:
        """Going back may have left lines behind that are not told any more."""
        return self.lines[: self.told] if self.told else self.lines

    @property
    def strangers(self) -> list[str]:
        """Names in the lines that are not in the directory, each once."""
        names = (
            one.supplier_name
            for one in self.chosen_lines
            if one.supplier_name and one.supplier_id is None
        )
        return list(dict.fromkeys(names))

    @property
    def reason(self) -> str | None:
        """Why it is bought from somebody who is not in the directory; None where nobody such is."""
        own = self.supply.reason if self.uses_supply and self.supply.number is None else None
        return own or (self.other_reason if self.strangers else None)

    @property
    def uses_supply(self) -> bool:
        """Whether any line is bought from the supplier that was named for all."""
        return any(not one.supplier_name for one in self.chosen_lines)

    def with_line(self, place: int, line: PlannedLine, **more: Any) -> Plan:
        """With that line told at that place, from 0."""
        lines = [*self.lines[:place], line, *self.lines[place + 1 :]]
        return self.model_copy(update={"lines": lines, **more})

    def draft(self, ctx: Context) -> Draft:
        region = self.region or self.usual_region
        return Draft(
            title=self.title,
            language=ctx.language,
            currency=ctx.settings.currency,
            deadline=self.deadline,
            network_ids=tuple(self.network_ids),
            regions=(region,) if region else (),
            lines=tuple(self._line_drafts(ctx)),
            responsible=ctx.user,
            unapproved_reason=self.reason,
            note=self.note,
            pickup=self.pickup,
            payment=self.payment,
            freight_cents=self.freight_cents,
            fees_cents=self.fees_cents,
            costs_vat=ctx.settings.usual_vat,
            handling_minutes=self.handling_minutes,
            handling_rate_cents=ctx.settings.hour_rate_cents,
        )

    def _line_drafts(self, ctx: Context) -> Iterable[LineDraft]:
        for line in self.chosen_lines:
            yield LineDraft(
                article=line.article,
                unit=line.unit,
                case_size=line.case_size,
                tiers=tuple(Tier(start, cents) for start, cents in line.tiers),
                vat=ctx.settings.usual_vat if line.vat is None else line.vat,
                supplier_name=line.supplier_name or self.supply.name,
                supplier_id=line.supplier_id if line.supplier_name else self.supply.number,
                minimum_cases=line.minimum_cases,
                reference_cents=line.reference_cents,
                reference_by=line.reference_by,
                reference_on=line.reference_on,
                article_code=line.article_code,
            )
