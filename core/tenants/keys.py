"""API keys: made, rotated, revoked, and recognised at every request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from core import clock, ids, secrets
from core.cache import TTLCache
from core.database import after_commit, grouped, transaction
from core.errors import Conflict, Invalid, NotFound, Unauthenticated
from core.tenants import audit, fields, key_terms, profiles
from core.tenants.models import ApiKey, Tenant
from core.tenants.profiles import Profile

Mode = Literal["live", "test"]

CACHED_S = 1.0  # how long another process may still accept a key that was revoked here
KEYS_MAX = 50  # usable keys of one business
OVERLAP_MAX_H = 24 * 30
_USED_EVERY = timedelta(minutes=1)


class KeyExpiryPast(Invalid):
    """A key that would be dead at birth."""

    code = "key_expiry_past"
    title = "Expiry in the past"
    sentence = "A key's expiry must lie in the future. Leave it out for a key without one."
    field = "expires_at"


class UnknownMode(Invalid):
    """Neither live nor test."""

    code = "unknown_key_mode"
    title = "Unknown mode"
    sentence = "A key's mode is live or test."
    field = "mode"


class InvalidOverlap(Invalid):
    """A rotated key would live on for too long, or negatively."""

    code = "invalid_overlap"
    title = "Overlap out of range"
    sentence = "The old key can go on for 0 to {most} hours."
    field = "overlap_hours"


class KeyNotUsable(Conflict):
    """The key was revoked, has expired, or was rotated before."""

    code = "key_not_usable"
    title = "Key no longer in use"
    sentence = "This key was revoked or rotated before, or has expired. Make a new one."


class KeyAlreadyMade(Conflict):
    """The same tap again: the key was shown to the first."""

    code = "key_already_made"
    title = "Key already made"
    sentence = "This key was made a moment ago and is shown only once. Make another if you lost it."


class TooManyKeys(Conflict):
    """One business has as many usable keys as it can."""

    code = "too_many_keys"
    title = "Too many keys"
    sentence = "You have {most} keys in use, the most there can be. Revoke one first."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: the business, and what this key may do and from where."""

    profile: Profile
    key_id: str
    scopes: frozenset[str]
    allowed_ips: tuple[str, ...]
    expires_at: datetime | None

    @property
    def actor(self) -> str:
        """The name under which its acts are recorded."""
        return f"key:{self.key_id}"

    def may(self, scope: str) -> bool:
        """Say whether the key has a scope."""
        return key_terms.holds(self.scopes, scope)

    def require(self, scope: str) -> None:
        """Refuse a key without this scope. Raises: MissingScope."""
        if not self.may(scope):
            raise key_terms.MissingScope(scope=scope)

    def require_address(self, address: str) -> None:
        """Refuse an address the key is not for. Raises: AddressNotAllowed."""
        if self.allowed_ips and not key_terms.admits(self.allowed_ips, address):
            raise key_terms.AddressNotAllowed(address=address[:45])

    def require_to_grant(self, mode: str, scopes: Iterable[str]) -> None:
        """Refuse to make, with this key, a key that may do more. Raises: KeyTooNarrow.

        Otherwise a leaked test key would be as good as a live one.
        """
        if (self.profile.is_test and mode != "test") or not all(map(self.may, scopes)):
            raise key_terms.KeyTooNarrow


_callers: TTLCache[str, Caller] = TTLCache(seconds=CACHED_S, size=20_000)


def forget_cached() -> None:
    """Read every key anew, after a change to a key or to a business."""
    _callers.clear()


def authenticate(key: str) -> Caller:
    """Recognise a key. Whether its business is active, and the address allowed, is asked after.

    Raises: Unauthenticated.
    """
    digest = secrets.digest(key)
    caller = _callers.get(digest, lambda: _load(key, digest))
    if caller.expires_at is not None and caller.expires_at <= clock.now():
        raise Unauthenticated
    return caller


def _load(key: str, digest: str) -> Caller:
    # The checksum tells a mistyped key without a question to the database.
    if not secrets.is_well_formed(key):
        raise Unauthenticated
    row = ApiKey.get_or_none(ApiKey.digest == digest, ApiKey.revoked_at.is_null())
    if row is None:
        raise Unauthenticated
    _touch(row)
    return Caller(
        profile=profiles.profile(row.tenant_id, is_test=row.mode == "test"),
        key_id=row.id,
        scopes=frozenset(row.scopes.split()),
        allowed_ips=tuple(row.allowed_ips.split()),
        expires_at=row.expires_at,
    )


def _touch(row: ApiKey) -> None:
    """Note that a key was used, once a minute at most: a write a request would cost too much."""
    now = clock.now()
    if row.last_used_at is not None and row.last_used_at > now - _USED_EVERY:
        return
    grouped(
        lambda: (
            ApiKey.update(last_used_at=now)
            .where(
                ApiKey.id == row.id,
                ApiKey.last_used_at.is_null() | (ApiKey.last_used_at <= now - _USED_EVERY),
            )
            .execute()
        )
    )


def create(
    tenant_id: int,
    name: str,
    *,
    mode: Mode = "live",
    scopes: Iterable[str] = (key_terms.EVERYTHING,),
    expires_at: datetime | None = None,
    allowed_ips: Iterable[str] = (),
    once: str | None = None,
    actor: str,
    channel: str,
) -> tuple[ApiKey, str]:
    """Make a key. The second value is the key itself: show it once, it is not kept.

    Raises: Invalid of several kinds, NotFound, TooManyKeys, KeyAlreadyMade for a `once` used up.
    """
    name = fields.line(name, "name", most=80)
    if mode not in ("live", "test"):
        raise UnknownMode
    if expires_at is not None and expires_at <= clock.now():
        raise KeyExpiryPast
    checked = key_terms.read_scopes(scopes)
    networks = key_terms.read_networks(allowed_ips)
    with transaction():
        _make_room(tenant_id)
        if once is not None and ApiKey.select().where(ApiKey.once == once).exists():
            raise KeyAlreadyMade
        row, secret = _insert(tenant_id, name, mode, checked, networks, expires_at, once)
        audit.record(
            tenant_id, actor, channel, "key.created", subject=row.id, after=_described(row)
        )
    return row, secret


def rotate(
    tenant_id: int, key_id: str, *, overlap_hours: int = 24, actor: str, channel: str
) -> tuple[ApiKey, str]:
    """Replace a key by a new one that may do the same; the old one goes on for some hours.

    A key made to expire is followed by one that lives as long. Of two rotations at once one wins.
    Raises: NotFound, KeyNotUsable, InvalidOverlap.
    """
    if not 0 <= overlap_hours <= OVERLAP_MAX_H:
        raise InvalidOverlap(most=OVERLAP_MAX_H)
    old = one(tenant_id, key_id)
    now = clock.now()
    lifetime = None if old.expires_at is None else old.expires_at - old.created_at
    end = now + timedelta(hours=overlap_hours)
    if old.expires_at is not None:
        end = min(end, old.expires_at)
    with transaction():
        row, secret = _insert(
            tenant_id,
            old.name,
            old.mode,
            old.scopes.split(),
            old.allowed_ips.split(),
            None if lifetime is None else now + lifetime,
        )
        if not (
            ApiKey.update(replaced_by=row.id, expires_at=end)
            .where(ApiKey.id == old.id, ApiKey.replaced_by.is_null(), *_usable())
            .execute()
        ):
            raise KeyNotUsable
        audit.record(
            tenant_id,
            actor,
            channel,
            "key.rotated",
            subject=old.id,
            before=_described(old),
            after={**_described(row), "id": row.id, "old_ends_at": end},
        )
        after_commit(forget_cached)
    return row, secret


def revoke(tenant_id: int, key_id: str, *, actor: str, channel: str) -> ApiKey:
    """End a key now; here at once, in other processes within CACHED_S. Repeating is harmless.

    Raises: NotFound.
    """
    row = one(tenant_id, key_id)
    with transaction():
        if (
            ApiKey.update(revoked_at=clock.now())
            .where(ApiKey.id == key_id, ApiKey.revoked_at.is_null())
            .execute()
        ):
            audit.record(
                tenant_id, actor, channel, "key.revoked", subject=key_id, before=_described(row)
            )
        after_commit(forget_cached)
    return one(tenant_id, key_id)


def one(tenant_id: int, key_id: str) -> ApiKey:
    """Find a key of a business. Raises: NotFound."""
    row = ApiKey.get_or_none(ApiKey.tenant_id == tenant_id, ApiKey.id == key_id)
    if row is None:
        raise NotFound
    return row


def listing(tenant_id: int, after: str | None = None, limit: int = 50) -> list[ApiKey]:
    """List a business's keys, newest first; each shows only its `hint`."""
    query = ApiKey.select().where(ApiKey.tenant_id == tenant_id)
    if after is not None:
        query = query.where(ApiKey.id < after)
    return list(query.order_by(ApiKey.id.desc()).limit(limit))


def _usable() -> tuple[object, ...]:
    return (
        ApiKey.revoked_at.is_null(),
        ApiKey.expires_at.is_null() | (ApiKey.expires_at > clock.now()),
    )


def _make_room(tenant_id: int) -> None:
    """Refuse one key too many. The business's row is locked, so that two cannot both be the last.

    Raises: NotFound, TooManyKeys.
    """
    if not Tenant.update(id=Tenant.id).where(Tenant.id == tenant_id).execute():
        raise NotFound
    if ApiKey.select().where(ApiKey.tenant_id == tenant_id, *_usable()).count() >= KEYS_MAX:
        raise TooManyKeys(most=KEYS_MAX)


def _insert(
    tenant_id: int,
    name: str,
    mode: str,
    scopes: Iterable[str],
    networks: Iterable[str],
    expires_at: datetime | None,
    once: str | None = None,
) -> tuple[ApiKey, str]:
    prefix = f"sk_{mode}"
    secret = secrets.make_key(prefix)
    row = ApiKey.create(
        id=ids.new("key"),
        tenant_id=tenant_id,
        name=name,
        mode=mode,
        digest=secrets.digest(secret),
        hint=f"{prefix}_...{secret[-4:]}",
        scopes=" ".join(scopes),
        allowed_ips=" ".join(networks),
        created_at=clock.now(),
        expires_at=expires_at,
        once=once,
    )
    return row, secret


def _described(row: ApiKey) -> dict[str, object]:
    return {
        "name": row.name,
        "mode": row.mode,
        "hint": row.hint,
        "scopes": row.scopes.split(),
        "allowed_ips": row.allowed_ips.split(),
        "expires_at": row.expires_at,
    }
