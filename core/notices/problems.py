"""Why something does not go on, in words: read from what a campaign or an import keeps of it."""

from __future__ import annotations

from typing import Any

import msgspec

from core.errors import Refused


def words_of(problem: str | None, language: str) -> str:
    """Say a kept problem in a language; empty when there is none, or it says nothing to us."""
    code, fields = read(problem)
    kind = Refused.catalogue().get(code)
    if kind is None or kind.placeholders() - fields.keys():
        return ""
    return kind(**{key: value for key, value in fields.items() if key != "field"}).words(language)


def read(problem: str | None) -> tuple[str, dict[str, Any]]:
    """Read the code of a problem and the fields of its sentence."""
    if not problem:
        return "", {}
    kept = msgspec.json.decode(problem)
    if not isinstance(kept, dict):
        return "", {}
    fields = kept.get("fields")
    if not isinstance(fields, dict):
        fields = {key: value for key, value in kept.items() if key != "code"}
    return str(kept.get("code", "")), fields
