"""Proving the money: `tuma prove`, the nightly proof, and `/admin/prove`."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from core.campaigns import proof as campaigns_proof
from core.database import snapshot
from core.ledger import proof as ledger_proof
from core.messaging import proof as messaging_proof
from core.payments import proof as payments_proof
from core.proof import Finding


def _findings() -> Iterator[Finding]:
    yield from ledger_proof.findings()
    yield from messaging_proof.findings()
    yield from payments_proof.findings()
    yield from campaigns_proof.findings()


def run() -> list[Finding]:
    """Check everything on one snapshot, so that a busy database proves as a quiet one does."""
    with snapshot():
        return list(_findings())


def main(as_json: bool = False) -> int:
    """Print the proof; the exit code is 1 when anything differs."""
    findings = run()
    if as_json:
        rows = [
            {
                "claim": each.claim,
                "ok": each.is_ok,
                "differences": each.differences,
                "note": each.note,
            }
            for each in findings
        ]
        print(msgspec.json.format(msgspec.json.encode(rows)).decode())  # noqa: T201
    else:
        for each in findings:
            note = f" ({each.note})" if each.note else ""
            print(f"{'ok  ' if each.is_ok else 'DIFF'} {each.claim}{note}")  # noqa: T201
            for difference in each.differences:
                print(f"       {difference}")  # noqa: T201
    return 0 if all(each.is_ok for each in findings) else 1
