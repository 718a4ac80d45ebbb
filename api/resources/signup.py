"""Signing up: a business tells who it is, then proves its phone."""

from __future__ import annotations

from typing import Annotated

import msgspec

from api.calls import Call
from api.fields import Instant, Name, Phone, Request, Shape
from api.operations import for_anyone
from core.onboarding import errors, signup
from core.phone import InvalidNumber
from core.tenants import fields
from core.tenants.models import Tenant, TenantStatus

REFUSES = (
    errors.TermsNotAccepted,
    errors.PhoneNotKenyan,
    errors.PhoneRegistered,
    errors.TooManySignUps,
    errors.TooManyCodes,
    InvalidNumber,
    fields.FieldMissing,
    fields.FieldTooLong,
    fields.FieldUnprintable,
    fields.InvalidEmail,
    fields.UnknownLanguage,
)
REFUSES_CODE = (
    errors.NotACode,
    errors.CodeWrong,
    errors.CodeBurnt,
    errors.CodeExpired,
    errors.AlreadyVerified,
    errors.TooManyTries,
)


class SignUpRequest(Request, frozen=True, kw_only=True):
    """Who signs up."""

    business_name: Name
    contact_name: Name
    phone: Phone
    email: Annotated[str, msgspec.Meta(max_length=254)] | None = None
    language: str | None = None
    accept_terms: bool


class SignedUpTenant(Shape, frozen=True, kw_only=True):
    """A business that has not proved its phone."""

    id: int
    name: str
    status: TenantStatus


class Verification(Shape, frozen=True, kw_only=True):
    """Which way the code went, and until when it works."""

    channel: str
    expires_at: Instant


class SignUpAnswer(Shape, frozen=True, kw_only=True):
    """The business, and the code on its way."""

    tenant: SignedUpTenant
    verification: Verification


class VerifyRequest(Request, frozen=True, kw_only=True):
    """The code from the SMS."""

    tenant_id: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    code: Annotated[str, msgspec.Meta(max_length=20, examples=["123456"])]


class FirstKeys(Shape, frozen=True, kw_only=True):
    """The first two keys, shown this once. The live one works after approval."""

    live: str
    test: str


class VerifyAnswer(Shape, frozen=True, kw_only=True):
    """The business, which now waits for approval, and its keys."""

    tenant: SignedUpTenant
    keys: FirstKeys


class SignUp:
    """POST /api/signup"""

    @for_anyone("signUp", status=201, refuses=REFUSES)
    def on_post(self, call: Call, asked: SignUpRequest) -> SignUpAnswer:
        """Register a business; a code goes to its phone."""
        done = signup.sign_up(
            asked.business_name,
            asked.contact_name,
            asked.phone,
            asked.email,
            asked.language,
            asked.accept_terms,
            ip=call.address or None,
        )
        return SignUpAnswer(
            tenant=_tenant(done.tenant),
            verification=Verification(channel=done.channel, expires_at=done.expires_at),
        )


class Verify:
    """POST /api/signup/verify"""

    @for_anyone("verifySignUp", refuses=REFUSES_CODE, is_secret=True)
    def on_post(self, call: Call, asked: VerifyRequest) -> VerifyAnswer:
        """Prove the phone with the code, and get the first two keys."""
        done = signup.verify(asked.tenant_id, asked.code, ip=call.address or None)
        return VerifyAnswer(
            tenant=_tenant(done.tenant),
            keys=FirstKeys(live=done.live_key, test=done.test_key),
        )


def _tenant(row: Tenant) -> SignedUpTenant:
    return SignedUpTenant(id=row.id, name=row.name, status=TenantStatus(row.status))
