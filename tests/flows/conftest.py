"""Who talks in these tests, through which door, in which language."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.tenants import people, pins
from core.tenants.models import Role
from core.tenants.profiles import Profile
from tests.flows.talking import ASHA, PIN, Talk


@pytest.fixture(params=["ussd", "telegram"])
def channel(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["en", "sw"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def join(store: str) -> Callable[..., Talk]:
    """Put somebody into a business, known on a channel: `join(tenant, "ussd")`."""

    def make(
        tenant: Profile | None,
        channel: str,
        msisdn: str = ASHA,
        role: Role = Role.OWNER,
        *,
        language: str = "en",
        pin: bool = True,
    ) -> Talk:
        person = people.introduce(msisdn, "Asha", language)
        if tenant is not None:
            people.join(person, tenant.tenant_id, role)
        if pin:
            pins.put(person, pins.make(PIN, msisdn), channel="ussd")
        if channel == "telegram":
            people.link_telegram(person, int(msisdn))
        return Talk(channel, msisdn, language)

    return make


@pytest.fixture
def long_pins(monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Two PINs to look for where digits come up by chance: in times, names and digests."""
    monkeypatch.setattr(pins, "_FORM", str.isalnum)
    return "Zq7pinXk27", "Wk4newQm55"


@pytest.fixture
def tenant(make_tenant: Callable[..., Profile]) -> Profile:
    """A business with KES 100, at 0.80 a segment."""
    return make_tenant("100", price="0.80")


@pytest.fixture
def talk(tenant: Profile, join: Callable[..., Talk], channel: str) -> Talk:
    """The owner of the business, at one of its doors."""
    return join(tenant, channel)
