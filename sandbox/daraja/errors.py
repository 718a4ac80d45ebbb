"""Refusals of Daraja."""

from __future__ import annotations

import falcon

LOCKED = "Unable to lock subscriber, a transaction is already in process for the current subscriber"


class DarajaError(Exception):
    """A body with errorCode and errorMessage; the HTTP status means little."""

    def __init__(self, http: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = falcon.util.code_to_http_status(http)
        self.code = code


def invalid(field: str) -> DarajaError:
    """A field is wrong, and named."""
    return DarajaError(400, "400.002.02", f"Bad Request - Invalid {field}")
