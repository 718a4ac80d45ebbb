"""The ops chat: who may act, what they do, and that nothing is done twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from telegram import Update

from bots import ops
from bots.desk import health
from core import clock
from core.ledger import accounts
from core.messaging import operations
from core.tenants import tenants
from core.tenants.models import Audit, Tenant
from tests.bots.desk import JANE, OMAR, STRANGER, Admin
from tests.bots.phone import run
from tests.notices.room import OPS, no
from tests.notices.scene import happened, person, tell, texts
from tests.races import together


@pytest.fixture
def newcomer(jane: Admin, make_tenant: Callable[..., Any]):
    """A business that has just signed up, its card in the chat."""
    tenant = make_tenant(status="pending")
    happened("tenant.pending", tenant, business=tenant.name)
    tell()
    return tenant


def status(tenant: Any) -> str:
    return str(Tenant.get_by_id(tenant.tenant_id).status)


def audits(act: str) -> list[Audit]:
    return list(Audit.select().where(Audit.act == act).order_by(Audit.id))


def wallet(tenant: Any) -> str:
    return accounts.balance(tenant.tenant_id).available.text()


# Cards of new businesses.


def test_a_new_business_comes_as_a_card_with_all_that_is_known(newcomer, jane):
    card = jane.room.last()

    assert f"New business {newcomer.tenant_id}: {newcomer.name}" in card.text
    assert "Contact: Asha" in card.text
    assert card.labels == ["Approve", "Reject"]


def test_approve_lets_it_in_and_the_card_says_who_and_when(newcomer, jane):
    assert jane.presses("Approve").startswith("✅ Approved")

    assert status(newcomer) == "active"
    card = jane.room.last()
    assert "✅ Approved by <b>Jane</b>, 2 Mar 12:00" in card.text
    assert card.buttons == []


def test_an_act_is_journaled_with_who_from_where_and_what_it_changed(newcomer, jane):
    jane.presses("Approve")

    (act,) = audits("tenant.approved")
    assert (act.actor, act.channel) == (f"telegram:{JANE}", "telegram")
    assert json.loads(act.before)["status"] == "pending"
    assert json.loads(act.after)["status"] == "active"


def test_a_second_tap_changes_nothing_and_says_who_did_it(newcomer, jane, omar):
    card = jane.room.last()
    data = card.data("Approve")
    jane.presses("Approve")

    assert "Nothing was changed" in omar.gives(data, card)
    assert "Approved by Jane" in omar.gives(data, card)
    assert len(audits("tenant.approved")) == 1


def test_an_old_card_shows_how_it_is_now_when_it_is_pressed(newcomer, jane):
    """The edit may have failed when the business was decided upon elsewhere."""
    card = jane.room.last()
    data = card.data("Reject")
    tenants.approve(newcomer.tenant_id, actor="admin:key_x", channel="admin")

    assert "Nothing was changed" in jane.gives(data, card)
    assert "Approved" in card.text
    assert card.buttons == []
    assert status(newcomer) == "active"


def test_what_is_decided_by_rest_is_shown_on_every_card(newcomer, jane):
    first = jane.room.last()
    second = jane.says(f"/tenant {newcomer.tenant_id}")
    tenants.approve(newcomer.tenant_id, actor="admin:key_x", channel="admin")
    tell(1)

    assert "Approved" in first.text
    assert first.buttons == []
    assert second is not None
    assert second.labels == ["Suspend"]


def test_reject_asks_why_and_tells_them(newcomer, jane):
    owner = person(newcomer)
    jane.presses("Reject")
    prompt = jane.room.last()
    assert prompt.forces_reply
    assert status(newcomer) == "pending"

    jane.says("The name is a bank's.", reply_to=prompt)
    tell()
    assert status(newcomer) == "rejected"
    assert "The name is a bank's" in texts(owner)[0]
    assert "Rejected by <b>Jane</b>" in jane.room.said()[0].text


def test_the_reason_may_simply_be_the_next_thing_written(newcomer, jane):
    jane.presses("Reject")
    jane.says("No papers")

    assert status(newcomer) == "rejected"


def test_the_reason_must_come_from_whoever_pressed(newcomer, jane, omar):
    jane.presses("Reject")
    prompt = jane.room.last()

    omar.says("just because")
    assert status(newcomer) == "pending"
    answer = omar.says("just because", reply_to=prompt)
    assert answer is not None
    assert "Only Jane" in answer.text
    assert status(newcomer) == "pending"


def test_a_reason_that_comes_too_late_does_nothing(newcomer, jane):
    jane.presses("Reject")
    prompt = jane.room.last()
    clock.advance(11 * 60)
    jane.says("No papers", reply_to=prompt)

    assert status(newcomer) == "pending"
    assert "Too late" in jane.room.last().text


def test_a_reason_for_what_somebody_else_decided_meanwhile_does_nothing(newcomer, jane, omar):
    card = jane.room.last()
    jane.presses("Reject")
    omar.presses("Approve", card)
    jane.says("No papers")

    assert status(newcomer) == "active"
    assert "Approved by <b>Omar</b>" in jane.room.last().text


def test_two_admins_at_once_decide_once_and_each_hears_who(newcomer, jane, omar):
    card = jane.room.last()
    data = card.data("Approve")

    def tap(number: int) -> None:
        who = jane if number % 2 else omar
        ops.take(who.press(data, card), "tuma_bot")

    together(8, tap)

    assert len(audits("tenant.approved")) == 1
    popups = [each["text"] for each in jane.room.answers]
    assert sum(each.startswith("✅ Approved") for each in popups) == 1
    assert sum(each.startswith("Nothing was changed") for each in popups) == 7
    tell(60)
    assert "Approved by" in card.text


def test_a_card_whose_sending_was_never_confirmed_is_followed_once_it_is_pressed(jane, make_tenant):
    jane.room.fault = lambda method, body: "lose" if method == "sendMessage" else None
    tenant = make_tenant(status="pending")
    happened("tenant.pending", tenant, business=tenant.name)
    tell()
    jane.room.fault = lambda method, body: None
    tell(300)
    assert len(jane.room.said()) == 1

    jane.presses("Approve")
    assert "Approved by" in jane.room.last().text


# Who may act.


@pytest.mark.parametrize("command", ["/tenants", "/pause x", "/prove", "/credit 1 5 x"])
def test_a_stranger_in_the_ops_chat_may_do_nothing(jane, command):
    stranger = Admin(jane.room, STRANGER, "Eve")
    answer = stranger.says(command)

    assert answer is not None
    assert f"your Telegram id {STRANGER} is not among the admins" in answer.text
    assert operations.sending_paused() is None


def test_a_stranger_who_sees_a_button_may_not_press_it(newcomer, jane):
    assert "not among the admins" in Admin(jane.room, STRANGER, "Eve").presses("Approve")
    assert status(newcomer) == "pending"


def test_whoever_is_no_longer_an_admin_may_not_press_what_they_once_began(
    jane, make_tenant, change_settings
):
    tenant = make_tenant()
    jane.says(f"/suspend {tenant.tenant_id} Spam")
    change_settings("telegram", admin_ids=(OMAR,))

    assert "not among the admins" in jane.presses("Yes, do it")
    assert status(tenant) == "active"


def test_an_anonymous_admin_cannot_give_commands(jane):
    group = {"sender_chat": {"id": OPS, "type": "supergroup"}}
    anonymous = Admin(jane.room, 1087968824, "Group")
    answer = anonymous.says("/pause", **group)

    assert answer is not None
    assert "I cannot tell who you are" in answer.text


def test_an_admin_in_another_chat_is_not_at_the_desk(jane):
    elsewhere = Admin(jane.room, JANE, "Jane", chat_id=-100555)

    assert elsewhere.says("/tenants") is None


def test_a_command_for_another_bot_is_left_alone(jane):
    assert jane.says("/tenants@other_bot") is None
    assert jane.says("/weather") is None
    assert jane.says("good morning") is None
    answer = jane.says("/weather@tuma_bot")
    assert answer is not None
    assert "/help" in answer.text


# Second presses.


def test_suspend_asks_a_second_press_and_then_tells_them(jane, make_tenant):
    tenant = make_tenant()
    owner = person(tenant)
    question = jane.says(f"/suspend {tenant.tenant_id} Too many complaints")
    assert status(tenant) == "active"

    assert "Suspended" in jane.presses("Yes, do it", question)
    tell()
    assert status(tenant) == "suspended"
    assert "Too many complaints" in texts(owner)[0]
    assert question is not None
    assert question.buttons == []


def test_suspend_by_a_button_asks_why_and_then_once_more(jane, make_tenant):
    tenant = make_tenant()
    jane.says(f"/tenant {tenant.tenant_id}")
    jane.presses("Suspend")
    jane.says("Spam", reply_to=jane.room.last())
    assert status(tenant) == "active"

    jane.presses("Yes, do it")
    assert status(tenant) == "suspended"


def test_resume_opens_it_again(jane, make_tenant):
    tenant = make_tenant()
    jane.says(f"/suspend {tenant.tenant_id} Spam")
    jane.presses("Yes, do it")
    card = jane.says(f"/tenant {tenant.tenant_id}")
    jane.presses("Resume", card)

    assert status(tenant) == "active"
    assert card is not None
    assert card.labels == ["Suspend"]


def test_a_resume_button_of_an_earlier_suspension_does_nothing(jane, make_tenant):
    tenant = make_tenant()
    by = {"actor": "admin:key_x", "channel": "admin"}
    tenants.suspend(tenant.tenant_id, "First", **by)
    card = jane.says(f"/tenant {tenant.tenant_id}")
    assert card is not None
    data = card.data("Resume")
    tenants.resume(tenant.tenant_id, **by)
    tenants.suspend(tenant.tenant_id, "Second", **by)

    assert "Nothing was changed" in jane.gives(data, card)
    assert status(tenant) == "suspended"


def test_a_second_press_after_a_minute_does_nothing(jane, make_tenant):
    tenant = make_tenant()
    question = jane.says(f"/suspend {tenant.tenant_id} Spam")
    clock.advance(61)

    assert "Too late" in jane.presses("Yes, do it", question)
    assert status(tenant) == "active"
    assert question is not None
    assert "Not done" in question.text


def test_a_question_nobody_presses_loses_its_buttons(jane):
    question = jane.says("/pause lunch")
    tell(70)

    assert question is not None
    assert question.buttons == []
    assert "nobody confirmed it in time" in question.text


def test_only_whoever_began_it_can_press_again(jane, omar):
    question = jane.says("/pause lunch")

    assert "Only Jane" in omar.presses("Yes, do it", question)
    assert operations.sending_paused() is None


def test_no_leaves_it_as_it_was(jane):
    question = jane.says("/pause lunch")
    assert question is not None
    data = question.data("Yes, do it")
    jane.presses("No", question)

    assert "Too late" in jane.gives(data, question)
    assert operations.sending_paused() is None


# Money.


def test_credit_adds_to_a_wallet(jane, make_tenant):
    tenant = make_tenant("10")
    answer = jane.says(f"/credit {tenant.tenant_id} 1,250.50 Goodwill for the delay")

    assert wallet(tenant) == "1260.50"
    assert answer is not None
    assert "KES 1,260.50" in answer.text
    (act,) = audits("wallet.adjusted")
    assert json.loads(act.after) == {"amount": "1250.50", "reason": "Goodwill for the delay"}


def test_credit_handled_twice_after_a_kill_is_credited_once(jane, make_tenant):
    tenant = make_tenant()
    update = jane.message(f"/credit {tenant.tenant_id} 100 Goodwill")
    jane.sends(update)
    answer = jane.sends(update)

    assert wallet(tenant) == "100.00"
    assert answer is not None
    assert "done before" in answer.text


@pytest.mark.parametrize(("amount", "left"), [("5001", "5101.00"), ("-50", "50.00")])
def test_much_or_less_needs_a_second_press(jane, make_tenant, amount, left):
    tenant = make_tenant("100")
    question = jane.says(f"/credit {tenant.tenant_id} {amount} Correction")
    assert wallet(tenant) == "100.00"

    jane.presses("Yes, do it", question)
    assert wallet(tenant) == left


def test_a_second_press_tapped_by_eight_fingers_credits_once(jane, make_tenant):
    tenant = make_tenant()
    question = jane.says(f"/credit {tenant.tenant_id} 6000 Correction")
    assert question is not None
    data = question.data("Yes, do it")
    together(8, lambda _: ops.take(jane.press(data, question), "tuma_bot"))

    assert wallet(tenant) == "6000.00"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("/credit", "Write it like this: /credit ID AMOUNT REASON"),
        ("/credit 1 5", "Write it like this"),
        ("/credit 99999 5 x", "no business with that number"),
        ("/credit {id} five x", "is not an amount"),
        ("/credit {id} 0 x", "Give an amount"),
        ("/tenant", "Write it like this: /tenant ID"),
        ("/tenant ²", "no business with that number"),
        ("/price {id} 5000", "A price per segment"),
        ("/price {id} tier gold", "no such tier"),
        ("/suspend", "Write it like this"),
        ("/assign NOPE 1", "NOPE"),
    ],
)
def test_what_cannot_be_is_said_in_words(jane, make_tenant, said, words):
    tenant = make_tenant()
    answer = jane.says(said.format(id=tenant.tenant_id))

    assert answer is not None
    assert words in answer.text


def test_more_than_there_is_cannot_be_taken(jane, make_tenant):
    tenant = make_tenant("10")
    jane.says(f"/credit {tenant.tenant_id} -50 Correction")

    assert "Only KES 10.00" in jane.presses("Yes, do it")
    assert wallet(tenant) == "10.00"


def test_price_is_shown_set_and_given_back_to_the_tier(jane, make_tenant):
    tenant = make_tenant()
    shown = jane.says(f"/price {tenant.tenant_id}")
    jane.says(f"/price {tenant.tenant_id} 0.65")
    own = Tenant.get_by_id(tenant.tenant_id).price_units
    jane.says(f"/price {tenant.tenant_id} tier high")
    high = Tenant.get_by_id(tenant.tenant_id)

    assert shown is not None
    assert "KES 0.80" in shown.text
    assert own == 6500
    assert (high.price_units, high.tier) == (None, "high")
    (first, _) = audits("tenant.terms_set")
    assert json.loads(first.before) == {"price_units": None}


# Looking.


def test_tenants_lists_those_that_wait_on_top(newcomer, jane, make_tenant):
    for _ in range(12):
        make_tenant("5")
    answer = jane.says("/tenants")

    assert answer is not None
    assert answer.text.index("Waiting for approval") < answer.text.index("newest first")
    assert f"/tenant_{newcomer.tenant_id}" in answer.text
    before = answer.text
    jane.presses("Older", answer)
    assert answer.text != before


def test_tenants_finds_by_state_and_by_name(jane, make_tenant):
    tenant = make_tenant()
    Tenant.update(name="Wanjiku & Sons").where(Tenant.id == tenant.tenant_id).execute()

    assert "Wanjiku &amp; Sons" in jane.says("/tenants wanjiku").text
    assert "none" in jane.says("/tenants suspended").text
    assert "Wanjiku" in jane.says(f"/tenant_{tenant.tenant_id}").text


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/help", "/prove"),
        ("/unmatched", "Every payment has its owner"),
        ("/balances", "Customers' wallets"),
        ("/prove", "The books agree"),
        ("/health", "Database"),
        ("/help@tuma_bot", "/digest"),
    ],
)
def test_every_question_has_an_answer(jane, make_tenant, command, words):
    make_tenant("100")
    answer = jane.says(command)

    assert answer is not None
    assert words in answer.text


def test_digest_comes_as_a_picture(jane):
    answer = jane.says("/digest")

    assert answer is not None
    assert answer.has_picture
    assert "Sunday 1 March" in answer.text
    assert "Monday 2 March" in jane.says("/digest today").text


# Sending.


def test_pause_and_unpause_leave_a_card_that_tells_it(jane, omar):
    jane.says("/pause The gateway acts up")
    jane.presses("Yes, do it")
    assert operations.sending_paused() is not None
    tell()
    card = jane.room.last()
    assert "All sending is stopped" in card.text
    assert "by <b>Jane</b>: <i>The gateway acts up</i>" in card.text

    omar.presses("Resume sending", card)
    assert operations.sending_paused() is None
    assert "Resumed by <b>Omar</b>" in card.text
    assert [act.actor for act in audits("sending.pause") + audits("sending.resume")] == [
        f"telegram:{JANE}",
        f"telegram:{OMAR}",
    ]


def test_the_button_of_an_earlier_stop_does_not_end_a_later_one(jane):
    operations.pause_sending("first", actor="admin:key_x")
    tell()
    card = jane.room.last()
    data = card.data("Resume sending")
    operations.resume_sending(actor="admin:key_x")
    clock.advance(60)
    operations.pause_sending("second", actor="admin:key_x")

    assert "Nothing was changed" in jane.gives(data, card)
    assert operations.sending_paused() is not None


def test_pausing_twice_says_who_did(jane, omar):
    jane.says("/pause lunch")
    jane.presses("Yes, do it")
    answer = omar.says("/pause")

    assert answer is not None
    assert "by <b>Jane</b>: <i>lunch</i>" in answer.text


# Trouble.


def test_a_flood_is_waited_out_and_the_answer_comes(jane):
    floods = iter([no(429, "Too Many Requests: retry after 1", retry_after=1)])
    jane.room.fault = lambda method, body: next(floods, None)

    assert jane.says("/help") is not None


def test_a_moved_group_is_answered_where_it_is_now(jane):
    moves = iter([no(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100777)])
    jane.room.fault = lambda method, body: next(moves, None)
    jane.says("/help")

    assert len(jane.room.said(-100777)) == 1


def test_what_fails_in_our_hands_is_told_with_a_reference(jane, monkeypatch):
    def broken() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(health, "health", broken)
    answer = jane.says("/health")

    assert answer is not None
    assert "Ref " in answer.text
    assert "secret" not in answer.text


@pytest.mark.parametrize("data", ["", "x", "approve:x", "yes:nothing", "run:pause", "show:0:1:2"])
def test_made_up_buttons_are_answered_and_do_nothing(newcomer, jane, data):
    if data:
        assert jane.gives(data)
    assert status(newcomer) == "pending"
    assert operations.sending_paused() is None


def test_the_bot_hands_its_updates_over_as_telegram_wrote_them(jane):
    update = Update.de_json(jane.message("/help@tuma_bot"), None)
    run(ops.handle(update, SimpleNamespace(username="tuma_bot")))

    assert "/prove" in jane.room.last().text


def test_each_command_of_the_contract_is_listed():
    names = {name for name, _ in ops.COMMANDS}
    wanted = "tenants tenant credit suspend resume price unmatched balances pause unpause prove"
    assert set(wanted.split()) | {"digest", "health", "help"} <= names
    assert all(len(meaning) <= 256 for _, meaning in ops.COMMANDS)
