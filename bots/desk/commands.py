"""The commands of the ops chat, answered in English: it is for the operator's own people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from msgspec import UNSET

from bots.desk import acts, asking, health, showing
from bots.desk.acts import Done
from bots.desk.hearing import Heard
from bots.desk.replies import Reply, card
from core import clock
from core.errors import NotFound
from core.money import Money
from core.notices import digest, questions
from core.notices.markup import b, e
from core.payments import errors as payment_errors
from core.payments.models import Payment, PaymentStatus
from core.tenants import profiles, rows, tenants, terms
from core.tenants.models import TenantStatus


class Usage(Exception):
    """A command was not given what it needs."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what it takes, what it is for, and what it does."""

    takes: str
    meaning: str
    act: Callable[[Heard], Reply | Done]
    is_slow: bool = False


def _words(heard: Heard, least: int, most: int) -> list[str]:
    """Split what follows a command; the last part may have blanks in it. Raises: Usage."""
    found = heard.rest.split(maxsplit=most - 1)
    if len(found) < least:
        raise Usage
    return found + [""] * (most - len(found))


def _help(heard: Heard) -> Reply:
    lines = [b("What you can do here")]
    lines += [
        f"/{name}{' ' + e(each.takes) if each.takes else ''}: {e(each.meaning)}"
        for name, each in COMMANDS.items()
    ]
    return Reply("\n".join(lines))


def _cancel(heard: Heard) -> Reply:
    """Leave the question that waits for somebody's words, or that this replies to."""
    question = (
        questions.waiting_for(heard.chat_id, heard.user_id)
        if heard.reply_to is None
        else questions.replied_to(heard.chat_id, heard.reply_to)
    )
    if question is not None and question.asked_by == heard.user_id:
        questions.end(question.id, "Cancelled: nothing has changed.")
    return Reply("Nothing has changed.")


def _tenants(heard: Heard) -> Reply:
    wanted = heard.rest.strip().lower()
    if wanted in ("", "all") or wanted in {status.value for status in TenantStatus}:
        return showing.businesses(wanted if wanted != "all" else "")
    return showing.search(heard.rest.strip())


def _tenant(heard: Heard) -> Reply:
    (typed,) = _words(heard, 1, 1)
    return card(f"account:{acts.tenant_of(typed).id}")


def _approve(heard: Heard) -> Done:
    (typed,) = _words(heard, 1, 1)
    return acts.approve(heard, acts.tenant_of(typed).id)


def _reject(heard: Heard) -> Reply | Done:
    typed, reason = _words(heard, 1, 2)
    tenant = acts.tenant_of(typed)
    if tenant.status != TenantStatus.PENDING.value:
        return Reply(acts.standing(tenant.id))
    return acts.reject(heard, tenant.id, reason) if reason else asking.why_rejected(heard, tenant)


def _suspend(heard: Heard) -> Reply:
    typed, reason = _words(heard, 1, 2)
    tenant = acts.tenant_of(typed)
    if tenant.status != TenantStatus.ACTIVE.value:
        return Reply(acts.standing(tenant.id))
    if reason:
        return asking.really_suspend(heard, tenant, reason)
    return asking.why_suspended(heard, tenant)


def _resume(heard: Heard) -> Done:
    (typed,) = _words(heard, 1, 1)
    return acts.resume(heard, acts.tenant_of(typed).id)


def _credit(heard: Heard) -> Reply | Done:
    typed, figures, reason = _words(heard, 3, 3)
    tenant = acts.tenant_of(typed)
    amount = Money.parse(figures.lstrip("+"), signed=True)
    if not amount:
        raise terms.NothingToAdjust
    if acts.needs_second_press(amount):
        return asking.really_credit(heard, tenant, amount, reason)
    return acts.credit(heard, tenant.id, amount, reason, once=heard.once)


def _price(heard: Heard) -> Reply | Done:
    """Show or set what a segment costs a business: `0.65`, `tier high`, or `off` for its tier's."""
    typed, wanted, name = _words(heard, 1, 3)
    tenant = acts.tenant_of(typed)
    before = profiles.of(tenant)
    if not wanted:
        own = "its own" if tenant.price_units is not None else f"tier {tenant.tier}"
        return Reply(f"{acts.named(tenant)} pays {b(before.price)} a segment ({e(own)}).")
    by_tier = wanted.lower() in ("tier", "off")
    if wanted.lower() == "tier" and not name:
        raise Usage
    tenants.set_terms(
        tenant.id,
        price=None if by_tier else Money.parse(wanted),
        tier=name if wanted.lower() == "tier" else UNSET,
        actor=heard.actor,
        channel=acts.CHANNEL,
    )
    after = profiles.of(rows.get(tenant.id))
    return Done(
        f"✅ {acts.named(tenant)} pays {b(after.price)} a segment now, before {e(before.price)}. "
        "Texts already taken on keep their price.",
        acts.cards_of(tenant.id),
    )


def _assign(heard: Heard) -> Reply:
    receipt, typed = _words(heard, 2, 2)
    payment = Payment.get_or_none(Payment.receipt == receipt.strip().upper())
    if payment is None:
        raise payment_errors.ReceiptNotFound(receipt=receipt[:20])
    if payment.status != PaymentStatus.SUSPENSE.value:
        return card(f"payment:{payment.receipt}")
    return asking.really_assign(heard, payment, acts.tenant_of(typed))


def _unmatched(heard: Heard) -> Reply:
    return showing.unmatched()


def _senders(heard: Heard) -> Reply:
    return showing.sender_ids()


def _balances(heard: Heard) -> Reply:
    return showing.balances()


def _pause(heard: Heard) -> Reply:
    if words := acts.paused():
        return Reply(words)
    return asking.really_pause(heard, heard.rest.strip() or "No reason given")


def _unpause(heard: Heard) -> Done:
    return acts.unpause(heard)


def _prove(heard: Heard) -> Reply:
    return showing.proof()


def _digest(heard: Heard) -> Reply:
    """Show yesterday, or with `today` the day so far."""
    today = clock.now().astimezone(clock.NAIROBI).date()
    when = today if heard.rest.strip().lower() == "today" else digest.yesterday()
    return card(f"digest:{when.isoformat()}")


def _health(heard: Heard) -> Reply:
    return health.health()


COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "tenants": Command("[STATUS or NAME]", "businesses, those that wait first", _tenants),
        "tenant": Command("ID", "one business: money, last acts, what can be done", _tenant),
        "approve": Command("ID", "let a business in", _approve),
        "reject": Command("ID [REASON]", "turn a business away", _reject),
        "credit": Command("ID AMOUNT REASON", "add to a wallet, or with a minus take", _credit),
        "suspend": Command("ID [REASON]", "stop a business", _suspend),
        "resume": Command("ID", "open a suspended business again", _resume),
        "price": Command("ID [PRICE, off or tier NAME]", "what a segment costs it", _price),
        "unmatched": Command("", "payments without an owner", _unmatched),
        "assign": Command("RECEIPT ID", "give a payment to a business", _assign),
        "senders": Command("", "sender IDs that wait for a decision", _senders),
        "balances": Command("", "float, M-Pesa, suspense, wallets", _balances),
        "pause": Command("[REASON]", "stop all sending", _pause),
        "unpause": Command("", "let sending go on", _unpause),
        "prove": Command("", "prove the money to the last shilling", _prove, is_slow=True),
        "digest": Command("[today]", "the day in figures", _digest, is_slow=True),
        "health": Command("", "is everything running", _health),
        "cancel": Command("", "leave a question of mine unanswered", _cancel),
        "help": Command("", "this list", _help),
    }
)
# What a button may run: nothing that changes anything.
HARMLESS = frozenset({"tenants", "unmatched", "senders", "balances", "prove", "digest", "health"})


def run(name: str, heard: Heard) -> Reply | Done | None:
    """Run a command; None when there is none of that name. Raises: Refused of many kinds."""
    # /tenant_12 can be tapped where /tenant 12 cannot.
    name, _, number = name.partition("_")
    command = COMMANDS.get(name)
    if command is None:
        return None
    if number:
        heard = replace(heard, rest=f"{number} {heard.rest}".strip())
    try:
        return command.act(heard)
    except Usage:
        return Reply(f"Write it like this: /{name} {e(command.takes)}")
    except NotFound as missing:
        if type(missing) is NotFound:
            return Reply("There is no business with that number. /tenants lists them.")
        raise


def listed() -> Sequence[tuple[str, str]]:
    """List the commands as Telegram's menu shows them."""
    return [
        (name, f"{each.takes}: {each.meaning}" if each.takes else each.meaning)
        for name, each in COMMANDS.items()
    ]
