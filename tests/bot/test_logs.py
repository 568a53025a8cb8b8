"""What may stand in the log, and what never does."""

from __future__ import annotations

import io
import json
import logging

import pytest

from bot import logs

pytestmark = pytest.mark.usefixtures("root_logging")

TOKEN = "syt_a3Jpbmc_abcdefghijklmnop_123456"
TEXT = "my secret illness"


@pytest.mark.parametrize("form", ["human", "json"])
def test_no_token_and_no_text_is_ever_logged(form: logs.Format) -> None:
    stream = io.StringIO()
    logs.set_up(form, "debug", stream)
    log = logging.getLogger("bot.test")
    log.info("started", extra={"access_token": TOKEN, "room_id": "!r:x"})
    nested = {"headers": {"Authorization": TOKEN}, "rooms": [{"body": TEXT, "note": TOKEN}]}
    log.warning("nested", extra={"request": nested})
    log.info("said", extra={"body": TEXT, "text": TEXT, "formatted_body": TEXT, "url": TOKEN})
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
    extra = {"code": "M_UNKNOWN", "attempt": 3, "where": object()}
    logging.getLogger("bot.sync").warning("sync failed", extra=extra)
    logging.getLogger("somewhere").info("two\nlines")
    logging.getLogger("bot.sync").debug("too much")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first["message"] == "sync failed"
    assert (first["level"], first["logger"]) == ("warning", "bot.sync")
    assert (first["code"], first["attempt"]) == ("M_UNKNOWN", 3)
    assert first["time"].endswith("+00:00")
    assert second["message"] == "two\nlines"


def test_auto_is_json_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    logs.set_up("auto", "info", stream)
    logging.getLogger("bot").info("hello")
    assert json.loads(stream.getvalue())["message"] == "hello"


def test_a_person_reads_one_line_with_its_fields() -> None:
    stream = io.StringIO()
    logs.set_up("human", "info", stream)
    logging.getLogger("bot.sync").warning("sync failed (%s)", "503", extra={"attempt": 3})
    (line,) = stream.getvalue().splitlines()
    assert "warning  sync failed (503) attempt=3 (bot.sync)" in line
