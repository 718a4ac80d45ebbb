"""Lists, a page at a time, and the cursors that lead from one to the next."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from api import refusals
from api.calls import Call, TenantCall
from core import secrets

T = TypeVar("T")
Row = TypeVar("Row")

LIMIT_MAX = 200
LIMIT_USUAL = 50
_SEAL = 12  # characters of the digest: nobody gains by forging one, but a foreign one is told


class Paging(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which page of a list."""

    limit: Annotated[
        int, msgspec.Meta(ge=1, le=LIMIT_MAX, description="How many entries at most.")
    ] = LIMIT_USUAL
    after: Annotated[
        str | None, msgspec.Meta(description="The value of `next` of the page before.")
    ] = None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page, newest first; `next` is null on the last one."""

    data: list[T]
    has_more: bool
    next: str | None


def _scope(call: Call) -> str:
    who = f"{call.tenant_id}:{call.profile.is_test}" if isinstance(call, TenantCall) else "admin"
    return f"{who}:{call.req.uri_template}"


def _seal(scope: str, last: str) -> str:
    return secrets.keyed_digest("cursor", f"{scope}|{last}")[:_SEAL]


def _cursor(scope: str, last: str) -> str:
    told = f"{_seal(scope, last)}{last}"
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _last(scope: str, cursor: str) -> str:
    """The id a cursor of ours points behind. Raises: BadCursor."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        told = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeError):
        raise refusals.BadCursor from None
    seal, last = told[:_SEAL], told[_SEAL:]
    if not last or not secrets.same(seal, _seal(scope, last)):
        raise refusals.BadCursor
    return last


def page(
    call: Call,
    paging: Paging,
    read: Callable[[str | None, int], Sequence[Row]],
    show: Callable[[Row], T],
    key: Callable[[Row], Any],
) -> Page[T]:
    """Read a page. `read(after, limit)` is asked for a row too many, to see whether more follow."""
    scope = _scope(call)
    after = None if paging.after is None else _last(scope, paging.after)
    rows = read(after, paging.limit + 1)
    shown = rows[: paging.limit]
    has_more = len(rows) > paging.limit
    return Page(
        data=[show(row) for row in shown],
        has_more=has_more,
        next=_cursor(scope, str(key(shown[-1]))) if has_more else None,
    )
