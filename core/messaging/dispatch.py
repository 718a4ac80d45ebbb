"""Handing texts over: claim, post, record, until nothing waits."""

from __future__ import annotations

import time
from enum import Enum, auto

import msgspec

from core import clock, secrets
from core.database import execute
from core.gateways.onfon import Credentials, Onfon
from core.gateways.rehearsal import Rehearsal
from core.gateways.sms import SmsGateway
from core.insisting import insist
from core.messaging import claiming, recording, slots
from core.messaging.models import GatewayAccount
from core.queue import job
from core.settings import settings

# A dispatch gives its thread back after a while, so that other jobs are not kept waiting.
SHIFT_S = 2.0


def gateway_of(account_id: int) -> SmsGateway:
    """Build the client of an account: the operator's own, a tenant's, or the rehearsal."""
    account = GatewayAccount.get_by_id(account_id)
    if account.kind == "rehearsal":
        return Rehearsal()
    onfon = settings().onfon
    if account.credentials is None:
        credentials = Credentials(onfon.base_url, onfon.api_key, onfon.client_id, onfon.access_key)
    else:
        credentials = msgspec.json.decode(secrets.unseal(account.credentials), type=Credentials)
    return Onfon(credentials, timeout_s=onfon.timeout_seconds)


@job(priority=10)
def dispatch(account_id: int) -> None:
    """Hand over what waits for one gateway account.

    Safe to run twice, or never: each run needs a connection slot, each text is claimed once, and
    the sweep starts another run while anything waits.
    """
    slot = slots.take(account_id)
    if slot is None:
        return
    ended = _Ended.STUCK
    try:
        ended = _work(slot)
    finally:
        slots.give_back(slot)
    # A text may have come between our last look and our leaving.
    if ended is _Ended.SHIFT or (ended is _Ended.EMPTY and claiming.has_queued(account_id)):
        dispatch.nudge(account_id)


class _Ended(Enum):
    """Why a dispatch stopped."""

    EMPTY = auto()  # nothing waits
    SHIFT = auto()  # its time was up
    STUCK = auto()  # what waits may not go now; the sweep looks again


def _work(slot: slots.Slot) -> _Ended:
    """Hand over until nothing waits, nothing may go, or the shift is over."""
    gateway = gateway_of(slot.account_id)
    shift_ends = time.monotonic() + SHIFT_S
    has_called_help = False
    while time.monotonic() < shift_ends:
        if not claiming.has_queued(slot.account_id):
            return _Ended.EMPTY
        if not slots.wait_for_turn(slot):
            return _Ended.STUCK
        claim = claiming.claim(slot.account_id)
        if claim is None:
            return _Ended.STUCK
        if claim.was_full and not has_called_help:
            # There is more than one request's worth: let another connection help.
            dispatch.nudge(slot.account_id)
            has_called_help = True
        if claim.texts:
            hand_over(gateway, claim)
    return _Ended.SHIFT


def hand_over(gateway: SmsGateway, claim: claiming.Claim) -> None:
    """Post one claim, outside any transaction, and record what came back.

    A worker that was frozen between the two posts nothing: its claim has been given up.
    """
    if clock.ms() > claim.post_by_ms:
        insist(lambda: recording.let_go(claim))
        return
    rows = [(text.msisdn, text.body) for text in claim.texts]
    answer = gateway.send(claim.sender, rows, claim.is_unicode)
    insist(lambda: recording.record(claim, answer))


def _is_paused(account_id: int) -> bool:
    account = GatewayAccount.get_by_id(account_id)
    return bool(clock.to_ms(account.paused_until) > clock.ms()) or claiming.all_stopped()


@job()
def sweep() -> None:
    """Start a dispatch for every account that has texts waiting: lost nudges end here."""
    account_id = 0
    while row := execute(
        "SELECT account_id FROM message WHERE status = 'queued' AND account_id > %s "
        "ORDER BY account_id LIMIT 1",
        (account_id,),
    ).fetchone():
        account_id = int(row[0])
        if not _is_paused(account_id):
            dispatch.later(account_id)


@job()
def resolve() -> None:
    """Find submissions whose lease ran out while they were being posted, and call them unknown."""
    rows = execute(
        "SELECT id FROM submission WHERE state = 'posting' AND lease_until < %s LIMIT 200",
        (clock.ms(),),
    ).fetchall()
    for (submission_id,) in rows:
        recording.give_up(submission_id)
