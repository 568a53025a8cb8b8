"""The configuration: one TOML file, KRING_ variables over it, secrets from files of their own.

Describes what may be written and turns it into the values that the other modules take. Reading and
explaining what is wrong is done in `bot.config_load`.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.crypto.policy import Policy
from bot.folder import DATABASE_NAME
from commands.kernel.settings import Settings, Who

if TYPE_CHECKING:
    from bot.app import Options
    from bot.login import Credentials

PREFIX = "KRING_"
DELIMITER = "__"
MEBIBYTE = 1024 * 1024
SHORTEST_KEY = 32
_DAY_SECONDS = 24 * 3600

_USER_ID = re.compile(r"@[^:\s]+:[^\s:]+(?::\d+)?")
_SERVER = re.compile(r"[A-Za-z0-9.\-\[\]:]+")


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an http or https address")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("an address without name, password, ? or #")
    return value.rstrip("/")


def _matching(pattern: re.Pattern[str]) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError("not of that form")
        return value

    return AfterValidator(check)


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (OSError, ValueError, ZoneInfoNotFoundError) as error:
        raise ValueError("not a name of the time zone database") from error
    return value


def _translated(value: str) -> str:
    from commands.kernel.catalogue import languages

    if value not in languages():
        raise ValueError(f"only {', '.join(languages())} have a catalogue")
    return value


def _split(value: Any) -> Any:
    # A variable holds text only: several values stand in it with commas between them.
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers")
    return value


def _address(value: str) -> str:
    return str(ipaddress.ip_address(value))


Url = Annotated[str, AfterValidator(_base_url)]
UserId = Annotated[str, _matching(_USER_ID)]
Server = Annotated[str, _matching(_SERVER)]
Language = Annotated[str, AfterValidator(_translated)]
Localpart = Annotated[str, _matching(re.compile(r"[a-z0-9._=/+-]+"))]
Prefix = Annotated[str, _matching(re.compile(r"[^\s\w@#<>/*]{1,3}"))]
Whole = Annotated[int, BeforeValidator(_no_bool)]
Real = Annotated[float, BeforeValidator(_no_bool)]
Words = Annotated[str, Field(min_length=1, max_length=100)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HomeserverSection(_Section):
    """Where the bot logs in, and as whom."""

    url: Url = Field(description="the homeserver's address, such as https://matrix.example.org")
    user_id: UserId = Field(description="the bot's own account, such as @kring:example.org")
    password: SecretStr | None = Field(None, description="the account's password")
    password_file: Path | None = Field(None, description="a file that holds the password alone")
    access_token: SecretStr | None = Field(None, description="an access token of the account")
    access_token_file: Path | None = Field(
        None, description="a file that holds the access token alone"
    )
    device_name: Words = Field(
        "Kring", description="what the bot's login is called in lists of devices"
    )


class DataSection(_Section):
    """What the bot keeps on the disk."""

    folder: Path = Field(Path("data"), description="the folder for everything that is kept")
    erasure_key_file: Path | None = Field(
        None, description="the file with the key of erasures (default: erasure.key in the folder)"
    )


class TerritorySection(_Section):
    """Whose installation this is."""

    name: Words = Field(description="the name of the cooperative or territory; the Space bears it")
    language: Language = Field("en", description="the language of last resort, such as nl")
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        description="a name of the time zone database, such as Europe/Brussels"
    )
    currency: Annotated[str, _matching(re.compile("[A-Z]{3}"))] = Field(
        "EUR", description="three capitals of ISO 4217, such as EUR"
    )


class MembersSection(_Section):
    """Who belongs, and what may be told about few people."""

    trusted_servers: Annotated[tuple[Server, ...], BeforeValidator(_split)] = Field(
        (), description="a list of server names whose accounts are members, such as example.org"
    )
    visitors_may_have_profiles: bool = Field(
        True, description="true or false: may accounts outside the register fill in a profile"
    )
    join_limit: Whole = Field(3, ge=1, le=50, description="networks for each member, from 1 to 50")
    smallest_count: Whole = Field(
        5, ge=5, le=1000, description="the smallest number of people that is shown, at least 5"
    )
    smallest_sum: Whole = Field(
        10, ge=10, le=1000, description="the fewest people whose amounts are added up, at least 10"
    )


class NetworksSection(_Section):
    """Defaults for networks."""

    encrypted: bool = Field(
        False, description="true or false: are new rooms of networks encrypted from the start"
    )
    support_threshold: Whole = Field(
        5, ge=1, le=1000, description="supporters after which staff hear of a proposal, 1 or more"
    )
    suggestion_size: Whole = Field(
        10, ge=5, description="people in the register for whom a network is suggested, at least 5"
    )


class SuppliersSection(_Section):
    """The reference directory and its charter."""

    review_years: Whole = Field(
        3, ge=1, le=10, description="years after which a supplier is reviewed anew, from 1 to 10"
    )
    warn_days: Whole = Field(
        60, ge=7, le=365, description="days ahead that buyers hear of what ends, from 7 to 365"
    )
    ask_after_days: Whole = Field(
        5, ge=1, le=60, description="days until a member is asked how a deal went, from 1 to 60"
    )


class PurchasesSection(_Section):
    """Group purchases."""

    hour_rate: Real = Field(
        30.0, ge=0, le=1000, description="what an hour of handling is worth, from 0 to 1000"
    )
    vat_percent: Real = Field(
        21.0, ge=0, le=100, description="the usual VAT rate in percent, from 0 to 100"
    )
    refresh_seconds: Whole = Field(
        5, ge=2, le=300, description="seconds between two edits of a message, from 2 to 300"
    )
    filling_hours: Whole = Field(
        24, ge=1, le=168, description="hours to fill the last cases, from 1 to 168"
    )
    withdraw_hours: Whole = Field(
        24, ge=1, le=168, description="hours to withdraw from a loss, from 1 to 168"
    )
    remind_hours: Whole = Field(
        24, ge=1, le=336, description="hours before the deadline, from 1 to 336"
    )
    payment_days: Whole = Field(
        14, ge=1, le=90, description="days until somebody is reminded to pay, from 1 to 90"
    )


class RoomsSection(_Section):
    """The rooms that `kring setup` makes."""

    space_alias: Localpart | None = Field(
        None, description="the Space's alias without # and server, such as coop; none by default"
    )
    staff: Words = Field("Staff", description="the name of the staff room")
    buyers: Words = Field("Buyers", description="the name of the buyers' room")
    ethics: Words | None = Field(
        None, description="the name of the ethics committee's room; without it there is none"
    )


class BotSection(_Section):
    """How the bot behaves in conversation."""

    display_name: Words = Field("Kring", description="the name that members see")
    avatar_file: Path | None = Field(None, description="a PNG or JPEG picture for the bot")
    prefix: Prefix = Field("!", description="what stands before a command, one to three signs")
    burst: Whole = Field(
        20, ge=3, description="commands that a person may send at once, at least 3"
    )
    refill_seconds: Real = Field(
        2.0, gt=0, le=60, description="seconds after which one more is allowed, up to 60"
    )
    dialogue_days: Whole = Field(
        3, ge=1, le=30, description="days that an unanswered question stays open, from 1 to 30"
    )
    search_page: Whole = Field(8, ge=3, le=25, description="results on one page, from 3 to 25")


class EncryptionSection(_Section):
    """Encrypted rooms and direct chats, and the keys for them."""

    key: SecretStr | None = Field(
        None, min_length=SHORTEST_KEY, description="at least 32 characters that nobody guesses"
    )
    key_file: Path | None = Field(
        None,
        description="a file that holds the key alone (default: encryption.key in the data folder)",
    )
    recovery_key: SecretStr | None = Field(
        None, description="the recovery key, only to replace a data folder that was lost"
    )
    recovery_key_file: Path | None = Field(
        None, description="a file that holds the recovery key alone"
    )
    direct_chats: bool = Field(
        True, description="true or false: are direct chats that the bot opens encrypted"
    )
    only_cross_signed: bool = Field(
        False, description="true or false: only devices that their owners verified get keys"
    )
    wait_seconds: Real = Field(
        60.0, ge=1, le=600, description="seconds to wait for a message's key, from 1 to 600"
    )
    verification: Who = Field("everyone", description="everyone, members, staff or nobody")
    rotate_messages: Whole = Field(
        100, ge=1, le=10_000, description="messages under one key of a room, from 1 to 10000"
    )
    rotate_days: Whole = Field(
        7, ge=1, le=30, description="days that a key of a room is used, from 1 to 30"
    )


class FilesSection(_Section):
    """Files that people send."""

    largest_mib: Whole = Field(10, ge=1, le=100, description="a number of MiB from 1 to 100")


class LabelsSection(_Section):
    """Words for professions, sectors and places beside those that Kring brings."""

    extra: Annotated[tuple[Path, ...], BeforeValidator(_split)] = Field(
        (), description="a list of CSV files"
    )


class MonitoringSection(_Section):
    """Health and metrics over HTTP; without authentication, so keep it on loopback."""

    port: Whole | None = Field(
        None, ge=1, le=65535, description="a port for /health and /metrics; without it none opens"
    )
    address: Annotated[str, AfterValidator(_address)] = Field(
        "127.0.0.1", description="the IP address to listen on"
    )


class LogsSection(_Section):
    """What is logged, on standard error."""

    format: Literal["auto", "human", "json"] = Field(
        "auto", description="auto (human on a terminal, else json), human or json"
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug, info, warning or error"
    )


class Config(BaseSettings):
    """Everything that an installation decides. Made by `bot.config_load.load`."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
        enable_decoding=False,
        hide_input_in_errors=True,
    )

    homeserver: HomeserverSection = Field(description="a section [homeserver]")
    territory: TerritorySection = Field(description="a section [territory]")
    data: DataSection = Field(DataSection(), description="a section [data]")
    members: MembersSection = Field(MembersSection(), description="a section [members]")
    networks: NetworksSection = Field(NetworksSection(), description="a section [networks]")
    suppliers: SuppliersSection = Field(SuppliersSection(), description="a section [suppliers]")
    purchases: PurchasesSection = Field(PurchasesSection(), description="a section [purchases]")
    rooms: RoomsSection = Field(RoomsSection(), description="a section [rooms]")
    bot: BotSection = Field(BotSection(), description="a section [bot]")
    encryption: EncryptionSection = Field(EncryptionSection(), description="a section [encryption]")
    files: FilesSection = Field(FilesSection(), description="a section [files]")
    labels: LabelsSection = Field(LabelsSection(), description="a section [labels]")
    monitoring: MonitoringSection = Field(MonitoringSection(), description="a section [monitoring]")
    logs: LogsSection = Field(LogsSection(), description="a section [logs]")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables win over the file, whose content comes as arguments."""
        return env_settings, init_settings

    @property
    def database(self) -> Path:
        return self.data.folder / DATABASE_NAME

    @property
    def erasure_key_file(self) -> Path:
        return self.data.erasure_key_file or self.data.folder / "erasure.key"

    @property
    def encryption_key_file(self) -> Path:
        """Where the key is that seals the keys of encryption, unless the section names another."""
        return self.data.folder / "encryption.key"

    @property
    def credentials(self) -> Credentials:
        """How the bot logs in."""
        from bot.login import Credentials

        server = self.homeserver
        return Credentials(
            server.user_id,
            self.data.folder,
            server.access_token.get_secret_value() if server.access_token else None,
            server.password.get_secret_value() if server.password else None,
            server.device_name,
        )

    @property
    def policy(self) -> Policy:
        section = self.encryption
        return Policy(
            only_cross_signed=section.only_cross_signed,
            wait_seconds=section.wait_seconds,
            rotate_messages=section.rotate_messages,
            rotate_seconds=section.rotate_days * _DAY_SECONDS,
        )

    def options(self, encryption_secret: bytes) -> Options:
        """What the engine needs to know; the secret is that of `bot.config_load.encryption_secret`."""
        from bot.app import Options

        login, recovery_key = self.credentials, self.encryption.recovery_key
        return Options(
            homeserver=self.homeserver.url,
            user_id=login.user_id,
            data=login.folder,
            encryption_secret=encryption_secret,
            access_token=login.access_token,
            password=login.password,
            device_name=login.device_name,
            trusted_servers=frozenset(self.members.trusted_servers),
            recovery_key=recovery_key.get_secret_value() if recovery_key else None,
            direct_chats_encrypted=self.encryption.direct_chats,
            verification=self.encryption.verification,
            policy=self.policy,
        )

    def settings(self, bot_user: str, erasure_key: bytes) -> Settings:
        """What commands need to know; the key is that of `bot.config_load.erasure_key`."""
        return Settings(
            bot_user=bot_user,
            bot_name=self.bot.display_name,
            prefix=self.bot.prefix,
            language=self.territory.language,
            timezone=ZoneInfo(self.territory.timezone),
            currency=self.territory.currency,
            trusted_servers=frozenset(self.members.trusted_servers),
            visitors_may_have_profiles=self.members.visitors_may_have_profiles,
            join_limit=self.members.join_limit,
            support_threshold=self.networks.support_threshold,
            smallest_count=self.members.smallest_count,
            smallest_sum=self.members.smallest_sum,
            suggestion_size=self.networks.suggestion_size,
            ethics_confirms=self.rooms.ethics is not None,
            review_years=self.suppliers.review_years,
            warn_days=self.suppliers.warn_days,
            ask_after=timedelta(days=self.suppliers.ask_after_days),
            hour_rate_cents=round(self.purchases.hour_rate * 100),
            usual_vat=round(self.purchases.vat_percent * 100),
            purchase_refresh=timedelta(seconds=self.purchases.refresh_seconds),
            filling=timedelta(hours=self.purchases.filling_hours),
            withdrawal=timedelta(hours=self.purchases.withdraw_hours),
            remind_ahead=timedelta(hours=self.purchases.remind_hours),
            payment_term=timedelta(days=self.purchases.payment_days),
            dialogue_lifetime=timedelta(days=self.bot.dialogue_days),
            burst=self.bot.burst,
            refill=timedelta(seconds=self.bot.refill_seconds),
            largest_file=self.files.largest_mib * MEBIBYTE,
            search_page=self.bot.search_page,
            erasure_key=erasure_key,
            extra_labels=self.labels.extra,
            network_rooms_encrypted=self.networks.encrypted,
        )
