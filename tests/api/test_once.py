"""The Idempotency-Key: one act, one answer, however often it is asked."""

from __future__ import annotations

import pytest

from core import clock, idempotency
from core.idempotency import IdempotencyRecord
from core.messaging import sending
from core.messaging.models import Message
from core.tenants import keys, tenants
from core.tenants.models import ApiKey

SEND = {"to": "0712345678", "message": "Habari"}
KEY = {"Idempotency-Key": "order-1042"}


def told(answer):
    return answer.status_code, answer.json["code"]


@pytest.fixture
def send(ask, acme):
    def ask_again(body=SEND, key="order-1042", **headers):
        return ask.post(f"{acme.path}/sms/send", json=body, headers={"Idempotency-Key": key})

    return ask_again


def test_a_repeat_gets_the_same_answer_and_sends_nothing_more(send):
    first, second = send(), send()

    assert (first.status_code, second.status_code) == (202, 202)
    assert second.content == first.content
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert Message.select().count() == 1


def test_quotes_around_a_key_are_none_of_it(send):
    assert send(key="abc").content == send(key='"abc"').content


def test_another_body_under_the_same_key_is_refused(send):
    send()

    assert told(send({**SEND, "message": "Kwaheri"})) == (422, "idempotency_key_reused")
    assert Message.select().count() == 1


def test_keys_count_for_one_route_mode_and_business(ask, rehearse, with_key, acme, rival):
    bulk = {"messages": [SEND]}
    answers = [
        ask.post(f"{acme.path}/sms/send", json=SEND, headers=KEY),
        ask.post(f"{acme.path}/sms/bulk", json=bulk, headers=KEY),
        rehearse.post(f"{acme.path}/sms/send", json=SEND, headers=KEY),
        with_key(rival.live).post(f"{rival.path}/sms/send", json=SEND, headers=KEY),
    ]

    assert [answer.status_code for answer in answers] == [202] * 4
    assert Message.select().count() == 4


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "tab\there", "naïve"])
def test_an_unusable_key_is_refused(send, key):
    assert told(send(key=key)) == (400, "bad_idempotency_key")


def test_a_key_may_be_long(send):
    assert send(key="x" * 255).status_code == 202


def test_a_refusal_lets_go_of_the_key(send, acme, monkeypatch):
    assert send({"to": "1", "message": "x"}).status_code == 422

    assert send().status_code == 202


def test_a_twin_that_is_still_running_is_told_to_wait(send, monkeypatch):
    twins = []
    real = sending.send

    def slow(*args, **kwargs):
        if not twins:
            twins.append(None)
            twins.append(send())
        return real(*args, **kwargs)

    monkeypatch.setattr(sending, "send", slow)

    assert send().status_code == 202
    assert told(twins[1]) == (409, "idempotency_in_progress")
    assert twins[1].headers["Retry-After"] == "1"


def test_after_a_crash_a_repeat_finds_what_was_done(send, monkeypatch):
    """The answer was lost on the way, and the text was accepted already."""
    real = sending.send

    def crash(*args, **kwargs):
        real(*args, **kwargs)
        raise RuntimeError("the power went")

    clock.freeze(clock.now())
    monkeypatch.setattr(sending, "send", crash)
    assert send().status_code == 500
    monkeypatch.setattr(sending, "send", real)
    assert told(send()) == (409, "idempotency_in_progress")

    clock.advance(idempotency.LEASE_MS / 1000 + 1)
    again = send()

    assert again.status_code == 202
    assert again.json["accepted"] == 1
    assert Message.select().count() == 1


def test_an_answer_that_could_not_be_kept_is_still_given(send, monkeypatch):
    def full(*args):
        raise OSError("disk full")

    monkeypatch.setattr(idempotency, "finish", full)

    assert send().status_code == 202


def test_a_key_may_be_used_anew_after_a_day(send):
    clock.freeze(clock.now())
    send()

    clock.advance(24 * 3600 + 1)
    later = send({**SEND, "message": "Kwaheri"})

    assert later.status_code == 202
    assert Message.select().count() == 2


def test_a_top_up_needs_a_key(ask, acme):
    asked = {"amount": "100", "phone": "0712345678"}

    assert told(ask.post(f"{acme.path}/topups", json=asked)) == (400, "idempotency_key_required")
    first = ask.post(f"{acme.path}/topups", json=asked, headers=KEY)
    second = ask.post(f"{acme.path}/topups", json=asked, headers=KEY)
    assert first.status_code == 202
    assert second.json == first.json


def test_money_is_put_right_once(admin, acme):
    path = f"/admin/tenants/{acme.id}/adjust"
    asked = {"amount": "100", "reason": "gift"}

    answers = [admin.post(path, json=asked, headers=KEY) for _ in range(3)]

    assert {answer.json["available"] for answer in answers} == {"600.00"}


def test_without_a_key_every_request_is_an_act_of_its_own(admin, acme):
    path = f"/admin/tenants/{acme.id}/adjust"
    for _ in range(2):
        last = admin.post(path, json={"amount": "100", "reason": "gift"})

    assert last.json["available"] == "700.00"


def test_a_new_key_is_shown_again_but_not_kept_readable(ask, acme):
    first = ask.post(f"{acme.path}/keys", json={"name": "Till"}, headers=KEY)
    second = ask.post(f"{acme.path}/keys", json={"name": "Till"}, headers=KEY)

    assert second.json == first.json
    assert first.json["key"].startswith("sk_live_")
    assert first.json["key"].encode() not in bytes(IdempotencyRecord.get().body)
    assert ApiKey.select().count() == 3


def test_a_key_whose_answer_was_lost_is_not_made_twice(ask, acme, monkeypatch):
    """It can be shown to nobody any more, so the repeat says so."""
    real = keys.create

    def crash(*args, **kwargs):
        real(*args, **kwargs)
        raise RuntimeError("the power went")

    clock.freeze(clock.now())
    monkeypatch.setattr(keys, "create", crash)
    assert ask.post(f"{acme.path}/keys", json={"name": "Till"}, headers=KEY).status_code == 500
    monkeypatch.setattr(keys, "create", real)
    clock.advance(idempotency.LEASE_MS / 1000 + 1)

    again = ask.post(f"{acme.path}/keys", json={"name": "Till"}, headers=KEY)

    assert told(again) == (409, "key_already_made")
    assert ApiKey.select().where(ApiKey.name == "Till").count() == 1


def test_a_refused_approval_is_asked_again_in_earnest(admin, acme, monkeypatch):
    """A refusal is no answer to keep: things may have changed since."""
    path = f"/admin/tenants/{acme.id}/resume"

    assert admin.post(path, headers=KEY).status_code == 409
    tenants.suspend(acme.id, "test", actor="test", channel="cli")
    assert admin.post(path, headers=KEY).status_code == 200
