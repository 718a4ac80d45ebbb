"""The phone that dials: sessions as Africa's Talking carries them to the application."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.outside import PATIENCE_S, PHONE, Application, Sandbox, Seen

HOPS, EVENTS = "/africastalking", "/africastalking/events"


@pytest.fixture
def app(application: Application) -> Application:
    """An application with a menu that says back what it was sent."""

    def reply(seen: Seen) -> tuple[int, object]:
        text = seen.form.get("text", "")
        word = "END" if text.endswith("9") else "CON"
        return 200, f"{word} You sent [{text}]\n1. On".encode()

    application.reply = reply
    return application


def hops(app: Application) -> list[dict[str, str]]:
    return [fields(seen) for seen in app.got(HOPS) if not seen.path.endswith("/events")]


def fields(seen: Seen) -> dict[str, str]:
    return {"text": "", **seen.form}


def dial(sandbox: Sandbox, code: str = "*384*1234#", **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = sandbox.post(
        "/ussd/dial", {"phone": PHONE, "code": code} | more
    ).json()
    return answer


def type_in(sandbox: Sandbox, text: str) -> dict[str, Any]:
    answer: dict[str, Any] = sandbox.post("/ussd/input", {"phone": PHONE, "text": text}).json()
    return answer


def test_a_session_accumulates_what_was_typed(sandbox: Sandbox, app: Application) -> None:
    first = dial(sandbox)
    for text in ("1", "0", "2*3 items"):
        last = type_in(sandbox, text)
    sent = hops(app)

    assert first["text"] == "You sent []\n1. On"
    assert last["text"] == "You sent [1*0*2*3 items]\n1. On"
    assert (last["more"], last["state"]) == (True, "open")
    assert [hop["text"] for hop in sent] == ["", "1", "1*0", "1*0*2*3 items"]
    assert {hop["sessionId"] for hop in sent} == {first["session"]}
    assert sent[0] == {
        "sessionId": first["session"],
        "phoneNumber": f"+{PHONE}",
        "networkCode": "63902",
        "serviceCode": "*384*1234#",
        "text": "",
    }
    assert app.got(HOPS)[0].path == f"/ussd/{sandbox.settings.ussd.secret}/africastalking"


def test_dialling_ahead_arrives_unless_the_network_keeps_it(
    sandbox: Sandbox, app: Application
) -> None:
    dial(sandbox, "*384*1234*2*500#")
    type_in(sandbox, "1")
    sandbox.faults(ussd={"dial_ahead": False})
    dial(sandbox, "*384*1234*2*500#")

    assert [hop["text"] for hop in hops(app)] == ["2*500", "2*500*1", ""]


def test_end_ends_it_and_the_event_says_so(sandbox: Sandbox, app: Application) -> None:
    dial(sandbox)
    answer = type_in(sandbox, "9")
    event = app.wait(EVENTS)[0].form
    refused = sandbox.post("/ussd/input", {"phone": PHONE, "text": "1"})

    assert (answer["more"], answer["state"]) == (False, "ended")
    assert event == event | {
        "sessionId": answer["session"],
        "status": "Success",
        "input": "9",
        "hopsCount": "2",
        "lastAppResponse": "END You sent [9]\n1. On",
    }
    assert (refused.status_code, refused.json()["error"]) == (404, "no_session")


def test_hanging_up_and_redialling_begin_anew(sandbox: Sandbox, app: Application) -> None:
    first = dial(sandbox)["session"]
    dropped = sandbox.post("/ussd/drop", {"phone": PHONE}).json()
    second = dial(sandbox)["session"]
    third = dial(sandbox)["session"]
    statuses = {one.form["sessionId"]: one.form["status"] for one in app.wait(EVENTS, 2)}

    assert dropped["state"] == "dropped"
    assert len({first, second, third}) == 3
    assert statuses == {first: "Incomplete", second: "Incomplete"}
    assert sandbox.post("/ussd/drop", {"phone": PHONE}).ok
    assert sandbox.post("/ussd/drop", {"phone": PHONE}).status_code == 404


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ((200, b"Hello"), "The answer began with neither CON nor END."),
        ((200, b" CON Hello"), "The answer began with neither CON nor END."),
        ((200, b""), "The answer began with neither CON nor END."),
        ((404, b"CON Hello"), "The application answered with status 404."),
        ((500, b"END Sorry"), "The application answered with status 500."),
    ],
)
def test_a_wrong_answer_ends_the_session(
    sandbox: Sandbox, application: Application, reply: tuple[int, bytes], why: str
) -> None:
    application.reply = lambda _: reply
    answer = dial(sandbox)

    assert (answer["state"], answer["error"]) == ("failed", why)
    assert answer["text"] == "Connection problem or invalid MMI code."
    assert application.wait(EVENTS)[0].form["status"] == "Failed"


def test_an_answer_that_is_late_is_none(sandbox: Sandbox, application: Application) -> None:
    over = threading.Event()
    sandbox.faults(ussd={"patience_seconds": 0.1})
    application.reply = lambda _: (over.wait(PATIENCE_S), (200, b"CON Hello"))[1]
    answer = dial(sandbox)
    over.set()

    assert answer["error"] == "The application did not answer."


def test_a_long_screen_is_cut(sandbox: Sandbox, application: Application) -> None:
    application.reply = lambda _: (200, ("CON " + "x" * 190).encode())
    answer = dial(sandbox)

    assert (len(answer["text"]), answer["units"], answer["cut"]) == (182, 190, 8)


def test_letters_outside_the_alphabet_take_double_room(
    sandbox: Sandbox, application: Application
) -> None:
    application.reply = lambda _: (200, "CON Bei’ya".encode())

    assert dial(sandbox)["units"] == 12


@pytest.mark.parametrize(
    ("fault", "act", "expected"),
    [
        ("repeat_first", lambda _: None, ["", ""]),
        ("repeat", lambda _: None, ["", ""]),
        ("repeat_together", lambda _: None, ["", ""]),
        ("repeat_late", lambda sandbox: type_in(sandbox, "1"), ["", "1", ""]),
    ],
)
def test_hops_are_repeated(
    sandbox: Sandbox,
    app: Application,
    fault: str,
    act: Callable[[Sandbox], object],
    expected: list[str],
) -> None:
    sandbox.faults(ussd={fault: {"next": 1}})
    answer = dial(sandbox)
    act(sandbox)

    assert answer["text"] == "You sent []\n1. On"
    assert [hop["text"] for hop in hops(app)] == expected


def test_a_hop_can_be_repeated_by_hand(sandbox: Sandbox, app: Application) -> None:
    dial(sandbox)
    type_in(sandbox, "9")
    again = sandbox.post("/ussd/repeat", {"phone": PHONE}).json()
    app.reply = lambda _: (200, b"END Other")

    assert again["same"] is True
    assert [hop["text"] for hop in hops(app)] == ["", "9", "9"]
    assert sandbox.post("/ussd/repeat", {"phone": PHONE}).json()["same"] is False


@pytest.mark.parametrize(("fault", "posted"), [("lost", 1), ("not_posted", 0)])
def test_a_hop_is_lost(sandbox: Sandbox, app: Application, fault: str, posted: int) -> None:
    sandbox.faults(ussd={fault: {"next": 1}})
    answer = dial(sandbox)

    assert (answer["more"], answer["state"]) == (False, "dropped")
    assert len(hops(app)) == posted


@pytest.mark.parametrize("limit", ["session_seconds", "idle_seconds"])
def test_a_session_runs_out(sandbox: Sandbox, app: Application, limit: str) -> None:
    sandbox.faults(ussd={limit: 0.1})
    dial(sandbox)
    app.wait(EVENTS)

    assert sandbox.state()["ussd"][-1]["state"] == "timed_out"
    assert sandbox.post("/ussd/input", {"phone": PHONE, "text": "1"}).status_code == 404


@pytest.mark.parametrize(("blank", "expected"), [("unchanged", "1"), ("star", "1*")])
def test_a_blank_answer(sandbox: Sandbox, app: Application, blank: str, expected: str) -> None:
    sandbox.faults(ussd={"blank": blank})
    dial(sandbox)
    type_in(sandbox, "1")
    type_in(sandbox, "")

    assert hops(app)[-1]["text"] == expected


def test_a_phone_sends_80_characters_at_once(sandbox: Sandbox, app: Application) -> None:
    dial(sandbox)

    assert sandbox.post("/ussd/input", {"phone": PHONE, "text": "x" * 81}).status_code == 422
    assert type_in(sandbox, "x" * 80)["more"] is True


@pytest.mark.parametrize("code", ["*384*9999#", "*100#"])
def test_another_code_is_nobodys(sandbox: Sandbox, app: Application, code: str) -> None:
    answer = dial(sandbox, code)

    assert (answer["state"], answer["more"]) == ("invalid", False)
    assert hops(app) == []


@pytest.mark.parametrize(
    "body",
    [
        {"phone": PHONE, "code": "384"},
        {"phone": PHONE, "code": "*384*1234"},
        {"phone": "12", "code": "*384*1234#"},
    ],
)
def test_what_cannot_be_dialled_is_refused(sandbox: Sandbox, body: dict[str, Any]) -> None:
    assert sandbox.post("/ussd/dial", body).status_code == 422


def test_a_phone_in_a_session_shows_no_prompt(sandbox: Sandbox, app: Application) -> None:
    dial(sandbox)
    busy = sandbox.push()
    sandbox.post("/ussd/drop", {"phone": PHONE})

    assert busy.json()["errorMessage"].startswith("Unable to lock subscriber")
    assert sandbox.push().ok


def test_operators_are_told_by_their_code(sandbox: Sandbox, app: Application) -> None:
    sandbox.post("/ussd/dial", {"phone": "0733000001"})
    sandbox.post("/ussd/dial", {"phone": PHONE, "network": "equitel"})

    assert [hop["networkCode"] for hop in hops(app)] == ["63903", "63999"]


def test_the_state_shows_every_hop_and_no_secret(sandbox: Sandbox, app: Application) -> None:
    dial(sandbox)
    type_in(sandbox, "1")
    (session,) = sandbox.state(to=PHONE)["ussd"]

    assert [(hop["typed"], hop["text"], hop["status"]) for hop in session["hops"]] == [
        ("", "", 200),
        ("1", "1", 200),
    ]
    assert sandbox.settings.ussd.secret not in sandbox.get("/state").text
    assert sandbox.get("/ussd/sessions", params={"phone": PHONE}).json()["code"] == "*384*1234#"
