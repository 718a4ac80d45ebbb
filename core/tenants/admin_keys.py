"""Keys of the operator's own, for everything under /admin."""

from __future__ import annotations

from core import clock, ids, secrets
from core.cache import TTLCache
from core.database import after_commit, transaction
from core.errors import NotFound, Unauthenticated
from core.tenants import audit, fields
from core.tenants.models import AdminKey

PREFIX = "sk_admin"
CACHED_S = 1.0

_known: TTLCache[str, AdminKey] = TTLCache(seconds=CACHED_S, size=200)


class AdminUnauthenticated(Unauthenticated):
    """No admin key, or none of ours."""

    code = "admin_key_wrong"
    title = "Admin key missing or wrong"
    sentence = (
        "Send a valid admin key in the header X-Admin-Key. The command tuma admin key makes one."
    )


def forget_cached() -> None:
    """Read every admin key anew."""
    _known.clear()


def create(name: str, *, actor: str = "cli", channel: str = "cli") -> str:
    """Make an admin key and return it: show it once, it is not kept."""
    name = fields.line(name, "name", most=80)
    secret = secrets.make_key(PREFIX)
    with transaction():
        row = AdminKey.create(
            id=ids.new("key"), name=name, digest=secrets.digest(secret), created_at=clock.now()
        )
        audit.record(
            None, actor, channel, "admin_key.created", subject=row.id, after={"name": name}
        )
    return secret


def authenticate(key: str) -> AdminKey:
    """Recognise an admin key. Raises: AdminUnauthenticated."""
    digest = secrets.digest(key)
    return _known.get(digest, lambda: _load(key, digest))


def _load(key: str, digest: str) -> AdminKey:
    if not key.startswith(f"{PREFIX}_") or not secrets.is_well_formed(key):
        raise AdminUnauthenticated
    row = AdminKey.get_or_none(AdminKey.digest == digest, AdminKey.revoked_at.is_null())
    if row is None:
        raise AdminUnauthenticated
    return row


def revoke(key_id: str, *, actor: str, channel: str) -> None:
    """End an admin key. Repeating is harmless. Raises: NotFound."""
    with transaction():
        if AdminKey.get_or_none(AdminKey.id == key_id) is None:
            raise NotFound
        if (
            AdminKey.update(revoked_at=clock.now())
            .where(AdminKey.id == key_id, AdminKey.revoked_at.is_null())
            .execute()
        ):
            audit.record(None, actor, channel, "admin_key.revoked", subject=key_id)
        after_commit(forget_cached)


def listing() -> list[AdminKey]:
    """List the operator's keys, newest first."""
    return list(AdminKey.select().order_by(AdminKey.id.desc()))
