"""Who works in a business: invited by phone with a role, changed, removed."""

from __future__ import annotations

from datetime import timedelta

from core import clock, events, phone
from core.database import transaction
from core.errors import Conflict, NotAllowed, NotFound
from core.tenants import audit, people, pins, roles, rows
from core.tenants.models import Invite, Membership, Person, Role, Tenant, TenantStatus
from core.tenants.roles import Right, RoleTooSmall

KEPT = timedelta(days=7)


class AlreadyMember(Conflict):
    """The phone's owner is in this business already."""

    code = "already_member"
    title = "Already in the team"
    sentence = "{phone} is in your team already. Change the role there."


class LastOwner(Conflict):
    """A business without an owner could never be given one."""

    code = "last_owner"
    title = "Last owner"
    sentence = "A business needs an owner. Make somebody else owner first."


class InviteGone(Conflict):
    """Taken back, used, or too old."""

    code = "invite_gone"
    title = "Invitation gone"
    sentence = "This invitation is no longer open. Ask for another."


class PinNotYours(NotAllowed):
    """The PIN opens somebody else's money too."""

    code = "pin_not_yours"
    title = "PIN of an owner or of another business"
    sentence = "This PIN also counts elsewhere, so only its owner can reset it, by SMS code."


def invite(
    tenant_id: int, given: str, role: Role, *, by: Person, once: str, channel: str
) -> tuple[Invite, bool]:
    """Invite a phone with a role. Inviting again renews it.

    The second value is False for a `once` that was there before: nothing has changed then.
    Raises: InvalidNumber, NotAllowed, RoleTooSmall, AlreadyMember.
    """
    msisdn = phone.parse(given)
    now = clock.now()
    with transaction():
        rows.locked(tenant_id)
        _require_over(tenant_id, by, role)
        known = people.by_phone(msisdn)
        if known is not None and people.role_of(known.id, tenant_id) is not None:
            raise AlreadyMember(phone=phone.pretty(msisdn))
        before = _invited(tenant_id, msisdn)
        if before is not None and before.once == once:
            return before, False
        Invite.insert(
            tenant_id=tenant_id,
            msisdn=msisdn,
            role=role.value,
            invited_by=by.id,
            once=once,
            created_at=now,
            expires_at=now + KEPT,
        ).on_conflict(
            conflict_target=[Invite.tenant_id, Invite.msisdn],
            preserve=[
                *(Invite.role, Invite.invited_by, Invite.once),
                *(Invite.created_at, Invite.expires_at),
            ],
        ).execute()
        after = {"phone": msisdn, "role": role.value}
        audit.record(tenant_id, by.actor, channel, "team.invited", subject=msisdn, after=after)
    return Invite.get(Invite.tenant_id == tenant_id, Invite.msisdn == msisdn), True


def _invited(tenant_id: int, msisdn: str) -> Invite | None:
    found: Invite | None = Invite.get_or_none(
        Invite.tenant_id == tenant_id, Invite.msisdn == msisdn
    )
    return found


def waiting(tenant_id: int) -> list[Invite]:
    """List a business's invitations nobody has answered yet, the oldest first."""
    return list(
        Invite.select()
        .where(Invite.tenant_id == tenant_id, Invite.expires_at > clock.now())
        .order_by(Invite.created_at, Invite.msisdn)
    )


def invitations(msisdn: str) -> list[tuple[Invite, Tenant]]:
    """List what a phone is invited to, the oldest first."""
    open_ = list(
        Invite.select()
        .where(Invite.msisdn == msisdn, Invite.expires_at > clock.now())
        .order_by(Invite.created_at, Invite.tenant_id)
    )
    active = {
        row.id: row
        for row in Tenant.select().where(
            Tenant.id.in_([each.tenant_id for each in open_]),
            Tenant.status == TenantStatus.ACTIVE.value,
        )
    }
    return [(each, active[each.tenant_id]) for each in open_ if each.tenant_id in active]


def take_back(tenant_id: int, msisdn: str, *, by: Person, channel: str) -> None:
    """Withdraw an invitation. Raises: NotAllowed, RoleTooSmall, InviteGone."""
    with transaction():
        rows.locked(tenant_id)
        found = _invited(tenant_id, msisdn)
        if found is None:
            raise InviteGone
        _require_over(tenant_id, by, Role(found.role))
        found.delete_instance()
        before = {"phone": msisdn, "role": found.role}
        audit.record(
            tenant_id, by.actor, channel, "team.invite_withdrawn", subject=msisdn, before=before
        )


def accept(person: Person, tenant_id: int, *, channel: str) -> Role:
    """Join the business that invited one's phone, and act for it from now on.

    Doing it twice is doing it once. Raises: InviteGone.
    """
    with transaction():
        rows.locked(tenant_id)
        found = _invited(tenant_id, person.msisdn)
        joined = people.role_of(person.id, tenant_id)
        if found is None or found.expires_at <= clock.now():
            if joined is None:
                raise InviteGone
            return joined
        role = Role(found.role)
        found.delete_instance()
        people.join(person, tenant_id, role)
        people.choose(person, tenant_id)
        after = {"person": person.id, "role": role.value}
        audit.record(
            tenant_id, person.actor, channel, "team.joined", subject=person.id, after=after
        )
        events.record("team.joined", tenant_id, person=person.id, by=found.invited_by, role=role)
    return role


def change_role(tenant_id: int, person_id: str, role: Role, *, by: Person, channel: str) -> None:
    """Give somebody another role. Raises: NotFound, NotAllowed, RoleTooSmall, LastOwner."""
    with transaction():
        rows.locked(tenant_id)
        before = _present(tenant_id, person_id)
        _require_over(tenant_id, by, before, role)
        if before is role:
            return
        _spare_last_owner(tenant_id, before)
        Membership.update(role=role.value).where(
            Membership.tenant_id == tenant_id, Membership.person_id == person_id
        ).execute()
        audit.record(
            tenant_id,
            by.actor,
            channel,
            "team.role_changed",
            subject=person_id,
            before={"role": before.value},
            after={"role": role.value},
        )
        events.record("team.role_changed", tenant_id, person=person_id, role=role, by=by.id)


def remove(tenant_id: int, person_id: str, *, by: Person, channel: str) -> None:
    """Take somebody out of a business. Raises: NotFound, NotAllowed, RoleTooSmall, LastOwner."""
    with transaction():
        rows.locked(tenant_id)
        before = _present(tenant_id, person_id)
        _require_over(tenant_id, by, before)
        _spare_last_owner(tenant_id, before)
        Membership.delete().where(
            Membership.tenant_id == tenant_id, Membership.person_id == person_id
        ).execute()
        Person.update(current_tenant_id=None).where(
            Person.id == person_id, Person.current_tenant_id == tenant_id
        ).execute()
        audit.record(
            tenant_id,
            by.actor,
            channel,
            "team.removed",
            subject=person_id,
            before={"role": before.value},
        )
        events.record("team.removed", tenant_id, person=person_id, by=by.id)


def reset_pin(tenant_id: int, person_id: str, *, by: Person, channel: str) -> None:
    """Take somebody's PIN away, who then chooses another on their phone: an owner's help.

    Never the PIN of an owner, or of somebody who works elsewhere too: theirs opens other wallets.
    Raises: NotFound, NotAllowed, RoleTooSmall, PinNotYours.
    """
    with transaction():
        rows.locked(tenant_id)
        role = _present(tenant_id, person_id)
        if people.role_of(by.id, tenant_id) is not Role.OWNER:
            raise RoleTooSmall(role=roles.require(by.id, tenant_id, Right.TEAM).value)
        if role is Role.OWNER or len(people.businesses(person_id)) > 1:
            raise PinNotYours
        pins.clear(person_id, actor=by.actor, channel=channel, tenant_id=tenant_id)


def _present(tenant_id: int, person_id: str) -> Role:
    role = people.role_of(person_id, tenant_id)
    if role is None:
        raise NotFound
    return role


def _require_over(tenant_id: int, by: Person, *wanted: Role) -> None:
    """Refuse unless somebody may give and take all these roles."""
    own = roles.require(by.id, tenant_id, Right.TEAM)
    if not set(wanted) <= set(roles.gives(own)):
        raise RoleTooSmall(role=own.value)


def _spare_last_owner(tenant_id: int, role: Role) -> None:
    """Keep at least one owner. The business's row is locked, so that two cannot both leave."""
    if role is not Role.OWNER:
        return
    owners = Membership.select().where(
        Membership.tenant_id == tenant_id, Membership.role == Role.OWNER.value
    )
    if owners.count() < 2:
        raise LastOwner
