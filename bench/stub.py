"""A stand-in for Onfon that costs next to nothing: answers SendBulkSMS after so many milliseconds.

The sandbox is the faithful one; this one only has to be quicker than what is measured. Every text
is accepted. `GET /seen` tells when each request came, how many texts it brought, and whether any
number came twice; `GET /when/25411` tells when each number that begins so came; `GET /forget`
starts that anew.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import msgspec


class _Text(msgspec.Struct):
    Number: str


class _Request(msgspec.Struct):
    MessageParameters: list[_Text]


_decode = msgspec.json.Decoder(_Request).decode


class _Seen:
    """What has come since somebody asked to forget."""

    def __init__(self) -> None:
        self.requests: list[tuple[float, int]] = []
        self.numbers: dict[str, float] = {}
        self.texts = 0
        self.taken = 0

    def forget(self) -> None:
        self.requests, self.numbers, self.texts = [], {}, 0


class _Line(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, seen: _Seen, delay_s: float) -> None:
        self._seen = seen
        self._delay_s = delay_s
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) < length:
            return
        self._got = b""
        if head.startswith(b"POST"):
            self._send_bulk(body)
        elif head.startswith(b"GET /forget"):
            self._seen.forget()
            self._answer(b"{}")
        elif head.startswith(b"GET /when/"):
            begins = head.split(b" ", 2)[1].removeprefix(b"/when/").decode()
            came = self._seen.numbers.items()
            self._answer(json.dumps({to: at for to, at in came if to.startswith(begins)}).encode())
        else:
            seen = self._seen
            told = {"requests": seen.requests, "texts": seen.texts, "distinct": len(seen.numbers)}
            self._answer(json.dumps(told).encode())

    def _send_bulk(self, body: bytes) -> None:
        numbers = [text.Number for text in _decode(body).MessageParameters]
        seen = self._seen
        now = time.monotonic()
        seen.requests.append((now, len(numbers)))
        for number in numbers:
            seen.numbers.setdefault(number, now)
        seen.texts += len(numbers)
        first, seen.taken = seen.taken, seen.taken + len(numbers)
        rows = ",".join(
            f'{{"MessageErrorCode":0,"MessageErrorDescription":"Success","MobileNumber":"{number}",'
            f'"MessageId":"0b6c1f7e-5a0e-4a53-9a1f-{first + at:012x}","Custom":""}}'
            for at, number in enumerate(numbers)
        )
        answer = f'{{"ErrorCode":0,"ErrorDescription":"Success","Data":[{rows}]}}'.encode()
        if self._delay_s:
            asyncio.get_running_loop().call_later(self._delay_s, self._answer, answer)
        else:
            self._answer(answer)

    def _answer(self, body: bytes) -> None:
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(body), body)
        )


async def serve(port: int, delay_s: float) -> None:
    """Answer until killed."""
    seen = _Seen()
    server = await asyncio.get_running_loop().create_server(
        lambda: _Line(seen, delay_s), "127.0.0.1", port
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
