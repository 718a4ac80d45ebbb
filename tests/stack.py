"""A whole installation in real processes: sandbox, web, workers, on databases of our own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from core.clock import NAIROBI
from core.leash import leashed
from tests import servers

START_S = 150.0
KINDS = ("sqlite", "postgres+redis")


def wait_until(claim: Callable[[], object], seconds: float = 60.0, every: float = 0.1) -> object:
    """Return the first truthy answer; fail when there is none in time, even on a slow machine."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := claim():
            return answer
        time.sleep(every)
    raise AssertionError(f"not so after {seconds} s")


def begin_no_day_at_its_end() -> None:
    """Wait for midnight when it is near: real processes count by the day, and no clock is held."""
    now = datetime.now(NAIROBI)
    left = now.replace(hour=23, minute=59, second=59) - now
    if left < timedelta(minutes=2):
        time.sleep(left.total_seconds() + 2)


@dataclass
class Stack:
    """Processes that speak to each other on free ports of 127.0.0.1."""

    folder: Path
    kind: str = "sqlite"
    settings: dict[str, str] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        begin_no_day_at_its_end()
        self.web_port, self.sandbox_port = servers.free_port(), servers.free_port()
        self.url = f"http://127.0.0.1:{self.web_port}"
        self.sandbox = f"http://127.0.0.1:{self.sandbox_port}"
        self.http = requests.Session()
        self.http.trust_env = False
        if self.kind == "sqlite":
            database, queue = f"sqlite:///{self.folder}/tuma.db", ""
        else:
            database, queue = servers.fresh_database(), servers.redis()
        self.environment = {
            **os.environ,
            "TUMA_APP__PUBLIC_URL": self.url,
            "TUMA_DATABASE__URL": database,
            "TUMA_QUEUE__URL": queue,
            "TUMA_ONFON__BASE_URL": f"{self.sandbox}/onfon/v1/sms",
            "TUMA_MPESA__BASE_URL": f"{self.sandbox}/daraja",
            "TUMA_MPESA__QUERY_PER_MINUTE": "600",
            "TUMA_TELEGRAM__BASE_URL": f"{self.sandbox}/telegram/bot",
            "TUMA_TELEGRAM__BASE_FILE_URL": f"{self.sandbox}/telegram/file/bot",
            "TUMA_LIMITS__SIGNUPS_PER_IP_PER_DAY": "1000",
            "TUMA_LIMITS__REQUESTS_PER_MINUTE": '{"standard": 100000, "high": 100000}',
            **self.settings,
        }

    def tuma(self, *words: str) -> str:
        """Run one command to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "core", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.last_exit = done.returncode
        if done.returncode not in (0, 1):
            raise AssertionError(done.stdout + done.stderr)
        return done.stdout

    def start(self, name: str, *words: str) -> None:
        """Start one part in a process group of its own, its output in a file."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                leashed([sys.executable, "-m", "core", *words]),
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start_sandbox(self) -> None:
        self.start("sandbox", "sandbox", "--port", str(self.sandbox_port))
        self._until_healthy(self.sandbox)

    def start_web(self) -> None:
        self.start("web", "web", "--bind", f"127.0.0.1:{self.web_port}")
        self._until_healthy(self.url)

    def start_worker(self, name: str = "worker", threads: int = 6) -> None:
        self.start(name, "worker", "--workers", str(threads))

    def start_all(self, workers: int = 1) -> None:
        self.tuma("migrate")
        self.start_sandbox()
        self.start_web()
        for number in range(workers):
            self.start_worker(f"worker{number}")
        self.admin_key = self.tuma("admin", "key", "--name", "tests").split()[-1]

    def kill(self, name: str) -> None:
        """Kill a part and everything it started, without warning."""
        process = self.running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for name in list(self.running):
            self.kill(name)
        self.http.close()
        if self.kind != "sqlite":
            servers.drop_database(self.environment["TUMA_DATABASE__URL"])

    def _until_healthy(self, url: str) -> None:
        def answers() -> bool:
            try:
                return requests.get(f"{url}/healthz", timeout=2).status_code == 200
            except requests.RequestException:
                return False

        wait_until(answers, START_S)

    # What a person or a program outside would do.

    def post(self, path: str, body: Any = None, **headers: str) -> requests.Response:
        return self.http.post(f"{self.url}{path}", json=body or {}, headers=headers, timeout=60)

    def admin(self, path: str, body: Any = None) -> requests.Response:
        return self.post(f"/admin{path}", body, **{"X-Admin-Key": self.admin_key})

    def faults(self, **faults: Any) -> None:
        answer = self.http.post(f"{self.sandbox}/faults", json=faults, timeout=60)
        assert answer.status_code == 200, answer.text

    def state(self, **filters: Any) -> Any:
        return self.http.get(f"{self.sandbox}/state", params=filters, timeout=60).json()

    def sign_up(self, phone: str, name: str = "Salon Zuri") -> Business:
        """Register, read the code off the phone, verify, and be approved."""
        form = {
            "business_name": name,
            "contact_name": "Asha",
            "phone": phone,
            "accept_terms": True,
        }
        made = self.post("/api/signup", form)
        assert made.status_code == 201, made.text
        tenant_id = made.json()["tenant"]["id"]
        code = wait_until(lambda: self._code(phone))
        done = self.post("/api/signup/verify", {"tenant_id": tenant_id, "code": code})
        assert done.status_code == 200, done.text
        approved = self.admin(f"/tenants/{tenant_id}/approve")
        assert approved.status_code == 200, approved.text
        keys = done.json()["keys"]
        return Business(self, tenant_id, phone, keys["live"], keys["test"])

    def _code(self, phone: str) -> str | None:
        texts = self.state(to=phone)["texts"]
        for text in texts[::-1]:
            for word in text["text"].replace(".", " ").split():
                if word.isdigit() and len(word) == 6:
                    return str(word)
        return None

    def proof(self) -> list[dict[str, Any]]:
        """Run `tuma prove` and return its lines."""
        return json.loads(self.tuma("prove", "--json"))  # type: ignore[no-any-return]


@dataclass
class Business:
    """A tenant's developer, with both keys."""

    stack: Stack
    id: int
    phone: str
    live: str
    test: str

    def call(
        self, method: str, path: str, body: Any = None, *, key: str = "", **headers: str
    ) -> requests.Response:
        return self.stack.http.request(
            method,
            f"{self.stack.url}/api/{self.id}{path}",
            json=body,
            headers={"Authorization": f"Bearer {key or self.live}", **headers},
            timeout=60,
        )

    def send(self, to: Any, message: str, **more: Any) -> requests.Response:
        return self.call("POST", "/sms/send", {"to": to, "message": message, **more})

    def balance(self) -> str:
        return str(self.call("GET", "/balance").json()["available"])

    def credit(self, amount: str) -> None:
        """Put money into the wallet as an admin."""
        body = {"amount": amount, "reason": "test"}
        answer = self.stack.admin(f"/tenants/{self.id}/adjust", body)
        assert answer.status_code == 200, answer.text

    def top_up(self, amount: str, once: str) -> requests.Response:
        body = {"amount": amount, "method": "mpesa", "phone": self.phone}
        return self.call("POST", "/topups", body, **{"Idempotency-Key": once})
