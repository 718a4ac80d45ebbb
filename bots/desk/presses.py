"""The buttons of the ops chat. A button only names what is wanted: all is looked at anew.

Nothing is said in here: whoever pressed is answered first, because their screen waits for it, and
the cards follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from bots.desk import acts, asking, commands, sender_presses, showing
from bots.desk.acts import Done
from bots.desk.hearing import Heard
from bots.desk.pressed import REPLY_BELOW, Pressed, of
from bots.desk.replies import card, pressed_card
from core import clock
from core.money import Money
from core.notices import alerts, questions, tenant_cards
from core.notices.operators import name_of
from core.notices.state_cards import MUTE_HOURS
from core.payments import errors as payment_errors
from core.payments.models import Payment, PaymentStatus
from core.tenants import rows
from core.tenants.models import TenantStatus

NOTHING = "This button does nothing any more."
LONG_OVER = "That alert is long over."


def press(heard: Heard) -> Pressed:
    """Do what a button stands for. Raises: Refused of many kinds."""
    verb, *args = heard.text.split(":")
    act = VERBS.get(verb)
    return Pressed(NOTHING, True) if act is None else act(heard, args)


def _standing(heard: Heard, tenant_id: int, likely: str) -> Pressed:
    """Say how a business stands, instead of doing anything."""
    done = Done(acts.standing(tenant_id), acts.cards_of(tenant_id), changed=False)
    return of(heard, done, f"{likely}:{tenant_id}")


def _approve(heard: Heard, args: list[str]) -> Pressed:
    tenant_id = int(args[0])
    return of(heard, acts.approve(heard, tenant_id), f"tenant:{tenant_id}")


def _reject(heard: Heard, args: list[str]) -> Pressed:
    tenant = rows.get(int(args[0]))
    if tenant.status != TenantStatus.PENDING.value:
        return _standing(heard, tenant.id, "tenant")
    return Pressed(REPLY_BELOW, says=asking.why_rejected(heard, tenant))


def _suspend(heard: Heard, args: list[str]) -> Pressed:
    tenant = rows.get(int(args[0]))
    if tenant.status != TenantStatus.ACTIVE.value or _is_old(tenant.id, args):
        return _standing(heard, tenant.id, "account")
    return Pressed(REPLY_BELOW, says=asking.why_suspended(heard, tenant))


def _resume(heard: Heard, args: list[str]) -> Pressed:
    tenant_id = int(args[0])
    if _is_old(tenant_id, args):
        return _standing(heard, tenant_id, "account")
    return of(heard, acts.resume(heard, tenant_id), f"account:{tenant_id}")


def _is_old(tenant_id: int, args: list[str]) -> bool:
    """Whether a button was drawn for an earlier state: suspended, resumed, and suspended again."""
    return len(args) > 1 and int(args[1]) != tenant_cards.version(tenant_id)


def _assign(heard: Heard, args: list[str]) -> Pressed:
    payment, tenant_id = _payment(args[0]), int(args[1])
    is_open = payment.status == PaymentStatus.SUSPENSE.value
    if is_open and acts.needs_second_press(Money(payment.amount)):
        question = asking.really_assign(heard, payment, rows.get(tenant_id))
        return Pressed("Press again below.", says=question)
    done = acts.assign(heard, payment.receipt, tenant_id)
    return of(heard, done, f"payment:{payment.receipt}")


def _assign_to(heard: Heard, args: list[str]) -> Pressed:
    payment = _payment(args[0])
    if payment.status != PaymentStatus.SUSPENSE.value:
        subject = pressed_card(heard, f"payment:{payment.receipt}")
        return Pressed("Nothing was changed: it has an owner already.", True, (subject,))
    return Pressed(REPLY_BELOW, says=asking.whose(heard, payment))


def _payment(receipt: str) -> Payment:
    payment: Payment | None = Payment.get_or_none(Payment.receipt == receipt)
    if payment is None:
        raise payment_errors.ReceiptNotFound(receipt=receipt[:20])
    return payment


def _unpause(heard: Heard, args: list[str]) -> Pressed:
    return of(heard, acts.unpause(heard, int(args[0])), f"sending:{args[0]}")


def _see(heard: Heard, args: list[str]) -> Pressed:
    alert = alerts.see(int(args[0]), heard.actor)
    subjects = (pressed_card(heard, f"alert:{args[0]}"),)
    if alert is None:
        return Pressed(LONG_OVER, True, subjects)
    if alert.seen_by != heard.actor:
        who = name_of(alert.seen_by or "")
        return Pressed(f"{who} looks after it already.", True, subjects)
    return Pressed("You look after it.", subjects=subjects)


def _mute(heard: Heard, args: list[str]) -> Pressed:
    alert = alerts.mute(int(args[0]), clock.now() + timedelta(hours=MUTE_HOURS))
    subjects = (pressed_card(heard, f"alert:{args[0]}"),)
    if alert is None:
        return Pressed(LONG_OVER, True, subjects)
    words = f"Quiet for {MUTE_HOURS} hours. It goes on being counted."
    return Pressed(words, subjects=subjects)


def _show(heard: Heard, args: list[str]) -> Pressed:
    return Pressed(says=card(f"account:{rows.get(int(args[0])).id}"))


def _pay(heard: Heard, args: list[str]) -> Pressed:
    return Pressed(says=card(f"payment:{_payment(args[0]).receipt}"))


def _run(heard: Heard, args: list[str]) -> Pressed:
    """Run a command that only shows something."""
    if args[0] not in commands.HARMLESS:
        return Pressed(NOTHING, True)
    return Pressed(later=lambda: commands.run(args[0], heard))


def _page(heard: Heard, args: list[str]) -> Pressed:
    return Pressed(rewrites=showing.businesses(args[0], int(args[1])))


def _yes(heard: Heard, args: list[str]) -> Pressed:
    return _confirm(heard, args[0], is_yes=True)


def _no(heard: Heard, args: list[str]) -> Pressed:
    return _confirm(heard, args[0], is_yes=False)


def _confirm(heard: Heard, question_id: str, *, is_yes: bool) -> Pressed:
    """Take a second press: of the one who was asked, in time, once."""
    question = questions.find(question_id)
    subject = pressed_card(heard, questions.subject(question_id))
    if question is None or not question.is_open:
        late = "Too late: it was done, left, or not confirmed in time. Ask again."
        return Pressed(late, True, (subject,))
    if question.asked_by != heard.user_id:
        return Pressed(f"Only {name_of(question.actor)}, who began this, can say.", True)
    if not is_yes:
        questions.end(question_id, "Left as it was.")
        return Pressed("Left as it was.", subjects=(subject,))
    done = acts.carry_out(heard, question.act, question.args, question_id, "")
    # Only now: killed in between, the press can be made again, and the act knows its own key.
    questions.end(question_id, done.text)
    return of(heard, done, subject)


VERBS: Mapping[str, Callable[[Heard, list[str]], Pressed]] = MappingProxyType(
    {
        "approve": _approve,
        "reject": _reject,
        "suspend": _suspend,
        "resume": _resume,
        "assign": _assign,
        "assignto": _assign_to,
        "unpause": _unpause,
        "see": _see,
        "mute": _mute,
        "show": _show,
        "pay": _pay,
        "run": _run,
        "page": _page,
        "yes": _yes,
        "no": _no,
        **sender_presses.VERBS,
    }
)
