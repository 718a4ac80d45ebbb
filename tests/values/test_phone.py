"""Numbers: every spelling of one subscriber is one MSISDN, and nothing else gets through."""

import itertools
import re

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import phone
from core.phone import InvalidNumber

SPELLINGS = [
    "0{}",
    "{}",
    "254{}",
    "+254{}",
    "00254{}",
    "000254{}",
    "2540{}",
    "+254(0){}",
    "+2540{}",
]


def library(text: str) -> str | None:
    """What the library makes of digits in Kenya, with 00 read as the plus it stands for."""
    digits = re.sub(r"[ ()-]", "", text)
    digits = re.sub(r"^000?", "+", digits)
    try:
        parsed = phonenumbers.parse(digits, "KE")
    except phonenumbers.NumberParseException:
        return None
    mobile = phonenumbers.number_type(parsed) in (
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    )
    if not (mobile and phonenumbers.is_valid_number(parsed)):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)[1:]


def ours(text: str) -> str | None:
    try:
        return phone.parse(text)
    except InvalidNumber:
        return None


def slowly(text: str) -> str | None:
    try:
        return phone._parse_slowly(text, "KE")
    except InvalidNumber:
        return None


@pytest.mark.parametrize(
    "text",
    [
        "0712345678",
        "712345678",
        "254712345678",
        "+254712345678",
        "00254712345678",
        "000254712345678",
        "2540712345678",
        "+254 (0) 712 345 678",
        "0712 345 678",
        "0712-345-678",
        "0712.345.678",
        "(0712) 345678",
        "0712\u00a0345\u00a0678",
        "0712\u2011345\u2013678",
        "\u202a+254 712 345678\u202c",
        "\ufeff0712345678\r\n",
        "tel:+254712345678",
        "TEL: 0712 345 678",
        "254712345678.0",
        "712345678.0",
        "0712345678.0",
        "2.54712345678E+11",
        "7,12345678e8",
        "\uff10\uff17\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
        "٠٧١٢٣٤٥٦٧٨",
        "\uff0b254712345678",
        "0712\u3000345\u2003678",
        "0712\ufe58345\u2212678",
    ],
)
def test_every_spelling_of_a_number_is_one_number(text: str) -> None:
    assert phone.parse(text) == "254712345678"


@pytest.mark.parametrize(
    ("text", "msisdn"),
    [
        ("0110123456", "254110123456"),
        ("110123456", "254110123456"),
        ("+256 772 123456", "256772123456"),
        ("00256772123456", "256772123456"),
        ("+44 7400 123456", "447400123456"),
        ("+1 201-555-0123", "12015550123"),
        ("+39 312 345 6789", "393123456789"),
    ],
)
def test_new_ranges_and_other_countries_are_read(text: str, msisdn: str) -> None:
    assert phone.parse(text) == msisdn


def test_a_national_number_belongs_to_the_region_given() -> None:
    assert phone.parse("0772 123456", region="UG") == "256772123456"


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", phone.NumberMissing),
        (" \u200b-", phone.NumberMissing),
        ("tel:", phone.NumberMissing),
        ("Wanjiku", phone.NumberNotDigits),
        ("0712abc678", phone.NumberNotDigits),
        ("O712345678", phone.NumberNotDigits),
        ("0712345678/0722345678", phone.NumberNotDigits),
        ("0712345678, 0722345678", phone.NumberNotDigits),
        ("0712345678 ext 3", phone.NumberNotDigits),
        ("0712+345678", phone.NumberNotDigits),
        ("++254712345678", phone.NumberNotDigits),
        ("071234567²", phone.NumberNotDigits),
        ("😀", phone.NumberNotDigits),
        ("2.54712E+11", phone.NumberDamaged),
        ("2,54712E+11", phone.NumberDamaged),
        ("2.547123456E+11", phone.NumberDamaged),
        ("3E+11", phone.NumberDamaged),
        ("71234567.8", phone.NumberDamaged),
        ("71234567.0 ", phone.NumberDamaged),
        ("07123", phone.NumberTooShort),
        ("071234567", phone.NumberTooShort),
        ("07", phone.NumberTooShort),
        ("5", phone.NumberTooShort),
        ("+25471234567", phone.NumberTooShort),
        ("+254", phone.NumberTooShort),
        ("07123456789", phone.NumberTooLong),
        ("256772123456", phone.NumberTooLong),
        ("0712345678 0722345678", phone.NumberTooLong),
        ("0" * 400, phone.NumberTooLong),
        ("7" * 400, phone.NumberTooLong),
        ("+0712345678", phone.CountryUnknown),
        ("+999712345678", phone.CountryUnknown),
        ("020 2012345", phone.NumberFixedLine),
        ("+254 41 2345678", phone.NumberFixedLine),
        ("100", phone.NumberShortCode),
        ("22136", phone.NumberShortCode),
        ("0800 223 456", phone.NumberSpecialRate),
        ("0900 223 456", phone.NumberSpecialRate),
        ("0109123456", phone.NumberUnassigned),
        ("0190123456", phone.NumberUnassigned),
        ("+44 20 7946 0958", phone.NumberFixedLine),
    ],
)
def test_what_is_wrong_with_a_number_is_named(text: str, refusal: type[InvalidNumber]) -> None:
    with pytest.raises(InvalidNumber) as refused:
        phone.parse(text)

    assert type(refused.value) is refusal
    assert len(refused.value.words("en")) <= 140


def test_the_fast_path_agrees_with_the_library_over_every_prefix_length_and_spelling() -> None:
    tails = ["", "34", "23456", "234567", "2345678"]
    for prefix, tail, spelling in itertools.product(range(1000), tails, SPELLINGS):
        text = spelling.format(f"{prefix:03d}{tail}")

        assert ours(text) == library(text), text


def test_the_fast_path_alone_reads_every_kenyan_mobile_number() -> None:
    """Were a spelling to fall through to the library, imports would crawl and nobody notice."""
    for prefix, spelling in itertools.product(range(1000), SPELLINGS):
        text = spelling.format(f"{prefix:03d}234567").replace("(0)", "0")
        expected = library(text)
        if expected and expected.startswith("254"):
            match = phone._fast(text)

            assert match, text
            assert "254" + match[1] == expected


NUMBERISH = st.one_of(
    st.text("0123456789+-. ()", max_size=18),
    st.text("0127 .\u00a0e+E,", max_size=18),
    st.builds(
        lambda spelling, digits: spelling.format(digits),
        st.sampled_from(SPELLINGS),
        st.from_regex(r"[0-9]{3,10}", fullmatch=True),
    ),
    st.builds(
        lambda digits, gaps: "".join(itertools.chain(*zip(digits, gaps, strict=True))),
        st.from_regex(r"(\+?254|0|00254)7[0-9]{8}", fullmatch=True).map(lambda d: d.ljust(15)),
        st.lists(st.sampled_from(["", "", "", " ", "-", ".", "\u00a0"]), min_size=15, max_size=15),
    ),
    st.text(max_size=20),
)


@given(NUMBERISH)
@example("71234567.0 ")
@example("0712345.678")
@example("00712345678")
def test_the_fast_path_agrees_with_the_slow_one_on_anything(text: str) -> None:
    assert ours(text) == slowly(text)


@given(NUMBERISH)
def test_what_is_read_reads_as_itself_and_is_a_mobile_number(text: str) -> None:
    msisdn = ours(text)
    if msisdn is not None:
        assert ours("+" + msisdn) == msisdn
        assert library("+" + msisdn) == msisdn


@pytest.mark.parametrize(
    ("msisdn", "name"),
    [
        ("254712345678", "safaricom"),
        ("254110345678", "safaricom"),
        ("254733345678", "airtel"),
        ("254101345678", "airtel"),
        ("254772345678", "telkom"),
        ("254747345678", "jtl"),
        ("254124345678", "equitel"),
        ("254199345678", "other"),
        ("256772123456", "other"),
    ],
)
def test_a_prefix_hints_at_the_operator(msisdn: str, name: str) -> None:
    assert phone.operator(msisdn) == name


def test_numbers_are_shown_as_people_write_them() -> None:
    assert phone.pretty("254712345678") == "0712 345 678"
    assert phone.pretty("447400123456") == "+44 7400 123456"
    assert phone.pretty("nobody") == "nobody"


def test_a_masked_number_keeps_its_length_and_hides_its_middle() -> None:
    assert phone.masked("254712345678") == "2547*****678"
    assert phone.masked("22136") == "*****"


def test_every_reason_has_one_code_and_its_own_words_in_both_languages() -> None:
    reasons = InvalidNumber.__subclasses__()
    words = {
        reason(given="0" * 20).words(language) for reason in reasons for language in ("en", "sw")
    }

    assert {reason.code for reason in reasons} == {"invalid_number"}
    assert len(words) == 2 * len(reasons)
    assert all(len(sentence) <= 156 and sentence.isascii() for sentence in words)
