"""Money typed at the paybill: whose it is, and what we answer before it moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import peewee
import structlog

from core import clock
from core.gateways.daraja import RegisterAnswer, check_callback_url, read_c2b
from core.money import Money
from core.payments import addresses, provider
from core.payments.models import TopUp, TopUpStatus
from core.tenants import account_numbers
from core.tenants.models import PLATFORM_TENANT, Tenant

CODE_LENGTH = 4
# How long a top-up that M-Pesa calls paid looks for a payment typed with the bare account number.
CONFIRMING_WINDOW = timedelta(minutes=30)

ACCEPT = {"ResultCode": "0", "ResultDesc": "Accepted"}
NO_SUCH_ACCOUNT = {"ResultCode": "C2B00012", "ResultDesc": "Rejected"}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a payment belongs to, and the top-up it is for, as far as the account typed tells."""

    tenant_id: int | None = None
    topup: TopUp | None = None


def validate(raw: bytes) -> dict[str, str]:
    """Answer whether M-Pesa may take a payment: no only when the account surely does not exist.

    One indexed look-up, inside M-Pesa's eight seconds; nothing is stored or credited. A trouble of
    ours must not keep a customer from paying, so whatever we cannot tell is accepted, and money
    for nobody waits in suspense. Suspended and closed accounts take money too: it is theirs.
    """
    payment = read_c2b(raw)
    # A till asks for no account; the money is told apart by the push behind it.
    if payment is None or payment.account_typed is None:
        return ACCEPT
    try:
        exists = tenant_of(payment.account_typed) is not None
    except peewee.PeeweeException:
        log.exception("c2b_validation_failed")
        return ACCEPT
    return ACCEPT if exists else NO_SUCH_ACCOUNT


def tenant_of(typed: str) -> int | None:
    """Find the tenant whose account number was typed, whatever came behind it."""
    return _read(typed)[0]


def whose(typed: str, amount: Money) -> Owner:
    """Find the tenant a confirmation is for, and the unfinished top-up, if it names one."""
    tenant_id, rest = _read(typed)
    if tenant_id is None:
        return Owner()
    if rest:
        return Owner(tenant_id, _by_code(tenant_id, rest))
    return Owner(tenant_id, confirming(tenant_id, amount))


def _read(typed: str) -> tuple[int | None, str]:
    found = account_numbers.read(typed)
    if found is None:
        return None, ""
    account_number, rest = found
    tenant = Tenant.get_or_none(
        Tenant.account_number == account_number, Tenant.id != PLATFORM_TENANT
    )
    return (tenant.id if tenant is not None else None), rest


def _by_code(tenant_id: int, code: str) -> TopUp | None:
    """Find the unfinished top-up with a code; a failed one counts, for success wins."""
    if len(code) != CODE_LENGTH:
        return None
    found: TopUp | None = (
        TopUp.select()
        .where(
            TopUp.tenant_id == tenant_id,
            TopUp.code == code,
            ~TopUp.is_test,
            TopUp.status != TopUpStatus.COMPLETED.value,
        )
        .order_by(TopUp.id.desc())
        .first()
    )
    return found


def confirming(tenant_id: int, amount: Money) -> TopUp | None:
    """Find the one top-up that M-Pesa calls paid and that waits for a receipt of this amount."""
    found = list(
        TopUp.select()
        .where(
            TopUp.tenant_id == tenant_id,
            TopUp.status == TopUpStatus.CONFIRMING.value,
            TopUp.amount == amount.units,
            TopUp.created_at >= clock.now() - CONFIRMING_WINDOW,
        )
        .limit(2)
    )
    # Two of them, and which one it is nobody can say.
    return found[0] if len(found) == 1 else None


def check_addresses() -> None:
    """Make sure that Safaricom will take our callback addresses: for the doctor.

    Raises: ValueError, saying what is wrong.
    """
    for url in (addresses.confirmation(), addresses.validation(), addresses.stk("0" * 32)):
        check_callback_url(url)


def register() -> RegisterAnswer:
    """Register where Safaricom tells of payments to the paybill: once for all in production.

    `Completed` asks M-Pesa to take payments that we are too slow, or too broken, to validate.
    Raises: ValueError (Safaricom would refuse our address).
    """
    return provider.gateway().register_urls(
        addresses.confirmation(), addresses.validation(), "Completed"
    )
