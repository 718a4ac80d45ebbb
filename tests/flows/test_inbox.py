"""Replies read and answered; sender IDs asked for and looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from core import clock, ids
from core.contacts import contacts
from core.dialogue.screens import Asks, Reply
from core.flows import conversation
from core.messaging import optouts, sender_decisions, sender_requests, senders
from core.messaging.models import SHARED_ACCOUNT, Category, Inbound, Message, SenderStatus
from core.telegram import files
from core.tenants.models import Role
from core.tenants.profiles import Profile
from tests.flows.talking import JUMA, Talk, agree, typed

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

BY = {"actor": "test", "channel": "test"}
PDF = b"%PDF-1.7\n1 0 obj << >> endobj\n%%EOF\n"


def came(tenant: Profile, body: str, verdict: str | None = None) -> str:
    row = Inbound.create(
        id=ids.new("inb"),
        key=ids.new("key"),
        account_id=SHARED_ACCOUNT,
        tenant_id=tenant.tenant_id,
        msisdn="254733000001",
        sent_to="20880",
        body=body,
        verdict=verdict,
        received_at=clock.now(),
        handled_at=clock.now(),
    )
    return str(row.id)


def test_a_reply_is_read_and_answered(talk: Talk, tenant: Profile) -> None:
    contacts.put(tenant.tenant_id, "0733000001", "Juma", **BY)
    inbound_id = came(tenant, "Nitakuja {kesho}")
    talk.start("menu", "reports", "inbox")
    assert "Juma: Nitakuja {kesho}" in talk.screen.options[0].label
    talk.say(inbound_id)
    assert talk.screen.text.endswith("Nitakuja {kesho}")
    talk.say("answer")
    typed(talk, "Karibu")
    agree(talk)

    assert [(row.msisdn, row.body) for row in Message.select()] == [("254733000001", "Karibu")]


def test_an_opt_out_says_so(talk: Talk, tenant: Profile) -> None:
    talk.start("inbox", came(tenant, "STOP", "opt_out"))

    assert "Opted out." in talk.screen.text
    optouts.add(tenant.tenant_id, ["254733000001"], optouts.ALL, source="call", **BY)
    talk.start("inbox", came(tenant, "STOP ALL", "opt_out"))
    assert "Opted out of all SMS." in talk.screen.text


def test_without_replies_there_is_no_such_choice(talk: Talk, tenant: Profile) -> None:
    assert "inbox" not in [option.key for option in talk.start("reports").options]
    assert talk.start("inbox").ends


def test_replies_are_of_the_own_business(
    tenant: Profile, make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    came(tenant, "Nitakuja")
    stranger = join(make_tenant(), channel, JUMA)

    assert stranger.start("inbox").ends


# Sender IDs.


@pytest.fixture
def paper() -> Iterator[None]:
    files.use(lambda file_id: iter([b"MZ\x90\x00" if file_id == "exe" else PDF]))
    yield
    files.use(None)


def send_file(talk: Talk, file_id: str, name: str) -> None:
    talk.screen = conversation.turn(talk.visit(), Reply.file(file_id, name, len(PDF)))


@pytest.fixture
def asking(tenant: Profile, join: Callable[..., Talk], paper: None) -> Talk:
    """Somebody in the chat who has come to the papers of a sender ID."""
    talk = join(tenant, "telegram")
    talk.start("senders", "ask", "ZURI", "promotional", "Offers for our customers")
    return talk


def test_a_sender_id_is_asked_for_with_its_paper(talk: Talk, tenant: Profile, paper: None) -> None:
    talk.start("account", "senders", "ask", "SAFARICOM")
    assert talk.screen.notice
    talk.say("ZURI", "promotional", "Offers for our customers")
    if talk.channel == "telegram":
        assert talk.screen.asks is Asks.FILE
        large = conversation.turn(talk.visit(), Reply.file("f", "cheti.pdf", 6 * 2**20))
        assert "5 MB" in (large.notice or "")
        talk.screen = conversation.turn(talk.visit(), Reply.file("f", "cheti.pdf", len(PDF)))
    assert senders.listing(tenant.tenant_id) == []
    talk.say("yes")
    (row,) = senders.listing(tenant.tenant_id)

    assert (row.name, row.category, row.status) == ("ZURI", "promotional", "requested")
    papers = [each.file_name for each in sender_requests.documents(row)]
    assert papers == (["cheti.pdf"] if talk.channel == "telegram" else [])


def test_a_sender_id_can_be_asked_for_without_a_paper(
    tenant: Profile, join: Callable[..., Talk]
) -> None:
    talk = join(tenant, "telegram")
    talk.start("senders", "ask", "ZURI", "promotional", "Offers", "without", "yes")

    assert len(senders.listing(tenant.tenant_id)) == 1


def test_a_wrong_file_is_refused_at_once_and_the_right_one_then_taken(
    asking: Talk, tenant: Profile
) -> None:
    send_file(asking, "exe", "letter.exe")
    assert "letter.exe is no PDF" in (asking.screen.notice or "")
    assert asking.screen.asks is Asks.FILE
    send_file(asking, "pdf", "letter.pdf")
    send_file(asking, "exe", "letter.exe")
    assert "letter.exe is no PDF" in (asking.screen.notice or "")
    assert asking.screen.asks is Asks.CONFIRM
    asking.say("yes")

    (row,) = senders.listing(tenant.tenant_id)
    assert [each.file_name for each in sender_requests.documents(row)] == ["letter.pdf"]


def test_up_to_five_papers_go_with_a_request(asking: Talk, tenant: Profile) -> None:
    for page in range(1, 6):
        send_file(asking, f"p{page}", f"page{page}.pdf")
        assert f"Papers: {page}. You can send up to 5." in asking.screen.text
    send_file(asking, "p6", "page6.pdf")
    assert "At most 5 documents" in (asking.screen.notice or "")
    asking.say("<")
    assert "Papers: 4." in asking.screen.text
    asking.say("yes")

    (row,) = senders.listing(tenant.tenant_id)
    pages = [each.file_name for each in sender_requests.documents(row)]
    assert pages == [f"page{page}.pdf" for page in range(1, 5)]


def test_a_paper_telegram_does_not_give_just_now_is_asked_for_again(asking: Talk) -> None:
    def away(file_id: str) -> Iterator[bytes]:
        raise files.FileNotNow
        yield b""

    files.use(away)
    send_file(asking, "pdf", "letter.pdf")

    assert "send it again" in (asking.screen.notice or "")
    assert asking.screen.asks is Asks.FILE


def test_each_operators_word_is_told(talk: Talk, tenant: Profile) -> None:
    made = sender_requests.ask(tenant.tenant_id, "ZURI", Category.PROMOTIONAL, "Offers", **BY)
    public_id = str(made.public_id)
    sender_decisions.set_operator(public_id, "safaricom", SenderStatus.APPROVED, **BY)
    talk.start("senders", public_id)

    assert "ZURI: with the operators" in talk.screen.text
    assert "Safaricom: approved" in talk.screen.text


def test_a_refusal_is_told_with_its_reason(talk: Talk, tenant: Profile) -> None:
    made = sender_requests.ask(tenant.tenant_id, "ZURI", Category.PROMOTIONAL, "Offers", **BY)
    sender_decisions.reject(str(made.public_id), "No letter", **BY)
    talk.start("senders", str(made.public_id))

    assert "not approved" in talk.screen.text
    assert "No letter" in talk.screen.text


def test_a_sender_asks_for_none(tenant: Profile, join: Callable[..., Talk], channel: str) -> None:
    sender = join(tenant, channel, JUMA, Role.SENDER)

    assert sender.start("senders").ends
