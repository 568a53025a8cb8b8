"""What members look for and nobody offers, and whom they say they use: said by members, read by buyers, who
never see who it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.errors import MissingArgument
from commands.kernel.incoming import Message, Reaction
from commands.kernel.parameters import rest
from commands.kernel.teams import BUYERS, buyers
from commands.kernel.telling import last_asked, reply_discreetly, shown_count
from commands.kernel.text import one_line
from commands.kernel.words import truth_of
from commands.labels import Labels
from commands.networks import checks
from commands.search.categories import categories_in
from commands.search.words import asked
from commands.suppliers import search
from commands.suppliers.fields import FIELDS
from commands.suppliers.likeness import alike, key_of, nearest
from commands.suppliers.search import Query
from commands.suppliers.values import STATE_NAMES
from storage import supplier_demand, suppliers
from storage.session import Session
from storage.supplier_demand import Said, Source
from storage.suppliers import VISIBLE

router = Router("suppliers")
buyers_router = Router("buyers")

ABOUT: Final = "supplier_need"
LONGEST_NEED: Final = 200
LONGEST_NAME: Final = FIELDS["name"].longest
# Older ones are looked at when newer ones are met.
_MOST_READ: Final = 400
_MOST_SHOWN: Final = 20
_MOST_WORDINGS: Final = 3


# --- said by members -----------------------------------------------------------------------------


def about_need(words: str) -> str:
    """What a message is about that offers to note these words."""
    return f"{ABOUT}:{one_line(words)[:LONGEST_NEED]}"


@dataclass(frozen=True, slots=True)
class NeedArguments:
    words: str = rest(N_("what you look for"), longest=LONGEST_NEED)


@router.command(
    "need",
    nl=("nodig", "behoefte"),
    fr=("besoin",),
    summary=N_("tells the buyers what you look for and no supplier offers, without your name"),
    examples={
        "en": ("need bicycle repair ghent",),
        "nl": ("nodig fietsherstelling gent",),
        "fr": ("besoin réparation de vélos gand",),
    },
    arguments=NeedArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def need(ctx: Context, arguments: NeedArguments) -> None:
    _note_need(ctx, arguments.words)


@router.answer(ABOUT)
def answered(ctx: Context, reference: str, answer: Message | Reaction) -> bool:
    """A yes to the offer to note what was not found, of anyone who reads it, each for themselves; in the direct
    chat, where it is asked, also the name of whom they use."""
    text = answer.key if isinstance(answer, Reaction) else answer.text
    truth = truth_of(text)
    if truth is None:
        return isinstance(answer, Message) and _named(ctx, text)
    checks.member(ctx, None)
    if truth:
        _note_need(ctx, reference)
    elif isinstance(answer, Message):
        ctx.reply("suppliers/need_left")
    return True


def _named(ctx: Context, text: str) -> bool:
    """Note the name in a reply. False for what is a command, or too long for a name."""
    name = one_line(text)
    is_name = bool(key_of(name)) and len(name) <= LONGEST_NAME
    if not ctx.is_direct or not is_name or ctx.registry.find(name) is not None:
        return False
    checks.member(ctx, None)
    _note_use(ctx, name)
    return True


@router.remark
def answered_without_reply(ctx: Context, text: str) -> bool:
    """A yes or no typed right under the offer in the direct chat."""
    kind, reference = last_asked(ctx)
    truth = truth_of(text)
    if kind != ABOUT or truth is None:
        return False
    checks.member(ctx, None)
    if truth:
        _note_need(ctx, reference)
    else:
        ctx.reply("suppliers/need_left")
    return True


def _note_need(ctx: Context, typed: str) -> None:
    """Raises MissingArgument for words that say nothing."""
    words = one_line(typed)
    key = folded(words)
    if not key:
        raise MissingArgument(N_("what you look for"))
    new = supplier_demand.need(
        ctx.session,
        words,
        folded=key,
        language=ctx.language,
        user_id=ctx.user,
        now=ctx.now_ms,
    )
    ctx.acted = True
    ctx.reply("suppliers/need_noted", words=words, new=new)


def folded(words: str) -> str:
    """The same for the same words in another order, and with or without accents and small words."""
    return " ".join(sorted(set(asked(words))))


@dataclass(frozen=True, slots=True)
class UsesArguments:
    name: str = rest(N_("the name of a supplier"), longest=LONGEST_NAME)


@router.command(
    "uses",
    en=("i use",),
    nl=("gebruik", "ik gebruik"),
    fr=("utilise", "j'utilise"),
    summary=N_("tells the buyers which supplier you use, without your name"),
    examples={
        "en": ("uses The Paper Mill",),
        "nl": ("gebruik De Papiermolen",),
        "fr": ("utilise Le Moulin à papier",),
    },
    arguments=UsesArguments,
    check=checks.member,
    who=checks.MEMBERS,
)
def uses(ctx: Context, arguments: UsesArguments) -> None:
    name = one_line(arguments.name)
    if not key_of(name):
        raise MissingArgument(N_("the name of a supplier"))
    _note_use(ctx, name)


def _note_use(ctx: Context, name: str) -> None:
    new = mentioned(ctx.session, name, ctx.user, now=ctx.now_ms, source="command")
    ctx.acted = True
    known = (
        (theirs, number)
        for number, theirs, state in suppliers.names(ctx.session)
        if state in VISIBLE
    )
    number = nearest(name, known)
    found = suppliers.get(ctx.session, number) if number is not None else None
    ctx.reply("suppliers/use_noted", name=name, new=new, supplier=found)


def mentioned(
    session: Session, name: str, user: str, *, now: int, source: Source = "survey"
) -> bool:
    """Note that somebody says they use a supplier of that name (`now` in ms UTC); False when they said it
    before, or when there is no name in it."""
    name = one_line(name)[:LONGEST_NAME]
    if not (key := key_of(name)):
        return False
    return supplier_demand.mention(session, name, folded=key, source=source, user_id=user, now=now)


# --- read by buyers ------------------------------------------------------------------------------


@dataclass
class Group:
    """What several people said in nearly the same words, newest first; `code` is the category meant."""

    name: str
    code: str | None = None
    said: list[Said] = field(default_factory=list)

    @property
    def people(self) -> int:
        return len({each.person for each in self.said})

    @property
    def newest(self) -> datetime:
        return datetime.fromtimestamp(max(each.at for each in self.said) / 1000, UTC)

    @property
    def wordings(self) -> list[str]:
        """A few of the words used, each once."""
        first = {each.folded: each.words for each in reversed(self.said)}
        return list(first.values())[-_MOST_WORDINGS:][::-1]


@dataclass(frozen=True, slots=True)
class Shown:
    """`people` is None where they are too few to be counted; `number` and `state` (a message id) are of a
    supplier of that name which has no agreement."""

    name: str
    people: int | None
    newest: datetime
    wordings: Sequence[str] = ()
    number: int | None = None
    state: str | None = None


@buyers_router.command(
    "needs",
    nl=("behoeften",),
    fr=("besoins",),
    summary=N_("lists what members look for and no supplier offers"),
    examples={"en": ("needs",), "nl": ("behoeften",), "fr": ("besoins",)},
    arguments=Nothing,
    check=buyers,
    who=BUYERS,
    reads_only=True,
)
def show_needs(ctx: Context, arguments: Nothing) -> None:
    groups = in_order(group_needs(ctx.labels, _unmet(ctx)))
    reply_discreetly(
        ctx,
        "buyers",
        "suppliers/needs",
        groups=[
            Shown(
                ctx.labels.name(group.code, ctx.language) if group.code else group.name,
                shown_count(ctx, group.people),
                group.newest,
                [words for words in group.wordings if group.code],
            )
            for group in groups[:_MOST_SHOWN]
        ],
        more=max(0, len(groups) - _MOST_SHOWN),
        smallest=ctx.settings.smallest_count,
    )


def _unmet(ctx: Context) -> list[Said]:
    """What a search still finds nothing for."""
    is_met: dict[str, bool] = {}
    unmet = []
    for said in supplier_demand.needs(ctx.session):
        if said.folded not in is_met:
            if len(is_met) == _MOST_READ:
                break
            is_met[said.folded] = _is_offered(ctx, said.words)
        if not is_met[said.folded]:
            unmet.append(said)
    return unmet


def _is_offered(ctx: Context, words: str) -> bool:
    found = search.find(
        ctx.session,
        ctx.labels,
        Query(text=words),
        user=ctx.user,
        smallest=ctx.settings.smallest_count,
        limit=1,
    )
    return found.total > 0


def group_needs(labels: Labels, needs: Iterable[Said]) -> list[Group]:
    """By the category that the words mean, else by the words themselves."""
    groups: dict[tuple[str, str], Group] = {}
    for said in needs:
        code = next(iter(categories_in(labels, said.words)), None)
        key = ("category", code) if code is not None else ("words", said.folded)
        groups.setdefault(key, Group(said.words, code)).said.append(said)
    return list(groups.values())


@buyers_router.command(
    "used",
    nl=("gebruikt",),
    fr=("utilisés",),
    summary=N_("lists suppliers that members say they use and that have no agreement"),
    examples={"en": ("used",), "nl": ("gebruikt",), "fr": ("utilisés",)},
    arguments=Nothing,
    check=buyers,
    who=BUYERS,
    reads_only=True,
)
def show_used(ctx: Context, arguments: Nothing) -> None:
    everyone = suppliers.names(ctx.session)
    agreed = [(name, number) for number, name, state in everyone if state in VISIBLE]
    others = [(name, (number, state)) for number, name, state in everyone if state not in VISIBLE]
    listed = []
    for group in in_order(group_mentions(supplier_demand.mentions(ctx.session))):
        if nearest(group.name, agreed) is not None:
            continue
        number, state = nearest(group.name, others) or (None, None)
        listed.append(
            Shown(
                group.name,
                shown_count(ctx, group.people),
                group.newest,
                number=number,
                state=STATE_NAMES[state] if state is not None else None,
            )
        )
    reply_discreetly(
        ctx,
        "buyers",
        "suppliers/used",
        groups=listed[:_MOST_SHOWN],
        unknown=next((shown.name for shown in listed if shown.number is None), None),
        more=max(0, len(listed) - _MOST_SHOWN),
        smallest=ctx.settings.smallest_count,
    )


def group_mentions(mentions: Iterable[Said]) -> list[Group]:
    """Names that are nearly the same are one; the way in which most people write it is shown."""
    by_key: dict[str, list[Said]] = {}
    for said in mentions:
        by_key.setdefault(said.folded, []).append(said)
    groups: list[tuple[str, Group]] = []
    for key, said_so in sorted(by_key.items(), key=lambda entry: (-len(entry[1]), entry[0])):
        group = next((one for theirs, one in groups if alike(theirs, key)), None)
        if group is None:
            group = Group(said_so[0].words)
            groups.append((key, group))
        group.said.extend(said_so)
    return [group for _, group in groups]


def in_order(groups: Iterable[Group]) -> list[Group]:
    """Those of most people first, then the newest."""
    return sorted(groups, key=lambda group: (-group.people, -group.newest.timestamp(), group.name))
