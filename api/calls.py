"""Who is calling: a tenant with its key, the operator, or anyone."""

from __future__ import annotations

from dataclasses import dataclass, field

import falcon

from api import addresses, refusals
from core import clock, quota
from core.errors import TooMany, Unauthenticated
from core.onboarding import limits
from core.settings import settings
from core.tenants import admin_keys, keys
from core.tenants.models import TenantStatus
from core.tenants.profiles import Profile

# For each address on the routes that need no key, and for tries with a key that is none. Sign-ups
# and codes have limits of their own.
PUBLIC_PER_MINUTE = 300

# Scopes remembered as used up; more of them than this, and the database is asked again.
_SHUT_MAX = 10_000


class _Gate(quota.Permits):
    """Permits that remember a no, so that whoever hammers on a shut gate costs no write."""

    def __init__(self) -> None:
        super().__init__(seconds=60)
        self._shut: dict[str, int] = {}

    def take(self, scope: str, limit: int) -> quota.Allowance:
        """Use one permit of a scope."""
        opens_ms = self._shut.get(scope)
        if opens_ms is not None and (left_ms := opens_ms - clock.ms()) > 0:
            return quota.Allowance(False, limit, 0, -(-left_ms // 1000))
        left = super().take(scope, limit)
        if not left.allowed:
            if len(self._shut) >= _SHUT_MAX:
                self._shut.clear()
            self._shut[scope] = clock.ms() + left.reset_s * 1000
        return left


_permits = _Gate()


@dataclass(slots=True)
class Call:
    """One request as an act sees it. `once` stays the same when a request is repeated.

    `status` is what an act sets that answers with another status than its usual one.
    """

    req: falcon.Request
    resp: falcon.Response
    actor: str
    once: str | None
    status: int | None = field(default=None, kw_only=True)

    @property
    def address(self) -> str:
        """The client's address."""
        return addresses.client(self.req.env)


@dataclass(slots=True)
class TenantCall(Call):
    """A request with a tenant's key."""

    caller: keys.Caller

    @property
    def profile(self) -> Profile:
        """The caller's business; its play side behind a test key."""
        return self.caller.profile

    @property
    def tenant_id(self) -> int:
        """The caller's business."""
        return self.caller.profile.tenant_id


@dataclass(slots=True)
class AdminCall(Call):
    """A request of the operator's."""


def by_tenant(
    req: falcon.Request,
    resp: falcon.Response,
    tenant_id: int,
    *,
    scope: str | None,
    while_suspended: bool,
) -> TenantCall:
    """Let a tenant in.

    Raises: Unauthenticated, TooMany, WrongTenant, AddressNotAllowed, MissingScope,
    TenantNotActive.
    """
    try:
        caller = keys.authenticate(_key(req))
    except Unauthenticated:
        _count_stranger(req, resp)
        raise
    profile = caller.profile
    req.context.language = profile.language
    rates = settings().limits.requests_per_minute
    limit = rates.get(profile.tier) or rates["standard"]
    _take_permit(resp, f"api:{profile.tenant_id}:{'test' if profile.is_test else 'live'}", limit)
    if profile.tenant_id != tenant_id:
        raise refusals.WrongTenant
    if caller.allowed_ips:
        caller.require_address(addresses.client(req.env))
    if scope is not None:
        caller.require(scope)
    if not (while_suspended and profile.status is TenantStatus.SUSPENDED):
        profile.require_active()
    return TenantCall(req, resp, caller.actor, None, caller)


def by_admin(req: falcon.Request, resp: falcon.Response) -> AdminCall:
    """Let the operator in. Raises: AdminUnauthenticated, TooMany."""
    try:
        key = admin_keys.authenticate(req.env.get("HTTP_X_ADMIN_KEY", ""))
    except Unauthenticated:
        _count_stranger(req, resp)
        raise
    _take_permit(resp, f"admin:{key.id}", settings().limits.requests_per_minute["standard"])
    return AdminCall(req, resp, f"admin:{key.name}"[:60], None)


def by_anyone(req: falcon.Request, resp: falcon.Response) -> Call:
    """Let anyone in, but not too often. Raises: TooMany."""
    call = Call(req, resp, "public", None)
    _take_permit(resp, f"public:{limits.network(call.address)}", PUBLIC_PER_MINUTE)
    return call


def _count_stranger(req: falcon.Request, resp: falcon.Response) -> None:
    """Let an address try only so many keys that are none. Raises: TooMany."""
    address = limits.network(addresses.client(req.env))
    _take_permit(resp, f"stranger:{address}", PUBLIC_PER_MINUTE)


def _key(req: falcon.Request) -> str:
    """The key of a request, from either header. Raises: Unauthenticated."""
    given: str | None = req.env.get("HTTP_AUTHORIZATION")
    if given:
        scheme, _, key = given.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated
        return key.strip()
    key = req.env.get("HTTP_X_API_KEY", "").strip()
    if not key:
        raise Unauthenticated
    return str(key)


def _take_permit(resp: falcon.Response, scope: str, limit: int) -> None:
    """Count a request, and tell in its headers what is left. Raises: TooMany."""
    left = _permits.take(scope, limit)
    # What is answered to a key is for its holder, and changes by the second.
    resp.set_header("Cache-Control", "no-store")
    resp.set_header("RateLimit-Limit", str(left.limit))
    resp.set_header("RateLimit-Remaining", str(left.remaining))
    resp.set_header("RateLimit-Reset", str(left.reset_s))
    if not left.allowed:
        raise TooMany(retry_after=left.reset_s)
