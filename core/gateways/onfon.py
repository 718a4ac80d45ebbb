"""Onfon Media's bulk SMS API, the `v1/sms` family.

Source: integrators' code, captured replies and quotes from Onfon's documentation, 2024 to 2026;
the documentation itself was not to be had. What is known to be doubtful is read in the way that
cannot send twice and cannot give a text away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NoReturn

import msgspec

from core.gateways import http, onfon_replies, onfon_words, reading
from core.gateways.errors import GatewayDown, GatewayRefused
from core.gateways.http import NoReply, Reply
from core.gateways.onfon_replies import BUSY, Envelope, opened
from core.gateways.onfon_reports import (
    Inbound,
    Report,
    Verdict,
    read_inbound,
    read_report,
    verdict,
)
from core.gateways.onfon_words import explain
from core.gateways.outcome import Outcome
from core.gateways.sms import Answer, RowAnswer

__all__ = [
    "Answer",
    "Balance",
    "Credentials",
    "Inbound",
    "Onfon",
    "Report",
    "RowAnswer",
    "Verdict",
    "explain",
    "read_inbound",
    "read_report",
    "verdict",
]

_RAW_MAX = 64 * 1024
# A number in local form is answered with success and never delivered, so it must not leave.
_SENDABLE = re.compile(r"[1-9][0-9]{9,14}").fullmatch


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where and as whom to call; the three keys are independent of each other.

    `base_url` ends before `/SendBulkSMS`.
    """

    base_url: str
    api_key: str = field(repr=False)
    client_id: str
    access_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Balance:
    """The account's credits, as a number and as written.

    `is_money` tells shillings (`KSh12,345.50`) from what is probably units (`12345.5`): accounts
    differ. Never to be mixed with a tenant's wallet.
    """

    raw: str
    credits: Decimal
    is_money: bool


class Onfon:
    """A client of one Onfon account. Fits `SmsGateway`.

    Raises: ValueError (a base URL or an access key that could never be sent).
    """

    def __init__(self, credentials: Credentials, timeout_s: float = 20.0) -> None:
        if not re.match(r"https?://[^/]", credentials.base_url):
            raise ValueError("The base URL of Onfon starts with https://.")
        if not re.fullmatch(r"[!-~]*", credentials.access_key):
            raise ValueError("The access key of Onfon is plain letters, digits and signs.")
        self._credentials = credentials
        self._base_url = credentials.base_url.rstrip("/").removesuffix("/SendBulkSMS")
        self._timeout_s = timeout_s

    def send(self, sender_id: str, rows: Sequence[tuple[str, str]], unicode: bool) -> Answer:
        """Hand over (MSISDN, text) pairs in one call; at most 20 are known to be taken.

        `unicode` must be true for a text outside GSM-7 and false for any other: it sets the size
        of the parts that Onfon bills. There is no key against repetition, so an UNKNOWN answer is
        never to be sent again.

        Raises: ValueError (no texts).
        """
        if not rows:
            raise ValueError("There is nothing to send.")
        going = [row for row in rows if _SENDABLE(row[0])]
        answer = self._send(sender_id, going, unicode) if going else Answer(Outcome.ACCEPTED)
        if answer.outcome is not Outcome.ACCEPTED or len(going) == len(rows):
            return answer
        kept_back = RowAnswer(Outcome.REFUSED, why=onfon_words.LOCAL_NUMBER)
        told = iter(answer.rows)
        return replace(
            answer, rows=tuple(next(told) if _SENDABLE(row[0]) else kept_back for row in rows)
        )

    def balance(self) -> Balance:
        """What is left on the account.

        Raises: GatewayDown, GatewayRefused.
        """
        envelope = self._get("Balance")
        plans = [row for row in envelope.rows if "credits" in row]
        # Accounts with several products list one row each; ours is the one for SMS.
        plans.sort(key=lambda row: row.get("plugintype") != "SMS")
        raw = reading.text(plans[0]["credits"], 64) if plans else None
        # The point of "KSh.1,200.00" belongs to the currency, so the number starts at a digit.
        number = re.search(r"[0-9][0-9, ]*(?:\.[0-9]+)?", raw or "")
        if raw is None or number is None:
            raise GatewayDown(provider="Onfon", why="The balance cannot be read.")
        credits_left = Decimal(re.sub(r"[, ]", "", number[0]))
        if "-" in raw[: number.start()]:
            credits_left = -credits_left
        return Balance(raw, credits_left, is_money=bool(re.search(r"(?i)k(sh|es)", raw)))

    def look_up(self, provider_id: str) -> Report | None:
        """What the gateway says of one text today; None when it says nothing we can read.

        The reply's shape is a guess that no capture confirms: use it behind a setting.

        Raises: GatewayDown, GatewayRefused.
        """
        for row in self._get("MessageStatus", MessageId=provider_id).rows:
            report = read_report(row)
            if report is not None and report.provider_id == provider_id:
                return report
        return None

    def _send(self, sender_id: str, rows: Sequence[tuple[str, str]], unicode: bool) -> Answer:
        account = self._credentials
        body = {
            "SenderId": sender_id,
            "IsUnicode": unicode,
            "IsFlash": False,  # a flash text vanishes once read
            "MessageParameters": [
                # Half a surrogate pair has no UTF-8; it becomes the "?" a phone would show.
                {"Number": number, "Text": text.encode("utf-8", "replace").decode()}
                for number, text in rows
            ],
            "ApiKey": account.api_key,
            "ClientId": account.client_id,
        }
        try:
            reply = http.call(
                "POST",
                f"{self._base_url}/SendBulkSMS",
                body=msgspec.json.encode(body),
                headers=self._headers() | {"Content-Type": "application/json"},
                timeout_s=self._timeout_s,
            )
        except NoReply as lost:
            return Answer(lost.outcome, why=lost.why)
        answer = onfon_replies.answer(reply, [number for number, _ in rows])
        raw = self._redacted(reply.text)[:_RAW_MAX].replace("\0", "")
        return replace(answer, raw=raw, why=answer.why and self._redacted(answer.why))

    def _get(self, path: str, **query: str) -> Envelope:
        """Ask something that moves nothing.

        Raises: GatewayDown, GatewayRefused.
        """
        account = self._credentials
        try:
            reply = http.call(
                "GET",
                f"{self._base_url}/{path}",
                # The API key has "+" and "/" in it, which only a percent-encoded query survives.
                query={"ApiKey": account.api_key, "ClientId": account.client_id, **query},
                headers=self._headers(),
                timeout_s=self._timeout_s,
            )
        except NoReply as lost:
            raise GatewayDown(provider="Onfon", why=lost.why) from lost
        return self._opened(reply)

    def _opened(self, reply: Reply) -> Envelope:
        """The envelope of a reply that says yes.

        Raises: GatewayDown, GatewayRefused.
        """
        envelope = opened(reply)
        if reply.status in BUSY or reply.status >= 500:
            raise GatewayDown(
                provider="Onfon", why=f"HTTP {reply.status}", retry_after_s=reply.retry_after_s
            )
        if envelope is not None and envelope.code not in (None, "0"):
            self._refused(envelope.why or f"HTTP {reply.status}", envelope.code)
        if 300 <= reply.status < 500:
            self._refused(f"HTTP {reply.status}", None)
        if envelope is None:
            raise GatewayDown(provider="Onfon", why="The reply is not JSON.")
        return envelope

    def _refused(self, why: str, code: str | None) -> NoReturn:
        raise GatewayRefused(provider="Onfon", why=self._redacted(why), said_code=code)

    def _headers(self) -> dict[str, str]:
        return {"AccessKey": self._credentials.access_key, "Accept": "application/json"}

    def _redacted(self, said: str) -> str:
        return reading.redacted(said, (self._credentials.api_key, self._credentials.access_key))
