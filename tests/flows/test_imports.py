"""A file dropped into the chat: what is in it is shown, and nothing is read before the yes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from core.contacts import contacts, groups, imports
from core.contacts.imports import working
from core.contacts.models import Consent
from core.dialogue.screens import Asks, Reply
from core.flows import conversation
from core.notices.models import Notice
from core.telegram import files
from core.tenants import team
from core.tenants.models import Role
from core.tenants.profiles import Profile
from tests.contacts.imports.scene import sheet, sheets
from tests.flows.talking import JUMA, Talk, person_of

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

BY = {"actor": "test", "channel": "test"}
GOOD = "Simu;Jina;Mji\n0733000001;Ali;Thika\n0733000002;Sara;Nakuru\n12;Nobody;-\n".encode("utf-16")
HEADLESS = b"0733000001,0722000001,Ali\n0733000002,0722000002,Sara\n"


@pytest.fixture
def chat() -> Iterator[dict[str, bytes]]:
    """Files by their name, as Telegram would give them."""
    sent: dict[str, bytes] = {}
    files.use(lambda file_id: iter([sent[file_id]]))
    yield sent
    files.use(None)


@pytest.fixture
def talk(tenant: Profile, join: Callable[..., Talk]) -> Talk:
    return join(tenant, "telegram")


def drop(talk: Talk, chat: dict[str, bytes], content: bytes, name: str = "wateja.csv") -> None:
    """Drop a file into the chat, whatever stands there."""
    chat[name] = content
    given = json.dumps({"file_id": name, "name": name, "size_bytes": len(content)})
    talk.screen = conversation.start(talk.visit(), "import", file=given)


def test_a_file_is_shown_and_then_imported(
    talk: Talk, tenant: Profile, chat: dict[str, bytes]
) -> None:
    drop(talk, chat, GOOD)
    for part in ("wateja.csv", "UTF-16", "semicolon", "Phone numbers: Simu", "Names: Jina", "Mji"):
        assert part in talk.screen.text
    assert "0733 000 001 · Ali · Thika" in talk.screen.text
    assert "Row 4:" in talk.screen.text
    talk.say("yes", "new", "Wapya", "form", "today")
    assert talk.screen.asks is Asks.CONFIRM
    assert "into Wapya" in talk.screen.text
    assert contacts.count(tenant.tenant_id) == 0
    talk.say("yes")
    (row,) = imports.listing(tenant.tenant_id)
    working.run(row.id)

    assert [notice.kind for notice in Notice.select()] == ["import.live"]
    assert {each.name for each in contacts.listing(tenant.tenant_id)} == {"Ali", "Sara"}
    (group,) = groups.names(tenant.tenant_id)
    assert (group.name, group.size) == ("Wapya", 2)
    assert Consent.get().source == "On a form"


def test_sheets_that_are_not_read_are_told(talk: Talk, chat: dict[str, bytes]) -> None:
    people = sheet([("Simu",), (733000001,)])
    drop(talk, chat, sheets(Nairobi=people, Kisumu=people, Meru=people), "wateja.xlsx")

    assert "Excel, sheet Nairobi" in talk.screen.text
    assert "Not read: Kisumu, Meru." in talk.screen.text


def test_another_column_can_be_the_phone(
    talk: Talk, tenant: Profile, chat: dict[str, bytes]
) -> None:
    drop(talk, chat, HEADLESS)
    assert "no row of headings" in talk.screen.text
    talk.say("phone", "c1", "-", "none", "yes")
    (row,) = imports.listing(tenant.tenant_id)
    working.run(row.id)

    assert {each.msisdn for each in contacts.listing(tenant.tenant_id)} == {
        "254722000001",
        "254722000002",
    }
    assert Consent.select().count() == 0


@pytest.mark.parametrize("answers", [("no",), ("yes", "-", "none", "no")])
def test_a_file_that_is_left_leaves_nothing(
    talk: Talk, tenant: Profile, chat: dict[str, bytes], answers: tuple[str, ...]
) -> None:
    drop(talk, chat, GOOD)
    talk.say(*answers)

    assert talk.screen.text == "Nothing was imported."
    assert imports.listing(tenant.tenant_id) == []


def test_whoever_lost_their_role_meanwhile_throws_no_file_away(
    talk: Talk, tenant: Profile, join: Callable[..., Talk], chat: dict[str, bytes]
) -> None:
    juma = join(tenant, "telegram", JUMA, Role.SENDER)
    drop(juma, chat, GOOD)
    team.change_role(
        tenant.tenant_id, person_of(juma).id, Role.VIEWER, by=person_of(talk), channel="telegram"
    )
    juma.say("no")

    assert "does not allow this" in juma.screen.text
    assert len(imports.listing(tenant.tenant_id)) == 1


def test_a_file_is_asked_for_where_none_was_dropped(
    talk: Talk, tenant: Profile, chat: dict[str, bytes]
) -> None:
    chat["a"] = GOOD
    talk.start("menu", "contacts", "import")
    assert talk.screen.asks is Asks.FILE
    large = conversation.turn(talk.visit(), Reply.file("a", "a.csv", 21 * 2**20))
    assert "larger than 20 MB" in (large.notice or "")
    talk.screen = conversation.turn(talk.visit(), Reply.file("a", "a.csv", len(GOOD)))

    assert "Simu" in talk.screen.text


def test_back_from_what_was_found_asks_for_another_file(
    talk: Talk, tenant: Profile, chat: dict[str, bytes]
) -> None:
    chat["a"], chat["b"] = HEADLESS, GOOD
    talk.start("menu", "contacts", "import")
    talk.screen = conversation.turn(talk.visit(), Reply.file("a", "a.csv", len(HEADLESS)))
    talk.say("<")
    assert talk.screen.asks is Asks.FILE
    talk.screen = conversation.turn(talk.visit(), Reply.file("b", "b.csv", len(GOOD)))
    assert "b.csv" in talk.screen.text
    talk.say("yes", "-", "none", "yes")

    assert [row.file_name for row in imports.listing(tenant.tenant_id)] == ["b.csv"]


def test_what_is_no_table_is_refused_in_words(talk: Talk, chat: dict[str, bytes]) -> None:
    drop(talk, chat, b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)), "hati.pdf")
    assert talk.screen.ends
    drop(talk, chat, b"")
    assert talk.screen.ends


def test_a_file_telegram_will_not_give_is_told_in_words(talk: Talk) -> None:
    given = json.dumps({"file_id": "f", "name": "a.csv", "size_bytes": 21 * 2**20})
    screen = conversation.start(talk.visit(), "import", file=given)

    assert "larger than 20 MB" in screen.text
    assert screen.ends


def test_files_are_not_for_the_phone_nor_for_who_only_looks(
    tenant: Profile, join: Callable[..., Talk], chat: dict[str, bytes]
) -> None:
    assert "Telegram" in join(tenant, "ussd").start("import").text
    viewer = join(tenant, "telegram", JUMA, Role.VIEWER)
    drop(viewer, chat, GOOD)

    assert viewer.screen.ends
    assert imports.listing(tenant.tenant_id) == []
