"""A lean HTTP client: one process, one thread, many kept connections, each with one request open.

Run as a program of its own, so that its work is no part of the interpreter it measures; it reads a
plan and prints a result, both JSON. It imports little, to start quickly.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from typing import Any

_MARK = b"########"
# More than this a second no server here can answer.
_MOST_PER_S = 8000


def requests_of(plan: dict[str, Any]) -> list[bytes]:
    """Build every request before the clock starts; each carries a number nobody else has."""
    templates = [template.encode() for template in plan["templates"]]
    count = plan.get("count") or int(plan["seconds"] * _MOST_PER_S)
    first = plan["first"]
    return [
        templates[at % len(templates)].replace(_MARK, b"%08d" % (first + at)) for at in range(count)
    ]


class _Line:
    """One connection."""

    __slots__ = ("got", "port", "sent_at", "socket")

    def __init__(self, port: int) -> None:
        self.port = port
        self.sent_at = 0.0
        self.got = b""
        self.socket = self._dial()

    def _dial(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def send(self, request: bytes) -> None:
        self.got = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def answer(self) -> bytes | None:
        """What has come, once it is whole."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed before the answer")
        self.got += data
        head, found, body = self.got.partition(b"\r\n\r\n")
        if not found:
            return None
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        return head if len(body) >= length else None

    def redial(self) -> int:
        self.socket.close()
        self.socket = self._dial()
        return self.socket.fileno()


def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Ask for so many seconds, or so many times, over so many connections."""
    requests = requests_of(plan)
    count = len(requests)
    requests.reverse()
    lines = {}
    poll = select.epoll()
    for _ in range(plan["connections"]):
        line = _Line(plan["port"])
        lines[line.socket.fileno()] = line
        poll.register(line.socket.fileno(), select.EPOLLIN)
    took: list[float] = []
    codes: dict[str, int] = {}
    odd = b""
    now = time.perf_counter
    started = now()
    began = time.monotonic()
    ends = started + plan.get("seconds", 3600)
    open_ = len(lines)
    for line in lines.values():
        line.send(requests.pop())
    while open_:
        for number, _ in poll.poll():
            line = lines[number]
            head = line.answer()
            if head is None:
                continue
            at = now()
            took.append(at - line.sent_at)
            code = head[9:12].decode()
            codes[code] = codes.get(code, 0) + 1
            if code[0] != "2":
                odd = line.got
            if b"onnection: close" in head:
                lines[line.redial()] = line
                poll.register(line.socket.fileno(), select.EPOLLIN)
            if at < ends and requests:
                line.send(requests.pop())
            else:
                open_ -= 1
    seconds = now() - started
    took.sort()
    return {
        "sent": count - len(requests),
        "answered": len(took),
        "seconds": seconds,
        "began": began,
        "rate": len(took) / seconds,
        "p50_ms": took[len(took) // 2] * 1000,
        "p99_ms": took[min(len(took) - 1, len(took) * 99 // 100)] * 1000,
        "max_ms": took[-1] * 1000,
        "codes": codes,
        "odd": odd.decode(errors="replace"),
    }


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
