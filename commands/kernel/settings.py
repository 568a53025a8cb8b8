"""What an installation decides, as far as commands need to know it; the top floor fills it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

# Who may verify the bot.
Who = Literal["everyone", "members", "staff", "nobody"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Immutable for the life of the process; see config.example.toml for what each one means. VAT rates are
    basis points."""

    bot_user: str
    bot_name: str = "Kring"
    prefix: str = "!"
    language: str = "en"
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Brussels"))
    currency: str = "EUR"
    trusted_servers: frozenset[str] = frozenset()
    visitors_may_have_profiles: bool = True
    join_limit: int = 3
    support_threshold: int = 5
    smallest_count: int = 5
    smallest_sum: int = 10
    suggestion_size: int = 10
    ethics_confirms: bool = False
    review_years: int = 3
    warn_days: int = 60
    ask_after: timedelta = timedelta(days=5)
    hour_rate_cents: int = 3000
    usual_vat: int = 2100
    purchase_refresh: timedelta = timedelta(seconds=5)
    filling: timedelta = timedelta(hours=24)
    withdrawal: timedelta = timedelta(hours=24)
    remind_ahead: timedelta = timedelta(hours=24)
    payment_term: timedelta = timedelta(days=14)
    dialogue_lifetime: timedelta = timedelta(days=3)
    burst: int = 20
    refill: timedelta = timedelta(seconds=2)
    largest_file: int = 10 * 1024 * 1024
    search_page: int = 8
    erasure_key: bytes = b""
    extra_labels: tuple[Path, ...] = ()
    network_rooms_encrypted: bool = False
