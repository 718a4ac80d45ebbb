"""Inviting a phone into a business, and telling it so."""

from __future__ import annotations

from core import phone, quota, words
from core.database import transaction
from core.errors import TooMany
from core.messaging.sending import send_platform_text
from core.settings import settings
from core.tenants import people, profiles, roles, team
from core.tenants.models import Invite, Person, Role
from core.tenants.roles import Right

TEXT = "{business} invites you to {app} as {role}. To accept, dial {code} from this phone."

# Every invitation is a text at our own cost to somebody who did not ask for it.
PER_BUSINESS_A_DAY = 20
PER_PHONE_A_DAY = 3
_DAY_S = 24 * 3600


class TooManyInvites(TooMany):
    """More invitations from one business, or to one phone, than a day allows."""

    code = "too_many_invites"
    title = "Too many invitations"
    sentence = "There were too many invitations today. Try again tomorrow."


def invite(
    tenant_id: int, given: str, role: Role, *, by: Person, once: str, channel: str
) -> Invite:
    """Invite a phone with a role, and text it how to accept. The same `once` texts it once.

    Raises: TenantNotActive, InvalidNumber, NotAllowed, RoleTooSmall, AlreadyMember, TooManyInvites.
    """
    profile = profiles.profile(tenant_id)
    profile.require_active()
    roles.require(by.id, tenant_id, Right.TEAM)
    msisdn = phone.parse(given)
    known = people.by_phone(msisdn)
    language = profile.language if known is None else known.language
    with transaction():
        invited, is_new = team.invite(tenant_id, msisdn, role, by=by, once=once, channel=channel)
        if not is_new:
            return invited
        _count(tenant_id, msisdn)
        body = words.say(
            language,
            TEXT,
            business=profile.name,
            app=settings().app.name,
            role=roles.name(role, language),
            code=settings().ussd.service_code,
        )
        send_platform_text(msisdn, body, once=f"invite:{once}")
    return invited


def _count(tenant_id: int, msisdn: str) -> None:
    for scope, most in (
        (f"invite:tenant:{tenant_id}", PER_BUSINESS_A_DAY),
        (f"invite:phone:{msisdn}", PER_PHONE_A_DAY),
    ):
        got = quota.take(scope, most, seconds=_DAY_S)
        if not got.allowed:
            raise TooManyInvites(retry_after=got.reset_s)
