"""The server lives through clients that hang, and the process ends when asked."""

from __future__ import annotations

import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.server import IDLE_SECONDS
from tests.sandbox.outside import PATIENCE_S, Sandbox
from tests.stack import wait_until


def address(sandbox: Sandbox) -> tuple[str, int]:
    parts = urlsplit(sandbox.url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def test_clients_that_hang_keep_nobody_waiting(sandbox: Sandbox) -> None:
    silent = [socket.create_connection(address(sandbox)) for _ in range(100)]
    for place, client in enumerate(silent):
        client.sendall(b"POST /faults HTTP/1.1\r\nContent-Length: 99\r\n\r\n{"[: place % 60])
    answer = sandbox.get("/healthz", timeout=IDLE_SECONDS / 4)
    for client in silent:
        client.close()

    assert answer.ok


def test_a_body_cut_short_is_not_acted_on(sandbox: Sandbox) -> None:
    body = b'{"onfon": {"down": true}}'
    head = f"POST /faults HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body) + 5}\r\n\r\n"
    with socket.create_connection(address(sandbox)) as client:
        client.sendall(head.encode() + body)
        client.shutdown(socket.SHUT_WR)
        rest = client.recv(100)

    assert rest == b""
    assert "down" not in sandbox.state()["faults"]["onfon"]


def test_a_connection_serves_many_requests(sandbox: Sandbox) -> None:
    with socket.create_connection(address(sandbox)) as client:
        answers = []
        for _ in range(3):
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            answers.append(client.recv(1000).split(b"\r\n")[0])

    assert answers == [b"HTTP/1.1 200 OK"] * 3


def test_a_chunked_body_is_read(sandbox: Sandbox) -> None:
    chunks = (part for part in (b'{"onfon": ', b'{"down": true}}'))
    answer = sandbox.http.post(sandbox.url + "/faults", data=chunks)

    assert answer.json()["onfon"]["down"]["value"] is True


@pytest.mark.parametrize(("length", "status"), [("many", 400), ("99999999999", 413)])
def test_a_body_of_no_sensible_length_is_refused(
    sandbox: Sandbox, length: str, status: int
) -> None:
    with socket.create_connection(address(sandbox)) as client:
        client.sendall(f"POST /faults HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode())
        answer = client.recv(100)

    assert answer.startswith(f"HTTP/1.1 {status}".encode())


def test_an_outage_refuses_connections_and_keeps_the_state(sandbox: Sandbox) -> None:
    sandbox.rows("254700000001")
    sandbox.post("/outage", {"seconds": 1.5})
    wait_until(lambda: not is_there(sandbox), every=0.02)
    wait_until(lambda: is_there(sandbox))

    assert sandbox.state()["totals"]["texts"] == 1


def is_there(sandbox: Sandbox) -> bool:
    try:
        return requests.get(sandbox.url + "/healthz", timeout=PATIENCE_S).ok
    except requests.ConnectionError:
        return False


def test_a_port_that_is_taken_is_one_line_and_exit_1(sandbox: Sandbox) -> None:
    port = str(address(sandbox)[1])
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "--port", port],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith(f"Cannot listen on 127.0.0.1:{port}")
    assert done.stderr.count("\n") == 1
