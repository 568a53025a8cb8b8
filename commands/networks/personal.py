"""What networks keep about people beside the rooms: shown in `!mydata export`, forgotten on erasure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from commands.kernel.command import Personal
from commands.kernel.facts import iso_moment
from storage import join_requests, networks, proposals
from storage.session import Session


def describe(session: Session, accounts: Sequence[str]) -> dict[str, Any]:
    """Under one key, with times in ISO 8601 (UTC)."""
    slugs = {network.id: network.slug for network in networks.every(session)}
    return {
        "networks": {
            "member_of": [slugs[each] for each in networks.joined_by(session, accounts)],
            "roles": [
                {"network": slugs[network_id], "role": role}
                for user in accounts
                for network_id, role in networks.about_person(session, user)
            ],
            "requests_to_join": [
                {
                    "network": slugs[request.network_id],
                    "message": request.message,
                    "asked_at": iso_moment(request.asked_at),
                    "status": request.status,
                    "reason": request.reason,
                }
                for user in accounts
                for request in join_requests.of_person(session, user)
            ],
            "proposals": [
                {
                    "number": proposal.id,
                    "title": proposal.title,
                    "purpose": proposal.purpose,
                    "made_at": iso_moment(proposal.created_at),
                    "status": proposal.status,
                }
                for user in accounts
                for proposal in proposals.of_person(session, user)
            ],
            "proposals_supported": [
                number for user in accounts for number in proposals.supported_by(session, user)
            ],
        }
    }


def forget(session: Session, accounts: Sequence[str]) -> None:
    for user in accounts:
        networks.forget_person(session, user)
        join_requests.forget_person(session, user)
        proposals.forget_person(session, user)


PERSONAL = Personal(describe, forget)
