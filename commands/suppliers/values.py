"""The fixed values of a supplier, with the words that people type for them, and suppliers by their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from commands.kernel.catalogue import N_
from commands.kernel.context import Context
from commands.kernel.errors import BadArgument, NotFound
from commands.kernel.parameters import OneOf
from commands.kernel.teams import is_buyer
from commands.kernel.telling import is_for
from storage import suppliers
from storage.suppliers import Supplier

MODE_NAMES: Final = {
    "share": N_("share"),
    "borrow": N_("borrow"),
    "rent": N_("rent"),
    "repair": N_("repair"),
    "second_hand": N_("second-hand"),
    "buy": N_("buy"),
}
CLASS_NAMES: Final = {
    "service": N_("service"),
    "consumable": N_("consumable"),
    "product": N_("product"),
    "investment": N_("investment"),
}
STATE_NAMES: Final = {
    "prospect": N_("prospect"),
    "proposed": N_("proposed"),
    "triage": N_("looked at"),
    "evidence": N_("evidence is asked"),
    "review": N_("under review"),
    "approved": N_("approved"),
    "conditional": N_("approved on a condition"),
    "suspended": N_("suspended"),
    "rejected": N_("rejected"),
    "revoked": N_("revoked"),
    "expired": N_("expired"),
}
MODE_WORDS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "share": {
        "en": ("share", "sharing", "shared"),
        "nl": ("delen", "deel", "gedeeld"),
        "fr": ("partage", "partager", "partagé"),
    },
    "borrow": {
        "en": ("borrow", "lend", "loan", "borrowing"),
        "nl": ("lenen", "uitlenen", "leen", "ontlenen"),
        "fr": ("prêt", "emprunt", "emprunter", "prêter"),
    },
    "rent": {
        "en": ("rent", "rental", "hire", "lease"),
        "nl": ("huren", "huur", "verhuur", "leasen"),
        "fr": ("location", "louer"),
    },
    "repair": {
        "en": ("repair", "fix", "repairs"),
        "nl": ("herstellen", "herstel", "herstelling", "repareren", "reparatie"),
        "fr": ("réparation", "réparer"),
    },
    "second_hand": {
        "en": ("second-hand", "second hand", "secondhand", "used", "refurbished"),
        "nl": ("tweedehands", "tweede hands", "refurbished"),
        "fr": ("seconde main", "occasion", "d'occasion", "reconditionné"),
    },
    "buy": {
        "en": ("buy", "purchase", "new", "sale"),
        "nl": ("kopen", "koop", "aankoop", "nieuw"),
        "fr": ("achat", "acheter", "neuf", "vente"),
    },
}
CLASS_WORDS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "service": {
        "en": ("service", "services"),
        "nl": ("dienst", "diensten"),
        "fr": ("service", "services"),
    },
    "consumable": {
        "en": ("consumable", "consumables", "supplies"),
        "nl": ("verbruiksgoed", "verbruiksgoederen", "verbruik"),
        "fr": ("consommable", "consommables"),
    },
    "product": {
        "en": ("product", "products"),
        "nl": ("product", "producten"),
        "fr": ("produit", "produits"),
    },
    "investment": {
        "en": ("investment", "investments"),
        "nl": ("investering", "investeringen"),
        "fr": ("investissement", "investissements"),
    },
}
MODE: Final = OneOf.of(**MODE_WORDS)
CLASS: Final = OneOf.of(**CLASS_WORDS)

_A_NUMBER: Final = N_("the number of a supplier; “%(command)s” finds them")


class SupplierNumber:
    """`12` or `#12`. Raises BadArgument with where numbers are found."""

    def convert(self, text: str, ctx: Context) -> int:
        digits = text.lstrip("#")
        if digits.isascii() and digits.isdigit():
            return int(digits[:15])
        raise BadArgument(
            text[:40], _A_NUMBER, command=ctx.registry.word("suppliers", ctx.language)
        )


def seen(ctx: Context, number: int) -> Supplier:
    """A supplier that the person may see here: in any state for a buyer who is not overheard.

    Raises NotFound, worded alike for what is not there and for what may not be seen.
    """
    supplier = suppliers.get(ctx.session, number)
    if supplier is None or not (supplier.is_visible or sees_all(ctx)):
        raise _not_found(ctx, number)
    return supplier


def sees_all(ctx: Context) -> bool:
    """Whether suppliers that members may not see can be spoken of here with this person."""
    among_buyers = ctx.room is not None and is_for(ctx.room, "buyers")
    return (ctx.is_direct or among_buyers) and is_buyer(ctx)


def known(ctx: Context, number: int) -> Supplier:
    """A supplier in any state, for commands that only buyers may use. Raises NotFound."""
    supplier = suppliers.get(ctx.session, number)
    if supplier is None:
        raise _not_found(ctx, number)
    return supplier


def _not_found(ctx: Context, number: int) -> NotFound:
    return NotFound(str(number), _A_NUMBER, command=ctx.registry.word("suppliers", ctx.language))


def subject(supplier_id: int) -> str:
    """How the audit log names a supplier."""
    return f"supplier:{supplier_id}"
