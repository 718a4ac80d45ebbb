"""A sender ID of one's own, and what people answer, through real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import KINDS, Business, Stack, wait_until

OWNER, ASHA = "0722000001", "254712000001"
ALL_DAY = {"TUMA_RULES__PROMOTIONAL_FROM": "00:00", "TUMA_RULES__PROMOTIONAL_UNTIL": "23:59"}


@pytest.fixture(params=KINDS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path, request.param, settings=ALL_DAY)
    try:
        made.start_all()
        yield made
    finally:
        made.stop()


def sent(salon: Business, words: str) -> dict[str, str]:
    """Send an advert under the salon's own name, and wait for its end."""
    answer = salon.send(ASHA, words, sender_id="ZURIInfo", **{"class": "promotional"})
    assert answer.status_code == 202, answer.text
    path = f"/sms/messages/{answer.json()['messages'][0]['id']}"
    ends = {"delivered", "rejected", "suppressed"}
    wait_until(lambda: salon.call("GET", path).json()["status"] in ends)
    return dict(salon.call("GET", path).json())


def answered(stack: Stack, salon: Business, words: str) -> dict[str, str]:
    """Let the phone answer, and wait until that is in the inbox."""

    def inbox() -> list[dict[str, str]]:
        return list(salon.call("GET", f"/sms/inbox?from={ASHA}").json()["data"])

    before = len(inbox())
    told = {"from": ASHA, "text": words}
    stack.http.post(f"{stack.sandbox}/onfon/inbound", json=told, timeout=60)
    wait_until(lambda: len(inbox()) > before)
    return inbox()[0]


def test_a_name_of_ones_own_and_a_no(stack: Stack) -> None:
    """Ask for a name, be refused by the gateway at no cost, send, be told no, and yes again."""
    salon = stack.sign_up(OWNER)
    salon.credit("100")
    wanted = {"name": "ZURIInfo", "class": "promotional", "purpose": "Offers to our customers"}
    key = salon.call("POST", "/sender-ids", wanted).json()["id"]
    early = salon.send(ASHA, "Sale", sender_id="ZURIInfo", **{"class": "promotional"})
    assert early.json()["code"] == "sender_not_approved"
    assert stack.admin(f"/sender-ids/{key}/approve").json()["status"] == "approved"

    # Onfon's people have not done their part yet.
    refused = sent(salon, "Sale today")
    assert (refused["status"], refused["reason"]) == ("rejected", "sender_refused")
    assert "Nothing was charged" in refused["detail"]
    assert salon.balance() == "100.00"
    stack.http.post(f"{stack.sandbox}/onfon/senders", json={"sender_id": "ZURIInfo"}, timeout=60)
    first = sent(salon, "Sale today")
    assert first["status"] == "delivered"
    assert salon.balance() == "99.20"

    no = answered(stack, salon, "Acha tafadhali")
    assert (no["verdict"], no["answers"]) == ("opt_out", first["id"])
    stopped = salon.send(ASHA, "More", sender_id="ZURIInfo", **{"class": "promotional"})
    assert stopped.status_code == 422
    assert answered(stack, salon, "Anza")["verdict"] == "opt_in"
    assert sent(salon, "Welcome back")["status"] == "delivered"
    assert [line for line in stack.proof() if not line["ok"]] == []
