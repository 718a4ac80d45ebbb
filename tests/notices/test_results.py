"""What became of a send is told once to the person who sent it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from core.gateways.onfon import Verdict
from core.messaging import operations, sending
from core.messaging.models import Status
from core.messaging.sending import Order, Text
from core.notices import results
from core.tenants.models import Membership
from core.tenants.profiles import profile
from tests.messaging import scene
from tests.notices.room import Room
from tests.notices.scene import person, states, tell


@pytest.fixture
def asha(room: Room, make_tenant):
    """An owner on Telegram, whose business has money."""
    return person(make_tenant("1000"), telegram_id=501)


def sent_by(actor: str, room: Room, count: int = 1, *, schedule_at=None):
    tenant = profile(Membership.get().tenant_id)
    numbers = [scene.fresh_number() for _ in range(count)]
    order = Order([Text(number, "Habari") for number in numbers], schedule_at=schedule_at)
    return sending.send(tenant, order, once=None, actor=actor)


def test_one_text_that_arrived_is_told_at_once(asha, room: Room):
    batch = sent_by(asha.actor, room)
    scene.hand_over(scene.Gateway(scene.accepted("a")))
    tell()
    assert room.texts(501) == []

    scene.report("a")
    scene.wake_reports()
    tell(15)
    number = batch.messages[0].to
    assert room.texts(501) == [f"Your SMS to 0{number[3:6]} {number[6:9]} {number[9:]}: delivered."]


def test_many_are_told_by_their_counts(asha, room: Room):
    sent_by(asha.actor, room, 4)
    scene.hand_over(scene.Gateway(scene.accepted("a", "b", "c", "d")))
    for each, verdict in zip("abcd", [Verdict.DELIVERED] * 3 + [Verdict.UNDELIVERED], strict=True):
        scene.report(each, verdict)
    scene.wake_reports()
    tell()
    tell(15)

    assert room.texts(501) == ["Your SMS to 4 numbers: 3 delivered, 1 not delivered."]


def test_after_five_minutes_what_is_known_is_told_and_that_is_all(asha, room: Room):
    sent_by(asha.actor, room, 2)
    scene.hand_over(scene.Gateway(scene.accepted("a", "b")))
    scene.report("a")
    scene.wake_reports()
    for _ in range(25):
        tell(15)
    assert room.texts(501) == ["Your SMS to 2 numbers: 1 delivered, 1 sent, no report yet."]

    scene.report("b")
    scene.wake_reports()
    for _ in range(25):
        tell(15)
    assert len(room.texts(501)) == 1
    assert states() == ["sent"]


def test_a_scheduled_send_is_told_after_its_time(asha, room: Room):
    sent_by(asha.actor, room, schedule_at=clock.now() + timedelta(hours=5))
    for _ in range(10):
        tell(600)
    assert room.texts(501) == []

    clock.advance(5 * 3600)
    sending.queue_due()
    scene.hand_over(scene.Gateway(scene.accepted("a")))
    tell(15)
    assert len(room.texts(501)) == 1


def test_a_send_that_was_stopped_is_told_to_wait(asha, room: Room):
    operations.pause_sending("fire", actor="admin:key_x")
    sent_by(asha.actor, room, 3)
    for _ in range(25):
        tell(15)

    assert room.texts(501) == ["Your SMS to 3 numbers: 3 still waiting."]


def test_what_a_program_sends_is_told_to_nobody(asha, room: Room):
    sent_by("key:key_x", room)
    tell(600)

    assert states() == []


def test_every_status_is_in_one_part_of_the_words():
    told = [status for _, statuses in results.PARTS for status in statuses]

    assert sorted(told) == sorted(Status)
    assert {sentence for sentence, _ in results.PARTS} == set(results.ALONE)
