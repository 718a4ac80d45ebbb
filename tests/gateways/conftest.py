from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.gateways import http
from tests.gateways.wire import Wire, serving


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A provider on this machine that does what the test says."""
    with serving() as running:
        yield running
        http.close()
