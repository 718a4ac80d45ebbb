"""A report about an id nobody knows finds the text whose answer was lost, or waits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.contacts import contacts, pseudonyms
from core.gateways.onfon import Verdict
from core.messaging import recording, reports, sending
from core.messaging.models import Message, Report
from core.privacy import erasing
from core.settings import settings
from core.tenants.profiles import Profile
from tests.messaging.scene import (
    ASHA,
    LOST,
    NOON,
    Gateway,
    Make,
    accepted,
    assert_proved,
    at,
    available,
    claim,
    hand_over,
    held,
    later,
    message,
    report,
    send,
    statuses,
    wake_reports,
)
from tests.races import together


@pytest.fixture
def tenant(make_tenant: Make) -> Profile:
    at(NOON)
    return make_tenant(wallet="10", price="1")


def lose(tenant: Profile, number: str = ASHA, body: str = "Habari") -> sending.Batch:
    """Send a text whose answer is lost."""
    batch = send(tenant, number, body=body)
    hand_over(Gateway(LOST))
    later(seconds=120)
    return batch


def stray(provider_id: str | None = "id-1", verdict: Verdict = Verdict.DELIVERED, **how) -> None:  # type: ignore[no-untyped-def]
    """Let a report about an unknown id come in, and fold it when it may be adopted."""
    report(provider_id, verdict, **how)
    reports.fold()
    later(seconds=6)
    wake_reports()


def test_the_only_text_in_doubt_is_settled(tenant: Profile) -> None:
    batch = lose(tenant)
    stray()

    assert (message(batch).status, message(batch).provider_id) == ("delivered", "id-1")
    assert (available(tenant), held(tenant)) == ("9.00", "0.00")
    assert_proved()


def test_a_stray_is_left_for_five_seconds_to_the_answer_it_may_have_overtaken(
    tenant: Profile,
) -> None:
    batch = lose(tenant)
    report("id-1")
    reports.fold()
    later(seconds=4.999)
    wake_reports()
    assert message(batch).status == "unknown"
    later(seconds=0.001)
    wake_reports()

    assert message(batch).status == "delivered"


def test_of_several_alike_of_one_tenant_one_is_settled_for_each_id(tenant: Profile) -> None:
    """Whichever it is, the tenant pays the same and sees the same."""
    lose(tenant)
    lose(tenant)
    stray("id-1")
    assert sorted(statuses()) == ["delivered", "unknown"]
    stray("id-1", Verdict.DELIVERED)
    assert sorted(statuses()) == ["delivered", "unknown"]
    stray("id-2", Verdict.FAILED)

    assert sorted(statuses()) == ["delivered", "failed"]
    assert_proved()


def test_strays_that_come_together_settle_a_text_each(tenant: Profile) -> None:
    lose(tenant)
    lose(tenant)
    for provider_id in ("id-1", "id-2", "id-1", "id-3"):
        report(provider_id)
    later(seconds=6)
    reports.fold()

    assert statuses() == ["delivered", "delivered"]
    assert sorted(row.provider_id for row in Message.select()) == ["id-1", "id-2"]
    assert [row.provider_id for row in Report.select().where(Report.state == "waiting")] == ["id-3"]
    assert_proved()


def test_texts_of_different_tenants_are_left_in_doubt(tenant: Profile, make_tenant: Make) -> None:
    lose(tenant)
    lose(make_tenant(wallet="10", price="1"))
    stray()

    assert statuses() == ["unknown", "unknown"]
    assert Report.get().state == "waiting"


def test_texts_of_different_price_are_left_in_doubt(tenant: Profile) -> None:
    lose(tenant)
    lose(tenant, body="a" * 200)
    stray()

    assert statuses() == ["unknown", "unknown"]


def test_a_report_that_quotes_the_text_settles_that_one(tenant: Profile, make_tenant: Make) -> None:
    other = make_tenant(wallet="10", price="1")
    lose(tenant, body="Maji yatakatika kesho")
    batch = lose(other, body="Oda yako iko tayari")
    stray(detail="Oda yako iko")

    assert message(batch).status == "delivered"
    assert sorted(statuses()) == ["delivered", "unknown"]


def test_nothing_is_settled_while_a_text_to_that_number_is_on_its_way(tenant: Profile) -> None:
    """The report may be about that one, whose answer is yet to come."""
    batch = lose(tenant)
    on_its_way = send(tenant, ASHA)
    claimed = claim()
    stray("id-new")
    assert message(batch).status == "unknown"
    recording.record(claimed, accepted("id-new"))
    wake_reports()

    assert message(on_its_way).status == "delivered"
    assert message(batch).status == "unknown"
    assert_proved()


@pytest.mark.parametrize("way", ["another number", "another account", "too old", "sent later"])
def test_a_stray_does_not_settle_what_it_cannot_be_about(tenant: Profile, way: str) -> None:
    if way == "sent later":
        report("id-1")
        reports.fold()
        later(seconds=60)
    batch = lose(tenant)
    if way == "another number":
        stray(msisdn="254712000009")
    elif way == "another account":
        stray(account_id=7)
    elif way == "too old":
        later(days=3, seconds=1)
        stray()
    wake_reports()

    assert message(batch).status == "unknown"
    assert held(tenant) == "1.00"


@pytest.mark.parametrize("msisdn", [None, "", "12", "not a number", "0712 000 001"])
def test_numbers_in_any_writing_or_none_do_no_harm(tenant: Profile, msisdn: str | None) -> None:
    batch = lose(tenant)
    stray(msisdn=msisdn)

    found = "delivered" if msisdn == "0712 000 001" else "unknown"
    assert message(batch).status == found


def test_a_report_with_the_number_only_settles_too(tenant: Profile) -> None:
    batch = lose(tenant)
    stray(None)

    assert message(batch).status == "delivered"
    assert_proved()


def test_an_accepted_text_without_an_id_is_found_by_its_report(tenant: Profile) -> None:
    batch = send(tenant, ASHA)
    hand_over(Gateway(accepted(None)))
    assert message(batch).status == "submitted"
    stray()

    assert message(batch).status == "delivered"
    assert available(tenant) == "9.00"
    assert_proved()


def test_a_text_found_by_pending_goes_on_to_its_end(tenant: Profile) -> None:
    batch = lose(tenant)
    stray("id-1", Verdict.PENDING)
    assert (message(batch).status, held(tenant)) == ("submitted", "0.00")
    report("id-1", Verdict.DELIVERED)
    reports.fold()

    assert message(batch).status == "delivered"
    assert_proved()


# Somebody who was erased meanwhile.


def erase(tenant: Profile, number: str = ASHA) -> None:
    made = contacts.put(tenant.tenant_id, number, "Asha", actor="test", channel="test")
    erasing.erase(tenant.tenant_id, made.contact.id, actor="test", channel="test")


@pytest.mark.parametrize("change_key", [False, True], ids=["same key", "new key"])
def test_the_text_of_somebody_erased_is_settled_and_the_report_forgets_the_number(
    tenant: Profile, change_settings: Callable[..., None], change_key: bool
) -> None:
    batch = lose(tenant)
    erase(tenant)
    if change_key:
        change_settings("app", secret_key=f"{'n' * 40},{settings().app.secret_key}")
    stray()

    text = message(batch)
    assert (text.status, text.provider_id, text.body) == ("delivered", "id-1", "")
    assert pseudonyms.is_one(text.msisdn)
    assert (available(tenant), held(tenant)) == ("9.00", "0.00")
    assert Report.get().msisdn is None
    assert_proved()


def test_of_the_erased_and_another_business_s_text_neither_is_guessed(
    tenant: Profile, make_tenant: Make
) -> None:
    lose(tenant)
    lose(make_tenant(wallet="10", price="1"))
    erase(tenant)
    stray()

    assert statuses() == ["unknown", "unknown"]


def test_somebody_else_erased_is_not_settled(tenant: Profile) -> None:
    batch = lose(tenant)
    erase(tenant)
    stray(msisdn="254712000009")

    assert message(batch).status == "unknown"


def test_a_text_to_somebody_erased_on_its_way_waits_for_its_own_answer(tenant: Profile) -> None:
    batch = lose(tenant)
    on_its_way = send(tenant, ASHA)
    claimed = claim()
    erase(tenant)
    stray("id-new")
    assert message(batch).status == "unknown"
    recording.record(claimed, accepted("id-new"))
    wake_reports()

    assert (message(batch).status, message(on_its_way).status) == ("unknown", "delivered")
    assert Report.get().msisdn is None
    assert_proved()


def test_many_folders_give_each_text_one_id(
    tenant: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        lose(tenant)
    for number in range(6):
        report(f"id-{number}")
    later(seconds=6)
    monkeypatch.setattr(reports, "FOLD_SIZE", 1)
    together(6, lambda _: reports.fold_some())
    later(seconds=60)
    reports.fold()

    assert statuses() == ["delivered"] * 6
    assert sorted(row.provider_id for row in Message.select()) == [f"id-{n}" for n in range(6)]
    assert_proved()


def test_an_adopted_text_keeps_its_id_when_the_answer_comes_at_last(tenant: Profile) -> None:
    batch = send(tenant, ASHA)
    claimed = claim()
    later(seconds=36)
    recording.give_up(claimed.submission_id)
    stray("id-1", Verdict.UNKNOWN)
    assert (message(batch).status, message(batch).provider_id) == ("unknown", "id-1")
    recording.record(claimed, accepted("id-2"))
    report("id-2", Verdict.DELIVERED)
    reports.fold()

    assert message(batch).status == "delivered"
    assert_proved()
