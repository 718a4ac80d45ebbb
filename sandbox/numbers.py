"""Kenyan mobile numbers as people and programs write them."""

from __future__ import annotations

import re

MSISDN = re.compile(r"254[17]\d{8}", re.ASCII)
LOCAL = re.compile(r"0[17]\d{8}", re.ASCII)


def msisdn(given: object) -> str:
    """The 12 digits of a number written any usual way, or the digits as they are."""
    digits = re.sub(r"\D", "", str(given), flags=re.ASCII)
    if LOCAL.fullmatch(digits):
        return "254" + digits[1:]
    return "254" + digits if re.fullmatch(r"[17]\d{8}", digits, re.ASCII) else digits


def is_msisdn(number: str) -> bool:
    """Whether these are the 12 digits of a Kenyan mobile number."""
    return MSISDN.fullmatch(number) is not None
