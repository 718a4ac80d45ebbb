"""A business run from a button phone, through real processes: from Register to the last shilling.

The gateway is Africa's Talking, and a nervous one: it sends every hop twice.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from core.settings import settings
from tests.stack import KINDS, Stack, wait_until

OWNER = "254722000001"
CUSTOMER = "0712 000 001"
TEXT = "Buy 2*3 mandazi & chai, save 10%"
PIN = "8317"
_looks = itertools.count(1)


@dataclass
class Dialling:
    """One session on the owner's phone."""

    stack: Stack
    name: str
    typed: list[str] = field(default_factory=list)

    def type(self, *texts: str) -> str:
        for text in texts:
            self.typed.append(text)
            shown = self.shown()
        return shown

    def shown(self) -> str:
        form = {
            "sessionId": f"ATUid_{self.name}",
            "phoneNumber": f"+{OWNER}",
            "networkCode": "63902",
            "serviceCode": "*384*1234#",
            "text": "*".join(self.typed),
        }
        url = f"{self.stack.url}/ussd/{settings().ussd.secret}/africastalking"
        first, again = (self.stack.http.post(url, data=form, timeout=60) for _ in range(2))
        assert (first.status_code, first.headers["content-type"]) == (
            200,
            "text/plain; charset=utf-8",
        )
        assert again.text == first.text
        assert len(first.text) <= len("CON ") + settings().ussd.screen_limit
        assert first.text.isascii()
        return first.text


@pytest.fixture(params=KINDS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path, request.param)
    try:
        made.start_all()
        yield made
    finally:
        made.stop()


def approve(stack: Stack, name: str) -> int:
    listed = stack.http.get(
        f"{stack.url}/admin/tenants", headers={"X-Admin-Key": stack.admin_key}, timeout=60
    )
    (tenant_id,) = (row["id"] for row in listed.json()["data"] if row["name"] == name)
    assert stack.admin(f"/tenants/{tenant_id}/approve").status_code == 200
    return int(tenant_id)


def test_a_business_lives_on_a_button_phone(stack: Stack) -> None:
    """A salon registers, pays 500 shillings by a prompt, and texts a customer."""

    def dial(name: str, ahead: str = "") -> tuple[Dialling, str]:
        made = Dialling(stack, name, [ahead] if ahead else [])
        return made, made.shown()

    phone, shown = dial("register")
    assert "1. Register" in shown
    assert phone.type("1", "1", "1", "Salon Zuri", "Asha", PIN, PIN).startswith("END Thank you.")
    approve(stack, "Salon Zuri")

    phone, shown = dial("balance")
    assert "1. Send SMS\n2. Top up\n3. Balance\n4. Contacts\n5. Reports\n6. Account" in shown
    assert phone.type("3").startswith("END Balance KES 0")

    phone, shown = dial("topup", ahead="2*500")
    assert shown.startswith("CON Who pays KES 500?")
    phone.type("1")
    agreed_at = datetime.now().astimezone()
    assert phone.type("1").startswith("END Wait for the M-PESA request on 0722 000 001")
    wait_until(lambda: stack.state()["prompts"])
    (prompt,) = stack.state()["prompts"]
    waited_s = (datetime.fromisoformat(prompt["at"]) - agreed_at).total_seconds()
    assert waited_s >= settings().mpesa.push_delay_seconds
    stack.http.post(f"{stack.sandbox}/mpesa/pin", json={"phone": OWNER, "pin": "1234"}, timeout=60)
    wait_until(lambda: dial_balance(stack) == "KES 500")

    phone, _ = dial("cut off")
    assert phone.type("1", "1", CUSTOMER, TEXT, "1").startswith(f"CON {CUSTOMER}: 1 x 1 SMS")
    phone, shown = dial("again")
    assert "1. Continue\n2. Start over" in shown
    assert phone.type("1").startswith(f"CON {CUSTOMER}: 1 x 1 SMS = KES 0.80\nLeft KES 499.20.")
    assert phone.type("1").startswith("CON Enter your PIN:")
    assert phone.type("0000").startswith("CON Wrong PIN.")
    assert phone.type(PIN).startswith("END Done: 1 SMS taken on.")
    texts = wait_until(lambda: [each for each in stack.state()["texts"] if each["text"] == TEXT])
    assert isinstance(texts, list)
    assert [each["to"] for each in texts] == ["254712000001"]

    assert dial_balance(stack) == "KES 499.20"
    assert [line for line in stack.proof() if not line["ok"]] == []
    log = (stack.folder / "web.log").read_text()
    log = re.sub(r"pid: \d+|\(\d+\) \[gunicorn", "", log)  # a process may have the PIN's number
    assert "ussd_answered" in log
    assert not re.search(rf"(?<![0-9a-f]){PIN}(?![0-9a-f])|{settings().ussd.secret}|{OWNER}", log)


def dial_balance(stack: Stack) -> str:
    """Read what is in the wallet off the first screen."""
    shown = Dialling(stack, f"look{next(_looks)}").shown()
    found = re.search(r"^KES [0-9.,]+", shown, re.MULTILINE)
    assert found, shown
    return found[0]
