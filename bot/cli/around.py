"""What the meaning of a text in a catalogue of suppliers depends on, for the commands of `kring`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.config import Config
    from commands.suppliers.fields import Around


def around(config: Config) -> Around:
    """As it is today in the installation's time zone. Raises LabelFileError."""
    from zoneinfo import ZoneInfo

    from bot.clock import SystemClock
    from commands.labels.load import load_labels
    from commands.suppliers.fields import Around

    today = SystemClock().now().astimezone(ZoneInfo(config.territory.timezone)).date()
    return Around(load_labels(config.labels.extra), today, config.territory.currency)
