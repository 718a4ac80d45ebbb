"""What is known of a contact beside its number: name, language, free fields, consent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from core import clock
from core.contacts import consents, contacts, free_fields
from core.contacts.consents import ConsentInFuture, Given
from core.contacts.free_fields import FieldNameMissing, FieldNameWrong, TooManyFields
from core.tenants import audit
from core.tenants.fields import FieldMissing, FieldTooLong, FieldUnprintable
from core.tenants.models import Audit
from core.tenants.profiles import Profile

BY = {"actor": "key:key_1", "channel": "api"}


def fields_of(contact: object) -> dict[str, str]:
    return free_fields.load(contact.fields)  # type: ignore[attr-defined]


def test_fields_are_kept_under_the_names_they_were_given(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    made = contacts.put(mine, "0712345678", extra={"Amount Due": " 1,500 ", "class": "4B"}, **BY)

    assert fields_of(made.contact) == {"Amount Due": "1,500", "class": "4B"}


def test_a_field_is_written_over_however_its_name_is_spelt_and_nothing_takes_it_away(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    juma = contacts.put(mine, "0712345678", extra={"Amount Due": "10", "Class": "4"}, **BY).contact
    contacts.put(mine, "0712345678", extra={"amount_due": "20"}, **BY)

    assert fields_of(contacts.one(mine, juma.id)) == {"Amount Due": "20", "Class": "4"}
    contacts.change(mine, juma.id, extra={"CLASS": None, "amount due": "-"}, **BY)
    assert fields_of(contacts.one(mine, juma.id)) == {"Amount Due": "-"}


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"name": "x"}, FieldNameWrong),
        ({"First Name": "x"}, FieldNameWrong),
        ({"": "x"}, FieldNameMissing),
        ({" ": "x"}, FieldNameMissing),
        ({"{{x}}": "x"}, FieldNameWrong),
        ({"n" * 61: "x"}, FieldNameWrong),
        ({"note": "x" * 501}, FieldTooLong),
        ({"note": "a\0b"}, FieldUnprintable),
        ({f"f{number}": "x" for number in range(31)}, TooManyFields),
    ],
)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_field_that_nobody_could_use_is_refused(
    make_tenant: Callable[..., Profile], given: dict[str, str], refusal: type[Exception]
) -> None:
    mine = make_tenant().tenant_id
    with pytest.raises(refusal):
        contacts.put(mine, "0712345678", extra=given, **BY)
    assert contacts.count(mine) == 0


def test_a_contact_has_only_so_many_fields_also_one_after_the_other(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    contacts.put(mine, "0712345678", extra={f"f{n}": "x" for n in range(30)}, **BY)

    with pytest.raises(TooManyFields):
        contacts.put(mine, "0712345678", extra={"one": "more"}, **BY)


def test_a_consent_says_who_noted_it_when_and_in_which_words(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    day = clock.now() - timedelta(days=3)
    given = Given("till form", "I agree to offers by SMS.", day)
    juma = contacts.put(mine, "0712345678", consent=given, **BY).contact
    noted = consents.among(mine, {juma.consent_id})[juma.consent_id]

    assert (noted.source, noted.wording) == ("till form", "I agree to offers by SMS.")
    assert (noted.actor, noted.channel) == ("key:key_1", "api")
    assert abs(noted.given_at - day) < timedelta(milliseconds=2)
    assert consents.among(make_tenant().tenant_id, {juma.consent_id}) == {}
    assert contacts.change(mine, juma.id, consent=None, **BY).consent_id is None


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_consent_without_words_or_of_tomorrow_is_refused(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    for given, refusal in (
        (Given("", "Yes"), FieldMissing),
        (Given("form", " "), FieldMissing),
        (Given("form", "Yes", clock.now() + timedelta(minutes=1)), ConsentInFuture),
    ):
        with pytest.raises(refusal):
            contacts.put(mine, "0712345678", consent=given, **BY)


def test_the_trail_of_a_contact_holds_neither_name_nor_number(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    juma = contacts.put(mine, "0712345678", "Juma", extra={"Class": "4B"}, **BY).contact
    contacts.change(mine, juma.id, name="Otieno", language="sw", **BY)
    contacts.remove(mine, juma.id, **BY)

    trail = audit.listing(mine)
    assert [row.act for row in trail] == ["contact.removed", "contact.changed", "contact.added"]
    assert {row.subject for row in trail} == {juma.id}
    said = " ".join(f"{row.before} {row.after}" for row in Audit.select())
    assert not any(word in said for word in ("Juma", "Otieno", "712345678", "4B"))


def test_null_takes_name_and_language_away(make_tenant: Callable[..., Profile]) -> None:
    mine = make_tenant().tenant_id
    juma = contacts.put(mine, "0712345678", "Juma", language="sw", **BY).contact
    juma = contacts.change(mine, juma.id, name=None, language=None, **BY)

    assert (juma.name, juma.language) == ("", None)
