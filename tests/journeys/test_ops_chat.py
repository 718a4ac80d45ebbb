"""The operators run the business from their group chat, through real processes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.settings import settings
from tests.stack import KINDS, Stack, wait_until

PHONE = "0722000001"
OPS = settings().telegram.ops_chat_id
ADMIN = settings().telegram.admin_ids[0]


@dataclass
class Group:
    """The ops chat as one of the admins sees it."""

    stack: Stack

    def messages(self) -> list[dict[str, Any]]:
        url = f"{self.stack.sandbox}/telegram/chats/{OPS}?as={ADMIN}"
        return list(self.stack.http.get(url, timeout=60).json()["messages"])

    def shows(self, words: str, seconds: float = 60) -> dict[str, Any]:
        """Wait for a message with these words."""

        def found() -> dict[str, Any] | None:
            with_words = (each for each in self.messages() if words in (each["text"] or ""))
            return next(with_words, None)

        message = wait_until(found, seconds)
        assert isinstance(message, dict)
        return message

    def does(self, what: str, **body: Any) -> Any:
        body = {"from": ADMIN, "chat": OPS, **body}
        answer = self.stack.http.post(
            f"{self.stack.sandbox}/telegram/{what}", json=body, timeout=60
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def says(self, text: str, **more: Any) -> None:
        self.does("say", text=text, **more)

    def presses(self, label: str, message: dict[str, Any]) -> str:
        """Press a button. Gives what pops up."""
        done = self.does("press", label=label, message_id=message["message_id"], wait=25)
        return str(done["answer"]["text"])


@pytest.fixture(params=KINDS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path, request.param)
    try:
        made.start_all()
        made.start("bot", "bot")
        yield made
    finally:
        made.stop()


def labels(message: dict[str, Any]) -> list[str]:
    return [button["label"] for row in message["keyboard"] or [] for button in row]


def signed_up(stack: Stack, name: str) -> tuple[int, str]:
    """Register and prove the phone. Gives the business and its live key."""
    form = {
        "business_name": name,
        "contact_name": "Asha",
        "phone": PHONE,
        "accept_terms": True,
    }
    tenant_id = stack.post("/api/signup", form).json()["tenant"]["id"]
    code = wait_until(lambda: stack._code(PHONE))
    done = stack.post("/api/signup/verify", {"tenant_id": tenant_id, "code": code}).json()
    return int(tenant_id), str(done["keys"]["live"])


def texts_to(stack: Stack, phone: str) -> list[str]:
    return [each["text"] for each in stack.state(to=phone)["texts"]]


@pytest.mark.timeout(600)
def test_a_business_is_let_in_credited_stopped_and_proved_from_the_chat(stack: Stack) -> None:
    group = Group(stack)
    tenant_id, key = signed_up(stack, "Salon Zuri & Sons")

    card = group.shows(f"New business {tenant_id}: Salon Zuri & Sons")
    assert labels(card) == ["Approve", "Reject"]
    assert group.presses("Approve", card).startswith("✅ Approved")
    card = group.shows("✅ Approved by")
    assert labels(card) == []
    wait_until(lambda: any("is approved" in each for each in texts_to(stack, PHONE)))

    group.says(f"/credit {tenant_id} 6,000 Opening gift")
    question = group.shows("Add KES 6,000.00")
    group.presses("Yes, do it", question)
    group.shows("It has KES 6,000.00 now.")

    group.says("/pause The gateway acts up")
    group.presses("Yes, do it", group.shows("Stop all sending"))
    stop = group.shows("⏸ All sending is stopped\n")
    headers = {"Authorization": f"Bearer {key}"}
    sent = stack.post(f"/api/{tenant_id}/sms/send", {"to": "0712000001", "message": "Habari"},
                      **headers)  # fmt: skip
    assert sent.status_code == 202
    assert texts_to(stack, "0712000001") == []
    group.presses("Resume sending", stop)
    group.shows("▶️ Sending goes on")
    wait_until(lambda: texts_to(stack, "0712000001") == ["Habari"])

    group.says(f"/suspend {tenant_id} Complaints")
    group.presses("Yes, do it", group.shows("Suspend"))
    group.shows("⛔️ Suspended")
    wait_until(lambda: any("suspended: Complaints" in each for each in texts_to(stack, PHONE)))

    group.says("/prove")
    group.shows("✅ The books agree")
    group.says("/health")
    group.shows("Sending: on")
    group.says("/digest today")
    pictured = wait_until(lambda: [each for each in group.messages() if each.get("photo")])
    assert isinstance(pictured, list)
    assert "6,000" not in pictured[0]["text"]  # a gift is no money in
    assert stack.state()["telegram"]["unanswered_presses"] in (0, [])
