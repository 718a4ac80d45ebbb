"""A form with one large file: read once, from end to end, in bounded memory."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, TypeVar

import falcon
import msgspec
from falcon.media.multipart import BodyPart, MultipartFormHandler, MultipartParseOptions

from api import faults, forms, reading, refusals
from api.problems import Refusals

T = TypeVar("T", bound=msgspec.Struct)

FILE_MAX = 50 * 2**20
# Of what stands beside the file: the other fields, and the lines between the parts.
REST_MAX = 2**20
FIELD_MAX = 64 * 1024
PARTS_MAX = 20
_CHUNK = 64 * 1024
_IN_MEMORY = 2**20


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent, kept on disk while the request lasts."""

    file_name: str
    file: IO[bytes]

    def chunks(self) -> Iterator[bytes]:
        """Its bytes from the beginning, some at a time."""
        self.file.seek(0)
        while chunk := self.file.read(_CHUNK):
            yield chunk


@dataclass(frozen=True, slots=True)
class Read:
    """What a form held. `fingerprint` is the same for the same contents, however it is parted."""

    fields: dict[str, str]
    sent: Sent
    fingerprint: bytes


def read(req: falcon.Request, resp: falcon.Response, name: str) -> Read:
    """Read a form with a file under this name. Whoever asks closes the file.

    Raises: UnsupportedMediaType, TooLarge, BadForm, Refusals (the file is missing, a field is there
    twice).
    """
    if not forms.is_form(req):
        raise refusals.NotAForm
    length = _length(req)
    if length > FILE_MAX + REST_MAX:
        _turn_away(req, resp, length)
    stream = req.env["wsgi.input"]
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - open while the act runs
    try:
        return _read(req, stream, length, name, file)
    except BaseException as error:
        file.close()
        # What was not read of the form would be taken for the next request.
        resp.set_header("Connection", "close")
        if isinstance(error, refusals.TooLarge):
            reading.drain(stream, length)
        raise


def _length(req: falcon.Request) -> int:
    """How long the body says it is; a chunked one may be as long as is allowed."""
    given = req.env.get("CONTENT_LENGTH") or ""
    if given.isascii() and given.isdigit():
        return int(given)
    return FILE_MAX + REST_MAX if "HTTP_TRANSFER_ENCODING" in req.env else 0


def _turn_away(req: falcon.Request, resp: falcon.Response, length: int) -> None:
    reading.drain(req.env["wsgi.input"], length)
    resp.set_header("Connection", "close")
    raise _too_large()


def _too_large() -> refusals.TooLarge:
    return refusals.TooLarge(limit=f"{FILE_MAX // 2**20} MB")


def _read(req: falcon.Request, stream: Any, length: int, name: str, file: IO[bytes]) -> Read:
    options = MultipartParseOptions()
    options.max_body_part_buffer_size = FIELD_MAX
    options.max_body_part_count = PARTS_MAX
    fields: dict[str, str] = {}
    told: dict[str, str] = {}
    file_name: str | None = None
    form = MultipartFormHandler(options).deserialize
    try:
        for part in form(stream, req.env["CONTENT_TYPE"], length):
            given = part.name or ""
            if given in told:
                several = refusals.WrongType(expected=["one value"], given="several")
                raise Refusals([(given[:30], several)])
            if given == name and part.filename:
                file_name = part.filename
                told[given] = f"{file_name}\n{_keep(part, file)}"
            elif part.filename:
                raise Refusals([(given[:30], refusals.UnknownFieldAlone(given=given[:30]))])
            elif given != name:
                fields[given] = part.get_data().decode()
                told[given] = hashlib.sha256(fields[given].encode()).hexdigest()
    except (falcon.HTTPError, ValueError, KeyError) as error:
        raise forms.BadForm from error
    if file_name is None:
        raise Refusals([(name, refusals.MissingField(given=name))])
    joined = "\n".join(f"{key}\n{value}" for key, value in sorted(told.items()))
    return Read(fields, Sent(file_name, file), hashlib.sha256(joined.encode()).digest())


def _keep(part: BodyPart, file: IO[bytes]) -> str:
    """Keep a file that comes in, and return its digest. Raises: TooLarge."""
    digest, size = hashlib.sha256(), 0
    while chunk := part.stream.read(_CHUNK):
        size += len(chunk)
        if size > FILE_MAX:
            raise _too_large()
        digest.update(chunk)
        file.write(chunk)
    return digest.hexdigest()


def reader(kind: type[T]) -> Callable[[dict[str, str]], T]:
    """Make a reader of a form's fields that tells everything wrong at once."""

    def decode(given: dict[str, str]) -> T:
        found = faults.in_form(kind, given)
        if found:
            raise Refusals(found)
        return msgspec.convert(given, kind, strict=False)

    return decode
