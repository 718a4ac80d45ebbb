"""What Onfon tells us: delivery reports and inbound texts, in whatever form it likes today."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

import falcon
import structlog

from api.callbacks.pay import body
from core import secrets
from core.gateways import onfon, reading
from core.messaging import inbound, reports
from core.messaging.models import SHARED_ACCOUNT
from core.settings import settings

log = structlog.get_logger(__name__)

FIELDS_MAX = 50


def _check(secret: str) -> None:
    if not secrets.same(secret, settings().onfon.callback_secret):
        raise falcon.HTTPStatus(falcon.HTTP_404)


def said(req: falcon.Request) -> list[Mapping[str, object]]:
    """The objects of a request, from its query, form or JSON; what cannot be read is nothing."""
    given: dict[str, object] = dict(req.params)
    raw = body(req)
    if not raw:
        return [given]
    read = reading.json(raw)
    if read is not None:
        rows = read if isinstance(read, list) else [read]
        return [given | row for row in rows if isinstance(row, dict)]
    try:
        form = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        return [given]
    return [given | dict(form)]


class DeliveryReports:
    """GET and POST /sms/in/{secret}/dlr"""

    def on_get(self, req: falcon.Request, resp: falcon.Response, secret: str) -> None:
        """Keep a delivery report and answer at once. Even an odd one is answered with success:
        the sender could do nothing about it but send it again.
        """
        _check(secret)
        for fields in said(req):
            report = onfon.read_report(fields)
            if report is None:
                log.warning("report_unreadable", names=[name[:40] for name in fields][:FIELDS_MAX])
            else:
                reports.receive(SHARED_ACCOUNT, report)
        resp.data = b'{"status":"ok"}'

    on_post = on_get


class InboundTexts:
    """GET and POST /sms/in/{secret}/mo"""

    def on_get(self, req: falcon.Request, resp: falcon.Response, secret: str) -> None:
        """Keep a text that came in and answer at once; what it means is worked out later."""
        _check(secret)
        for fields in said(req):
            text = onfon.read_inbound(fields)
            if text is None:
                log.warning("inbound_unreadable", names=[name[:40] for name in fields][:FIELDS_MAX])
            else:
                inbound.receive(SHARED_ACCOUNT, text)
        resp.data = b'{"status":"ok"}'

    on_post = on_get
