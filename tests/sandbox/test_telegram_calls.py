"""The Telegram stand-in, called over plain HTTP: what it does, and what it refuses and how."""

from __future__ import annotations

import json
import struct
import threading
import time
from typing import Any

import pytest
import requests

from tests.sandbox.outside import PATIENCE_S, PHONE, Application, Sandbox, Seen
from tests.stack import wait_until

BOB = "254700000002"
BUTTON = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
KEYS = {"keyboard": [[{"text": "Share", "request_contact": True}]]}
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 800, 500) + b"\x08\x02" + bytes(64)


def send(sandbox: Sandbox, chat: int, text: str = "Habari", **more: Any) -> int:
    number: int = sandbox.ok("sendMessage", chat_id=chat, text=text, **more)["message_id"]
    return number


def ops(sandbox: Sandbox) -> int:
    return sandbox.settings.telegram.ops_chat_id


# The way in


@pytest.mark.parametrize(
    ("token", "code", "words"),
    [
        ("110000001:wrong", 401, "Unauthorized"),
        ("nonsense", 404, "Not Found"),
    ],
)
def test_a_wrong_token_is_refused(sandbox: Sandbox, token: str, code: int, words: str) -> None:
    reply = sandbox.get(f"/telegram/bot{token}/getMe")

    assert reply.status_code == code
    assert reply.json() == {"ok": False, "error_code": code, "description": words}


def test_an_unknown_method_is_refused(sandbox: Sandbox) -> None:
    assert sandbox.refused("sendPigeon") == (404, "Not Found: method not found")


def test_methods_are_read_in_any_case_and_by_get(sandbox: Sandbox) -> None:
    reply = sandbox.get(f"/telegram/bot{sandbox.bot_token}/GETME")

    assert reply.json()["result"] == reply.json()["result"] | {
        "id": 110000001,
        "is_bot": True,
        "first_name": "Tuma",
        "username": "tuma_sandbox_bot",
    }


def test_a_form_json_and_parts_say_the_same(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    url = f"{sandbox.url}/telegram/bot{sandbox.bot_token}/sendMessage"
    flat = {"chat_id": str(asha), "text": "Habari", "reply_markup": json.dumps(BUTTON)}
    whole = flat | {"reply_markup": BUTTON}
    parts = {name: (None, value) for name, value in flat.items()}
    for reply in (
        sandbox.http.post(url, data=flat),
        sandbox.http.post(url, json=whole),
        sandbox.http.post(url, files=parts),
        sandbox.http.get(url, params=flat),
    ):
        sent = reply.json()["result"]

        assert (sent["text"], sent["reply_markup"]) == ("Habari", BUTTON)
    assert len(sandbox.look(asha)["messages"]) == 5


# Whom it may write to


def test_strangers_are_not_found(sandbox: Sandbox) -> None:
    asha = sandbox.person(starts=False)
    missing = (400, "Bad Request: chat not found")

    assert sandbox.refused("sendMessage", chat_id=asha, text="x") == missing
    assert sandbox.refused("sendMessage", chat_id=-4, text="x") == missing
    assert sandbox.refused("sendMessage", chat_id="@nobody", text="x") == missing
    assert sandbox.refused("sendMessage", text="x") == (400, "Bad Request: chat_id is empty")


def test_people_must_write_first(sandbox: Sandbox) -> None:
    (admin,) = sandbox.settings.telegram.admin_ids

    assert sandbox.refused("sendMessage", chat_id=admin, text="x") == (
        403,
        "Forbidden: bot can't initiate conversation with a user",
    )


def test_a_block_is_felt_and_told_and_ends_with_the_next_word(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    sandbox.act("block", from_=asha)
    told = sandbox.update("my_chat_member")
    refusal = sandbox.refused("sendMessage", chat_id=asha, text="x")
    sandbox.act("say", from_=asha, text="I am back")
    back = sandbox.updates()

    assert told["old_chat_member"]["status"] == "member"
    assert told["new_chat_member"]["status"] == "kicked"
    assert refusal == (403, "Forbidden: bot was blocked by the user")
    assert [sorted(update)[0] for update in back] == ["my_chat_member", "message"]
    assert send(sandbox, asha)


def test_a_deleted_account_is_gone(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    sandbox.act("people", id=asha, deactivated=True)

    assert sandbox.refused("sendMessage", chat_id=asha, text="x") == (
        403,
        "Forbidden: user is deactivated",
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("kicked", "bot was kicked from the supergroup chat"),
        ("left", "bot is not a member of the supergroup chat"),
    ],
)
def test_out_of_a_group_is_out(sandbox: Sandbox, status: str, words: str) -> None:
    (admin,) = sandbox.settings.telegram.admin_ids
    sandbox.act("member", chat=ops(sandbox), who="bot", status=status, by=admin)

    assert sandbox.update("my_chat_member")["new_chat_member"]["status"] == status
    assert sandbox.refused("sendMessage", chat_id=ops(sandbox), text="x") == (
        403,
        f"Forbidden: {words}",
    )


def test_the_bot_leaves(sandbox: Sandbox) -> None:
    assert sandbox.ok("leaveChat", chat_id=ops(sandbox)) is True
    assert sandbox.refused("sendMessage", chat_id=ops(sandbox), text="x")[0] == 403


def test_a_migrated_group_names_its_heir(sandbox: Sandbox) -> None:
    (admin,) = sandbox.settings.telegram.admin_ids
    group = sandbox.act("groups", title="Team", members={admin: "creator"})["id"]
    sandbox.updates()
    card = send(sandbox, group)
    new = sandbox.act("migrate", chat=group)["id"]
    reply = sandbox.call("sendMessage", chat_id=group, text="x")
    notices = [update["message"] for update in sandbox.updates()[-2:]]

    assert reply.json() == {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": new},
    }
    assert notices[0]["migrate_to_chat_id"] == new
    assert notices[1]["migrate_from_chat_id"] == group
    assert send(sandbox, new)
    missing = (400, "Bad Request: message to edit not found")
    assert sandbox.refused("editMessageText", chat_id=new, message_id=card, text="y") == missing


# Text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "text must be non-empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "x" * 32769}, "text is too long"),
        ({"text": "<b>x", "parse_mode": "HTML"}, None),
        ({"text": "x.", "parse_mode": "MarkdownV2"}, None),
        ({"text": "x", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        ({"text": "x", "message_thread_id": 1}, "message thread not found"),
        ({"text": "x", "reply_to_message_id": 1}, "message to be replied not found"),
        ({"text": "x", "reply_parameters": {"message_id": 1}}, "message to be replied not found"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
    ],
)
def test_text_is_refused(sandbox: Sandbox, fields: dict[str, Any], words: str | None) -> None:
    asha = sandbox.person()
    code, said = sandbox.refused("sendMessage", chat_id=asha, **fields)

    assert code == 400
    assert said.startswith(f"Bad Request: {words or 'can' + chr(39) + 't parse entities: '}")
    assert len(sandbox.look(asha)["messages"]) == 1


def test_length_counts_after_the_tags_are_gone(sandbox: Sandbox) -> None:
    asha = sandbox.person()

    assert send(sandbox, asha, "<b>" + "x" * 4096 + "</b>", parse_mode="HTML")


def test_what_people_see_is_kept(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    send(
        sandbox,
        asha,
        "Key: <tg-spoiler>k1</tg-spoiler>",
        parse_mode="html",
        protect_content=True,
        disable_notification=True,
    )
    seen = sandbox.last(asha)

    assert seen == seen | {
        "text": "Key: k1",
        "entities": [{"type": "spoiler", "offset": 5, "length": 2}],
        "protected": True,
        "silent": True,
        "edited": False,
        "is_own": False,
    }


# Buttons


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"text": "a", "callback_data": "x" * 65}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
        (
            {"text": "a"},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"text": "a", "callback_data": ""},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        ({"callback_data": "x"}, "can't parse inline keyboard button: Can't find field \"text\""),
        ({"text": "", "callback_data": "x"}, "inline keyboard button text must be non-empty"),
        (
            {"text": "a", "url": "http://localhost/x"},
            "inline keyboard button URL 'http://localhost/x' is invalid: Wrong HTTP URL",
        ),
        (
            {"text": "a", "web_app": {"url": "http://tuma.example/"}},
            (
                "inline keyboard button Web App URL 'http://tuma.example/' is invalid: "
                "Only HTTPS links are allowed"
            ),
        ),
        ({"text": "a", "copy_text": {"text": "x" * 257}}, "BUTTON_COPY_TEXT_INVALID"),
    ],
)
def test_a_button_is_refused(sandbox: Sandbox, button: dict[str, Any], words: str) -> None:
    asha = sandbox.person()
    markup = {"inline_keyboard": [[button]]}

    refusal = sandbox.refused("sendMessage", chat_id=asha, text="x", reply_markup=markup)
    assert refusal == (400, f"Bad Request: {words}")


def test_32_letters_of_two_bytes_fit_a_button(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "é" * 32}]]}

    assert send(sandbox, asha, reply_markup=markup)


def test_a_hundred_buttons_are_enough(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    rows = [[{"text": "a", "callback_data": "x"}] * 8] * 13

    refusal = sandbox.refused(
        "sendMessage", chat_id=asha, text="x", reply_markup={"inline_keyboard": rows}
    )
    assert refusal == (400, "Bad Request: reply markup is too long")


def test_phones_are_asked_for_in_private_only(sandbox: Sandbox) -> None:
    refusal = sandbox.refused("sendMessage", chat_id=ops(sandbox), text="x", reply_markup=KEYS)

    assert refusal == (400, "Bad Request: phone number can be requested in private chats only")


# Edits


def test_an_edit_shows_in_place(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    number = send(sandbox, asha, reply_markup=BUTTON)
    result = sandbox.ok("editMessageText", chat_id=asha, message_id=number, text="Kwaheri")
    seen = sandbox.last(asha)

    assert result["edit_date"] >= result["date"]
    assert "reply_markup" not in result
    assert (seen["message_id"], seen["text"], seen["edited"]) == (number, "Kwaheri", True)
    assert seen["keyboard"] == []


def test_an_edit_without_a_change_is_refused(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    number = send(sandbox, asha, "<b>Hi</b>", parse_mode="HTML", reply_markup=BUTTON)
    same = {"chat_id": asha, "message_id": number, "reply_markup": BUTTON}
    words = {"text": "<strong>Hi</strong>", "parse_mode": "HTML"}

    for refusal in (
        sandbox.refused("editMessageText", **same, **words),
        sandbox.refused("editMessageReplyMarkup", **same),
    ):
        assert refusal == (
            400,
            (
                "Bad Request: message is not modified: specified new message content and reply "
                "markup are exactly the same as a current content and reply markup of the message"
            ),
        )


@pytest.mark.parametrize("markup", [KEYS, {"remove_keyboard": True}, {"force_reply": True}])
def test_a_message_with_other_keys_cannot_be_edited(
    sandbox: Sandbox, markup: dict[str, Any]
) -> None:
    asha = sandbox.person()
    number = send(sandbox, asha, reply_markup=markup)

    refusal = sandbox.refused("editMessageText", chat_id=asha, message_id=number, text="y")
    assert refusal == (400, "Bad Request: message can't be edited")


def test_edits_are_refused(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    number = send(sandbox, asha)
    theirs = sandbox.look(asha)["messages"][0]["message_id"]

    def edit(message_id: int, method: str = "editMessageText", **more: Any) -> str:
        more.setdefault("text", "y")
        return sandbox.refused(method, chat_id=asha, message_id=message_id, **more)[1]

    assert edit(theirs) == "Bad Request: message can't be edited"
    assert edit(1) == "Bad Request: message to edit not found"
    assert edit(number, reply_markup=KEYS) == "Bad Request: inline keyboard expected"
    assert edit(number, "editMessageCaption", caption="y") == (
        "Bad Request: there is no caption in the message to edit"
    )
    sandbox.ok("deleteMessage", chat_id=asha, message_id=number)
    assert edit(number) == "Bad Request: message to edit not found"


# Deleting and pinning


def test_both_sides_messages_are_deleted_in_private(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    theirs = sandbox.look(asha)["messages"][0]["message_id"]
    own = send(sandbox, asha)
    sandbox.ok("deleteMessages", chat_id=asha, message_ids=[theirs, own, 1])

    assert sandbox.look(asha)["messages"] == []
    assert sandbox.look(asha)["deleted"] == [theirs, own]
    again = sandbox.refused("deleteMessage", chat_id=asha, message_id=own)
    assert again == (400, "Bad Request: message to delete not found")


def test_a_plain_member_deletes_only_its_own(sandbox: Sandbox) -> None:
    (admin,) = sandbox.settings.telegram.admin_ids
    group = sandbox.act("groups", type="supergroup", members={admin: "creator"})["id"]
    said = sandbox.act("say", from_=admin, chat=group, text="/x")["message_id"]
    fields = {"chat_id": group, "message_id": said}
    refusal = sandbox.refused("deleteMessage", **fields)
    sandbox.act("member", chat=group, who="bot", status="administrator", by=admin)

    assert refusal == (400, "Bad Request: message can't be deleted")
    assert sandbox.ok("deleteMessage", **fields) is True


def test_pins_are_kept_in_order(sandbox: Sandbox) -> None:
    first, second = send(sandbox, ops(sandbox)), send(sandbox, ops(sandbox))
    for number in (first, second):
        sandbox.ok("pinChatMessage", chat_id=ops(sandbox), message_id=number)
    chat = sandbox.ok("getChat", chat_id=ops(sandbox))

    assert sandbox.look(ops(sandbox))["pinned"] == [first, second]
    assert chat["pinned_message"]["message_id"] == second
    assert [update["message"]["pinned_message"]["message_id"] for update in sandbox.updates()] == [
        first,
        second,
    ]


# Presses


def test_a_press_is_answered_once(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    number = send(sandbox, asha, reply_markup=BUTTON)
    sandbox.act("press", from_=asha, message_id=number, label="Go")
    query = sandbox.update("callback_query")
    answer = {"callback_query_id": query["id"], "text": "Done", "show_alert": True}
    sandbox.ok("answerCallbackQuery", **answer)
    (alert,) = sandbox.look(asha)["alerts"]

    assert query["data"] == "go"
    assert query["from"]["id"] == asha
    assert query["message"]["message_id"] == number
    assert query["message"]["reply_markup"] == BUTTON
    assert (alert["text"], alert["show_alert"], alert["message_id"]) == ("Done", True, number)
    assert sandbox.refused("answerCallbackQuery", **answer) == (
        400,
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
    )


def test_a_press_grows_old(sandbox: Sandbox) -> None:
    sandbox.faults(telegram={"query_seconds": 0.05})
    asha = sandbox.person()
    number = send(sandbox, asha, reply_markup=BUTTON)
    sandbox.act("press", from_=asha, message_id=number, data="go")
    query = sandbox.update("callback_query")
    time.sleep(0.06)

    assert sandbox.refused("answerCallbackQuery", callback_query_id=query["id"])[0] == 400


def test_the_words_of_an_answer_have_a_limit(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    number = send(sandbox, asha, reply_markup=BUTTON)
    sandbox.act("press", from_=asha, message_id=number, data="go")
    query = sandbox.update("callback_query")

    refusal = sandbox.refused("answerCallbackQuery", callback_query_id=query["id"], text="x" * 201)
    assert refusal == (400, "Bad Request: MESSAGE_TOO_LONG")


def test_a_press_on_a_deleted_message_tells_its_number_only(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    number = send(sandbox, asha, reply_markup=BUTTON)
    sandbox.ok("deleteMessage", chat_id=asha, message_id=number)
    sandbox.act("press", from_=asha, message_id=number, data="go")
    message = sandbox.update("callback_query")["message"]

    assert (message["message_id"], message["date"]) == (number, 0)
    assert "text" not in message


# Files


def upload(sandbox: Sandbox, method: str, chat: int, **more: Any) -> requests.Response:
    kind = method.removeprefix("send").lower()
    name, raw = more.pop("file")
    url = f"{sandbox.url}/telegram/bot{sandbox.bot_token}/{method}"
    return sandbox.http.post(url, data={"chat_id": chat, **more}, files={kind: (name, raw)})


def test_a_document_goes_out_with_its_name(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    reply = upload(sandbox, "sendDocument", asha, file=("rep ort.csv", b"a;b"), caption="Here")
    document = reply.json()["result"]["document"]
    seen = sandbox.last(asha)

    assert (document["file_name"], document["mime_type"]) == ("rep ort.csv", "text/csv")
    assert (seen["text"], seen["document"]["size"]) == ("Here", 3)
    assert sandbox.get(seen["document"]["url"]).content == b"a;b"
    again = sandbox.ok("sendDocument", chat_id=asha, document=document["file_id"])
    assert again["document"]["file_name"] == "rep ort.csv"


def test_a_photo_goes_out_in_sizes(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    reply = upload(sandbox, "sendPhoto", asha, file=("x.png", PNG), has_spoiler="true")
    sent = reply.json()["result"]
    seen = sandbox.last(asha)["photo"]

    assert [size["width"] for size in sent["photo"]] == [90, 320, 800]
    assert sent["has_media_spoiler"] is True
    assert (seen["width"], seen["height"], seen["spoiler"]) == (800, 500, True)
    assert sandbox.get(seen["url"]).content == PNG
    number = sent["message_id"]
    changed = sandbox.ok("editMessageCaption", chat_id=asha, message_id=number, caption="Chart")
    assert changed["caption"] == "Chart"
    refusal = sandbox.refused("editMessageText", chat_id=asha, message_id=number, text="y")
    assert refusal == (400, "Bad Request: there is no text in the message to edit")


@pytest.mark.parametrize(
    ("method", "fields", "words"),
    [
        ("sendPhoto", {}, "there is no photo in the request"),
        ("sendDocument", {}, "there is no document in the request"),
        ("sendDocument", {"document": "abc"}, "wrong file identifier/HTTP URL specified"),
        ("sendDocument", {"document": "https://x.y/z"}, "failed to get HTTP URL content"),
        ("getFile", {"file_id": "x" * 40}, "invalid file_id"),
    ],
)
def test_a_file_that_is_none_is_refused(
    sandbox: Sandbox, method: str, fields: dict[str, Any], words: str
) -> None:
    asha = sandbox.person()

    assert sandbox.refused(method, chat_id=asha, **fields) == (400, f"Bad Request: {words}")


@pytest.mark.parametrize(
    ("method", "name", "raw", "words"),
    [
        ("sendDocument", "a.csv", b"", "Bad Request: file must be non-empty"),
        ("sendPhoto", "a.png", b"a,b", "Bad Request: IMAGE_PROCESS_FAILED"),
        ("sendDocument", "a.csv", bytes(50 * 2**20 + 1), "Request Entity Too Large"),
    ],
)
def test_an_upload_is_refused(
    sandbox: Sandbox, method: str, name: str, raw: bytes, words: str
) -> None:
    asha = sandbox.person()

    assert upload(sandbox, method, asha, file=(name, raw)).json()["description"] == words


def test_a_caption_has_a_limit(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    reply = upload(sandbox, "sendDocument", asha, file=("a.csv", b"a"), caption="x" * 1025)

    assert reply.json()["description"] == "Bad Request: message caption is too long"


def test_what_people_send_is_downloaded(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    sandbox.act("document", from_=asha, name="people.csv", content="phone\n07", caption="Mine")
    message = sandbox.update("message")
    found = sandbox.ok("getFile", file_id=message["document"]["file_id"])
    link = f"/telegram/file/bot{sandbox.bot_token}/{found['file_path']}"

    assert message["caption"] == "Mine"
    assert message["document"]["file_name"] == "people.csv"
    assert sandbox.get(link).content == b"phone\n07"
    sandbox.faults(telegram={"file_gone": True})
    assert sandbox.get(link).status_code == 404


def test_more_than_20_mb_cannot_be_downloaded(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    sandbox.act("document", from_=asha, name="big.csv", size=20 * 2**20 + 1)
    document = sandbox.update("message")["document"]

    assert document["file_size"] == 20 * 2**20 + 1
    refusal = sandbox.refused("getFile", file_id=document["file_id"])
    assert refusal == (400, "Bad Request: file is too big")


# Commands


def test_the_narrowest_list_in_the_persons_language_shows(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    juma = sandbox.person(BOB, language_code="sw")
    (admin,) = sandbox.settings.telegram.admin_ids

    def set_commands(command: str, language: str = "", **scope: Any) -> None:
        commands = [{"command": command, "description": "x"}]
        fields = {"commands": commands, "language_code": language}
        sandbox.ok("setMyCommands", **fields, **({"scope": scope} if scope else {}))

    set_commands("all")
    set_commands("private", type="all_private_chats")
    set_commands("faragha", "sw", type="all_private_chats")
    set_commands("tenants", type="chat_administrators", chat_id=ops(sandbox))

    def seen(chat: int, **query: Any) -> list[str]:
        return [one["command"] for one in sandbox.look(chat, **query)["commands"]]

    version = sandbox.look(asha)["version"]
    sandbox.ok("setMyCommands", commands=[], language_code="fr")

    assert sandbox.look(asha, since=version, wait=3)["version"] > version
    assert seen(asha) == ["private"]
    assert seen(juma) == ["faragha"]
    assert seen(ops(sandbox), **{"as": admin}) == ["tenants"]
    assert sandbox.ok("getMyCommands")[0]["command"] == "all"
    for scope in ({"type": "default"}, {"type": "all_private_chats"}):
        sandbox.ok("deleteMyCommands", scope=scope)
    assert seen(asha) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"commands": [{"command": "Top-up", "description": "x"}]}, "BOT_COMMAND_INVALID"),
        (
            {"commands": [{"command": "a" * 33, "description": "x"}]},
            "command length must not exceed 32",
        ),
        (
            {"commands": [{"command": "a", "description": ""}]},
            "command description must be non-empty",
        ),
        ({"commands": [{"command": "a", "description": "x"}] * 101}, "BOT_COMMANDS_TOO_MUCH"),
        ({"commands": [], "language_code": "swa"}, "invalid language code specified"),
        ({"commands": [], "scope": {"type": "chat", "chat_id": -4}}, "chat not found"),
    ],
)
def test_commands_are_refused(sandbox: Sandbox, fields: dict[str, Any], words: str) -> None:
    assert sandbox.refused("setMyCommands", **fields) == (400, f"Bad Request: {words}")


def test_descriptions_have_languages_and_limits(sandbox: Sandbox) -> None:
    sandbox.ok("setMyDescription", description="Texts")
    sandbox.ok("setMyDescription", description="Ujumbe", language_code="sw")

    assert sandbox.ok("getMyDescription", language_code="sw") == {"description": "Ujumbe"}
    assert sandbox.ok("getMyDescription", language_code="fr") == {"description": "Texts"}
    assert sandbox.refused("setMyDescription", description="x" * 513)[0] == 400
    assert sandbox.refused("setMyShortDescription", short_description="x" * 121)[0] == 400
    assert sandbox.refused("setMyName", name="x" * 65)[0] == 400


# Groups


def test_who_is_who_in_a_group(sandbox: Sandbox) -> None:
    (admin,) = sandbox.settings.telegram.admin_ids
    asha = sandbox.person()
    chat = {"chat_id": ops(sandbox)}
    leaders = {
        one["user"]["id"]: one["status"] for one in sandbox.ok("getChatAdministrators", **chat)
    }

    assert leaders == {admin: "creator", 110000001: "administrator"}
    assert sandbox.ok("getChatMember", **chat, user_id=asha)["status"] == "left"
    unknown = sandbox.refused("getChatMember", **chat, user_id=5)
    assert unknown == (400, "Bad Request: user not found")
    assert sandbox.refused("getChatAdministrators", chat_id=asha) == (
        400,
        "Bad Request: there are no administrators in the private chat",
    )


def test_privacy_mode_keeps_chatter_from_a_plain_member(sandbox: Sandbox) -> None:
    (admin,) = sandbox.settings.telegram.admin_ids
    group = sandbox.act("groups", title="Team", members={admin: "creator"})["id"]
    sandbox.updates()
    number = send(sandbox, group)
    sandbox.act("say", from_=admin, chat=group, text="Just us")
    sandbox.act("say", from_=admin, chat=group, text="/x@tuma_sandbox_bot")
    sandbox.act("say", from_=admin, chat=group, text="Yes", reply_to=number)
    heard = [update["message"]["text"] for update in sandbox.updates()]
    sandbox.act("member", chat=group, who="bot", status="administrator", by=admin)
    sandbox.updates()
    sandbox.act("say", from_=admin, chat=group, text="Just us")

    assert heard == ["/x@tuma_sandbox_bot", "Yes"]
    assert sandbox.update("message")["text"] == "Just us"


def test_an_anonymous_admin_speaks_as_the_group_but_presses_as_themself(sandbox: Sandbox) -> None:
    (admin,) = sandbox.settings.telegram.admin_ids
    number = send(sandbox, ops(sandbox), reply_markup=BUTTON)
    sandbox.act("say", from_=admin, chat=ops(sandbox), text="/pause", anonymous=True)
    said = sandbox.update("message")
    sandbox.act("press", from_=admin, chat=ops(sandbox), message_id=number, data="go")

    assert said["from"]["username"] == "GroupAnonymousBot"
    assert said["sender_chat"]["id"] == ops(sandbox)
    assert sandbox.update("callback_query")["from"]["id"] == admin


# Updates


def test_an_update_comes_again_until_it_is_confirmed(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    for word in ("one", "two"):
        sandbox.act("say", from_=asha, text=word)
    first = sandbox.ok("getUpdates")
    second = sandbox.ok("getUpdates", offset=first[0]["update_id"])
    third = sandbox.ok("getUpdates", offset=first[0]["update_id"] + 1)

    assert first == second
    assert [update["message"]["text"] for update in third] == ["two"]
    assert first[1]["update_id"] == first[0]["update_id"] + 1
    assert sandbox.ok("getUpdates", offset=-1) == third


def test_an_offset_from_another_life_confirms_nothing(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    sandbox.act("say", from_=asha, text="news")

    assert len(sandbox.ok("getUpdates", offset=2**31 - 1)) == 1


def test_a_long_poll_ends_with_the_news(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    timer = threading.Timer(0.2, lambda: sandbox.act("say", from_=asha, text="news"))
    begun = time.monotonic()
    timer.start()
    (update,) = sandbox.ok("getUpdates", timeout=PATIENCE_S // 2)
    took = time.monotonic() - begun
    timer.join()

    assert update["message"]["text"] == "news"
    assert 0.2 <= took < PATIENCE_S // 2


def test_a_long_poll_without_news_ends_in_time(sandbox: Sandbox) -> None:
    begun = time.monotonic()

    assert sandbox.ok("getUpdates", timeout=1) == []
    assert 1 <= time.monotonic() - begun < PATIENCE_S // 2


def test_hasty_polls_are_held(sandbox: Sandbox) -> None:
    sandbox.faults(telegram={"poll_pause_seconds": 0.4})
    begun = time.monotonic()
    sandbox.ok("getUpdates", offset=7)
    sandbox.ok("getUpdates", offset=7)

    assert time.monotonic() - begun >= 0.4


def test_the_second_poller_ends_the_first(sandbox: Sandbox) -> None:
    refused: list[requests.Response] = []
    url = f"{sandbox.url}/telegram/bot{sandbox.bot_token}/getUpdates"
    older = threading.Thread(
        target=lambda: refused.append(
            requests.get(url, params={"timeout": f"{PATIENCE_S // 2}"}, timeout=PATIENCE_S)
        )
    )
    older.start()
    while older.is_alive():  # the older one may not have come yet
        sandbox.call("getUpdates", timeout=1)
    older.join()

    assert refused[0].status_code == 409
    assert refused[0].json()["description"] == (
        "Conflict: terminated by other getUpdates request; "
        "make sure that only one bot instance is running"
    )


def test_only_what_was_asked_for_comes(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    sandbox.updates(allowed_updates=["callback_query"])
    sandbox.act("say", from_=asha, text="unheard")
    number = send(sandbox, asha, reply_markup=BUTTON)
    sandbox.act("press", from_=asha, message_id=number, data="go")
    heard = sandbox.ok("getUpdates", allowed_updates=[])

    assert [sorted(update)[0] for update in heard] == ["callback_query"]


def test_a_webhook_shuts_out_polling(sandbox: Sandbox, application: Application) -> None:
    sandbox.ok("setWebhook", url=f"{application.url}/telegram/x")
    try:
        assert sandbox.refused("getUpdates") == (
            409,
            (
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first"
            ),
        )
    finally:
        sandbox.ok("deleteWebhook")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "http://tuma.example/x"}, "bad webhook: An HTTPS URL must be provided"),
        ({"url": "https://tuma.example:8000/x"}, "bad webhook: Webhook can be set up only on"),
        ({"url": "https://"}, "invalid webhook URL specified"),
        ({"url": "https://tuma.example/", "secret_token": "a b"}, "secret token contains"),
        ({"url": "https://tuma.example/", "secret_token": "a" * 257}, "secret token is too long"),
    ],
)
def test_a_webhook_is_refused(sandbox: Sandbox, fields: dict[str, Any], words: str) -> None:
    code, said = sandbox.refused("setWebhook", **fields)

    assert code == 400
    assert said.startswith(f"Bad Request: {words}")


def test_the_webhook_gets_each_chat_in_order_until_it_takes_it(
    sandbox: Sandbox, application: Application
) -> None:
    asha, juma = sandbox.person(), sandbox.person(BOB)
    failures, other = iter([500, 503]), threading.Event()

    def reply(seen: Seen) -> tuple[int, object]:
        if seen.json["message"]["from"]["id"] == juma:
            other.set()
            return 200, {}
        if (status := next(failures, 200)) == 200:
            other.wait(PATIENCE_S)  # whoever is waited for in one chat holds up no other
        return status, {}

    application.reply = reply
    sandbox.ok("setWebhook", url=f"{application.url}/telegram/x", secret_token="s3cret")
    try:
        for text in ("one", "two"):
            sandbox.act("say", from_=asha, text=text)
        sandbox.act("say", from_=juma, text="other")
        seen = application.wait("/telegram/x", 5)
        texts = [one.json["message"]["text"] for one in seen]
        wait_until(lambda: sandbox.ok("getWebhookInfo")["pending_update_count"] == 0)
        info = sandbox.ok("getWebhookInfo")
    finally:
        sandbox.ok("deleteWebhook")

    assert [text for text in texts if text != "other"] == ["one", "one", "one", "two"]
    assert texts.index("other") < 4
    assert {one.headers["X-Telegram-Bot-Api-Secret-Token"] for one in seen} == {"s3cret"}
    assert len({one.json["update_id"] for one in seen}) == 3
    assert (info["pending_update_count"], info["url"]) == (0, f"{application.url}/telegram/x")
    assert info["last_error_message"].startswith("Wrong response from the webhook: 503")


def test_a_call_in_the_webhooks_answer_is_made(sandbox: Sandbox, application: Application) -> None:
    asha = sandbox.person()
    application.reply = lambda _: (
        200,
        {"method": "sendMessage", "chat_id": asha, "text": "At once"},
    )
    sandbox.ok("setWebhook", url=f"{application.url}/telegram/x")
    try:
        sandbox.act("say", from_=asha, text="hi")
        application.wait("/telegram/x")
        wait_until(lambda: sandbox.last(asha)["text"] == "At once")
    finally:
        sandbox.ok("deleteWebhook")


def test_a_reset_keeps_what_a_bot_says_only_once(
    sandbox: Sandbox, application: Application
) -> None:
    asha = sandbox.person()
    before = sandbox.act("say", from_=asha, text="x")["message_id"]
    sandbox.ok("setWebhook", url=f"{application.url}/telegram/x")
    try:
        sandbox.reset()
        asha = sandbox.person(starts=False)
        after = sandbox.act("say", from_=asha, text="Again")["message_id"]
        texts = [one.json["message"]["text"] for one in application.wait("/telegram/x", 2)]
    finally:
        sandbox.ok("deleteWebhook")

    assert after > before
    assert texts[-1] == "Again"


# Limits and faults


def test_limits_ask_for_patience(sandbox: Sandbox) -> None:
    sandbox.faults(telegram={"limits": True, "chat_burst": 2, "chat_per_second": 0.01})
    asha = sandbox.person()
    codes = [sandbox.call("sendMessage", chat_id=asha, text="x").status_code for _ in range(3)]
    reply = sandbox.call("sendMessage", chat_id=asha, text="x")

    assert codes == [200, 200, 429]
    patience = reply.json()["parameters"]["retry_after"]
    assert 50 < patience <= 100
    assert reply.headers["Retry-After"] == str(patience)
    assert reply.json()["description"] == f"Too Many Requests: retry after {patience}"


def test_a_group_has_a_limit_of_its_own(sandbox: Sandbox) -> None:
    sandbox.faults(telegram={"limits": True, "chat_per_second": 0, "group_per_minute": 2})
    codes = [
        sandbox.call("sendMessage", chat_id=ops(sandbox), text="x").status_code for _ in range(3)
    ]

    assert codes == [200, 200, 429]


@pytest.mark.parametrize(("fault", "code"), [("http_429", 429), ("http_500", 500), ("down", 502)])
def test_a_sick_server_does_nothing(sandbox: Sandbox, fault: str, code: int) -> None:
    asha = sandbox.person()
    sandbox.faults(telegram={fault: {"next": 1}})

    assert sandbox.call("sendMessage", chat_id=asha, text="x").status_code == code
    assert len(sandbox.look(asha)["messages"]) == 1


@pytest.mark.parametrize("fault", ["drop", "hang"])
def test_an_answer_is_lost_though_the_message_went(sandbox: Sandbox, fault: str) -> None:
    asha = sandbox.person()
    sandbox.faults(telegram={fault: {"next": 1}, "hang_seconds": 0.3})
    with pytest.raises(requests.ConnectionError):
        sandbox.call("sendMessage", chat_id=asha, text="x")

    assert sandbox.last(asha)["text"] == "x"


def test_a_fault_may_be_about_one_person(sandbox: Sandbox) -> None:
    asha, juma = sandbox.person(), sandbox.person(BOB)
    sandbox.faults(telegram={"http_500": {"phone": PHONE}})

    assert sandbox.call("sendMessage", chat_id=juma, text="x").ok
    assert sandbox.call("sendMessage", chat_id=asha, text="x").status_code == 500


def test_updates_come_twice_late_and_out_of_order(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    sandbox.faults(telegram={"update_duplicate": {"next": 1}})
    sandbox.act("say", from_=asha, text="twice")
    twice = [update["message"]["text"] for update in sandbox.updates()]
    sandbox.faults(telegram={"update_out_of_order": {"next": 1}})
    for text in ("first", "second"):
        sandbox.act("say", from_=asha, text=text)
    turned = [update["message"]["text"] for update in sandbox.updates()]
    sandbox.faults(telegram={"update_slow": {"next": 1}, "update_slow_seconds": 2})
    sandbox.act("say", from_=asha, text="late")
    at_once = sandbox.ok("getUpdates")
    late = sandbox.ok("getUpdates", timeout=PATIENCE_S // 2)

    assert twice == ["twice", "twice"]
    assert turned == ["second", "first"]
    assert (at_once, late[0]["message"]["text"]) == ([], "late")


def test_another_poller_can_be_pretended(sandbox: Sandbox) -> None:
    sandbox.faults(telegram={"conflict": {"next": 1}})

    assert sandbox.call("getUpdates").status_code == 409
    assert sandbox.call("getUpdates").ok
