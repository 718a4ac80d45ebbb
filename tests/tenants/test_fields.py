"""What people say about themselves: kept when it can be shown, refused in words otherwise."""

import pytest

from core.errors import Invalid
from core.tenants import fields


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Mama Mboga", "Mama Mboga"),
        ("  Mama   Mboga ", "Mama Mboga"),
        ("Ng'ang'a & Sons (K) Ltd.", "Ng'ang'a & Sons (K) Ltd."),
        ("Cafe\u0301", "Caf\u00e9"),
        ("7 Up Traders\n", "7 Up Traders"),
    ],
)
def test_a_name_is_kept_as_people_mean_it(typed, kept):
    assert fields.line(typed, "name", most=120) == kept


@pytest.mark.parametrize("typed", ["", "   ", "\u00a0", "...", "-"])
def test_nothing_is_no_name(typed):
    with pytest.raises(fields.FieldMissing) as refusal:
        fields.line(typed, "name", most=120)

    assert refusal.value.field == "name"


@pytest.mark.parametrize(
    "sign", ["\n", "\r", "\x00", "\x1b", "\u202e", "\u2066", "\ud800", "\u2028"]
)
def test_signs_nobody_sees_are_refused(sign):
    with pytest.raises(fields.FieldUnprintable):
        fields.line(f"Equity{sign}Bank", "name", most=120)


@pytest.mark.parametrize("length", [121, 10_000])
def test_a_name_has_an_end(length):
    with pytest.raises(fields.FieldTooLong, match="120"):
        fields.line("a" * length, "name", most=120)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (None, None),
        ("  ", None),
        ("asha@example.co.ke", "asha@example.co.ke"),
        (" Asha.O+sms@Example.COM ", "Asha.O+sms@example.com"),
    ],
)
def test_an_address_for_mail_is_kept(typed, kept):
    assert fields.email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["asha", "asha@", "@example.com", "a@b", "a b@example.com", "a@example..com", "a@-x.com",
     ".a@example.com", "a..b@example.com", "a@example.com\nBcc: b@example.com", "a@@example.com",
     "a" * 65 + "@example.com", "a@" + "b." * 130 + "com", "a@exam\u0440le.com"],
)  # fmt: skip
def test_what_is_no_address_for_mail_is_refused(typed):
    with pytest.raises(fields.InvalidEmail):
        fields.email(typed)


def test_a_language_is_one_of_ours():
    assert fields.language("sw") == "sw"
    assert fields.language(None) == "en"
    with pytest.raises(fields.UnknownLanguage, match=r"English \(en\), Swahili \(sw\)") as refused:
        fields.language("fr")
    assert "Kiingereza (en), Kiswahili (sw)" in refused.value.words("sw")


@pytest.mark.parametrize(
    ("typed", "kept"), [("p051234567x", "P051234567X"), ("", None), (None, None)]
)
def test_a_kra_pin_is_kept_in_capitals(typed, kept):
    assert fields.kra_pin(typed) == kept


@pytest.mark.parametrize("typed", ["P05123456X", "B051234567X", "P0512345678", "12345678901"])
def test_what_is_no_kra_pin_is_refused(typed):
    with pytest.raises(Invalid):
        fields.kra_pin(typed)
