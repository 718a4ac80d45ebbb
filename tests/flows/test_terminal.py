"""The commands that show conversations in a terminal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core import talk
from core.dialogue.screens import Screen
from core.screens import walk
from core.tenants.models import Role, Tenant
from core.tenants.profiles import Profile
from tests.flows.talking import ASHA, PIN, Talk

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


def reader(*answers: str) -> Callable[[Screen], str | None]:
    """Somebody who types these and then leaves."""
    left = list(answers)
    return lambda screen: left.pop(0) if left else None


def test_a_terminal_holds_a_whole_conversation(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = ["2", "1", "Salon Zuri", "0", "Salon Zuri", "Asha", PIN, PIN]

    assert talk.talk("register", ASHA, None, reader(*answers)) == 0
    assert "Asante. Salon Zuri inasubiri idhini." in capsys.readouterr().out
    assert Tenant.get(Tenant.phone == ASHA).status == "pending"


def test_a_terminal_asks_the_pin_as_a_phone_does(
    make_tenant: Callable[..., Profile],
    join: Callable[..., Talk],
    capsys: pytest.CaptureFixture[str],
) -> None:
    join(make_tenant("100"), "ussd", role=Role.SENDER)
    talk.talk("send", ASHA, "sw", reader("1", "0733000001", "Habari", "1", "1", PIN))

    said = capsys.readouterr().out
    assert "Weka PIN yako:" in said
    assert "Imepokelewa: SMS 1." in said


def test_an_unknown_flow_phone_or_language_is_named(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert talk.main("nothing", ASHA, None) == 1
    assert talk.main("menu", "12", None) == 1
    assert talk.main("menu", ASHA, "xx") == 1
    assert walk.main(language="xx") == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 4
    assert "topup" in said[0]


def test_every_screen_is_printed_with_its_length(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert walk.main("ussd", "sw") == 0
    said = capsys.readouterr().out

    assert "1. Tuma SMS" in said
    assert "units)" in said
    assert "said in rare moments" in said
