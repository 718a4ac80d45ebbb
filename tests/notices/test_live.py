"""Messages that are edited while something goes on: brought up to date, and then left alone."""

from __future__ import annotations

from typing import Any

import pytest

from core import clock
from core.campaigns.models import Campaign
from core.contacts.imports.models import Import
from core.notices import live, looks
from core.notices.models import LiveMessage
from tests.notices.room import Room, no
from tests.notices.scene import tell
from tests.races import together

ASHA = 501


@pytest.fixture
def row(room: Room, make_tenant: Any) -> Import:
    """An import that has just begun, and a message in a chat that follows it."""
    tenant = make_tenant()
    made: Import = Import.create(
        id="imp_1",
        tenant_id=tenant.tenant_id,
        actor="person:usr_1",
        channel="telegram",
        file_name="wateja.csv",
        size_bytes=9,
        status="running",
        group_id="grp_1",
        layout="{}",
        created_at=clock.now(),
    )
    answer = room.hear("sendMessage", {"chat_id": ASHA, "text": "..."})
    assert answer is not None
    live.remember(
        "import:imp_1",
        ASHA,
        answer["result"]["message_id"],
        tenant_id=tenant.tenant_id,
        language="en",
    )
    return made


def now_at(progress: int, rows: int, **more: Any) -> None:
    Import.update(progress=progress, rows=rows, **more).execute()


def test_a_message_shows_how_far_it_has_come(row: Import, room: Room) -> None:
    now_at(3_470, 12_000)
    tell()
    assert "▰▰▰▱▱▱▱▱▱▱ 34%" in room.last(ASHA).text
    assert "Rows so far: 12,000" in room.last(ASHA).text

    now_at(7_000, 24_000)
    tell(1)
    assert "34%" in room.last(ASHA).text, "edits are seconds apart"
    tell(2)
    assert "70%" in room.last(ASHA).text


def test_nothing_is_edited_while_nothing_changes(row: Import, room: Room) -> None:
    for _ in range(5):
        tell(3)

    assert room.last(ASHA).edits == 1


def test_what_is_done_shows_its_result_and_is_left_alone(row: Import, room: Room) -> None:
    now_at(10_000, 5, status="completed", created=2, updated=1, rejected=2)
    for _ in range(3):
        tell(60)

    assert room.last(ASHA).edits == 1
    assert room.last(ASHA).text == "\n".join(
        ["wateja.csv is read. Rows: 5.", "New contacts: 2", "Known already: 1", "Rows left out: 2"]
    )
    assert room.last(ASHA).data("Send to these") == "go:@send:grp_1"
    assert live.has_shown("import:imp_1")
    assert not live.is_going("import:imp_1")


def test_what_happens_while_it_is_edited_is_shown_at_the_next_look(
    row: Import, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decided_meanwhile(*args: Any) -> looks.Look:
        monkeypatch.undo()
        live.wake("import:imp_1")
        return looks.Look("Not decided", again_s=600.0)

    monkeypatch.setattr(live, "draw", decided_meanwhile)
    tell()
    now_at(7_000, 24_000)
    tell(1)

    assert "70%" in room.last(ASHA).text


def test_many_workers_edit_once(row: Import, room: Room) -> None:
    clock.advance(1)
    together(4, lambda _: tell())

    assert room.last(ASHA).edits == 1


def test_a_message_that_is_gone_is_not_edited_again(row: Import, room: Room) -> None:
    room.fault = lambda method, body: no(400, "Bad Request: message to edit not found")
    for _ in range(3):
        tell(60)

    assert room.count("editMessageText") == 1
    assert not live.has_shown("import:imp_1")


def test_a_campaign_that_is_a_draft_again_is_let_go_of_after_an_hour(
    row: Import, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = f"campaign:{draft(row.tenant_id).id}"
    LiveMessage.update(subject=subject).execute()
    drawn = []
    draw = live.draw
    monkeypatch.setattr(live, "draw", lambda *args: drawn.append(args) or draw(*args))
    for _ in range(130):
        tell(30)
    looks = len(drawn)
    assert (room.last(ASHA).edits, "Sale: Not started" in room.last(ASHA).text) == (1, True)
    for _ in range(10):
        tell(3600)
    assert len(drawn) == looks

    Campaign.update(status="paused").execute()
    live.wake(subject)
    tell()
    assert "Sale: Paused" in room.last(ASHA).text
    Campaign.update(status="draft").execute()
    live.wake(subject)
    for _ in range(30):
        tell(180)
    clock.advance(8 * 24 * 3600)
    tell()
    assert LiveMessage.select().where(~LiveMessage.is_over).count() == 0


def draft(tenant_id: int) -> Campaign:
    return Campaign.create(
        id="cmp_1",
        tenant_id=tenant_id,
        name="Sale",
        message="Habari",
        audience="{}",
        actor="person:usr_1",
        channel="telegram",
        created_at=clock.now(),
    )


def test_a_flood_is_waited_out(row: Import, room: Room) -> None:
    room.fault = lambda method, body: no(429, "Too Many Requests", retry_after=30)
    tell()
    room.fault = lambda method, body: None
    tell(20)
    assert room.last(ASHA).edits == 0
    tell(11)

    assert room.last(ASHA).edits == 1


def test_old_messages_are_forgotten(row: Import, room: Room) -> None:
    now_at(10_000, 0, status="completed")
    tell()
    clock.advance(8 * 24 * 3600)
    live.forget_old()

    assert LiveMessage.select().count() == 0


@pytest.mark.parametrize("share", [-1.0, 0.0, 0.5, 1.0, 2.0])
def test_a_bar_has_ten_blocks(share: float) -> None:
    assert len(looks.bar(share).split()[0]) == looks.BLOCKS
