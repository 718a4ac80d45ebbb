"""People: one a phone, known by the name they gave first in earnest."""

import pytest

from core.secrets import make_key
from core.tenants import admin_keys, audit, people
from core.tenants.admin_keys import AdminUnauthenticated
from core.tenants.models import Person, Role
from tests.races import together

PHONE = "254712345678"


def test_a_phone_is_one_person_however_many_meet_it(store):
    found = together(8, lambda number: people.introduce(PHONE, f"Asha {number}", "en"))

    assert len({person.id for person in found}) == 1
    assert Person.select().count() == 1


def test_a_stranger_can_still_say_another_name(store):
    people.introduce(PHONE, "Somebody", "en")

    assert people.introduce(PHONE, "Asha", "sw").name == "Asha"
    assert people.by_phone(PHONE).language == "sw"


def test_nobody_renames_a_person_of_a_verified_business(make_tenant):
    person = people.introduce(PHONE, "Asha", "sw")
    people.join(person, make_tenant().tenant_id, Role.OWNER)

    again = people.introduce(PHONE, "Thief", "en")
    assert (again.id, again.name, again.language) == (person.id, "Asha", "sw")


def test_a_first_role_stays(make_tenant):
    tenant_id = make_tenant().tenant_id
    person = people.introduce(PHONE, "Asha", "en")
    people.join(person, tenant_id, Role.OWNER)
    people.join(person, tenant_id, Role.VIEWER)

    assert people.role_of(person.id, tenant_id) is Role.OWNER
    assert people.members(tenant_id) == [(person, Role.OWNER)]


def test_a_person_may_be_in_several_businesses(make_tenant):
    first, second, third = (make_tenant().tenant_id for _ in range(3))
    person = people.introduce(PHONE, "Asha", "en")
    people.join(person, second, Role.SENDER)
    people.join(person, first, Role.OWNER)

    found = [(tenant.id, role) for tenant, role in people.memberships(person.id)]
    assert found == [(first, Role.OWNER), (second, Role.SENDER)]
    assert people.role_of(person.id, third) is None


def test_an_admin_key_is_known_until_it_is_revoked(store):
    secret = admin_keys.create("Laptop")
    row = admin_keys.authenticate(secret)

    assert secret.startswith("sk_admin_")
    assert row.name == "Laptop"
    admin_keys.revoke(row.id, actor="cli", channel="cli")
    with pytest.raises(AdminUnauthenticated):
        admin_keys.authenticate(secret)
    assert [each.act for each in audit.listing()] == ["admin_key.revoked", "admin_key.created"]


@pytest.mark.parametrize(
    "wrong",
    ["", "sk_admin_x", make_key("sk_admin"), make_key("sk_live")],
    ids=["empty", "malformed", "unknown", "a tenant's"],
)
def test_a_strangers_admin_key_is_refused(store, wrong):
    with pytest.raises(AdminUnauthenticated):
        admin_keys.authenticate(wrong)
