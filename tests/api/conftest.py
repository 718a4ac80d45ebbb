"""Clients that knock at the door of a migrated database, as a business or as the operator."""

from __future__ import annotations

from typing import Any

import falcon.testing
import pytest

from api.app import create_app
from tests.api.makers import Business, make_admin_key, make_business


@pytest.fixture
def web(store: str) -> falcon.testing.TestClient:
    """The application, asked without a socket."""
    return falcon.testing.TestClient(create_app())


@pytest.fixture
def acme(store: str) -> Business:
    """An approved business with KES 500 in its wallet."""
    return make_business("Acme Ltd", wallet="500")


@pytest.fixture
def rival(acme: Business) -> Business:
    """Another one."""
    return make_business("Rival Ltd", wallet="500")


class Client:
    """Asks with the same headers every time."""

    def __init__(self, web: falcon.testing.TestClient, headers: dict[str, str]) -> None:
        self.web, self.headers = web, headers

    def __call__(self, method: str, path: str, /, **options: Any) -> falcon.testing.Result:
        headers = self.headers | options.pop("headers", {})
        return self.web.simulate_request(method, path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> falcon.testing.Result:
        return self("GET", path, **options)

    def post(self, path: str, **options: Any) -> falcon.testing.Result:
        return self("POST", path, **options)


@pytest.fixture
def with_key(web: falcon.testing.TestClient) -> Any:
    """Make a client out of any key."""
    return lambda key: Client(web, {"Authorization": f"Bearer {key}"})


@pytest.fixture
def ask(with_key: Any, acme: Business) -> Client:
    """Ask with Acme's live key."""
    return with_key(acme.live)


@pytest.fixture
def rehearse(with_key: Any, acme: Business) -> Client:
    """Ask with Acme's test key."""
    return with_key(acme.test)


@pytest.fixture
def admin(web: falcon.testing.TestClient) -> Client:
    """Ask as the operator."""
    return Client(web, {"X-Admin-Key": make_admin_key()})
