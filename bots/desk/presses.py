"""The buttons of the ops chat. A button only names what is wanted: all is looked at anew."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from bots.desk import acts, asking, commands, showing
from bots.desk.acts import Done
from bots.desk.hearing import Heard
from bots.desk.replies import Reply, Voice, card
from core import clock
from core.money import Money
from core.notices import alerts, questions, tenant_cards
from core.notices.operators import name_of
from core.notices.state_cards import MUTE_HOURS
from core.payments import errors as payment_errors
from core.payments.models import Payment, PaymentStatus
from core.tenants import rows
from core.tenants.models import TenantStatus

OLD_CARD = "This card is old: somebody has changed this since. Nothing was done."

# What a press answers: a line for whoever pressed, with True when they must not overlook it.
Toast = tuple[str, bool]


def press(heard: Heard, voice: Voice) -> Toast:
    """Do what a button stands for. Raises: Refused of many kinds."""
    verb, *args = heard.text.split(":")
    act = VERBS.get(verb)
    if act is None:
        return "This button does nothing any more.", True
    return act(heard, voice, args)


def _toast(done: Done) -> Toast:
    return _plain(done.text), not done.changed


def _plain(markup: str) -> str:
    """Write markup as a line: an answer to a press has none."""
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


def _show(voice: Voice, done: Done, likely: str) -> Toast:
    voice.redraw(*dict.fromkeys((voice.pressed_card(likely), *done.subjects)))
    return _toast(done)


def _approve(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    tenant_id = int(args[0])
    return _show(voice, acts.approve(heard, tenant_id), f"tenant:{tenant_id}")


def _reject(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    tenant = rows.get(int(args[0]))
    if tenant.status != TenantStatus.PENDING.value:
        done = Done(acts.standing(tenant.id), acts.cards_of(tenant.id), changed=False)
        return _show(voice, done, f"tenant:{tenant.id}")
    voice.say(asking.why_rejected(heard, tenant))
    return "Reply to the message below with the reason.", False


def _suspend(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    tenant = rows.get(int(args[0]))
    if tenant.status != TenantStatus.ACTIVE.value or _is_old(tenant.id, args):
        return _old(voice, tenant.id)
    voice.say(asking.why_suspended(heard, tenant))
    return "Reply to the message below with the reason.", False


def _resume(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    tenant_id = int(args[0])
    if _is_old(tenant_id, args):
        return _old(voice, tenant_id)
    return _show(voice, acts.resume(heard, tenant_id), f"account:{tenant_id}")


def _is_old(tenant_id: int, args: list[str]) -> bool:
    """Whether a button was drawn for an earlier state: suspended, resumed, and suspended again."""
    return len(args) > 1 and int(args[1]) != tenant_cards.version(tenant_id)


def _old(voice: Voice, tenant_id: int) -> Toast:
    done = Done(acts.standing(tenant_id), acts.cards_of(tenant_id), changed=False)
    return _show(voice, done, f"account:{tenant_id}")


def _assign(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    receipt, tenant_id = args[0], int(args[1])
    payment = Payment.get_or_none(Payment.receipt == receipt)
    if payment is None:
        raise payment_errors.ReceiptNotFound(receipt=receipt[:20])
    is_open = payment.status == PaymentStatus.SUSPENSE.value
    if is_open and acts.needs_second_press(Money(payment.amount)):
        voice.say(asking.really_assign(heard, payment, rows.get(tenant_id)))
        return "Press again below.", False
    return _show(voice, acts.assign(heard, receipt, tenant_id), f"payment:{receipt}")


def _assign_to(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    payment = Payment.get_or_none(Payment.receipt == args[0])
    if payment is None or payment.status != PaymentStatus.SUSPENSE.value:
        voice.redraw(voice.pressed_card(f"payment:{args[0]}"))
        return "Nothing was changed: it has an owner already.", True
    voice.say(asking.whose(heard, payment))
    return "Reply to the message below.", False


def _unpause(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    return _show(voice, acts.unpause(heard, int(args[0])), f"sending:{args[0]}")


def _see(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    alert = alerts.see(int(args[0]), heard.actor)
    voice.redraw(voice.pressed_card(f"alert:{args[0]}"))
    if alert is None:
        return "That alert is long over.", True
    if alert.seen_by != heard.actor:
        return f"{name_of(alert.seen_by or '')} looks after it already.", True
    return "You look after it.", False


def _mute(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    alert = alerts.mute(int(args[0]), clock.now() + timedelta(hours=MUTE_HOURS))
    voice.redraw(voice.pressed_card(f"alert:{args[0]}"))
    if alert is None:
        return "That alert is long over.", True
    return f"Quiet for {MUTE_HOURS} hours. It goes on being counted.", False


def _show_tenant(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    voice.say(card(f"account:{rows.get(int(args[0])).id}"))
    return "", False


def _show_payment(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    voice.say(card(f"payment:{args[0]}"))
    return "", False


def _run(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    """Run a command that only shows something."""
    if args[0] not in commands.HARMLESS:
        return "This button does nothing any more.", True
    voice.answer()  # it may take a while
    shown = commands.run(args[0], heard)
    if isinstance(shown, Reply):
        voice.say(shown)
    return "", False


def _page(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    voice.rewrite(showing.businesses(args[0], int(args[1])))
    return "", False


def _yes(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    return _confirmed(heard, voice, args[0], is_yes=True)


def _no(heard: Heard, voice: Voice, args: list[str]) -> Toast:
    return _confirmed(heard, voice, args[0], is_yes=False)


def _confirmed(heard: Heard, voice: Voice, question_id: str, *, is_yes: bool) -> Toast:
    """Take a second press: of the one who was asked, in time, once."""
    question = questions.find(question_id)
    subject = questions.subject(question_id)
    if question is None or not question.is_open:
        voice.redraw(voice.pressed_card(subject))
        return "Too late: it was done, left, or not confirmed in time. Ask again.", True
    if question.asked_by != heard.user_id:
        return f"Only {name_of(question.actor)}, who began this, can say.", True
    if not is_yes:
        questions.end(question_id, "Left as it was.")
        voice.redraw(voice.pressed_card(subject))
        return "Left as it was.", False
    done = acts.carry_out(heard, question.act, question.args, question_id, "")
    # Only now: killed in between, the press can be made again, and the act knows its own key.
    questions.end(question_id, done.text)
    voice.redraw(voice.pressed_card(subject), *done.subjects)
    return _toast(done)


VERBS: Mapping[str, Callable[[Heard, Voice, list[str]], Toast]] = MappingProxyType(
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
        "show": _show_tenant,
        "pay": _show_payment,
        "run": _run,
        "page": _page,
        "yes": _yes,
        "no": _no,
    }
)
