"""The first screen, whoever dials."""

from collections.abc import Callable

from core.dialogue.screens import Reply
from core.flows import conversation, open_visit
from core.tenants import people
from core.tenants.models import Role
from core.tenants.profiles import Profile

PHONE = "254712345678"


def test_the_top_menu_keeps_its_keys_and_their_places(make_tenant: Callable[..., Profile]) -> None:
    people.join(people.introduce(PHONE, "Asha", "en"), make_tenant("500").tenant_id, Role.OWNER)
    screen = conversation.home(open_visit("ussd", PHONE, msisdn=PHONE))

    assert [option.key for option in screen.options] == [
        *("send", "topup", "balance", "contacts", "reports", "account", "help")
    ]


def test_the_balance_is_told_with_a_chart(make_tenant: Callable[..., Profile]) -> None:
    tenant_id = make_tenant("500", price="0.80").tenant_id
    people.join(people.introduce(PHONE, "Asha", "sw"), tenant_id, Role.VIEWER)
    conversation.home(open_visit("ussd", PHONE, msisdn=PHONE))
    screen = conversation.turn(open_visit("ussd", PHONE, msisdn=PHONE), Reply.typed("3"))

    assert screen.text == "Salio KES 500\nBei KES 0.80 kwa SMS\nZinatosha SMS 625."
    assert screen.ends
    assert screen.picture is not None
    assert len(screen.picture.data["days"]) == 14
