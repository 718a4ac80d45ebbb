"""A private chat: one screen edited in place, and nothing done twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from telegram.error import TimedOut

from core import clock
from core.dialogue.store import ChatRow
from core.telegram import inbox, vanishing
from core.telegram.models import TelegramSecret
from tests.bots import flows
from tests.bots.phone import Killed, Phone, refusal, run, update


def test_start_shows_the_menu_with_what_people_wrote_escaped(asha: Phone) -> None:
    run(asha.say("/start"))

    assert asha.screen.text == "Menu &lt;&amp;&gt;"
    assert [each["text"] for each in asha.screen.buttons] == ["Top up", "Balance", "Many"]


def test_a_press_is_answered_first_and_edits_the_screen(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/menu")
        at, before = asha.screen_id, len(asha.recorder.calls)
        await asha.press("Top up")
        told = [call.method for call in asha.recorder.calls[before:]]
        assert told == ["answerCallbackQuery", "editMessageText"]
        assert int(asha.recorder.calls[-1].data["message_id"]) == at

    run(story())
    assert asha.seen[-1].text == "How much?"


def test_a_typed_answer_is_followed_by_a_new_screen_and_the_old_loses_its_buttons(
    asha: Phone,
) -> None:
    async def story() -> None:
        await asha.say("/topup")
        old = asha.screen_id
        await asha.say("500")
        stripped = asha.recorder.of("editMessageReplyMarkup")
        assert [int(call.data["message_id"]) for call in stripped] == [old]

    run(story())
    assert asha.screen.text == "Pay 500?"


def test_a_confirmed_act_is_done_once_whatever_is_pressed_again(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/topup")
        await asha.say("500")
        press = asha.pressing(asha.data("Confirm"))
        again = asha.pressing(asha.data("Confirm"))
        await asha.give(press, again, press)

    run(story())
    assert len(flows.PAID) == 1
    assert asha.seen[-1].text == "Paid 500."


def test_a_confirmation_pressed_again_later_is_told_to_be_old(asha: Phone) -> None:
    clock.freeze(clock.now())

    async def story() -> None:
        await asha.say("/topup")
        await asha.say("500")
        again = asha.pressing(asha.data("Confirm"))
        await asha.press("Confirm")
        clock.freeze(clock.now() + timedelta(minutes=1))
        await asha.give(again)

    run(story())
    assert len(flows.PAID) == 1
    assert "earlier screen" in asha.screen.text
    assert "Menu" in asha.screen.text


def test_a_double_tap_changes_nothing_on_the_screen(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/menu")
        again = asha.pressing(asha.data("Top up"))
        await asha.press("Top up")
        before = len(asha.seen)
        await asha.give(again)
        assert len(asha.seen) == before

    run(story())


def test_a_button_of_an_earlier_conversation_confirms_nothing(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/topup")
        await asha.say("500")
        old, place = asha.data("Confirm"), asha.screen_id
        await asha.say("/topup")
        await asha.say("700")
        await asha.give(asha.pressing(old, on=place))

    run(story())
    assert flows.PAID == []
    assert "earlier screen" in asha.screen.text
    assert "Pay 700?" in asha.screen.text


@pytest.mark.parametrize(
    "data", ["", ":", "x", "x:y", "zz:sure:yes", "zz:#9999999", "zz:>x", "é:<"]
)
def test_made_up_data_confirms_nothing(asha: Phone, data: str) -> None:
    async def story() -> None:
        await asha.say("/topup")
        await asha.say("500")
        await asha.give(asha.pressing(data))

    run(story())
    assert flows.PAID == []
    assert "Pay 500?" in asha.screen.text


def test_a_result_of_spending_stays_and_home_comes_anew(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/topup")
        await asha.say("500")
        await asha.press("Confirm")
        receipt = asha.screen_id
        await asha.press("Home")
        assert asha.seen[-1].method == "sendMessage"
        assert asha.screen_id != receipt

    run(story())


def test_back_goes_back_and_cancel_leaves(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/menu")
        await asha.press("Top up")
        await asha.press("Back")
        assert asha.screen.text.startswith("Menu")
        await asha.say("/cancel")
        assert "Cancelled." in asha.screen.text

    run(story())


def test_typing_where_a_button_is_awaited_gets_a_hint(asha: Phone) -> None:
    run(_both(asha, "/menu", "hello"))

    assert "Please tap one of the buttons below." in asha.screen.text


def test_a_wrong_answer_is_asked_again_with_the_reason(asha: Phone) -> None:
    run(_both(asha, "/topup", "a lot"))

    assert asha.screen.text == "⚠️ <i>Not a number.</i>\n\nHow much?"


def test_a_screen_that_is_gone_is_sent_anew(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/menu")
        gone = refusal(400, "Bad Request: message to edit not found")
        asha.recorder.rules.append(lambda c: gone if c.method == "editMessageText" else None)
        await asha.press("Top up")

    run(story())
    assert (asha.seen[-1].method, asha.seen[-1].text) == ("sendMessage", "How much?")


def test_a_screen_that_is_as_it_was_is_left(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/menu")
        same = refusal(400, "Bad Request: message is not modified: specified new message content")
        asha.recorder.rules.append(lambda c: same if c.method == "editMessageText" else None)
        await asha.press("Top up")

    run(story())
    assert asha.seen[-1].method == "editMessageText"


def test_a_screen_whose_answer_was_lost_is_not_sent_twice(asha: Phone) -> None:
    asha.recorder.rules.append(lambda c: TimedOut() if c.method == "sendMessage" else None)

    run(asha.say("/menu"))

    assert len(asha.recorder.of("sendMessage")) == 1


def test_a_lost_screen_that_did_arrive_can_be_pressed(asha: Phone) -> None:
    async def story() -> None:
        asha.recorder.rules.append(lambda c: TimedOut() if c.method == "sendMessage" else None)
        await asha.say("/menu")
        asha.recorder.rules.clear()
        await asha.give(asha.pressing(asha.data("Top up"), on=900))

    run(story())
    assert asha.seen[-1].text == "How much?"
    assert int(asha.seen[-1].data["message_id"]) == 900


def test_a_balance_comes_with_its_chart(asha: Phone) -> None:
    run(asha.say("/balance"))

    assert asha.screen.text == "Balance KES 1,250"
    assert len(asha.recorder.of("sendPhoto")) == 1


def test_a_report_comes_as_a_file_and_a_long_text_is_cut(asha: Phone) -> None:
    run(asha.say("/reports"))

    assert len(asha.recorder.of("sendDocument")) == 1
    assert len(asha.screen.text) <= 4096
    assert asha.screen.text.endswith("…")


def test_a_long_list_is_leafed_through(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/contacts")
        assert [b["text"] for b in asha.screen.buttons][-4:] == ["‹", "1/4", "›", "Home"]
        await asha.press("›")
        assert [b["text"] for b in asha.screen.buttons][:2] == ["Group 9", "Group 10"]
        assert all(len(b["callback_data"].encode()) <= 64 for b in asha.screen.buttons)
        await asha.press("Group 10")

    run(story())
    assert asha.seen[-1].text == "Chosen group_10"


def test_a_pin_is_taken_out_of_the_chat_right_or_wrong(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/settings")
        await asha.say("1111")
        await asha.say(flows.PIN)

    run(story())
    assert [call.data["message_id"] for call in asha.recorder.of("deleteMessage")] == [11, 12]
    assert asha.seen[-1].text == "Opened."
    assert flows.PIN not in str([call.data for call in asha.recorder.calls])


def test_ones_own_number_is_shared_by_a_key_that_then_goes(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/team")
        asked = asha.recorder.of("sendMessage")[-1]
        assert "'request_contact': True" in str(asked.data["reply_markup"])
        await asha.give(asha.writes(contact=contact(asha.user)))

    run(story())
    sent = asha.recorder.of("sendMessage")
    assert sent[-2].data["reply_markup"] == {"remove_keyboard": True}
    assert asha.seen[-1].text == "Yours is 254712345678."


def contact(owner: int | None, number: str = "254712345678") -> dict[str, Any]:
    told = {"phone_number": number, "first_name": "Asha"}
    return told if owner is None else told | {"user_id": owner}


FORWARDED = {"type": "hidden_user", "date": 1, "sender_user_name": "x"}


@pytest.mark.parametrize(
    ("owner", "origin"), [(None, {}), (9, {}), (7001, {"forward_origin": FORWARDED})]
)
def test_anybody_elses_number_is_refused_in_words(
    asha: Phone, owner: int | None, origin: dict[str, Any]
) -> None:
    async def story() -> None:
        await asha.say("/team")
        await asha.give(asha.writes(contact=contact(owner), **origin))

    run(story())
    assert "not your own number" in asha.seen[-1].text


def test_a_number_nobody_can_have_is_refused_in_words(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/team")
        await asha.give(asha.writes(contact=contact(7001, "+25411")))

    run(story())
    assert "too short" in asha.seen[-1].text


def test_a_key_is_veiled_protected_and_goes_with_a_tap(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/keys")
        await asha.press("Confirm")
        shown = asha.recorder.of("sendMessage")[-1]
        assert "<tg-spoiler>sk_live_abc&lt;def&gt;</tg-spoiler>" in shown.text
        assert shown.data["protect_content"]
        copy, done = shown.buttons
        assert copy["copy_text"] == {"text": "sk_live_abc<def>"}
        assert TelegramSecret.select().count() == 1
        place = TelegramSecret.get().message_id
        await asha.give(asha.pressing(done["callback_data"], on=place))
        deleted = asha.recorder.of("deleteMessage")
        assert [int(call.data["message_id"]) for call in deleted] == [place]

    run(story())
    assert TelegramSecret.select().count() == 0


def test_a_key_whose_message_was_lost_is_said_to_be_lost(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/keys")
        asha.recorder.rules.append(lambda c: TimedOut() if "spoiler" in c.text else None)
        await asha.press("Confirm")

    run(story())
    assert "Revoke it" in asha.seen[-1].text


def test_an_answer_from_before_a_kill_is_not_given_to_the_next_question(asha: Phone) -> None:
    """The turn was saved, its screen never shown: the same update comes again."""

    async def story() -> None:
        await asha.say("/topup")
        said = asha.says("500")
        asha.recorder.rules.append(lambda c: Killed() if c.text == "Pay 500?" else None)
        with pytest.raises(Killed):
            await asha.give(said)
        asha.recorder.rules.clear()
        await asha.give(said)

    run(story())
    assert "interrupted" in asha.screen.text
    assert "Pay 500?" in asha.screen.text
    assert flows.PAID == []


def test_a_confirmation_from_before_a_kill_pays_once(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/topup")
        await asha.say("500")
        press = asha.pressing(asha.data("Confirm"))
        asha.recorder.rules.append(lambda c: Killed() if "Paid" in c.text else None)
        with pytest.raises(Killed):
            await asha.give(press)
        asha.recorder.rules.clear()
        await asha.give(press)

    run(story())
    assert len(flows.PAID) == 1
    assert "interrupted" in asha.screen.text


def test_a_conversation_that_was_forgotten_begins_anew(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/topup")
        await asha.say("500")
        old = asha.data("Confirm")
        ChatRow.delete().execute()
        await asha.give(asha.pressing(old))
        await asha.say("hello")

    run(story())
    assert flows.PAID == []
    assert "interrupted" not in str([call.text for call in asha.seen])
    assert "Menu" in asha.screen.text


def test_what_was_typed_while_we_were_away_answers_nothing(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/topup")
        late = asha.says("500")
        late["message"]["date"] -= 3600
        await asha.give(late)

    run(story())
    assert "We were away" in asha.screen.text
    assert "How much?" in asha.screen.text


def test_a_text_cut_by_the_app_is_refused_once(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/topup")
        await asha.say("5" * 4096)
        await asha.say("55")
        await asha.say("55")

    run(story())
    assert asha.seen[-1].text.startswith("That is too long")
    assert len(asha.seen) == 2


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"sticker": {"file_id": "a", "file_unique_id": "b", "type": "regular", "width": 1,
          "height": 1, "is_animated": False, "is_video": False}}, "text and buttons"),
        ({"photo": [{"file_id": "a", "file_unique_id": "b", "width": 9, "height": 9}]},
         "file here"),
        ({"contact": {"phone_number": "254712345678", "first_name": "x"}}, "phone number here"),
        ({"text": "/fly"}, "do not know that command"),
        ({"text": "/invoices"}, "Invoices are not in this chat yet"),
        ({"text": "/privacy"}, "Kenya's Data Protection Act"),
        ({"text": "/paysupport"}, "Most payments arrive within a minute"),
    ],
)  # fmt: skip
def test_whatever_is_sent_gets_words_and_leaves_the_screen(
    asha: Phone, what: dict[str, Any], words: str
) -> None:
    async def story() -> None:
        await asha.say("/menu")
        await asha.give(asha.writes(**what))
        assert words in asha.seen[-1].text
        await asha.press("Top up")

    run(story())
    assert asha.screen.text == "How much?"


DOCUMENT = {
    "file_id": "f1", "file_unique_id": "b", "file_name": "wateja.csv", "file_size": 120
}  # fmt: skip


def test_a_file_dropped_into_the_chat_begins_an_import(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/topup")
        await asha.give(asha.writes(document=DOCUMENT))

    run(story())
    assert asha.seen[-1].text == "wateja.csv, 120"


def test_a_file_answers_the_question_for_one(asha: Phone) -> None:
    photo = [{"file_id": size, "file_unique_id": size, "width": 9, "height": 9} for size in "abc"]

    async def story() -> None:
        for what, said in (({"document": DOCUMENT}, "wateja.csv"), ({"photo": photo}, "photo.jpg")):
            await asha.give(asha.pressing("go:@paper:x", on=77))
            assert asha.screen.text == "The paper of x?"
            await asha.give(asha.writes(**what))
            assert asha.seen[-1].text == f"Got {said}."

    run(story())


def test_a_button_of_a_card_opens_what_it_is_about(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/topup")
        await asha.give(asha.pressing("go:@paper:cmp_1", on=77))
        assert asha.seen[-1].method == "sendMessage", "the card stays as it is"

    run(story())
    assert asha.screen.text == "The paper of cmp_1?"


def test_a_button_of_a_card_opens_nothing_we_do_not_have(asha: Phone) -> None:
    run(asha.give(asha.pressing("go:@nothing:x", on=77)))

    assert asha.screen.text == "Menu &lt;&amp;&gt;"


def test_an_edited_answer_does_not_count(asha: Phone) -> None:
    async def story() -> None:
        await asha.say("/topup")
        edited = asha.says("500")
        edited["edited_message"] = edited.pop("message")
        await asha.give(edited)

    run(story())
    assert "as it was first" in asha.seen[-1].text


def test_a_question_about_a_payment_reaches_the_people_behind(asha: Phone) -> None:
    run(asha.say("/paysupport SJK4A1B2C3 is <missing>"))

    passed = asha.recorder.calls[-2]
    assert passed.chat == -1001000000001
    assert "SJK4A1B2C3 is &lt;missing&gt;" in passed.text
    assert "Your question has gone" in asha.seen[-1].text


def test_a_bug_of_ours_gets_an_apology_and_a_reference(asha: Phone, caplog: Any) -> None:
    run(asha.say("/help"))

    reference = asha.seen[-1].text.rpartition(": ")[2]
    assert asha.seen[-1].text.startswith("Something went wrong on our side.")
    assert inbox.waiting() == []
    assert len(reference) == 8


def test_somebody_with_a_swahili_phone_is_answered_in_swahili(asha: Phone) -> None:
    asha.language = "sw-KE"

    run(asha.say("/fly"))

    assert asha.seen[-1].text == "Siijui amri hiyo. Tuma /menu au /help."


def test_an_update_is_marked_when_it_has_been_answered(asha: Phone) -> None:
    said = asha.says("/menu")
    inbox.store([(said["update_id"], "{}")])

    run(asha.give(said))

    assert inbox.waiting() == []
    view = inbox.view_of(asha.user)
    assert (view.message_id, view.asks) == (asha.screen_id, "choice")


async def _both(asha: Phone, *texts: str) -> None:
    for text in texts:
        await asha.say(text)


def test_a_shown_key_is_remembered_for_deletion_after_minutes(store: str) -> None:
    vanishing.remember(5, 70)
    vanishing.remember(5, 70)

    assert TelegramSecret.get().due_at > clock.now()


def test_an_update_of_a_kind_we_do_not_know_is_passed_over(asha: Phone) -> None:
    run(asha.give(update(news_of_tomorrow={"id": 1})))

    assert asha.seen == []
