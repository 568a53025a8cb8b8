"""What a handler gets: one transaction, who speaks and where, and the ways to answer. Nothing else.

A handler never sends. What it says and asks for becomes drafts, which are stored in the same transaction
as its effects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from commands.kernel.catalogue import languages, translate
from commands.kernel.incoming import Message
from commands.kernel.render import Rendered, Renderer
from commands.kernel.settings import Settings
from storage import audit, members, people, rooms
from storage.outbox import Draft, FileOut
from storage.rooms import Room
from storage.session import Session

if TYPE_CHECKING:
    from commands.kernel.command import Registry
    from commands.kernel.dialogue import Frame
    from commands.labels import Labels


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@dataclass(slots=True)
class Context:
    """`user` is who caused this; `language` is the one to answer them in.

    `room` is where it happened (None for what happened in no room); `direct_to` is set instead while
    answers go to a person whose direct chat may not exist yet. `reply_event` and `thread` are what to
    reply to and to stay in. `replaces` is an earlier answer that the next reply edits.
    `command` and `result` are for figures (see Outcome).
    """

    session: Session
    settings: Settings
    renderer: Renderer
    registry: Registry
    frame: Frame
    labels: Labels
    now: datetime
    user: str
    language: str
    room: Room | None
    inbox_id: int | None = None
    message: Message | None = None
    reply_event: str | None = None
    thread: str | None = None
    replaces: str | None = None
    direct_to: str | None = None
    acted: bool = False
    command: str | None = None
    result: str = "ok"
    drafts: list[Draft] = field(default_factory=list)

    @property
    def now_ms(self) -> int:
        return milliseconds(self.now)

    @property
    def today(self) -> date:
        """In the time zone of the installation."""
        return self.now.astimezone(self.settings.timezone).date()

    @property
    def is_direct(self) -> bool:
        """Whether only the person who speaks sees the answer."""
        return self.direct_to is not None or (self.room is not None and self.room.kind == "direct")

    def privately(self) -> Context:
        """This context with the person's direct chat as the place to answer in; shares its drafts."""
        if self.is_direct:
            return self
        return replace(
            self,
            room=rooms.direct_with(self.session, self.user),
            direct_to=self.user,
            reply_event=None,
            thread=None,
            replaces=None,
        )

    @property
    def prefix(self) -> str:
        """What to type before a command here."""
        return self.prefix_in(self.room)

    def prefix_in(self, room: Room | None) -> str:
        """What to type before a command in that room; what is written elsewhere must not show ours."""
        return (room.prefix if room else None) or self.settings.prefix

    def _(self, message: str, /, **values: object) -> str:
        return translate(self.language, message, **values)

    def translate(self, message: str, language: str) -> str:
        """A message in a language other than the speaker's."""
        return translate(language, message)

    def language_for(self, user_id: str) -> str:
        """The language in which to write to somebody who is not the one speaking now.

        Their own choice, else the first of their profile that has a catalogue, else the installation's.
        """
        chosen = people.language_of(self.session, user_id)
        if chosen is not None:
            return chosen
        member = members.by_user(self.session, user_id)
        spoken = member.profile.languages if member is not None else ()
        return next((code for code in spoken if code in languages()), self.settings.language)

    def name_of(self, user_id: str) -> str:
        return rooms.display_name(self.session, user_id) or user_id[1:].partition(":")[0]

    def shared(self, language: str | None = None) -> dict[str, Any]:
        """What every template may use; `word("find")` is the word to type for it."""
        spoken = language or self.language
        return {
            "prefix": self.prefix,
            "name_of": self.name_of,
            "label": self.labels.name,
            "word": lambda name: self.registry.word(name, spoken),
        }

    def render(self, template: str, language: str | None = None, **variables: Any) -> Rendered:
        return self.renderer.render(
            template, language or self.language, {**self.shared(language), **variables}
        )

    # --- answers -----------------------------------------------------------------------------

    def reply(
        self,
        template: str,
        *,
        about: str | None = None,
        mentions: Sequence[str] = (),
        **variables: Any,
    ) -> str:
        """Answer where the question was asked; returns the message's key.

        In a room this must hold only what everyone there may see.
        """
        content = self.render(template, **variables).content()
        self._mention(content, mentions)
        if self.direct_to is not None:
            return self._queue(
                Draft(
                    "m.room.message",
                    content,
                    user_id=self.direct_to,
                    room_id=self.room.room_id if self.room else None,
                    about=about,
                )
            )
        assert self.room is not None, "there is no room to answer in"
        if self.replaces is not None:
            key, self.replaces = self.replaces, None
            self.edit_content(key, self.room.room_id, content)
            return key
        if relation := self._relation():
            content["m.relates_to"] = relation
        return self._queue(
            Draft(
                "m.room.message",
                content,
                room_id=self.room.room_id,
                about=about,
                inbox_id=self.inbox_id,
            )
        )

    def reply_privately(self, template: str, **variables: Any) -> str:
        """Answer by direct chat; in a room, say there that the answer went by direct chat."""
        key = self.privately().reply(template, **variables)
        if not self.is_direct:
            self.say_sent_privately()
        return key

    def say_sent_privately(self) -> None:
        """Tell, where the question was asked, that the answer is in the direct chat."""
        if self.room is not None:
            self.reply("kernel/sent_privately")

    def direct(
        self,
        user_id: str,
        template: str,
        *,
        language: str | None = None,
        about: str | None = None,
        **variables: Any,
    ) -> str:
        """Write to a person in their direct chat with the bot, which is opened if there is none."""
        room = rooms.direct_with(self.session, user_id)
        content = self.render(
            template,
            language or self.language_for(user_id),
            **{"prefix": self.prefix_in(room), **variables},
        ).content()
        return self._queue(
            Draft(
                "m.room.message",
                content,
                user_id=user_id,
                room_id=room.room_id if room else None,
                about=about,
            )
        )

    def say(
        self,
        room_id: str,
        template: str,
        *,
        language: str | None = None,
        about: str | None = None,
        mentions: Sequence[str] = (),
        picture: FileOut | None = None,
        **variables: Any,
    ) -> str:
        """Say something in a room of one's own accord, in the room's language.

        A `picture` (a FileOut with `inline`) stands below the words, in rooms that are not encrypted.
        """
        room = rooms.get(self.session, room_id)
        if language is None:
            language = (room.language if room else None) or self.settings.language
        content = self.render(
            template, language, **{"prefix": self.prefix_in(room), **variables}
        ).content()
        self._mention(content, mentions)
        return self._queue(
            Draft("m.room.message", content, room_id=room_id, about=about, file=picture)
        )

    def edit_content(
        self, key: str, room_id: str, content: dict[str, Any], *, picture: FileOut | None = None
    ) -> None:
        """Replace an earlier message of the bot's own, named by its key. A `picture` is as in `say`: an edit
        without one leaves the message without."""
        replaced = {
            **content,
            "body": f"* {content['body']}",
            "m.new_content": content,
        }
        if "formatted_body" in content:
            replaced["formatted_body"] = f"* {content['formatted_body']}"
        # The event that is replaced may not be sent yet: the sender fills in the relation.
        self._queue(
            Draft(
                "m.room.message",
                replaced,
                room_id=room_id,
                edits=key,
                inbox_id=self.inbox_id,
                file=picture,
            )
        )

    def react(self, emoji: str, *, event_id: str | None = None) -> None:
        """React to what was said. Reactions are never encrypted: nothing private belongs here."""
        assert self.room is not None
        target = event_id or self.reply_event
        if target is None:
            return
        relation = {"rel_type": "m.annotation", "event_id": target, "key": emoji}
        self._queue(Draft("m.reaction", {"m.relates_to": relation}, room_id=self.room.room_id))

    def send_file(
        self, file: FileOut, *, room_id: str | None = None, user_id: str | None = None
    ) -> str:
        """Send a file as a message of its own; without a room or person, to where the question was asked."""
        if room_id is None and user_id is None:
            assert self.room is not None
            room_id = self.room.room_id
        if user_id is not None:
            room = rooms.direct_with(self.session, user_id)
            room_id = room.room_id if room else None
        kind = "m.image" if file.mimetype.startswith("image/") else "m.file"
        content = {"msgtype": kind, "body": file.name, "m.mentions": {}}
        return self._queue(
            Draft(
                "m.room.message",
                content,
                room_id=room_id,
                user_id=user_id,
                file=replace(file, inline=None),
            )
        )

    # --- effects -----------------------------------------------------------------------------

    def act(
        self,
        action: str,
        *,
        lane: str,
        then: str | None = None,
        data: Mapping[str, Any] | None = None,
        **content: Any,
    ) -> str:
        """Ask for a room action (see `bot/actions.py` for those there are) in a lane of its own order.

        `then` names the continuation that hears of the result, with `data`.
        """
        self.acted = True
        return self._queue(
            Draft(
                action,
                content,
                kind="action",
                lane=lane,
                inbox_id=self.inbox_id,
                continuation=then,
                continuation_data=dict(data or {}),
            )
        )

    def audit(self, action: str, subject: str | None = None, **details: Any) -> None:
        self.acted = True
        audit.note(
            self.session,
            actor=self.user,
            action=action,
            subject=subject,
            details=details,
            now=self.now_ms,
        )

    # --- inside ------------------------------------------------------------------------------

    def _queue(self, draft: Draft) -> str:
        self.drafts.append(draft)
        return draft.key

    @staticmethod
    def _mention(content: dict[str, Any], mentions: Sequence[str]) -> None:
        if mentions:
            content["m.mentions"] = {"user_ids": list(mentions)}

    def _relation(self) -> dict[str, Any] | None:
        if self.reply_event is None or (self.is_direct and self.thread is None):
            return None
        reply = {"m.in_reply_to": {"event_id": self.reply_event}}
        if self.thread is None:
            return reply
        return {
            "rel_type": "m.thread",
            "event_id": self.thread,
            "is_falling_back": False,
            **reply,
        }
