"""The phone a gateway names, however it writes it."""

from __future__ import annotations

import re

KENYA = "254"
_LONGEST = 15  # digits, E.164


def read(text: str, country: str = KENYA) -> str | None:
    """The MSISDN in what a gateway sent; None when there are too few or too many digits.

    Gateways write `+2547...` (often with the plus decoded to a space), `2547...` and `07...`. It is
    a network's own word, so no more than its length is doubted.

    >>> read(" 254712345678"), read("0712345678"), read("241234567", "233")
    ('254712345678', '254712345678', '233241234567')
    """
    digits = "".join(re.findall(r"[0-9]", text)).removeprefix("00")
    if len(digits) == 10 and digits.startswith("0"):
        return country + digits[1:]
    if len(digits) == 9:
        return country + digits
    return digits if 10 <= len(digits) <= _LONGEST and digits[0] != "0" else None
