"""What holds for every answer."""

from __future__ import annotations

import pytest

from core.tenants.models import TenantStatus
from tests.api.makers import make_key, set_status

SEND = {"to": "0712345678", "message": "Habari"}


def test_a_text_is_accepted_and_priced(ask, acme):
    answer = ask.post(f"{acme.path}/sms/send", json=SEND)

    assert answer.status_code == 202, answer.text
    assert answer.json["messages"][0] | {"id": "x"} == {
        "id": "x",
        "to": "254712345678",
        "status": "queued",
        "segments": 1,
        "encoding": "GSM-7",
        "cost": "0.80",
        "reference": None,
    }
    assert (answer.json["balance"], answer.json["currency"]) == ("499.20", "KES")
