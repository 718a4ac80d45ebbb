"""PIN, team, keys, business: who may what, and nothing secret left lying about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core import events
from core.database import execute
from core.dialogue.screens import Asks
from core.dialogue.store import ChatRow
from core.tenants import audit, keys, people, pins, tenants
from core.tenants.models import ApiKey, Role
from core.tenants.profiles import Profile
from tests.flows.talking import JUMA, PIN, Talk, person_of, texts_to

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

NEW = "8520"


@pytest.fixture
def tenant(make_tenant: Callable[..., Profile]) -> Profile:
    return make_tenant("100")


def stored() -> str:
    """All that conversations, the audit trail and events hold."""
    rows = [*ChatRow.select().dicts(), *audit.listing(None, limit=500), *events.Event.select()]
    return " ".join(str(getattr(row, "__data__", row)) for row in rows)


def test_a_pin_is_changed_by_who_knows_it(tenant: Profile, join: Callable[..., Talk]) -> None:
    talk = join(tenant, "ussd")
    talk.start("account", "pin", "change", "1111", NEW, NEW, "9753", PIN)

    assert talk.screen.ends
    assert pins.check(person_of(talk), NEW, channel="ussd") == "ok"


def test_a_pin_is_kept_nowhere(
    tenant: Profile, join: Callable[..., Talk], long_pins: tuple[str, str]
) -> None:
    old, new = long_pins
    talk = join(tenant, "ussd", pin=False)
    talk.start("account", "pin", old, old)
    assert pins.check(person_of(talk), old, channel="ussd") == "ok"
    talk.start("account", "pin", "change", new, new, "9753", old)

    assert pins.check(person_of(talk), new, channel="ussd") == "ok"
    assert [each for each in long_pins if each in stored()] == []


def test_nobody_goes_on_from_behind_the_old_pin(tenant: Profile, join: Callable[..., Talk]) -> None:
    """The proof is asked last: a redial never stands where only the new PIN is wanted."""
    talk = join(tenant, "ussd")
    talk.start("account", "pin", "change", NEW, NEW)

    assert talk.screen.asks is Asks.PIN
    assert talk.screen.step == "pin_old"


def test_a_first_pin_is_chosen(tenant: Profile, join: Callable[..., Talk], language: str) -> None:
    talk = join(tenant, "ussd", pin=False, language=language)
    talk.start("account", "pin", PIN, "1357", PIN)

    assert pins.check(person_of(talk), PIN, channel="ussd") == "ok"


def test_a_chat_never_asks_for_the_pin(tenant: Profile, join: Callable[..., Talk]) -> None:
    screen = join(tenant, "telegram").start("account", "pin")

    assert screen.ends
    assert "*384*1234#" in screen.text


def test_a_colleague_is_invited_after_a_yes(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    talk = join(tenant, channel)
    talk.start("team", "invite", "0712 345 672", "sender")
    assert texts_to(JUMA) == []
    talk.say("yes", *([PIN] if channel == "ussd" else []))

    assert talk.screen.ends
    assert len(texts_to(JUMA)) == 1
    assert "invited" in " ".join(option.label for option in talk.start("team").options)
    talk.say(f"inv{JUMA}", "yes")
    assert "join" not in [option.key for option in Talk("ussd", JUMA).start("menu").options]


def test_a_manager_gives_only_roles_below(tenant: Profile, join: Callable[..., Talk]) -> None:
    talk = join(tenant, "telegram", role=Role.MANAGER)
    talk.start("team", "invite", "0712345672")

    assert talk.keys == ["sender", "finance", "viewer"]


def test_a_role_is_changed_and_a_member_removed(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    owner, juma = join(tenant, channel), join(tenant, channel, JUMA, Role.VIEWER)
    juma_id = person_of(juma).id
    signed = [PIN] if channel == "ussd" else []
    owner.start("team", juma_id, "role", "manager", "yes", *signed)
    assert people.role_of(juma_id, tenant.tenant_id) is Role.MANAGER
    owner.start("team", juma_id, "remove", "no")
    assert people.role_of(juma_id, tenant.tenant_id) is Role.MANAGER
    owner.start("team", juma_id, "remove", "yes", *signed)

    assert people.role_of(juma_id, tenant.tenant_id) is None
    assert juma.start("menu").options[0].key == "register"


def test_an_owner_resets_a_colleagues_pin(tenant: Profile, join: Callable[..., Talk]) -> None:
    owner, juma = join(tenant, "telegram"), join(tenant, "ussd", JUMA, Role.SENDER)
    owner.start("team", person_of(juma).id, "pin", "yes")
    assert not pins.exists(person_of(juma))
    juma.start("send", "one", "0733000001", "Habari", "go", "yes", NEW, NEW)

    assert juma.screen.ends
    assert pins.check(person_of(juma), NEW, channel="ussd") == "ok"


def test_a_key_is_shown_once_and_kept_nowhere(tenant: Profile, join: Callable[..., Talk]) -> None:
    talk = join(tenant, "telegram")
    secret = talk.start("keys", "live", "Website", "yes").secret

    assert secret is not None
    assert keys.authenticate(secret).profile.tenant_id == tenant.tenant_id
    assert talk.screen.text
    assert secret not in stored()
    assert secret not in talk.screen.text
    assert talk.start("keys").secret is None


def test_a_key_is_replaced_and_ended(tenant: Profile, join: Callable[..., Talk]) -> None:
    talk = join(tenant, "telegram", role=Role.DEVELOPER)
    first = talk.start("keys", "live", "Website", "yes").secret or ""
    key_id = keys.authenticate(first).key_id
    second = talk.start("keys", key_id, "rotate", "yes").secret or ""
    keys.authenticate(second)
    talk.start("keys", key_id, "revoke", "yes")

    assert ApiKey.get_by_id(key_id).revoked_at is not None


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SENDER, Role.FINANCE, Role.VIEWER])
def test_keys_are_for_owners_and_developers(
    tenant: Profile, join: Callable[..., Talk], role: Role
) -> None:
    talk = join(tenant, "telegram", role=role)

    assert talk.start("keys").ends
    assert "keys" not in [option.key for option in talk.start("account").options]


def test_a_phone_shows_no_keys(tenant: Profile, join: Callable[..., Talk]) -> None:
    assert "Telegram" in join(tenant, "ussd").start("keys").text


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        ("name", "  Salon   Mpya ", "Salon Mpya"),
        ("email", "A@Example.com", "A@example.com"),
        ("kra_pin", "p051234567x", "P051234567X"),
        ("address", "Moi Avenue 12", "Moi Avenue 12"),
        ("contact_name", "Zawadi", "Zawadi"),
    ],
)
def test_business_details_are_changed(
    tenant: Profile, join: Callable[..., Talk], channel: str, field: str, given: str, kept: str
) -> None:
    talk = join(tenant, channel, role=Role.MANAGER)
    talk.start("account", "business", field, given, *([PIN] if channel == "ussd" else []))

    assert talk.screen.ends
    assert getattr(tenants.get(tenant.tenant_id), field) == kept


def test_who_only_looks_changes_nothing(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    talk = join(tenant, channel, role=Role.VIEWER)

    assert talk.start("account", "business").ends
    assert talk.start("team").ends


def test_every_act_is_in_the_record_with_its_door(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    talk = join(tenant, channel)
    talk.start("contacts", "add", "0733000001", "Juma", "none")
    row = audit.listing(tenant.tenant_id)[0]

    assert (row.act, row.channel, row.actor) == (
        "contact.added",
        channel,
        f"person:{person_of(talk).id}",
    )
    assert execute("SELECT COUNT(*) FROM audit WHERE actor = ''").fetchone()[0] == 0
