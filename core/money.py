"""Shillings, counted exactly: one scale from the price of a segment to the sum in a wallet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from core.errors import Invalid

__all__ = ["SCALE", "ZERO", "InvalidAmount", "Money"]

SCALE: Final = 10_000
"""Units in a shilling."""

# Twelve figures before the point keep every sum of amounts inside a 64-bit column.
_PLAIN = re.compile(r"(-?)([0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.([0-9]{1,4}))?").fullmatch


class InvalidAmount(Invalid):
    """A text that is not an amount of money."""

    code = "invalid_amount"
    title = "Not an amount"
    sentence = "{given} is not an amount. Write it in figures, such as 500 or 1,250.50."


@dataclass(frozen=True, order=True, slots=True)
class Money:
    """An amount in whole ten-thousandths of a shilling (KES/4).

    Fine enough for the price of a segment, exact for a wallet, never rounded on the way.

    >>> Money.parse("1,250.50") + Money.parse("0.2850") * 3
    Money(units=12513550)
    >>> Money.parse("100") // Money.parse("0.75")
    133
    """

    units: int

    def __post_init__(self) -> None:
        # A database's SUM may answer a Decimal and JSON a float: neither may slip in here.
        if type(self.units) is not int:
            raise TypeError(f"Money counts whole units, not {type(self.units).__name__}.")

    @classmethod
    def parse(cls, text: str, *, signed: bool = False) -> Money:
        """Read an amount written in shillings: figures, thousands commas, up to 4 decimals.

        A minus in front is read only when ``signed``: what people type is never negative.

        Raises:
            InvalidAmount: anything else, ``inf``, ``1e9`` and digits of other scripts included.

        >>> Money.parse("0.2850")
        Money(units=2850)
        >>> Money.parse("-20", signed=True)
        Money(units=-200000)
        """
        match = _PLAIN(text.strip(" "))
        if match is None or (match[1] and not signed):
            raise InvalidAmount(given=_shown(text))
        decimals = (match[3] or "").ljust(4, "0")
        units = int(match[2].replace(",", "")) * SCALE + int(decimals)
        return cls(-units if match[1] else units)

    @classmethod
    def kes(cls, shillings: int) -> Money:
        """So many whole shillings.

        >>> Money.kes(500)
        Money(units=5000000)
        """
        return cls(shillings * SCALE)

    @classmethod
    def cents(cls, cents: int) -> Money:
        """So many cents, as card processors count.

        >>> Money.cents(50_050).text()
        '500.50'
        """
        return cls(cents * (SCALE // 100))

    @property
    def is_whole(self) -> bool:
        """Whether it is whole shillings, all that M-Pesa can move."""
        return self.units % SCALE == 0

    def to_kes(self) -> int:
        """The whole shillings.

        Raises:
            ValueError: there is a fraction, which must not be dropped silently.
        """
        return self._exactly(SCALE, "shillings")

    def to_cents(self) -> int:
        """The whole cents.

        Raises:
            ValueError: there is a fraction of a cent.
        """
        return self._exactly(SCALE // 100, "cents")

    def text(self) -> str:
        """The amount as the API writes it: two decimals, up to four where they are needed.

        >>> Money.parse("1,250.5").text(), Money.parse("0.2850").text(), Money(1).text()
        ('1250.50', '0.285', '0.0001')
        """
        whole, decimals = self.price_text().split(".")
        return f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"

    def price_text(self) -> str:
        """The amount with all four decimals, the way prices stand in a list.

        >>> Money.parse("0.75").price_text()
        '0.7500'
        """
        shillings, fraction = divmod(abs(self.units), SCALE)
        return f"{'-' if self.units < 0 else ''}{shillings}.{fraction:04d}"

    def __str__(self) -> str:
        """The amount as people read it.

        >>> print(Money.parse("1250.5"), Money.kes(-20))
        KES 1,250.50 KES -20.00
        """
        whole, _, decimals = self.text().lstrip("-").partition(".")
        return f"KES {'-' if self.units < 0 else ''}{int(whole):,}.{decimals}"

    def __bool__(self) -> bool:
        return self.units != 0

    def __neg__(self) -> Money:
        return Money(-self.units)

    def __abs__(self) -> Money:
        return Money(abs(self.units))

    def __add__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.units + other.units)

    def __sub__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.units - other.units)

    def __mul__(self, times: int) -> Money:
        if not isinstance(times, int) or isinstance(times, bool):
            return NotImplemented
        return Money(self.units * times)

    __rmul__ = __mul__

    def __floordiv__(self, other: Money) -> int:
        """How many times ``other`` fits, such as segments a balance still pays for."""
        if not isinstance(other, Money):
            return NotImplemented
        return self.units // other.units

    def _exactly(self, size: int, name: str) -> int:
        count, rest = divmod(self.units, size)
        if rest:
            raise ValueError(f"{self} is not a whole number of {name}.")
        return count


ZERO: Final = Money(0)


def _shown(text: str) -> str:
    """What was typed, cut to what a screen can repeat."""
    words = " ".join(text.split())
    return repr(words if len(words) <= 20 else words[:17] + "...")
