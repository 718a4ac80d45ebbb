"""Clients that knock at the door of a migrated database, as a business or as the operator.

Every answer they get is held against the OpenAPI document: its status, its code, its shape.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import falcon.testing
import pytest

from api import calls
from api.app import create_app
from tests.api import document
from tests.api.makers import Business, make_admin_key, make_business


class Client:
    """Asks with the same headers every time."""

    def __init__(self, web: falcon.testing.TestClient, headers: dict[str, str]) -> None:
        self.web, self.headers = web, headers

    def __call__(self, method: str, path: str, /, **options: Any) -> falcon.testing.Result:
        headers = self.headers | options.pop("headers", {})
        options = {"remote_addr": "41.90.0.7"} | options
        answer = self.web.simulate_request(method, path, headers=headers, **options)
        document.check(method, path, answer)
        return answer

    def get(self, path: str, **options: Any) -> falcon.testing.Result:
        return self("GET", path, **options)

    def post(self, path: str, **options: Any) -> falcon.testing.Result:
        return self("POST", path, **options)

    def patch(self, path: str, **options: Any) -> falcon.testing.Result:
        return self("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> falcon.testing.Result:
        return self("DELETE", path, **options)


@pytest.fixture
def web(store: str, monkeypatch: pytest.MonkeyPatch) -> falcon.testing.TestClient:
    """The application, asked without a socket, with nothing yet counted against anybody."""
    monkeypatch.setattr(calls, "_permits", calls._Gate())
    return falcon.testing.TestClient(create_app())


@pytest.fixture
def acme(store: str) -> Business:
    """An approved business with KES 500 in its wallet."""
    return make_business("Acme Ltd", wallet="500")


@pytest.fixture
def rival(acme: Business) -> Business:
    """Another one."""
    return make_business("Rival Ltd", wallet="500")


@pytest.fixture
def with_key(web: falcon.testing.TestClient) -> Callable[[str], Client]:
    """Make a client out of any key."""
    return lambda key: Client(web, {"Authorization": f"Bearer {key}"})


@pytest.fixture
def ask(with_key: Callable[[str], Client], acme: Business) -> Client:
    """Ask with Acme's live key."""
    return with_key(acme.live)


@pytest.fixture
def rehearse(with_key: Callable[[str], Client], acme: Business) -> Client:
    """Ask with Acme's test key."""
    return with_key(acme.test)


@pytest.fixture
def anyone(web: falcon.testing.TestClient) -> Client:
    """Ask without a key."""
    return Client(web, {})


@pytest.fixture
def admin(web: falcon.testing.TestClient) -> Client:
    """Ask as the operator."""
    return Client(web, {"X-Admin-Key": make_admin_key()})
