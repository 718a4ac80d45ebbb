"""Erasing somebody while others are at the same rows: all end, and none undoes another's work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from core import clock, database, events
from core.campaigns import audience, campaigns, findings, launching, pricing
from core.campaigns.audience import Audience
from core.campaigns.campaigns import Wanted
from core.campaigns.models import Campaign, CampaignStatus
from core.contacts import book, contacts, groups, pseudonyms
from core.contacts.imports import uploading, working
from core.contacts.imports.models import Import
from core.contacts.models import Contact
from core.gateways.onfon import Inbound as Received
from core.gateways.onfon import Verdict
from core.messaging import inbound, optouts, reports, suppression
from core.messaging.bulk import holding, spool
from core.messaging.models import Inbound, Message
from core.privacy import erasing, traces
from core.tenants import audit
from core.tenants.profiles import Profile
from tests.campaigns import life, makers
from tests.messaging.scene import NOON, Gateway, assert_proved, at, hand_over, report, send

BY: dict[str, Any] = {"actor": "key:key_1", "channel": "api"}
JUMA, OTHER, THIRD = "254712345678", "254712345679", "254722000222"
# As long as a thread is given to come to a lock that somebody holds.
MOMENT_S = 0.5


@pytest.fixture(autouse=True)
def _noon() -> None:
    at(NOON)


class Meanwhile:
    """Does something in a thread of its own from within another act, which holds its locks then.

    The act goes on when the thread is through or has come to one of them.
    """

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act
        self._thread = threading.Thread(target=self._run)
        self.error: BaseException | None = None

    def _run(self) -> None:
        try:
            self._act()
        except BaseException as error:
            self.error = error
        finally:
            database.db.obj.close()

    def before(self, patched: pytest.MonkeyPatch, owner: object, name: str) -> None:
        """Do it when a function is first called."""
        function, asker = getattr(owner, name), threading.get_ident()

        def first(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() == asker and self._thread.ident is None:
                self._thread.start()
                self._thread.join(MOMENT_S)
            return function(*args, **kwargs)

        patched.setattr(owner, name, first)

    def end(self) -> None:
        """Wait for it, and raise what it raised."""
        self._thread.join(100)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error


def put(tenant: Profile) -> Contact:
    return contacts.put(tenant.tenant_id, JUMA, "Juma Otieno", **BY).contact


def erase(tenant: Profile, contact: Contact) -> None:
    erasing.erase(tenant.tenant_id, contact.id, **BY)


def to(campaign: Campaign) -> list[str]:
    return audience.read(life.again(campaign).audience).to


def test_a_draft_that_is_changed_meanwhile_keeps_the_change(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant("100")
    juma, draft = put(tenant), life.make(tenant, to=[JUMA, OTHER], message="Habari")
    wanted = Wanted(name="Offa", audience=Audience(to=[THIRD]), message="Habari")
    change = Meanwhile(lambda: campaigns.change(tenant, draft.id, wanted, **BY))
    change.before(monkeypatch, traces, "_without")
    erase(tenant, juma)
    change.end()

    assert to(draft) == [THIRD]


def test_a_campaign_that_starts_meanwhile_starts(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant("100")
    juma = put(tenant)
    send(tenant, JUMA, body="waiting", schedule_at=NOON.replace(hour=20))
    draft = life.make(tenant, to=[JUMA, OTHER], message="Habari")
    launching.estimate(tenant, draft.id)
    erasure = Meanwhile(lambda: erase(tenant, juma))
    erasure.before(monkeypatch, holding, "hold")
    started = life.start(tenant, draft)
    erasure.end()

    assert started.status == CampaignStatus.PREPARING.value
    assert to(draft) == [OTHER]
    assert_proved()


def test_a_campaign_that_is_priced_anew_meanwhile_is_priced(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant("100")
    juma, draft = put(tenant), life.make(tenant, to=[JUMA, OTHER], message="Habari")
    launching.estimate(tenant, draft.id)
    clock.advance(3600)
    erasure = Meanwhile(lambda: erase(tenant, juma))
    erasure.before(monkeypatch, spool, "drop_some")
    launching.estimate(tenant, draft.id)
    erasure.end()

    assert to(draft) == [OTHER]


@pytest.mark.parametrize("moment", [(findings.Tally, "findings"), (pricing, "_keep")])
def test_a_pricing_under_way_names_nobody_who_was_erased(
    make_tenant: Callable[..., Profile],
    monkeypatch: pytest.MonkeyPatch,
    moment: tuple[object, str],
) -> None:
    tenant = make_tenant("100")
    juma = put(tenant)
    draft = life.make(tenant, message="Habari {{debt}}", to=[JUMA, OTHER])
    contacts.put(tenant.tenant_id, OTHER, extra={"debt": "5"}, **BY)
    erasure = Meanwhile(lambda: erase(tenant, juma))
    erasure.before(monkeypatch, *moment)
    launching.estimate(tenant, draft.id)
    erasure.end()

    found = life.again(draft)
    for told in (found.audience, found.findings or "", found.problem or ""):
        assert JUMA[3:] not in told


def test_a_pricing_that_ends_while_somebody_is_looked_for_is_looked_at_again(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant("100")
    juma = put(tenant)
    draft = makers.draft(tenant, "Habari {{name}}", everyone=True)
    ending = Meanwhile(lambda: launching.estimate(tenant, draft.id))
    ending.before(monkeypatch, traces, "lock")
    erase(tenant, juma)
    ending.end()

    assert JUMA[3:] not in (life.again(draft).findings or "")


def test_what_was_under_way_when_a_pricing_began_is_in_it_or_makes_it_old(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.unfreeze()
    tenant = make_tenant("100")
    group, _ = groups.create(tenant.tenant_id, "Wateja", **BY)
    draft = makers.draft(tenant, "Habari", group=group)
    counting = Meanwhile(lambda: launching.estimate(tenant, draft.id))
    made = put(tenant)
    counting.before(monkeypatch, audit, "record")
    groups.add(tenant.tenant_id, group.id, made.id, **BY)
    counting.end()

    found = life.again(draft)
    assert found.recipients == 1 or not pricing.is_fresh(found, tenant)


def test_an_import_that_is_read_meanwhile_is_read_to_its_end(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant()
    juma = put(tenant)
    content = b"phone,name\n0712345678,Juma\n0712345679,Asha\n"
    begun = uploading.begin(tenant.tenant_id, "x.csv", [content], **BY)
    assert b"0712345678" in Import.get_by_id(begun.id).layout.encode()
    erasure = Meanwhile(lambda: erase(tenant, juma))
    erasure.before(monkeypatch, book, "lock")
    working.run(begun.id)
    erasure.end()

    done = Import.get_by_id(begun.id)
    assert (done.status, done.rows) == ("completed", 2)
    assert contacts.by_number(tenant.tenant_id, pseudonyms.of(tenant.tenant_id, JUMA)) is not None


def stop() -> None:
    """Let a STOP come in from Juma."""
    inbound.receive(1, Received(JUMA, "TUMA", "STOP"))
    inbound.take_up()


def shut_out() -> None:
    """Let the operator say that it shuts us out of all that was sent."""
    for row in list(Message.select()):
        report(row.provider_id, Verdict.BLACKLISTED, row.msisdn)
    reports.fold()


@pytest.mark.parametrize("no", [stop, shut_out])
def test_a_number_that_says_no_while_it_becomes_a_contact_is_a_contact_that_said_no(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch, no: Callable[[], None]
) -> None:
    tenant = make_tenant("100")
    send(tenant, JUMA)
    hand_over(Gateway())
    meanwhile = Meanwhile(no)
    meanwhile.before(monkeypatch, contacts, "_record")  # its opt-outs have been looked up by then
    made = put(tenant)
    meanwhile.end()

    assert contacts.one(tenant.tenant_id, made.id).status == "opted_out"


def test_a_reply_that_is_taken_up_meanwhile_is_blank(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant("100")
    juma = put(tenant)
    send(tenant, JUMA)
    hand_over(Gateway())
    inbound.receive(1, Received(JUMA, "TUMA", "I am Juma Otieno"))
    erasure = Meanwhile(lambda: erase(tenant, juma))
    erasure.before(monkeypatch, events, "record")  # whose it is stands by then, and nobody sees it
    inbound.take_up()
    erasure.end()

    kept = Inbound.get()
    assert (kept.msisdn, kept.body) == (pseudonyms.of(tenant.tenant_id, JUMA), "")


def test_opt_outs_noted_by_hand_and_by_reports_do_not_wait_in_a_circle(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant("100")
    send(tenant, JUMA, OTHER)
    hand_over(Gateway())
    for number in (JUMA, OTHER):
        contacts.put(tenant.tenant_id, number, **BY)
    meanwhile = Meanwhile(shut_out)
    meanwhile.before(monkeypatch, audit, "record")
    optouts.add(tenant.tenant_id, [OTHER, JUMA], optouts.ALL, source="call", **BY)
    meanwhile.end()

    numbers = [JUMA, OTHER]
    out = suppression.among_now(tenant.tenant_id, "transactional", numbers)
    assert out == dict.fromkeys(numbers, "opted_out")
