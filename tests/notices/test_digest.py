"""The morning's digest: its figures are the rows', and it comes once, at eight."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from core import clock
from core.gateways.onfon import Verdict
from core.messaging.models import SHARED_ACCOUNT, GatewayBalance, Message, Status
from core.money import Money
from core.notices import digest, jobs
from core.notices.digest import day_of, standing
from core.payments import crediting, suspense
from core.payments.crediting import Receipt
from core.payments.models import Payment
from core.queue import Timetable, claim_due
from tests.messaging import scene
from tests.notices.room import Room, no
from tests.notices.scene import tell

DAY = date(2026, 3, 2)


def paid(receipt: str, kes: int, tenant_id: int | None) -> None:
    crediting.receive(
        Receipt(receipt=receipt, amount=Money.kes(kes), source="c2b", tenant_id=tenant_id)
    )


@pytest.fixture
def busy(room: Room, make_tenant):
    """A Monday with payments, and texts that fared in every way."""
    tenant = make_tenant("1000")
    paid("QGA1", 500, tenant.tenant_id)
    paid("QGA2", 70, None)
    scene.send(tenant, *(scene.fresh_number() for _ in range(5)))
    gateway = scene.Gateway(scene.accepted("a", "b", "c", "d", "e"), scene.LOST)
    scene.hand_over(gateway)
    scene.report("a")
    scene.report("b", Verdict.UNDELIVERED)
    scene.report("c")
    scene.wake_reports()
    scene.send(tenant, scene.fresh_number())
    scene.hand_over(gateway)
    make_tenant(status="pending")
    test = make_tenant("50", test=True)
    scene.send(test, "254712000001")
    return tenant


def count(*statuses: Status) -> int:
    return Message.select().where(Message.status.in_([each.value for each in statuses])).count()


def test_its_figures_equal_the_rows(busy):
    day = day_of(DAY)

    assert day.money_in == sum(row.amount for row in Payment.select()) == Money.kes(570).units
    assert day.payments == 2
    assert day.texts == Message.select().where(Message.submitted_at.is_null(False)).count() == 6
    assert day.delivered == count(Status.DELIVERED) == 2
    assert day.failed == count(Status.UNDELIVERED) == 1
    assert day.unknown == count(Status.UNKNOWN) == 1


def test_its_margin_is_what_was_sold_without_tax_and_the_gateways_price(busy):
    day = day_of(DAY)
    sold = sum(row.cost for row in Message.select().where(Message.charge == "taken"))

    assert day.sold == sold == Money.parse("4.00").units
    assert day.vat == Money.parse("0.55").units
    assert day.cost == Money.parse("0.35").units * 5
    assert day.margin == day.sold - day.vat - day.cost


def test_another_day_has_its_own_figures(busy):
    assert day_of(date(2026, 3, 1)).texts == 0
    clock.freeze(datetime(2026, 3, 3, 0, 0, 1, tzinfo=clock.NAIROBI))
    paid("QGA3", 30, busy.tenant_id)

    assert day_of(DAY).payments == 2
    assert day_of(date(2026, 3, 3)).money_in == Money.kes(30).units


def test_a_matched_payment_is_money_in_once(busy):
    suspense.assign("QGA2", busy.tenant_id, actor="admin:key_x")

    assert day_of(DAY).money_in == Money.kes(570).units


def test_it_says_what_waits(busy):
    now = standing()

    assert (now.pending_count, now.unmatched, now.texts_in_doubt, now.requests_in_doubt) == (
        1, 1, 1, 1,
    )  # fmt: skip
    assert now.unmatched_units == Money.kes(70).units


def test_it_comes_as_a_picture_with_every_figure(busy, room: Room):
    GatewayBalance.create(
        account_id=SHARED_ACCOUNT, said="KSh 9,000.00", units=90_000_000, is_money=True,
        created_at=clock.now(),
    )  # fmt: skip
    digest.put_down(DAY)
    tell()
    (said,) = [each for each in room.said() if each.has_picture]

    assert len(said.text) <= 1024
    for words in (
        "Monday 2 March",
        "Money in: <b>KES 570.00</b> in 2 payments",
        "<b>6</b> handed over, 2 delivered, 1 failed, 1 unknown",
        "Waiting for approval: 1:",
        "Unmatched payments: 1, KES 70.00",
        "Unknown at the gateway: 1 text in 1 request",
        "Float: KSh 9,000.00",
    ):
        assert words in said.text


def test_it_is_posted_once_a_day_however_many_workers_there_are(room: Room):
    for _ in range(3):
        jobs.post_digest()
        tell(60)

    assert len(room.said()) == 1


def test_it_comes_at_eight_in_nairobi(room: Room):
    clock.freeze(datetime(2026, 3, 2, 7, 59, 59, tzinfo=clock.NAIROBI))
    claim_due(jobs.PERIODIC)
    assert jobs.post_digest not in claim_due(jobs.PERIODIC)

    clock.advance(1)
    assert jobs.post_digest in claim_due(jobs.PERIODIC)
    row = Timetable.get(Timetable.name == jobs.post_digest.name)
    assert row.next_at == datetime(2026, 3, 3, 8, tzinfo=clock.NAIROBI)


def test_a_refused_picture_leaves_the_words(room: Room):
    room.fault = lambda method, body: (
        no(400, "Bad Request: PHOTO_INVALID_DIMENSIONS") if method == "sendPhoto" else None
    )
    digest.put_down(DAY)
    tell()

    assert not room.last().has_picture
    assert "Monday 2 March" in room.last().text


def test_a_quiet_day_can_be_told_too(room: Room):
    drawn = digest.draw_digest("2026-03-01")

    assert drawn is not None
    assert drawn.picture is not None
    assert drawn.picture.startswith(b"\x89PNG")
    assert "Waiting for approval: nobody" in drawn.text
