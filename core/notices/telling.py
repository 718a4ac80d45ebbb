"""What a person is told of what they asked for, or of their business."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.ledger.accounts import balance
from core.money import Money
from core.notices import bulk, guarding, replies
from core.notices.notebook import Matter
from core.notices.results import result
from core.notices.saying import Nothing, Said, Words, kes, plainly, say
from core.payments.explaining import explain
from core.payments.models import TopUp, TopUpStatus
from core.settings import settings
from core.tenants import rows
from core.tenants.models import TenantStatus

APPROVED = "{business} is approved. You can top up and send SMS now. Dial {code}."
REJECTED = "{business} was not approved: {reason}. Contact us, or sign up again."
SUSPENDED = "{business} is suspended: {reason}. Your money is safe. Contact us to open it again."
RESUMED = "{business} is open again. You can send SMS now."
LOW = "{business} has KES {balance} left, enough for about {days} days. Top up: dial {code}."
A_DAY = "{business} has KES {balance} left, enough for about a day. Top up: dial {code}."
VERY_LOW = "{business} has KES {balance} left, enough for less than a day. Top up: dial {code}."

Compose = Callable[[Matter, str], Said]


def _topup(expected: TopUpStatus | None) -> Compose:
    """Tell how a top-up stands, unless it has moved on: then other words are on their way."""

    def compose(matter: Matter, language: str) -> Said:
        topup = TopUp.get_or_none(TopUp.id == matter.data["topup"])
        over = (TopUpStatus.FAILED, TopUpStatus.EXPIRED) if expected is None else (expected,)
        if topup is None or TopUpStatus(topup.status) not in over:
            return Nothing("The top-up has moved on.")
        return plainly(explain(topup, language, late=bool(matter.data.get("late"))))

    return compose


def _tenant(sentence: str, status: TenantStatus) -> Compose:
    def compose(matter: Matter, language: str) -> Said:
        assert matter.tenant_id is not None
        tenant = rows.get(matter.tenant_id)
        if tenant.status != status.value:
            return Nothing(f"The business is {tenant.status} by now.")
        reason = str(matter.data.get("reason") or "").rstrip(". ")
        names = {"business": tenant.name, "reason": reason}
        return say(language, sentence, names, code=settings().ussd.service_code)

    return compose


def _low(matter: Matter, language: str) -> Said:
    assert matter.tenant_id is not None
    days = int(matter.data["days_left"])
    return say(
        language,
        LOW if days > 1 else A_DAY if days == 1 else VERY_LOW,
        {"business": rows.get(matter.tenant_id).name},
        balance=kes(max(Money(0), balance(matter.tenant_id).available)),
        days=days,
        code=settings().ussd.service_code,
    )


def _result(matter: Matter, language: str) -> Said:
    return result(str(matter.data["batch"]), language)


KINDS: Mapping[str, Compose] = MappingProxyType(
    {
        "topup.completed": _topup(TopUpStatus.COMPLETED),
        "topup.confirming": _topup(TopUpStatus.CONFIRMING),
        "topup.failed": _topup(None),
        "tenant.approved": _tenant(APPROVED, TenantStatus.ACTIVE),
        "tenant.rejected": _tenant(REJECTED, TenantStatus.REJECTED),
        "tenant.suspended": _tenant(SUSPENDED, TenantStatus.SUSPENDED),
        "tenant.resumed": _tenant(RESUMED, TenantStatus.ACTIVE),
        "balance.low": _low,
        "batch.accepted": _result,
        "team.joined": guarding.of_team(guarding.JOINED),
        "team.role_changed": guarding.of_team(guarding.ROLE),
        "team.removed": guarding.of_team(guarding.REMOVED),
        **bulk.KINDS,
        **replies.KINDS,
        **{name: guarding.of_phone(told) for name, told in guarding.TO_THE_PHONE.items()},
    }
)

__all__ = ["KINDS", "Compose", "Words"]
