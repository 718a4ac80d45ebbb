"""Forgetting somebody: whatever is going on, nothing is left that says who it was."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core import clock, events, ids
from core.campaigns import audience
from core.campaigns.models import Campaign
from core.contacts import book, consents, contacts, groups, pseudonyms
from core.contacts.imports.models import Import, ImportRejection
from core.contacts.models import Contact, Suppression
from core.database import execute, transaction
from core.gateways.onfon import Verdict
from core.messaging import claiming, optouts, recording, reports, suppression
from core.messaging.bulk import spool
from core.messaging.models import Inbound, Message, Report, Usage
from core.models import TABLES
from core.money import Money
from core.privacy import erasing, exporting
from core.tenants.models import Audit
from core.tenants.profiles import Profile
from tests.campaigns import makers
from tests.messaging.scene import (
    BUSY,
    NOON,
    Gateway,
    assert_proved,
    at,
    available,
    hand_over,
    held,
    report,
    send,
)
from tests.races import together

BY = {"actor": "key:key_1", "channel": "api"}
LAYOUT = '{"kind":"csv","columns":[],"sample":[["0712 345 678","Juma Otieno"]]}'
JUMA, OTHER = "254712345678", "254712345679"


@pytest.fixture(autouse=True)
def _noon() -> None:
    at(NOON)


def put(tenant: Profile, name: str = "Juma Otieno") -> Contact:
    return contacts.put(tenant.tenant_id, JUMA, name, **BY).contact


def erase(tenant: Profile, contact: Contact) -> None:
    erasing.erase(tenant.tenant_id, contact.id, **BY)


def texts(tenant: Profile) -> list[tuple[str, str, str]]:
    rows = Message.select().where(Message.tenant_id == tenant.tenant_id).order_by(Message.id)
    return [(row.msisdn, row.body, row.status) for row in rows]


def assert_forgotten(*told: str) -> None:
    """No column of any table holds any of this any more."""
    for table in TABLES:
        name = table._meta.table_name
        for field in table._meta.sorted_fields:
            if field.name == "provider_id":  # our stand-in's ids name the number; no gateway's do
                continue
            for (value,) in execute(f'SELECT "{field.column_name}" FROM "{name}"').fetchall():
                said = (
                    bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                )
                for each in told:
                    assert each.encode() not in said, f"{name}.{field.column_name}: {said[:200]!r}"


def test_nothing_that_says_who_it_was_is_left(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant("100")
    juma = contacts.put(
        tenant.tenant_id,
        "0712 345 678",
        "Juma Otieno",
        language="sw",
        extra={"Class": "4 Blue"},
        consent=consents.Given("till form", "I agree."),
        **BY,
    ).contact
    group, _ = groups.create(tenant.tenant_id, "Wateja", **BY)
    groups.add(tenant.tenant_id, group.id, juma.id, **BY)
    send(tenant, JUMA, OTHER, body="Habari Juma Otieno")
    hand_over(Gateway())
    report("nobody-knows", msisdn=JUMA)
    optouts.add(tenant.tenant_id, [JUMA], ["promotional"], source="call", **BY)
    Inbound.create(
        id=ids.new("inb"), key="k1", account_id=1, tenant_id=tenant.tenant_id, msisdn=JUMA,
        sent_to="20880", body="Mimi ni Juma Otieno", received_at=clock.now(),
    )  # fmt: skip
    Report.delete().where(Report.provider_id == "nobody-knows").execute()  # it is nobody's
    makers.draft(tenant, to=["0712 345-678", OTHER])
    _rejection(tenant, ["0712-345-678", "Juma Otieno"])
    erase(tenant, juma)

    Message.update(body="Habari").where(Message.msisdn == OTHER).execute()
    assert_forgotten(JUMA, "712345678", "Juma Otieno", "4 Blue")
    row = contacts.one(tenant.tenant_id, juma.id)
    assert (row.status, row.name, row.fields) == ("erased", "", None)
    assert row.msisdn == pseudonyms.of(tenant.tenant_id, JUMA)
    assert row.consent_id is not None
    assert groups.one(tenant.tenant_id, group.id).size == book.size(tenant.tenant_id) == 0
    assert [each.msisdn for each in Suppression.select()] == [row.msisdn]
    trail = Audit.select().where(Audit.act == "contact.erased").get()
    assert (trail.subject, trail.after) == (
        juma.id, '{"texts":1,"cancelled":0,"replies":1,"opt_outs":1}',
    )  # fmt: skip


def _rejection(tenant: Profile, cells: list[str]) -> None:
    made = Import.create(
        id=ids.new("imp"), tenant_id=tenant.tenant_id, actor="test", channel="api",
        file_name="x.csv", size_bytes=1, layout=LAYOUT, created_at=clock.now(),
    )  # fmt: skip
    ImportRejection.create(import_id=made.id, row=1, code="x", cells=str(cells).replace("'", '"'))


WRITTEN = ["٠٧١٢٣٤٥٦٧٨", "+254 (0) 712.345.678", "０712345678"]


@pytest.mark.parametrize("given", WRITTEN)
def test_a_number_is_found_in_any_writing(make_tenant: Callable[..., Profile], given: str) -> None:
    tenant = make_tenant("100")
    juma = put(tenant)
    made = makers.draft(tenant, to=[given, OTHER])
    _rejection(tenant, [given, "Juma Otieno"])
    erase(tenant, juma)

    assert audience.read(Campaign.get_by_id(made.id).audience).to == [OTHER]
    assert ImportRejection.get().cells == "[]"


def test_what_the_gateway_once_repeated_of_a_text_goes_with_it(
    make_tenant: Callable[..., Profile],
) -> None:
    tenant = make_tenant("100")
    juma = put(tenant)
    send(tenant, JUMA, body="Dear Juma, secret-zz")
    hand_over(Gateway())
    report(Message.get().provider_id, Verdict.FAILED, JUMA)
    reports.fold()
    Report.update(detail="Dear Juma, secret-zz").execute()
    Message.update(reason="Dear Juma, secret-zz").execute()
    erase(tenant, juma)

    assert_forgotten("secret-zz")


def test_numbers_in_what_keeps_a_campaign_from_starting_are_taken_out(
    make_tenant: Callable[..., Profile],
) -> None:
    tenant = make_tenant("100")
    juma = put(tenant)
    made = makers.priced(makers.draft(tenant, "Deni {{debt}}", to=[JUMA, OTHER]))
    assert "0712345678" in made.problem
    erase(tenant, juma)

    assert_forgotten("712345678")


def test_texts_keep_their_place_and_price_under_one_pseudonym(
    make_tenant: Callable[..., Profile],
) -> None:
    tenant = make_tenant("100")
    juma = put(tenant)
    for _ in range(3):
        send(tenant, JUMA)
    hand_over(Gateway())
    before = list(Usage.select().dicts())
    erase(tenant, juma)

    assert len(set(texts(tenant))) == 1
    assert texts(tenant)[0][1:] == ("", "submitted")
    for row in Message.select():
        report(row.provider_id, Verdict.DELIVERED, JUMA)
    reports.fold()
    assert {status for _, _, status in texts(tenant)} == {"delivered"}
    assert [each.msisdn for each in Report.select()] == [None] * 3
    after = [row for row in Usage.select().dicts() if row["messages"]]
    assert [(row["operator"], row["messages"]) for row in after] == [
        (before[0]["operator"], before[0]["messages"])
    ]
    assert_proved()


def test_what_has_not_gone_is_taken_back_with_its_price(
    make_tenant: Callable[..., Profile],
) -> None:
    tenant = make_tenant("100")
    juma, money = put(tenant), available(tenant)
    send(tenant, JUMA, OTHER)
    send(tenant, JUMA, schedule_at=NOON.replace(hour=20))
    erase(tenant, juma)

    assert sorted(status for _, _, status in texts(tenant)) == ["cancelled", "cancelled", "queued"]
    assert Money.parse(available(tenant)) + tenant.price == Money.parse(money)
    gateway = Gateway()
    hand_over(gateway)
    assert gateway.handed == [(OTHER, "Habari")]
    assert_proved()


def test_a_claimed_text_goes_but_never_to_a_pseudonym(
    make_tenant: Callable[..., Profile],
) -> None:
    """The gateway was busy, so the text comes back after its person was erased."""
    tenant = make_tenant("100")
    juma, money = put(tenant), available(tenant)
    send(tenant, JUMA)
    claimed = claiming.claim(1)
    assert claimed is not None
    erase(tenant, juma)
    recording.record(claimed, BUSY)
    clock.advance(300)
    gateway = Gateway()
    hand_over(gateway)

    assert gateway.handed == []
    assert [(row.status, row.reason) for row in Message.select()] == [("suppressed", "erased")]
    assert available(tenant) == money
    assert_proved()


def test_a_claimed_text_that_went_is_counted_as_one_that_went(
    make_tenant: Callable[..., Profile],
) -> None:
    tenant = make_tenant("100")
    juma = put(tenant)
    send(tenant, JUMA)
    claimed = claiming.claim(1)
    assert claimed is not None
    erase(tenant, juma)
    recording.record(claimed, Gateway().send("TUMA", [(JUMA, "Habari")], False))

    assert [status for _, _, status in texts(tenant)] == ["submitted"]
    assert_proved()


def campaign(tenant: Profile, **wanted: Any) -> Campaign:
    made = makers.priced(makers.draft(tenant, "Habari {{name}}", everyone=True, **wanted))
    makers.hold(made)
    return made


def test_whoever_is_erased_before_a_campaign_is_filled_gets_nothing_of_it(
    make_tenant: Callable[..., Profile],
) -> None:
    tenant = make_tenant("500")
    makers.make_contacts(tenant, 5)
    juma, money = put(tenant), available(tenant)
    made = campaign(tenant)
    erase(tenant, juma)
    assert_forgotten(JUMA, "Juma Otieno")
    makers.fill(made)
    gateway = Gateway()
    hand_over(gateway)

    paid = tenant.price * 5
    assert len(gateway.handed) == 5
    assert sorted({status for _, _, status in texts(tenant)}) == ["submitted", "suppressed"]
    assert (held(tenant), Money.parse(available(tenant))) == ("0.00", Money.parse(money) - paid)
    assert_forgotten(JUMA, "Juma Otieno")
    assert_proved()


def test_whoever_is_erased_while_a_campaign_is_priced_is_found_out_when_it_is_filled(
    make_tenant: Callable[..., Profile],
) -> None:
    """The pricing had read the person already, and writes its chunk when the erasure is over."""
    tenant = make_tenant("500")
    makers.make_contacts(tenant, 3)
    juma = put(tenant)
    made = campaign(tenant)
    rows = execute("SELECT rows FROM spool").fetchall()
    erase(tenant, juma)
    execute("UPDATE spool SET rows = %s", rows[0])
    makers.fill(made)
    gateway = Gateway()
    hand_over(gateway)

    assert len(gateway.handed) == 3
    assert JUMA not in {number for number, _ in gateway.handed}
    assert_forgotten(JUMA, "Juma Otieno")
    assert_proved()


def test_whoever_became_a_contact_again_gets_what_comes_after(
    make_tenant: Callable[..., Profile],
) -> None:
    tenant = make_tenant("500")
    erase(tenant, put(tenant))
    put(tenant, "Juma again")
    makers.fill(campaign(tenant))
    gateway = Gateway()
    hand_over(gateway)

    assert gateway.handed == [(JUMA, "Habari Juma again")]


def test_erasing_while_a_campaign_is_filled_leaves_no_trace_and_no_shilling(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_SIZE_SQLITE", 4)
    monkeypatch.setattr(spool, "_SIZE_POSTGRES", 4)
    tenant = make_tenant("500")
    people = makers.make_contacts(tenant, 40)
    book_it(tenant, len(people))
    made = campaign(tenant)
    gone = people[::5]

    def act(number: int) -> None:
        if number < 2:
            makers.fill(made)
        else:
            for each in gone[number - 2 :: 2]:
                erase(tenant, each)

    together(4, act)
    makers.fill(made)
    gateway = Gateway()
    hand_over(gateway)

    assert len(gateway.handed) == 32
    assert_forgotten(*(each.msisdn for each in gone))
    assert_proved()


def book_it(tenant: Profile, count: int) -> None:
    """Count contacts that were stored past the book."""
    with transaction():
        book.lock(tenant.tenant_id)
        book.grow(tenant.tenant_id, count)


def test_erasing_at_the_same_moment_is_erasing_once(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant("100")
    juma = put(tenant)
    send(tenant, JUMA)
    found = together(5, lambda _: erase(tenant, juma))

    assert found == [None] * 5
    assert Audit.select().where(Audit.act == "contact.erased").count() == 1
    assert book.size(tenant.tenant_id) == 0
    assert_proved()


def test_reports_that_come_meanwhile_do_not_stand_in_the_way(
    make_tenant: Callable[..., Profile],
) -> None:
    """Both change the same texts; neither waits for the other in a circle."""
    tenant = make_tenant("100")
    juma = put(tenant)
    for number in range(30):
        send(tenant, JUMA, OTHER, body=f"Habari {number}")
    hand_over(Gateway())
    for row in Message.select():
        verdict = Verdict.BLACKLISTED if row.msisdn == JUMA else Verdict.DELIVERED
        report(row.provider_id, verdict, row.msisdn)
    together(3, lambda number: erase(tenant, juma) if number == 0 else reports.fold())
    reports.fold()

    Message.update(msisdn="x").where(Message.msisdn == OTHER).execute()
    assert_forgotten(JUMA)
    assert suppression.among_now(tenant.tenant_id, "transactional", [JUMA]) == {JUMA: "opted_out"}
    assert_proved()


def test_somebody_who_came_back_can_be_erased_again(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant("100")
    first = put(tenant)
    erase(tenant, first)
    second = put(tenant, "Back")
    send(tenant, JUMA)
    erase(tenant, second)

    with pytest.raises(contacts.ContactNotFound):
        contacts.one(tenant.tenant_id, second.id)
    assert contacts.one(tenant.tenant_id, first.id).status == "erased"
    assert (book.size(tenant.tenant_id), Contact.select().count()) == (0, 1)
    assert_forgotten(JUMA)


def test_nothing_of_the_erased_can_be_changed(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant()
    juma = put(tenant)
    group, _ = groups.create(tenant.tenant_id, "Wateja", **BY)
    erase(tenant, juma)
    mine = tenant.tenant_id
    acts: list[Callable[[], object]] = [
        lambda: contacts.change(mine, juma.id, name="X", **BY),
        lambda: contacts.remove(mine, juma.id, **BY),
        lambda: optouts.block(mine, juma.id, **BY),
        lambda: groups.add(mine, group.id, juma.id, **BY),
    ]
    for act in acts:
        with pytest.raises(contacts.ContactErased):
            act()


def test_another_business_loses_nothing(make_tenant: Callable[..., Profile]) -> None:
    tenant, rival = make_tenant("100"), make_tenant("100")
    juma, theirs = put(tenant), put(rival)
    send(tenant, JUMA)
    send(rival, JUMA)
    with pytest.raises(contacts.ContactNotFound):
        erasing.erase(rival.tenant_id, juma.id, **BY)
    erase(tenant, juma)

    assert contacts.one(rival.tenant_id, theirs.id).name == "Juma Otieno"
    assert texts(rival) == [(JUMA, "Habari", "queued")]
    assert exporting.gather(rival.tenant_id, theirs.id).texts[0].msisdn == JUMA


@contextlib.contextmanager
def dying_at(monkeypatch: pytest.MonkeyPatch, number: int) -> Iterator[list[int]]:
    """Fail at the so-many-th statement."""
    from core.database import db

    run, seen, mine = db.obj.execute_sql, [0], threading.get_ident()

    def execute_sql(sql: str, *args: object, **kwargs: object) -> object:
        if threading.get_ident() == mine:
            seen[0] += 1
            if seen[0] == number:
                raise KeyboardInterrupt
        return run(sql, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(db.obj, "execute_sql", execute_sql)
        yield seen


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_kill_between_any_two_statements_leaves_all_or_nothing(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant("100")
    number = 0
    while True:
        number += 1
        juma = contacts.by_number(tenant.tenant_id, JUMA) or put(tenant)
        waiting = Message.select().where(Message.status == "queued").count()
        if not waiting:
            send(tenant, JUMA)
        with dying_at(monkeypatch, number) as seen, contextlib.suppress(KeyboardInterrupt):
            erase(tenant, juma)
        if seen[0] < number:
            break
        left = contacts.by_number(tenant.tenant_id, JUMA)
        assert (left is not None) == bool(
            Message.select().where(Message.msisdn == JUMA, Message.status == "queued").count()
        )
    assert number > 15
    assert_proved()


def test_everything_held_is_shown(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant("100")
    juma = contacts.put(
        tenant.tenant_id, JUMA, "Juma", consent=consents.Given("form", "Yes"), **BY
    ).contact
    group, _ = groups.create(tenant.tenant_id, "Wateja", **BY)
    groups.add(tenant.tenant_id, group.id, juma.id, **BY)
    send(tenant, JUMA)
    optouts.block(tenant.tenant_id, juma.id, **BY)
    told = exporting.gather(tenant.tenant_id, juma.id)

    assert [each.name for each in told.groups] == ["Wateja"]
    assert told.consent is not None
    assert told.consent.source == "form"
    assert [each.source for each in told.opt_outs] == ["blocked"]
    assert [each.body for each in told.texts] == ["Habari"]
    assert [each.act for each in told.acts] == ["contact.blocked", "contact.added"]
    assert events.Event.select().where(events.Event.name == "contact.opted_out").count() == 0
