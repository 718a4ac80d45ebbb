"""Log lines as they really come out: what they carry, and what they must not."""

import io
import json
import logging
import re

import peewee
import pytest
import structlog

from core import logs
from core.settings import load

PHONE = "254712345678"


@pytest.fixture
def lines(monkeypatch):
    """Everything logged in the test, as the stream has it."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture(params=["text", "json"])
def said(request, lines):
    """What was logged, without the time, in which any digits may come up."""
    logs.configure(load(env={"TUMA_APP__LOG_FORMAT": request.param}), part="web", stream=lines)
    return lambda: re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "", lines.getvalue())


def test_a_line_in_json_carries_what_happened_where_and_when(lines):
    logs.configure(load(env={"TUMA_APP__LOG_FORMAT": "json"}), part="worker", stream=lines)
    logs.begin(request_id="req_1")
    structlog.get_logger("core.messaging").info("sent", segments=3)

    line = json.loads(lines.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "sent",
        "segments": 3,
        "request_id": "req_1",
        "part": "worker",
        "logger": "core.messaging",
        "level": "info",
    }


def test_a_line_in_text_is_one_line(said):
    structlog.get_logger().info("sent", segments=3)

    assert said().count("\n") == 1
    assert "segments" in said()


@pytest.mark.parametrize(
    "number", [PHONE, f"+{PHONE}", "0712345678", "0712 345 678", "+254 712-345-678", 254733345678]
)
def test_a_phone_number_keeps_its_last_three_digits(said, number):
    structlog.get_logger().info("sent", to=number)

    assert "678" in said()
    assert "345" not in said()


def test_a_phone_number_in_the_event_itself_is_masked(said):
    structlog.get_logger().warning(f"no route to {PHONE}")

    assert "12345" not in said()


@pytest.mark.parametrize(
    "name",
    ["text", "message", "body", "token", "secret", "password", "pin", "api_key", "key",
     "Authorization", "consumer_secret", "X-Api-Key"],
)  # fmt: skip
def test_what_a_secret_name_holds_is_hidden(said, name):
    structlog.get_logger().info("asked", **{name: "maji kesho"})

    assert "maji" not in said()
    assert logs.HIDDEN in said()


def test_an_id_beside_a_secret_name_is_shown(said):
    structlog.get_logger().info("asked", message_id="msg_01", key_id="key_01")

    assert "msg_01" in said()
    assert "key_01" in said()


def test_secrets_are_hidden_however_deep(said):
    structlog.get_logger().info("asked", request={"rows": [{"Text": "maji", "to": [PHONE]}]})

    assert "maji" not in said()
    assert "12345" not in said()


@pytest.mark.parametrize(
    ("line", "gone", "kept"),
    [
        ("POST /pay/in/abc123/stk/tok99 200", ["abc123", "tok99"], "/stk/"),
        ("GET /sms/in/abc123/dlr?status=DELIVRD", ["abc123"], "/dlr?status=DELIVRD"),
        ("POST /ussd/abc123/africastalking", ["abc123"], "/africastalking"),
        ("POST /telegram/abc123 200", ["abc123"], " 200"),
        ("POST https://api.telegram.org/bot11223344:AAbbCCddEEffGG/getMe", ["AAbb"], "/getMe"),
        ("Authorization: Bearer 0123abcd", ["0123abcd"], "Authorization"),
        ("url=/Balance?ApiKey=q1w2e3&x=1", ["q1w2e3"], "x=1"),
        ("{'password': 'hunter2'}", ["hunter2"], "password"),
        ("key sk_live_4f9a8b7c6d", ["4f9a8b"], "sk_live_"),
        ("postgresql://tuma:hunter2@db/tuma", ["hunter2"], "@db/tuma"),
        ("pin=1234 tried", ["1234"], "tried"),
    ],
)
def test_secrets_in_addresses_and_texts_are_masked(said, line, gone, kept):
    structlog.get_logger().info(line)

    assert [secret for secret in gone if secret in said()] == []
    assert kept in said()


def test_the_value_of_a_secret_setting_is_hidden_wherever_it_stands(lines):
    given = load(env={"TUMA_ONFON__ACCESS_KEY": "kifaru-na-twiga"})
    logs.configure(given, stream=lines)
    structlog.get_logger().info("refused", why="Unknown client kifaru-na-twiga.")

    assert "twiga" not in lines.getvalue()


def test_an_exception_is_told_without_the_number_in_it(said):
    try:
        raise ValueError(f"no such subscriber {PHONE}")
    except ValueError:
        structlog.get_logger().exception("lookup_failed")

    assert "ValueError" in said()
    assert "12345" not in said()


@pytest.mark.parametrize("name", ["gunicorn.error", "huey.consumer", "requests", "peewee"])
def test_a_library_that_logs_goes_through_the_same_mask(said, name):
    logs.begin(request_id="req_2")
    logging.getLogger(name).error("to %s with sk_test_abcdef", PHONE)

    assert "12345" not in said()
    assert "abcdef" not in said()
    assert "req_2" in said()


def test_statements_are_not_logged(said):
    database = peewee.SqliteDatabase(":memory:")
    database.execute_sql("select 1").fetchall()
    database.close()

    assert said() == ""


def test_lines_below_the_level_are_not_written(lines):
    logs.configure(load(env={"TUMA_APP__LOG_LEVEL": "warning"}), stream=lines)
    structlog.get_logger().info("quiet")
    logging.getLogger("requests").info("quiet")

    assert lines.getvalue() == ""


def test_a_new_request_forgets_the_last_one():
    logs.begin(request_id="req_1", tenant="7")
    logs.begin(request_id="req_2")

    assert logs.bound() == {"request_id": "req_2"}
