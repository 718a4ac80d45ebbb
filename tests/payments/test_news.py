"""News: stored first, worked on after, held back when in doubt, and never lost."""

from __future__ import annotations

import pytest

from core import clock
from core.gateways import daraja
from core.money import ZERO, Money
from core.payments import crediting, handling, news
from core.payments.errors import NewsNotFound, NotQuarantined
from core.payments.models import MpesaNews, NewsState, PaymentStatus, TopUpStatus
from core.tenants import audit
from tests.payments import mpesa as bodies
from tests.payments.counter import (
    SAFARICOM,
    alarms,
    confirmed,
    differences,
    digest,
    failed,
    now_is,
    paid,
    payment,
    push_of,
    rows,
    suspended,
    told,
)
from tests.payments.mpesa import receipt, stk_failed, stk_paid

STRANGER = "203.0.113.9"


def test_storing_keeps_the_body_as_it_came_and_reads_nothing(shop):
    raw = b"\x00\xff not even text"
    news.store("stk", "token", raw, SAFARICOM)

    (row,) = rows()
    assert bytes(row.body) == raw
    assert (row.kind, row.token, row.address, row.state) == ("stk", "token", SAFARICOM, "new")


def test_storing_asks_no_provider_and_credits_nothing(shop):
    confirmed("UKN3A7X2QP", "500", shop.account)

    assert shop.balance() == ZERO


def test_a_huge_body_is_cut(shop):
    news.store("stk", "t" * 500, b" " * 1_000_000, SAFARICOM)

    (row,) = rows()
    assert len(bytes(row.body)) == 64 * 1024
    assert len(row.token) == 64


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html><body>Incapsula incident</body></html>",
        b"{}",
        b"[]",
        b"null",
        b'{"Body":{"stkCallback":{}}}',
        b'{"Body":{"stkCallback":{"CheckoutRequestID":"x"}}}',
        b"[" * 60_000,
        b"\xff\xfe\x00",
    ],
)
@pytest.mark.parametrize("kind", ["stk", "c2b_confirm"])
def test_what_cannot_be_read_is_kept_with_the_reason(shop, kind, raw):
    _, pushed = shop.prompt(500)
    news.store(kind, pushed.token, raw, SAFARICOM)
    digest()

    (row,) = rows()
    assert row.state == NewsState.UNREADABLE
    assert row.why.startswith("not a")
    assert alarms() == ["unreadable"]


@pytest.mark.parametrize("more", [{"TransAmount": "0"}, {"TransID": ""}, {"TransID": "X" * 21}])
def test_a_confirmation_without_a_receipt_or_amount_is_unreadable(shop, more):
    confirmed("UKN3A7X2QP", "500", shop.account, **more)
    digest()

    assert rows()[0].state == NewsState.UNREADABLE
    assert shop.balance() == ZERO


@pytest.mark.parametrize("amount", ["250", "250.00", "250.5", "1,250.00"])
def test_amounts_are_read_as_they_are_written(shop, amount):
    confirmed("UKN3A7X2QP", amount, shop.account)
    digest()

    assert shop.balance() == Money.parse(amount)


def test_names_may_be_missing_and_payers_masked_or_hashed(shop):
    confirmed("UKN3A7X2QP", "10", shop.account, FirstName=None, MSISDN="2f" * 32)
    digest()

    row = payment("UKN3A7X2QP")
    assert (row.payer, row.payer_name) == ("2f" * 32, "")


def test_results_and_timeouts_are_kept(shop):
    news.store("result", "t", b"{}", SAFARICOM)
    news.store("timeout", "t", b"{}", SAFARICOM)
    digest()

    assert [row.state for row in rows()] == ["done", "done"]


class TestAnUnlistedAddress:
    @pytest.fixture(autouse=True)
    def _listed(self, change_settings):
        change_settings("mpesa", allowed_ips=("196.201.212.0/24", "196.201.214.200"))

    def test_is_held_back_and_not_credited(self, shop):
        topup, pushed = shop.prompt(500)
        told(pushed.token, stk_paid(pushed.checkout_id, "UKN3A7X2QP", 500), STRANGER)
        digest()

        assert rows()[0].state == NewsState.QUARANTINED
        assert now_is(topup).status == TopUpStatus.PENDING
        assert shop.balance() == ZERO
        assert alarms() == ["unlisted_address"]

    def test_is_credited_once_an_admin_releases_it(self, shop):
        _, pushed = shop.prompt(500)
        told(pushed.token, stk_paid(pushed.checkout_id, "UKN3A7X2QP", 500), STRANGER)
        news.release(rows()[0].id, actor="admin:key_1")
        digest()

        assert shop.balance() == Money.kes(500)
        assert [each.act for each in audit.listing()] == ["mpesa_news.released"]
        assert differences() == []

    def test_does_not_keep_the_other_source_from_crediting(self, shop):
        topup, pushed = shop.prompt(500)
        told(pushed.token, stk_paid(pushed.checkout_id, "UKN3A7X2QP", 500), STRANGER)
        confirmed("UKN3A7X2QP", "500", pushed.reference)
        digest()
        news.release(rows()[0].id, actor="admin:key_1")
        digest()

        assert shop.balance() == Money.kes(500)
        assert now_is(topup).status == TopUpStatus.COMPLETED

    @pytest.mark.parametrize("address", ["196.201.214.201", "", "not an address", "::1"])
    def test_is_any_that_is_not_on_the_list(self, shop, address):
        news.store("c2b_confirm", None, bodies.c2b("UKN3A7X2QP", "5", shop.account), address)

        assert rows()[0].state == NewsState.QUARANTINED

    def test_listed_ones_and_networks_pass(self, shop):
        for address in ("196.201.214.200", "196.201.212.69"):
            news.store("c2b_confirm", None, bodies.c2b(receipt(), "5", shop.account), address)
        digest()

        assert shop.balance() == Money.kes(10)


def test_a_wrong_token_is_held_back(shop):
    _, pushed = shop.prompt(500)
    told("0" * 32, stk_paid(pushed.checkout_id, "UKN3A7X2QP", 500))
    digest()

    assert [(row.state, row.why) for row in rows()] == [("quarantined", handling.UNKNOWN_TOKEN)]
    assert alarms() == ["unknown_token"]
    assert shop.balance() == ZERO


@pytest.mark.parametrize("code", [0, 1032])
def test_a_wrong_checkout_id_is_held_back_whatever_it_says(shop, code):
    topup, pushed = shop.prompt(500)
    body = stk_paid("ws_CO_x", "UKN3A7X2QP", 500) if code == 0 else stk_failed("ws_CO_x", code)
    told(pushed.token, body)
    digest()

    assert [(row.state, row.why) for row in rows()] == [("quarantined", handling.OTHER_CHECKOUT)]
    assert now_is(topup).status == TopUpStatus.PENDING
    assert push_of(topup).checkout_request_id == pushed.checkout_id
    assert shop.balance() == ZERO


def test_anothers_checkout_id_is_not_adopted(shop, mpesa):
    """While our own is unknown, an id that belongs to another push cannot be ours."""
    _, first = shop.prompt(500)
    mpesa.push_answers = [bodies.LOST]
    topup, second = shop.prompt(700, phone="254722000111")
    told(second.token, stk_paid(first.checkout_id, "UKN3A7X2QP", 700))
    digest()

    assert rows()[0].state == NewsState.QUARANTINED
    assert now_is(topup).status == TopUpStatus.PENDING


def test_after_adoption_another_id_is_held_back(shop, mpesa):
    mpesa.push_answers = [bodies.LOST]
    topup, pushed = shop.prompt(500)
    failed(pushed, 1037)
    told(pushed.token, stk_paid("ws_CO_forged", "UKN3A7X2QP", 500))
    digest()

    assert [row.state for row in rows()] == ["done", "quarantined"]
    assert now_is(topup).status == TopUpStatus.FAILED


def test_released_with_a_wrong_checkout_id_it_credits_its_own_push(shop):
    topup, pushed = shop.prompt(500)
    told(pushed.token, stk_paid("ws_CO_x", "UKN3A7X2QP", 500))
    digest()
    news.release(rows()[0].id, actor="admin:key_1")
    digest()

    assert now_is(topup).status == TopUpStatus.COMPLETED
    assert shop.balance() == Money.kes(500)


def test_released_with_an_unknown_token_it_waits_in_suspense(shop):
    told("0" * 32, stk_paid("ws_CO_x", "UKN3A7X2QP", 500))
    digest()
    news.release(rows()[0].id, actor="admin:key_1")
    digest()

    assert payment("UKN3A7X2QP").status == PaymentStatus.SUSPENSE
    assert suspended() == Money.kes(500)
    assert differences() == []


def test_a_release_lets_through_for_its_own_reason_only(shop, change_settings):
    change_settings("mpesa", allowed_ips=(SAFARICOM,))
    _, pushed = shop.prompt(500)
    told(pushed.token, stk_paid("ws_CO_x", "UKN3A7X2QP", 500), STRANGER)
    news.release(rows()[0].id, actor="admin:key_1")
    digest()

    (row,) = rows()
    assert (row.state, row.why) == ("quarantined", handling.OTHER_CHECKOUT)
    assert row.released_by is None


def test_only_what_is_held_back_is_released(shop):
    confirmed("UKN3A7X2QP", "500", shop.account)
    digest()
    with pytest.raises(NotQuarantined) as refusal:
        news.release(rows()[0].id, actor="admin:key_1")
    assert refusal.value.fields["state"] == "done"

    with pytest.raises(NewsNotFound):
        news.release(999_999, actor="admin:key_1")


def test_what_is_held_back_is_listed_newest_first(shop):
    for _ in range(3):
        told("0" * 32, stk_paid("ws_CO_x", receipt(), 500))
    digest()
    first, *rest = news.quarantine(limit=2)

    assert first.why == handling.UNKNOWN_TOKEN
    assert '"ResultCode": 0' in first.body
    assert [each.id for each in news.quarantine(after=rest[-1].id)] == [rows()[0].id]


def test_a_row_that_fails_is_tried_again_and_keeps_no_other_from_its_money(shop, monkeypatch):
    def broken(_):
        raise OSError("the disk is gone")

    monkeypatch.setitem(handling.HANDLERS, "result", broken)  # type: ignore[arg-type]
    news.store("result", None, b"{}", SAFARICOM)
    confirmed("UKN3A7X2QP", "500", shop.account)
    digest()
    assert shop.balance() == Money.kes(500)
    assert [row.state for row in rows()] == ["new", "done"]

    for _ in range(10):
        clock.advance(700)
        digest()
    assert alarms() == ["news_stuck"]
    monkeypatch.undo()
    clock.advance(700)
    digest()
    assert rows()[0].state == NewsState.DONE


def test_half_done_work_is_undone_before_the_next_try(shop, monkeypatch):
    """Killed between the money and the mark: neither holds, and the next try does both."""
    topup, pushed = shop.prompt(500)
    paid(pushed, "UKN3A7X2QP")
    done = news._settle

    def dies(row, verdict):
        assert shop.balance() == Money.kes(500)
        raise RuntimeError("killed")

    monkeypatch.setattr(news, "_settle", dies)
    digest()
    assert shop.balance() == ZERO
    assert now_is(topup).status == TopUpStatus.PENDING
    monkeypatch.setattr(news, "_settle", done)
    clock.advance(3)
    digest()

    assert shop.balance() == Money.kes(500)
    assert differences() == []


@pytest.mark.parametrize("step", ["credit", "_add_facts", "_is_first"])
def test_no_step_of_crediting_holds_without_the_others(shop, monkeypatch, step):
    _, pushed = shop.prompt(500)
    paid(pushed, "UKN3A7X2QP")
    confirmed("UKN3A7X2QP", "500", pushed.reference)
    whole = getattr(crediting, step)

    def dies(*args, **kwargs):
        whole(*args, **kwargs)
        raise RuntimeError("killed")

    monkeypatch.setattr(crediting, step, dies)
    digest()
    assert differences() == []
    monkeypatch.undo()
    clock.advance(10)
    digest()

    assert [row.state for row in rows()] == ["done", "done"]
    assert shop.balance() == Money.kes(500)
    assert differences() == []


def test_rows_left_by_a_dead_worker_are_found_by_the_sweep(shop):
    """The nudge is lost with the worker; the row is not."""
    confirmed("UKN3A7X2QP", "500", shop.account)
    clock.advance(3600)
    digest()

    assert shop.balance() == Money.kes(500)


def test_old_news_that_is_done_is_forgotten_and_held_news_is_not(shop):
    confirmed("UKN3A7X2QP", "500", shop.account)
    told("0" * 32, stk_paid("ws_CO_x", "UKN9999999", 500))
    digest()
    clock.advance(91 * 86_400)
    confirmed(receipt(), "500", shop.account)
    news.forget_old()

    assert [row.state for row in MpesaNews.select().order_by(MpesaNews.id)] == [
        "quarantined",
        "new",
    ]
    assert shop.balance() == Money.kes(500)


def test_every_kind_of_news_has_its_handler():
    assert set(handling.HANDLERS) == {"stk", "c2b_confirm", "result", "timeout"}
    assert daraja.read_c2b(b"") is None
