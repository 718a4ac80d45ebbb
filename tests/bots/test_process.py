"""The real bot process, against a Telegram that is strict and can be made to misbehave."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import clock, database
from core.ledger import accounts
from core.payments.models import TopUp
from core.telegram import inbox
from core.tenants.models import Membership, Person, Role, Tenant, TenantStatus
from tests.stack import Stack, wait_until

ASHA, JUMA = 712000001, 712000002


class Chatter:
    """Somebody with Telegram on a phone, in front of the stand-in."""

    def __init__(self, stack: Stack, user: int) -> None:
        self.stack, self.user = stack, user
        person = {"id": user, "phone": f"254{user}", "first_name": "Asha", "language_code": "en"}
        self.act("people", **person)

    def act(self, what: str, **given: Any) -> Any:
        url = f"{self.stack.sandbox}/telegram/{what}"
        answer = self.stack.http.post(url, json={"from": self.user, **given}, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def say(self, text: str) -> None:
        self.act("say", text=text)

    def press(self, label: str, **given: Any) -> Any:
        return self.act("press", label=label, **given)

    def chat(self) -> Any:
        url = f"{self.stack.sandbox}/telegram/chats/{self.user}"
        return self.stack.http.get(url, timeout=60).json()

    def told(self) -> list[Any]:
        """What the bot has said and what still stands there."""
        return [
            each
            for each in self.chat()["messages"]
            if not each["is_own"] and each["from"]["is_bot"]
        ]

    def sees(self, words: str, seconds: float = 60.0) -> Any:
        """Wait until the last message of the bot has these words in it."""

        def last() -> Any:
            told = self.told()
            return told[-1] if told and words in text_of(told[-1]) else None

        return wait_until(last, seconds, every=0.02)


def text_of(message: Any) -> str:
    return str(message.get("text") or message.get("caption") or "")


@pytest.fixture(params=["polling", "webhook"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    yield from _stack(tmp_path, "sqlite", "polling")


@pytest.fixture
def either(tmp_path: Path, mode: str) -> Iterator[Stack]:
    yield from _stack(tmp_path, "postgres+redis" if mode == "webhook" else "sqlite", mode)


def _stack(folder: Path, kind: str, mode: str) -> Iterator[Stack]:
    made = Stack(folder, kind)
    made.environment |= {
        "TUMA_TELEGRAM__BASE_URL": f"{made.sandbox}/telegram/bot",
        "TUMA_TELEGRAM__BASE_FILE_URL": f"{made.sandbox}/telegram/file/bot",
        "TUMA_TELEGRAM__MODE": mode,
    }
    try:
        made.tuma("migrate")
        made.start_sandbox()
        if mode == "webhook":
            made.start_web()
        database.open_database(made.environment["TUMA_DATABASE__URL"])
        for user in (ASHA, JUMA):
            _business(user)
        start_bot(made)
        yield made
    finally:
        database.close_all()
        made.stop()


def _business(user: int) -> None:
    tenant = Tenant.create(
        name=f"Salon {user}", contact_name="Asha", phone=f"254{user}",
        status=TenantStatus.ACTIVE.value, account_number=f"A{user}", created_at=clock.now(),
    )  # fmt: skip
    accounts.open_purses(tenant.id, daily_cap=None)
    person = Person.create(
        id=f"usr_{user}", msisdn=f"254{user}", name="Asha", telegram_id=user, created_at=clock.now()
    )
    Membership.create(
        person_id=person.id, tenant_id=tenant.id, role=Role.OWNER.value, created_at=clock.now()
    )


def start_bot(stack: Stack) -> None:
    stack.start("bot", "bot")
    wait_until(lambda: _state(stack)["webhook"]["set"] or _state(stack)["updates"]["polled"])


def _state(stack: Stack) -> Any:
    return stack.state()["telegram"]


def test_a_menu_is_shown_and_edited_in_place(either: Stack) -> None:
    asha = Chatter(either, ASHA)
    asha.say("/start")
    menu = asha.sees(f"Salon {ASHA}")

    asha.press("Reports", wait=25)
    wait_until(lambda: text_of(asha.told()[0]) != text_of(menu))

    assert [each["message_id"] for each in asha.told()] == [menu["message_id"]]
    assert _state(either)["unanswered_presses"] == 0


def test_a_stranger_registers_by_sharing_their_own_number(either: Stack) -> None:
    asha = Chatter(either, 712000009)
    other = Chatter(either, 712000008)
    asha.say("/start")
    asha.sees("SMS for your business")
    asha.press("Register")
    asha.sees("Language / Lugha")
    asha.press("English")
    asha.sees("Tap the button below")
    asha.act("contact", of=other.user)
    asha.sees("not your own number")
    asha.press("Share my phone number")
    asha.sees("Do you accept the terms?")
    asha.press("I accept")
    asha.sees("Name of your business:")
    asha.say("Salon Zuri")
    asha.sees("Your own name:")
    asha.say("Asha")
    asha.sees("waits for approval")

    assert asha.chat()["reply_keyboard"] is None
    assert Tenant.get(Tenant.name == "Salon Zuri").status == "pending"
    assert Person.get(Person.telegram_id == asha.user).msisdn == "254712000009"


def test_a_key_is_shown_once_behind_a_veil_and_goes_with_a_tap(stack: Stack) -> None:
    asha = Chatter(stack, ASHA)
    asha.say("/keys")
    asha.sees("API keys")
    asha.press("New test key")
    asha.sees("A name for the key")
    asha.say("Website")
    asha.sees("Make the test key Website?")
    asha.press("Confirm")
    shown = asha.sees("sk_test_")

    assert shown["protected"]
    assert "spoiler" in [each["type"] for each in shown["entities"]]
    assert asha.press("Copy")["copied"].startswith("sk_test_")
    asha.press("Done")
    wait_until(lambda: "sk_test_" not in str(asha.told()))


def test_a_press_repeated_and_delivered_twice_is_one(either: Stack) -> None:
    either.faults(telegram={"update_duplicate": True})
    asha = Chatter(either, ASHA)
    asha.say("/menu")
    menu = asha.sees("Salon")
    asha.press("Balance")
    asha.press("Balance", message_id=menu["message_id"])

    def balances() -> list[Any]:
        return [each for each in asha.told() if text_of(each).startswith("Balance")]

    wait_until(balances)
    time.sleep(1)  # in which another would come
    assert len(balances()) == 1


def test_a_killed_bot_goes_on_where_it_stood(either: Stack) -> None:
    asha = Chatter(either, ASHA)
    asha.say("/menu")
    asha.sees("Salon")
    wait_until(lambda: not inbox.waiting())
    either.kill("bot")
    asha.press("Balance")
    asha.say("/language")
    start_bot(either)

    wait_until(lambda: any(text_of(each).startswith("Balance") for each in asha.told()))


def test_a_bot_killed_before_it_has_noted_its_answer_answers_again(either: Stack) -> None:
    asha = Chatter(either, ASHA)
    for _ in range(3):
        asha.say("/topup")
        asha.sees("Amount in KES")
        asha.say("500")
        wait_until(lambda: "500" in str(asha.told()[-1]))
        either.kill("bot")
        start_bot(either)
    wait_until(lambda: not inbox.waiting())

    assert TopUp.select().count() == 0
    asha.say("/menu")
    asha.sees("Salon")


def test_a_bot_that_is_asked_to_stop_finishes_and_ends_well(stack: Stack) -> None:
    asha = Chatter(stack, ASHA)
    asha.say("/menu")
    asha.sees("Salon")
    process = stack.running.pop("bot")
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=60) == 0


def test_a_second_bot_waits_for_the_first_to_end(either: Stack) -> None:
    either.start("second", "bot")
    asha = Chatter(either, ASHA)
    wait_until(lambda: "another_bot_runs" in (either.folder / "second.log").read_text())
    either.kill("bot")
    asha.say("/menu")

    asha.sees("Salon")


def test_a_flood_in_one_chat_does_not_stall_another(stack: Stack) -> None:
    asha, juma = Chatter(stack, ASHA), Chatter(stack, JUMA)
    stack.faults(
        telegram={"http_429": {"phone": f"254{ASHA}", "next": 1}, "retry_after_seconds": 6}
    )
    asha.say("/menu")
    wait_until(lambda: "http_429" not in stack.state()["faults"]["telegram"], every=0.02)
    for _ in range(5):
        juma.say("/menu")
    juma.sees("Salon")
    assert asha.told() == []

    asha.sees("Salon")


def test_a_slow_chat_does_not_stall_another_and_keeps_its_order(stack: Stack) -> None:
    asha, juma = Chatter(stack, ASHA), Chatter(stack, JUMA)
    stack.faults(telegram={"slow": {"phone": f"254{ASHA}", "p": 1.0}, "slow_seconds": 4})
    asha.say("/menu")
    asha.say("/privacy")
    juma.say("/menu")
    juma.sees("Salon")
    assert "Data Protection Act" not in str(asha.told())

    asha.sees("Data Protection Act")
    assert [text_of(each)[:7] for each in asha.told()] == ["Salon 7", "Privacy"]


def test_who_blocks_the_bot_is_left_alone_until_they_write_again(stack: Stack) -> None:
    asha = Chatter(stack, ASHA)
    asha.say("/menu")
    asha.sees("Salon")
    asha.act("block")
    wait_until(lambda: not _ok(ASHA))

    asha.act("block", blocked=False)
    asha.say("/menu")
    wait_until(lambda: _ok(ASHA))


def _ok(user: int) -> bool:
    return bool(Person.get(Person.telegram_id == user).telegram_ok)


def test_a_strange_group_is_told_once_and_left(stack: Stack) -> None:
    asha = Chatter(stack, ASHA)
    group = asha.act("groups", members={str(ASHA): "creator"}, title="Family")
    url = f"{stack.sandbox}/telegram/chats/{group['id']}"
    bot = str(_state(stack)["bot"]["id"])
    wait_until(lambda: stack.http.get(url, timeout=60).json()["members"][bot] == "left")

    said = [
        each
        for each in stack.http.get(url, timeout=60).json()["messages"]
        if not each["is_own"] and each["from"]["is_bot"]
    ]
    assert [text_of(each) for each in said if text_of(each)] == [
        "I work in private chats only. Write to me directly: I am leaving this group."
    ]


def test_commands_are_published_in_both_languages(stack: Stack) -> None:
    def published() -> Any:
        return [each for each in _state(stack)["commands"] if each["language"] == "sw"]

    assert wait_until(published)


def test_a_network_that_comes_and_goes_loses_nothing(stack: Stack) -> None:
    asha = Chatter(stack, ASHA)
    stack.faults(
        telegram={"poll_500": {"next": 2}, "poll_drop": {"next": 1}, "conflict": {"next": 1}}
    )
    asha.say("/menu")

    asha.sees("Salon")
