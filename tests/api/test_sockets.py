"""Through real sockets and threads: twins, torn and oversized bodies, figures of many processes."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from core import database
from core.contacts.imports.models import Import, ImportPart
from core.messaging.models import Message
from core.settings import settings
from core.tenants.models import ApiKey
from tests.api.makers import Business, make_business
from tests.races import together
from tests.stack import KINDS, Stack

SEND = {"to": "0712345678", "message": "Habari"}


@pytest.fixture(scope="module", params=KINDS)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """A web server of several processes where the database allows it."""
    folder: Path = tmp_path_factory.mktemp("web")
    made = Stack(folder, request.param)
    try:
        made.tuma("migrate")
        made.start_web()
        yield made
    finally:
        made.stop()


@pytest.fixture
def acme(stack: Stack) -> Iterator[Business]:
    """A business in the database that the server is looking at."""
    database.open_database(stack.environment["TUMA_DATABASE__URL"])
    yield make_business(wallet="500")
    database.close_all()


def post(stack: Stack, acme: Business, path: str = "/sms/send", body=SEND, **headers: str):
    return requests.post(
        f"{stack.url}{acme.path}{path}",
        json=body,
        headers={"Authorization": f"Bearer {acme.live}", **headers},
        timeout=60,
    )


def raw(stack: Stack, text: bytes, *, shut: bool = False) -> bytes:
    """Speak plain bytes to the server and hear all it says."""
    with socket.create_connection(("127.0.0.1", stack.web_port), timeout=60) as line:
        sender = threading.Thread(target=_send, args=(line, text, shut))
        sender.start()
        heard = b""
        try:
            while chunk := line.recv(65536):
                heard += chunk
                if is_whole(heard):
                    break
        except ConnectionError:
            pass
        sender.join()
        return heard


def _send(line: socket.socket, text: bytes, shut: bool) -> None:
    try:
        line.sendall(text)
        if shut:
            line.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def is_whole(heard: bytes) -> bool:
    head, found, rest = heard.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return bool(found and length and len(rest) >= int(length[1]))


def request(acme: Business, *headers: str, path: str = "/sms/send") -> bytes:
    lines = [
        f"POST {acme.path}{path} HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {acme.live}",
        "Content-Type: application/json",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def status(heard: bytes) -> int:
    return int(heard.split(b" ", 2)[1])


def problem(heard: bytes) -> tuple[int, str]:
    return status(heard), json.loads(heard.partition(b"\r\n\r\n")[2])["code"]


def test_twenty_twins_send_one_text(stack, acme):
    answers = together(20, lambda _: post(stack, acme, **{"Idempotency-Key": "twins"}))

    good = {answer.content for answer in answers if answer.status_code == 202}
    others = {answer.status_code for answer in answers} - {202, 409}
    assert (len(good), others) == (1, set())
    assert Message.select().where(Message.tenant_id == acme.id).count() == 1


def test_twenty_twins_make_one_key(stack, acme):
    answers = together(
        20, lambda _: post(stack, acme, "/keys", {"name": "Till"}, **{"Idempotency-Key": "k"})
    )

    keys = {answer.json()["key"] for answer in answers if answer.status_code == 201}
    assert len(keys) == 1
    assert ApiKey.select().where(ApiKey.tenant_id == acme.id, ApiKey.name == "Till").count() == 1


def test_twenty_at_once_never_spend_more_than_there_is(stack, acme):
    many = {"to": [f"07120000{n:02d}" for n in range(60)]}
    # Words of its own each: the same to the same number would be left out as a repetition.
    answers = together(20, lambda n: post(stack, acme, body=many | {"message": f"Habari {n}"}))

    statuses = [answer.status_code for answer in answers]
    assert statuses.count(202) == 10  # 60 texts are KES 48, and there are KES 500
    assert statuses.count(402) == 10


def test_five_megabytes_are_refused_and_heard(stack, acme):
    heard = raw(stack, request(acme, "Content-Length: 5000000") + b"x" * 5_000_000)

    assert problem(heard) == (413, "too_large")


def test_a_body_without_an_end_is_refused(stack, acme):
    chunks = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    heard = raw(stack, request(acme, "Transfer-Encoding: chunked") + chunks * 40 + b"0\r\n\r\n")

    assert problem(heard) == (413, "too_large")


def test_a_body_in_chunks_is_read(stack, acme):
    body = json.dumps(SEND).encode()
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)

    assert status(raw(stack, request(acme, "Transfer-Encoding: chunked") + chunks)) == 202


def test_a_body_that_breaks_off_sends_nothing(stack, acme):
    heard = raw(stack, request(acme, "Content-Length: 60") + b'{"to": "0712345678", "me', shut=True)

    assert not heard or status(heard) == 400
    assert Message.select().where(Message.tenant_id == acme.id).count() == 0


@pytest.mark.parametrize("length", ["-1", "1e3", "12, 13", "99999999999999999999"])
def test_a_length_that_is_none_harms_nobody(stack, acme, length):
    heard = raw(stack, request(acme, f"Content-Length: {length}") + b"{}", shut=True)

    assert not heard or status(heard) in (400, 413)
    assert post(stack, acme).status_code == 202


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"to": "\xc3\x28"}', "not_utf8"),
        (b"[" * 900_000, "nested_too_deep"),
        (b'{"a":' * 150_000, "nested_too_deep"),
        (b'{"to": "07123', "bad_json"),
    ],
    ids=["not utf-8", "deep list", "deep object", "truncated"],
)
def test_an_unreadable_body_is_refused_in_words(stack, acme, body, code):
    heard = raw(stack, request(acme, f"Content-Length: {len(body)}") + body)

    assert problem(heard) == (400, code)


def test_a_connection_goes_on_after_a_refusal(stack, acme):
    with requests.Session() as line:
        for _ in range(3):
            url = f"{stack.url}{acme.path}/sms/send"
            assert line.post(url, json=SEND | {"message": "x" * 9000}).status_code == 401
            assert line.get(f"{stack.url}/healthz").status_code == 200


def test_a_forged_callback_finds_nothing(stack, acme):
    for path in ("/pay/in/0ddba11/stk/t", "/pay/in/0ddba11/c2b/confirm", "/sms/in/5a9db/dlr"):
        answer = requests.post(f"{stack.url}{path}", json={"Body": {}}, timeout=60)
        assert (answer.status_code, answer.content) == (404, b"")


def test_a_flood_of_reports_is_kept_whole(stack, acme):
    secret = settings().onfon.callback_secret
    url = f"{stack.url}/sms/in/{secret}/dlr"

    def report(number: int) -> int:
        query = {"messageId": f"{acme.id}-{number}", "mobile": "254712345678", "status": "DELIVRD"}
        return requests.get(url, params=query, timeout=60).status_code

    assert set(together(40, report)) == {200}


def test_figures_are_of_all_processes_together(stack, acme):
    def asked() -> float:
        text = requests.get(f"{stack.url}/metrics", timeout=60).text
        found = re.search(r'requests_total\{.*balance",status="200"\} ([0-9.]+)', text)
        return float(found[1]) if found else 0.0

    before = asked()
    key = {"Authorization": f"Bearer {acme.live}"}
    for _ in range(20):
        # A connection each, so that every process has its share.
        requests.get(f"{stack.url}{acme.path}/balance", headers=key, timeout=60)

    assert asked() - before == 20


CSV = b"Phone,Name\r\n" + b"".join(b"07120%05d,Asha %d\r\n" % (n, n) for n in range(40_000))


def form(file: bytes) -> bytes:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="w.csv"\r\n\r\n'
    return head + file + b"\r\n--x--\r\n"


def upload(stack: Stack, acme: Business, body: object) -> requests.Response:
    headers = {
        "Authorization": f"Bearer {acme.live}",
        "Content-Type": "multipart/form-data; boundary=x",
    }
    return requests.post(f"{stack.url}{acme.path}/imports", data=body, headers=headers, timeout=60)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_comes_in_whole_however_its_length_is_told(stack, acme, chunked):
    body = form(CSV)
    pieces = (body[at : at + 50_001] for at in range(0, len(body), 50_001))
    answer = upload(stack, acme, pieces if chunked else body)

    assert answer.status_code == 202, answer.text
    parts = ImportPart.select().where(ImportPart.import_id == answer.json()["id"])
    kept = b"".join(bytes(part.content) for part in parts.order_by(ImportPart.number))
    assert kept == CSV


def test_more_than_fifty_megabytes_are_refused_and_heard(stack, acme):
    answer = upload(stack, acme, form(b"0712345678\r\n" * (53 * 2**20 // 12)))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_form_that_breaks_off_is_no_import(stack, acme):
    kind = "Content-Type: multipart/form-data; boundary=x"
    head = request(acme, "Content-Length: 5000", path="/imports").replace(
        b"Content-Type: application/json", kind.encode()
    )
    heard = raw(stack, head + form(b"Phone\r\n0712345678")[:-6], shut=True)

    assert problem(heard) == (400, "bad_form")
    assert Import.select().where(Import.tenant_id == acme.id).count() == 0
