"""Whether a text is for the bot, and what of it is said to it; what it means is left to the kernel."""

from __future__ import annotations

from dataclasses import dataclass

from commands.kernel.command import Registry
from commands.kernel.incoming import Message
from commands.kernel.parser import with_identifiers
from commands.kernel.settings import Settings
from commands.kernel.text import typed, without_reply_fallback


@dataclass(frozen=True, slots=True)
class Addressed:
    """A text that is for the bot; `prefixed` when it says so itself (prefix or mention)."""

    text: str
    prefixed: bool


def text_of(message: Message) -> str:
    """What was typed, without the quote of older clients, with ids in the place of pills."""
    body = without_reply_fallback(message.text) if message.reply_to else message.text
    return with_identifiers(typed(body), message.html)


@dataclass(frozen=True, slots=True)
class Addressing:
    settings: Settings
    registry: Registry

    def of(self, message: Message, prefix: str, *, direct: bool) -> Addressed | None:
        """The text without prefix or mention; None when it is not for the bot."""
        text = text_of(message)
        if text.startswith(prefix):
            rest = text[len(prefix) :].lstrip()
            # "!!!" and "!1" are no commands, but "! find" is one; a lone prefix is a call for help.
            if rest[:1].isalpha() or rest.split()[:1] == ["?"] or (direct and not rest):
                return Addressed(rest or "help", prefixed=True)
            return Addressed(text, prefixed=False) if direct else None
        bot_user, bot_name = self.settings.bot_user, self.settings.bot_name
        for name in (bot_user, f"@{bot_name}", bot_name):
            if text.casefold().startswith(name.casefold()):
                rest = text[len(name) :]
                spoken_of = name == bot_name and rest[:1] in (" ", "\n")
                if rest[:1] in ("", ":", ",", " ", "\n"):
                    rest = rest.lstrip(":, \n").removeprefix(prefix).lstrip()
                    # "Kring is nice" speaks of the bot, not to it.
                    if not spoken_of or self.registry.find(rest) is not None:
                        return Addressed(rest or "help", prefixed=True)
        # Clients mention whom a reply is for (spec, "Mentions in replies"): that alone is no prefix.
        meant = message.reply_to is None or bot_user in text
        if bot_user in message.mentions and meant and not direct:
            rest = text.replace(bot_user, " ").strip(" :,\n")
            return Addressed(rest.removeprefix(prefix) or "help", prefixed=True)
        return Addressed(text, prefixed=False) if direct else None
