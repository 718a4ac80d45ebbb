"""Signing up: a business says who it is, proves its phone by a code, and waits for approval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core import clock, events, ids, words
from core.database import after_commit, transaction
from core.errors import Invalid
from core.ledger import accounts, transfers
from core.ledger.accounts import Platform, Purse
from core.messaging.sending import send_platform_text
from core.money import Money
from core.onboarding import codes, limits
from core.onboarding.codes import Verdict
from core.onboarding.errors import (
    AlreadyVerified,
    CodeBurnt,
    CodeExpired,
    CodeWrong,
    PhoneNotKenyan,
    PhoneRegistered,
    TermsNotAccepted,
)
from core.phone import parse as parse_msisdn
from core.settings import settings
from core.tenants import account_numbers, audit, fields, keys, people, rows
from core.tenants.models import Role, Tenant, TenantStatus

PLAY_MONEY = Money.kes(10_000)
CODE_TEXT = "{code} is your {app} code. It works for {minutes} minutes. Tell it to nobody."

# Of a phone in one of these, nobody can sign up again.
_VERIFIED = (TenantStatus.PENDING, TenantStatus.ACTIVE, TenantStatus.SUSPENDED)


@dataclass(frozen=True, slots=True)
class SignedUp:
    """A business that waits for its code, which went through `channel`."""

    tenant: Tenant
    channel: Literal["sms"]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Verified:
    """A business that waits for approval, and its first keys: show them once."""

    tenant: Tenant
    live_key: str
    test_key: str


def sign_up(
    business_name: str,
    contact_name: str,
    phone: str,
    email: str | None,
    language: str | None,
    accept_terms: bool,
    *,
    ip: str | None,
    channel: str = "api",
) -> SignedUp:
    """Register a business and text its phone a code.

    Signing up again with a phone that is not proved yet renews the same business and sends another
    code; the earlier one is dead. Everything is stored in one transaction, the text included.
    Raises: Invalid of several kinds, PhoneRegistered, TooManySignUps, TooManyCodes.
    """
    if accept_terms is not True:
        raise TermsNotAccepted
    details = _read(business_name, contact_name, email, language)
    msisdn = _read_phone(phone)
    limits.count_address(ip)
    _refuse_registered(msisdn)
    limits.count_phone(msisdn)
    limits.count_code(msisdn)
    with transaction():
        tenant = _store(msisdn, details, channel)
        code, expires_at = codes.issue(tenant.id)
        send_platform_text(msisdn, _code_text(code, tenant.language), once=f"code:{ids.new('cod')}")
    return SignedUp(tenant, "sms", expires_at)


def open_proved(
    business_name: str,
    contact_name: str,
    phone: str,
    email: str | None = None,
    language: str | None = None,
    *,
    channel: str,
) -> Tenant:
    """Register a business whose phone has proved itself, as a caller's number on USSD does.

    It waits for approval at once, without keys: those are made where they can be shown. The door
    has asked for the terms to be accepted. A sign-up that waits for a code is renewed and opened.
    Raises: Invalid of several kinds, PhoneRegistered, TooManySignUps.
    """
    details = _read(business_name, contact_name, email, language)
    msisdn = _read_phone(phone)
    _refuse_registered(msisdn)
    limits.count_phone(msisdn)
    with transaction():
        tenant = _store(msisdn, details, channel)
        codes.kill(tenant.id)
        _prove(tenant, channel)
    return rows.get(tenant.id)


def verify(tenant_id: int, code: str, *, ip: str | None, channel: str = "api") -> Verified:
    """Take a code: the phone is proved, the business waits for approval and has its keys.

    Of several with the right code at once, one wins. Wrong tries count, whoever makes them.
    Raises: NotACode, CodeWrong, CodeBurnt, CodeExpired, AlreadyVerified, TooManyTries.
    """
    typed = codes.read(code)
    limits.count_try(ip)
    with transaction():
        # The lock comes first, as in a sign-up, so that a new code and a try never wait in a ring.
        tenant = rows.locked(tenant_id)
        if tenant is None:
            tried = codes.attempt_at_nothing(tenant_id)
        else:
            tried = codes.attempt(tenant.id, typed)
            if tried.verdict is Verdict.RIGHT:
                return _verified(tenant, channel)
    # Refused only now: inside the transaction, a refusal would undo the counting of the try.
    match tried.verdict:
        case Verdict.BURNT:
            raise CodeBurnt
        case Verdict.EXPIRED:
            raise CodeExpired
        case Verdict.USED:
            raise AlreadyVerified
        case _:
            raise CodeWrong(left=tried.left)


def _read(
    business_name: str, contact_name: str, email: str | None, language: str | None
) -> dict[str, str | None]:
    return {
        "name": fields.line(business_name, "business_name", most=120),
        "contact_name": fields.line(contact_name, "contact_name", most=120),
        "email": fields.email(email),
        "language": fields.language(language),
    }


def _read_phone(given: str) -> str:
    try:
        msisdn = parse_msisdn(given)
    except Invalid as error:
        error.field = "phone"
        raise
    if not msisdn.startswith("254"):
        raise PhoneNotKenyan
    return msisdn


def _refuse_registered(msisdn: str) -> None:
    if (
        Tenant.select()
        .where(Tenant.phone == msisdn, Tenant.status.in_([each.value for each in _VERIFIED]))
        .exists()
    ):
        raise PhoneRegistered


def _store(msisdn: str, details: Mapping[str, str | None], channel: str) -> Tenant:
    """Store a business with its purses and owner, or renew the one that waits."""
    tenant, is_new = _put(msisdn, details)
    accounts.open_purses(tenant.id, daily_cap=settings().limits.daily_spend_cap_units)
    person = people.introduce(msisdn, tenant.contact_name, tenant.language)
    people.join(person, tenant.id, Role.OWNER)
    audit.record(
        tenant.id,
        f"person:{person.id}",
        channel,
        "tenant.signed_up" if is_new else "tenant.signed_up_again",
        subject=f"tenant:{tenant.id}",
        after={**details, "phone": msisdn},
    )
    return tenant


def _put(msisdn: str, details: Mapping[str, str | None]) -> tuple[Tenant, bool]:
    """Store a new business, or renew the one that waits for this phone's code.

    A unique index lets one unverified business a phone exist. Returns whether it is new.
    Raises: PhoneRegistered.
    """
    for _ in range(20):
        made = list(
            Tenant.insert(
                phone=msisdn,
                account_number=account_numbers.make(),
                created_at=clock.now(),
                **details,
            )
            .on_conflict_ignore()
            .returning(Tenant.id)
            .execute()
        )
        if made:
            # A verification that committed while the insert waited has left the index's reach.
            _refuse_registered(msisdn)
            return rows.get(made[0].id), True
        renewed = (
            Tenant.update(**details)
            .where(Tenant.phone == msisdn, Tenant.status == TenantStatus.UNVERIFIED.value)
            .execute()
        )
        if renewed:
            waiting = Tenant.get(
                Tenant.phone == msisdn, Tenant.status == TenantStatus.UNVERIFIED.value
            )
            return waiting, False
        # Verified a moment ago; or else the account number was taken, and another one will do.
        _refuse_registered(msisdn)
    raise RuntimeError("The database takes no new tenant.")


def _code_text(code: str, language: str) -> str:
    app = settings().app.name
    return words.say(
        language, CODE_TEXT, code=code, app=app, minutes=settings().limits.code_minutes
    )


def _verified(tenant: Tenant, channel: str) -> Verified:
    """Open a business and make its keys. Runs in the transaction that used the code up."""
    actor = _prove(tenant, channel)
    _, live_key = keys.create(tenant.id, "Live", mode="live", actor=actor, channel=channel)
    _, test_key = keys.create(tenant.id, "Test", mode="test", actor=actor, channel=channel)
    return Verified(rows.get(tenant.id), live_key, test_key)


def _prove(tenant: Tenant, channel: str) -> str:
    """Do what a proved phone entitles to. Returns the actor: the person behind the phone."""
    moved = (
        Tenant.update(status=TenantStatus.PENDING.value, verified_at=clock.now())
        .where(Tenant.id == tenant.id, Tenant.status == TenantStatus.UNVERIFIED.value)
        .execute()
    )
    if not moved:
        raise AlreadyVerified
    owner = people.by_phone(tenant.phone)
    actor = f"person:{owner.id}" if owner else f"tenant:{tenant.id}"
    transfers.post(
        accounts.platform(Platform.PLAY_MONEY),
        accounts.purse_id(tenant.id, Purse.PLAY),
        PLAY_MONEY,
        kind="play",
        once=f"play:{tenant.id}",
        subject=f"tenant:{tenant.id}",
        actor="system",
    )
    audit.record(
        tenant.id,
        actor,
        channel,
        "tenant.verified",
        subject=f"tenant:{tenant.id}",
        before={"status": TenantStatus.UNVERIFIED.value},
        after={"status": TenantStatus.PENDING.value},
    )
    events.record("tenant.pending", tenant.id, business=tenant.name)
    after_commit(keys.forget_cached)
    return actor
