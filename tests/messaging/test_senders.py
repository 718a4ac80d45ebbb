"""Sender IDs: asked for, decided once, and sent under only when approved."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from core.errors import Refused
from core.events import Event
from core.messaging import routing, sender_decisions, sender_names, sender_requests, senders
from core.messaging.errors import SenderNotApproved, SenderWrongClass
from core.messaging.models import Category, Sender, SenderDocument, SenderStatus
from core.messaging.sender_decisions import SenderContested, SenderDecided, UnknownOperator
from core.messaging.sender_names import InvalidSenderId, SenderProtected, SenderTaken
from core.messaging.sender_requests import (
    DocumentRefused,
    Paper,
    SenderExists,
    SenderOtherClass,
    TooManyDocuments,
    TooManySenders,
)
from core.settings import settings
from core.tenants.models import Audit
from core.tenants.profiles import Profile
from tests.messaging.scene import ASHA, Make, send
from tests.races import outcomes, together

PLAIN, ADVERT = Category.TRANSACTIONAL, Category.PROMOTIONAL
PDF = Paper("letter.pdf", b"%PDF-1.7 rest")
ME: dict[str, Any] = {"actor": "person:usr_1", "channel": "telegram"}
OPS: dict[str, Any] = {"actor": "telegram:9", "channel": "ops"}


@pytest.fixture
def shop(make_tenant: Make) -> Profile:
    return make_tenant(wallet="10")


def ask(
    shop: Profile,
    name: str = "ZURI",
    category: Category = PLAIN,
    purpose: str = "Receipts",
    *papers: Paper,
) -> Sender:
    return sender_requests.ask(shop.tenant_id, name, category, purpose, papers, **ME)


def refused(kind: type[Refused], shop: Profile, *args: object) -> Refused:
    with pytest.raises(kind) as caught:
        ask(shop, *args)  # type: ignore[arg-type]
    assert caught.value.words("sw") != caught.value.words("en")
    return caught.value


def events(name: str) -> list[dict[str, object]]:
    rows = Event.select().where(Event.name == name).order_by(Event.sequence)
    return [msgspec.json.decode(row.data) for row in rows]


def may_send(shop: Profile, name: str = "ZURI", category: Category = PLAIN) -> bool:
    routing.forget()
    try:
        return bool(send(shop, ASHA, sender_id=name, category=category).messages)
    except SenderNotApproved:
        return False


def test_only_an_approved_name_is_sent_under(shop: Profile) -> None:
    sender = ask(shop)
    assert not may_send(shop)

    sender_decisions.set_operator(str(sender.public_id), "safaricom", SenderStatus.SUBMITTED, **OPS)
    assert not may_send(shop)

    sender_decisions.approve(str(sender.public_id), **OPS)
    assert may_send(shop)

    sender_decisions.reject(str(sender.public_id), "Onfon refuses it", withdraw=True, **OPS)
    assert not may_send(shop)


def test_a_request_is_told_with_its_papers(shop: Profile) -> None:
    sender = ask(shop, "ZURI", PLAIN, "Receipts", PDF, Paper("p.png", b"\x89PNG\r\n\x1a\n..."))

    assert (sender.status, sender.purpose, sender.category) == (
        "requested",
        "Receipts",
        "transactional",
    )
    assert events("sender_id.requested") == [
        {"id": sender.public_id, "sender_id": "ZURI", "actor": "person:usr_1"}
    ]
    papers = sender_requests.documents(sender)
    assert [(each.file_name, each.media_type) for each in papers] == [
        ("letter.pdf", "application/pdf"),
        ("p.png", "image/png"),
    ]
    paper = sender_requests.document(papers[0].id)
    assert paper is not None
    assert bytes(paper.content) == PDF.content


def test_asking_again_in_the_same_words_changes_nothing(shop: Profile) -> None:
    first = ask(shop)

    assert ask(shop).public_id == first.public_id
    assert len(events("sender_id.requested")) == 1


def test_a_name_is_asked_for_once_and_for_one_class(shop: Profile) -> None:
    ask(shop)

    refused(SenderExists, shop, "ZURI", PLAIN, "Something else")
    refused(SenderOtherClass, shop, "ZURI", ADVERT)
    refused(SenderOtherClass, shop, "Zuri", ADVERT)
    assert ask(shop, "ZURIInfo", ADVERT).status == "requested"


@pytest.mark.parametrize("name", ["", "TWELVESIGNS!", "ZURI ", "Zü", "A" * 12, "12345", "-"])
def test_what_no_network_shows_is_refused(shop: Profile, name: str) -> None:
    if name.strip() != name:
        assert ask(shop, name).name == name.strip()
    else:
        refused(InvalidSenderId, shop, name)


PROTECTED = [
    "M-PESA", "mpesa", "MPESA Info", "M PE5A", "Safaricom", "SAFAR1COM", "MySafaricom", "KRA",
    "KRA Info", "KRAInfo", "kra-tax", "POLICE", "K Police", "KCB", "EQUITY", "FoodBank", "AIRTEL",
    "Telk0m",
]  # fmt: skip


@pytest.mark.parametrize("name", PROTECTED)
def test_the_name_of_a_network_a_bank_or_an_office_is_refused(shop: Profile, name: str) -> None:
    refused(SenderProtected, shop, name)


@pytest.mark.parametrize("name", ["Kraft", "SHAMBA", "Shangazi", "Bankole", "GOVIND", "ABC"])
def test_an_honest_name_is_taken_for_one(name: str) -> None:
    assert not sender_names.is_protected(name)


def test_an_admin_may_register_even_those(shop: Profile) -> None:
    senders.register(shop.tenant_id, "KCB", PLAIN, **OPS)

    assert may_send(shop, "KCB")


def test_a_name_that_is_registered_keeps_no_earlier_no(shop: Profile) -> None:
    sender_decisions.reject(str(ask(shop).public_id), "Too generic", **OPS)

    registered = senders.register(shop.tenant_id, "ZURI", PLAIN, **OPS)
    assert (registered.status, registered.reason) == ("approved", None)


def test_a_name_belongs_to_whoever_came_first(shop: Profile, make_tenant: Make) -> None:
    sender = ask(shop)
    other = make_tenant()
    refused(SenderTaken, other, "zuri")
    refused(SenderTaken, other, settings().onfon.sender_id.lower())

    sender_decisions.reject(str(sender.public_id), "Not yours", **OPS)
    assert ask(other, "Zuri").status == "requested"


def test_of_two_who_ask_for_a_name_at_once_one_gets_it(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have seen it free before either of them wrote."""
    shops = [make_tenant() for _ in range(2)]
    both, is_taken = threading.Barrier(2), sender_names.is_taken

    def slowly(tenant_id: int, name: str) -> bool:
        said = is_taken(tenant_id, name)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.5)
        return said

    monkeypatch.setattr(sender_names, "is_taken", slowly)
    names = ("KAHAWA", "Kahawa")
    found = together(2, lambda number: ask(shops[number], names[number]))

    assert len(outcomes(found, SenderTaken)) == 1
    assert Sender.select().count() == 1


def contested(shop: Profile, other: Profile) -> tuple[Sender, Sender]:
    """Two requests for one name, as they came to be before one lock stood over both."""
    first, second = ask(shop), ask(other, "ZURY")
    Sender.update(name="zuri").where(Sender.public_id == second.public_id).execute()
    return first, second


def test_a_name_is_given_to_one_business_only(shop: Profile, make_tenant: Make) -> None:
    first, second = contested(shop, make_tenant())
    acts: list[Callable[[], object]] = [
        lambda: sender_decisions.approve(str(first.public_id), **OPS),
        lambda: say_yes(first),
    ]
    for act in acts:
        with pytest.raises(SenderContested) as caught:
            act()
        assert caught.value.words("sw") != caught.value.words("en")
    assert senders.one(None, str(first.public_id)).status != "approved"

    sender_decisions.reject(str(second.public_id), "It is Zuri's", **OPS)
    assert sender_decisions.approve(str(first.public_id), **OPS).status == "approved"
    assert may_send(shop, "ZURI")


def say_yes(sender: Sender) -> None:
    """Have all operators approve a name."""
    for operator in senders.OPERATORS:
        sender_decisions.set_operator(str(sender.public_id), operator, SenderStatus.APPROVED, **OPS)


def test_two_decisions_at_once_do_not_give_a_name_twice(
    shop: Profile, make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the order, it is said to whoever decides, and never are both approved."""
    both = contested(shop, make_tenant())
    found = together(
        4, lambda number: sender_decisions.approve(str(both[number % 2].public_id), **OPS)
    )

    assert len(outcomes(found, SenderContested)) == 4
    assert Sender.select().where(Sender.status == "approved").count() == 0


def test_after_a_no_one_may_ask_again(shop: Profile) -> None:
    sender = ask(shop, "ZURI", PLAIN, "Receipts", PDF)
    sender_decisions.reject(str(sender.public_id), "Send the letter", **OPS)
    again = ask(shop, "ZURI", ADVERT, "Sales", PDF)

    assert (again.status, again.category, again.reason) == ("requested", "promotional", None)
    assert SenderDocument.select().count() == 1
    with pytest.raises(senders.SenderNotFound):
        sender_decisions.approve(str(sender.public_id), **OPS)


def test_only_so_many_wait_at_once(shop: Profile) -> None:
    for number in range(sender_requests.OPEN_MAX):
        ask(shop, f"ZURI{number}")

    refused(TooManySenders, shop, "ZURI X")


def test_of_two_requests_at_once_only_one_is_the_last_that_may_wait(
    shop: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either would be, were both counted before they are written."""
    for number in range(sender_requests.OPEN_MAX - 1):
        ask(shop, f"ZURI{number}")
    both, alike = threading.Barrier(2), sender_requests._alike

    def slowly(tenant_id: int, name: str) -> Sender | None:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.5)
        return alike(tenant_id, name)

    monkeypatch.setattr(sender_requests, "_alike", slowly)
    found = together(2, lambda number: ask(shop, ("KAHAWA", "CHAI")[number]))

    assert len(outcomes(found, TooManySenders)) == 1
    assert Sender.select().count() == sender_requests.OPEN_MAX


@pytest.mark.parametrize(
    "paper", [Paper("a.pdf", b"MZ\x90 program"), Paper("a.pdf", b""), Paper("", b"%PDF" * 2**21)]
)
def test_a_paper_is_judged_by_what_is_in_it(shop: Profile, paper: Paper) -> None:
    refused(DocumentRefused, shop, "ZURI", PLAIN, "Receipts", paper)
    assert Sender.select().count() == 0


def test_too_many_papers_are_refused(shop: Profile) -> None:
    refused(TooManyDocuments, shop, "ZURI", PLAIN, "Receipts", *[PDF] * 6)


def test_the_name_of_a_paper_can_do_no_harm(shop: Profile) -> None:
    sender = ask(shop, "ZURI", PLAIN, "Receipts", Paper("\n\u202e\0" + "x" * 99, PDF.content))
    assert sender_requests.documents(sender)[0].file_name == "x" * 60

    other = ask(shop, "ZURI2", PLAIN, "Receipts", Paper("", PDF.content))
    assert sender_requests.documents(other)[0].file_name == "document1.pdf"


def test_a_decision_stands(shop: Profile) -> None:
    sender = ask(shop)
    sender_decisions.approve(str(sender.public_id), **OPS)

    with pytest.raises(SenderDecided) as caught:
        sender_decisions.approve(str(sender.public_id), **OPS)
    assert caught.value.fields["status"] == "approved"
    with pytest.raises(SenderDecided):
        sender_decisions.reject(str(sender.public_id), "Too late", **OPS)
    assert len(events("sender_id.changed")) == 1
    acts = [row.act for row in Audit.select().order_by(Audit.id)]
    assert acts == ["sender_id.requested", "sender_id.approved"]


def test_whoever_asked_is_named_with_what_changed(shop: Profile) -> None:
    sender = ask(shop)
    sender_decisions.reject(str(sender.public_id), " No letter ", **OPS)

    (told,) = events("sender_id.changed")
    assert (told["status"], told["reason"], told["actor"]) == (
        "rejected",
        "No letter",
        "person:usr_1",
    )


def test_operators_move_a_request_on(shop: Profile) -> None:
    key = str(ask(shop).public_id)

    def said(operator: str, status: SenderStatus) -> tuple[str, dict[str, str]]:
        sender = sender_decisions.set_operator(key, operator, status, **OPS)
        return sender.status, senders.by_operator([sender])[shop.tenant_id, "ZURI"]

    assert said("safaricom", SenderStatus.SUBMITTED)[0] == "submitted"
    assert said("airtel", SenderStatus.REJECTED)[0] == "submitted"
    assert said("safaricom", SenderStatus.APPROVED)[0] == "submitted"
    assert said("airtel", SenderStatus.APPROVED)[0] == "submitted"
    assert said("telkom", SenderStatus.APPROVED) == (
        "approved",
        {"safaricom": "approved", "airtel": "approved", "telkom": "approved"},
    )
    assert len(events("sender_id.changed")) == 5
    assert said("telkom", SenderStatus.APPROVED)[0] == "approved"
    assert len(events("sender_id.changed")) == 5
    assert said("telkom", SenderStatus.REJECTED)[0] == "approved"


def test_what_is_approved_as_a_whole_is_so_at_each_operator(shop: Profile) -> None:
    sender = sender_decisions.approve(str(ask(shop).public_id), **OPS)

    assert set(senders.by_operator([sender])[shop.tenant_id, "ZURI"].values()) == {"approved"}


def test_a_yes_as_a_whole_moves_who_had_not_said_no(shop: Profile) -> None:
    key = str(ask(shop).public_id)
    sender_decisions.set_operator(key, "safaricom", SenderStatus.SUBMITTED, **OPS)
    sender_decisions.set_operator(key, "telkom", SenderStatus.REJECTED, **OPS)
    sender = sender_decisions.approve(key, **OPS)

    assert senders.by_operator([sender])[shop.tenant_id, "ZURI"] == {
        "safaricom": "approved",
        "airtel": "approved",
        "telkom": "rejected",
    }


def test_a_rejected_name_moves_no_more(shop: Profile) -> None:
    key = str(ask(shop).public_id)
    sender_decisions.reject(key, "No", **OPS)

    with pytest.raises(SenderDecided):
        sender_decisions.set_operator(key, "airtel", SenderStatus.APPROVED, **OPS)


def test_an_operator_we_do_not_know_is_named(shop: Profile) -> None:
    key = str(ask(shop).public_id)

    with pytest.raises(UnknownOperator):
        sender_decisions.set_operator(key, "vodacom", SenderStatus.APPROVED, **OPS)


def test_another_business_finds_nothing(shop: Profile, make_tenant: Make) -> None:
    key = str(ask(shop).public_id)

    with pytest.raises(senders.SenderNotFound):
        senders.one(make_tenant().tenant_id, key)


def test_the_class_of_a_name_is_kept_to(shop: Profile) -> None:
    sender_decisions.approve(str(ask(shop, "ZURIInfo", ADVERT).public_id), **OPS)

    with pytest.raises(SenderWrongClass):
        may_send(shop, "ZURIInfo", PLAIN)
