"""A sender ID goes to the numbers of those operators only that have approved it."""

from __future__ import annotations

import pytest

from core.database import execute
from core.messaging import reasons, sender_decisions, sender_requests, senders, sending
from core.messaging.errors import NoRecipients, SenderNotAtOperator
from core.messaging.models import REHEARSAL_ACCOUNT, Category, Message, SenderStatus
from core.messaging.sending import Order, Text
from core.tenants.profiles import Profile
from core.tenants.profiles import profile as find_profile
from tests.messaging.scene import (
    ASHA,
    NOON,
    Gateway,
    Make,
    assert_proved,
    at,
    available,
    hand_over,
    held,
    later,
    message,
    send,
    statuses,
)

OPS = {"actor": "telegram:9", "channel": "ops"}
# Airtel's and Telkom's by their first digits, and a number abroad.
ALI, TEO, UGANDA = "0733000001", "0772000001", "+256772123456"


@pytest.fixture
def shop(make_tenant: Make) -> Profile:
    at(NOON)
    return make_tenant(wallet="10", price="1")


def named(shop: Profile, name: str = "KARIBU", **standing: str) -> str:
    """Have a name approved as a whole, and by some operators otherwise. Gives its id."""
    if senders.named(shop.tenant_id, name) is None:
        senders.register(shop.tenant_id, name, Category.TRANSACTIONAL, **OPS)
    public_id = str(senders.named(shop.tenant_id, name).public_id)  # type: ignore[union-attr]
    for operator, status in standing.items():
        sender_decisions.set_operator(public_id, operator, SenderStatus(status), **OPS)
    return public_id


def went(gateway: Gateway) -> list[tuple[str, str]]:
    """Under which name whose text went."""
    return [(sender, number) for sender, rows, _ in gateway.calls for number, _ in rows]


def test_approved_as_a_whole_it_goes_everywhere(shop: Profile) -> None:
    named(shop)

    assert len(send(shop, ASHA, ALI, TEO, UGANDA, sender_id="KARIBU").messages) == 4


@pytest.mark.parametrize("status", ["rejected", "submitted", "requested"])
def test_where_an_operator_has_not_approved_it_nothing_goes(shop: Profile, status: str) -> None:
    named(shop, airtel=status)
    batch = send(shop, ASHA, ALI, TEO, UGANDA, sender_id="KARIBU")

    assert [each.to for each in batch.messages] == ["254712000001", "254772000001", "256772123456"]
    (declined,) = batch.errors
    assert (declined.to, declined.code) == (ALI, "sender_not_at_operator")
    assert declined.detail == (
        "The sender ID KARIBU is not approved by Airtel. Choose another one."
    )
    assert held(shop) == "3.00"


def test_a_single_text_is_refused_in_words(shop: Profile) -> None:
    named(shop, airtel="rejected")
    for act in (sending.estimate, lambda *asked: sending.send(*asked, once=None, actor="test")):
        with pytest.raises(SenderNotAtOperator) as refused:
            act(shop, Order([Text(ALI, "Habari")], "KARIBU"))
        assert refused.value.words("en") == (
            "The sender ID KARIBU is not approved by Airtel. Choose another one."
        )
        assert refused.value.words("sw") == (
            "Jina la mtumaji KARIBU halijaidhinishwa na Airtel. Chagua jingine."
        )
    assert (Message.select().count(), held(shop)) == (0, "0.00")


def test_of_several_each_is_named(shop: Profile) -> None:
    named(shop, airtel="rejected", telkom="submitted")
    with pytest.raises(NoRecipients) as refused:
        send(shop, ALI, TEO, "12", sender_id="KARIBU")

    assert [(each.to, each.code) for each in refused.value.declined] == [
        ("12", "invalid_number"),
        (ALI, "sender_not_at_operator"),
        (TEO, "sender_not_at_operator"),
    ]


def test_ours_and_another_of_their_own_go_on(shop: Profile) -> None:
    named(shop, airtel="rejected")
    named(shop, "ZURI")

    assert len(send(shop, ALI, sender_id="ZURI").messages) == 1
    assert len(send(shop, ALI).messages) == 1


def test_it_is_one_business_that_is_refused(shop: Profile, make_tenant: Make) -> None:
    named(shop, airtel="rejected")
    other = make_tenant(wallet="10")
    senders.register(other.tenant_id, "HABARI", Category.TRANSACTIONAL, **OPS)

    assert len(send(other, ALI, sender_id="HABARI").messages) == 1


def test_a_yes_opens_the_way(shop: Profile) -> None:
    named(shop, airtel="rejected")
    named(shop, airtel="approved")

    assert len(send(shop, ALI, sender_id="KARIBU").messages) == 1


def test_a_yes_as_a_whole_leaves_a_no_where_it_was(shop: Profile) -> None:
    asked = sender_requests.ask(
        shop.tenant_id, "KARIBU", Category.TRANSACTIONAL, "Oda", actor="test", channel="test"
    )
    sender_decisions.set_operator(str(asked.public_id), "airtel", SenderStatus.REJECTED, **OPS)
    sender_decisions.set_operator(str(asked.public_id), "telkom", SenderStatus.SUBMITTED, **OPS)
    sender_decisions.approve(str(asked.public_id), **OPS)

    assert len(send(shop, TEO, sender_id="KARIBU").messages) == 1
    with pytest.raises(SenderNotAtOperator):
        send(shop, ALI, sender_id="KARIBU")


def test_registered_over_a_request_it_goes_where_none_has_said_no(shop: Profile) -> None:
    asked = sender_requests.ask(
        shop.tenant_id, "KARIBU", Category.TRANSACTIONAL, "Oda", actor="test", channel="test"
    )
    sender_decisions.set_operator(str(asked.public_id), "airtel", SenderStatus.REJECTED, **OPS)
    sender_decisions.set_operator(str(asked.public_id), "telkom", SenderStatus.SUBMITTED, **OPS)
    senders.register(shop.tenant_id, "KARIBU", Category.TRANSACTIONAL, **OPS)

    assert len(send(shop, TEO, sender_id="KARIBU").messages) == 1
    with pytest.raises(SenderNotAtOperator):
        send(shop, ALI, sender_id="KARIBU")


# At the hand-over.


def test_what_an_operator_refuses_meanwhile_is_withheld_and_costs_nothing(shop: Profile) -> None:
    named(shop)
    batch = send(shop, ASHA, ALI, TEO, sender_id="KARIBU")
    named(shop, airtel="rejected")
    gateway = Gateway()
    hand_over(gateway)

    assert went(gateway) == [("KARIBU", "254712000001"), ("KARIBU", "254772000001")]
    assert statuses() == ["submitted", "suppressed", "submitted"]
    assert (available(shop), held(shop)) == ("8.00", "0.00")
    text = message(batch, 1)
    for language, told in (
        ("en", "The network of this number has not approved the sender ID KARIBU."),
        ("sw", "Mtandao wa namba hii haujaidhinisha jina la mtumaji KARIBU."),
    ):
        assert (reasons.words_of(text.reason, language, sender="KARIBU") or "").startswith(told)
    assert_proved()


def test_a_name_that_was_taken_back_is_sent_under_no_more(shop: Profile) -> None:
    public_id = named(shop)
    send(shop, ASHA, ALI, sender_id="KARIBU")
    send(shop, ASHA)
    sender_decisions.reject(public_id, "Misused", withdraw=True, **OPS)
    gateway = Gateway()
    hand_over(gateway)

    assert went(gateway) == [("TUMA", "254712000001")]
    assert statuses() == ["suppressed", "suppressed", "submitted"]
    assert {each.reason for each in Message.select()} == {"sender_withdrawn", None}
    assert (available(shop), held(shop)) == ("9.00", "0.00")
    assert_proved()


def test_of_a_scheduled_text_it_is_asked_when_it_goes(shop: Profile) -> None:
    named(shop, airtel="rejected")
    named(shop, airtel="approved")
    send(shop, ALI, sender_id="KARIBU", schedule_at=NOON.replace(hour=13))
    named(shop, airtel="rejected")
    later(hours=1, seconds=1)
    sending.queue_due()
    hand_over(Gateway())

    assert statuses() == ["suppressed"]
    assert available(shop) == "10.00"


def test_a_rehearsal_follows_the_same_rule(shop: Profile) -> None:
    named(shop, airtel="rejected")
    rehearsed = find_profile(shop.tenant_id, is_test=True)
    with pytest.raises(SenderNotAtOperator):
        send(rehearsed, ALI, sender_id="KARIBU")
    named(shop, airtel="approved")
    send(rehearsed, ALI, sender_id="KARIBU")
    named(shop, airtel="rejected")
    hand_over(Gateway(), REHEARSAL_ACCOUNT)

    assert statuses() == ["suppressed"]


def test_asking_again_with_one_once_tells_again_who_was_left_out(shop: Profile) -> None:
    named(shop, airtel="rejected")
    first = send(shop, ASHA, ALI, sender_id="KARIBU", once="o1")
    second = send(shop, ASHA, ALI, sender_id="KARIBU", once="o1")

    assert (second.id, second.errors) == (first.id, first.errors)


def test_no_name_of_ones_own_asks_nothing_more_of_the_database(
    shop: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.messaging import reach

    asked: list[str] = []

    def listen(sql: str, *params: object) -> object:
        asked.append(sql)
        return execute(sql, *params)  # type: ignore[arg-type]

    monkeypatch.setattr(reach, "execute", listen)
    send(shop, ASHA, ALI)
    hand_over(Gateway())

    assert (statuses(), asked) == (["submitted", "submitted"], [])
