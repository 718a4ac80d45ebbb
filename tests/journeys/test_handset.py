"""The whole life on the handset page, in a real browser: dial, approve, pay, send, read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import PATIENCE_MS, chromium, needs_browser, picture
from tests.stack import Stack

OWNER, FRIEND = "0722000001", "0712000001"

pytestmark = needs_browser


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path, "sqlite", settings={"TUMA_MPESA__PUSH_DELAY_SECONDS": "1"})
    try:
        made.start_all()
        made.start("bot", "bot")
        yield made
    finally:
        made.stop()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_a_business_lives_on_the_handset_page(stack: Stack, browser: Browser) -> None:
    """Register by USSD, approve in the ops chat, top up with the PIN, send to a group, read it."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    abroad: list[str] = []
    page.on("request", lambda request: note_abroad(abroad, request.url))
    page.goto(f"{stack.sandbox}/")
    page.set_default_timeout(PATIENCE_MS)
    page.fill("#number", OWNER)
    page.press("#number", "Enter")

    dial(page, "1", "1", "1", "Salon Zuri", "Asha Wanjiku", "2580", "2580")
    expect(page.locator("#ussd-text")).to_contain_text("waits for approval")
    page.click("#ussd-send")

    page.locator("#ops").get_by_role("button", name="Approve").click()
    expect(page.locator("#ops")).to_contain_text("Approved by")
    expect(page.locator("#texts")).to_contain_text("Salon Zuri is approved")

    dial(page, "2", "500", "1", "1")
    expect(page.locator("#ussd-text")).to_contain_text("M-PESA")
    page.click("#ussd-send")
    page.fill("#pin", "1234")
    page.press("#pin", "Enter")
    expect(page.locator("#texts")).to_contain_text("KES 500 received")

    talk(page, "Contacts", "Groups", "New group", ">Wateja")
    talk(
        page, "Contacts", "Add a contact", f">{FRIEND}", ">Juma", "Wateja", "They told me", "Today"
    )
    number = f">{FRIEND}"
    talk(page, "Send SMS", "One number", number, ">Karibu kesho!", "Go on", "Confirm", ">2580")
    expect(page.locator("#texts")).to_contain_text("0712 000 001: delivered")

    page.locator("#bot .begin").click()
    page.locator("#bot").get_by_role("button", name="I have an account").click()
    page.locator("#bot .reply-keys button").first.click()
    expect(page.locator("#bot")).to_contain_text("Salon Zuri")
    page.locator("#bot .text").fill("/reports")
    page.locator("#bot .send").click()
    page.locator("#bot").get_by_role("button", name="1 SMS").click()
    expect(page.locator("#bot")).to_contain_text("Delivered: 1")

    picture(page, "handset.png")
    send_in_bulk(page)
    picture(page, "handset-campaign.png")
    page.set_viewport_size({"width": 390, "height": 844})
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0
    picture(page, "handset-phone.png")
    assert abroad == []


def send_in_bulk(page: Page) -> None:
    """Choose a file in the chat, look at what it is, and write to everybody in it."""
    names = ("Asha", "Wanjiku", "Otieno", "Achieng", "Kamau", "Njeri")
    rows = [f"{name};07120000{at:02d};{at * 10}" for at, name in enumerate(names, start=11)]
    content = "\r\n".join(["Jina;Simu;Pointi", *rows, "Mutua;2.54712E+11;0"]).encode("cp1252")
    bot = page.locator("#bot")
    page.set_input_files(
        "#bot input[type=file]", {"name": "wateja.csv", "mimeType": "text/csv", "buffer": content}
    )
    tap(page, "That is right", "New group")
    say(page, "VIP")
    tap(page, "They told me", "Today", "Confirm")
    expect(bot).to_contain_text("wateja.csv is read. Rows: 7.")
    expect(bot.locator(".file").last).to_contain_text(".csv")
    tap(page, "Send to these")
    say(page, "Habari {{name}}, una pointi {{pointi}}. Karibu Salon Zuri!")
    tap(page, "Notice or service", "Now")
    expect(bot).to_contain_text("VIP: 6 x 1 SMS")
    tap(page, "Confirm")
    expect(bot).to_contain_text("6 delivered")


def say(page: Page, text: str) -> None:
    """Write to the bot."""
    page.locator("#bot .text").fill(text)
    page.locator("#bot .send").click()


def tap(page: Page, *labels: str) -> None:
    """Press buttons under the bot's messages, each once it is there."""
    for label in labels:
        page.locator("#bot").get_by_role("button", name=label, exact=True).last.click()


def note_abroad(found: list[str], url: str) -> None:
    """Remember whatever leaves this machine."""
    if not re.match(r"(http://127\.0\.0\.1:\d+/|data:|blob:)", url):
        found.append(url)


def dial(page: Page, *answers: str) -> None:
    """Dial the code and type the answers, by keyboard alone."""
    page.fill("#dial", "*384*1234#")
    page.press("#dial", "Enter")
    for answer in answers:
        screen = page.locator("#ussd-text")
        expect(page.locator("#ussd-input")).to_be_visible()
        before = screen.inner_text()
        page.fill("#ussd-input", answer)
        page.press("#ussd-input", "Enter")
        expect(screen).not_to_have_text(before)


def talk(page: Page, *answers: str) -> None:
    """Dial the code; choose by the words on the screen, type what begins with ">"."""
    page.fill("#dial", "*384*1234#")
    page.press("#dial", "Enter")
    screen = page.locator("#ussd-text")
    for answer in answers:
        expect(page.locator("#ussd-input")).to_be_visible()
        if not answer.startswith(">"):
            expect(screen).to_contain_text(f". {answer}")
        before = screen.inner_text()
        found = re.search(rf"(\d+)\. {re.escape(answer)}", before)
        page.fill("#ussd-input", found[1] if found else answer.removeprefix(">"))
        page.press("#ussd-input", "Enter")
        expect(screen).not_to_have_text(before)
    page.click("#ussd-send")
