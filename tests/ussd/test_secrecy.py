"""A PIN is typed in clear at every later hop, and stands nowhere afterwards."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from core import logs
from core.models import TABLES
from tests.ussd.gateways import GATEWAYS
from tests.ussd.scene import PIN, Dials, World

WRONG = "Qy3wrongWm88"


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """Everything that is logged."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure(stream=stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("gateway", sorted(GATEWAYS))
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_no_pin_is_in_the_database_or_the_logs(
    phone: Dials, world: World, said: io.StringIO, tmp_path: Path, gateway: str
) -> None:
    """Every byte of the file is searched, deleted rows and the journal included."""
    asha = phone(gateway)
    asha.dial(f"5*{PIN}") if gateway != "Beem" else asha.dial()
    asha.type("00", "5", WRONG, PIN, "Asha")
    again = phone(gateway)
    again.dial()
    again.type("1", "Habari", "1", WRONG, PIN)
    world.breaks = 1
    third = phone(gateway, "254722000001")
    third.dial()
    third.type("4")
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("*.db*"))

    assert len(world.acts) == 1
    assert b"ussd_session" in stored
    for secret in (PIN, WRONG):
        assert secret.encode() not in stored
    assert "ussd_answered" in said.getvalue()
    assert WRONG not in said.getvalue()


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_no_pin_is_in_any_table(phone: Dials, world: World) -> None:
    asha = phone()
    asha.dial()
    asha.type("1", "Habari", "1", WRONG, PIN)

    assert len(world.acts) == 1
    for table in TABLES:
        assert PIN not in str(list(table.select().dicts()))
        assert WRONG not in str(list(table.select().dicts()))


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_an_error_about_a_pin_is_logged_without_its_words(
    phone: Dials, world: World, said: io.StringIO
) -> None:
    asha = phone("Airtel")
    asha.dial()
    asha.type("5")
    world.breaks_on_pin = True
    last = asha.type(PIN)

    assert last.text.startswith("Sorry, we could not finish this. Reference ")
    reference = last.text.split()[7].rstrip(".")
    assert reference in said.getvalue()
    assert "RuntimeError" in said.getvalue()
    assert PIN not in said.getvalue()


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_no_address_is_logged(phone: Dials, said: io.StringIO) -> None:
    asha = phone("TechSavanna")
    asha.dial()
    asha.type("1", "Habari", "1", PIN)
    asha.web.simulate_get(f"/ussd/{asha.secret}/sessionid_get", query_string=f"INPUT={PIN}")

    assert "INPUT" not in said.getvalue()
    assert asha.secret not in said.getvalue()
    assert "254712345678" not in said.getvalue()
