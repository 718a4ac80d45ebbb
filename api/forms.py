"""Forms with files, small enough to be held: what was typed, and what was uploaded."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import falcon
import falcon.media
from falcon.media.multipart import MultipartParseOptions

from api import refusals
from api.problems import Refusals
from core.errors import BadRequest

FORM_MAX = 26 * 2**20
PARTS_MAX = 30


class BadForm(BadRequest):
    """A form that breaks off, or whose parts cannot be told apart."""

    code = "bad_form"
    title = "Broken form"
    sentence = "The form cannot be read. Send multipart/form-data, as your HTTP library makes it."


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded file, under the name it was given."""

    file_name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """What a form holds. `fingerprint` is the same for the same contents, whatever stands between
    the parts."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[Upload] = field(default_factory=list)
    fingerprint: bytes = b""


def is_form(req: falcon.Request) -> bool:
    """Say whether a request brings a form with parts."""
    kind = (req.env.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
    return bool(kind == "multipart/form-data")


def read(req: falcon.Request, raw: bytes, files: Sequence[str]) -> Form:
    """Read a form whose files stand under one of these names.

    Raises: BadForm, Refusals (a file under another name, a field twice).
    """
    options = MultipartParseOptions()
    options.max_body_part_buffer_size = FORM_MAX
    options.max_body_part_count = PARTS_MAX
    handler = falcon.media.MultipartFormHandler(options)
    found = Form()
    told = hashlib.sha256()
    try:
        for part in handler.deserialize(io.BytesIO(raw), req.env["CONTENT_TYPE"], len(raw)):
            name = part.name or ""
            content: bytes = part.get_data()
            digest = hashlib.sha256(content).hexdigest()
            told.update(f"{name}\n{part.filename}\n{digest}\n".encode())
            if part.filename is not None:
                if name not in files:
                    raise Refusals([(name[:30], refusals.UnknownFieldAlone(given=name[:30]))])
                found.files.append(Upload(part.filename, content))
            elif name in found.fields:
                raise Refusals(
                    [(name[:30], refusals.WrongType(expected=["one value"], given="several"))]
                )
            elif content or name not in files:  # a browser sends a part for a file not chosen
                found.fields[name] = content.decode()
    except (falcon.HTTPError, ValueError, KeyError) as error:
        raise BadForm from error
    return Form(found.fields, found.files, told.digest())
