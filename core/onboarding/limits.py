"""How often a phone may sign up and be texted, and how much one address may try."""

from __future__ import annotations

import ipaddress

from core import quota
from core.onboarding.errors import TooManyCodes, TooManySignUps, TooManyTries
from core.settings import settings

_DAY_S = 24 * 3600
_HOUR_S = 3600


def network(address: str) -> str:
    """Name who an address belongs to: with IPv6 one subscriber has a whole /64.

    >>> network("2001:db8:1:2:3:4:5:6"), network("::ffff:41.90.0.7")
    ('2001:db8:1:2::/64', '41.90.0.7')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:45]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def count_address(address: str | None) -> None:
    """Count a sign-up from an address, where there is one. Raises: TooManySignUps."""
    if address is not None:
        scope = f"signup:ip:{network(address)}"
        got = quota.take(scope, settings().limits.signups_per_ip_per_day, seconds=_DAY_S)
        if not got.allowed:
            raise TooManySignUps(retry_after=got.reset_s)


def count_phone(msisdn: str) -> None:
    """Count a sign-up of a phone. Raises: TooManySignUps."""
    scope = f"signup:phone:{msisdn}"
    got = quota.take(scope, settings().limits.signups_per_phone_per_day, seconds=_DAY_S)
    if not got.allowed:
        raise TooManySignUps(retry_after=got.reset_s)


def count_code(msisdn: str) -> None:
    """Count a code sent to a phone. Raises: TooManyCodes."""
    scope = f"code:phone:{msisdn}"
    got = quota.take(scope, settings().limits.codes_per_hour, seconds=_HOUR_S)
    if not got.allowed:
        raise TooManyCodes(minutes=-(-got.reset_s // 60), retry_after=got.reset_s)


def count_try(address: str | None) -> None:
    """Count a code tried from an address: as many a day as its sign-ups could need.

    Raises: TooManyTries.
    """
    if address is not None:
        limits = settings().limits
        most = limits.signups_per_ip_per_day * limits.code_attempts
        got = quota.take(f"code:ip:{network(address)}", most, seconds=_DAY_S)
        if not got.allowed:
            raise TooManyTries(retry_after=got.reset_s)
