"""Updates are kept before they are confirmed, handled once, and blanked when they have served."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core import clock
from core.database import execute
from core.gateways import http
from core.telegram import inbox, places, vanishing
from core.telegram.inbox import View
from core.telegram.models import TelegramSecret
from tests.gateways.wire import drops, says, serving


def test_an_update_that_comes_twice_is_new_once(store: str) -> None:
    assert inbox.store([(7, "{}"), (8, "{}")]) == {7, 8}
    assert inbox.store([(8, "{}"), (9, "{}")]) == {9}
    assert inbox.store([]) == set()


def test_what_is_not_handled_waits_in_order(store: str) -> None:
    inbox.store([(9, "nine"), (7, "seven"), (8, "eight")])
    inbox.handled(8)

    assert [each.raw for each in inbox.waiting()] == ["seven", "nine"]
    assert [each.raw for each in inbox.waiting(known={7})] == ["nine"]


def test_what_people_wrote_is_sealed_and_then_blanked(store: str) -> None:
    inbox.store([(7, '{"text": "MyPinNobodyMayRead"}')])
    assert "MyPinNobodyMayRead" not in execute("SELECT body FROM telegram_update").fetchone()[0]

    inbox.handled(7)
    assert execute("SELECT body FROM telegram_update").fetchone()[0] == ""


def test_an_update_sealed_with_a_lost_key_is_put_aside(store: str) -> None:
    inbox.store([(7, "{}")])
    execute("UPDATE telegram_update SET body = 'spoilt'")

    assert inbox.waiting() == []
    assert inbox.waiting() == []


def test_what_stands_in_a_chat_is_kept_with_the_update_that_put_it_there(store: str) -> None:
    assert inbox.view_of(5) == View()

    inbox.store([(7, "{}")])
    inbox.handled(7, 5, View(70, 3, "pin", False, 1000))
    inbox.handled(7, 5, View(71, 4, "choice", True, 2000))

    assert inbox.view_of(5) == View(71, 4, "choice", True, 2000)


def test_updates_are_forgotten_when_nobody_can_repeat_them(store: str) -> None:
    clock.freeze(datetime(2026, 11, 1, 9, tzinfo=UTC))
    inbox.store([(7, "{}"), (8, "{}")])
    inbox.handled(7)
    clock.advance(60)
    assert inbox.oldest_waiting_s() == 60.0
    clock.advance(49 * 3600)
    inbox.store([(9, "{}")])
    inbox.handled(9)

    assert inbox.forget_old() == 1
    assert [each.update_id for each in inbox.waiting()] == [8]


def test_a_group_is_followed_to_where_it_moved(store: str, change_settings) -> None:
    change_settings("telegram", ops_chat_id=-5)
    assert places.ops_chat_id() == -5

    places.moved(-5, -1001)
    places.moved(-1001, -1002)
    assert places.ops_chat_id() == -1002


def test_without_an_ops_chat_there_is_none(store: str, change_settings) -> None:
    change_settings("telegram", ops_chat_id=0)

    assert places.ops_chat_id() == 0


@pytest.mark.parametrize(
    ("move", "left"),
    [
        (says({"ok": True, "result": True}), 1),
        (says({"ok": False, "error_code": 400, "description": "message can't be deleted"}, 400), 1),
        (drops, 2),
    ],
    ids=["deleted", "refused", "lost"],
)
def test_a_shown_key_is_deleted_by_the_clock(store: str, change_settings, move, left: int) -> None:
    clock.freeze(datetime(2026, 11, 1, 9, tzinfo=UTC))
    vanishing.remember(5, 70)
    clock.advance(vanishing.SHOWN.total_seconds())
    vanishing.remember(5, 71)
    with serving() as wire:
        change_settings("telegram", base_url=wire.will(move).url + "/bot")
        vanishing.delete_due()
        http.close()

        assert [seen.json["message_id"] for seen in wire.seen] == [70]
        assert TelegramSecret.select().count() == left
