"""`!suppliers` and `!catalogue`: members find suppliers that meet the charter, and what other members lend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commands.kernel.catalogue import N_
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument
from commands.kernel.fields import FieldError
from commands.kernel.parameters import Integer, Text, option, options_typed, rest
from commands.kernel.text import one_line
from commands.kernel.tongues import language_name
from commands.members.who import refuse_outsiders
from commands.networks import checks
from commands.search.places import knows_place
from commands.search.words import asked
from commands.suppliers import search
from commands.suppliers.demand import about_need
from commands.suppliers.search import Query, Results
from commands.suppliers.showing import Reader
from commands.suppliers.values import (
    CLASS,
    CLASS_NAMES,
    CLASS_WORDS,
    MODE,
    MODE_NAMES,
    MODE_WORDS,
)
from storage import supplier_counts

router = Router("suppliers")


@dataclass(frozen=True, slots=True)
class SuppliersArguments:
    words: str = rest(N_("what you look for"), longest=200, default="")
    mode: str | None = option(
        MODE, N_("a mode: buy, rent, borrow ..."), en=("mode",), nl=("wijze",), fr=("mode",)
    )
    class_: str | None = option(
        CLASS, N_("a class of supplier"), en=("class",), nl=("klasse",), fr=("classe",)
    )
    place: str = option(
        Text(80),
        N_("a place"),
        default="",
        en=("place", "location", "in", "city", "region"),
        nl=("plaats", "locatie", "stad", "regio"),
        fr=("lieu", "ville", "région", "endroit"),
    )
    category: str = option(
        Text(80),
        N_("a category"),
        default="",
        en=("category",),
        nl=("categorie",),
        fr=("catégorie",),
    )
    language: str = option(
        Text(60),
        N_("a language"),
        default="",
        en=("language", "speaks"),
        nl=("taal", "spreekt"),
        fr=("langue", "parle"),
    )
    page: int = option(
        Integer(1, 200), N_("a page"), default=1, en=("page",), nl=("pagina",), fr=("page",)
    )


@router.command(
    "suppliers",
    nl=("leveranciers",),
    fr=("fournisseurs",),
    summary=N_("finds suppliers that meet the charter, and what members lend, by what they offer"),
    examples={
        "en": (
            "suppliers printing ghent",
            "suppliers laptop mode:rent",
            "suppliers class:product place:liège",
            "suppliers category:catering language:french",
        ),
        "nl": (
            "leveranciers drukwerk gent",
            "leveranciers laptop wijze:huren",
            "leveranciers klasse:product plaats:luik",
            "leveranciers categorie:catering taal:frans",
        ),
        "fr": (
            "fournisseurs imprimerie gand",
            "fournisseurs ordinateur mode:location",
            "fournisseurs classe:produit lieu:liège",
            "fournisseurs catégorie:traiteur langue:néerlandais",
        ),
    },
    arguments=SuppliersArguments,
    reads_only=True,
)
def find(ctx: Context, arguments: SuppliersArguments) -> None:
    refuse_outsiders(ctx)
    query = Query(
        text=arguments.words,
        mode=arguments.mode or "",
        class_=arguments.class_ or "",
        place=arguments.place,
        category=arguments.category,
        language=arguments.language,
    )
    if query.is_empty:
        ctx.reply("suppliers/catalogue", **_overview(ctx))
        return
    results = _search(ctx, query, arguments.page)
    if not results.total:
        _say_none(ctx, arguments)
        return
    end = results.offset + len(results.hits)
    found = Reader(ctx).show_hits((hit.number, hit.is_loan) for hit in results.hits)
    listed = [each.supplier for each in found if each.supplier is not None]
    ctx.reply(
        "suppliers/found",
        found=found,
        total=results.total,
        more=results.more,
        corrected=results.corrected,
        next_page=arguments.page + 1 if results.total > end else None,
        again=_as_typed(ctx, arguments),
        example=next((one.supplier.id for one in listed), None),
        dealing=next((one.supplier.id for one in listed if one.deal.stands == "on"), None),
    )


def _search(ctx: Context, query: Query, page: int) -> Results:
    """One page of what was found; raises BadArgument for a filter that is not understood."""
    if query.place.strip() and not asked(query.place):
        raise BadArgument(query.place, N_("a place"))
    size = ctx.settings.search_page
    try:
        return search.find(
            ctx.session,
            ctx.labels,
            query,
            user=ctx.user,
            smallest=ctx.settings.smallest_count,
            offset=(page - 1) * size,
            limit=size,
            lends=checks.is_cooperative_member(ctx, ctx.user),
        )
    except FieldError as error:
        raise _wrong_filter(ctx, error) from error


def _wrong_filter(ctx: Context, error: FieldError) -> BadArgument:
    """What a filter expected, with what was probably meant, and which filter it was."""
    if error.problem == "unknown_language":
        near = [language_name(code, ctx.language) for code in error.suggestions]
        wrong = BadArgument(error.found, N_("a language, such as Dutch or fr"), near)
        wrong.parameter = "language"
    else:
        wrong = BadArgument(error.found, N_("a category, such as printing or catering"))
        wrong.parameter = "category"
    return wrong


def _say_none(ctx: Context, arguments: SuppliersArguments) -> None:
    """What can be done about it: have it noted as a need, propose a supplier, say whom one uses."""
    words = _in_words(ctx, arguments)
    place, category = arguments.place, arguments.category
    ctx.reply(
        "suppliers/not_found",
        about=about_need(words),
        words=words,
        is_direct=ctx.is_direct,
        narrow=bool(place or category or arguments.mode or arguments.class_ or arguments.language),
        unknown_place=place if place and not knows_place(place, ctx.labels) else None,
        unknown_category=category
        if category and not ctx.labels.suggest(category, "category", 1)
        else None,
    )


def _in_words(ctx: Context, arguments: SuppliersArguments) -> str:
    """What was looked for, filters too, as words for buyers to read."""
    parts = [arguments.words, arguments.category, arguments.place, arguments.language]
    if arguments.mode is not None:
        parts.append(ctx._(MODE_NAMES[arguments.mode]))
    if arguments.class_ is not None:
        parts.append(ctx._(CLASS_NAMES[arguments.class_]))
    return one_line(" ".join(parts))


def _as_typed(ctx: Context, arguments: SuppliersArguments) -> str:
    """The search without its page, as a line to type again here, whatever it was addressed with."""
    given = {
        "mode": _word(MODE_WORDS, arguments.mode, ctx.language),
        "class_": _word(CLASS_WORDS, arguments.class_, ctx.language),
        "place": arguments.place,
        "category": arguments.category,
        "language": arguments.language,
    }
    filters = options_typed(SuppliersArguments, given, ctx.language)
    words = (ctx.registry.word("suppliers", ctx.language), *arguments.words.split(), *filters)
    return " ".join(words)


def _word(
    words: Mapping[str, Mapping[str, Sequence[str]]], value: str | None, language: str
) -> str:
    if value is None:
        return ""
    spoken = words[value]
    return spoken.get(language, spoken["en"])[0]


@router.command(
    "catalogue",
    nl=("catalogus",),
    fr=("catalogue",),
    summary=N_("shows how many suppliers there are in each class, for the cooperative and for you"),
    examples={"en": ("catalogue",), "nl": ("catalogus",), "fr": ("catalogue",)},
    arguments=Nothing,
    reads_only=True,
)
def catalogue(ctx: Context, arguments: Nothing) -> None:
    refuse_outsiders(ctx)
    ctx.reply("suppliers/catalogue", **_overview(ctx))


def _overview(ctx: Context) -> dict[str, Any]:
    counted = supplier_counts.visible(ctx.session)
    command = ctx.registry.named("suppliers")
    return {
        "classes": [
            (
                CLASS_NAMES[class_],
                counts.total,
                [(MODE_NAMES[mode], number) for mode, number in counts.by_mode.items()],
            )
            for class_, counts in counted.items()
        ],
        "total": sum(counts.total for counts in counted.values()),
        "examples": (command.examples.get(ctx.language) or command.examples["en"])
        if command is not None
        else (),
    }
