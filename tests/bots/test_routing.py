"""Groups: the operators' own is served, wherever it moves; every other is left."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Bot, Update
from telegram.ext import ExtBot

from bots.routing import Router
from core.settings import settings
from core.telegram import places
from core.tenants.models import Person
from tests.bots.phone import ME, Phone, Recorder, message, refusal, run, update

OPS = -1001000000001


class Desk:
    """Stands for the ops chat's own door."""

    def __init__(self) -> None:
        self.got: list[Update] = []

    async def __call__(self, got: Update, bot: Bot) -> None:
        self.got.append(got)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def asha(store: str, recorder: Recorder, desk: Desk) -> Phone:
    bot = ExtBot(settings().telegram.token, request=recorder, get_updates_request=recorder)
    return Phone(Router(bot, desk), recorder)


def said(chat: int, kind: str = "supergroup", **what: Any) -> dict[str, Any]:
    told = message(3, chat, kind=kind, **(what or {"text": "/balances"}))
    return update(message=told | {"from": {"id": 7001, "is_bot": False, "first_name": "Asha"}})


def member(chat: int, kind: str, status: str, user: int = 7001) -> dict[str, Any]:
    bot = {"user": ME, "status": status} | ({"until_date": 0} if status == "kicked" else {})
    person = {"id": user, "is_bot": False, "first_name": "Asha"}
    change = {
        "chat": {"id": chat, "type": kind, "title": "x"}, "from": person, "date": 1,
        "old_chat_member": {"user": ME, "status": "left"}, "new_chat_member": bot,
    }  # fmt: skip
    return update(my_chat_member=change)


def test_the_ops_chat_goes_to_its_own_door(asha: Phone, desk: Desk) -> None:
    run(asha.give(said(OPS)))

    assert len(desk.got) == 1
    assert asha.recorder.calls == []


def test_the_ops_chat_is_followed_when_it_moves(
    asha: Phone, desk: Desk, change_settings: Any
) -> None:
    change_settings("telegram", ops_chat_id=-77)

    async def story() -> None:
        await asha.give(said(-77, "group", migrate_to_chat_id=OPS))
        await asha.give(said(OPS, migrate_from_chat_id=-77))
        await asha.give(said(OPS))

    run(story())
    assert places.ops_chat_id() == OPS
    assert len(desk.got) == 1


@pytest.mark.parametrize("kind", ["group", "supergroup"])
def test_any_other_group_is_told_one_line_and_left(asha: Phone, desk: Desk, kind: str) -> None:
    run(asha.give(said(-88, kind)))

    assert [call.method for call in asha.recorder.calls] == ["sendMessage", "leaveChat"]
    assert asha.recorder.calls[0].text.startswith("I work in private chats only.")
    assert desk.got == []


def test_a_channel_is_left_without_a_word(asha: Phone) -> None:
    run(asha.give(member(-99, "channel", "member")))

    assert [call.method for call in asha.recorder.calls] == ["leaveChat"]


def test_an_admin_is_told_the_id_of_the_group(asha: Phone) -> None:
    run(asha.give(member(-88, "group", "member", user=900000001)))

    assert "telegram.ops_chat_id" in asha.recorder.calls[0].text
    assert "-88" in asha.recorder.calls[0].text


def test_being_thrown_out_is_no_news(asha: Phone) -> None:
    async def story() -> None:
        await asha.give(member(-88, "group", "left"))
        asha.recorder.rules.append(lambda _: refusal(403, "Forbidden: bot was kicked"))
        await asha.give(member(-88, "group", "member"))

    run(story())
    assert [call.method for call in asha.recorder.calls] == ["sendMessage"]


def test_a_fault_in_the_ops_chat_is_no_private_matter(asha: Phone) -> None:
    async def fail(*_: object) -> None:
        raise ValueError

    asha.router._handle_ops = fail
    run(asha.give(said(OPS)))

    assert asha.recorder.calls == []


@pytest.mark.parametrize(("status", "ok"), [("kicked", False), ("member", True)])
def test_a_block_is_noted_and_forgotten(asha: Phone, status: str, ok: bool) -> None:
    Person.create(id="usr_1", msisdn="254712345678", name="A", telegram_id=7001, created_at=0,
                  telegram_ok=not ok)  # fmt: skip
    run(asha.give(member(7001, "private", status)))

    assert Person.get().telegram_ok is ok


def test_somebody_who_blocked_us_meanwhile_is_noted(asha: Phone) -> None:
    Person.create(id="usr_1", msisdn="254712345678", name="A", telegram_id=7001, created_at=0)
    asha.recorder.rules.append(
        lambda call: (
            refusal(403, "Forbidden: bot was blocked by the user")
            if call.method == "sendMessage"
            else None
        )
    )
    run(asha.say("/privacy"))

    assert Person.get().telegram_ok is False
