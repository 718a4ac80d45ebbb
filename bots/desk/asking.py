"""Asking an admin a second time, or for a reason, before something is done."""

from __future__ import annotations

from bots.desk.acts import named
from bots.desk.hearing import Heard
from bots.desk.replies import Reply, card
from core.messaging.models import Sender
from core.money import Money
from core.notices import questions
from core.notices.markup import b, code, e, i
from core.notices.questions import Question
from core.payments.models import Payment
from core.tenants.models import Tenant


def why_rejected(heard: Heard, tenant: Tenant) -> Reply:
    """Ask why a business is turned away; its owner will read the answer."""
    words = f"Why is {named(tenant)} turned away?"
    return _words(heard, "reject", words, tenant_id=tenant.id)


def why_sender_rejected(heard: Heard, sender: Sender) -> Reply:
    """Ask why a sender ID is not approved; whoever asked for it will read the answer."""
    words = f"Why is the sender ID {b(sender.name)} not approved?"
    return _words(heard, "sreject", words, public_id=sender.public_id)


def why_suspended(heard: Heard, tenant: Tenant) -> Reply:
    """Ask why a business is stopped; its owner will read the answer."""
    return _words(heard, "why", f"Why is {named(tenant)} suspended?", tenant_id=tenant.id)


def whose(heard: Heard, payment: Payment) -> Reply:
    """Ask which business a payment belongs to."""
    words = f"Whose is {b(Money(payment.amount))}, receipt {code(payment.receipt)}?"
    asked = _ask(heard, "whose", "words", words, receipt=payment.receipt)
    return Reply(
        f"{_name(heard)} {words}\nReply with the number of the business, as in 12, or its paybill "
        "account.",
        asks=asked,
    )


def really_suspend(heard: Heard, tenant: Tenant, reason: str) -> Reply:
    """Ask for a second press before a business is stopped."""
    words = f"Suspend {named(tenant)}? Its texts wait and it cannot send. Reason: {i(reason)}"
    return _press(heard, "suspend", words, tenant_id=tenant.id, reason=reason)


def really_credit(heard: Heard, tenant: Tenant, amount: Money, reason: str) -> Reply:
    """Ask for a second press before a large sum is added, or any is taken."""
    if amount < Money(0):
        words = f"Take {b(-amount)} from {named(tenant)}? Reason: {i(reason)}"
    else:
        words = f"Add {b(amount)} to {named(tenant)}? Reason: {i(reason)}"
    return _press(heard, "credit", words, tenant_id=tenant.id, units=amount.units, reason=reason)


def really_assign(heard: Heard, payment: Payment, tenant: Tenant) -> Reply:
    """Ask for a second press before a payment is given away."""
    words = f"Give {b(Money(payment.amount))}, receipt {code(payment.receipt)}, to {named(tenant)}?"
    return _press(heard, "assign", words, receipt=payment.receipt, tenant_id=tenant.id)


def really_pause(heard: Heard, reason: str) -> Reply:
    """Ask for a second press before all sending is stopped."""
    words = f"Stop all sending, for every business? Reason: {i(reason)}"
    return _press(heard, "pause", words, reason=reason)


def _press(heard: Heard, act: str, words: str, **args: object) -> Reply:
    return card(questions.subject(_ask(heard, act, "press", words, **args).id))


def _words(heard: Heard, act: str, words: str, **args: object) -> Reply:
    asked = _ask(heard, act, "words", words, **args)
    return Reply(
        f"{_name(heard)} {words}\nReply to this message; they will read your reason.", asks=asked
    )


def _ask(heard: Heard, act: str, asks: str, words: str, **args: object) -> Question:
    return questions.ask(
        act,
        asks,
        words,
        asked_by=heard.user_id,
        chat_id=heard.chat_id,
        once=heard.once,
        **args,
    )


def _name(heard: Heard) -> str:
    """Call somebody by a mention, so that only their phone opens the keyboard."""
    return f'<a href="tg://user?id={heard.user_id}">{e(heard.name, 40)}</a>:'
