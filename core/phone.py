"""Telephone numbers: anything a person or a spreadsheet writes, to the MSISDN a network wants."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType, ValidationResult

from core.errors import Invalid

__all__ = [
    "CountryUnknown",
    "InvalidNumber",
    "NumberDamaged",
    "NumberFixedLine",
    "NumberMissing",
    "NumberNotDigits",
    "NumberShortCode",
    "NumberSpecialRate",
    "NumberTooLong",
    "NumberTooShort",
    "NumberUnassigned",
    "masked",
    "operator",
    "parse",
    "pretty",
]


class InvalidNumber(Invalid):
    """A text that is no number a message could reach.

    Its kinds differ in their words alone: a program needs to know that it was refused, and only a
    person can do something about the reason.
    """

    code = "invalid_number"
    title = "Not a mobile number"
    sentence = "{given} is not a mobile number. Write it like 0712 345 678."


class NumberMissing(InvalidNumber):
    """Nothing was written where a number belongs."""

    sentence = "There is no number here. Write one like 0712 345 678."


class NumberNotDigits(InvalidNumber):
    """Letters or signs stand among the digits, or two numbers stand where one belongs."""

    sentence = "{given} is not only digits. Write one number, like 0712 345 678."


class NumberDamaged(InvalidNumber):
    """A spreadsheet has rounded the number, and the lost digits cannot be known."""

    sentence = (
        "The spreadsheet has damaged this number: {given}. "
        "Format the column as text and enter the number again."
    )


class NumberTooShort(InvalidNumber):
    """Digits are missing."""

    sentence = "{given} is too short. A mobile number has 10 digits, like 0712 345 678."


class NumberTooLong(InvalidNumber):
    """There are more digits than a number has, or a foreign number lacks its plus."""

    sentence = "{given} is too long. Check it; for another country start with + and its code."


class CountryUnknown(InvalidNumber):
    """The number begins with a country code that no country has."""

    sentence = "{given} starts with a country code that does not exist. Kenya is +254."


class NumberFixedLine(InvalidNumber):
    """A landline, which takes no SMS."""

    sentence = "{given} is a landline, and SMS cannot reach it. Give a mobile number."


class NumberShortCode(InvalidNumber):
    """A service number of three to six digits."""

    sentence = "{given} is a short code, and SMS cannot be sent to it. Give a mobile number."


class NumberSpecialRate(InvalidNumber):
    """A toll-free, premium or otherwise special number, which takes no SMS."""

    sentence = (
        "{given} is a toll-free, premium or service number, and SMS cannot reach it. "
        "Give a mobile number."
    )


class NumberUnassigned(InvalidNumber):
    """Digits of the right length, in a range that no mobile network uses."""

    sentence = "No mobile network uses {given}. Check the digits."


def _fast_pattern() -> re.Pattern[str]:
    """Kenya's mobile numbers in the spellings that need no thought.

    The ranges come from the library's own data, for they grow every year: 011x, then 014x, then
    018x. A written-out list would refuse the newest subscribers.
    """
    kenya = PhoneMetadata.metadata_for_region("KE")
    pattern = kenya.mobile.national_number_pattern if kenya and kenya.mobile else None
    if pattern is None:  # pragma: no cover
        raise RuntimeError("phonenumbers has no mobile pattern for Kenya.")
    return re.compile(rf"(?:\+?254|0{{2,3}}254)?0?((?:{pattern}))", re.ASCII)


_fast = _fast_pattern().fullmatch
# What people put between digits, and what copying from a chat or a web page adds unseen.
_SEPARATORS = str.maketrans(
    "", "", " -.()[]\u00a0\t\r\n\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufeff\u2060"
)
_FLOAT = re.compile(r"(\+?[0-9]{9,15})\.0").fullmatch
# A dot before one last digit is no separator: somebody's software took the number for a quantity.
_decimal_point = re.compile(r"\.[^0-9]*[0-9][^0-9]*\Z").search
_SCIENTIFIC = re.compile(r"\+?([0-9])(?:[.,]([0-9]*))?[eE]\+?([0-9]{1,2})").fullmatch
_DIGITS = re.compile(r"\+?[0-9]+").fullmatch
_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Pd"})


def parse(text: str, *, region: str = "KE") -> str:
    """The MSISDN, digits only and without a plus, of a mobile number however it is written.

    A number without a country code belongs to ``region``. Accepted are ``07…``, ``7…``, ``+254…``,
    ``254…``, ``00254…``, ``000254…`` and ``2540…``; spaces, dashes, brackets, dots; ``tel:``; the
    ``.0`` of a spreadsheet; and any country's mobile number behind ``+`` or ``00``.

    Raises:
        InvalidNumber: a subclass that says what is wrong and what to do.

    >>> parse("0712 345-678"), parse("+256 772 123456")
    ('254712345678', '256772123456')
    """
    if region == "KE":
        if match := _fast(text):
            return "254" + match[1]
        match = _fast(text.translate(_SEPARATORS))
        if match and not _decimal_point(text):
            return "254" + match[1]
    return _parse_slowly(text, region)


def _parse_slowly(text: str, region: str) -> str:
    """``parse`` by way of the library, for every spelling and country, with the reasons."""
    given = _shown(text)
    number = _plain(text, given)
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException as error:
        raise _unparsed(error, number, given) from error
    kind = phonenumbers.number_type(parsed)
    if kind in _MOBILE:
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)[1:]
    raise _refusal(parsed, kind, number, given)


def _plain(text: str, given: str) -> str:
    """The digits of a text, with a plus in front when it names a country.

    Raises:
        InvalidNumber: there is something else in it, or nothing.
    """
    seen = "".join([_plain_character(character) for character in text])
    bare = seen.strip(" ")
    if bare[:4].lower() == "tel:":
        bare = bare[4:].strip(" ")
    if not bare:
        raise NumberMissing
    if scientific := _SCIENTIFIC(bare.replace(" ", "")):
        whole, decimals, exponent = scientific.groups()
        # Only when every digit is still there can it be read; else Excel has rounded it.
        if len(decimals or "") != int(exponent) or len(decimals or "") < 8:
            raise NumberDamaged(given=given)
        return f"{whole}{decimals}"
    if decimal := _FLOAT(bare):
        bare = decimal[1]
    elif _decimal_point(bare):
        raise NumberDamaged(given=given)
    bare = bare.translate(_SEPARATORS)
    if not bare:
        raise NumberMissing
    if not _DIGITS(bare):
        raise NumberNotDigits(given=given)
    # 000 is Kenya's international prefix, 00 nearly everyone else's.
    if bare.startswith("000"):
        return "+" + bare[3:]
    if bare.startswith("00"):
        return "+" + bare[2:]
    return bare


def _plain_character(character: str) -> str:
    """A character as ASCII where it is a digit, a plus, a space or a dash of any script."""
    if character.isascii() and character.isprintable():
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if character == "\uff0b":
        return "+"
    category = unicodedata.category(character)
    if category == "Pd":
        return "-"
    if category in _INVISIBLE:
        return " " if category != "Cf" else ""
    return character


def _unparsed(error: phonenumbers.NumberParseException, number: str, given: str) -> InvalidNumber:
    """What to say of digits in which the library sees no number at all."""
    match error.error_type:
        case phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            return CountryUnknown(given=given)
        case phonenumbers.NumberParseException.TOO_LONG:
            return NumberTooLong(given=given)
        case _:
            return _short(number, given)


def _refusal(parsed: phonenumbers.PhoneNumber, kind: int, number: str, given: str) -> InvalidNumber:
    """What to say of a number that exists, or could, and is not a mobile one."""
    if kind == PhoneNumberType.FIXED_LINE:
        return NumberFixedLine(given=given)
    if kind != PhoneNumberType.UNKNOWN:
        return NumberSpecialRate(given=given)
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    if reason in (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return _short(number, given)
    if reason == ValidationResult.TOO_LONG:
        return NumberTooLong(given=given)
    national = phonenumbers.national_significant_number(parsed)
    if parsed.country_code == 254 and national[0] in "17":
        # The library counts lengths over all kinds; a mobile number has nine digits.
        if len(national) < 9:
            return NumberTooShort(given=given)
        if len(national) > 9:
            return NumberTooLong(given=given)
    return NumberUnassigned(given=given)


def _short(number: str, given: str) -> InvalidNumber:
    """A short code is dialled as it stands; with a plus or a zero in front it is a fragment."""
    if 3 <= len(number) <= 6 and number[0] not in "+0":
        return NumberShortCode(given=given)
    return NumberTooShort(given=given)


def _shown(text: str) -> str:
    """What was written, cut to what a screen can repeat."""
    words = " ".join("".join([c if c.isprintable() else " " for c in text]).split())
    return words if len(words) <= 20 else words[:17] + "..."


_OPERATORS = {"Finserve": "equitel", "Homeland Media": "homeland", "NRG Media Limited": "nrg"}


def operator(msisdn: str) -> str:
    """The network that was first given this Kenyan number, in lower case: a guess.

    Numbers can be ported since April 2011 and the prefix stays, so this serves estimates and
    reports and what a network is likely to refuse, never routing. ``other`` for foreign and
    unlisted numbers.

    >>> operator("254712345678"), operator("254733123456")
    ('safaricom', 'airtel')
    """
    if msisdn.startswith("254"):
        return _operator_of(msisdn[:6])
    # An erased person's pseudonym keeps the prefix, so that figures stay what they were.
    return _operator_of(f"254{msisdn[1:4]}") if msisdn.startswith("x") else "other"


@cache
def _operator_of(prefix: str) -> str:
    # Imported on first use: the data of every country's carriers is large.
    from phonenumbers import carrier

    number = phonenumbers.PhoneNumber(country_code=254, national_number=int(prefix[3:] + "000000"))
    name = carrier.name_for_valid_number(number, "en")
    return _OPERATORS.get(name, name.lower()) or "other"


def pretty(msisdn: str) -> str:
    """An MSISDN as people write it: national for Kenya, international for the rest.

    >>> pretty("254712345678"), pretty("256772123456")
    ('0712 345 678', '+256 772 123456')
    """
    if msisdn.startswith("254") and len(msisdn) == 12:
        return f"0{msisdn[3:6]} {msisdn[6:9]} {msisdn[9:]}"
    try:
        parsed = phonenumbers.parse("+" + msisdn)
    except phonenumbers.NumberParseException:
        return msisdn
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def masked(msisdn: str) -> str:
    """An MSISDN with its middle hidden, for logs and for those who need not know it.

    >>> masked("254712345678")
    '2547*****678'
    """
    if len(msisdn) < 9:
        return "*" * len(msisdn)
    return msisdn[:4] + "*" * (len(msisdn) - 7) + msisdn[-3:]
