"""What encrypted rooms have in common: how they are made, and what the homeserver sees of them."""

from __future__ import annotations

from typing import Any

from bot.crypto import attachments
from tests.support.faultproxy import Match
from tests.support.peer import Account, Event, Peer

ENCRYPTED: dict[str, Any] = {
    "initial_state": [
        {
            "type": "m.room.encryption",
            "state_key": "",
            "content": {"algorithm": "m.megolm.v1.aes-sha2"},
        }
    ]
}
_SAID = frozenset({"m.room.message", "m.room.encrypted"})


async def send_encrypted(peer: Peer, room: str, data: bytes, mimetype: str, name: str) -> None:
    """As clients send a file in an encrypted room: without an address in clear."""
    sealed = attachments.encrypt(data)
    url = await peer.upload(sealed.data, "application/octet-stream", "")
    content: dict[str, Any] = {
        "msgtype": "m.image" if mimetype.startswith("image/") else "m.file",
        "body": name,
        "file": {"url": url, **sealed.keys},
        "info": {"mimetype": mimetype, "size": len(data)},
    }
    await peer.send_event(room, "m.room.message", content)


async def file_in(peer: Peer, event: Event) -> bytes:
    """What the person opens of a file that came encrypted; in clear nothing of it is stored."""
    content = event["content"]
    assert "url" not in content, content
    stored = await peer.download(content["file"]["url"])
    data = attachments.decrypt(stored, content["file"])
    assert data != stored
    return data


async def sent_by(reader: Account, room: str, sender: str) -> list[dict[str, Any]]:
    """All that somebody said in a room as the homeserver keeps it, oldest first."""
    found: list[dict[str, Any]] = []
    params = {"dir": "b", "limit": "500"}
    while True:
        page = await reader.request("GET", f"/rooms/{room}/messages", params=params)
        found += [e for e in page["chunk"] if e["type"] in _SAID and e["sender"] == sender]
        if "end" not in page or not page["chunk"]:
            return found[::-1]
        params["from"] = page["end"]


async def nothing_clear(reader: Account, sender: str, *rooms: str) -> None:
    """Assert that somebody said something in these rooms, and nothing that the homeserver can read."""
    for room in rooms:
        said = await sent_by(reader, room, sender)
        assert said, f"{sender} said nothing in {room}"
        for event in said:
            assert event["type"] == "m.room.encrypted", event
            assert set(event["content"]) <= {
                "algorithm", "ciphertext", "session_id", "sender_key", "device_id",
                "org.kring.id", "m.relates_to",
            }  # fmt: skip


def asking(*ends: str) -> Match:
    """Matches what asks the homeserver for one of these, such as `/keys/claim`."""
    return lambda _method, path: any(end in path for end in ends)
