"""Logs: structured, human on a terminal and JSON elsewhere, never with a secret or a message's text.

Modules log with `structlog.get_logger()`; what libraries log through `logging` comes out the same way.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

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


def set_up(form: Format = "auto", level: str = "info", stream: TextIO | None = None) -> None:
    """Send everything that is logged to `stream` (standard error); a second call replaces the first.

    Raises KeyError for a level that `logging` does not know.
    """
    output = stream or sys.stderr
    human = form == "human" or (form == "auto" and output.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if human else "iso", utc=not human),
        structlog.processors.StackInfoRenderer(),
        without_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(_human(output) if human else _json()),
                _without_tokens,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.getLevelNamesMapping()[level.upper()])
    for name, threshold in _QUIET.items():
        logging.getLogger(name).setLevel(max(threshold, root.level))
    logging.captureWarnings(capture=True)


def without_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace what stands under the name of a secret or of a text, at any depth."""
    return {key: _hidden(key, value) for key, value in event.items()}


def _hidden(key: str, value: Any) -> Any:
    if key == "event":  # structlog's own name for the sentence that is logged
        return value
    if key.lower() in SECRET_KEYS or key.lower() in TEXT_KEYS:
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(inner): _hidden(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden("", item) for item in value]
    return value


def _without_tokens(_logger: WrappedLogger, _method: str, line: EventDict) -> str:
    # By now the renderer has made one string of it.
    return _KNOWN_TOKENS.sub(HIDDEN, _TOKENS.sub(rf"\1{HIDDEN}", str(line)))


def _human(output: TextIO) -> list[Processor]:
    return [
        structlog.dev.ConsoleRenderer(
            colors=output.isatty(),
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,
        )
    ]


def _json() -> list[Processor]:
    return [
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(serializer=_serialized),
    ]


def _serialized(value: Any, **_options: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
