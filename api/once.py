"""The Idempotency-Key header: an act done once, its answer given as often as it is asked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import NamedTuple

import falcon
import structlog

from api import refusals
from api.problems import Refusals
from core import idempotency, secrets
from core.errors import Refused
from core.idempotency import Begun, Stored

log = structlog.get_logger(__name__)

_PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}").fullmatch


class Answer(NamedTuple):
    """A finished answer: its HTTP status, and its body in JSON."""

    status: int
    body: bytes


class Claim(NamedTuple):
    """One use of a key: where it counts, the key, and what it was used for."""

    scope: str
    key: str
    fingerprint: str

    def once(self, begun: Begun) -> str:
        """What guards the act itself, the same for every repeat of this request.

        It contains when the key was first claimed: a key may be used anew after a day, and must
        then not be taken for the old request.
        """
        joined = "\n".join((*self, str(begun.since_ms)))
        return "idem:" + hashlib.sha256(joined.encode()).hexdigest()[:40]


def key_of(req: falcon.Request, *, required: bool = False) -> str | None:
    """Read the header, bare or quoted as the IETF draft has it.

    Raises: BadIdempotencyKey, IdempotencyKeyRequired.
    """
    given: str | None = req.env.get("HTTP_IDEMPOTENCY_KEY")
    if given is None:
        if required:
            raise refusals.IdempotencyKeyRequired
        return None
    key = given.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if not _PRINTABLE(key):
        raise refusals.BadIdempotencyKey
    return key


def claim(req: falcon.Request, scope: str, key: str, body: bytes) -> Claim:
    """Tell one request from every other with the same key."""
    told = hashlib.sha256(f"{req.method} {req.path}\n".encode() + body).hexdigest()
    return Claim(f"{scope}:{req.method}:{req.uri_template}"[:160], key, told)


def run(claimed: Claim, act: Callable[[str], Answer], *, is_secret: bool) -> tuple[Answer, bool]:
    """Do an act under its `once`, or find the answer it gave before (the second value says so).

    A refusal lets go of the key: nothing has happened. When something was left behind, now or by an
    earlier try, the key stays with this request, and a repeat runs with the same `once`. So it does
    after anything else that went wrong, as soon as the lease runs out.
    Raises: KeyReused, InProgress, and what the act raises.
    """
    earlier = idempotency.begin(*claimed)
    if isinstance(earlier, Stored):
        body = secrets.unseal(earlier.body.decode()).encode() if is_secret else earlier.body
        return Answer(earlier.status, body), True
    try:
        answer = act(claimed.once(earlier))
    except (Refused, Refusals) as refusal:
        is_open = isinstance(refusal, Refused) and refusal.has_left
        let_go = idempotency.pass_on if is_open or not earlier.is_first else idempotency.release
        let_go(claimed.scope, claimed.key, earlier)
        raise
    # New keys are in some answers. Those are kept sealed, or a look into the table would do.
    kept = secrets.seal(answer.body.decode()).encode() if is_secret else answer.body
    try:
        idempotency.finish(
            claimed.scope, claimed.key, Stored(answer.status, "application/json", kept)
        )
    except Exception:
        # The act is done and says so; a repeat will find it by its `once`.
        log.exception("answer_not_kept")
    return answer, False
