"""Whole installations for the torture tests, one of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import KINDS, Stack


@pytest.fixture(params=KINDS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    """Real processes on SQLite with its queue, then on PostgreSQL with Redis."""
    made = Stack(
        tmp_path,
        request.param,
        settings={
            "TUMA_ONFON__TIMEOUT_SECONDS": "4",
            "TUMA_ONFON__RATE_PER_SECOND": "200",
            **getattr(request.function, "settings", {}),
        },
    )
    try:
        yield made
    finally:
        made.stop()
