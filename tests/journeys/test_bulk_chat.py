"""A salon sends in bulk from Telegram: a list dropped into the chat, a yes asked for, results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.chatting import Chatting
from tests.stack import KINDS, Stack, wait_until

OWNER, HELPER = "0722000001", "0733000002"
LIST = "Name,Phone,Points\n" + "".join(
    f"{name},07120000{at:02d},{at * 10}\n"
    for at, name in enumerate(("Asha", "Juma", "Wanjiku", "Otieno", "Achieng", "Kamau"), start=1)
)
LIST += "Mutua,12345,0\nJuma,0712000002,20\n"


@pytest.fixture(params=KINDS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path, request.param, settings={"TUMA_RULES__APPROVAL_THRESHOLD": "4"})
    try:
        made.start_all()
        made.start("bot", "bot")
        yield made
    finally:
        made.stop()


@pytest.mark.timeout(600)
def test_a_list_dropped_into_the_chat_is_written_to(stack: Stack) -> None:
    salon = stack.sign_up(OWNER)
    salon.credit("100")
    owner = Chatting(stack, OWNER)
    owner.links("Salon Zuri")

    owner.drops("wateja.csv", LIST)
    owner.shows("wateja.csv", "Between columns: comma", "Phone numbers: Phone", "Names: Name")
    owner.shows("Kept for templates: Points", "Is that right?")
    owner.taps("That is right", "New group")
    owner.says("Wateja")
    owner.taps("They told me", "Today")
    owner.shows("Import wateja.csv into Wateja?")
    owner.taps("Confirm")
    owner.shows("wateja.csv is read. Rows: 8.", "New contacts: 6", "Rows left out: 1")
    assert b"Mutua" in owner.document("Rows left out of wateja.csv: ")

    owner.says("/team")
    owner.taps("Invite a phone")
    owner.says(HELPER)
    owner.taps("Sender: sends SMS", "Confirm")
    owner.shows("is invited")
    helper = Chatting(stack, HELPER)
    helper.links("Salon Zuri")
    helper.taps("Confirm")
    body = {"name": "Points", "message": "Habari {{first_name}}, you have {{points}} points."}
    assert salon.call("POST", "/templates", body).status_code == 201

    owner.says("/contacts")
    owner.taps("Export a file")
    exported = owner.document("Contacts of Salon Zuri: 6.").decode("utf-8-sig")
    assert "254712000001,Asha" in exported
    owner.says("/send")
    owner.taps("One number")
    owner.says("0712 000 099")
    owner.taps("Use a template", "Points")
    owner.shows("Type first_name:")
    owner.says("Neema")
    owner.shows("Type points:")
    owner.says("0")
    owner.shows("Habari Neema, you have 0 points.")
    owner.taps("Confirm")
    owner.shows("Done: 1 SMS taken on.")

    helper.says("/send")
    helper.taps("A group", "Wateja (6)", "Use a template", "Points", "Notice or service", "Now")
    helper.shows(
        "6 x 1 SMS", "KES 4.80", "Habari Asha, you have 10 points.", "a manager must agree"
    )
    helper.taps("Ask a manager")
    helper.shows("A manager must agree first.")
    owner.shows("asks to send an SMS to 6 people for KES 4.80", "you have 10 points")
    owner.taps("Approve")
    owner.shows("Approved. It goes now")
    helper.shows("has approved")
    result = helper.shows("6 delivered")
    assert result["photo"]

    answer = {"from": "0712000003", "text": "Stop tafadhali"}
    assert stack.http.post(f"{stack.sandbox}/onfon/inbound", json=answer, timeout=60).ok
    owner.shows("Wanjiku, 0712 000 003 has opted out.")
    owner.says("/send")
    owner.taps("A group", "Wateja (6)")
    owner.shows("Type the message:")
    owner.says("Karibuni tena")
    owner.taps("Notice or service", "Now")
    owner.shows("5 x 1 SMS", "KES 4,", "Left out: 1", "Opted out: 1")
    owner.taps("Confirm")
    owner.shows("5 delivered")
    got = [text["text"] for text in stack.state(to="0712000003")["texts"]]
    assert got == ["Habari Wanjiku, you have 30 points."]
    wait_until(lambda: salon.call("GET", "/balance").json()["held"] == "0.00")
    assert [line for line in stack.proof() if not line["ok"]] == []
