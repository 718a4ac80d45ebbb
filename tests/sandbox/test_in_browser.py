"""Files in the chat of the handset page, in a real browser."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import chromium, needs_browser
from tests.sandbox.outside import Sandbox
from tests.sandbox.test_telegram_calls import upload

ASHA = "0722000001"
SHEET = b"Jina,Simu\nAsha,0712000001\n"
SHEET_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

pytestmark = needs_browser


@pytest.fixture(scope="module")
def _page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 1400, "height": 1000})


@pytest.fixture
def page(_page: Page, sandbox: Sandbox) -> Page:
    """The page, in the hands of somebody who has met the bot."""
    _page.goto(f"{sandbox.url}/")
    _page.fill("#number", ASHA)
    _page.press("#number", "Enter")
    _page.locator("#bot .begin").click()
    expect(_page.locator("#bot .messages")).to_contain_text("/start")
    sandbox.updates()
    return _page


def drawn() -> bytes:
    """A picture a browser can show: sixty by forty points of grey."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + crc

    head = struct.pack(">IIBBBBB", 60, 40, 8, 0, 0, 0, 0)
    points = zlib.compress(b"".join(b"\0" + b"\x80" * 60 for _ in range(40)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(*each) for each in ((b"IHDR", head), (b"IDAT", points), (b"IEND", b""))
    )


def drop(page: Page, name: str, kind: str, content: str) -> None:
    """Let a file fall into the bot's chat."""
    made = """([name, type, content]) => {
        const moved = new DataTransfer();
        moved.items.add(new File([content], name, { type }));
        return moved;
    }"""
    moved = page.evaluate_handle(made, [name, kind, content])
    page.dispatch_event("#bot", "drop", {"dataTransfer": moved})


def downloaded(sandbox: Sandbox, document: dict[str, str]) -> bytes:
    """What the bot gets of a file, the way it has to ask."""
    found = sandbox.ok("getFile", file_id=document["file_id"])
    path = f"/telegram/file/bot{sandbox.bot_token}/{found['file_path']}"
    return sandbox.get(path).content


def test_a_dropped_file_reaches_the_bot(sandbox: Sandbox, page: Page) -> None:
    page.locator("#bot .text").fill("Wateja wangu")
    drop(page, "wateja.csv", "text/csv", SHEET.decode())
    expect(page.locator("#bot .messages .own .file")).to_contain_text("wateja.csv")
    message = sandbox.update("message")

    assert message["caption"] == "Wateja wangu"
    assert message["document"]["file_name"] == "wateja.csv"
    assert message["document"]["mime_type"] == "text/csv"
    assert downloaded(sandbox, message["document"]) == SHEET


def test_chosen_files_arrive_in_their_order(sandbox: Sandbox, page: Page) -> None:
    names = ["kwanza.xlsx", "pili.csv", "tatu.csv"]
    page.set_input_files(
        "#bot input[type=file]",
        [{"name": name, "mimeType": "", "buffer": name.encode()} for name in names],
    )
    expect(page.locator("#bot .messages .own .file")).to_have_count(3)
    documents = [update["message"]["document"] for update in sandbox.updates()]

    assert [one["file_name"] for one in documents] == names
    assert [one["mime_type"] for one in documents] == [SHEET_KIND, "text/csv", "text/csv"]
    assert [downloaded(sandbox, one) for one in documents] == [name.encode() for name in names]


def test_the_bots_files_are_saved_and_pictures_seen(
    sandbox: Sandbox, page: Page, tmp_path: Path
) -> None:
    asha = sandbox.person(ASHA, starts=False)
    upload(sandbox, "sendDocument", asha, file=("rejected.csv", b"row,why"), caption="Left out")
    upload(sandbox, "sendPhoto", asha, file=("chart.png", drawn()), caption="So it went")
    picture = page.locator("#bot .messages .theirs .photo img")
    expect(picture).to_have_js_property("naturalWidth", 60)
    with page.expect_download() as saved:
        page.locator("#bot .messages .theirs .file").click()
    saved.value.save_as(tmp_path / "kept")

    assert saved.value.suggested_filename == "rejected.csv"
    assert (tmp_path / "kept").read_bytes() == b"row,why"


def test_an_edited_message_changes_in_its_place(sandbox: Sandbox, page: Page) -> None:
    asha = sandbox.person(ASHA, starts=False)
    number = sandbox.ok("sendMessage", chat_id=asha, text="10 %")["message_id"]
    sandbox.ok("sendMessage", chat_id=asha, text="Later")
    item = page.locator(f'#bot .messages [data-key="{number}"]')
    expect(item).to_contain_text("10 %")
    sandbox.ok("editMessageText", chat_id=asha, message_id=number, text="80 %")

    expect(item).to_contain_text("80 %")
    expect(item.locator(".foot")).to_contain_text("edited")
    expect(page.locator("#bot .messages > li").last).to_contain_text("Later")
