"""One sandbox and one application for all tests of this folder; each test finds them empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core import settings as settings_module
from tests.sandbox.outside import Application, Sandbox


@pytest.fixture(scope="session")
def _application() -> Iterator[Application]:
    application = Application()
    yield application
    application.close()


@pytest.fixture(scope="session")
def _sandbox(_application: Application) -> Iterator[Sandbox]:
    sandbox = Sandbox(settings_module.load(env={}), _application.url)
    yield sandbox
    sandbox.close()


@pytest.fixture
def sandbox(_sandbox: Sandbox) -> Sandbox:
    """The running sandbox, as new."""
    _sandbox.reset()
    return _sandbox


@pytest.fixture
def application(_application: Application, sandbox: Sandbox) -> Application:
    """Where callbacks go; nothing has come yet."""
    _application.forget()
    return _application
