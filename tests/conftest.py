"""What every test may ask for: a migrated database of either kind, a tenant, a held clock."""

from __future__ import annotations

import dataclasses
import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from core import clock, database, queue
from core import settings as settings_module
from core.ledger import accounts, transfers
from core.ledger.accounts import Platform, Purse
from core.messaging import routing, suppression
from core.money import Money
from core.tenants.models import Tenant, TenantStatus
from core.tenants.profiles import Profile, profile
from tests import servers

# Each property meets the same examples in every run, however slow the machine: a gate that draws
# others each time judges its luck. To go looking: pytest --hypothesis-profile=default
hypothesis.settings.load_profile("ci")

BOTH = ("sqlite", "postgres")
_numbers = itertools.count(1)


class _InTurn(LoadScopeScheduling):  # type: ignore[misc]
    """Gives all tests of whole installations to one process, and each other test to any."""

    def _split_scope(self, nodeid: str) -> str:
        is_whole = nodeid.startswith(("tests/torture/", "tests/journeys/"))
        return "installations" if is_whole else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _InTurn:
    """Run whole installations one after the other, beside the many small tests.

    Three at once are more than two cores can bear. The marks of `--dist loadgroup` would say the
    same, but do not reach xdist 3.8 from pytest 9.2.
    """
    return _InTurn(config, log)


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path) -> Iterator[None]:
    """Give each test the shipped settings, with its database and queue in its own folder."""
    made = settings_module.load(env={})
    made = dataclasses.replace(
        made,
        database=dataclasses.replace(made.database, url=f"sqlite:///{tmp_path}/tuma.db"),
        queue=dataclasses.replace(made.queue, url=f"sqlite:///{tmp_path}/queue.db"),
    )
    settings_module.use(made)
    yield
    settings_module.use(None)
    clock.unfreeze()


@pytest.fixture
def change_settings() -> Callable[..., None]:
    """Change some settings of one section: `change_settings("rules", refund_undelivered=True)`."""

    def change(section: str, **values: Any) -> None:
        now = settings_module.settings()
        part = dataclasses.replace(getattr(now, section), **values)
        settings_module.use(dataclasses.replace(now, **{section: part}))

    return change


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "tuma.db"
    database.open_database(f"sqlite:///{path}")
    database.migrate()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.db.obj.close()
    return path


@pytest.fixture(scope="session")
def postgres_template() -> str:
    """A migrated PostgreSQL database, the template of each test's own."""
    url = servers.fresh_database()
    database.open_database(url)
    database.migrate()
    database.db.obj.close()
    return url


@pytest.fixture(params=BOTH)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty, migrated database, of each kind in turn. Gives its URL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "tuma.db")
        url = f"sqlite:///{tmp_path}/tuma.db"
    else:
        template = request.getfixturevalue("postgres_template")
        url = servers.fresh_database(servers.database_name(template))
    database.open_database(url)
    queue._nudger._due.clear()  # which the test before has left
    queue.open_queue(f"sqlite:///{tmp_path}/queue.db")
    routing.forget()
    suppression.forget()
    yield url
    database.close_all()
    if request.param == "postgres":
        servers.drop_database(url)


@pytest.fixture
def make_tenant(store: str) -> Callable[..., Profile]:
    """Make an active tenant with money in its wallet: `make_tenant(wallet="500")`."""

    def make(
        wallet: str = "0", *, price: str | None = None, status: str = "active", test: bool = False
    ) -> Profile:
        number = next(_numbers)
        tenant = Tenant.create(
            name=f"Salon {number}",
            contact_name="Asha",
            phone=f"2547{number:08d}",
            status=TenantStatus(status).value,
            account_number=f"A{number:06d}",
            price_units=None if price is None else Money.parse(price).units,
            created_at=clock.now(),
        )
        accounts.open_purses(tenant.id, daily_cap=None)
        for purse, source in (
            (Purse.WALLET, Platform.ADJUSTMENTS),
            (Purse.PLAY, Platform.PLAY_MONEY),
        ):
            if Money.parse(wallet):
                transfers.post(
                    accounts.platform(source),
                    accounts.purse_id(tenant.id, purse),
                    Money.parse(wallet),
                    kind="adjustment",
                    once=f"opening:{purse}:{tenant.id}",
                    subject="opening",
                    actor="test",
                )
        return profile(tenant.id, is_test=test)

    return make
