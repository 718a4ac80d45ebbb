"""Businesses: found, described, approved or not, stopped and started again."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET, UnsetType

from core import clock, events, words
from core.database import after_commit, transaction
from core.errors import Conflict, NotFound
from core.ledger import transfers
from core.ledger.accounts import Platform, Purse, platform, purse_id
from core.money import ZERO, Money
from core.settings import settings
from core.tenants import audit, fields, keys, profiles, rows
from core.tenants.models import PLATFORM_TENANT, Tenant, TenantStatus
from core.tenants.rows import get
from core.tenants.terms import NegativeThreshold, adjust_wallet, set_terms

__all__ = [
    "WrongState",
    "get",
    "listing",
    "update_profile",
    "approve",
    "reject",
    "suspend",
    "resume",
    "set_terms",
    "adjust_wallet",
]


class WrongState(Conflict):
    """The business is not where this act starts from: often somebody else was faster."""

    code = "tenant_wrong_state"
    title = "Not possible in this state"
    sentence = "This account is {status} now, so nothing was changed."

    def words(self, language: str = "en") -> str:
        """Say it with the state, too, in the person's language."""
        status = words.say(language, str(self.fields["status"]))
        return words.say(language, self.sentence, status=status)


def listing(
    *, status: TenantStatus | None = None, after: int | None = None, limit: int = 50
) -> list[Tenant]:
    """List businesses, newest first, from below the id `after`."""
    query = Tenant.select().where(Tenant.id != PLATFORM_TENANT)
    if status is not None:
        query = query.where(Tenant.status == status.value)
    if after is not None:
        query = query.where(Tenant.id < after)
    return list(query.order_by(Tenant.id.desc()).limit(limit))


def update_profile(
    tenant_id: int,
    *,
    name: str | UnsetType = UNSET,
    contact_name: str | UnsetType = UNSET,
    email: str | UnsetType | None = UNSET,
    language: str | UnsetType = UNSET,
    kra_pin: str | UnsetType | None = UNSET,
    address: str | UnsetType | None = UNSET,
    message_days: int | UnsetType | None = UNSET,
    approval_threshold: Money | UnsetType | None = UNSET,
    actor: str,
    channel: str,
) -> Tenant:
    """Change what a business says about itself; what is left UNSET stays. The phone was proved and
    stays too. `message_days` is how long the words of its texts are kept, `approval_threshold` what
    a sender may spend without a second person; None is as for everybody.

    Raises: NotFound, Invalid of several kinds.
    """
    given: dict[str, str | int | None] = {}
    if name is not UNSET:
        given["name"] = fields.line(name, "name", most=120)
    if contact_name is not UNSET:
        given["contact_name"] = fields.line(contact_name, "contact_name", most=120)
    if email is not UNSET:
        given["email"] = fields.email(email)
    if language is not UNSET:
        given["language"] = fields.language(language)
    if kra_pin is not UNSET:
        given["kra_pin"] = fields.kra_pin(kra_pin)
    if address is not UNSET:
        given["address"] = fields.line(address, "address", most=300) if address else None
    if message_days is not UNSET:
        given["message_days"] = message_days
    if approval_threshold is not UNSET:
        if approval_threshold is not None and approval_threshold < ZERO:
            raise NegativeThreshold
        given["approval_units"] = None if approval_threshold is None else approval_threshold.units
    with transaction():
        tenant = rows.locked(tenant_id)
        if tenant is None:
            raise NotFound
        before = {key: getattr(tenant, key) for key in given}
        changes = {key: value for key, value in given.items() if value != before[key]}
        if not changes:
            return tenant
        Tenant.update(**changes).where(Tenant.id == tenant_id).execute()
        audit.record(
            tenant_id,
            actor,
            channel,
            "tenant.updated",
            before={key: before[key] for key in changes},
            after=changes,
        )
        after_commit(keys.forget_cached)
    return get(tenant_id)


def approve(tenant_id: int, *, actor: str, channel: str) -> Tenant:
    """Let a waiting business send, and give it its trial segments when there are any.

    Raises: NotFound, WrongState.
    """
    with transaction():
        tenant = _move(
            tenant_id,
            TenantStatus.PENDING,
            TenantStatus.ACTIVE,
            "approved",
            actor=actor,
            channel=channel,
            changes={"approved_at": clock.now()},
        )
        trial = profiles.of(tenant).price * settings().pricing.trial_segments
        if trial.units > 0:
            transfers.post(
                platform(Platform.TRIAL),
                purse_id(tenant_id, Purse.WALLET),
                trial,
                kind="trial",
                once=f"trial:{tenant_id}",
                subject=f"tenant:{tenant_id}",
                actor=actor,
            )
    return tenant


def reject(tenant_id: int, reason: str, *, actor: str, channel: str) -> Tenant:
    """Turn a waiting business away, saying why.

    Raises: NotFound, WrongState, FieldMissing and its kin for the reason.
    """
    return _move(
        tenant_id,
        TenantStatus.PENDING,
        TenantStatus.REJECTED,
        "rejected",
        actor=actor,
        channel=channel,
        reason=fields.line(reason, "reason", most=500),
    )


def suspend(tenant_id: int, reason: str, *, actor: str, channel: str) -> Tenant:
    """Stop a business, saying why. Its money stays where it is.

    Raises: NotFound, WrongState, FieldMissing and its kin for the reason.
    """
    return _move(
        tenant_id,
        TenantStatus.ACTIVE,
        TenantStatus.SUSPENDED,
        "suspended",
        actor=actor,
        channel=channel,
        reason=fields.line(reason, "reason", most=500),
    )


def resume(tenant_id: int, *, actor: str, channel: str) -> Tenant:
    """Let a suspended business go on. Raises: NotFound, WrongState."""
    return _move(
        tenant_id,
        TenantStatus.SUSPENDED,
        TenantStatus.ACTIVE,
        "resumed",
        actor=actor,
        channel=channel,
    )


def _move(
    tenant_id: int,
    start: TenantStatus,
    end: TenantStatus,
    act: str,
    *,
    actor: str,
    channel: str,
    reason: str | None = None,
    changes: Mapping[str, object] | None = None,
) -> Tenant:
    """Change the state of a business once, however many try at the same moment."""
    with transaction():
        before = get(tenant_id)
        moved = (
            Tenant.update(status=end.value, status_reason=reason, **(changes or {}))
            .where(Tenant.id == tenant_id, Tenant.status == start.value)
            .execute()
        )
        after = get(tenant_id)
        if not moved:
            raise WrongState(status=after.status)
        audit.record(
            tenant_id,
            actor,
            channel,
            f"tenant.{act}",
            subject=f"tenant:{tenant_id}",
            before={"status": start.value, "reason": before.status_reason},
            after={"status": end.value, "reason": reason},
        )
        events.record(f"tenant.{act}", tenant_id, business=after.name, reason=reason, actor=actor)
        after_commit(keys.forget_cached)
    return after
