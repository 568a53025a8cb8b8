"""The questions about a group purchase that is new: for whom, from whom, what, until when, and what it costs
beside. Those about its lines are `opening_lines`'s, those about the supplier `supplying`'s."""

from __future__ import annotations

from typing import Any, Final

from commands.kernel import roles
from commands.kernel.catalogue import N_
from commands.kernel.choices import Choice, Misunderstood, at_most, chosen, yes_no
from commands.kernel.context import Context, milliseconds
from commands.kernel.dialogue import Answer, Question, Step
from commands.kernel.errors import CommandError
from commands.kernel.fields import FieldError, parts_of
from commands.kernel.text import one_line
from commands.kernel.words import MOVES, truth_of
from commands.networks import refs
from commands.networks.sheet import region_code
from commands.purchases import typed
from commands.purchases.board_data import moment
from commands.purchases.opening_lines import PlanStep, line_steps
from commands.purchases.plan import Plan
from commands.purchases.supplying import supplier_steps
from storage import member_accounts, networks
from storage.networks import Network

LONGEST_TITLE: Final = 80
LONGEST_PICKUP: Final = 300
LONGEST_PAYMENT: Final = 300
LONGEST_NOTE: Final = 1000
_MOST_NETWORKS: Final = 20
_MOST_OFFERED: Final = 12


def steps() -> tuple[PlanStep, ...]:
    return (
        Step("title", _ask_title, _take_title, optional=False,
             applies=lambda data: not data.came_with_title),
        Step("networks", _ask_networks, _take_networks, optional=False),
        Step("region", _ask_region, _take_region, applies=lambda data: bool(data.usual_region)),
        Step("some_region", _ask_region, _take_region, optional=False,
             applies=lambda data: not data.usual_region),
        *supplier_steps(Plan),
        *line_steps(),
        Step("deadline", _ask_deadline, _take_deadline, optional=False),
        Step("deadline_sure", _ask_deadline_sure, _take_deadline_sure, optional=False),
        Step("costs", _ask_costs, _take_costs),
        _text_step("pickup", LONGEST_PICKUP),
        _text_step("payment", LONGEST_PAYMENT),
        _text_step("note", LONGEST_NOTE),
    )  # fmt: skip


def titled(plan: Plan, text: str) -> Plan:
    """With that title. Raises Misunderstood."""
    return plan.model_copy(update={"title": title_in(text)})


def title_in(text: str) -> str:
    """Raises Misunderstood."""
    title = one_line(text)
    if len(title) < 3 or not any(sign.isalpha() for sign in title):
        raise Misunderstood(N_("what is bought together, in a few words"))
    return at_most(LONGEST_TITLE, title)


def deadline_in(ctx: Context, text: str) -> int:
    """In ms UTC. Raises Misunderstood."""
    try:
        return milliseconds(typed.deadline(text, ctx.now, ctx.settings.timezone))
    except FieldError as error:
        raise typed.misunderstood(error) from error


def text_in(field: str, text: str, longest: int) -> str:
    """How to collect or pay it, or a note, which alone may have several lines. Raises Misunderstood."""
    said = text.strip() if field == "note" else one_line(text)
    return at_most(longest, said)


def refuse_bare_answer(ctx: Context, text: str) -> None:
    """For a text that all will read: a *no* to “is there anything?” is none. Raises Misunderstood."""
    if truth_of(text) is not None:
        skip = MOVES["skip"]
        raise Misunderstood(
            N_("the text itself; “%(skip)s” if there is none"),
            skip=skip.get(ctx.language, skip["en"])[0],
        )


def offered(ctx: Context, here: int | None = None) -> list[Network]:
    """The networks that the person animates, then those that they are in; the one of `here` first."""
    animated = [
        one.id
        for one in networks.every(ctx.session)
        if one.visible and roles.animates(ctx.session, ctx.user, one.room_id)
    ]
    accounts = member_accounts.same_person(ctx.session, ctx.user)
    joined = networks.joined_by(ctx.session, accounts)
    first = [here] if here is not None else []
    found = networks.several(ctx.session, dict.fromkeys([*first, *animated, *joined]))
    return [one for one in found if can_buy(one)][:_MOST_OFFERED]


def can_buy(network: Network) -> bool:
    """Whether there is a room in which a purchase can be announced."""
    return network.visible and network.room_id is not None


def _put(data: Plan, **values: Any) -> Plan:
    return data.model_copy(update=values)


def _ask_title(ctx: Context, data: Plan) -> Question:
    return Question("purchases/ask_title")


def _take_title(ctx: Context, data: Plan, answer: Answer) -> Plan:
    return titled(data, answer.text)


def _ask_networks(ctx: Context, data: Plan) -> Question:
    return Question("purchases/ask_networks", {"networks": offered(ctx, data.here)})


def _take_networks(ctx: Context, data: Plan, answer: Answer) -> Plan:
    found = _networks_in(ctx, data, answer.text)
    regions = [one.region for one in found if one.region]
    return _put(
        data,
        network_ids=[one.id for one in found],
        usual_region=regions[0] if regions else None,
    )


def _networks_in(ctx: Context, data: Plan, text: str) -> list[Network]:
    """By the numbers of those that were offered, or by name, any of them."""
    known = offered(ctx, data.here)
    choices = [Choice(one.slug, one.name(ctx.language)) for one in known]
    try:
        named = chosen(choices, text, several=True)
    except Misunderstood:
        named = ()
    if named:
        return [one for slug in named for one in known if one.slug == slug]
    found: dict[int, Network] = {}
    for part in parts_of(text, by_and=True):
        try:
            network = refs.find(ctx, part)
        except CommandError as error:
            raise Misunderstood(
                N_("networks, by their number above or by name; I do not know “%(found)s”"),
                found=part[:60],
            ) from error
        if not can_buy(network):
            raise Misunderstood(
                N_("another network: “%(name)s” has no room to announce it in"),
                name=network.name(ctx.language),
            )
        found[network.id] = network
    if not 0 < len(found) <= _MOST_NETWORKS:
        raise Misunderstood(N_("one or more networks, such as: 1, 3"))
    return list(found.values())


def _ask_region(ctx: Context, data: Plan) -> Question:
    return Question("purchases/ask_region", {"usual": data.usual_region})


def _take_region(ctx: Context, data: Plan, answer: Answer) -> Plan:
    return _put(data, region=region_code(ctx, answer.text))


def _ask_deadline(ctx: Context, data: Plan) -> Question:
    return Question("purchases/ask_deadline")


def _take_deadline(ctx: Context, data: Plan, answer: Answer) -> Plan:
    return _put(data, deadline=deadline_in(ctx, answer.text))


def _ask_deadline_sure(ctx: Context, data: Plan) -> Question:
    return Question(
        "purchases/ask_deadline_sure",
        {"deadline": moment(data.deadline)},
        choices=yes_no(ctx.language),
    )


def _take_deadline_sure(ctx: Context, data: Plan, answer: Answer) -> Plan:
    if answer.chosen[0] != "yes":
        raise Misunderstood(N_("yes; or “back” to say another day and hour"))
    return data


def _ask_costs(ctx: Context, data: Plan) -> Question:
    return Question("purchases/ask_costs", {"rate": ctx.settings.hour_rate_cents})


def _take_costs(ctx: Context, data: Plan, answer: Answer) -> Plan:
    try:
        said = typed.costs(answer.text, ctx.settings.currency)
    except FieldError as error:
        raise typed.misunderstood(error) from error
    nothing = {"freight_cents": 0, "fees_cents": 0, "handling_minutes": 0}
    return _put(data, **{**nothing, **said})


def _text_step(field: str, longest: int) -> PlanStep:
    def ask(ctx: Context, data: Plan) -> Question:
        return Question(f"purchases/ask_{field}")

    def take(ctx: Context, data: Plan, answer: Answer) -> Plan:
        refuse_bare_answer(ctx, answer.text)
        return _put(data, **{field: text_in(field, answer.text, longest)})

    return Step(field, ask, take)
