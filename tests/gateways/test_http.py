"""Calling out: which failures may be tried again, and what must never leak."""

from __future__ import annotations

import datetime as dt
import ipaddress
import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from urllib3.exceptions import EmptyPoolError, MaxRetryError, NewConnectionError, ProtocolError

from core import clock
from core.gateways import http
from core.gateways.http import NoReply, Reply, call, classify
from core.gateways.outcome import Outcome
from tests.gateways.wire import (
    CUT_CHUNK,
    CUT_OFF,
    HUGE,
    NO_HTTP,
    Move,
    Wire,
    drips,
    drops,
    hangs,
    nobody_url,
    resets,
    says,
    sends,
)
from tests.stack import wait_until


def lost(url: str, timeout_s: float = 1.0) -> NoReply:
    with pytest.raises(NoReply) as caught:
        call("POST", url, body=b"{}", timeout_s=timeout_s, query={"key": "s3cret/+"})
    return caught.value


@pytest.mark.parametrize(
    "move",
    [hangs, drops, resets, CUT_OFF, CUT_CHUNK, NO_HTTP, HUGE],
    ids=["hangs", "drops", "resets", "cut off", "cut chunk", "no http", "huge"],
)
def test_after_the_request_has_gone_no_failure_says_that_it_was_not_read(
    wire: Wire, move: Move
) -> None:
    assert lost(wire.will(move).url).outcome is Outcome.UNKNOWN
    wait_until(lambda: wire.seen)
    assert len(wire.seen) == 1


def test_a_refused_connection_never_left_us() -> None:
    error = lost(nobody_url())

    assert error.outcome is Outcome.BUSY
    assert error.why == "NewConnectionError"


def test_a_name_that_does_not_resolve_never_left_us(monkeypatch: pytest.MonkeyPatch) -> None:
    def unresolved(*_: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unresolved)

    error = lost("http://api.example.test")

    assert (error.outcome, error.why) == (Outcome.BUSY, "NameResolutionError")


def test_a_host_that_takes_no_connection_in_time_never_left_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "CONNECT_S", 0.2)
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())

        error = lost(f"http://127.0.0.1:{full.getsockname()[1]}")

    assert (error.outcome, error.why) == (Outcome.BUSY, "ConnectTimeoutError")


@pytest.mark.parametrize("url", ["ftp://example.test/", "no-scheme", f"http://{'a' * 70}.test/"])
def test_an_address_that_cannot_be_called_never_left_us(url: str) -> None:
    assert lost(url).outcome is Outcome.BUSY


def test_a_header_that_cannot_be_sent_never_left_us(wire: Wire) -> None:
    with pytest.raises(NoReply) as caught:
        call("GET", wire.url, headers={"X": "two\r\nlines"}, timeout_s=1)

    assert caught.value.outcome is Outcome.BUSY
    assert wire.seen == []


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (requests.ConnectTimeout(), Outcome.BUSY),
        (requests.ReadTimeout(), Outcome.UNKNOWN),
        (EmptyPoolError(None, ""), Outcome.BUSY),  # type: ignore[arg-type]
        (requests.ConnectionError(), Outcome.UNKNOWN),
        (requests.ConnectionError(ProtocolError("reset")), Outcome.UNKNOWN),
        (
            requests.ConnectionError(
                MaxRetryError(None, "/", NewConnectionError(None, "refused"))  # type: ignore[arg-type]
            ),
            Outcome.BUSY,
        ),
        (requests.ConnectionError(MaxRetryError(None, "/")), Outcome.UNKNOWN),  # type: ignore[arg-type]
        (requests.exceptions.ChunkedEncodingError(), Outcome.UNKNOWN),
        (requests.TooManyRedirects(), Outcome.UNKNOWN),
        (OSError(), Outcome.UNKNOWN),
    ],
)
def test_only_what_stands_behind_an_error_tells_whether_the_request_left(
    error: Exception, outcome: Outcome
) -> None:
    assert classify(error) is outcome


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_dripping_reply_ends_at_its_deadline(wire: Wire, start: bytes) -> None:
    assert lost(wire.will(drips(start)).url, timeout_s=0.4).outcome is Outcome.UNKNOWN


def test_a_reply_that_stops_half_way_ends_at_its_deadline(wire: Wire) -> None:
    def stalls(handler: object) -> None:
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{")(handler)  # type: ignore[arg-type]
        hangs(handler)  # type: ignore[arg-type]

    assert lost(wire.will(stalls).url, timeout_s=0.2).outcome is Outcome.UNKNOWN


def test_a_read_past_the_deadline_is_not_begun() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("rb", buffering=0) as raw:
        theirs.send(b"late")
        ours.settimeout(0.01)
        timed = http._UntilDeadline(raw, ours)
        time.sleep(0.02)

        with pytest.raises(TimeoutError):
            timed.read(1)
        timed.close()


def test_a_whole_reply_comes_back_whatever_its_status(wire: Wire) -> None:
    wire.will(says({"a": 1}, 404))

    assert call("GET", wire.url, timeout_s=30) == Reply(404, b'{"a": 1}')


def test_a_redirect_is_an_answer_and_not_followed(wire: Wire) -> None:
    wire.will(says(b"", 302, Location="/elsewhere"))

    assert call("POST", wire.url, body=b"{}", timeout_s=30).status == 302
    assert len(wire.seen) == 1


def test_a_query_is_percent_encoded(wire: Wire) -> None:
    call("GET", wire.url, query={"ApiKey": "a+b/c="}, timeout_s=30)

    assert wire.seen[0].query == "ApiKey=a%2Bb%2Fc%3D"


def test_nothing_of_the_environment_and_no_cookie_goes_along(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password pw\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", nobody_url())
    wire.will(says(b"", Set_Cookie="visid=1"))

    call("GET", wire.url, timeout_s=30)
    call("GET", wire.url, timeout_s=30)

    assert not {"Cookie", "Authorization"} & wire.seen[1].headers.keys()


def test_a_byte_order_mark_and_a_stray_byte_do_not_spoil_a_text() -> None:
    assert Reply(200, b"\xef\xbb\xbfcaf\xe9").text == "caf�"


def test_a_connection_is_used_again_only_while_it_is_warm(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "IDLE_S_MAX", 60)
    for _ in range(2):
        call("GET", wire.url, timeout_s=30)
    monkeypatch.setattr(http, "IDLE_S_MAX", 0)
    call("GET", wire.url, timeout_s=30)

    first, second, third = (seen.port for seen in wire.seen)
    assert first == second != third


def test_a_kept_connection_closed_under_our_request_is_unknown_and_not_repeated(
    wire: Wire,
) -> None:
    wire.will(says(b""), drops)
    call("POST", wire.url, body=b"{}", timeout_s=30)

    assert lost(wire.url).outcome is Outcome.UNKNOWN
    assert len(wire.seen) == 2


def test_a_kept_connection_that_the_server_has_closed_is_replaced_before_the_request(
    wire: Wire,
) -> None:
    gone = threading.Event()

    def ends(handler: Any) -> None:
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")(handler)
        handler.connection.shutdown(socket.SHUT_RDWR)
        gone.set()

    wire.will(ends, says(b"ok"))
    call("POST", wire.url, body=b"{}", timeout_s=30)
    assert gone.wait(60)

    assert call("POST", wire.url, body=b"{}", timeout_s=30).body == b"ok"


def test_each_thread_has_its_own_session_and_a_forked_child_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine, others = http.session(), list[requests.Session]()

    def borrow() -> None:
        others.append(http.session())
        http.close()
        http.close()

    thread = threading.Thread(target=borrow)
    thread.start()
    thread.join()
    assert http.session() is mine is not others[0]
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert http.session() is not mine
    http.close()


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("3", 3),
        ("86400", 3600),
        ("Mon, 05 Jan 2026 06:30:30 GMT", 30),
        ("Mon, 05 Jan 2026 06:30:30", 30),
        ("Mon, 05 Jan 2026 06:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 3600),
        ("soon", None),
        ("-3", None),
        ("9" * 5000, None),
    ],
)
def test_retry_after_holds_seconds_or_a_date(wire: Wire, header: str, wait_s: float | None) -> None:
    clock.freeze(dt.datetime(2026, 1, 5, 6, 30, tzinfo=dt.UTC))
    wire.will(says(b"", 429, Retry_After=header))

    assert call("GET", wire.url, timeout_s=30).retry_after_s == wait_s


def test_no_error_and_no_log_line_holds_the_query(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = {"ApiKey": "s3cret"}
    wire.will(says(b""), sends(b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\n"), drops)
    call("GET", wire.url, query=secret, timeout_s=30)
    call("GET", wire.url, query=secret, timeout_s=30)
    with pytest.raises(NoReply) as caught:
        call("GET", wire.url, query=secret, timeout_s=30)

    assert "s3cret" not in caplog.text
    assert caplog.text.count("?...") >= 1
    assert "s3cret" not in f"{caught.value}{caught.value.args}{caught.value.__dict__}"
    assert caught.value.__context__ is caught.value.__cause__ is None


@contextmanager
def tls_server(folder: Path) -> Iterator[tuple[str, str]]:
    """An HTTPS server that shakes hands and then falls silent: its address and its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        raw, _ = listener.accept()
        with raw:
            try:
                with context.wrap_socket(raw, server_side=True) as shaken:
                    shaken.recv(4096)
                    done.wait(5)
            except OSError:
                pass

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}", str(file)
    done.set()
    thread.join()
    listener.close()


def test_a_certificate_nobody_vouches_for_ends_the_call_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    with tls_server(tmp_path) as (url, _):
        error = lost(url, timeout_s=3)
    http.close()

    assert error.outcome is Outcome.BUSY


def test_silence_after_the_tls_handshake_is_unknown(tmp_path: Path) -> None:
    with tls_server(tmp_path) as (url, certificate):
        http.session().verify = certificate
        error = lost(url)
        http.close()

    assert error.outcome is Outcome.UNKNOWN


def test_silence_during_the_tls_handshake_never_left_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CONNECT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        error = lost(f"https://127.0.0.1:{mute.getsockname()[1]}")

    assert error.outcome is Outcome.BUSY


def test_a_server_without_tls_behind_an_https_address_never_left_us(wire: Wire) -> None:
    assert lost(wire.url.replace("http:", "https:"), timeout_s=3).outcome is Outcome.BUSY
    assert wire.seen == []
