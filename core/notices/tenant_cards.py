"""Cards of businesses: a new one to decide upon, and one as it stands with its last acts."""

from __future__ import annotations

from core import phone
from core.gateways.telegram import Button, Keyboard
from core.ledger import accounts
from core.messaging import senders
from core.messaging.models import SenderStatus
from core.money import Money
from core.notices.cards import Drawn
from core.notices.markup import b, code, e, i, kes, lines
from core.notices.operators import moment, name_of
from core.tenants import audit, profiles, rows
from core.tenants.models import Audit, Tenant, TenantStatus

LANGUAGES = {"en": "English", "sw": "Swahili"}
ACTS_SHOWN = 10
APPROVED = SenderStatus.APPROVED.value
_STATUS_ACTS = ("tenant.approved", "tenant.rejected", "tenant.suspended", "tenant.resumed")
_SIGNS = {
    TenantStatus.UNVERIFIED: "⚪️",
    TenantStatus.PENDING: "🆕",
    TenantStatus.ACTIVE: "🟢",
    TenantStatus.SUSPENDED: "⛔️",
    TenantStatus.REJECTED: "❌",
    TenantStatus.CLOSED: "⚫️",
}
_DONE = {
    "tenant.approved": "✅ Approved",
    "tenant.rejected": "❌ Rejected",
    "tenant.suspended": "⛔️ Suspended",
    "tenant.resumed": "🟢 Resumed",
}


def sign(tenant: Tenant) -> str:
    """Return the sign of a business's state."""
    return _SIGNS[TenantStatus(tenant.status)]


def last_decision(tenant_id: int) -> Audit | None:
    """Find the last act that changed the state of a business: who, when, why."""
    found: Audit | None = (
        Audit.select()
        .where(Audit.tenant_id == tenant_id, Audit.act.in_(_STATUS_ACTS))
        .order_by(Audit.id.desc())
        .first()
    )
    return found


def version(tenant_id: int) -> int:
    """Number the state of a business, so that a button of an older state is recognised."""
    found = last_decision(tenant_id)
    return 0 if found is None else int(found.id)


def decided(tenant: Tenant) -> str | None:
    """Say who brought a business into its present state, when and why; None when nobody did."""
    act = last_decision(tenant.id)
    if act is None:
        return None
    why = f": {i(tenant.status_reason)}" if tenant.status_reason else ""
    return f"{_DONE[act.act]} by {b(name_of(act.actor))}, {moment(act.created_at)}{why}"


def draw_new(key: str) -> Drawn | None:
    """Draw a business that asks to be let in: all we know of it, and the two buttons."""
    tenant = rows.find(int(key))
    if tenant is None:
        return None
    is_open = tenant.status == TenantStatus.PENDING.value
    heading = "🆕 New business" if is_open else f"{sign(tenant)} Business"
    return Drawn(
        lines(
            f"{b(f'{heading} {tenant.id}: {tenant.name}')}",
            *_facts(tenant),
            *_warnings(tenant),
            "" if is_open else None,
            None if is_open else decided(tenant),
        ),
        _choices(tenant) if is_open else (),
    )


def draw_account(key: str) -> Drawn | None:
    """Draw a business as it stands: its facts, money, last acts, and what can be done."""
    tenant = rows.find(int(key))
    if tenant is None:
        return None
    return Drawn(
        lines(
            b(f"{sign(tenant)} {tenant.id}: {tenant.name} ({tenant.status})"),
            *_facts(tenant),
            *_money(tenant),
            *_warnings(tenant),
            "",
            decided(tenant),
            *_acts(tenant),
        ),
        _choices(tenant),
    )


def _facts(tenant: Tenant) -> list[str | None]:
    number = phone.pretty(tenant.phone)
    language = LANGUAGES.get(tenant.language, tenant.language)
    return [
        f"Contact: {e(tenant.contact_name)}, {e(language)}",
        f"Phone: {code(number)} ({e(phone.operator(tenant.phone).capitalize())})",
        f"E-mail: {e(tenant.email)}" if tenant.email else None,
        f"KRA PIN: {e(tenant.kra_pin)}" if tenant.kra_pin else None,
        f"Address: {e(tenant.address)}" if tenant.address else None,
        f"Signed up: {_signed_up(tenant)}",
        f"Paybill account: {code(tenant.account_number)}",
        f"Price: KES {profiles.of(tenant).price.text()} a segment, tier {e(tenant.tier)}",
    ]


def _signed_up(tenant: Tenant) -> str:
    first = (
        Audit.select()
        .where(Audit.tenant_id == tenant.id, Audit.act == "tenant.signed_up")
        .order_by(Audit.id)
        .first()
    )
    door = f" by {e(first.channel)}" if first is not None else ""
    proved = f", phone proved {moment(tenant.verified_at)}" if tenant.verified_at else ""
    return f"{moment(tenant.created_at)}{door}{proved}"


def _warnings(tenant: Tenant) -> list[str]:
    """Name what an admin should know before saying yes: this phone's earlier businesses."""
    earlier = Tenant.select().where(
        Tenant.phone == tenant.phone, Tenant.id < tenant.id, Tenant.phone != ""
    )
    return [
        f"⚠️ This phone had business {each.id} {e(each.name, 60)}, which is {e(each.status)}"
        + (f": {i(each.status_reason, 120)}" if each.status_reason else "")
        for each in earlier.order_by(Tenant.id.desc()).limit(3)
    ]


def _money(tenant: Tenant) -> list[str]:
    purse = accounts.balance(tenant.id)
    names = ", ".join(
        f"{row.name} ({row.category}{'' if row.status == APPROVED else f', {row.status}'})"
        for row in senders.listing(tenant.id)
    )
    found = [f"Wallet: {kes(purse.available.units)}, held {kes(purse.held.units)}"]
    if purse.credit_limit:
        found.append(f"Credit limit: {kes(purse.credit_limit.units)}")
    cap = accounts.daily_cap(tenant.id)
    if cap is not None:
        found.append(f"Daily limit: {kes(cap.units)}")
    if tenant.price_units is not None:
        found.append(f"Own price: KES {Money(tenant.price_units).text()} a segment")
    if names:
        found.append(f"Sender IDs: {e(names)}")
    return found


def _acts(tenant: Tenant) -> list[str]:
    return [
        f"{moment(act.created_at)} {e(name_of(act.actor), 40)}: {e(act.act)}"
        for act in audit.listing(tenant.id, limit=ACTS_SHOWN)
    ]


def _choices(tenant: Tenant) -> Keyboard:
    """Offer what can be done with a business in its state, and in no other."""
    match TenantStatus(tenant.status):
        case TenantStatus.PENDING:
            return [
                [
                    Button("Approve", f"approve:{tenant.id}", "success"),
                    Button("Reject", f"reject:{tenant.id}", "danger"),
                ]
            ]
        case TenantStatus.ACTIVE:
            return [[Button("Suspend", f"suspend:{tenant.id}:{version(tenant.id)}", "danger")]]
        case TenantStatus.SUSPENDED:
            return [[Button("Resume", f"resume:{tenant.id}:{version(tenant.id)}", "success")]]
        case _:
            return ()
