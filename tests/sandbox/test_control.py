"""The doors for testers: state, counts, faults, reset, the handset page."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from sandbox.daraja.faults import SWITCHES as DARAJA
from sandbox.onfon.faults import SWITCHES as ONFON
from sandbox.telegram.faults import SWITCHES as TELEGRAM
from sandbox.ussd.faults import SWITCHES as USSD
from tests.sandbox.outside import PHONE, Application, Sandbox

UNTOUCHED: dict[str, Any] = {"onfon": {}, "daraja": {}, "telegram": {}, "ussd": {}}
GROUPS = {"onfon": ONFON, "daraja": DARAJA, "telegram": TELEGRAM, "ussd": USSD}
ASHA, JUMA = "254700000001", "254100000002"


def test_it_says_that_it_is_well(sandbox: Sandbox) -> None:
    assert sandbox.get("/healthz").json() == {"status": "ok"}


def test_state_shows_texts_prompts_payments_and_callbacks(
    sandbox: Sandbox, application: Application
) -> None:
    message = sandbox.rows(ASHA)[0]["MessageId"]
    sandbox.prompt()
    receipt = sandbox.pin()["receipt"]
    application.wait("/c2b/confirm")
    application.wait("/dlr")
    application.wait("/stk/")
    sandbox.faults(onfon={"hang": 0.25})
    state = sandbox.state()

    assert state["texts"][0] == state["texts"][0] | {
        "id": message,
        "to": ASHA,
        "from": "TUMA",
        "text": "Habari",
        "segments": 1,
        "unicode": False,
        "account": "sandbox-onfon-client",
    }
    assert state["prompts"][0]["receipt"] == receipt
    assert state["payments"] == [
        state["payments"][0]
        | {"receipt": receipt, "phone": PHONE, "amount": 500, "account": "T7", "kind": "stk"}
    ]
    assert state["faults"]["onfon"]["hang"] == 0.25
    assert state["totals"] == state["totals"] | {
        "texts": 1,
        "segments": 1,
        "payments": 1,
        "money_received": "500.00",
    }


def test_no_secret_shows_in_the_state(sandbox: Sandbox, application: Application) -> None:
    secret = "/pay/in/0123456789abcdef0123456789abcdef/stk/fedcba9876543210fedcba9876543210"
    sandbox.rows(ASHA)
    sandbox.prompt(CallBackURL=application.url + secret)
    sandbox.pin("cancel")
    application.wait("/dlr")
    application.wait("/stk/")
    shown = sandbox.get("/state").text

    assert sandbox.settings.onfon.callback_secret not in shown
    assert sandbox.settings.mpesa.callback_secret not in shown
    assert "0123456789abcdef" not in shown
    assert "fedcba9876543210" not in shown
    assert sandbox.settings.onfon.api_key not in shown


def test_state_can_be_narrowed_while_totals_stay_whole(sandbox: Sandbox) -> None:
    for number in (ASHA, JUMA, ASHA):
        sandbox.rows(number)
    moment = sandbox.state()["now"]
    sandbox.rows(JUMA, text="later")

    assert len(sandbox.state(to="0700000001")["texts"]) == 2
    assert [text["text"] for text in sandbox.state(limit=1)["texts"]] == ["later"]
    assert sandbox.state(limit=0)["texts"] == []
    assert "later" in [text["text"] for text in sandbox.state(since=moment)["texts"]]
    assert sandbox.state(since="2100-01-01T00:00:00+03:00")["texts"] == []
    assert len(sandbox.state(since="0")["texts"]) == 4
    assert sandbox.state(limit=1)["totals"]["texts"] == 4


def test_a_time_that_is_none_is_refused(sandbox: Sandbox) -> None:
    assert sandbox.get("/state", params={"since": "yesterday"}).status_code == 422


def test_counts_tell_which_number_got_a_text_more_than_once(sandbox: Sandbox) -> None:
    for text in ("one", "one", "two"):
        sandbox.rows(ASHA, text=text)
    sandbox.rows(JUMA, text="one")
    one, two = (hashlib.sha1(text.encode()).hexdigest() for text in ("one", "two"))

    every = sandbox.get("/state/counts").json()
    repeated = sandbox.get("/state/counts", params={"over": 1}).json()

    assert every == {"texts": 4, "counts": {ASHA: {one: 2, two: 1}, JUMA: {one: 1}}}
    assert repeated["counts"] == {ASHA: {one: 2}}
    assert sandbox.get("/state/counts", params={"to": JUMA}).json()["counts"] == {JUMA: {one: 1}}


# Faults


def test_every_fault_is_listed_with_a_sentence(sandbox: Sandbox) -> None:
    table = sandbox.get("/faults").json()

    for group, switches in GROUPS.items():
        assert set(table[group]) == {switch.name for switch in switches}
        assert all(row["sentence"].endswith((".", "]]")) for row in table[group].values())


def test_faults_merge_and_are_reset(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"hang": True})
    both = sandbox.faults(mpesa={"auto": "pay"}, onfon={"slow_seconds": 9})
    clean = sandbox.faults(reset=True)

    assert both["onfon"]["hang"]["value"] is True
    assert both["daraja"]["auto"]["value"] == "pay"
    assert clean["onfon"]["hang"]["value"] is False
    assert sandbox.state()["faults"] == UNTOUCHED


def test_a_reset_may_set_others_at_once(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"hang": True})
    sandbox.faults(reset=True, onfon={"drop": True})

    assert sandbox.state()["faults"]["onfon"] == {"drop": True}


def test_a_counted_fault_uses_itself_up(sandbox: Sandbox) -> None:
    sandbox.faults(onfon={"http_503": {"next": 2}})
    answers = [sandbox.send(ASHA).status_code for _ in range(3)]
    row = sandbox.get("/faults").json()["onfon"]["http_503"]

    assert answers == [503, 503, 200]
    assert (row["value"], row["hits"]) == (False, 2)


@pytest.mark.parametrize(
    "wanted",
    [{"onfon": {"explode": True}}, {"airtel": {"down": True}}, {"onfon": True}],
)
def test_an_unknown_fault_is_refused_with_the_known_ones(
    sandbox: Sandbox, wanted: dict[str, Any]
) -> None:
    answer = sandbox.post("/faults", wanted)

    assert (answer.status_code, answer.json()["error"]) == (422, "unknown_fault")
    assert "hang" in answer.json()["known"]["onfon"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"onfon": {"hang": 1.5}},
        {"onfon": {"hang": "yes"}},
        {"onfon": {"hang": {"next": -1}}},
        {"onfon": {"hang": {"often": 1}}},
        {"onfon": {"dlr_delay": -1}},
        {"onfon": {"any_sender": 1}},
        {"onfon": {"dlr_style": "fax"}},
        {"seed": "x"},
    ],
)
def test_a_wrong_value_changes_nothing(sandbox: Sandbox, wanted: dict[str, Any]) -> None:
    wanted.setdefault("daraja", {})["down"] = True
    answer = sandbox.post("/faults", wanted)

    assert (answer.status_code, answer.json()["error"]) == (422, "wrong_value")
    assert "down" not in sandbox.state()["faults"]["daraja"]


def test_a_reset_forgets_everything(sandbox: Sandbox, application: Application) -> None:
    sandbox.post("/onfon/senders", {"sender_id": "ACME"})
    sandbox.faults(onfon={"dlr_delay": 0.2, "hang_seconds": 1})
    sandbox.rows(ASHA)
    sandbox.prompt()
    sandbox.paybill()
    sandbox.post("/reset")
    application.forget()
    state = sandbox.state()

    assert [state[name] for name in ("texts", "prompts", "payments", "callbacks")] == [[]] * 4
    assert state["totals"]["money_received"] == "0.00"
    assert state["faults"] == UNTOUCHED
    assert state["accounts"][0]["sender_ids"] == ["TUMA"]
    assert application.seen == []


@pytest.mark.parametrize("path", ["/faults", "/mpesa/pin", "/mpesa/paybill", "/onfon/inbound"])
def test_a_body_that_is_no_object_is_400(sandbox: Sandbox, path: str) -> None:
    assert sandbox.http.post(sandbox.url + path, data=b"[1]").status_code == 400


def test_every_switch_is_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    parts = re.split(r"^### `(\w+)`$", page, flags=re.MULTILINE)
    tables = dict(zip(parts[1::2], parts[2::2], strict=True))
    missing = [
        f"{group}.{switch.name}"
        for group, switches in GROUPS.items()
        for switch in switches
        if f"| `{switch.name}` | {switch.kind} | " not in tables[group]
        or switch.sentence not in tables[group]
    ]

    assert missing == []
