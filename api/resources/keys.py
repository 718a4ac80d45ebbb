"""API keys: listed, made, replaced, ended."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from api.calls import TenantCall
from api.fields import Instant, Request, Shape
from api.operations import for_tenant
from api.pages import Page, Paging, page
from core.errors import NotFound
from core.tenants import fields, key_terms, keys
from core.tenants.models import ApiKey

SCOPE = "admin"

Scopes = Annotated[
    list[str],
    msgspec.Meta(max_length=20, description="What the key may do; all when left out."),
]
Networks = Annotated[
    list[str],
    msgspec.Meta(max_length=20, description="Addresses or networks it may be used from."),
]


class KeyRequest(Request, frozen=True, kw_only=True):
    """A key to be made."""

    name: Annotated[str, msgspec.Meta(max_length=80)]
    mode: Literal["live", "test"] = "live"
    scopes: Scopes = msgspec.field(default_factory=list)
    expires_at: Instant | None = None
    allowed_ips: Networks = msgspec.field(default_factory=list)


class RotateRequest(Request, frozen=True, kw_only=True):
    """How long the old key goes on."""

    overlap_hours: Annotated[int, msgspec.Meta(ge=0, le=keys.OVERLAP_MAX_H)] = 24


class KeyShape(Shape, frozen=True, kw_only=True):
    """A key without its secret part."""

    id: str
    name: str
    mode: str
    hint: str
    scopes: list[str]
    allowed_ips: list[str]
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None
    last_used_at: Instant | None
    replaced_by: str | None


class NewKeyShape(KeyShape, frozen=True, kw_only=True):
    """A new key. `key` is shown this once only."""

    key: str


def _fields(row: ApiKey) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "mode": row.mode,
        "hint": row.hint,
        "scopes": row.scopes.split(),
        "allowed_ips": row.allowed_ips.split(),
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "revoked_at": row.revoked_at,
        "last_used_at": row.last_used_at,
        "replaced_by": row.replaced_by,
    }


def _shape(row: ApiKey) -> KeyShape:
    return KeyShape(**_fields(row))


def _new_shape(row: ApiKey, secret: str) -> NewKeyShape:
    return NewKeyShape(**_fields(row), key=secret)


class Keys:
    """GET and POST /api/{tenant}/keys"""

    @for_tenant("listKeys", scope=SCOPE)
    def on_get(self, call: TenantCall, where: Paging) -> Page[KeyShape]:
        """List your keys, the ended ones included; none shows its secret part."""
        return page(
            call,
            where,
            lambda after, limit: keys.listing(call.tenant_id, after, limit),
            _shape,
            key=lambda row: row.id,
        )

    @for_tenant(
        "createKey",
        scope=SCOPE,
        status=201,
        is_secret=True,
        refuses=(
            fields.FieldMissing,
            fields.FieldUnprintable,
            keys.KeyExpiryPast,
            keys.TooManyKeys,
            keys.KeyAlreadyMade,
            key_terms.UnknownScope,
            key_terms.InvalidNetwork,
            key_terms.KeyTooNarrow,
        ),
    )
    def on_post(self, call: TenantCall, asked: KeyRequest) -> NewKeyShape:
        """Make a key. It is shown this once: keep it safe."""
        scopes = asked.scopes or [key_terms.EVERYTHING]
        call.caller.require_to_grant(asked.mode, scopes)
        row, secret = keys.create(
            call.tenant_id,
            asked.name,
            mode=asked.mode,
            scopes=scopes,
            expires_at=asked.expires_at,
            allowed_ips=asked.allowed_ips,
            once=call.once,
            actor=call.actor,
            channel="api",
        )
        return _new_shape(row, secret)


class OneKey:
    """DELETE /api/{tenant}/keys/{id}"""

    @for_tenant("revokeKey", scope=SCOPE, refuses=(NotFound,), while_suspended=True)
    def on_delete(self, call: TenantCall, id: str) -> None:
        """End a key now. Repeating is harmless."""
        row = keys.one(call.tenant_id, id)
        call.caller.require_to_grant(row.mode, row.scopes.split())
        keys.revoke(call.tenant_id, id, actor=call.actor, channel="api")


class RotateKey:
    """POST /api/{tenant}/keys/{id}/rotate"""

    @for_tenant(
        "rotateKey",
        scope=SCOPE,
        status=201,
        is_secret=True,
        refuses=(NotFound, keys.KeyNotUsable, keys.InvalidOverlap, key_terms.KeyTooNarrow),
        while_suspended=True,
    )
    def on_post(self, call: TenantCall, id: str, asked: RotateRequest) -> NewKeyShape:
        """Replace a key by a new one that may do the same; the old one goes on for some hours."""
        row = keys.one(call.tenant_id, id)
        call.caller.require_to_grant(row.mode, row.scopes.split())
        row, secret = keys.rotate(
            call.tenant_id, id, overlap_hours=asked.overlap_hours, actor=call.actor, channel="api"
        )
        return _new_shape(row, secret)
