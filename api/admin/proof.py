"""The proof of the money."""

from __future__ import annotations

from api.calls import AdminCall
from api.fields import Shape
from api.operations import for_admin
from core import prove
from core.proof import Finding


class FindingShape(Shape, frozen=True, kw_only=True):
    """One claim, and every difference from it."""

    claim: str
    ok: bool
    differences: list[str]
    note: str


class ProofShape(Shape, frozen=True, kw_only=True):
    """All claims; `ok` when none of them differs."""

    ok: bool
    findings: list[FindingShape]


def _finding(found: Finding) -> FindingShape:
    return FindingShape(
        claim=found.claim,
        ok=found.is_ok,
        differences=list(found.differences),
        note=found.note,
    )


class Proof:
    """GET /admin/prove"""

    @for_admin("adminProve")
    def on_get(self, call: AdminCall) -> ProofShape:
        """Prove the money on the live database; nothing is changed."""
        findings = [_finding(each) for each in prove.run()]
        return ProofShape(ok=all(each.ok for each in findings), findings=findings)
