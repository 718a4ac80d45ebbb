"""Asking a customer for money, and showing what became of it."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta

import peewee

from core import clock, ids, phone, quota
from core.database import after_commit, transaction
from core.money import Money
from core.payments import pushing, rehearsing
from core.payments.c2b import CODE_LENGTH
from core.payments.errors import (
    AmountNotWhole,
    AmountOutOfRange,
    MethodNotOffered,
    PhoneBusy,
    PhoneWithoutMpesa,
    TooManyPushes,
    TopUpNotFound,
)
from core.payments.models import StkPush, TopUp, TopUpStatus
from core.secrets import make_token
from core.settings import settings
from core.tenants.account_numbers import ALPHABET
from core.tenants.profiles import Profile

# Safaricom refuses the same amount from the same phone within this time, and so do fingers that
# tap twice.
SAME_AGAIN = timedelta(minutes=2)
PUSHES_PER_PHONE_PER_HOUR = 5
_KENYA = ("2547", "2541")
_OPEN = (TopUpStatus.PENDING.value, TopUpStatus.CONFIRMING.value)


def request(
    profile: Profile,
    amount: Money,
    phone_given: str,
    *,
    method: str = "mpesa",
    once: str,
    actor: str,
    push_after_s: float = 0,
) -> TopUp:
    """Ask a phone to pay into a tenant's wallet, by a prompt for the M-Pesa PIN.

    The same `once` gives the same top-up. So does the same amount from the same phone within two
    minutes while that is open, for those who tap twice. With `push_after_s` the prompt waits: a
    USSD session must end before the phone can show it.

    Raises: TenantNotActive, MethodNotOffered, AmountNotWhole, AmountOutOfRange, InvalidNumber,
    PhoneWithoutMpesa, PhoneBusy, TooManyPushes.
    """
    profile.require_active()
    if method != "mpesa":
        raise MethodNotOffered(given=method[:20])
    check_amount(amount)
    msisdn = read_payer(phone_given)
    mode = "topup-test" if profile.is_test else "topup"
    key = f"{mode}:{profile.tenant_id}:{once}"
    # A twin may be faster by a moment, and have the phone: a second look finds what it made.
    with suppress(peewee.IntegrityError, PhoneBusy, TooManyPushes):
        return _ask_once(profile, amount, msisdn, key, actor, push_after_s)
    try:
        return _ask_once(profile, amount, msisdn, key, actor, push_after_s)
    except peewee.IntegrityError as error:
        raise PhoneBusy(phone=phone.pretty(msisdn)) from error


def check_amount(amount: Money) -> None:
    """Refuse what M-Pesa cannot move at once. Raises: AmountNotWhole, AmountOutOfRange."""
    limit = Money(settings().mpesa.payment_max_units)
    if not amount.is_whole:
        raise AmountNotWhole
    if not Money.kes(1) <= amount <= limit:
        raise AmountOutOfRange(limit=f"{limit.units // Money.kes(1).units:,}")


def read_payer(given: str) -> str:
    """Read the number of a phone that may pay. Raises: InvalidNumber, PhoneWithoutMpesa."""
    msisdn = phone.parse(given)
    # Which network a number is with, its digits do not tell: any Kenyan mobile may have M-Pesa.
    if not msisdn.startswith(_KENYA):
        raise PhoneWithoutMpesa
    return msisdn


def _ask_once(
    profile: Profile, amount: Money, msisdn: str, key: str, actor: str, push_after_s: float
) -> TopUp:
    with transaction():
        if earlier := TopUp.get_or_none(TopUp.once == key):
            return earlier
        if same := _same_again(profile, amount, msisdn):
            return same
        if not profile.is_test:
            _take_phone(msisdn)
        return _create(profile, amount, msisdn, key, actor, push_after_s)


def _same_again(profile: Profile, amount: Money, msisdn: str) -> TopUp | None:
    recent = StkPush.select(StkPush.topup_id).where(
        StkPush.phone == msisdn, StkPush.created_at > clock.now() - SAME_AGAIN
    )
    found: TopUp | None = (
        TopUp.select()
        .where(
            TopUp.id.in_(recent),
            TopUp.tenant_id == profile.tenant_id,
            TopUp.amount == amount.units,
            TopUp.is_test == profile.is_test,
            TopUp.status.in_(_OPEN),
        )
        .order_by(TopUp.id.desc())
        .first()
    )
    return found


def _take_phone(msisdn: str) -> None:
    """Make sure that no prompt is on a phone, and that it is not asked too often.

    Raises: PhoneBusy, TooManyPushes.
    """
    now = clock.now()
    StkPush.update(is_open=False).where(
        StkPush.phone == msisdn, StkPush.is_open, StkPush.open_until <= now
    ).execute()
    if StkPush.select().where(StkPush.phone == msisdn, StkPush.is_open).exists():
        raise PhoneBusy(phone=phone.pretty(msisdn))
    # A prompt on a stranger's phone is harassment, whoever it is asked for.
    left = quota.take(f"push:{msisdn}", PUSHES_PER_PHONE_PER_HOUR, seconds=3600)
    if not left.allowed:
        raise TooManyPushes(phone=phone.pretty(msisdn), limit=left.limit, retry_after=left.reset_s)


def _create(
    profile: Profile, amount: Money, msisdn: str, key: str, actor: str, push_after_s: float
) -> TopUp:
    now = clock.now()
    wait_s = push_after_s + (rehearsing.delay_s(msisdn) if profile.is_test else 0)
    topup = TopUp.create(
        id=ids.new("top"),
        tenant_id=profile.tenant_id,
        method="mpesa",
        amount=amount.units,
        phone=msisdn,
        code=_free_code(profile.tenant_id),
        once=key,
        actor=actor[:60],
        is_test=profile.is_test,
        created_at=now,
    )
    StkPush.create(
        topup_id=topup.id,
        token=make_token(),
        phone=msisdn,
        # Play money must not keep a real prompt from the phone whose number was made use of.
        is_open=not profile.is_test,
        open_until=now + pushing.GIVE_UP_AFTER,
        push_at=now + timedelta(seconds=wait_s),
        created_at=now,
    )
    if wait_s:
        after_commit(lambda: pushing.push.later(topup.id, delay_s=wait_s))
    else:
        after_commit(lambda: pushing.push.nudge(topup.id))
    return topup


def _free_code(tenant_id: int) -> str:
    """Draw a code that no other top-up of the tenant has; a million of them make that easy."""
    for _ in range(20):
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        taken = TopUp.select().where(TopUp.tenant_id == tenant_id, TopUp.code == code)
        if not taken.exists():
            break
    # After a million top-ups an old code comes again; the unfinished one with it is meant then.
    return code


def one(profile: Profile, topup_id: str) -> TopUp:
    """Find a tenant's top-up.

    Raises: TopUpNotFound.
    """
    topup = TopUp.get_or_none(
        TopUp.id == topup_id,
        TopUp.tenant_id == profile.tenant_id,
        TopUp.is_test == profile.is_test,
    )
    if topup is None:
        raise TopUpNotFound
    return topup


def listing(
    profile: Profile,
    *,
    status: TopUpStatus | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[TopUp]:
    """List a tenant's top-ups, newest first, from below the id `after`."""
    query = TopUp.select().where(
        TopUp.tenant_id == profile.tenant_id, TopUp.is_test == profile.is_test
    )
    if status is not None:
        query = query.where(TopUp.status == status.value)
    if after is not None:
        query = query.where(TopUp.id < after)
    return list(query.order_by(TopUp.id.desc()).limit(limit))
