"""Where a review stands, what is next in it, who may look and vote, and how a round begins. What the steps
are is `reviewing`'s, the votes are `voting`'s, what the buyers read is `progress`'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from commands.kernel import roles
from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import Refused
from commands.suppliers.rules import (
    VOTES_NEEDED,
    Total,
    failed_knock_outs,
    not_looked_at,
    total,
)
from commands.suppliers.values import subject
from storage import (
    charters,
    member_accounts,
    supplier_evidence,
    supplier_notices,
    supplier_rounds,
    suppliers,
)
from storage.charters import Charter, Criterion
from storage.session import Session
from storage.supplier_evidence import Evidence
from storage.supplier_rounds import Kind, Round, Score, Verdict, Vote
from storage.suppliers import State, Supplier

# What is next: `decide` when only a vote against is possible.
Step = Literal["charter", "take_up", "evidence", "review", "score", "decide", "vote", "none"]
Bar = Literal["proposer", "conflict"]

# States in which there is a vote while a round is open.
VOTED_IN: Final[tuple[State, ...]] = ("review", "approved", "conditional", "suspended")
UNDER_WAY: Final[tuple[State, ...]] = ("proposed", "triage", "evidence", "review")

KIND_NAMES: Final = {
    "first": N_("first review"),
    "renewal": N_("renewal"),
    "complaint": N_("review after a complaint"),
    "charter": N_("review against the new charter"),
    "return": N_("review for coming back"),
    "condition": N_("review of the condition"),
}
VERDICT_NAMES: Final = {
    "approved": N_("approve"),
    "conditional": N_("approve on a condition"),
    "rejected": N_("reject"),
}


@dataclass(frozen=True, slots=True)
class Review:
    """A supplier with its round: the open one, or the one asked for; none before there is a charter.

    `evidence` by criterion is what was not withdrawn, `ineligible` are accounts of the proposer and of those
    who declared a conflict."""

    supplier: Supplier
    round: Round | None
    charter: Charter | None
    scores: dict[str, Score]
    evidence: dict[str, list[Evidence]]
    votes: list[Vote]
    conflicted: list[str]
    ineligible: frozenset[str]

    @property
    def values(self) -> dict[str, int | None]:
        return {key: score.score for key, score in self.scores.items()}

    @property
    def total(self) -> Total:
        return total(self.charter, self.values) if self.charter else Total(None, 0)

    @property
    def missing(self) -> tuple[Criterion, ...]:
        """Criteria that nobody looked at yet."""
        return not_looked_at(self.charter, self.values) if self.charter else ()

    @property
    def failed(self) -> tuple[Criterion, ...]:
        return failed_knock_outs(self.charter, self.values) if self.charter else ()

    def lapsed(self, day: str) -> tuple[Criterion, ...]:
        """Knock-outs whose evidence no longer holds on that ISO day: what is approved so is suspended at once
        (product.md, section 4)."""
        return tuple(
            criterion
            for criterion in (self.charter.criteria if self.charter is not None else ())
            if criterion.knock_out
            and (known := self.evidence.get(criterion.key))
            and not any(each.holds_on(day) for each in known)
        )

    @property
    def is_open(self) -> bool:
        return self.round is not None and self.round.closed_at is None

    @property
    def step(self) -> Step:
        before: dict[State, Step] = {"proposed": "take_up", "triage": "evidence"}
        if self.round is None:
            return "charter" if self.supplier.state == "proposed" else "none"
        if not self.is_open:
            return "none"
        if self.supplier.state in before:
            return before[self.supplier.state]
        if self.supplier.state == "evidence":
            return "review"
        if self.missing:
            return "score"
        return "decide" if self.failed else "vote"

    def counted(self, verdict: Verdict) -> list[Vote]:
        return [vote for vote in self.votes if vote.counts and vote.verdict == verdict]

    @property
    def still_needed(self) -> int:
        """Votes until the round can close, if the next ones say what most say now."""
        verdicts: tuple[Verdict, ...] = ("approved", "conditional", "rejected")
        return VOTES_NEEDED - max(len(self.counted(verdict)) for verdict in verdicts)

    def waits_on(self, accounts: Sequence[str]) -> bool:
        """Whether the person with these accounts can take the next step."""
        if self.step in ("none", "charter"):
            return False
        if self.step in ("take_up", "evidence", "review"):
            return True
        if not self.ineligible.isdisjoint(accounts):
            return False
        return self.step == "score" or not any(vote.user_id in accounts for vote in self.votes)


def look(session: Session, supplier: Supplier, round_id: int | None = None) -> Review:
    """The review as it stands; of a round that may be closed if one is given."""
    if round_id is None:
        found = supplier_rounds.current(session, supplier.id)
    else:
        found = supplier_rounds.get(session, round_id)
    evidence: dict[str, list[Evidence]] = {}
    for each in supplier_evidence.of_supplier(session, supplier.id):
        evidence.setdefault(each.criterion, []).append(each)
    conflicted = supplier_rounds.conflicted(session, supplier.id)
    excluded = [*conflicted, *([supplier.proposer] if supplier.proposer else [])]
    return Review(
        supplier,
        found,
        charters.get(session, found.charter_version) if found else None,
        supplier_rounds.scores(session, found.id) if found else {},
        evidence,
        supplier_rounds.votes(session, found.id) if found else [],
        conflicted,
        frozenset(
            account for user in excluded for account in member_accounts.same_person(session, user)
        ),
    )


def bar(session: Session, supplier: Supplier, user: str) -> Bar | None:
    """Why a person may neither score nor vote, whichever of their accounts they use."""
    accounts = set(member_accounts.same_person(session, user))
    if supplier.proposer in accounts:
        return "proposer"
    if not accounts.isdisjoint(supplier_rounds.conflicted(session, supplier.id)):
        return "conflict"
    return None


def refuse_barred(ctx: Context, supplier: Supplier) -> None:
    """Raises Refused for the proposer and for whoever declared a conflict of interest."""
    found = bar(ctx.session, supplier, ctx.user)
    if found == "proposer":
        raise Refused(
            N_(
                "You proposed this supplier, so two others judge it: your vote would not count."
                " Thank you for proposing it; evidence that you bring is welcome."
            )
        )
    if found == "conflict":
        raise Refused(
            N_(
                "You declared a conflict of interest with this supplier, so two others judge it:"
                " your vote would not count. Thank you for saying so."
            )
        )


def charter_in_force(ctx: Context) -> Charter:
    """Raises Refused, with what makes one, while there is none."""
    charter = charters.in_force(ctx.session)
    if charter is None:
        raise Refused(
            N_(
                "There is no charter in force yet, and suppliers are held against it."
                " “%(command)s” makes one; a second person confirms it."
            ),
            command=ctx.registry.word("charter new", ctx.language),
        )
    return charter


def begin(
    ctx: Context, supplier: Supplier, kind: Kind, *, with_scores_of: int | None = None
) -> Round:
    """Open a round against the charter in force, beginning with the scores of an earlier one if there is one.

    Raises Refused without a charter in force, and sqlite3.IntegrityError while another round is open.
    """
    charter = charter_in_force(ctx)
    by = ctx.user if ctx.user != ctx.settings.bot_user else None
    round_id = supplier_rounds.open_round(
        ctx.session,
        supplier.id,
        kind,
        charter_version=charter.version,
        by=by,
        now=ctx.now_ms,
    )
    if with_scores_of is not None:
        supplier_rounds.copy_scores(ctx.session, with_scores_of, round_id)
    ctx.audit("supplier.round", subject(supplier.id), kind=kind, charter=charter.version)
    opened = supplier_rounds.get(ctx.session, round_id)
    assert opened is not None
    return opened


def end_votes_of_who_left(ctx: Context, review: Review) -> None:
    """The buyers' room is the truth about who decides (product.md, section 3): whoever is no longer in it, by
    any account, has no vote in this open round either."""
    assert review.round is not None
    for vote in review.votes:
        accounts = member_accounts.same_person(ctx.session, vote.user_id)
        if not any(roles.in_team(ctx.session, account, "buyers") for account in accounts):
            supplier_rounds.take_back(ctx.session, review.round.id, vote.user_id)


def open_reviews(session: Session) -> list[Review]:
    """Every supplier whose review is under way or waits for a charter, the longest first."""
    concerned = {one.id: one for one in suppliers.in_state(session, *UNDER_WAY)}
    concerned |= suppliers.of_ids(session, supplier_notices.under_review(session))
    return sorted(
        (look(session, supplier) for supplier in concerned.values()),
        key=lambda one: one.round.opened_at if one.round else one.supplier.state_since,
    )
