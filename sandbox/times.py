"""Times as the outside world writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

NAIROBI = timezone(timedelta(hours=3), "EAT")
"""Kenya keeps UTC+3 all year."""


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: of equal length, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def iso_now() -> str:
    """The present moment, as `iso` writes it."""
    return iso(datetime.now(UTC))


def nairobi_now() -> datetime:
    """The present moment on a Kenyan wall clock."""
    return datetime.now(NAIROBI)


def compact(moment: datetime) -> str:
    """YYYYMMDDHHmmss in Nairobi, as Daraja writes it."""
    return moment.astimezone(NAIROBI).strftime("%Y%m%d%H%M%S")


def minute(moment: datetime) -> str:
    """yyyy-MM-dd HH:mm in Nairobi, as Onfon's reports carry it."""
    return moment.astimezone(NAIROBI).strftime("%Y-%m-%d %H:%M")
