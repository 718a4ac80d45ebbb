"""Answering a text on the handset page, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import chromium, needs_browser
from tests.sandbox.outside import Application, Sandbox

ASHA = "254700000001"

pytestmark = needs_browser


@pytest.fixture
def page(sandbox: Sandbox) -> Iterator[Page]:
    with chromium() as browser:
        found = browser.new_page(viewport={"width": 1400, "height": 1000})
        found.goto(f"{sandbox.url}/")
        found.fill("#number", ASHA)
        found.press("#number", "Enter")
        yield found


def test_a_text_is_answered_by_its_button(
    page: Page, sandbox: Sandbox, application: Application
) -> None:
    sandbox.rows(ASHA, text="Sale today")
    expect(page.locator("#texts")).to_contain_text("Sale today")
    page.get_by_role("button", name="Answer TUMA").click()
    page.fill("#reply-text", "STOP")
    page.press("#reply-text", "Enter")

    expect(page.locator("#texts .own")).to_contain_text("STOP")
    (seen,) = application.wait("/mo")
    assert seen.json == seen.json | {"From": ASHA, "To": "20880", "Message": "STOP"}
