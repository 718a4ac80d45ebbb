"""A developer sends in bulk over REST: from a messy list to the proof, through real processes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core import clock
from tests.stack import KINDS, Business, Stack, wait_until

OWNER = "0722000001"
# What a school's clerk saves from Excel: semicolons, Windows' own letters, lost zeros, a rounded
# number, the same parent twice, and one who is known already.
LIST = """\
Wazazi wa Darasa la 4;;;
Jina;Simu ya mzazi;Salio;Lugha
Zoë Achieng;712000001;1,500;Kiswahili
Juma Otieno;+254 712-000-002;2,750;English
Wanjiku;0112000003;;English
Mutua Kilonzo;0712 000 004;900;
Juma tena;0712000002;2,750;English
Chebet;2.54712E+11;300;English
Kamau;020 2222222;450;English
;;;
Njeri;254712000006;0;Kiswahili
"""
BODIES = {
    "en": "Dear {{first_name|parent}}, fees due: KES {{salio}}.",
    "sw": "Mpendwa {{first_name|mzazi}}, ada inayodaiwa: KES {{salio}}.",
}


@pytest.fixture(params=KINDS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    # Adverts at any hour: a test must pass at night, too.
    hours = {"TUMA_RULES__PROMOTIONAL_FROM": "00:00", "TUMA_RULES__PROMOTIONAL_UNTIL": "23:59"}
    made = Stack(tmp_path, request.param, settings=hours)
    try:
        made.start_all()
        yield made
    finally:
        made.stop()


class School:
    """The school's developer; every answer is expected to be good unless a status is named."""

    def __init__(self, business: Business) -> None:
        self.business = business

    def get(self, path: str) -> Any:
        answer = self.business.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int | None = None, **headers: str) -> Any:
        answer = self.business.call("POST", path, body or {}, **headers)
        assert answer.ok if status is None else answer.status_code == status, answer.text
        return answer.json()

    def upload(self, raw: bytes, **form: str) -> Any:
        business = self.business
        answer = business.stack.http.post(
            f"{business.stack.url}/api/{business.id}/imports",
            files={"file": ("wazazi.csv", raw)},
            data=form,
            headers={"Authorization": f"Bearer {business.live}"},
            timeout=60,
        )
        assert answer.status_code == 202, answer.text
        return self.imported(answer.json()["id"])

    def imported(self, import_id: str) -> Any:
        """An import, once it is over."""
        path = f"/imports/{import_id}"
        wait_until(lambda: self.get(path)["status"] in ("completed", "failed"))
        done = self.get(path)
        parts = ("created", "updated", "duplicate", "rejected")
        assert done["rows"] == sum(done[part] for part in parts)
        return done

    def campaign(self, campaign_id: str, status: str) -> Any:
        """A campaign, once it stands so."""
        path = f"/campaigns/{campaign_id}"
        wait_until(lambda: self.get(path)["status"] == status)
        return self.get(path)


def texts(stack: Stack) -> dict[str, list[str]]:
    """Every text the gateway took, by number."""
    found: dict[str, list[str]] = {}
    for text in stack.state()["texts"]:
        found.setdefault(text["to"], []).append(text["text"])
    return found


@pytest.mark.timeout(600)
def test_a_school_writes_to_all_parents(stack: Stack) -> None:
    """Import, template, estimate, test, schedule, pause, send, STOP, and every shilling proved."""
    school = School(stack.sign_up(OWNER, "Shule ya Amani"))
    school.business.credit("100")
    school.post("/contacts", {"phone": "0712000004", "name": "Mutua"}, 201)
    group = school.post("/groups", {"name": "Darasa la 4"})["id"]

    looked = school.upload(LIST.encode("cp1252"), group=group, dry_run="true")
    assert {column["heading"]: column["meaning"] for column in looked["columns"]} == {
        "Jina": "name",
        "Simu ya mzazi": "phone",
        "Salio": "field",
        "Lugha": "language",
    }
    assert (looked["delimiter"], looked["encoding"], looked["has_header"]) == (";", "cp1252", True)
    assert len(school.get("/contacts")["data"]) == 1
    school.post(f"/imports/{looked['id']}/start")
    done = school.imported(looked["id"])
    counts = ("rows", "created", "updated", "duplicate", "rejected")
    assert [done[each] for each in counts] == [8, 4, 1, 1, 2]
    assert [looked[each] for each in counts] == [8, 4, 1, 1, 2]

    rejected = school.business.call("GET", f"/imports/{done['id']}/rejected.csv")
    heading, rounded, landline = csv.reader(io.StringIO(rejected.content.decode("utf-8-sig")))
    assert heading == ["Jina", "Simu ya mzazi", "Salio", "Lugha", "Row", "Reason"]
    assert (rounded[1], rounded[4]) == ("2.54712E+11", "8")
    assert rounded[5].startswith("The spreadsheet has damaged this number: 2.54712E+11.")
    assert landline[1] == "020 2222222"
    (mutua,) = school.get("/contacts?search=Mutua")["data"]
    assert mutua["fields"] == {"Salio": "900"}
    assert [each["name"] for each in mutua["groups"]] == ["Darasa la 4"]

    template = school.post("/templates", {"name": "Ada", "messages": BODIES, "language": "en"})
    (zoe,) = school.get("/contacts?search=Achieng")["data"]
    shown = school.post(f"/templates/{template['id']}/preview", {"contact": zoe["id"]})
    assert shown["message"] == "Mpendwa Zoë, ada inayodaiwa: KES 1,500."
    wanted = {"name": "Ada", "template": template["id"], "groups": [group], "draft": True}
    draft = school.post("/campaigns", wanted, 201)
    assert draft["estimate"]["obstacle"]["code"] == "value_missing"
    assert draft["estimate"]["missing"] == [
        {"name": "salio", "count": 1, "numbers": ["0112000003"]}
    ]
    refused = school.post(f"/campaigns/{draft['id']}/send", status=422)
    assert refused["code"] == "value_missing"
    assert "0112000003" in refused["detail"]

    bodies = {language: body.replace("salio", "salio|0") for language, body in BODIES.items()}
    changed = school.business.call("PATCH", f"/templates/{template['id']}", {"messages": bodies})
    assert changed.json()["version"] == 2
    path = f"/campaigns/{draft['id']}"
    school.business.call("PATCH", path, {"template": template["id"]})
    found = school.get(path)["estimate"]
    assert found["recipients"] == 5
    assert (found["cost"], found["balance_after"], found["spread"]) == ("4.00", "96.00", {"1": 5})
    assert not any(found["left_out"].values())
    school.post(f"{path}/test", {"to": OWNER}, 202)
    wait_until(lambda: "Dear Mutua, fees due: KES 900." in texts(stack)["254722000001"])
    assert school.business.balance() == "99.20"

    later = clock.rfc3339(datetime.now().astimezone() + timedelta(hours=1))
    planned = school.post(
        "/campaigns", {"name": "Kesho", "message": "Kesho", "groups": [group], "schedule_at": later}
    )
    assert school.campaign(planned["id"], "scheduled")["held"] == "4.00"
    assert school.post(f"/campaigns/{planned['id']}/pause")["status"] == "paused"
    assert school.post(f"/campaigns/{planned['id']}/resume")["status"] == "scheduled"
    assert school.business.balance() == "95.20"
    school.post(f"/campaigns/{planned['id']}/cancel")
    assert school.campaign(planned["id"], "cancelled")["counters"] == {"cancelled": 5}
    assert school.business.balance() == "99.20"

    sent = [school.post(f"{path}/send", None, 202, **{"Idempotency-Key": "ada"}) for _ in range(2)]
    assert sent[0]["id"] == sent[1]["id"] == draft["id"]
    completed = school.campaign(draft["id"], "completed")
    assert completed["cost"] == "4.00"
    assert (completed["charged"], completed["held"], completed["progress"]) == ("4.00", "0.00", 100)
    wait_until(lambda: school.get(path)["counters"] == {"delivered": 5})
    got = texts(stack)
    assert got["254712000001"] == ["Mpendwa Zoë, ada inayodaiwa: KES 1,500."]
    assert got["254712000002"] == ["Dear Juma, fees due: KES 2,750."]
    assert got["254112000003"] == ["Dear Wanjiku, fees due: KES 0."]
    listed = school.get(f"/sms/messages?campaign={draft['id']}&status=delivered")["data"]
    assert len(listed) == 5
    again = school.post("/campaigns", wanted, 201)["estimate"]
    assert (again["recipients"], again["left_out"]["repeat"]) == (0, 5)

    answered = {"from": "0712000002", "text": "Acha, tafadhali"}
    assert stack.http.post(f"{stack.sandbox}/onfon/inbound", json=answered, timeout=60).ok
    wait_until(lambda: school.get("/sms/inbox")["data"])
    (reply,) = school.get("/sms/inbox")["data"]
    assert (reply["message"], reply["verdict"]) == ("Acha, tafadhali", "opt_out")
    advert = {"name": "Sherehe", "message": "Karibuni sherehe", "groups": [group]}
    party = school.post("/campaigns", {**advert, "class": "promotional"}, 202)
    ended = school.campaign(party["id"], "completed")
    assert ended["recipients"] == 4
    wait_until(lambda: len(texts(stack)["254712000001"]) == 2)
    assert texts(stack)["254712000001"][1].startswith("Karibuni sherehe STOP")
    assert texts(stack)["254712000002"] == ["Dear Juma, fees due: KES 2,750."]

    assert school.business.balance() == "92.00"
    many = [f"07130000{number:02d}" for number in range(100)] + ["0713 000 001"] * 20
    many += [f"07140000{number:02d}" for number in range(50)]
    dear = {"name": "Wote", "message": "Karibuni nyote.", "to": many}
    refused = school.post("/campaigns", dear, 402)
    assert "you have KES 92.00" in refused["detail"]
    assert "send to the first 115 people" in refused["detail"]
    (kept, *_) = school.get("/campaigns?status=draft")["data"]
    school.post(f"/campaigns/{kept['id']}/send", {"first": 90}, 202)
    ended = school.campaign(kept["id"], "completed")
    assert (ended["recipients"], ended["charged"]) == (90, "72.00")
    assert school.business.balance() == "20.00"
    used = {row["key"]: row for row in school.get("/usage?by=status")["data"]}
    assert sum(row["messages"] for row in used.values()) == 100
    assert [line for line in stack.proof() if not line["ok"]] == []
