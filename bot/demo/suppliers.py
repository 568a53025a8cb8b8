"""The demonstration's directory of suppliers, invented, written as a year of history: a charter that two people
put in force, reviews by two buyers, ratings, needs, and what members lend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.demo.supplier_sample import Sample, Supplier, sample
from commands.labels import Labels
from commands.suppliers.demand import folded
from commands.suppliers.indexing import reindex, reindex_loan
from commands.suppliers.likeness import key_of
from commands.suppliers.values import subject
from storage import (
    audit,
    charters,
    deal_uses,
    loans,
    supplier_contacts,
    supplier_demand,
    supplier_evidence,
    supplier_rounds,
    supplier_targets,
    suppliers,
)
from storage.charters import Charter, Criterion, Texts
from storage.session import Session
from storage.supplier_rounds import Verdict
from storage.suppliers import Class, State

_FIRST: Final = timedelta(days=380)
_APART: Final = timedelta(days=5)
_YEARS: Final = timedelta(days=3 * 365)
_HIDDEN_SINCE: Final = timedelta(days=15)
# Evidence that says nothing else holds for this long from today on, at least.
_HOLDS: Final = 150
_TARGETS: Final[Mapping[Class, int]] = {
    "service": 60,
    "consumable": 50,
    "product": 70,
    "investment": 80,
}
_JUDGED: Final[Mapping[State, Verdict]] = {
    "approved": "approved",
    "suspended": "approved",
    "expired": "approved",
    "conditional": "conditional",
    "rejected": "rejected",
}
_UNDER_WAY: Final[Sequence[State]] = ("triage", "evidence", "review")


@dataclass(frozen=True, slots=True)
class Cast:
    """Matrix ids: two buyers who review, who confirms their charter, and the members by their logins."""

    buyers: tuple[str, str]
    confirms: str
    members: Mapping[str, str]

    def proposers(self) -> list[str]:
        return [user for user in self.members.values() if user not in self.buyers]


def seed(
    session: Session,
    labels: Labels,
    cast: Cast,
    shipped: tuple[Texts, Sequence[Criterion]],
    *,
    now: datetime,
) -> int:
    """Write the whole directory, with that charter where none is in force; returns how many suppliers it has.
    None where there are suppliers already."""
    if suppliers.names(session):
        return 0
    told = sample()
    begun = now - _FIRST
    charter = charters.in_force(session)
    if charter is None:
        version = charters.add(session, *shipped, made_by=cast.buyers[0], now=_ms(begun))
        charters.put_in_force(session, version, by=cast.confirms, now=_ms(begun))
        charter = charters.get(session, version)
        assert charter is not None
    for position, one in enumerate(told.supplier):
        history = _History(session, cast, charter, begun + position * _APART, now, position)
        history.write(one)
        reindex(session, labels, history.supplier_id)
    for class_, percent in _TARGETS.items():
        supplier_targets.put(
            session, now.year, class_, percent, by=cast.buyers[0], now=_ms(now - _HIDDEN_SINCE)
        )
    _write_demand(session, cast, told, now)
    for loan in told.loan:
        number = loans.add(
            session,
            cast.members[loan.who],
            loan.title,
            loan.mode,
            category=loan.category,
            region=loan.place,
            terms=loan.terms,
            language=loan.language,
            now=_ms(now - _HIDDEN_SINCE),
        )
        reindex_loan(session, labels, number)
    return len(told.supplier)


def _write_demand(session: Session, cast: Cast, told: Sample, now: datetime) -> None:
    at = _ms(now - _HIDDEN_SINCE)
    for need in told.need:
        for login in need.who:
            supplier_demand.need(
                session,
                need.words,
                folded=folded(need.words),
                language=need.language,
                user_id=cast.members[login],
                now=at,
            )
    for mention in told.mention:
        for login in mention.who:
            supplier_demand.mention(
                session,
                mention.name,
                folded=key_of(mention.name),
                source="command",
                user_id=cast.members[login],
                now=at,
            )


class _History:
    """One supplier's way to where it stands, step by step, as people would have gone it."""

    def __init__(
        self,
        session: Session,
        cast: Cast,
        charter: Charter,
        begun: datetime,
        now: datetime,
        position: int,
    ) -> None:
        self._session = session
        self._cast = cast
        self._charter = charter
        self._at = begun
        self._now = now
        self._today = now.astimezone(UTC).date()
        self._position = position
        self.supplier_id = 0

    def write(self, one: Supplier) -> None:
        self._propose(one)
        if one.state in ("prospect", "proposed"):
            return
        round_id = supplier_rounds.open_round(
            self._session,
            self.supplier_id,
            "first",
            charter_version=self._charter.version,
            by=self._cast.buyers[0],
            now=_ms(self._at),
        )
        steps = _UNDER_WAY
        if one.state in _UNDER_WAY:
            steps = _UNDER_WAY[: _UNDER_WAY.index(one.state) + 1]
        for step in steps:
            self._later(days=4)
            self._move(step)
        self._prove(one)
        self._score(one, round_id)
        if one.state in _JUDGED:
            self._judge(one, round_id, _JUDGED[one.state])
            self._since(one)
        self._rate(one)

    def _propose(self, one: Supplier) -> None:
        is_prospect = one.state == "prospect"
        proposers = self._cast.proposers()
        proposer = proposers[self._position % len(proposers)]
        self.supplier_id = suppliers.add(
            self._session,
            sample().draft(one, self._today),
            state="prospect" if is_prospect else "proposed",
            proposer=None if is_prospect else proposer,
            language=one.language,
            now=_ms(self._at),
        )
        self._audit("prospect" if is_prospect else "proposed", proposer)
        for note in one.contacts:
            self._later(days=6)
            supplier_contacts.add(
                self._session, self.supplier_id, self._cast.buyers[1], note, now=_ms(self._at)
            )

    def _prove(self, one: Supplier) -> None:
        """A claim for whatever earned its score."""
        first, second = self._cast.buyers
        usual = self._today + timedelta(days=_HOLDS + 7 * (self._position % 30))
        claims = zip(self._charter.criteria, sample().claims, self._scores(one), strict=False)
        for criterion, claim, score in claims:
            if score is None or score < 2:
                continue
            until = usual
            if one.lapses is not None and criterion.position == 1:
                until = self._today + timedelta(days=one.lapses)
            supplier_evidence.add(
                self._session,
                self.supplier_id,
                criterion.key,
                claim[one.language],
                link=f"{one.website}/{criterion.key}",
                valid_until=until.isoformat(),
                by=first,
                now=_ms(self._at),
            )
            supplier_evidence.check(
                self._session, self.supplier_id, criterion.key, by=second, now=_ms(self._at)
            )

    def _score(self, one: Supplier, round_id: int) -> None:
        if not one.scores:
            return
        for criterion, score in zip(self._charter.criteria, self._scores(one), strict=False):
            supplier_rounds.put_score(
                self._session,
                round_id,
                criterion.key,
                score,
                note=None,
                by=self._cast.buyers[0],
                now=_ms(self._at),
            )

    def _scores(self, one: Supplier) -> list[int | None]:
        """For each criterion of the charter in force; nothing is known of those beyond the shipped ones."""
        given = [None if score == "-" else int(score) for score in one.scores]
        return given + [None] * (len(self._charter.criteria) - len(given))

    def _judge(self, one: Supplier, round_id: int, verdict: Verdict) -> None:
        condition_due = None
        if one.condition is not None:
            condition_due = (self._today + timedelta(days=one.mend)).isoformat()
            supplier_rounds.set_condition(self._session, round_id, one.condition, condition_due)
        reason = one.reason if verdict == "rejected" else None
        for buyer in self._cast.buyers:
            self._later(days=3)
            supplier_rounds.vote(
                self._session, round_id, buyer, verdict, reason=reason, now=_ms(self._at)
            )
        ends = self._at.date() + _YEARS
        if one.due is not None:
            ends = self._today + timedelta(days=one.due)
        elif one.state == "expired":
            ends = self._today - _HIDDEN_SINCE
        self._move(
            verdict,
            reason=reason,
            round_id=round_id,
            condition=one.condition,
            condition_due=condition_due,
            review_due=None if verdict == "rejected" else ends.isoformat(),
        )
        supplier_rounds.close(self._session, round_id, verdict, now=_ms(self._at))

    def _since(self, one: Supplier) -> None:
        """What became of it after it was approved."""
        if one.state in ("suspended", "expired"):
            self._at = self._now - _HIDDEN_SINCE
            self._move(one.state, reason=one.reason)

    def _rate(self, one: Supplier) -> None:
        """By as many members as there are ratings, one a day."""
        for user, rating in zip(self._cast.proposers(), one.ratings, strict=False):
            self._later(days=1)
            use, _ = deal_uses.note(
                self._session,
                self.supplier_id,
                user,
                [user],
                day=self._at.date().isoformat(),
                now=_ms(self._at),
            )
            points, _, word = rating.partition(" ")
            deal_uses.rate(self._session, use, int(points), word, now=_ms(self._at))

    def _later(self, *, days: int) -> None:
        """A prospect of this week has no future yet."""
        self._at = min(self._at + timedelta(days=days), self._now)

    def _move(
        self,
        state: State,
        *,
        reason: str | None = None,
        round_id: int | None = None,
        condition: str | None = None,
        condition_due: str | None = None,
        review_due: str | None = None,
    ) -> None:
        suppliers.move(
            self._session,
            self.supplier_id,
            state,
            now=_ms(self._at),
            reason=reason,
            round_id=round_id,
            condition=condition,
            condition_due=condition_due,
            review_due=review_due,
        )
        self._audit(state, self._cast.buyers[0])

    def _audit(self, step: State, actor: str) -> None:
        audit.note(
            self._session,
            actor=actor,
            action=f"supplier.{step}",
            subject=subject(self.supplier_id),
            now=_ms(self._at),
        )


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
