"""The real browser of the tests that look at the handset page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
PICTURES = Path(__file__).parents[1] / "docs"
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

needs_browser = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"),
    reason="no browser here: apt-get install chromium",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window, that speaks to nobody by itself."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
        try:
            yield started
        finally:
            started.close()


def picture(page: Page, name: str) -> None:
    """Keep what the page looks like, for the documentation, when asked to."""
    if os.environ.get("TUMA_SCREENSHOTS"):
        page.screenshot(path=PICTURES / name)
