"""A text's life, from the send to its last report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from core import prove
from core.gateways.onfon import Report as Received
from core.gateways.onfon import Verdict
from core.gateways.outcome import Outcome
from core.gateways.sms import Answer, RowAnswer
from core.ledger import accounts
from core.ledger.errors import NotEnough
from core.messaging import cancelling, claiming, dispatch, queries, recording, reports, sending
from core.messaging.errors import NoRecipients, TooLateToCancel
from core.messaging.models import SHARED_ACCOUNT, Message
from core.messaging.sending import Order, Text
from core.money import Money
from core.tenants.profiles import Profile

ASHA, JUMA, ZAWADI = "0712000001", "0712000002", "0712000003"
Make = Callable[..., Profile]


class Gateway:
    """Answers as it is told, and remembers what it was handed."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.handed: list[tuple[str, str]] = []

    def send(self, sender_id: str, rows: Sequence[tuple[str, str]], unicode: bool) -> Answer:
        if self.answers:
            answer = self.answers.pop(0)
            if answer.outcome not in (Outcome.BUSY,):
                self.handed += rows
            return answer
        self.handed += rows
        return Answer(
            Outcome.ACCEPTED,
            tuple(
                RowAnswer(Outcome.ACCEPTED, f"id-{number}-{len(self.handed)}") for number, _ in rows
            ),
        )


def send(tenant: Profile, *numbers: str, body: str = "Habari", once: str | None = None):  # type: ignore[no-untyped-def]
    return sending.send(
        tenant, Order([Text(number, body) for number in numbers]), once=once, actor="test"
    )


def hand_over(gateway: Gateway) -> None:
    while claim := claiming.claim(SHARED_ACCOUNT):
        dispatch.hand_over(gateway, claim)


def statuses() -> list[str]:
    return [row.status for row in Message.select().order_by(Message.id)]


def proved() -> bool:
    wrong = [each for each in prove.run() if not each.is_ok]
    assert wrong == []
    return True


def test_a_send_holds_its_price_and_the_gateway_takes_it(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="0.8")
    batch = send(tenant, ASHA, JUMA)

    assert (batch.cost.text(), batch.balance.text()) == ("1.60", "8.40")
    assert accounts.balance(tenant.tenant_id).held == Money.parse("1.60")
    hand_over(Gateway())
    assert statuses() == ["submitted", "submitted"]
    assert accounts.balance(tenant.tenant_id).held == Money(0)
    assert accounts.balance(tenant.tenant_id).available == Money.parse("8.40")
    assert proved()


def test_what_the_gateway_refuses_is_released(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="0.8")
    send(tenant, ASHA, JUMA)
    refused = RowAnswer(Outcome.REFUSED, code="401", why="not allowed")
    hand_over(Gateway(Answer(Outcome.ACCEPTED, (refused, RowAnswer(Outcome.ACCEPTED, "id-1")))))

    assert statuses() == ["rejected", "submitted"]
    assert accounts.balance(tenant.tenant_id).available == Money.parse("9.20")
    assert proved()


def test_a_lost_answer_keeps_the_hold_and_is_never_sent_again(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="0.8")
    send(tenant, ASHA)
    gateway = Gateway(Answer(Outcome.UNKNOWN, why="ReadTimeout"))
    hand_over(gateway)
    hand_over(gateway)

    assert statuses() == ["unknown"]
    assert len(gateway.handed) == 1
    assert accounts.balance(tenant.tenant_id).held == Money.parse("0.80")
    assert proved()


def test_a_busy_gateway_leaves_the_texts_in_the_queue(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    send(tenant, ASHA)
    claim = claiming.claim(SHARED_ACCOUNT)
    assert claim
    dispatch.hand_over(Gateway(Answer(Outcome.BUSY, why="429")), claim)

    assert statuses() == ["queued"]
    hand_over(Gateway())
    assert statuses() == ["submitted"]
    assert proved()


def test_not_enough_money_for_all_sends_nothing(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="1.50", price="0.8")

    with pytest.raises(NotEnough):
        send(tenant, ASHA, JUMA)
    assert statuses() == []
    assert accounts.balance(tenant.tenant_id).available == Money.parse("1.50")


def test_the_same_once_sends_once(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="0.8")
    first = send(tenant, ASHA, once="order-7")
    again = send(tenant, ASHA, once="order-7")

    assert again.id == first.id
    assert [each.id for each in again.messages] == [each.id for each in first.messages]
    assert accounts.balance(tenant.tenant_id).held == Money.parse("0.80")


def test_a_number_in_several_writings_gets_one_text(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    batch = send(tenant, "0712000001", "+254 712 000 001", "254712000001", "nobody")

    assert [each.to for each in batch.messages] == ["254712000001"]
    assert [each.code for each in batch.errors] == ["duplicate", "duplicate", "invalid_number"]


def test_nobody_to_send_to_is_refused_with_the_reasons(make_tenant: Make) -> None:
    with pytest.raises(NoRecipients) as refused:
        send(make_tenant(wallet="10"), "12", "2.54712E+11")

    assert len(refused.value.declined) == 2


def test_a_cancelled_text_never_goes_and_its_money_returns(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="0.8")
    batch = send(tenant, ASHA)
    cancelling.cancel(tenant, batch.messages[0].id, actor="test")
    gateway = Gateway()
    hand_over(gateway)

    assert gateway.handed == []
    assert accounts.balance(tenant.tenant_id).available == Money.parse("10")
    with pytest.raises(TooLateToCancel):
        cancelling.cancel(tenant, batch.messages[0].id, actor="test")
    assert proved()


def report(provider_id: str, verdict: Verdict, msisdn: str = "254712000001") -> None:
    reports.receive(
        SHARED_ACCOUNT,
        Received(provider_id=provider_id, msisdn=msisdn, word=verdict.value, verdict=verdict),
    )


ORDERS = [
    [Verdict.PENDING, Verdict.DELIVERED],
    [Verdict.DELIVERED, Verdict.PENDING],
    [Verdict.DELIVERED, Verdict.UNDELIVERED],
    [Verdict.UNDELIVERED, Verdict.DELIVERED],
    [Verdict.DELIVERED, Verdict.DELIVERED, Verdict.UNKNOWN],
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("together", [True, False])
def test_reports_in_any_order_end_delivered(
    make_tenant: Make, order: list[Verdict], together: bool
) -> None:
    tenant = make_tenant(wallet="10")
    batch = send(tenant, ASHA)
    accepted = RowAnswer(Outcome.ACCEPTED, "id-1")
    hand_over(Gateway(Answer(Outcome.ACCEPTED, (accepted,))))
    for verdict in order:
        report("id-1", verdict)
        if not together:
            reports.fold()
    reports.fold()

    assert queries.one(tenant, batch.messages[0].id).status == "delivered"
    assert proved()


def test_a_report_that_overtakes_the_answer_waits_for_it(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    send(tenant, ASHA)
    claim = claiming.claim(SHARED_ACCOUNT)
    assert claim
    report("id-1", Verdict.DELIVERED)
    reports.fold()
    assert statuses() == ["submitting"]
    recording.record(claim, Answer(Outcome.ACCEPTED, (RowAnswer(Outcome.ACCEPTED, "id-1"),)))
    reports.Report.update(retry_at=0).execute()
    reports.retry_waiting()

    assert statuses() == ["delivered"]
    assert proved()


def test_a_report_for_the_only_text_in_doubt_settles_it(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10", price="0.8")
    send(tenant, ASHA)
    hand_over(Gateway(Answer(Outcome.UNKNOWN)))
    report("never-learned", Verdict.DELIVERED)
    reports.Report.update(received_at=reports.Report.received_at - 0).execute()
    later(seconds=10)
    reports.fold()

    assert statuses() == ["delivered"]
    assert accounts.balance(tenant.tenant_id).held == Money(0)
    assert accounts.balance(tenant.tenant_id).available == Money.parse("9.20")
    assert proved()


def later(*, seconds: int) -> None:
    from core import clock

    clock.freeze(clock.now())
    clock.advance(seconds)
