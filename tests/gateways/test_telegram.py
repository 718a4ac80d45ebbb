"""The Bot API by plain HTTP: what became of a call, and that nothing is said twice or leaked."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from core.gateways.http import NoReply
from core.gateways.outcome import Outcome
from core.gateways.telegram import Answer, Button, Telegram, client
from tests.gateways.wire import (
    CUT_OFF,
    HALF_JSON,
    HTML,
    HTML_503,
    Move,
    Wire,
    drops,
    hangs,
    nobody_url,
    says,
)

TOKEN = "110000001:a-token-nobody-may-read"
DONE = says({"ok": True, "result": {"message_id": 77, "date": 0, "chat": {"id": 5}}})


def bot(wire: Wire, *moves: Move) -> Telegram:
    wire.will(*moves)
    return Telegram(wire.url + "/bot", TOKEN, timeout_s=wire.patience_s)


def no(code: int, description: str, **parameters: int) -> Move:
    said = {"ok": False, "error_code": code, "description": description}
    return says(said | ({"parameters": parameters} if parameters else {}), code)


def test_a_sent_text_gives_its_message_id(wire: Wire) -> None:
    answer = bot(wire, DONE).send_text(5, "<b>Habari</b>")

    assert answer == Answer(Outcome.ACCEPTED, message_id=77)
    assert wire.seen[0].path == f"/bot{TOKEN}/sendMessage"
    assert wire.seen[0].json["text"] == "<b>Habari</b>"
    assert wire.seen[0].json["parse_mode"] == "HTML"


def test_buttons_carry_data_style_and_what_is_to_be_copied(wire: Wire) -> None:
    bot(wire, DONE).send_text(
        5, "x", buttons=[[Button("Approve", "a:1", "success"), Button("Copy", copy="sk_1")]]
    )

    assert wire.seen[0].json["reply_markup"]["inline_keyboard"] == [
        [
            {"text": "Approve", "callback_data": "a:1", "style": "success"},
            {"text": "Copy", "copy_text": {"text": "sk_1"}},
        ]
    ]


def test_a_picture_goes_as_a_file(wire: Wire) -> None:
    answer = bot(wire, DONE).send_photo(5, b"\x89PNG", "Usage")

    assert answer.message_id == 77
    assert b'filename="picture.png"' in wire.seen[0].body
    assert b"\x89PNG" in wire.seen[0].body


def test_a_document_keeps_its_name_and_its_buttons(wire: Wire) -> None:
    bot(wire, DONE).send_document(5, "report.csv", b"a,b", buttons=[[Button("Again", "r")]])

    assert b'filename="report.csv"' in wire.seen[0].body
    assert b'{"inline_keyboard":' in wire.seen[0].body


def test_an_open_file_is_sent_as_its_bytes_would_be(wire: Wire, tmp_path: Path) -> None:
    content = b"phone,name\r\n" + b"254712345678,Asha\r\n" * 20_000
    path = tmp_path / "contacts.csv"
    path.write_bytes(content)
    talks = bot(wire, DONE, DONE)
    talks.send_document(5, "contacts.csv", content, "Yours")
    with path.open("rb") as file:
        file.read(100)  # wherever it stands, it is sent whole
        assert talks.send_document(5, "contacts.csv", file, "Yours").message_id == 77

    whole, streamed = (
        seen.body.replace(seen.headers["Content-Type"].partition("boundary=")[2].encode(), b"-")
        for seen in wire.seen
    )
    assert streamed == whole


@pytest.mark.parametrize("move", [hangs, drops, CUT_OFF, HTML, HTML_503, HALF_JSON])
def test_a_lost_answer_may_stand_in_the_chat_and_is_never_repeated(wire: Wire, move: Move) -> None:
    assert bot(wire, move).send_text(5, "x").outcome is Outcome.UNKNOWN
    assert len(wire.seen) == 1


def test_what_never_left_us_may_be_tried_again() -> None:
    answer = Telegram(nobody_url() + "/bot", TOKEN).send_text(5, "x")

    assert answer.outcome is Outcome.BUSY


def test_a_flood_is_told_with_its_wait(wire: Wire) -> None:
    told = no(429, "Too Many Requests: retry after 9", retry_after=9)
    answer = bot(wire, told).send_text(5, "x")

    assert (answer.outcome, answer.retry_after_s) == (Outcome.BUSY, 9.0)


def test_their_own_trouble_told_in_json_is_no_doubt(wire: Wire) -> None:
    assert bot(wire, no(500, "Internal Server Error")).send_text(5, "x").outcome is Outcome.BUSY


@pytest.mark.parametrize(
    "move",
    [
        no(403, "Forbidden: bot was blocked by the user"),
        no(403, "Forbidden: user is deactivated"),
        no(403, "Forbidden: bot was kicked from the supergroup chat"),
        no(400, "Bad Request: chat not found"),
    ],
)
def test_a_chat_that_takes_nothing_is_dead(wire: Wire, move: Move) -> None:
    answer = bot(wire, move).send_text(5, "x")

    assert (answer.outcome, answer.is_dead) == (Outcome.REFUSED, True)


def test_a_group_that_moved_tells_where_to(wire: Wire) -> None:
    told = no(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1001)
    answer = bot(wire, told).send_text(-5, "x")

    assert (answer.outcome, answer.moved_to, answer.is_dead) == (Outcome.REFUSED, -1001, False)


def test_an_edit_that_changes_nothing_is_done(wire: Wire) -> None:
    told = no(400, "Bad Request: message is not modified: specified new message content ...")

    assert bot(wire, told).edit_text(5, 77, "x").is_accepted


def test_an_edit_of_what_is_gone_says_so(wire: Wire) -> None:
    answer = bot(wire, no(400, "Bad Request: message to edit not found")).edit_text(5, 77, "x")

    assert (answer.outcome, answer.is_gone) == (Outcome.REFUSED, True)


def test_deleting_what_is_gone_is_done(wire: Wire) -> None:
    told = no(400, "Bad Request: message to delete not found")

    assert bot(wire, told).delete(5, 77).is_accepted


def test_bad_markup_is_refused_and_kept_alive(wire: Wire) -> None:
    answer = bot(wire, no(400, "Bad Request: can't parse entities")).send_text(5, "<x>")

    assert (answer.outcome, answer.is_dead) == (Outcome.REFUSED, False)


def test_half_a_letter_is_sent_as_a_question_mark(wire: Wire) -> None:
    bot(wire, DONE).send_text(5, "\ud83d")

    assert wire.seen[0].json["text"] == "?"


def test_the_token_is_in_no_answer_and_no_log(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    echoed = bot(wire, no(404, f"Not Found: {TOKEN}")).pin(5, 77)
    lost = bot(wire, hangs).answer_press("1", "Done")

    assert TOKEN not in f"{echoed} {lost} {caplog.text}"


@pytest.mark.parametrize(("url", "token"), [("ftp://x/bot", TOKEN), ("http://x/bot", "a b")])
def test_an_address_that_could_never_be_called_is_refused_at_once(url: str, token: str) -> None:
    with pytest.raises(ValueError, match=r"\."):
        Telegram(url, token)


def test_without_a_token_there_is_no_client() -> None:
    assert client("http://x/bot", "") is None
    assert client("http://x/bot", TOKEN) is not None


def test_a_file_is_fetched_piece_by_piece(wire: Wire) -> None:
    place = says({"ok": True, "result": {"file_id": "f", "file_path": "documents/a b.csv"}})
    telegram = bot(wire, place, says(b"phone\n0712345678\n"))
    base = wire.url + "/file/bot"

    assert b"".join(telegram.file("f", base)) == b"phone\n0712345678\n"
    assert wire.seen[1].path == f"/file/bot{TOKEN}/documents/a%20b.csv"


@pytest.mark.parametrize(
    ("moves", "outcome"),
    [
        ([no(400, "Bad Request: file is too big")], Outcome.REFUSED),
        ([no(500, "Internal")], Outcome.BUSY),
        ([says({"ok": True, "result": {}})], Outcome.REFUSED),
        ([HTML_503], Outcome.BUSY),
    ],
)
def test_a_file_that_cannot_be_had_says_whether_it_may_come(
    wire: Wire, moves: list[Move], outcome: Outcome
) -> None:
    with pytest.raises(NoReply) as lost:
        list(bot(wire, *moves).file("f", wire.url + "/file/bot"))

    assert lost.value.outcome is outcome
    assert TOKEN not in str(lost.value)


def test_a_file_larger_than_it_may_be_is_not_read_on(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.gateways.telegram.DOWNLOAD_BYTES_MAX", 10)
    place = says({"ok": True, "result": {"file_path": "a.csv"}})
    with pytest.raises(NoReply) as lost:
        list(bot(wire, place, says(b"x" * 11)).file("f", wire.url + "/file/bot"))

    assert lost.value.outcome is Outcome.REFUSED
