"""The double behind test keys."""

from __future__ import annotations

import pytest

from core.gateways.outcome import Outcome
from core.gateways.rehearsal import LATE_S, SOON_S, Rehearsal
from core.gateways.sms import SmsGateway


@pytest.mark.parametrize(
    ("ending", "outcome", "reports"),
    [
        ("000001", Outcome.ACCEPTED, [("DELIVRD", SOON_S)]),
        ("000002", Outcome.ACCEPTED, [("UNDELIV", SOON_S)]),
        ("000003", Outcome.REFUSED, []),
        ("000004", Outcome.UNKNOWN, []),
        ("000005", Outcome.ACCEPTED, [("DELIVRD", LATE_S)]),
        ("345678", Outcome.ACCEPTED, [("DELIVRD", SOON_S)]),
    ],
)
def test_the_ending_of_a_number_decides(
    ending: str, outcome: Outcome, reports: list[tuple[str, float]]
) -> None:
    gateway = Rehearsal()
    answer = gateway.send("X", [(f"254712{ending}", "Habari")], unicode=False)
    told = gateway.reports_for(answer.rows)

    assert answer.outcome is Outcome.ACCEPTED
    assert [row.outcome for row in answer.rows] == [outcome]
    assert [(report.word, report.delay_s) for report in told] == reports
    assert [report.provider_id for report in told] == [
        row.provider_id for row in answer.rows if row.provider_id
    ]


def test_every_text_has_an_id_of_its_own() -> None:
    gateway: SmsGateway = Rehearsal()
    answer = gateway.send("X", [("254712345678", "a"), ("254712345678", "b")], unicode=False)

    assert len({row.provider_id for row in answer.rows}) == 2
