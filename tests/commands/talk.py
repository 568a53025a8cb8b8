"""A conversation without Matrix: real commands on a real database, with rooms and people made by hand.

`say` returns what came back. A test that does not look at an answer fails at the end, as does one that
expects an answer which did not come: the bot must answer once.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from commands.all import dialogues as all_dialogues
from commands.all import routers as all_routers
from commands.kernel.command import Router
from commands.kernel.dialogue import Dialogue
from commands.kernel.incoming import (
    ActionEnd,
    Attachment,
    MembershipChange,
    Message,
    Reaction,
    RoomReplaced,
)
from commands.kernel.kernel import Kernel, Outcome
from commands.kernel.settings import Settings
from storage import inbox, outbox, rooms
from storage.database import Database
from storage.outbox import Draft
from storage.session import Session

BOT = "@kring:localhost"


@dataclass(slots=True)
class Said:
    """One thing that the bot sent: to a room, or to a person (`to`), or an action asked for."""

    key: str
    kind: str
    type: str
    to: str
    content: dict[str, Any]
    event_id: str
    edits: str | None
    draft: Draft

    @property
    def text(self) -> str:
        content = self.content.get("m.new_content", self.content)
        return str(content.get("body", ""))

    @property
    def html(self) -> str:
        content = self.content.get("m.new_content", self.content)
        return str(content.get("formatted_body", ""))


@dataclass
class Talk:
    """The bot and its world. Use `Talk.open(tmp_path)` and `close`, or the `talk` fixture."""

    database: Database
    kernel: Kernel
    now: datetime
    loop: asyncio.AbstractEventLoop
    sent: list[Said] = field(default_factory=list)
    _counter: Any = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        routers: Sequence[Router] | None = None,
        dialogues: Sequence[Dialogue[Any]] | None = None,
        **settings: Any,
    ) -> Talk:
        loop = asyncio.new_event_loop()
        database = loop.run_until_complete(Database.open(folder / "kring.db", readers=1))
        chosen = Settings(
            bot_user=BOT,
            **{
                "trusted_servers": frozenset({"localhost"}),
                "erasure_key": b"k" * 32,
                "burst": 1000,
                **settings,
            },
        )
        kernel = Kernel(
            chosen,
            all_routers() if routers is None else routers,
            all_dialogues() if dialogues is None else dialogues,
        )
        return cls(database, kernel, datetime(2026, 11, 23, 9, 0, tzinfo=UTC), loop)

    def close(self) -> None:
        self.loop.run_until_complete(self.database.close())
        self.loop.close()

    # --- the world ---------------------------------------------------------------------------

    def write(self, function: Callable[[Session], Any]) -> Any:
        return self.loop.run_until_complete(self.database.write(function))

    def wait(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def ms(self) -> int:
        return int(self.now.timestamp() * 1000)

    def direct(self, user: str) -> str:
        """The direct chat of a person, made if there is none."""

        def make(session: Session) -> str:
            found = rooms.direct_with(session, user)
            if found is not None:
                return found.room_id
            room_id = f"!direct-{user[1:].split(':')[0]}"
            self._room(session, room_id, "direct", {BOT: 100, user: 100})
            rooms.set_kind(session, room_id, "direct", direct_user=user)
            return room_id

        return str(self.write(make))

    def room(
        self,
        room_id: str,
        kind: str = "other",
        powers: dict[str, int] | None = None,
        *,
        language: str | None = None,
        join_rule: str = "invite",
        invite: int = 50,
    ) -> str:
        """A room with the bot and the people in `powers` (user id -> power level) in it."""

        def make(session: Session) -> None:
            self._room(session, room_id, kind, {BOT: 100, **(powers or {})}, join_rule, invite)
            rooms.set_language(session, room_id, language)

        self.write(make)
        return room_id

    def _room(
        self,
        session: Session,
        room_id: str,
        kind: Any,
        powers: dict[str, int],
        join_rule: str = "invite",
        invite: int = 50,
    ) -> None:
        rooms.know(session, room_id, now=self.ms())
        rooms.set_kind(session, room_id, kind)
        rooms.set_joined(session, room_id, True, None)
        state = {
            "m.room.create": {"room_version": "11"},
            "m.room.power_levels": {"users": powers, "invite": invite},
            "m.room.join_rules": {"join_rule": join_rule},
        }
        for kind_of_event, content in state.items():
            event = {"type": kind_of_event, "sender": BOT, "content": content}
            rooms.apply_state(session, room_id, event)
        for user in powers:
            self._member(session, room_id, user, "join")

    def _member(self, session: Session, room_id: str, user: str, membership: str) -> str | None:
        name = user[1:].partition(":")[0].capitalize()
        return rooms.set_membership(
            session, room_id, user, membership, display_name=name, since=self.ms()
        )

    # --- what people do ----------------------------------------------------------------------

    def say(self, user: str, text: str, *, room: str | None = None, **fields: Any) -> list[Said]:
        """Type a text in a room, or in one's direct chat; returns everything that came of it."""
        place = room or self.direct(user)
        event_id = f"$said{next(self._counter)}"

        def handle(session: Session) -> tuple[Outcome, int]:
            item = self._item(
                session, "edit" if fields.get("edits") else "message", event_id, place, user
            )
            message = Message(
                item, event_id, place, user, text, fields.pop("sent_at", self.now), **fields
            )
            outcome = self.kernel.handle(session, message, self.now)
            inbox.finish(session, item, acted=outcome.acted, now=self.ms())
            return self._store(session, outcome), item

        return self._deliver(self.write(handle)[0])

    def reply(self, user: str, to: Said, text: str, **fields: Any) -> list[Said]:
        return self.say(user, text, room=self._place(to), reply_to=to.event_id, **fields)

    def send_file(
        self,
        user: str,
        name: str,
        data: bytes,
        mimetype: str,
        *,
        room: str | None = None,
        text: str = "",
    ) -> list[Said]:
        file = Attachment(name, mimetype, len(data), "mxc://localhost/file", data)
        return self.say(user, text, room=room, file=file)

    def react(self, user: str, to: Said, emoji: str) -> list[Said]:
        event_id = f"$reaction{next(self._counter)}"
        place = self._place(to)

        def handle(session: Session) -> Outcome:
            item = self._item(session, "reaction", event_id, place, user)
            reaction = Reaction(item, event_id, place, user, to.event_id, emoji, self.now)
            outcome = self.kernel.handle(session, reaction, self.now)
            inbox.finish(session, item, acted=outcome.acted, now=self.ms())
            return self._store(session, outcome)

        return self._deliver(self.write(handle))

    def member(
        self, room: str, user: str, membership: str, *, sender: str | None = None
    ) -> list[Said]:
        """A membership changes, as when somebody joins or leaves in their own client."""
        event_id = f"$member{next(self._counter)}"

        def handle(session: Session) -> Outcome:
            before = self._member(session, room, user, membership)
            item = self._item(session, "membership", event_id, room, sender or user)
            change = MembershipChange(
                item, room, sender or user, user, before, membership, None, self.now
            )
            outcome = self.kernel.handle(session, change, self.now)
            inbox.finish(session, item, acted=outcome.acted, now=self.ms())
            return self._store(session, outcome)

        return self._deliver(self.write(handle))

    def replace_room(self, room: str, successor: str, sender: str) -> list[Said]:
        event_id = f"$tombstone{next(self._counter)}"

        def handle(session: Session) -> Outcome:
            item = self._item(session, "state", event_id, room, sender)
            outcome = self.kernel.handle(
                session, RoomReplaced(item, room, successor, sender, self.now), self.now
            )
            inbox.finish(session, item, acted=outcome.acted, now=self.ms())
            return self._store(session, outcome)

        return self._deliver(self.write(handle))

    def end(self, action: Said, *, error: str | None = None, **result: Any) -> list[Said]:
        """A room action that was asked for has ended at the homeserver."""
        assert action.kind == "action", action
        if action.draft.continuation is None:
            return []

        def handle(session: Session) -> Outcome:
            end = ActionEnd(
                action.draft.continuation or "", action.draft.continuation_data, result, error
            )
            return self._store(session, self.kernel.continue_(session, end, self.now))

        return self._deliver(self.write(handle))

    # --- inside ------------------------------------------------------------------------------

    def _item(self, session: Session, kind: Any, event_id: str, room: str, sender: str) -> int:
        item = inbox.add(
            session,
            event_id=event_id,
            kind=kind,
            lane=room,
            room_id=room,
            sender=sender,
            body={},
            sent_at=self.ms(),
            now=self.ms(),
        )
        assert item is not None
        return item

    def _store(self, session: Session, outcome: Outcome) -> Outcome:
        drafts = []
        for draft in outcome.drafts:
            outbox.add(session, draft, now=self.ms())
            drafts.append(draft)
        return replace(outcome, drafts=drafts)

    def _deliver(self, outcome: Outcome) -> list[Said]:
        said = []
        for draft in outcome.drafts:
            event_id = f"$bot{next(self._counter)}"

            def mark(session: Session, draft: Draft = draft, event_id: str = event_id) -> None:
                row = session.value("SELECT id FROM outbox WHERE key = ?", (draft.key,))
                outbox.sent(session, row, event_id=event_id, now=self.ms())

            self.write(mark)
            target = draft.user_id or draft.room_id or draft.lane or ""
            said.append(
                Said(
                    draft.key,
                    draft.kind,
                    draft.type,
                    target,
                    draft.content,
                    event_id,
                    draft.edits,
                    draft,
                )
            )
        self.sent.extend(said)
        return said

    def _place(self, said: Said) -> str:
        if said.draft.room_id:
            return said.draft.room_id
        return self.direct(said.draft.user_id or "")


def answer(said: Sequence[Said]) -> str:
    """The text of the one message that came back; fails for none and for several."""
    messages = [each for each in said if each.kind == "event" and each.type == "m.room.message"]
    assert len(messages) == 1, [each.text for each in messages]
    return messages[0].text
