"""Erasing oneself reaches what other domains keep: requests to join, support, and who proposed."""

from __future__ import annotations

from storage import join_requests, networks, proposals
from storage.session import Session
from tests.commands.members.world import ANNA, person
from tests.commands.talk import Talk, answer


def test_requests_and_proposals_forget_who_was_erased(talk: Talk) -> None:
    person(talk, ANNA, number="K1", display_name="Anna")

    def take_part(session: Session) -> int:
        network = networks.add(
            session,
            slug="food",
            kind="other",
            label=None,
            region=None,
            languages=("en",),
            criterion_kind="quantitative",
            openness="approval",
            encrypted=False,
            texts={"name": {"en": "Food"}},
            room_id=None,
            created_by=None,
            now=1,
        )
        join_requests.ask(session, network.id, ANNA, knocked=False, message="me", now=1)
        return proposals.add(
            session,
            kind="initiative",
            title="A shared van",
            purpose="To drive together",
            network_kind=None,
            region=None,
            language="en",
            proposer=ANNA,
            now=1,
        )

    proposal_id = int(talk.write(take_part))
    talk.say(ANNA, "mydata erase")
    assert "erased" in answer(talk.say(ANNA, "erase"))
    assert talk.write(lambda session: join_requests.of_person(session, ANNA)) == []
    kept = talk.write(lambda session: proposals.get(session, proposal_id))
    assert kept is not None
    assert kept.proposer is None
