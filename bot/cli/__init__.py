"""The `kring` executable: which commands there are, and how whatever goes wrong is said and counted.

A command's module is loaded when it is called, so that `kring --help` is instant and `kring run` loads
nothing that the bot does not need.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from bot.cli.common import EXIT_FAILED, EXIT_LOGIN, EXIT_USAGE, Invocation

EXIT_CODES = """\
\b
Exit codes: 0 done, 1 failed, 2 wrong configuration or command line,
3 the homeserver refused the login."""

# name: (module, what `kring --help` says of it)
COMMANDS = {
    "setup": (
        "bot.cli.setup",
        "Check the login; make the Space and the rooms of staff and buyers.",
    ),
    "run": ("bot.cli.run", "Run the bot."),
    "check": ("bot.cli.check", "Say what is wrong, and what to do about it."),
    "import": ("bot.cli.imports", "Bring in the register, or the catalogue of suppliers."),
    "export": (
        "bot.cli.export",
        "Write the register, the catalogue or the public directory to files.",
    ),
    "charter": ("bot.cli.charter", "Write the charter as pages to send to suppliers."),
    "network": ("bot.cli.network", "Look at, make and change networks."),
    "recovery-key": (
        "bot.cli.recovery_key",
        "Show what a lost data folder is replaced with; make a new identity.",
    ),
    "backup": ("bot.cli.backup", "Copy the database while the bot runs."),
    "health": ("bot.cli.health", "Ask the running bot whether it is well."),
    "demo": ("bot.cli.demo", "Try Kring: a cooperative of its own on this machine."),
    "chat": ("bot.cli.chat", "Talk with the bot from a terminal."),
}


class _Lazily(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"kring {version('kring')}")
        ctx.exit()


@click.group(
    cls=_Lazily, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The configuration (default: $KRING_CONFIG, ./config.toml, /etc/kring/config.toml).",
)
@click.option("--debug", is_flag=True, envvar="KRING_DEBUG", help="Show tracebacks.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version.",
)
@click.pass_context
def kring(ctx: click.Context, config_path: Path | None, debug: bool) -> None:
    """Kring: a Matrix bot for the member networks of a cooperative."""
    ctx.obj = Invocation(config_path, debug)


def execute(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code. What went wrong stands on standard error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = kring.main(given, prog_name="kring", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return EXIT_USAGE
    except click.UsageError as error:
        error.show()
        return EXIT_USAGE
    except click.ClickException as error:
        _complain(error.format_message())
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo(err=True)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_FAILED
    except Exception as error:
        if _debug_wanted(given):
            raise
        return _explain(error)
    return code if isinstance(code, int) else 0


def _debug_wanted(given: Sequence[str]) -> bool:
    import os

    return "--debug" in given or os.environ.get("KRING_DEBUG", "") not in ("", "0", "false")


def _complain(text: str) -> None:
    for line in text.splitlines():
        click.echo(f"kring: {line}", err=True)


def _explain(error: Exception) -> int:
    """Say in one line what is known about it; the exit code."""
    from bot.cli.issues import label_problem
    from bot.config_load import ConfigError
    from bot.crypto.account import NoDevice
    from bot.crypto.own_identity import IdentityTrouble
    from bot.crypto.vault import WrongKey
    from bot.errors import FolderInUse, HomeserverError, MatrixError, UnknownToken, WrongAccount
    from bot.login import LoginRefused, OtherAccount
    from commands.labels.errors import LabelFileError
    from storage.errors import StorageError

    for kind, words, code in (
        (ConfigError, "{}", EXIT_USAGE),
        (OtherAccount, "{}", EXIT_USAGE),
        (
            WrongAccount,
            "{}. Use the database of this account, or another data folder.",
            EXIT_USAGE,
        ),
        (
            NoDevice,
            "{}. If the homeserver answers, set a password, or a token of a login with a device.",
            EXIT_FAILED,
        ),
        (IdentityTrouble, "{}", EXIT_USAGE),
        (
            WrongKey,
            "{}. Bring that key back (encryption.key_file); docs/running.md says what if it is lost.",
            EXIT_USAGE,
        ),
        (FolderInUse, "{}. Stop it first, or give this one a data folder of its own.", EXIT_FAILED),
        (LoginRefused, "{}.", EXIT_LOGIN),
        (
            UnknownToken,
            "the homeserver no longer accepts the login; set a new password or access token.",
            EXIT_LOGIN,
        ),
        (HomeserverError, "the homeserver refused: {}", EXIT_FAILED),
        (
            MatrixError,
            "the homeserver cannot be reached: {}. Is homeserver.url right?",
            EXIT_FAILED,
        ),
        (StorageError, "the database: {}", EXIT_FAILED),
    ):
        if isinstance(error, kind):
            _complain(words.format(error))
            return code
    if isinstance(error, LabelFileError):
        _complain(f"labels.extra: {label_problem(error)}")
        return EXIT_FAILED
    if isinstance(error, OSError):
        _complain(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return EXIT_FAILED
    _complain(f"something unexpected went wrong ({type(error).__name__}: {error})")
    _complain("`kring --debug ...` shows where; please report it.")
    return EXIT_FAILED


def main() -> None:
    """The entry point of the installed script."""
    sys.exit(execute())
