"""What gateways said is kept for as long as somebody may ask, and no longer."""

from __future__ import annotations

import pytest

from core import ids
from core.gateways.onfon import Verdict
from core.messaging import forgetting, reports
from core.messaging.models import Report, Submission
from core.tenants.profiles import Profile
from tests.messaging.scene import (
    ASHA,
    Gateway,
    Make,
    accepted,
    assert_proved,
    hand_over,
    later,
    report,
    send,
    statuses,
)


@pytest.fixture
def sent(make_tenant: Make) -> Profile:
    tenant = make_tenant(wallet="10")
    send(tenant, ASHA)
    hand_over(Gateway(accepted("a")))
    report("a", Verdict.DELIVERED)
    reports.fold()
    Submission.update(reply='{"Mobile": "254712000001"}').execute()
    return tenant


def made_days_ago(days: int) -> None:
    """Name the submission as one of those days."""
    old = ids.floor("sub", days * forgetting.DAY_MS)
    Submission.update(id=old).execute()


@pytest.mark.parametrize(("days", "is_kept"), [(29, True), (31, False), (80, False)])
def test_answers_are_blanked_after_a_month(sent: Profile, days: int, is_kept: bool) -> None:
    made_days_ago(days)
    forgetting.forget_gateways_words()

    assert (Submission.get().reply is not None) == is_kept


def test_reports_are_dropped_after_two_years_and_what_they_said_stays(sent: Profile) -> None:
    later(days=729)
    forgetting.forget_gateways_words()
    assert Report.select().count() == 1
    later(days=2)
    forgetting.forget_gateways_words()

    assert Report.select().count() == 0
    assert statuses() == ["delivered"]
    assert_proved()


def test_a_million_old_rows_go_in_small_steps(
    sent: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    for number in range(5):
        report(f"stray-{number}", Verdict.DELIVERED, "254712000009")
    Report.update(state="ignored").execute()
    later(days=800)
    forgetting.forget_gateways_words()

    assert Report.select().count() == 0
