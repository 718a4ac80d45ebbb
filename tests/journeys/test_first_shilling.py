"""The whole main job through real processes: from sign-up to the proof of every shilling."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import KINDS, Stack, wait_until

OWNER = "0722000001"
LONG = "Ndugu mteja, bei mpya ya huduma zetu ni " + "kuanzia leo " * 10 + "€5 au €6."
CHEERFUL = "Asante kwa kuja leo 🎉"
PLAIN = "Karibu tena kesho."


@pytest.fixture(params=KINDS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path, request.param)
    try:
        made.start_all()
        yield made
    finally:
        made.stop()


def test_from_sign_up_to_the_last_shilling(stack: Stack) -> None:
    """A salon registers, pays 500 shillings, texts three customers, and the books are exact."""
    salon = stack.sign_up(OWNER)
    assert salon.balance() == "0.00"

    asked = salon.top_up("500", once="first-top-up")
    assert asked.status_code == 202, asked.text
    wait_until(lambda: stack.state()["prompts"])
    stack.http.post(f"{stack.sandbox}/mpesa/pin", json={"phone": OWNER, "pin": "1234"}, timeout=60)
    top_up = f"/topups/{asked.json()['id']}"
    wait_until(lambda: salon.call("GET", top_up).json()["status"] == "completed")
    assert salon.balance() == "500.00"

    body = {
        "messages": [
            {"to": "0712 000 001", "message": LONG},
            {"to": "+254712000002", "message": CHEERFUL},
            {"to": "0112000003", "message": PLAIN},
        ]
    }
    sent = salon.call("POST", "/sms/bulk", body)
    assert sent.status_code == 202, sent.text
    rows = sent.json()["messages"]
    assert [(row["encoding"], row["segments"]) for row in rows] == [
        ("GSM-7", 2),
        ("UCS-2", 1),
        ("GSM-7", 1),
    ]
    assert sent.json()["cost"] == "3.20"

    batch = f"/sms/messages?batch={sent.json()['batch_id']}"
    wait_until(
        lambda: {row["status"] for row in salon.call("GET", batch).json()["data"]} == {"delivered"}
    )
    texts = {text["to"]: text["text"] for text in stack.state()["texts"]}
    assert texts["254712000001"] == LONG
    assert texts["254712000002"] == CHEERFUL
    assert texts["254112000003"] == PLAIN

    balance = salon.call("GET", "/balance").json()
    assert (balance["available"], balance["held"], balance["units"]) == ("496.80", "0.00", 621)
    proof = stack.proof()
    assert [line for line in proof if not line["ok"]] == []
    assert len(proof) > 10
