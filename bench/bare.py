"""The raw limit of every request that stores something: Falcon and one INSERT.

Served by gunicorn with the product's own options, on a database with the product's own settings
and tables. It reads what it must and checks nothing: no key, no money, no number.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
import threading
import time
from typing import Any

import falcon
import psycopg

from core.database import SQLITE_PRAGMAS

_URL = os.environ["TUMA_DATABASE__URL"]
_numbers = itertools.count()
_own = threading.local()

_TEXT = """
    INSERT INTO message
        (id, tenant_id, batch_id, account_id, lane, category, sender, charge, created_at,
         msisdn, body, is_unicode, segments, cost, status)
    VALUES (%s, %s, %s, 1, 0, 'transactional', 'TUMA', 'held', %s, %s, %s, %s, 1, 8000, 'queued')
"""
_REPORT = """
    INSERT INTO report
        (account_id, provider_id, msisdn, word, verdict, error_code, detail, state, retry_at,
         received_at)
    VALUES (1, %s, %s, %s, 'delivered', %s, NULL, 'new', 0, %s)
"""
if _URL.startswith("sqlite"):
    _TEXT, _REPORT = _TEXT.replace("%s", "?"), _REPORT.replace("%s", "?")


def connection() -> Any:
    """This thread's own connection, each statement of which is a transaction."""
    made = getattr(_own, "connection", None)
    if made is None:
        made = _own.connection = _connect()
    return made


def _connect() -> Any:
    if not _URL.startswith("sqlite"):
        return psycopg.connect(_URL, autocommit=True)
    made = sqlite3.connect(_URL.removeprefix("sqlite:///"), isolation_level=None)
    for name, value in SQLITE_PRAGMAS.items():
        made.execute(f"PRAGMA {name} = {value}")
    return made


class Send:
    """POST /api/{tenant}/sms/send"""

    def on_post(self, req: falcon.Request, resp: falcon.Response, tenant: int) -> None:
        asked = req.get_media()
        now = time.time_ns()
        each = f"msg_{now:x}{next(_numbers) & 0xFFF:03x}{os.getpid() & 0xFFFF:04x}"
        row = (each, tenant, each, now // 1_000_000, asked["to"], asked["message"], False)
        connection().execute(_TEXT, row)
        resp.status = falcon.HTTP_202
        resp.media = {"id": each, "status": "queued"}


class Report:
    """GET /sms/in/{secret}/dlr"""

    def on_get(self, req: falcon.Request, resp: falcon.Response, secret: str) -> None:
        said = req.params
        row = (said["messageId"], said["mobile"], said["status"], said["errorCode"])
        connection().execute(_REPORT, (*row, time.time_ns() // 1_000_000))
        resp.media = {}


class Alive:
    """GET /healthz"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.media = {}


application = falcon.App()
application.add_route("/api/{tenant:int}/sms/send", Send())
application.add_route("/sms/in/{secret}/dlr", Report())
application.add_route("/healthz", Alive())
