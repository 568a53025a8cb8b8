"""What the commands of `kring` share: the configuration, the event loop, and how to fail kindly."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from bot.config import Config

T = TypeVar("T")

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
