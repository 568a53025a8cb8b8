"""What a member gets and has erased of what networks keep about them."""

from __future__ import annotations

import json
from typing import Any

from commands.networks.personal import describe, forget
from tests.commands.networks.world import ANNA, BEN, CARO, network
from tests.commands.talk import Talk


def known(talk: Talk, user: str) -> dict[str, Any]:
    found: dict[str, Any] = talk.write(lambda session: describe(session, [user]))["networks"]
    assert json.dumps(found)
    return found


def test_it_is_shown_and_forgotten(talk: Talk) -> None:
    network(talk, "food", openness="approval", powers={ANNA: 50})
    network(talk, "garden", powers={CARO: 0})
    talk.say(CARO, "join food")
    talk.say(ANNA, f"network ambassador food {CARO}")
    for line in ("propose initiative", "A tool library", "Share what stands in our sheds", "skip",
                 "yes"):  # fmt: skip
        talk.say(CARO, line)
    talk.say(BEN, "support 1")
    told = known(talk, CARO)
    assert told["member_of"] == ["garden"]
    assert told["roles"] == [{"network": "food", "role": "ambassador"}]
    assert [request["status"] for request in told["requests_to_join"]] == ["waiting"]
    assert [proposal["title"] for proposal in told["proposals"]] == ["A tool library"]
    assert known(talk, BEN)["proposals_supported"] == [1]

    talk.write(lambda session: forget(session, [CARO]))
    told = known(talk, CARO)
    assert told["member_of"] == ["garden"]  # the room is the truth: leaving it is another thing
    assert not any(told[key] for key in told if key != "member_of")
    assert known(talk, BEN)["proposals_supported"] == [1]
