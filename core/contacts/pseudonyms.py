"""What stands for the number of somebody who was erased.

It is made from the number with the installation's key, so the same number always gives the same
one: texts of one person stay together, an opt-out is found again when the number comes back, and
nobody without the key can find out whose it was. The first digits stay, for they say the operator,
and figures by operator must not change.
"""

from __future__ import annotations

import base64
import hmac

from core.settings import settings

_MARK = "x"
_LENGTH = 11  # characters of 5 bits


def of(tenant_id: int, msisdn: str) -> str:
    """Return the pseudonym of a number in a business; a pseudonym's own is itself."""
    return every(tenant_id, msisdn)[0]


def every(tenant_id: int, msisdn: str) -> tuple[str, ...]:
    """Return all pseudonyms a number may have: one a secret key, the present one first."""
    if is_one(msisdn):
        return (msisdn,)
    prefix = msisdn[3:6] if len(msisdn) == 12 and msisdn.startswith("254") else "000"
    told = f"person|{tenant_id}|{msisdn}".encode()
    return tuple(
        f"{_MARK}{prefix}{_digest(key, told)}" for key in settings().app.secret_key.split(",")
    )


def is_one(msisdn: str) -> bool:
    """Say whether this stands for a number rather than being one."""
    return msisdn.startswith(_MARK)


def _digest(key: str, told: bytes) -> str:
    made = hmac.digest(key.encode(), told, "sha256")
    return base64.b32encode(made[:10])[:_LENGTH].decode().lower()
