"""How the terminal chat shows what happens in a room, and the numbers that its messages get."""

from __future__ import annotations

import zlib

from bot.chat_input import Write
from bot.chat_rooms import person
from bot.chat_text import clean_line, clock, text_of
from bot.demo.peer import Event, Peer, relation_of

_COLOURS = (31, 32, 33, 34, 35, 36, 91, 92, 94, 95)
_BOLD, _FAINT = 1, 2


class View:
    """Writes events; each message keeps its number, so that it can be answered."""

    def __init__(self, peer: Peer, write: Write, *, colours: bool) -> None:
        self.write = write
        self._peer = peer
        self._colours = colours
        self._messages: list[Event] = []
        self._numbers: dict[str, int] = {}
        self._told_of_locked: set[str] = set()

    def numbered(self, number: str) -> Event | None:
        """The message with this number, its room under `room_id`; none for anything else."""
        index = int(number) - 1 if number.isdecimal() else -1
        return self._messages[index] if 0 <= index < len(self._messages) else None

    def note(self, text: str) -> None:
        """Say something about the chat itself."""
        self.write(self._styled(f"· {text}", _FAINT))

    def heading(self, text: str) -> None:
        """Begin a room."""
        self.write(self._styled(f"== {text} ==", _BOLD))

    def show(self, room: str, event: Event) -> None:
        """Write an event if it says anything to a reader."""
        try:
            self._show(room, event)
        except (AttributeError, KeyError, TypeError, ValueError):
            # Others decide what events look like; one of them must not end the chat.
            self.note("Something came in that this chat cannot show.")

    def _show(self, room: str, event: Event) -> None:
        who = person(self._peer, room, event["sender"])
        content = event.get("content") or {}
        relation = relation_of(event)
        target = self._numbers.get(str(relation.get("event_id")))
        kind = event["type"]
        if kind == "m.room.message" and relation.get("rel_type") == "m.replace":
            if target and self._messages[target - 1]["sender"] == event["sender"]:
                self._numbers[event["event_id"]] = target
                self._message(event, who, f"✎ {target}")
        elif kind == "m.room.message" and content:
            reply = relation.get("m.in_reply_to")
            parent = reply.get("event_id") if isinstance(reply, dict) else None
            above = self._numbers.get(str(parent))
            mark = f"[{self._number(room, event)}]"
            self._message(event, who, mark, f" ↳ {above}" if above else "")
        elif kind == "m.reaction" and target:
            self.note(f"{who} reacts to {target}: {clean_line(relation.get('key'), 20)}")
        elif kind == "m.room.redaction":
            gone = self._numbers.get(str(event.get("redacts") or content.get("redacts")))
            if gone:
                self.note(f"{who} removed {gone}.")
        elif kind == "m.room.encrypted":
            self._locked(room)
        elif kind == "m.room.member":
            self._member_changed(room, event, who)
        elif kind == "m.room.tombstone":
            self.note(f"This room moved: /join {clean_line(content.get('replacement_room'), 100)}")

    def _locked(self, room: str) -> None:
        """Each sitting is a device of its own: what was written before it came cannot be read by it."""
        if room not in self._told_of_locked:
            self._told_of_locked.add(room)
            self.note(
                "What was said here before is encrypted: only the devices of then can read it."
            )

    def _member_changed(self, room: str, event: Event, who: str) -> None:
        before = (event.get("unsigned") or {}).get("prev_content") or {}
        now = event["content"].get("membership")
        if now == before.get("membership"):
            return
        whom = person(self._peer, room, event["state_key"])
        self_made = event["state_key"] == event["sender"]
        words = {
            "join": f"{whom} joined.",
            "invite": f"{who} invited {whom}.",
            "knock": f"{whom} asks to be let in.",
            "leave": f"{whom} left." if self_made else f"{who} put {whom} out.",
            "ban": f"{who} banned {whom}.",
        }
        if now in words:
            self.note(words[now])

    def _number(self, room: str, event: Event) -> int:
        number = self._numbers.get(event["event_id"])
        if number is None:
            self._messages.append({**event, "room_id": room})
            number = self._numbers[event["event_id"]] = len(self._messages)
        return number

    def _message(self, event: Event, who: str, mark: str, reply: str = "") -> None:
        colour = _COLOURS[zlib.crc32(event["sender"].encode()) % len(_COLOURS)]
        first, *more = text_of(event).split("\n")
        head = f"{self._styled(mark, _FAINT)} {clock(event)} {self._styled(who, colour)}{reply}: "
        # Further lines are set in, so that none can pass for another person's message.
        self.write("\n".join([head + first, *(f"{' ' * 8}{line}" for line in more)]))

    def _styled(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colours else text
