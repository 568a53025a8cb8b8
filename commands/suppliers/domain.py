"""All of this domain's handlers and conversations, for whoever builds the kernel."""

from __future__ import annotations

from typing import Any

from commands.kernel.command import Router
from commands.kernel.dialogue import Dialogue
from commands.suppliers import (
    borrowing,
    card,
    catalogue_file,
    charter,
    charter_deciding,
    charter_new,
    complaints,
    conflicts,
    deals,
    demand,
    editing,
    evidence,
    finding,
    indexing,
    lending,
    log,
    personal,
    proposing,
    prospects,
    reviewing,
    scoring,
    suspending,
    targets,
    upkeep,
    voting,
)

ROUTERS: tuple[Router, ...] = (
    finding.router,
    indexing.router,
    lending.router,
    borrowing.router,
    card.router,
    catalogue_file.router,
    charter.router,
    charter.for_buyers,
    charter_new.router,
    charter_deciding.router,
    deals.router,
    demand.router,
    demand.buyers_router,
    targets.router,
    complaints.router,
    complaints.for_buyers,
    suspending.router,
    upkeep.router,
    editing.router,
    prospects.router,
    personal.router,
    proposing.router,
    reviewing.router,
    evidence.router,
    scoring.router,
    voting.router,
    log.router,
    conflicts.router,
)
DIALOGUES: tuple[Dialogue[Any], ...] = (
    catalogue_file.import_dialogue,
    charter_new.dialogue,
    deals.dialogue,
    lending.dialogue,
    complaints.dialogue,
    editing.dialogue,
    prospects.dialogue,
    proposing.dialogue,
    evidence.dialogue,
    scoring.dialogue,
    voting.dialogue,
)
