"""What a network's room looks like at the homeserver: its name, topic, join rule, and what the bot needs
there. Only descriptions of room actions are made here; `bot/actions.py` carries them out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from commands.kernel.catalogue import N_
from commands.kernel.roles import MODERATOR
from commands.kernel.settings import Settings
from storage import networks, rooms
from storage.networks import Network, Openness, TextField
from storage.outbox import Draft, FileOut
from storage.rooms import Room
from storage.session import Session

# https://spec.matrix.org/v1.16/client-server-api/#mroomjoin_rules
_JOIN_RULES: Mapping[Openness, str] = {
    "open": "restricted",
    "approval": "knock",
    "invitation": "invite",
}
_LONGEST_TOPIC = 500

NOT_READY = N_("The room of %(name)s is not ready yet. Please try later.")

# The continuation that tells whoever decided of a step that failed (commands/networks/steps.py).
STEP = "networks.step"


def lane_of(network_id: int) -> str:
    """Room actions of one network happen one after another."""
    return f"network:{network_id}"


def space_of(session: Session) -> str | None:
    found = rooms.of_kind(session, "space")
    return found[0].room_id if found else None


def room_of(session: Session, network: Network) -> Room | None:
    """The network's room, if it is there."""
    return rooms.get(session, network.room_id) if network.room_id else None


def join_rule(openness: Openness, space: str | None) -> str:
    """Without a Space there is nothing to restrict to: then an open network is joined by invitation of
    the bot, which anyone gets who asks."""
    rule = _JOIN_RULES[openness]
    return "invite" if rule == "restricted" and space is None else rule


def join_rule_content(openness: Openness, space: str | None) -> dict[str, Any]:
    rule = join_rule(openness, space)
    if rule != "restricted":
        return {"join_rule": rule}
    return {
        "join_rule": rule,
        "allow": [{"type": "m.room_membership", "room_id": space}],
    }


def joined_text(network: Network, field: TextField, separator: str) -> str:
    """A text in all languages of the room, each wording once."""
    written = [network.text(field, language) for language in network.languages]
    return separator.join(dict.fromkeys(text for text in written if text))


def room_name(network: Network) -> str:
    return joined_text(network, "name", " · ") or network.slug


def room_topic(network: Network) -> str:
    return joined_text(network, "purpose", " / ")[:_LONGEST_TOPIC]


def creation(
    session: Session,
    network: Network,
    settings: Settings,
    *,
    animators: Sequence[str],
    told: Mapping[str, Any],
    inbox_id: int | None = None,
    picture: FileOut | None = None,
) -> Draft:
    """The room action that makes a network's room. `told` says who hears how it ended:
    `user` and the `language` they asked in, or none."""
    space = space_of(session)
    content: dict[str, Any] = {
        "name": room_name(network),
        "topic": room_topic(network),
        "alias": network.slug,
        "kind": "network",
        "join_rule": join_rule(network.openness, space),
        "invite": list(animators),
        "moderators": list(animators),
        "encrypted": network.encrypted,
        "language": (network.languages or (settings.language,))[0],
        "history": "shared",
        "avatar": picture is not None,
    }
    if space is not None:
        content["space"] = space
    return Draft(
        "create_room",
        content,
        kind="action",
        lane=lane_of(network.id),
        inbox_id=inbox_id,
        continuation="networks.room_created",
        continuation_data={"network": network.id, "animators": list(animators), **told},
        file=picture,
    )


def step(network: Network, action: str, name: str, told: str | None, **content: Any) -> Draft:
    """A room action; `told` hears by the name of the step (see steps.py) if it fails, or else staff."""
    data: dict[str, Any] = {"network": network.id, "step": name}
    if told is not None:
        data["user"] = told
    return Draft(
        action,
        content,
        kind="action",
        lane=lane_of(network.id),
        continuation=STEP,
        continuation_data=data,
    )


def put_state(
    network: Network, event_type: str, content: Mapping[str, Any], told: str | None
) -> Draft:
    assert network.room_id is not None
    return step(
        network,
        "put_state",
        event_type,
        told,
        room_id=network.room_id,
        type=event_type,
        state_key="",
        content=dict(content),
    )


def space_child(
    network: Network, space: str, room_id: str, told: str | None, *, remove: bool = False
) -> Draft:
    content: dict[str, Any] = {"space": space, "room_id": room_id, "remove": remove}
    if not remove:
        content["suggested"] = True
    return step(network, "space_child", "space", told, **content)


def following(
    session: Session, before: Network, after: Network, *, told: str | None = None
) -> list[Draft]:
    """The room actions that bring the room in line with a changed sheet; all of them when nothing
    changed, so that what failed once can be tried again."""
    if after.room_id is None:
        return []
    again = before == after
    drafts = []
    if again or room_name(before) != room_name(after):
        drafts.append(put_state(after, "m.room.name", {"name": room_name(after)}, told))
    if again or room_topic(before) != room_topic(after):
        drafts.append(put_state(after, "m.room.topic", {"topic": room_topic(after)}, told))
    if before.slug != after.slug:
        drafts.append(
            step(after, "set_alias", "alias", told, room_id=after.room_id, alias=after.slug)
        )
    space = space_of(session)
    rule = rule_content(after, space)
    if again or rule_content(before, space) != rule:
        drafts.append(put_state(after, "m.room.join_rules", rule, told))
    closed_before, closed = before.stage == "closed", after.stage == "closed"
    if space is not None and (again or closed != closed_before):
        drafts.append(space_child(after, space, after.room_id, told, remove=closed))
    return drafts


def rule_content(network: Network, space: str | None) -> dict[str, Any]:
    """Who may come in: a closed network lets nobody in, whatever its openness."""
    openness: Openness = "invitation" if network.stage == "closed" else network.openness
    return join_rule_content(openness, space)


def settle(session: Session, network: Network, room_id: str) -> Network:
    """From now on that is the network's room."""
    networks.set_room(session, network.id, room_id)
    rooms.set_kind(session, room_id, "network")
    rooms.set_language(session, room_id, network.languages[0])
    settled = networks.get(session, network.id)
    assert settled is not None
    return settled


def adoption(
    session: Session, network: Network, room_id: str, *, told: str | None = None
) -> tuple[Network, list[Draft]]:
    """Make an existing room the network's; returns it with the room actions that this needs."""
    room = rooms.get(session, room_id)
    settled = settle(session, network, room_id)
    drafts = []
    space = space_of(session)
    if space is not None:
        drafts.append(space_child(settled, space, room_id, told))
    if room is None or room.name != room_name(settled):
        drafts.append(put_state(settled, "m.room.name", {"name": room_name(settled)}, told))
    if topic := room_topic(settled):
        drafts.append(put_state(settled, "m.room.topic", {"topic": topic}, told))
    if openness_of(room, space) != settled.openness:
        content = join_rule_content(settled.openness, space)
        drafts.append(put_state(settled, "m.room.join_rules", content, told))
    return settled, drafts


def openness_of(room: Room | None, space: str | None) -> Openness:
    """What a room's join rule amounts to."""
    rule = (room.join_rules or {}).get("join_rule") if room is not None else None
    if rule in ("knock", "knock_restricted"):
        return "approval"
    if rule == join_rule("open", space) or rule == "public":
        return "open"
    return "invitation"


# --- what the bot needs in a room ----------------------------------------------------------------

NEEDS = {
    "invite": N_("invite people"),
    "kick": N_("remove people (only ever at their own request, or to decline a knock)"),
    "m.room.power_levels": N_("change permissions, to appoint animators"),
    "m.room.join_rules": N_("change who may join"),
    "m.room.name": N_("change the room's name"),
    "m.room.topic": N_("change the room's topic"),
}


def lacking(room: Room, bot_user: str, needs: Iterable[str] = tuple(NEEDS)) -> list[str]:
    """What the bot may not do in that room, as keys of NEEDS."""
    power = room.power_of(bot_user)
    missing = []
    for need in needs:
        if need in ("invite", "kick"):
            needed = room.needed("invite" if need == "invite" else "kick")
        else:
            needed = room.needed_for_state(need)
        if power < needed:
            missing.append(need)
    # Somebody who appoints moderators must stand at least as high.
    if "m.room.power_levels" not in missing and power < MODERATOR:
        missing.append("m.room.power_levels")
    return missing


def too_old(room: Room, openness: Openness, space: str | None) -> bool:
    """Whether the room's version does not know the join rule (spec, room versions 7 and 8)."""
    needed = {"knock": 7, "restricted": 8}.get(join_rule(openness, space), 1)
    version = room.version or ""
    return version.isascii() and version.isdigit() and int(version) < needed


def power_wanted(room: Room) -> int:
    """The power level that would let the bot do all of it."""
    levels = [room.needed("invite"), room.needed("kick"), float(MODERATOR)]
    levels += [room.needed_for_state(need) for need in NEEDS if need.startswith("m.")]
    return int(max(levels))
