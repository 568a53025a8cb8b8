"""What may stand in the log, and what never does."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot import logs

TOKEN = "syt_a3Jpbmc_abcdefghijklmnop_123456"
TEXT = "my secret illness"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    root.handlers[:], _ = before
    root.setLevel(before[1])
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.mark.parametrize("form", ["human", "json"])
def test_no_token_and_no_text_is_ever_logged(form: logs.Format) -> None:
    stream = io.StringIO()
    logs.set_up(form, "debug", stream)
    log = structlog.get_logger("bot.test")
    log.info("started", access_token=TOKEN, room_id="!r:x", event_body=1)
    log.warning("nested", request={"headers": {"Authorization": TOKEN}, "rooms": [{"body": TEXT}]})
    log.info("said", body=TEXT, text=TEXT, formatted_body=TEXT, content={"body": TEXT})
    logging.getLogger("bot.other").error("GET /sync?access_token=%s failed", TOKEN)
    logging.getLogger("bot.other").error("sent Authorization: Bearer abcdef123456")
    logging.getLogger("nio").error("invalid event: %s", TEXT)
    try:
        raise RuntimeError(f"no answer to {TOKEN}")
    except RuntimeError:
        log.exception("failed")
    written = stream.getvalue()
    assert "!r:x" in written
    assert "RuntimeError" in written
    for secret in (TOKEN, TEXT, "abcdef123456"):
        assert secret not in written


def test_json_is_one_object_a_line() -> None:
    stream = io.StringIO()
    logs.set_up("json", "info", stream)
    structlog.get_logger("bot.sync").warning("sync failed", code="M_UNKNOWN", attempt=3)
    logging.getLogger("somewhere").info("two\nlines")
    structlog.get_logger("bot.sync").debug("too much")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first["message"] == "sync failed"
    assert (first["level"], first["logger"]) == ("warning", "bot.sync")
    assert (first["code"], first["attempt"]) == ("M_UNKNOWN", 3)
    assert second["message"] == "two\nlines"


def test_auto_is_json_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    logs.set_up("auto", "info", stream)
    structlog.get_logger().info("hello")
    assert json.loads(stream.getvalue())["message"] == "hello"
