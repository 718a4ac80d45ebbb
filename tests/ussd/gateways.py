"""The gateways as we meet them: how each would send a hop, and how it reads our answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

CODE = "*384*1234#"


@dataclass(frozen=True)
class Asked:
    """One HTTP request to us."""

    method: str
    query: str = ""
    body: str = ""
    path: str = ""
    is_json: bool = False

    @property
    def headers(self) -> dict[str, str]:
        if not self.body:
            return {}
        kind = "application/json" if self.is_json else "application/x-www-form-urlencoded"
        return {"Content-Type": kind}


@dataclass(frozen=True)
class Seen:
    """What our answer makes the gateway do."""

    text: str
    goes_on: bool


@dataclass
class Gateway:
    """One session at one gateway. `dial` begins it, `type` goes on."""

    phone: str = "254712345678"
    session: str = "ATUid_5d3b0c1f"
    typed: list[str] = field(default_factory=list)
    count: int = 0

    name = ""

    def dial(self, ahead: str = "") -> Asked:
        self.typed, self.count = ([ahead] if ahead else []), 1
        return self.hop(begin=True, given=ahead)

    def type(self, text: str) -> Asked:
        self.typed.append(text)
        self.count += 1
        return self.hop(begin=False, given=text)

    def hop(self, *, begin: bool, given: str) -> Asked:
        raise NotImplementedError

    def end(self) -> Asked | None:
        """How it tells the end on the main address, if it does."""
        return None

    def read(self, headers: Mapping[str, str], body: bytes) -> Seen:
        text = body.decode()
        assert text[:4] in ("CON ", "END "), text
        assert headers["content-type"].startswith("text/plain")
        return Seen(text[4:], text.startswith("CON"))


class AfricasTalking(Gateway):
    name = "africastalking"

    def hop(self, *, begin: bool, given: str) -> Asked:
        fields = {
            "sessionId": self.session,
            "phoneNumber": f"+{self.phone}",
            "networkCode": "63902",
            "serviceCode": CODE,
            "text": "*".join(self.typed),
        }
        return Asked("POST", body=urlencode(fields))


class Mobilesasa(Gateway):
    name = "mobilesasa"

    def hop(self, *, begin: bool, given: str) -> Asked:
        fields = {
            "sessionId": self.session,
            "phoneNumber": self.phone,
            "serviceCode": CODE,
            "text": "*".join(self.typed),
        }
        return Asked("POST", body=urlencode(fields))


class _Getting(Gateway):
    """A GET with everything typed, under names of its own."""

    names = ("SESSIONID", "MSISDN", "USSDCODE", "INPUT")
    code = CODE

    def input(self) -> str:
        return "*".join(self.typed)

    def hop(self, *, begin: bool, given: str) -> Asked:
        values = (self.session, self.phone, self.code, self.input())
        return Asked("GET", urlencode(dict(zip(self.names, values, strict=True))))


class TechSavanna(_Getting):
    """Code without the final sign, and nothing but answers in the input."""

    name = "sessionid_get"
    code = "*384*1234"


class Advanta(_Getting):
    """The whole dialled string, at every hop."""

    name = "sessionid_get"

    def input(self) -> str:
        return "*".join(["*384*1234", *self.typed]) + "#"


class Speedocom(_Getting):
    """A shared code, with the dialled string of the first hop kept in front of the rest."""

    name = "onfon"
    code = "*384#"

    def input(self) -> str:
        if self.count == 1:
            return "*".join(["*384*1234", *self.typed]) + "#"
        return "*".join(["*384*1234", *self.typed])


class Kemrut(_Getting):
    """A shared code, whose extension is the first input."""

    name = "sessionid_get"
    code = "*384#"

    def input(self) -> str:
        return "*".join(["1234", *self.typed])


class Crossgate(_Getting):
    name = "crossgate"
    names = ("session_id", "msisdn", "service_code", "ussd_string")


class Bonga(_Getting):
    name = "bonga"
    names = ("session_id", "mobile_number", "service_code", "message")


class Safaricom(_Getting):
    name = "safaricom_direct"
    names = ("SESSION_ID", "ORIG", "DEST", "USSD_PARAMS")
    code = "384"

    def input(self) -> str:
        return "*".join(["1234", *self.typed])


class Airtel(Gateway):
    name = "airtel"

    def hop(self, *, begin: bool, given: str) -> Asked:
        dialled = "*".join(["384*1234", *self.typed])
        fields = {
            "SessionID": self.session,
            "MSISDN": self.phone,
            "MSC": "254730000000",
            "input": dialled if begin else given,
        }
        return Asked("GET", urlencode(fields))

    def end(self) -> Asked:
        fields = {"SessionID": self.session, "msisdn": self.phone, "clean": "clean", "error": "523"}
        return Asked("GET", urlencode(fields))

    def read(self, headers: Mapping[str, str], body: bytes) -> Seen:
        assert headers["content-type"].startswith("text/plain")
        assert headers["charge"] == "N"
        return Seen(body.decode(), {"FC": True, "FB": False}[headers["freeflow"]])


class _Json(Gateway):
    def fields(self, *, begin: bool, given: str) -> dict[str, Any]:
        raise NotImplementedError

    def hop(self, *, begin: bool, given: str) -> Asked:
        body = json.dumps(self.fields(begin=begin, given=given))
        return Asked("POST", body=body, is_json=True)

    def dialled(self, given: str) -> str:
        return "*".join(["*384*1234", *([given] if given else [])]) + "#"

    def made(self, body: bytes) -> dict[str, Any]:
        return json.loads(body)  # type: ignore[no-any-return]

    def read(self, headers: Mapping[str, str], body: bytes) -> Seen:
        assert headers["content-type"].startswith("application/json")
        return self.understand(self.made(body))

    def understand(self, said: dict[str, Any]) -> Seen:
        raise NotImplementedError


class Infobip(_Json):
    name = "infobip"

    def fields(self, *, begin: bool, given: str) -> dict[str, Any]:
        return {
            "msisdn": self.phone,
            "text": self.dialled(given) if begin else given,
            "imsi": "639020000000001",
            "shortCode": CODE,
            "language": None,
            "optional": "",
            "ussdGwId": "gw1",
        }

    def hop(self, *, begin: bool, given: str) -> Asked:
        body = json.dumps(self.fields(begin=begin, given=given))
        path = f"/session/{self.session}/{'start' if begin else 'response'}"
        return Asked("POST", body=body, path=path, is_json=True)

    def end(self) -> Asked:
        body = json.dumps({"exitCode": 600, "reason": "userAbort"})
        return Asked("PUT", body=body, path=f"/session/{self.session}/end", is_json=True)

    def understand(self, said: dict[str, Any]) -> Seen:
        assert said["responseExitCode"] == 200, said
        assert said["responseMessage"] == ""
        return Seen(said["ussdMenu"], not said["shouldClose"])


class Beem(_Json):
    name = "beem"

    def fields(self, *, begin: bool, given: str) -> dict[str, Any]:
        return {
            "command": "initiate" if begin else "continue",
            "msisdn": self.phone,
            "operator": "vodacom",
            "session_id": self.session,
            "payload": {"request_id": self.count, "response": 0 if begin else given},
        }

    def end(self) -> Asked:
        self.count += 1
        fields = self.fields(begin=False, given="") | {"command": "terminate"}
        return Asked("POST", body=json.dumps(fields), is_json=True)

    def understand(self, said: dict[str, Any]) -> Seen:
        assert (said["msisdn"], said["operator"]) == (self.phone, "vodacom")
        assert said["session_id"] == self.session
        assert said["payload"]["request_id"] == self.count
        on = {"continue": True, "terminate": False}[said["command"]]
        return Seen(said["payload"]["request"], on)


class Hubtel(_Json):
    name = "hubtel"

    def fields(self, *, begin: bool, given: str) -> dict[str, Any]:
        return {
            "Type": "Initiation" if begin else "response",
            "Mobile": self.phone,
            "SessionId": self.session,
            "ServiceCode": "384*1234",
            "Message": self.dialled(given) if begin else given,
            "Operator": "mtn",
            "Sequence": self.count,
            "ClientState": {"kept": 7},
            "Platform": "USSD",
        }

    def end(self) -> Asked:
        self.count += 1
        fields = self.fields(begin=False, given="") | {"Type": "Timeout"}
        return Asked("POST", body=json.dumps(fields), is_json=True)

    def understand(self, said: dict[str, Any]) -> Seen:
        assert said["SessionId"] == self.session
        assert said["ClientState"] == {"kept": 7}
        assert said["DataType"] in ("menu", "input", "display")
        return Seen(said["Message"], {"Response": True, "Release": False}[said["Type"]])


class Arkesel(_Json):
    name = "arkesel"

    def fields(self, *, begin: bool, given: str) -> dict[str, Any]:
        return {
            "sessionID": self.session,
            "userID": "TUMA_1",
            "newSession": begin,
            "msisdn": self.phone,
            "userData": self.dialled(given) if begin else given,
            "network": "MTN",
        }

    def understand(self, said: dict[str, Any]) -> Seen:
        assert said["sessionID"] == self.session
        assert (said["userID"], said["msisdn"]) == ("TUMA_1", self.phone)
        assert isinstance(said["continueSession"], bool)
        return Seen(said["message"], said["continueSession"])


class Nalo(_Json):
    name = "nalo"

    def fields(self, *, begin: bool, given: str) -> dict[str, Any]:
        return {
            "USERID": "NALO_1",
            "MSISDN": self.phone,
            "USERDATA": self.dialled(given) if begin else given,
            "MSGTYPE": begin,
            "NETWORK": "MTN",
            "SESSIONID": f"changes-{self.count}",
        }

    def understand(self, said: dict[str, Any]) -> Seen:
        assert (said["USERID"], said["MSISDN"]) == ("NALO_1", self.phone)
        assert isinstance(said["MSGTYPE"], bool)
        return Seen(said["MSG"], said["MSGTYPE"])


GATEWAYS: dict[str, Callable[..., Gateway]] = {
    kind.__name__: kind
    for kind in (
        *(AfricasTalking, Mobilesasa, TechSavanna, Advanta, Speedocom, Kemrut, Crossgate, Bonga),
        *(Safaricom, Airtel, Infobip, Beem, Hubtel, Arkesel, Nalo),
    )
}
# Those that repeat everything typed; the others send the last answer alone.
ACCUMULATING = [
    *("AfricasTalking", "Mobilesasa", "TechSavanna", "Advanta", "Speedocom", "Kemrut"),
    *("Crossgate", "Bonga", "Safaricom"),
]
# Those that pass on what was dialled behind the code.
DIALLING = [name for name in GATEWAYS if name != "Beem"]
