"""Access tokens."""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
import time

import falcon

from sandbox.daraja.errors import DarajaError
from sandbox.faults import Faults


class EmptyRefusal(Exception):
    """400 with an empty body: what wrong keys get."""


class Tokens:
    """Who may call."""

    def __init__(self, faults: Faults, key: str, secret: str) -> None:
        self._faults = faults
        self._pair = f"{key}:{secret}"
        self._lock = threading.Lock()
        self._alive: dict[str, float] = {}
        self.issued = 0

    def issue(self, req: falcon.Request) -> str:
        """A new token, for the app's key and secret.

        Raises: DarajaError, EmptyRefusal.
        """
        kind, _, given = (req.auth or "").partition(" ")
        if kind != "Basic":
            raise DarajaError(400, "400.008.01", "Invalid Authentication passed")
        if req.get_param("grant_type") != "client_credentials":
            raise DarajaError(400, "400.008.02", "Invalid grant type passed")
        try:
            pair = base64.b64decode(given, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise EmptyRefusal from None
        if pair != self._pair:
            raise EmptyRefusal
        token = secrets.token_urlsafe(21)
        with self._lock:
            if self._faults.flag("daraja.new_token_kills_old"):
                self._alive.clear()
            self._alive[token] = time.monotonic() + self._faults.number("daraja.token_seconds")
            self.issued += 1
        return token

    def check(self, req: falcon.Request, refusal: tuple[int, str]) -> None:
        """Let a call through or refuse it the way this product does.

        Raises: DarajaError.
        """
        kind, _, token = (req.auth or "").partition(" ")
        if kind != "Bearer" or not token:
            raise DarajaError(404, "404.001.04", "Invalid Authentication Header")
        with self._lock:
            if self._faults.hit("daraja.token_killed"):
                self._alive.pop(token, None)
            if self._alive.get(token, 0.0) < time.monotonic():
                raise DarajaError(*refusal, "Invalid Access Token")
