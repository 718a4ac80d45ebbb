"""Groups and templates, and two lists nobody has published a reply of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import falcon

from sandbox.onfon.accounts import Account
from sandbox.onfon.calls import Call, envelope
from sandbox.onfon.gateway import GENERIC, JOB_UNKNOWN, Refused
from sandbox.replies import Unreadable, read_object, write
from sandbox.times import minute, nairobi_now
from sandbox.world import World

Rows = dict[int, dict[str, Any]]
Body = dict[str, Any]
Make = Callable[[int, Body], Body]
Act = Callable[[Account, Rows, Body], str | list[Body]]

STATUS_WORDS = {"delivered": "DELIVRD", "undelivered": "UNDELIV"}


class Listing(Call):
    """GET, POST, PUT and DELETE of Group or Template."""

    def __init__(self, world: World, attribute: str, make: Make) -> None:
        super().__init__(world)
        self._attribute = attribute
        self._make = make

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """All rows."""
        self._serve(req, resp, lambda account, rows, _: list(rows.values()))

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Create; the answer carries no id."""

        def create(account: Account, rows: Rows, body: Body) -> str:
            rows[account.next_id] = self._make(account.next_id, body)
            account.next_id += 1
            return "success#Created"

        self._serve(req, resp, create)

    def on_put(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Change the row ?id=."""

        def change(_: Account, rows: Rows, body: Body) -> str:
            key = req.get_param_as_int("id") or 0
            if key not in rows:
                raise Refused(GENERIC, "Not found.")
            rows[key] = self._make(key, body)
            return "success#Updated"

        self._serve(req, resp, change)

    def on_delete(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Remove the row ?id=."""

        def remove(_: Account, rows: Rows, body: Body) -> str:
            if rows.pop(req.get_param_as_int("id") or 0, None) is None:
                raise Refused(GENERIC, "Not found.")
            return "success#Deleted"

        self._serve(req, resp, remove)

    def _serve(self, req: falcon.Request, resp: falcon.Response, act: Act) -> None:
        if self._sick(req, resp):
            return
        try:
            body = read_object(req) if req.method in ("POST", "PUT") else dict(req.params)
        except Unreadable:
            raise Refused(GENERIC, "Unreadable request.", 400) from None
        account = self._account(req, body)
        with self._gateway.accounts.lock:
            done = act(account, getattr(account, self._attribute), body)
        write(resp, envelope(None, 0, done) if isinstance(done, str) else envelope(done))


class SenderId(Call):
    """GET SenderId: a guess, no reply of the real one has been published."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Approved sender IDs."""
        if self._sick(req, resp):
            return
        account = self._account(req, req.params)
        rows = [
            {
                "Id": place,
                "SenderId": name,
                "Purpose": "",
                "IsApproved": True,
                "IsActive": True,
            }
            for place, name in enumerate(sorted(account.sender_ids), 1)
        ]
        write(resp, envelope(rows))


class MessageStatus(Call):
    """GET MessageStatus: a guess, no reply of the real one has been published."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """How one text stands."""
        if self._sick(req, resp):
            return
        account = self._account(req, req.params)
        text = self._gateway.network.find(req.get_param("MessageId") or "")
        if text is None or text.account != account.client_id:
            raise Refused(JOB_UNKNOWN, "Job id is not valid.")
        status = STATUS_WORDS.get(text.status, "ACCEPTD")
        now = minute(nairobi_now())
        row = {
            "MobileNumber": text.to,
            "MessageId": text.id,
            "Status": status,
            "ErrorCode": "000",
            "SubmitDate": now,
            "DoneDate": now,
        }
        write(resp, envelope(row))


def make_group(key: int, body: Body) -> Body:
    return {"GroupId": key, "GroupName": str(body.get("GroupName", "")), "ContactCount": 0}


def make_template(key: int, body: Body) -> Body:
    today = nairobi_now().strftime("%d-%b-%Y")
    return {
        "TemplateId": key,
        "TemplateName": str(body.get("TemplateName", "")),
        "MessageTemplate": str(body.get("MessageTemplate", "")),
        "IsApproved": True,
        "IsActive": True,
        "CreatededDate": today,
        "ApprovedDate": today,
    }
