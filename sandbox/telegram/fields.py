"""What a call carries, however it was written down."""

from __future__ import annotations

from typing import Any

import falcon
import falcon.media
import msgspec

from sandbox.telegram.errors import bad
from sandbox.telegram.html import parse_html
from sandbox.telegram.markdown import parse_markdown
from sandbox.telegram.texts import Formatted, given_entities, tidy

TEXT_MAX = 4096
CAPTION_MAX = 1024
RAW_BYTES_MAX = 1 << 15
_YES = ("true", "yes", "1")


class Upload(msgspec.Struct):
    """A file in the body."""

    name: str
    raw: bytes


class Fields:
    """The parameters of one call."""

    def __init__(self, values: dict[str, Any], files: dict[str, Upload] | None = None) -> None:
        self._values = values
        self._files = files or {}

    def has(self, name: str) -> bool:
        """Whether something was given."""
        return self._values.get(name) not in (None, "")

    def text(self, name: str) -> str:
        """A text; empty when it was not given."""
        value = self._values.get(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, dict | list):
            return msgspec.json.encode(value).decode()
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """Whether something was asked for."""
        return self.text(name).lower() in _YES

    def number(self, name: str, default: int = 0) -> int:
        """A whole number; the default for anything else."""
        try:
            return int(self.text(name))
        except ValueError:
            return default

    def json(self, name: str, called: str) -> Any:
        """An object or list, given as such or as text; None when it was not given.

        Raises: Refusal.
        """
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            raise bad(f"can't parse {called} JSON object") from None

    def upload(self, name: str) -> Upload | None:
        """The file for a parameter: a part of that name, or the one it points to."""
        value = self.text(name)
        if value.startswith("attach://"):
            return self._files.get(value.removeprefix("attach://"))
        return self._files.get(name) if not value else None

    def words(self, name: str, entities: str, most: int, *, may_be_empty: bool) -> Formatted:
        """A text with its formatting, as it will be kept.

        Raises: Refusal.
        """
        raw = self.text(name)
        if len(raw.encode("utf-8", "replace")) > RAW_BYTES_MAX:
            raise bad("text is too long")
        mode = self.text("parse_mode").lower()
        if mode in ("", "none") or not raw:
            given = Formatted(raw, given_entities(self.json(entities, "entities")))
        elif mode == "html":
            given = parse_html(raw)
        elif mode == "markdownv2":
            given = parse_markdown(raw)
        else:
            raise bad("unsupported parse_mode")
        kept = tidy(given, may_be_empty=may_be_empty)
        if len(kept.text) > most:
            what = "message is" if name == "text" else "message caption is"
            raise bad(f"{what} too long")
        return kept


def read_fields(req: falcon.Request) -> Fields:
    """Everything in the address and the body: a form, JSON or parts.

    Raises: Refusal.
    """
    values: dict[str, Any] = dict(falcon.uri.parse_query_string(req.query_string, True, False))
    kind = (req.content_type or "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _parts(req, values)
    raw = req.bounded_stream.read()
    if kind == "application/json":
        try:
            values |= msgspec.json.decode(raw, type=dict[str, Any]) if raw.strip() else {}
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise bad("can't parse request body JSON object") from None
    elif raw:
        form = raw.decode("utf-8", "replace")
        values |= falcon.uri.parse_query_string(form, True, False)
    return Fields(values)


def _parts(req: falcon.Request, values: dict[str, Any]) -> Fields:
    files: dict[str, Upload] = {}
    handler = falcon.media.MultipartFormHandler()
    try:
        form = handler.deserialize(req.stream, req.content_type or "", req.content_length)
        for part in form:
            name, raw = part.name or "", part.stream.read()
            if part.filename is None:
                values[name] = raw.decode("utf-8", "replace")
            else:
                files[name] = Upload(part.filename, raw)
    except falcon.HTTPError:
        raise bad("can't parse multipart body") from None
    return Fields(values, files)
