"""What the commands of `kring` share: the configuration, the database, the event loop, kind failures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from bot.config import Config
    from storage.database import Database

T = TypeVar("T")

# Who the audit log says it was.
ACTOR = "command line"

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_LOGIN = 3


class Failed(click.ClickException):
    """A command could not do what it was asked; the message says why and what to do."""

    exit_code = EXIT_FAILED


class Misused(Failed):
    """The command line or the configuration asks for what cannot be."""

    exit_code = EXIT_USAGE


@dataclass(frozen=True, slots=True)
class Invocation:
    """What was said before the command's name."""

    config_path: Path | None
    debug: bool

    def config(self) -> Config:
        """The configuration. Raises ConfigError."""
        from bot.config_load import load

        return load(self.config_path)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end in an event loop of its own."""
    return asyncio.run(coroutine)


def existing_database(config: Config) -> Path:
    """Where it is. Raises Failed if there is none yet."""
    if not config.database.exists():
        raise Failed(f"there is no database yet at {config.database}; `kring setup` makes it.")
    return config.database


@asynccontextmanager
async def database(config: Config, *, check: bool = True) -> AsyncIterator[Database]:
    """The database, beside a bot that may run; `check` reads the whole file first.

    Raises Failed if there is none yet, and StorageError.
    """
    from storage.database import Database

    opened = await Database.open(existing_database(config), readers=1, check=check)
    try:
        yield opened
    finally:
        await opened.close()
