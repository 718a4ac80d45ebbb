"""What the ops chat can be shown: businesses, payments, balances, the proof of the money."""

from __future__ import annotations

from typing import Any

import peewee

from bots.desk.acts import named
from bots.desk.replies import Reply
from core import prove
from core.gateways.telegram import Button
from core.ledger.accounts import Platform, Purse, platform
from core.ledger.models import Account
from core.messaging import balances as gateway_balances
from core.messaging import operations, sender_requests
from core.money import Money
from core.notices import floats, tenant_cards
from core.notices.markup import b, code, e, i, kes
from core.notices.money_cards import payer
from core.notices.operators import moment
from core.payments import suspense
from core.payments.models import Payment
from core.tenants import rows, tenants
from core.tenants.models import Tenant, TenantStatus

PAGE = 10
UNMATCHED_SHOWN = 10
DIFFERENCES_SHOWN = 10
FOUND_MAX = 20


def businesses(status: str = "", after: int | None = None) -> Reply:
    """List businesses, newest first; without a status those that wait for approval on top."""
    wanted = TenantStatus(status) if status else None
    found = tenants.listing(status=wanted, after=after, limit=PAGE + 1)
    lines = []
    if wanted is None and after is None:
        waiting = tenants.listing(status=TenantStatus.PENDING, limit=PAGE)
        if waiting:
            lines += [b("Waiting for approval"), *_listed(waiting), ""]
    lines += [b(f"Businesses: {status}" if status else "Businesses, newest first")]
    lines += _listed(found[:PAGE]) or [i("none")]
    older = Button("Older", f"page:{status}:{found[PAGE - 1].id}") if len(found) > PAGE else None
    return Reply("\n".join(lines), [[older]] if older else ())


def search(name: str) -> Reply:
    """List businesses with these words in their name, or with this phone."""
    digits = "".join(filter(str.isdigit, name))
    condition = Tenant.name.contains(name)
    if len(digits) >= 6:
        condition |= Tenant.phone.contains(digits.removeprefix("0"))
    query = Tenant.select().where(Tenant.id > 0, condition).order_by(Tenant.id.desc())
    found = list(query.limit(FOUND_MAX))
    return Reply("\n".join([b(f"Businesses with {name!r}"), *(_listed(found) or [i("none")])]))


def _listed(found: list[Tenant]) -> list[str]:
    left = {
        row.tenant_id: row.posted_credit - row.posted_debit - row.pending + row.credit_limit
        for row in Account.select().where(
            Account.kind == Purse.WALLET.value, Account.tenant_id.in_([each.id for each in found])
        )
    }
    return [
        f"{tenant_cards.sign(each)} {each.id} {e(each.name, 40)}, {kes(left.get(each.id, 0))} "
        f"/tenant_{each.id}"
        for each in found
    ]


def unmatched() -> Reply:
    """List the payments without an owner, each with a button for its card."""
    found = suspense.listing(limit=UNMATCHED_SHOWN + 1)
    if not found:
        return Reply("Every payment has its owner.")
    count, units = _suspended()
    lines = [b(f"{count:,} payments without an owner, {Money(units)}")]
    for each in found[:UNMATCHED_SHOWN]:
        typed = f", typed {code(each.account_typed, 30)}" if each.account_typed else ""
        at = moment(each.paid_at or each.created_at)
        lines.append(f"{code(each.receipt)} {kes(each.amount)}, {at}, {e(payer(each), 40)}{typed}")
    buttons = [
        [Button(f"{each.receipt} {Money(each.amount)}", f"pay:{each.receipt}")]
        for each in found[:UNMATCHED_SHOWN]
    ]
    return Reply("\n".join(lines), buttons)


def sender_ids() -> Reply:
    """List the sender IDs that wait for a decision, each with a button for its card."""
    found = sender_requests.waiting(limit=UNMATCHED_SHOWN + 1)
    if not found:
        return Reply("No sender ID waits for a decision.")
    lines = [b("Sender IDs that wait, the oldest first")]
    for each in found[:UNMATCHED_SHOWN]:
        owner = rows.find(each.tenant_id)
        whose = "nobody" if owner is None else named(owner)
        lines.append(
            f"{b(each.name)} of {whose}, {e(each.category)}, {e(each.status)} "
            f"since {moment(each.created_at)}"
        )
    if len(found) > UNMATCHED_SHOWN:
        lines.append(i("and more"))
    buttons = [[Button(each.name, f"sshow:{each.public_id}")] for each in found[:UNMATCHED_SHOWN]]
    return Reply("\n".join(lines), buttons)


def _suspended() -> tuple[int, int]:
    row: Any = (
        Payment.select(peewee.fn.COUNT(Payment.receipt), peewee.fn.SUM(Payment.amount))
        .where(peewee.SQL("status = 'suspense'"))
        .tuples()
        .get()
    )
    return int(row[0]), int(row[1] or 0)


def balances() -> Reply:
    """Show the money there is: at the gateway, at M-Pesa, in suspense, in wallets."""
    lines = [b("Balances"), f"Float at Onfon: {b(floats.told())}"]
    for account in operations.accounts():
        if account.tenant_id is None:
            continue
        said = gateway_balances.latest(account.id)
        owner = rows.find(account.tenant_id)
        if said is not None and owner is not None:
            lines.append(f"Own account of {named(owner)}: {e(said.said)}")
    wallets, held = _wallets()
    count, units = _suspended()
    lines += [
        f"Came in by M-Pesa, in all: {kes(_in(Platform.MPESA))}",
        f"Customers' wallets: {kes(wallets)}, of it held for texts {kes(held)}",
        f"Unmatched: {count:,} payments, {kes(units)}",
        f"Sold, in all: {kes(-_in(Platform.REVENUE))}",
        f"Paid to the gateway for it: {kes(_in(Platform.ONFON_COST))}",
    ]
    return Reply("\n".join(lines))


def _in(kind: Platform) -> int:
    row = Account.get_by_id(platform(kind))
    return int(row.posted_debit - row.posted_credit)


def _wallets() -> tuple[int, int]:
    row: Any = (
        Account.select(
            peewee.fn.SUM(Account.posted_credit - Account.posted_debit),
            peewee.fn.SUM(Account.pending),
        )
        .where(Account.kind == Purse.WALLET.value)
        .tuples()
        .get()
    )
    return int(row[0] or 0), int(row[1] or 0)


def proof() -> Reply:
    """Prove the money now."""
    findings = prove.run()
    wrong = [each for each in findings if not each.is_ok]
    verdict = "🔴 The books do not agree" if wrong else "✅ The books agree"
    lines = [b(f"{verdict}: {len(findings) - len(wrong)} of {len(findings)} claims hold")]
    for each in findings:
        note = f" {i(f'({each.note})')}" if each.note else ""
        lines.append(f"{'✅' if each.is_ok else '❌'} {e(each.claim)}{note}")
        lines += [f"   {e(difference)}" for difference in each.differences[:DIFFERENCES_SHOWN]]
    return Reply("\n".join(lines))
