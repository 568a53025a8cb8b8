"""The demonstration's group purchases and tenders, written as if people had gone through them: what they commit
to, the decision by the rules themselves, and for what is over what each owes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from bot.demo.purchase_sample import Purchase, Tender, sample
from commands.kernel.settings import Settings
from commands.purchases import changes
from commands.purchases.rules.settlement import Delivered, settle
from commands.purchases.standing import allotments, costs_of, person_key
from commands.purchases.values import subject
from storage import (
    audit,
    commitments,
    jobs,
    networks,
    purchase_bills,
    purchase_interests,
    purchase_lines,
    purchases,
    suppliers,
    tenders,
)
from storage.purchase_bills import BillLine, NewBill, Summary
from storage.purchases import State
from storage.session import Session

_CLOSES: Final = time(18)
_APART: Final = timedelta(hours=3)
_PATIENCE: Final = timedelta(days=7)
_STEP: Final = timedelta(days=2)
_DECIDED: Final[tuple[State, ...]] = ("tipped", "confirmed", "ordered", "received", "settled")


def seed(session: Session, settings: Settings, members: Mapping[str, str], *, now: datetime) -> int:
    """Write all of them, for networks and suppliers that are there; returns how many purchases there are. None
    where there is one already. `members` are Matrix ids by login. The jobs that it puts down post the messages
    about them."""
    if purchases.get(session, 1) is not None:
        return 0
    cast = _Cast(settings, members)
    for one in sample().purchase:
        _History(session, cast, one, now).write()
    for each in sample().tender:
        _write_tender(session, cast, each, now)
    return len(sample().purchase)


@dataclass(frozen=True, slots=True)
class _Cast:
    settings: Settings
    members: Mapping[str, str]


class _History:
    """One purchase's way to where it stands."""

    def __init__(self, session: Session, cast: _Cast, one: Purchase, now: datetime) -> None:
        self._session = session
        self._cast = cast
        self._one = one
        self._now = now
        self._begun = now + timedelta(days=one.begun)
        closes = now + timedelta(days=one.deadline)
        if one.deadline == int(one.deadline):
            zone = cast.settings.timezone
            closes = datetime.combine(closes.astimezone(zone).date(), _CLOSES, zone)
        # A fraction of a day is that long ago, whatever the hour.
        self._deadline = closes
        self._id = 0

    def write(self) -> None:
        one = self._one
        self._id = self._draft()
        if one.state == "draft":
            return
        self._move("open", self._begun + _APART, due=self._deadline)
        self._take_part()
        if one.state == "open":
            self._put_down(self._deadline, reminds=True)
        elif one.state == "cancelled":
            self._move("cancelled", self._deadline - _STEP, reason=one.reason)
        elif one.state == "filling":
            until = self._deadline + self._cast.settings.filling
            self._move("filling", self._deadline, due=until)
            self._put_down(until)
        elif one.state == "failed":
            until = self._deadline + _PATIENCE
            self._move("failed", self._deadline, due=until)
            self._put_down(until)
        else:
            self._go_through()
        if one.state not in ("cancelled", "settled"):
            self._announce()

    def _draft(self) -> int:
        one, session = self._one, self._session
        opener = self._cast.members[one.opener]
        found = _supplier(session, one.supplier)
        added = purchases.add(
            session,
            purchases.Draft(
                title=one.title,
                language=one.language,
                currency=self._cast.settings.currency,
                deadline=_ms(self._deadline),
                network_ids=_networks(session, one.networks),
                regions=one.regions,
                lines=tuple(
                    line.draft(one.supplier, found, self._begun.date()) for line in one.lines
                ),
                responsible=opener,
                pickup=one.pickup,
                payment=one.payment,
                freight_cents=one.freight,
                costs_vat=one.costs_vat,
                handling_minutes=one.minutes,
                handling_rate_cents=one.rate,
                awaits_approval=one.state == "draft",
            ),
            opener=opener,
            now=_ms(self._begun),
        )
        self._audit("new", self._begun, added)
        return added

    def _take_part(self) -> None:
        purchase = purchases.get(self._session, self._id)
        assert purchase is not None
        at = self._begun + 2 * _APART
        for login, wanted in self._one.takes.items():
            for line, (quantity, tolerance) in zip(purchase.lines, wanted, strict=True):
                if quantity:
                    commitments.put(
                        self._session,
                        line.id,
                        self._cast.members[login],
                        quantity=quantity,
                        tolerance=tolerance,
                        accepted_cents=line.tiers[0].cents,
                        now=_ms(at),
                    )
            at += _APART
        for login in self._one.interested:
            purchase_interests.show(
                self._session, self._id, self._cast.members[login], wants_reminder=True, now=_ms(at)
            )

    def _go_through(self) -> None:
        """The decision, by the rules themselves, and what followed it."""
        at = self._deadline
        purchase = purchases.get(self._session, self._id)
        assert purchase is not None
        made = commitments.of_purchase(self._session, self._id)
        for line_id, allotment in allotments(purchase, made).items():
            purchase_lines.fix_order(
                self._session, line_id, cases=allotment.cases, cents=allotment.cents
            )
            commitments.fix(self._session, allotment.units, allotment.dropped)
        for state in _DECIDED[: _DECIDED.index(self._one.state) + 1]:
            if state == "received":
                self._deliver()
            elif state == "settled":
                self._settle(at)
            self._move(state, at)
            at += _STEP

    def _deliver(self) -> None:
        """All of it came."""
        purchase = purchases.get(self._session, self._id)
        assert purchase is not None
        for line in purchase.lines:
            purchase_lines.set_delivered(self._session, line.id, line.ordered_units)
        commitments.deliver(
            self._session,
            {
                one.id: one.ordered_units or 0
                for each in commitments.of_purchase(self._session, self._id).values()
                for one in each
            },
        )

    def _settle(self, at: datetime) -> None:
        """Everybody paid what they owed."""
        one, session = self._one, self._session
        purchases.change(
            session, self._id, now=_ms(at), saved_grams=one.grams, saved_trips=one.trips
        )
        purchase = purchases.get(session, self._id)
        assert purchase is not None
        made = commitments.of_purchase(session, self._id)
        delivered = [
            Delivered(
                {person_key(each, {}): each.delivered_units or 0 for each in made[line.id]},
                line.ordered_cents or 0,
                line.vat,
                line.reference_cents,
            )
            for line in purchase.lines
        ]
        parts = settle(delivered, costs_of(purchase).billed_cents, purchase.costs_vat)
        bills = [
            NewBill(
                key,
                tuple(
                    BillLine(
                        purchase.lines[got.place].id,
                        got.units,
                        delivered[got.place].cents,
                        got.net_cents,
                        got.vat_cents,
                    )
                    for got in part.got
                ),
                part.costs_cents,
                part.costs_vat_cents,
                part.gain_cents,
            )
            for key, part in parts.items()
        ]
        purchase_bills.write(session, self._id, bills, now=_ms(at))
        written = [bill.id for bill in purchase_bills.of_purchase(session, self._id)]
        opener = self._cast.members[one.opener]
        purchase_bills.confirm(session, written, opener, now=_ms(at))
        purchase_bills.summarise(
            session,
            Summary(
                self._id,
                at.astimezone(self._cast.settings.timezone).date().isoformat(),
                len(bills),
                sum(got.units for part in parts.values() for got in part.got),
                sum(bill.net_cents for bill in bills),
                sum(bill.gain_cents for bill in bills),
                one.grams,
                one.trips,
            ),
        )

    def _move(
        self, state: State, at: datetime, *, due: datetime | None = None, reason: str | None = None
    ) -> None:
        purchases.move(
            self._session,
            self._id,
            state,
            now=_ms(at),
            due_at=None if due is None else _ms(due),
            reason=reason,
        )
        self._audit(state, at, self._id)

    def _audit(self, step: str, at: datetime, number: int) -> None:
        audit.note(
            self._session,
            actor=self._cast.members[self._one.opener],
            action=f"purchase.{step}",
            subject=subject(number),
            now=_ms(at),
        )

    def _put_down(self, due: datetime, *, reminds: bool = False) -> None:
        """The next step that comes by itself."""
        key, data = f"{self._id}-{_ms(due)}", {"purchase": self._id}
        jobs.add(self._session, changes.STEP, key, due_at=_ms(due), data=data)
        if reminds:
            jobs.add(
                self._session,
                changes.REMIND,
                key,
                due_at=_ms(due - self._cast.settings.remind_ahead),
                data={**data, "deadline": _ms(due)},
            )

    def _announce(self) -> None:
        jobs.add(
            self._session,
            changes.REFRESH,
            f"{self._id}-{_ms(self._now)}",
            due_at=_ms(self._now),
            data={"purchase": self._id},
        )


def _write_tender(session: Session, cast: _Cast, one: Tender, now: datetime) -> None:
    begun = now + timedelta(days=one.begun)
    added = tenders.add(
        session,
        tenders.Draft(
            title=one.title,
            language=one.language,
            currency=cast.settings.currency,
            valid_until=(
                now.astimezone(cast.settings.timezone).date() + timedelta(days=one.valid)
            ).isoformat(),
            supplier_name=one.supplier,
            network_ids=_networks(session, one.networks),
            lines=tuple(line.draft() for line in one.lines),
            responsible=cast.members[one.responsible],
            supplier_id=_supplier(session, one.supplier),
            note=one.note,
        ),
        now=_ms(begun),
    )
    tenders.move(session, added, "open", now=_ms(begun))
    tender = tenders.get(session, added)
    assert tender is not None
    for day, (login, wanted) in enumerate(one.calls.items(), start=1):
        for line, (units, _) in zip(tender.lines, wanted, strict=True):
            if units:
                at = _ms(begun + timedelta(days=day))
                tenders.call_off(session, line.id, cast.members[login], units, now=at)


def _supplier(session: Session, name: str) -> int | None:
    return next((number for number, known, _ in suppliers.names(session) if known == name), None)


def _networks(session: Session, slugs: tuple[str, ...]) -> tuple[int, ...]:
    found = (networks.by_slug(session, slug) for slug in slugs)
    return tuple(network.id for network in found if network is not None)


def _ms(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
