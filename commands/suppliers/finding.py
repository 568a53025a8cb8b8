"""`!suppliers` and `!catalogue`: members find suppliers that meet the charter, and what other members lend."""

from __future__ import annotations

from typing import Any

from commands.kernel.catalogue import N_
from commands.kernel.command import Nothing, Router
from commands.kernel.context import Context
from commands.members.who import refuse_outsiders
from commands.suppliers.values import CLASS_NAMES, MODE_NAMES
from storage import supplier_counts

router = Router("suppliers")


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
