"""A salon sends in bulk from a button phone: a group, a template, the PIN; pause and cancel."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import database
from tests import people
from tests.journeys.test_by_phone import PIN, Dialling, approve
from tests.stack import KINDS, Stack, wait_until

PEOPLE = 3000
OWNER = "0722000001"
_sessions = itertools.count(1)


@pytest.fixture(params=KINDS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    # Forty texts a second: slow enough to be watched by somebody who dials without a rest.
    settings = {"TUMA_ONFON__RATE_PER_SECOND": "2", "TUMA_USSD__HOPS_PER_MINUTE": "100000"}
    made = Stack(tmp_path, request.param, settings=settings)
    try:
        made.start_all()
        yield made
    finally:
        made.stop()


@pytest.fixture
def salon(stack: Stack) -> Iterator[int]:
    """A business that registered by phone, with money and many contacts."""
    Dialling(stack, "register").type("1", "1", "1", "Salon Zuri", "Asha", PIN, PIN)
    tenant_id = approve(stack, "Salon Zuri")
    stack.admin(f"/tenants/{tenant_id}/adjust", {"amount": "3000", "reason": "test"})
    database.open_database(stack.environment["TUMA_DATABASE__URL"])
    people.make(tenant_id, PEOPLE)
    yield tenant_id
    database.close_all()


def dial(stack: Stack, *answers: str) -> str:
    """Dial, and choose by the words on the screen or, after ">", type; gives the last screen."""
    phone = Dialling(stack, f"bulk{next(_sessions)}")
    shown = phone.shown()
    if "2. Start over" in shown and answers[:1] != ("Continue",):
        shown = phone.type("2")
    for answer in answers:
        if answer.startswith(">"):
            shown = phone.type(answer[1:])
            continue
        while not (found := re.search(rf"^(\d+)\. {re.escape(answer)}", shown, re.MULTILINE)):
            assert "98. More" in shown, f"no {answer!r} in {shown!r}"
            shown = phone.type("98")
        shown = phone.type(found[1])
    return shown


def balance(stack: Stack) -> str:
    found = re.search(r"KES [0-9.,]+\d", dial(stack))
    assert found
    return found[0]


def campaign(stack: Stack, *answers: str) -> str:
    """Look at the newest campaign, and do something with it."""
    return dial(stack, "Reports", "Campaigns", ">1", *answers)


@pytest.mark.timeout(600)
def test_three_thousand_customers_from_a_button_phone(stack: Stack, salon: int) -> None:
    made = dial(
        stack, "Account", "Templates", "New template", ">Sikukuu", ">Habari {{name}}, heri!", "Save"
    )
    assert made.startswith("END Template Sikukuu is there.")

    to_group = ("Send SMS", "A group", "Wateja (3,000)", "Use a template", "Sikukuu")
    shown = dial(stack, *to_group, "Notice or service", "Now")
    assert "Wateja: 3,000 x 1 SMS" in shown
    assert "KES 2,400, left KES 600" in shown
    ended = dial(stack, "Continue", "Confirm", f">{PIN}")
    assert ended.startswith("END Done: 3,000 SMS taken on, now")
    assert balance(stack) == "KES 600"

    wait_until(
        lambda: re.search(r"Texts: [1-9][0-9]*/3,000", campaign(stack).replace("\n", " ")),
        every=1,
    )
    assert "On its way" in campaign(stack)
    assert campaign(stack, "Pause").startswith("END Wateja is paused.")
    assert "Paused" in campaign(stack)
    assert "goes on" in campaign(stack, "Resume")
    shown = campaign(stack, "Cancel it")
    assert "What has not gone is not sent, and its money comes back." in shown
    assert campaign(stack, "Cancel it", "Yes, cancel it").startswith("END Wateja is cancelled.")
    wait_until(lambda: "Cancelled" in campaign(stack), every=1)

    def told() -> str | None:
        texts = [each["text"] for each in stack.state(to=OWNER)["texts"]]
        return next((each for each in texts if "Wateja is cancelled." in each), None)

    words = str(wait_until(told))
    found = re.search(r"([0-9,]+) SMS had gone; KES ([0-9,.]+\d) is back", words)
    assert found, words
    gone = int(found[1].replace(",", ""))
    assert 0 < gone < PEOPLE
    assert float(found[2].replace(",", "")) == pytest.approx((PEOPLE - gone) * 0.8)
    sent = [each for each in stack.state()["texts"] if each["text"] == "Habari Asha, heri!"]
    assert len({each["to"] for each in sent}) == len(sent) == gone
    assert [line for line in stack.proof() if not line["ok"]] == []
