"""What members propose: a network or a collective initiative. Others support it, at a threshold staff hear
of it, once, and decide in one reply."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from commands.kernel import teams
from commands.kernel.catalogue import N_
from commands.kernel.choices import Misunderstood, at_most, yes_no
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.errors import BadArgument, NotFound, Refused
from commands.kernel.incoming import Message, Reaction
from commands.kernel.parameters import positional
from commands.kernel.telling import edit_everywhere, shown_count, tell_team
from commands.kernel.text import one_line
from commands.kernel.words import truth_of
from commands.networks import checks, opening
from commands.networks.sheet import choices, region_code
from commands.networks.values import KIND_WORDS, KINDS
from storage import member_accounts, people, proposals
from storage.networks import NetworkKind
from storage.proposals import Kind, Proposal

router = Router("networks")

_LONGEST_TITLE = 80
_LONGEST_PURPOSE = 600


def about(proposal_id: int) -> str:
    return f"proposal:{proposal_id}"


class Draft(BaseModel):
    """A proposal while it is being written."""

    kind: Kind
    title: str = ""
    purpose: str = ""
    network_kind: NetworkKind | None = None
    region: str | None = None
    sure: bool = False


def _ask_title(ctx: Context, data: Draft) -> Question:
    return Question("networks/ask_proposal_title", {"kind": data.kind})


def _take_title(ctx: Context, data: Draft, answer: Answer) -> Draft:
    title = one_line(answer.text)
    if not 3 <= len(title) <= _LONGEST_TITLE:
        raise Misunderstood(N_("a name of 3 to %(longest)s characters"), longest=_LONGEST_TITLE)
    return data.model_copy(update={"title": title})


def _ask_kind(ctx: Context, data: Draft) -> Question:
    return Question("networks/ask_kind", choices=choices(ctx, KINDS, KIND_WORDS))


def _take_kind(ctx: Context, data: Draft, answer: Answer) -> Draft:
    return data.model_copy(update={"network_kind": answer.chosen[0]})


def _ask_purpose(ctx: Context, data: Draft) -> Question:
    return Question("networks/ask_proposal_purpose", {"kind": data.kind})


def _take_purpose(ctx: Context, data: Draft, answer: Answer) -> Draft:
    text = answer.text.strip()
    if len(text) < 10:
        raise Misunderstood(N_("a sentence or two"))
    return data.model_copy(update={"purpose": at_most(_LONGEST_PURPOSE, text)})


def _ask_region(ctx: Context, data: Draft) -> Question:
    return Question("networks/ask_region")


def _take_region(ctx: Context, data: Draft, answer: Answer) -> Draft:
    return data.model_copy(update={"region": region_code(ctx, answer.text)})


def _ask_sure(ctx: Context, data: Draft) -> Question:
    return Question(
        "networks/ask_publish", {"proposal": data, "kinds": KINDS}, choices=yes_no(ctx.language)
    )


def _take_sure(ctx: Context, data: Draft, answer: Answer) -> Draft:
    return data.model_copy(update={"sure": answer.chosen[0] == "yes"})


def _finish(ctx: Context, data: Draft) -> None:
    if not data.sure:
        ctx.reply("networks/not_published", title=data.title)
        return
    proposal_id = proposals.add(
        ctx.session,
        kind=data.kind,
        title=data.title,
        purpose=data.purpose,
        network_kind=data.network_kind if data.kind == "network" else None,
        region=data.region,
        language=ctx.language,
        proposer=ctx.user,
        now=ctx.now_ms,
    )
    ctx.audit("proposal.made", about(proposal_id), kind=data.kind)
    proposal = proposals.get(ctx.session, proposal_id)
    ctx.reply("networks/proposed", proposal=proposal, threshold=ctx.settings.support_threshold)


dialogue: Dialogue[Draft] = Dialogue(
    "networks.propose",
    title=N_("a proposal"),
    data=Draft,
    steps=(
        Step("title", _ask_title, _take_title, optional=False),
        Step(
            "kind",
            _ask_kind,
            _take_kind,
            optional=False,
            applies=lambda data: data.kind == "network",
        ),
        Step("purpose", _ask_purpose, _take_purpose, optional=False),
        Step("region", _ask_region, _take_region),
        Step("sure", _ask_sure, _take_sure, optional=False),
    ),
    finish=_finish,
)


@router.command(
    "propose",
    nl=("voorstel", "stel voor"),
    fr=("proposer", "propose"),
    summary=N_("proposes something to the cooperative: I show what can be proposed"),
    examples={
        "en": ("propose network",),
        "nl": ("voorstel netwerk",),
        "fr": ("proposer réseau",),
    },
    arguments=Nothing,
    reads_only=True,
)
def propose(ctx: Context, arguments: Nothing) -> None:
    known = [each for each in ctx.registry.commands if each.name.startswith("propose ")]
    ctx.reply("networks/propose_what", known=known)


@router.command(
    "propose network",
    nl=(
        "voorstel netwerk",
        "netwerk voorstellen",
        "stel netwerk voor",
        "stel een netwerk voor",
        "stel voor netwerk",
    ),
    fr=("proposer réseau", "proposer un réseau", "propose réseau", "propose un réseau"),
    summary=N_("proposes a new network; other members can support it"),
    examples={
        "en": ("propose network",),
        "nl": ("voorstel netwerk",),
        "fr": ("proposer réseau",),
    },
    arguments=Nothing,
    check=checks.member,
    who=checks.MEMBERS,
)
def propose_network(ctx: Context, arguments: Nothing) -> None:
    ctx.frame.start(ctx, dialogue.name, Draft(kind="network"))


@router.command(
    "propose initiative",
    nl=(
        "voorstel initiatief",
        "initiatief voorstellen",
        "stel initiatief voor",
        "stel een initiatief voor",
        "stel voor initiatief",
    ),
    fr=("proposer initiative", "proposer une initiative", "propose une initiative"),
    summary=N_("registers a collective initiative; other members can support it"),
    examples={
        "en": ("propose initiative",),
        "nl": ("voorstel initiatief",),
        "fr": ("proposer initiative",),
    },
    arguments=Nothing,
    check=checks.member,
    who=checks.MEMBERS,
)
def propose_initiative(ctx: Context, arguments: Nothing) -> None:
    ctx.frame.start(ctx, dialogue.name, Draft(kind="initiative"))


@router.command(
    "proposals",
    nl=("voorstellen",),
    fr=("propositions",),
    summary=N_("lists what members propose"),
    examples={"en": ("proposals",), "nl": ("voorstellen",), "fr": ("propositions",)},
    arguments=Nothing,
    reads_only=True,
)
def list_proposals(ctx: Context, arguments: Nothing) -> None:
    found = proposals.open_ones(ctx.session)
    ctx.reply(
        "networks/proposals",
        proposals=[
            (proposal, shown_count(ctx, proposal.supporters))
            for proposal in found[: 2 * ctx.settings.search_page]
        ],
        more=max(0, len(found) - 2 * ctx.settings.search_page),
        smallest=ctx.settings.smallest_count,
        kinds=KINDS,
    )


class ProposalNumber:
    """Raises BadArgument with where the numbers stand."""

    def convert(self, text: str, ctx: Context) -> int:
        digits = text.lstrip("#")
        if digits.isascii() and digits.isdigit():
            return int(digits[:15])
        raise BadArgument(
            text[:40],
            N_("the number of a proposal; “%(command)s” shows them"),
            command=ctx.registry.word("proposals", ctx.language),
        )


@dataclass(frozen=True, slots=True)
class SupportArguments:
    proposal: int = positional(ProposalNumber(), N_("the number of a proposal"))


@router.command(
    "support",
    nl=("steun", "ondersteun"),
    fr=("soutenir", "soutiens"),
    summary=N_("supports a proposal; when enough members do, staff hear of it"),
    examples={"en": ("support 3",), "nl": ("steun 3",), "fr": ("soutenir 3",)},
    arguments=SupportArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def support(ctx: Context, arguments: SupportArguments) -> None:
    proposal = proposals.get(ctx.session, arguments.proposal)
    if proposal is None:
        raise NotFound(
            str(arguments.proposal),
            N_("the number of a proposal; “%(command)s” shows them"),
            command=ctx.registry.word("proposals", ctx.language),
        )
    if proposal.status != "open":
        raise Refused(N_("That proposal has been decided already, so it needs no more support."))
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    if proposal.proposer in accounts:
        raise Refused(N_("It is your own proposal, so you support it already."))
    new = not any(
        proposal.id in proposals.supported_by(ctx.session, account) for account in accounts
    )
    if new:
        proposals.support(ctx.session, proposal.id, ctx.user, now=ctx.now_ms)
    ctx.acted = True
    proposal = proposals.get(ctx.session, proposal.id)
    assert proposal is not None
    heard = _tell_staff(ctx, proposal)
    ctx.reply(
        "networks/supported",
        proposal=proposal,
        new=new,
        supporters=shown_count(ctx, proposal.supporters),
        smallest=ctx.settings.smallest_count,
        reached=heard,
    )


def _tell_staff(ctx: Context, proposal: Proposal) -> bool:
    """Once, at the threshold; whether staff know of it. Without a staff room that can be trusted it is
    told with the next support after there is one."""
    if proposal.heard or proposal.supporters < ctx.settings.support_threshold:
        return proposal.heard
    told = tell_team(
        ctx,
        "staff",
        "networks/proposal_supported",
        about=about(proposal.id),
        proposal=proposal,
        supporters=shown_count(ctx, proposal.supporters),
        smallest=ctx.settings.smallest_count,
        kinds=KINDS,
    )
    if told:
        proposals.hear_once(ctx.session, proposal.id, now=ctx.now_ms)
    return told


@router.answer("proposal")
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """Staff open the network from a proposal, or decline it, with a reply or a reaction."""
    proposal = proposals.get(ctx.session, int(reference))
    text = answer.key if isinstance(answer, Reaction) else answer.text
    truth = truth_of(text)
    if proposal is None or truth is None:
        return False
    teams.staff(ctx, None)
    if proposal.status != "open":
        ctx.reply("networks/proposal_settled", proposal=proposal)
        return True
    ctx.acted = True
    if truth and proposal.kind == "network":
        # It is accepted when its network is there: a conversation that is cancelled decides nothing.
        opening.start(ctx, proposal)
        return True
    status = "accepted" if truth else "declined"
    proposals.decide(
        ctx.session, proposal.id, "accepted" if truth else "declined", by=ctx.user, now=ctx.now_ms
    )
    ctx.audit(f"proposal.{status}", about(proposal.id))
    settled = proposals.get(ctx.session, proposal.id)
    edit_everywhere(ctx, about(proposal.id), "networks/proposal_settled", proposal=settled)
    ctx.reply("networks/proposal_settled", proposal=settled)
    if proposal.proposer is not None:
        language = people.language_of(ctx.session, proposal.proposer) or proposal.language
        ctx.direct(
            proposal.proposer, "networks/proposal_answer", language=language, proposal=settled
        )
    return True
