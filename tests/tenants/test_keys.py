"""API keys: recognised, limited, replaced, ended; never shown twice."""

from datetime import timedelta
from functools import partial

import pytest

from core import clock, secrets
from core.errors import NotFound, Unauthenticated
from core.tenants import audit, key_terms, keys
from core.tenants.models import ApiKey
from tests.races import outcomes, together

BY = {"actor": "person:usr_1", "channel": "api"}


@pytest.fixture
def acme(make_tenant):
    return make_tenant()


@pytest.fixture
def create(acme):
    keys.forget_cached()
    return partial(keys.create, acme.tenant_id, "Main", **BY)


def is_refused(secret):
    try:
        keys.authenticate(secret)
    except Unauthenticated:
        return True
    return False


def test_a_key_names_its_business(acme, create):
    row, secret = create()

    caller = keys.authenticate(secret)
    assert caller.profile == acme
    assert (caller.key_id, caller.actor) == (row.id, f"key:{row.id}")


def test_a_test_key_pays_with_play_money(create):
    _, secret = create(mode="test")

    assert secret.startswith("sk_test_")
    assert keys.authenticate(secret).profile.is_test


def test_only_a_digest_of_a_key_is_kept(create):
    row, secret = create()
    kept = " ".join(map(str, ApiKey.select().where(ApiKey.id == row.id).tuples().first()))

    assert secret[8:] not in kept
    assert secrets.digest(secret) in kept
    assert row.hint == f"sk_live_...{secret[-4:]}"


@pytest.mark.parametrize("wrong", ["", "sk_live_", "sk_live_" + "a" * 38, "é" * 46, "x" * 5000])
def test_what_is_no_key_is_refused(store, wrong):
    assert is_refused(wrong)


def test_a_well_formed_key_nobody_made_is_refused(store):
    assert is_refused(secrets.make_key("sk_live"))


def test_one_wrong_letter_makes_another_key(create):
    _, secret = create()

    assert is_refused(secret[:-1] + ("a" if secret[-1] != "a" else "b"))


def test_a_revoked_key_is_refused_at_once(acme, create):
    row, secret = create()
    keys.authenticate(secret)
    keys.revoke(acme.tenant_id, row.id, **BY)

    assert is_refused(secret)
    assert keys.revoke(acme.tenant_id, row.id, **BY).revoked_at is not None


def test_a_key_is_refused_the_moment_it_expires(create):
    clock.freeze(clock.now())
    _, secret = create(expires_at=clock.now() + timedelta(hours=1))

    clock.advance(3599)
    assert not is_refused(secret)
    clock.advance(1)
    assert is_refused(secret)


def test_a_key_cannot_be_made_to_have_expired(create):
    with pytest.raises(keys.KeyExpiryPast):
        create(expires_at=clock.now())


def test_a_rotated_key_goes_on_until_the_overlap_ends(acme, create):
    clock.freeze(clock.now())
    row, old = create(scopes=["messages:send"], allowed_ips=["41.90.0.0/16"])
    fresh, new = keys.rotate(acme.tenant_id, row.id, overlap_hours=2, **BY)

    assert not is_refused(old)
    assert keys.authenticate(new).scopes == {"messages:send"}
    assert keys.authenticate(new).allowed_ips == ("41.90.0.0/16",)
    clock.advance(2 * 3600)
    assert is_refused(old)
    assert not is_refused(new)
    assert keys.one(acme.tenant_id, row.id).replaced_by == fresh.id


def test_without_overlap_the_old_key_ends_now(acme, create):
    row, old = create()
    keys.authenticate(old)
    keys.rotate(acme.tenant_id, row.id, overlap_hours=0, **BY)

    assert is_refused(old)


def test_a_rotation_never_lengthens_a_key(acme, create):
    clock.freeze(clock.now())
    end = clock.now() + timedelta(hours=1)
    row, _ = create(expires_at=end)
    fresh, _ = keys.rotate(acme.tenant_id, row.id, overlap_hours=24, **BY)

    assert keys.one(acme.tenant_id, row.id).expires_at == end
    assert fresh.expires_at == end


def test_of_many_rotations_at_once_one_wins(acme, create):
    row, _ = create()
    found = together(8, lambda _: keys.rotate(acme.tenant_id, row.id, **BY))

    assert len(outcomes(found, tuple)) == 1
    assert len(outcomes(found, keys.KeyNotUsable)) == 7
    assert len(keys.listing(acme.tenant_id)) == 2


def test_a_key_that_is_dead_is_not_rotated(acme, create):
    row, _ = create()
    keys.revoke(acme.tenant_id, row.id, **BY)

    with pytest.raises(keys.KeyNotUsable):
        keys.rotate(acme.tenant_id, row.id, **BY)


@pytest.mark.parametrize("hours", [-1, 24 * 30 + 1])
def test_an_overlap_has_bounds(acme, create, hours):
    row, _ = create()

    with pytest.raises(keys.InvalidOverlap):
        keys.rotate(acme.tenant_id, row.id, overlap_hours=hours, **BY)


def test_another_business_cannot_touch_a_key(make_tenant, create):
    row, secret = create()
    other = make_tenant().tenant_id

    for act in (keys.revoke, keys.rotate):
        with pytest.raises(NotFound):
            act(other, row.id, **BY)
    assert keys.listing(other) == []
    assert not is_refused(secret)


def test_a_list_shows_newest_first_and_goes_on_where_it_ended(acme, create):
    made = [create()[0].id for _ in range(3)][::-1]

    assert [row.id for row in keys.listing(acme.tenant_id)] == made
    assert [row.id for row in keys.listing(acme.tenant_id, made[0], 1)] == made[1:2]


def test_a_business_has_so_many_keys_and_no_more(acme, create, monkeypatch):
    monkeypatch.setattr(keys, "KEYS_MAX", 3)
    found = together(8, lambda _: create())

    assert len(outcomes(found, tuple)) == 3
    assert len(outcomes(found, keys.TooManyKeys)) == 5
    keys.revoke(acme.tenant_id, keys.listing(acme.tenant_id)[0].id, **BY)
    create()


def test_use_is_noted_once_a_minute(acme, create):
    clock.freeze(clock.now())
    row, secret = create()
    start = clock.now()

    def used():
        keys.forget_cached()
        keys.authenticate(secret)
        return keys.one(acme.tenant_id, row.id).last_used_at

    assert used() == start
    clock.advance(59)
    assert used() == start
    clock.advance(1)
    assert used() == clock.now()


def test_making_and_ending_keys_is_on_record_without_the_key(acme, create):
    row, secret = create()
    keys.rotate(acme.tenant_id, row.id, **BY)
    keys.revoke(acme.tenant_id, row.id, **BY)
    kept = audit.listing(acme.tenant_id)

    assert [each.act for each in kept] == ["key.revoked", "key.rotated", "key.created"]
    assert all(each.actor == "person:usr_1" for each in kept)
    assert secret not in str([(each.before, each.after) for each in kept])


@pytest.mark.parametrize(
    ("scopes", "wanted", "may"),
    [
        (["*"], "admin", True),
        ([], "messages:send", True),
        (["messages:send"], "messages:send", True),
        (["messages:send"], "messages:read", False),
        (["contacts:write"], "contacts:read", True),
        (["contacts:read"], "contacts:write", False),
        (["billing:read"], "admin", False),
    ],
)
def test_a_key_may_what_its_scopes_say(create, scopes, wanted, may):
    caller = keys.authenticate(create(scopes=scopes)[1])

    assert caller.may(wanted) == may
    if not may:
        with pytest.raises(key_terms.MissingScope, match=wanted):
            caller.require(wanted)


@pytest.mark.parametrize("scope", ["everything", "messages", "", "messages:send "])
def test_an_unknown_scope_is_refused(create, scope):
    with pytest.raises(key_terms.UnknownScope):
        create(scopes=[scope])


@pytest.mark.parametrize(
    ("networks", "address", "may"),
    [
        ([], "41.90.0.7", True),
        (["41.90.0.7"], "41.90.0.7", True),
        (["41.90.0.7"], "::ffff:41.90.0.7", True),
        (["41.90.0.9/16"], "41.90.255.1", True),
        (["41.90.0.0/16", "2001:db8::/32"], "2001:db8::1", True),
        (["41.90.0.0/16"], "41.91.0.1", False),
        (["41.90.0.0/16"], "unknown", False),
    ],
)
def test_a_key_works_from_its_networks_alone(create, networks, address, may):
    caller = keys.authenticate(create(allowed_ips=networks)[1])

    if may:
        caller.require_address(address)
    else:
        with pytest.raises(key_terms.AddressNotAllowed):
            caller.require_address(address)


@pytest.mark.parametrize("networks", [["41.90.0"], ["example.com"], [""], ["10.0.0.1"] * 21])
def test_what_is_no_network_is_refused(create, networks):
    with pytest.raises(key_terms.InvalidNetwork):
        create(allowed_ips=networks)


def test_a_key_cannot_make_a_mightier_one(create):
    test = keys.authenticate(create(mode="test")[1])
    narrow = keys.authenticate(create(scopes=["admin", "contacts:write"])[1])

    narrow.require_to_grant("live", ["contacts:read"])
    for caller, mode, scopes in ((test, "live", ["*"]), (narrow, "live", ["*"])):
        with pytest.raises(key_terms.KeyTooNarrow):
            caller.require_to_grant(mode, scopes)


@pytest.mark.parametrize(
    ("status", "live", "test"),
    [
        ("pending", False, True),
        ("active", True, True),
        ("suspended", False, False),
        ("rejected", False, False),
        ("closed", False, False),
    ],
)
def test_a_live_key_works_once_approved_and_a_test_key_before(make_tenant, status, live, test):
    from core.tenants.profiles import TenantNotActive

    tenant_id = make_tenant(status=status).tenant_id
    for mode, works in (("live", live), ("test", test)):
        caller = keys.authenticate(keys.create(tenant_id, "Main", mode=mode, **BY)[1])
        if works:
            caller.profile.require_active()
        else:
            with pytest.raises(TenantNotActive):
                caller.profile.require_active()
