"""What every call to Onfon has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import falcon

from sandbox.faults import Faults
from sandbox.onfon.accounts import Account
from sandbox.onfon.gateway import Gateway, Refused
from sandbox.replies import drop, write, write_html
from sandbox.world import World


def envelope(data: object, code: int = 0, description: str = "Success") -> dict[str, Any]:
    """What every answer of Onfon is wrapped in."""
    return {"ErrorCode": code, "ErrorDescription": description, "Data": data}


def refuse(
    req: falcon.Request, resp: falcon.Response, refused: Refused, params: dict[str, Any]
) -> None:
    """Answer a refused call."""
    write(resp, envelope(None, refused.code, str(refused)), refused.status)


class Call:
    """A resource of Onfon's."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _gateway(self) -> Gateway:
        return self._world.onfon

    @property
    def _faults(self) -> Faults:
        return self._world.faults

    def _sick(self, req: falcon.Request, resp: falcon.Response) -> bool:
        """Whether the gateway is in no state to read a call; the answer is then given.

        Raises: Refused (no AccessKey).
        """
        if self._faults.hit("onfon.reset"):
            drop(req)
            return True
        if self._faults.hit("onfon.down"):
            write_html(resp, "503 Service Unavailable", falcon.HTTP_503)
            return True
        if self._faults.flag("onfon.require_access_key") and not req.get_header("AccessKey"):
            raise Refused(401, "AccessKey header is missing.", 401)
        return False

    def _account(self, req: falcon.Request, keys: Mapping[str, Any]) -> Account:
        """The customer who calls; keys may be in the query or the body.

        Raises: Refused.
        """
        client_id, api_key = str(keys.get("ClientId", "")), str(keys.get("ApiKey", ""))
        return self._gateway.authorise(client_id, api_key, req.get_header("AccessKey"))
