from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from core import clock
from core.payments import provider
from core.tenants import account_numbers
from core.tenants.models import Tenant
from core.tenants.profiles import Profile
from tests.payments.counter import Counter
from tests.payments.mpesa import FakeMpesa


@pytest.fixture
def mpesa() -> Iterator[FakeMpesa]:
    """An M-Pesa that says what the test wants, and remembers what it was asked."""
    fake = FakeMpesa()
    provider.use(fake)
    yield fake
    provider.use(None)


@pytest.fixture
def shop(store: str, make_tenant, mpesa: FakeMpesa) -> Counter:
    """An active tenant, with a hand to ask for money and to pay with, at a quiet hour."""
    clock.freeze(datetime(2026, 11, 23, 10, 0, tzinfo=clock.NAIROBI))
    return Counter(with_account_number(make_tenant()), mpesa)


@pytest.fixture
def neighbour(shop: Counter, make_tenant, mpesa: FakeMpesa) -> Counter:
    """Another tenant."""
    return Counter(with_account_number(make_tenant()), mpesa)


def with_account_number(profile: Profile) -> Profile:
    Tenant.update(account_number=account_numbers.make()).where(
        Tenant.id == profile.tenant_id
    ).execute()
    return profile
