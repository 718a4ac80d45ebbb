"""A file of contacts is made behind the chat, and brought to the one who asked for it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from core import clock
from core.contacts import contacts, groups
from core.notices import exports, jobs, notebook
from core.tenants import audit, team
from core.tenants.models import Person, Role
from core.tenants.profiles import Profile
from tests import people as crowd
from tests.notices.room import Room, no
from tests.notices.scene import person, states, tell, texts

ASHA = 501
BY = {"actor": "test", "channel": "test"}


@pytest.fixture
def tenant(room: Room, make_tenant: Callable[..., Profile]) -> Profile:
    return make_tenant("0")


@pytest.fixture
def asha(tenant: Profile) -> Person:
    return person(tenant, telegram_id=ASHA)


@pytest.fixture
def group(tenant: Profile) -> str:
    """A group of two, in a book of three."""
    made, _ = groups.create(tenant.tenant_id, "Wateja", **BY)
    for number, name in enumerate(("=1+1", "Juma", "Zawadi")):
        extra = {"Deni": f"-{number}50", "Mji": "@Thika"}
        kept, _ = contacts.put(tenant.tenant_id, f"073300000{number}", name, extra=extra, **BY)
        if number < 2:
            groups.add(tenant.tenant_id, made.id, kept.id, **BY)
    return made.id


def ask(who: Person, tenant: Profile, group_id: str = "", *, once: str = "1") -> None:
    by = {"actor": who.actor, "channel": "telegram"}
    exports.ask(who.id, tenant.tenant_id, group_id, once=once, **by)


def bring(seconds: float = 0) -> None:
    clock.advance(seconds)
    jobs.bring_files()


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_everybody_comes_as_a_file_in_which_nothing_is_run(
    tenant: Profile, asha: Person, group: str, room: Room
) -> None:
    ask(asha, tenant)
    ask(asha, tenant)  # a turn that was repeated
    tell()
    assert room.said(ASHA) == []  # what others are told waits for no file
    bring()
    bring()

    (said,) = room.said(ASHA)
    told = f"Contacts of {tenant.name}: 3. Keep the file safe, it holds people's numbers."
    assert (said.text, said.file_name) == (told, "contacts.csv")
    found = rows(said.file)
    assert [(row["phone"], row["name"], row["groups"]) for row in found] == [
        ("254733000002", "Zawadi", ""),
        ("254733000001", "Juma", "Wateja"),
        ("254733000000", "'=1+1", "Wateja"),
    ]
    assert [row["Deni"] for row in found] == ["-250", "-150", "-050"]
    assert {row["Mji"] for row in found} == {"'@Thika"}
    assert states() == ["sent"]
    (noted,) = [row for row in audit.listing(tenant.tenant_id) if row.act == "contacts.exported"]
    assert (noted.actor, noted.channel, noted.subject) == (asha.actor, "telegram", None)


def test_a_group_comes_alone(tenant: Profile, group: str, room: Room) -> None:
    asha = person(tenant, telegram_id=ASHA, language="sw", role=Role.SENDER)
    ask(asha, tenant, group)
    bring()

    said = room.last(ASHA)
    assert said.text == "Orodha ya Wateja: watu 2. Litunze faili, lina nambari zao."
    assert [row["name"] for row in rows(said.file)] == ["Juma", "'=1+1"]


def test_what_telegram_would_not_take_is_told_with_what_to_do(
    tenant: Profile, asha: Person, group: str, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "UPLOAD_BYTES_MAX", 100)
    ask(asha, tenant)
    bring()

    told = "The file would be over 0 MB, the most Telegram takes. "
    assert room.texts(ASHA) == [f"{told}Export one group at a time, or use the API."]
    assert room.count("sendDocument") == 0
    assert states() == ["sent"]


def test_a_role_or_a_group_taken_meanwhile_brings_nothing(
    tenant: Profile, asha: Person, group: str, room: Room
) -> None:
    juma = person(tenant, telegram_id=502, role=Role.MANAGER)
    ask(juma, tenant)
    team.change_role(tenant.tenant_id, juma.id, Role.VIEWER, by=asha, channel="telegram")
    bring()
    ask(asha, tenant, group)
    groups.remove(tenant.tenant_id, group, **BY)
    bring()

    assert "does not allow this" in room.last(502).text
    assert "no such group" in room.last(ASHA).text
    assert room.count("sendDocument") == 0


def test_a_worker_that_dies_while_it_makes_the_file_is_followed_by_another(
    tenant: Profile, asha: Person, group: str, room: Room
) -> None:
    ask(asha, tenant)
    notice = notebook.next_due(slow=True)
    assert notice is not None
    assert notebook.reserve(notice)
    assert not notebook.reserve(notice)
    bring(60)
    assert room.said(ASHA) == []
    bring(31)

    assert len(room.said(ASHA)) == 1


def test_a_busy_telegram_gets_it_later_and_a_lost_answer_is_not_repeated(
    tenant: Profile, asha: Person, group: str, room: Room
) -> None:
    room.fault = lambda method, body: no(429, "Too Many Requests", retry_after=9)
    ask(asha, tenant)
    bring()
    room.fault = lambda method, body: "lose"
    bring(5)
    assert room.said(ASHA) == []
    bring(5)
    bring(600)

    assert len(room.said(ASHA)) == 1
    assert states() == ["unknown"]


def test_a_file_that_is_refused_is_told_of(
    tenant: Profile, asha: Person, group: str, room: Room
) -> None:
    def refuse(method: str, body: object) -> dict[str, object] | None:
        return no(400, "Bad Request: wrong file") if method == "sendDocument" else None

    room.fault = refuse
    ask(asha, tenant)
    bring()

    assert room.texts(ASHA) == [
        "Telegram did not take the file with your contacts. Please ask for it again."
    ]


def test_nobody_gets_a_text_message_for_a_file(
    tenant: Profile, asha: Person, group: str, room: Room
) -> None:
    room.fault = lambda method, body: no(403, "Forbidden: bot was blocked by the user")
    ask(asha, tenant)
    bring()
    bring(1)

    assert (texts(), states()) == ([], ["dropped"])


def test_what_cannot_be_made_waits_and_keeps_nobody_else(
    tenant: Profile, asha: Person, group: str, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(asha, tenant)
    with monkeypatch.context() as patched:
        patched.setattr(exports, "_allowed", lambda *about: 1 / 0)
        bring()
    ask(asha, tenant, group, once="2")
    bring()
    assert [said.file_name for said in room.said(ASHA)] == [f"contacts-{group[-5:]}.csv"]
    bring(6)

    assert len(room.said(ASHA)) == 2


def test_a_large_book_comes_whole(tenant: Profile, asha: Person, room: Room) -> None:
    ask(asha, tenant, crowd.make(tenant.tenant_id, 20_000))
    bring()

    said = room.last(ASHA)
    assert said.text.startswith("Contacts of Wateja: 20,000.")
    assert len({row["phone"] for row in rows(said.file)}) == 20_000
