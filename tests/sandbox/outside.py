"""The sandbox as a program of its own, and an application for it to call back."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from core.leash import leashed
from core.settings import Settings

PHONE = "254708374149"
PAIR = ("sandbox-daraja-consumer-key", "sandbox-daraja-consumer-secret")
START_S = 20
PATIENCE_S = 60  # only a fault is ever waited for so long
NAIROBI = timezone(timedelta(hours=3))


@dataclass
class Seen:
    """One callback as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}

    @property
    def result(self) -> int:
        """The ResultCode of an STK callback."""
        code: int = self.json["Body"]["stkCallback"]["ResultCode"]
        return code


@dataclass
class Application:
    """Records every callback and answers as told."""

    reply: Callable[[Seen], tuple[int, object]] = lambda _: (200, {"ResultCode": 0})
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._news = threading.Condition()
        application = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                pass

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                seen = Seen(
                    self.command, parts.path, query, dict(self.headers), body, time.monotonic()
                )
                application.record(seen)
                status, answer = application.reply(seen)
                raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = _serve

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def record(self, seen: Seen) -> None:
        with self._news:
            self.seen.append(seen)
            self._news.notify_all()

    def forget(self) -> None:
        self.seen, self.reply = [], type(self).reply

    def got(self, part: str) -> list[Seen]:
        """Callbacks with this in their path, in order of arrival."""
        return [seen for seen in self.seen if part in seen.path]

    def wait(self, part: str, count: int = 1) -> list[Seen]:
        """The same, once there are so many."""
        with self._news:
            came = self._news.wait_for(lambda: len(self.got(part)) >= count, PATIENCE_S)
        assert came, f"{len(self.got(part))} of {count} callbacks to {part} came"
        return self.got(part)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Sandbox:
    """The running program, with the fingers of a tester and the voice of a client."""

    def __init__(self, settings: Settings, callbacks: str) -> None:
        self.settings, self.callbacks = settings, callbacks
        self.process = subprocess.Popen(
            leashed([sys.executable, "-m", "sandbox", "--port", "0"]),
            stdout=subprocess.PIPE,
            env=os.environ | {"TUMA_APP__PUBLIC_URL": callbacks},
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().rpartition(" ")[2].strip()
        assert self.url.startswith("http"), "the sandbox did not start"
        self.http = requests.Session()
        self.http.trust_env = False
        self._token = ""

    def close(self) -> None:
        self.http.close()
        self.process.terminate()
        assert self.process.stdout is not None
        self.process.stdout.close()
        assert self.process.wait(START_S) == 0

    def post(self, path: str, body: object = None, **more: Any) -> requests.Response:
        return self.http.post(self.url + path, json={} if body is None else body, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.http.get(self.url + path, **more)

    def reset(self) -> None:
        """As new, but in no hurry to wait."""
        self._token = ""
        assert self.post("/reset").ok
        self.faults(
            onfon={"dlr_delay": 0},
            daraja={"callback_delay": 0, "c2b_delay": 0, "query_noise": 0, "query_open_noise": 0},
            telegram={"poll_pause_seconds": 0, "webhook_retry_seconds": 0.05},
            ussd={"event_delay": 0},
        )

    def faults(self, **groups: Any) -> dict[str, Any]:
        answer = self.post("/faults", groups)
        assert answer.ok, answer.text
        table: dict[str, Any] = answer.json()
        return table

    def state(self, **query: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.get("/state", params=query).json()
        return answer

    # Onfon

    @property
    def keys(self) -> dict[str, str]:
        onfon = self.settings.onfon
        return {"ApiKey": onfon.api_key, "ClientId": onfon.client_id}

    @property
    def header(self) -> dict[str, str]:
        return {"AccessKey": self.settings.onfon.access_key}

    def send(self, *to: str, text: str = "Habari", **more: Any) -> requests.Response:
        """SendBulkSMS of one text to some numbers."""
        options: dict[str, Any] = {"headers": self.header, "timeout": PATIENCE_S}
        options |= {name: more.pop(name) for name in ("headers", "timeout") if name in more}
        entries = [{"Number": number, "Text": text} for number in to]
        body = {"SenderId": "TUMA", "MessageParameters": entries} | self.keys | more
        return self.post("/onfon/v1/sms/SendBulkSMS", body, **options)

    def rows(self, *to: str, **more: Any) -> list[dict[str, Any]]:
        answer = self.send(*to, **more).json()
        assert answer["ErrorCode"] == 0, answer
        rows: list[dict[str, Any]] = answer["Data"]
        return rows

    # Daraja

    def token(self) -> str:
        answer = self.get(
            "/daraja/oauth/v1/generate", params={"grant_type": "client_credentials"}, auth=PAIR
        )
        self._token = answer.json()["access_token"]
        return self._token

    def daraja(self, path: str, body: object, **more: Any) -> requests.Response:
        """A product call with a token."""
        bearer = {"Authorization": f"Bearer {self._token or self.token()}"}
        return self.post(f"/daraja{path}", body, headers=bearer, timeout=PATIENCE_S, **more)

    def signed(self, minutes_ago: float = 0) -> dict[str, str]:
        """BusinessShortCode, Timestamp and the Password made of them."""
        code, passkey = self.settings.mpesa.shortcode, self.settings.mpesa.passkey
        stamp = (datetime.now(NAIROBI) - timedelta(minutes=minutes_ago)).strftime("%Y%m%d%H%M%S")
        password = base64.b64encode(f"{code}{passkey}{stamp}".encode()).decode()
        return {"BusinessShortCode": code, "Timestamp": stamp, "Password": password}

    def push_body(self, phone: str = PHONE, amount: Any = 500, **more: Any) -> dict[str, Any]:
        return {
            **self.signed(),
            "TransactionType": "CustomerPayBillOnline",
            "Amount": amount,
            "PartyA": phone,
            "PartyB": self.settings.mpesa.shortcode,
            "PhoneNumber": phone,
            "CallBackURL": f"{self.callbacks}/pay/in/5ec2e7/stk/70ce4",
            "AccountReference": "T7",
            "TransactionDesc": "Top up",
        } | more

    def push(self, phone: str = PHONE, amount: Any = 500, **more: Any) -> requests.Response:
        body = self.push_body(phone, amount, **more)
        return self.daraja("/mpesa/stkpush/v1/processrequest", body)

    def prompt(self, phone: str = PHONE, amount: int = 500, **more: Any) -> str:
        """A push that is accepted; its CheckoutRequestID."""
        answer = self.push(phone, amount, **more)
        assert answer.status_code == 200, answer.text
        checkout: str = answer.json()["CheckoutRequestID"]
        return checkout

    def pin(self, pin: str = "1234", phone: str = PHONE, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.post("/mpesa/pin", {"phone": phone, "pin": pin} | more).json()
        return answer

    def paybill(self, amount: object = 250, account: str = "TM7K") -> dict[str, Any]:
        body = {"phone": PHONE, "account": account, "amount": amount}
        answer: dict[str, Any] = self.post("/mpesa/paybill", body).json()
        return answer

    def query(self, checkout: str) -> requests.Response:
        body = self.signed() | {"CheckoutRequestID": checkout}
        return self.daraja("/mpesa/stkpushquery/v1/query", body)

    # Telegram

    @property
    def bot_token(self) -> str:
        return self.settings.telegram.token

    def call(self, method: str, **fields: Any) -> requests.Response:
        """The bot calls, with JSON."""
        return self.post(f"/telegram/bot{self.bot_token}/{method}", fields, timeout=PATIENCE_S)

    def ok(self, method: str, **fields: Any) -> Any:
        """A call that is done; its result."""
        answer = self.call(method, **fields).json()
        assert answer["ok"], answer
        return answer["result"]

    def refused(self, method: str, **fields: Any) -> tuple[int, str]:
        """A call that is not; code and words, which must be the status too."""
        reply = self.call(method, **fields)
        answer = reply.json()
        assert not answer["ok"], answer
        assert answer["error_code"] == reply.status_code
        return answer["error_code"], answer["description"]

    def act(self, door: str, **body: Any) -> dict[str, Any]:
        """Somebody on Telegram does something."""
        reply = self.post(
            f"/telegram/{door}", {name.rstrip("_"): one for name, one in body.items()}
        )
        assert reply.ok, reply.text
        answer: dict[str, Any] = reply.json()
        return answer

    def person(self, phone: str = PHONE, *, starts: bool = True, **more: Any) -> int:
        """Somebody with a phone, who has written to the bot; the bot knows no more of it."""
        number: int = self.act("people", phone=phone, **more)["id"]
        if starts:
            self.act("say", from_=number, text="/start")
            self.updates()
        return number

    def updates(self, **fields: Any) -> list[dict[str, Any]]:
        """What the bot has not heard yet; asking again gives only what came later."""
        found: list[dict[str, Any]] = self.ok("getUpdates", **fields)
        if found and "offset" not in fields:
            assert self.ok("getUpdates", offset=found[-1]["update_id"] + 1, limit=1) == []
        return found

    def update(self, kind: str) -> dict[str, Any]:
        """The only news there is, of this kind."""
        (update,) = self.updates()
        assert kind in update, update
        body: dict[str, Any] = update[kind]
        return body

    def look(self, chat: int, **query: Any) -> dict[str, Any]:
        """A chat as somebody sees it."""
        answer: dict[str, Any] = self.get(f"/telegram/chats/{chat}", params=query).json()
        return answer

    def last(self, chat: int, **query: Any) -> dict[str, Any]:
        """The newest message somebody sees."""
        message: dict[str, Any] = self.look(chat, **query)["messages"][-1]
        return message
