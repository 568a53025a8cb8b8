"""Logs: for people on a terminal and JSON elsewhere, never with a secret or a message's text.

Modules log through `logging`; what they give as `extra` becomes fields of their own. Written on the
standard library alone: structlog pulls in Twisted and Rich where they are installed, an eighth of a
second of every start.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

Format = Literal["auto", "human", "json"]

SECRET_KEYS = frozenset(
    "access_token authorization credential discount_code erasure_key headers mac new_password"
    " one_time_code password pickle_key refresh_token secret session_key token".split()
)
TEXT_KEYS = frozenset(
    "answer arguments body content data formatted_body html input new_content plain query raw said"
    " text typed unsigned words".split()
)
HIDDEN = "(not logged)"

# The forms in which a token may stand inside a sentence of a library's.
_TOKENS = re.compile(
    r"(?i)(bearer\s+|access_token[\"']?\s*[=:]\s*[\"']?|password[\"']?\s*[=:]\s*[\"']?)"
    r"[^\s\"'&,;})\]]+"
)
_KNOWN_TOKENS = re.compile(r"\b(?:syt|syr|mat|mct|mcr)_[A-Za-z0-9_\-]{8,}")

# These say too much, or say what people wrote: nio quotes whole events that it cannot validate.
_QUIET = {
    "aiohttp": logging.ERROR,
    "aiosqlite": logging.WARNING,
    "apscheduler": logging.WARNING,
    "asyncio": logging.WARNING,
    "nio": logging.CRITICAL,
    "peewee": logging.WARNING,
    "PIL": logging.WARNING,
}
_COLOURS = {"WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def set_up(form: Format = "auto", level: str = "info", stream: TextIO | None = None) -> None:
    """Send everything that is logged to `stream` (standard error); a second call replaces the first.

    Raises KeyError for a level that `logging` does not know.
    """
    output = stream or sys.stderr
    human = form == "human" or (form == "auto" and output.isatty())
    handler = logging.StreamHandler(output)
    handler.setFormatter(Human(colours=output.isatty()) if human else Json())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.getLevelNamesMapping()[level.upper()])
    for name, threshold in _QUIET.items():
        logging.getLogger(name).setLevel(max(threshold, root.level))
    logging.captureWarnings(capture=True)


class Human(logging.Formatter):
    """One line for a person: time, level, message, fields; then the traceback, if there is one."""

    def __init__(self, *, colours: bool) -> None:
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).astimezone()
        level = f"{record.levelname.lower():8}"
        if self._colours and record.levelname in _COLOURS:
            level = f"\x1b[{_COLOURS[record.levelname]}m{level}\x1b[0m"
        fields = "".join(f" {key}={value}" for key, value in fields_of(record).items())
        line = f"{moment:%H:%M:%S} {level} {record.getMessage()}{fields} ({record.name})"
        trouble = _traceback(self, record)
        return without_tokens(f"{line}\n{trouble}" if trouble else line)


class Json(logging.Formatter):
    """One JSON object a line, for machines; times in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_tokens(record.getMessage()),
            **{key: _scrubbed(value) for key, value in fields_of(record).items()},
        }
        trouble = _traceback(self, record)
        if trouble:
            entry["exception"] = without_tokens(trouble)
        return json.dumps(
            entry, ensure_ascii=False, default=lambda value: without_tokens(str(value))
        )


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What was given as `extra`, without what stands under the name of a secret or of a text."""
    return {key: _hidden(key, value) for key, value in vars(record).items() if key not in _OWN}


def without_tokens(text: str) -> str:
    """The text with everything that looks like a token or a password taken out."""
    return _KNOWN_TOKENS.sub(HIDDEN, _TOKENS.sub(rf"\1{HIDDEN}", text))


def _hidden(key: str, value: Any) -> Any:
    if key.lower() in SECRET_KEYS or key.lower() in TEXT_KEYS:
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(inner): _hidden(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden("", item) for item in value]
    return value


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return without_tokens(value)
    if isinstance(value, dict):
        return {key: _scrubbed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_scrubbed(item) for item in value]
    return value


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = []
    if record.exc_info and record.exc_info[0] is not None:
        parts.append(formatter.formatException(record.exc_info))
    if record.stack_info:
        parts.append(formatter.formatStack(record.stack_info))
    return "\n".join(parts)
