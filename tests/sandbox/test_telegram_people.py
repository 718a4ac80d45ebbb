"""The people's side of the Telegram stand-in, as tests and the handset page use it."""

from __future__ import annotations

import base64
import struct
import threading
import time
from typing import Any

import pytest

from tests.sandbox.outside import PATIENCE_S, PHONE, Sandbox

BOB = "254700000002"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 80, 50) + b"\x08\x02" + bytes(64)


def keyboard(sandbox: Sandbox, chat: int, *rows: list[dict[str, Any]]) -> int:
    markup = {"inline_keyboard": list(rows)}
    sent = sandbox.ok("sendMessage", chat_id=chat, text="Menu", reply_markup=markup)
    number: int = sent["message_id"]
    return number


def test_a_phone_has_one_owner(sandbox: Sandbox) -> None:
    first = sandbox.act("people", phone="0708374149", first_name="Asha", language_code="sw")
    again = sandbox.act("people", phone=PHONE, last_name="Njeri")
    other = sandbox.act("people", first_name="Wanja")

    assert first == first | {
        "id": 708374149,
        "phone": PHONE,
        "language_code": "sw",
        "started": False,
        "blocked": False,
    }
    assert (again["id"], again["name"]) == (first["id"], "Asha Njeri")
    assert other["id"] not in (first["id"], *sandbox.settings.telegram.admin_ids)
    everyone = sandbox.get("/telegram/people").json()["people"]
    assert [one["first_name"] for one in everyone] == ["Admin", "Asha", "Wanja"]


def test_long_words_arrive_as_several_messages(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    said = sandbox.act("say", from_=asha, text="x" * 5000)
    heard = [len(update["message"]["text"]) for update in sandbox.updates()]

    assert (len(said["messages"]), heard) == (2, [4096, 904])


def test_people_edit_what_they_said(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    number = sandbox.act("say", from_=asha, text="One")["message_id"]
    sandbox.updates()
    sandbox.act("edit", from_=asha, message_id=number, text="Two")
    edited = sandbox.update("edited_message")

    assert (edited["message_id"], edited["text"]) == (number, "Two")
    assert edited["edit_date"] > 0


def test_an_own_contact_names_its_owner_and_another_does_not(sandbox: Sandbox) -> None:
    asha, juma = sandbox.person(), sandbox.person(BOB)
    for body in ({}, {"of": juma}, {"phone": "0711000111"}, {"plus": True}):
        sandbox.act("contact", from_=asha, **body)
    cards = [update["message"]["contact"] for update in sandbox.updates()]

    assert [card.get("user_id") for card in cards] == [asha, juma, None, asha]
    assert [card["phone_number"] for card in cards] == [PHONE, BOB, "0711000111", f"+{PHONE}"]


def test_a_key_that_asks_for_the_phone_shares_it_and_goes(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    keys = {"keyboard": [[{"text": "Share", "request_contact": True}], ["Later"]]}
    markup = keys | {"one_time_keyboard": True}
    sandbox.ok("sendMessage", chat_id=asha, text="Phone?", reply_markup=markup)
    sandbox.act("press", from_=asha, label="share")

    assert sandbox.update("message")["contact"]["user_id"] == asha
    assert sandbox.look(asha)["reply_keyboard"] is None


def test_a_plain_key_says_its_label(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    markup = {"keyboard": [["Later"]]}
    sandbox.ok("sendMessage", chat_id=asha, text="Phone?", reply_markup=markup)
    sandbox.act("press", from_=asha, label="Later")

    assert sandbox.update("message")["text"] == "Later"
    sandbox.ok("sendMessage", chat_id=asha, text="Fine", reply_markup={"remove_keyboard": True})
    assert sandbox.look(asha)["reply_keyboard"] is None


def test_a_label_is_looked_for_in_the_newest_message(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    old = keyboard(sandbox, asha, [{"text": "Go", "callback_data": "old"}])
    keyboard(sandbox, asha, [{"text": "Go", "callback_data": "new"}])
    first = sandbox.act("press", from_=asha, label="Go")
    second = sandbox.act("press", from_=asha, label="Go", message_id=old)

    assert (first["data"], second["data"]) == ("new", "old")


def test_links_and_copies_tell_the_bot_nothing(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    link = {"text": "Site", "url": "https://tuma.example/x"}
    keyboard(sandbox, asha, [link, {"text": "Copy", "copy_text": {"text": "k1"}}])

    assert sandbox.act("press", from_=asha, label="Site") == {"url": "https://tuma.example/x"}
    assert sandbox.act("press", from_=asha, label="Copy") == {"copied": "k1"}
    assert sandbox.updates() == []


def test_a_press_may_wait_for_its_answer(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    number = keyboard(sandbox, asha, [{"text": "Go", "callback_data": "go"}])

    def answer() -> None:
        query = sandbox.ok("getUpdates", timeout=PATIENCE_S // 2)[0]["callback_query"]
        sandbox.ok("answerCallbackQuery", callback_query_id=query["id"], text="Done")

    bot = threading.Thread(target=answer)
    bot.start()
    pressed = sandbox.act("press", from_=asha, message_id=number, data="go", wait=PATIENCE_S // 2)
    bot.join()

    assert pressed["answer"] == {"text": "Done", "show_alert": False, "url": ""}


@pytest.mark.parametrize(
    ("door", "body"),
    [
        ("say", {"from": 5, "text": "x"}),
        ("say", {"from": PHONE, "text": "  "}),
        ("say", {"from": PHONE, "chat": -4, "text": "x"}),
        ("say", {"from": PHONE, "chat": -1001000000001, "text": "x"}),
        ("press", {"from": PHONE, "label": "Nowhere"}),
        ("press", {"from": PHONE, "message_id": 3, "data": "x"}),
        ("photo", {"from": PHONE, "base64": base64.b64encode(b"no picture").decode()}),
        ("document", {"from": PHONE, "base64": "%"}),
        ("document", {"from": PHONE}),
        ("migrate", {"chat": -1001000000001}),
        ("people", {"id": -3}),
        ("other", {"from": PHONE, "kind": "pigeon"}),
        ("member", {"chat": -1001000000001, "who": "bot", "status": "king", "by": 900000001}),
    ],
)
def test_what_nobody_could_do_is_refused(sandbox: Sandbox, door: str, body: dict[str, Any]) -> None:
    sandbox.person()
    reply = sandbox.post(f"/telegram/{door}", body)

    assert (reply.status_code, reply.json()["error"]) == (422, "invalid")
    assert sandbox.updates() == []


def test_a_chat_can_be_watched_for_changes(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    first, second = (
        sandbox.ok("sendMessage", chat_id=asha, text=text)["message_id"] for text in "ab"
    )
    version = sandbox.look(asha)["version"]
    sandbox.ok("editMessageText", chat_id=asha, message_id=first, text="c")
    sandbox.ok("deleteMessage", chat_id=asha, message_id=second)
    news = sandbox.look(asha, since=version)

    assert [(one["message_id"], one["text"]) for one in news["messages"]] == [(first, "c")]
    assert news["deleted"] == [second]
    assert sandbox.look(asha, since=news["version"])["messages"] == []


def test_watching_waits_for_news(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    version = sandbox.look(asha)["version"]
    timer = threading.Timer(0.2, lambda: sandbox.ok("sendMessage", chat_id=asha, text="news"))
    begun = time.monotonic()
    timer.start()
    news = sandbox.look(asha, since=version, wait=PATIENCE_S // 2)
    took = time.monotonic() - begun
    timer.join()

    assert [one["text"] for one in news["messages"]] == ["news"]
    assert 0.2 <= took < PATIENCE_S // 2


def test_a_group_is_seen_through_somebodys_eyes(sandbox: Sandbox) -> None:
    (admin,) = sandbox.settings.telegram.admin_ids
    ops = sandbox.settings.telegram.ops_chat_id
    number = keyboard(sandbox, ops, [{"text": "Approve", "callback_data": "a:1"}])
    query = sandbox.act("press", from_=admin, chat=ops, label="Approve")
    sandbox.ok("answerCallbackQuery", callback_query_id=query["callback_query_id"], text="Approved")
    mine, others = sandbox.look(ops, **{"as": admin}), sandbox.look(ops)

    assert [(one["text"], one["message_id"]) for one in mine["alerts"]] == [("Approved", number)]
    assert others["alerts"] == []
    chats = sandbox.get("/telegram/chats", params={"as": admin}).json()["chats"]
    assert [chat["id"] for chat in chats] == [admin, ops]


def test_a_photo_is_sent_and_seen(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    sandbox.act("photo", from_=asha, base64=base64.b64encode(PNG).decode(), caption="Receipt")
    message = sandbox.update("message")
    seen = sandbox.last(asha)

    assert (message["caption"], message["photo"][-1]["width"]) == ("Receipt", 80)
    assert sandbox.get(seen["photo"]["url"]).content == PNG


def test_a_cleared_chat_is_empty_and_the_bot_is_not_told(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    number = sandbox.ok("sendMessage", chat_id=asha, text="x")["message_id"]
    sandbox.act("clear", from_=asha)

    assert sandbox.look(asha)["messages"] == []
    assert sandbox.updates() == []
    assert sandbox.refused("editMessageText", chat_id=asha, message_id=number, text="y") == (
        400,
        "Bad Request: message to edit not found",
    )


def test_any_update_can_be_made_up(sandbox: Sandbox) -> None:
    made = sandbox.act("update", poll_answer={"poll_id": "1", "option_ids": []})

    assert sandbox.updates() == [
        {"update_id": made["update_id"], "poll_answer": {"poll_id": "1", "option_ids": []}}
    ]


def test_the_state_shows_it_all(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    sandbox.ok("sendMessage", chat_id=asha, text="Karibu")
    sandbox.refused("sendMessage", chat_id=asha, text="")
    state = sandbox.state()["telegram"]
    narrow = sandbox.state(to=PHONE, limit=1)["telegram"]

    mine = next(chat for chat in state["chats"] if chat["id"] == asha)
    assert [one["text"] for one in mine["messages"]] == ["/start", "Karibu"]
    assert state["calls"][-1] == state["calls"][-1] | {
        "method": "sendMessage",
        "chat_id": asha,
        "error": "Bad Request: message text is empty",
    }
    assert state["counts"]["sendMessage"] == 2
    assert [chat["id"] for chat in narrow["chats"]] == [asha]
    assert [one["text"] for one in narrow["chats"][0]["messages"]] == ["Karibu"]
    assert len(narrow["calls"]) == 1
    named = sandbox.state(messages="false")["telegram"]["chats"]
    assert [chat["id"] for chat in named] == [chat["id"] for chat in state["chats"]]
    assert not any("messages" in chat for chat in named)
    assert sandbox.state()["totals"]["telegram_calls"] == 2
    assert sandbox.bot_token not in sandbox.get("/state").text
