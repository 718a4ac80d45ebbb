"""Files sent either way."""

from __future__ import annotations

import base64
import itertools
import mimetypes
import secrets
import struct
from pathlib import PurePosixPath

import msgspec

from sandbox.telegram.errors import Refusal, bad
from sandbox.telegram.people import Json

DOWNLOAD_MAX = 20 * 2**20
UPLOAD_MAX = 50 * 2**20
PHOTO_MAX = 10 * 2**20
KEPT_MAX = 256 * 2**20
"""Bytes kept in all; older files then become unavailable."""

_SHEETS = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Kinds that not every machine's list of them has."""

_SIDES = (90, 320, 800)
_LARGEST_SIDE = 1280


class Stored(msgspec.Struct):
    """A file with a name on Telegram's servers; sizes of one photo share their bytes."""

    file_id: str
    unique_id: str
    kind: str
    path: str
    size: int
    name: str = ""
    mime_type: str = ""
    width: int = 0
    height: int = 0

    @property
    def link(self) -> str:
        """Where the page gets it."""
        return f"/telegram/media/{self.unique_id}"

    def shown(self) -> Json:
        """As messages carry it."""
        shown: Json = {
            "file_id": self.file_id,
            "file_unique_id": self.unique_id,
            "file_size": self.size,
        }
        if self.kind == "photo":
            return shown | {"width": self.width, "height": self.height}
        return shown | {"file_name": self.name, "mime_type": self.mime_type}


class Files:
    """Everything that was sent; ids are random, so that none can be guessed."""

    def __init__(self) -> None:
        self._by_id: dict[str, Stored] = {}
        self._by_unique: dict[str, Stored] = {}
        self._bytes: dict[str, bytes] = {}
        self._total = 0
        self._number = itertools.count()

    def keep_document(self, name: str, raw: bytes, mime_type: str = "") -> Stored:
        """A document, under the name its sender gave it.

        Raises: Refusal.
        """
        if not raw:
            raise bad("file must be non-empty")
        if len(raw) > UPLOAD_MAX:
            raise Refusal(413, "Request Entity Too Large")
        name = PurePosixPath(name.replace("\\", "/")).name or "file"
        ending = PurePosixPath(name).suffix
        known = _SHEETS.get(ending.lower()) or mimetypes.guess_type(name)[0]
        kind = mime_type or known or "application/octet-stream"
        path = f"documents/file_{next(self._number)}{ending}"
        kept = Stored(*_ids(), "document", path, len(raw), name, kind)
        self._keep(kept, raw)
        return kept

    def keep_photo(self, raw: bytes) -> list[Stored]:
        """A photo in its sizes, smallest first.

        Raises: Refusal.
        """
        if not raw:
            raise bad("file must be non-empty")
        if len(raw) > UPLOAD_MAX:
            raise Refusal(413, "Request Entity Too Large")
        if len(raw) > PHOTO_MAX:
            raise bad(f"file of size {len(raw)} bytes is too big for a photo")
        measures = dimensions(raw)
        if measures is None:
            raise bad("IMAGE_PROCESS_FAILED")
        width, height = measures
        longest, shortest = max(measures), min(measures)
        if width + height > 10_000 or shortest == 0 or longest / shortest > 20:
            raise bad("PHOTO_INVALID_DIMENSIONS")
        sides = [side for side in _SIDES if side < longest] + [min(longest, _LARGEST_SIDE)]
        sizes = []
        for side in sides:
            path = f"photos/file_{next(self._number)}.jpg"
            size = max(1, round(len(raw) * (side / longest) ** 2)) if side < longest else len(raw)
            kept = Stored(*_ids(), "photo", path, size, "", "image/jpeg")
            kept.width = max(1, round(width * side / longest))
            kept.height = max(1, round(height * side / longest))
            self._keep(kept, raw)
            sizes.append(kept)
        return sizes

    def _keep(self, kept: Stored, raw: bytes) -> None:
        self._by_id[kept.file_id] = kept
        self._by_unique[kept.unique_id] = kept
        self._bytes[kept.path] = raw
        self._total += len(raw)
        while self._total > KEPT_MAX:
            self._total -= len(self._bytes.pop(next(iter(self._bytes))))

    def find(self, file_id: str) -> Stored | None:
        """A file by the id the bot holds."""
        return self._by_id.get(file_id)

    def sizes_of(self, kept: Stored) -> list[Stored]:
        """The sizes of the photo one of them is of."""
        raw = self._bytes.get(kept.path)
        return [
            one
            for one in self._by_id.values()
            if one.kind == "photo" and raw is not None and self._bytes.get(one.path) is raw
        ] or [kept]

    def seen(self, unique_id: str) -> tuple[Stored, bytes] | None:
        """What a person sees of a file."""
        kept = self._by_unique.get(unique_id)
        raw = self._bytes.get(kept.path) if kept else None
        return (kept, raw) if kept is not None and raw is not None else None

    def download(self, path: str) -> bytes | None:
        """The bytes behind a file_path."""
        return self._bytes.get(path)


def _ids() -> tuple[str, str]:
    whole = base64.urlsafe_b64encode(b"\x05\x00" + secrets.token_bytes(46)).decode().rstrip("=")
    return whole, base64.urlsafe_b64encode(secrets.token_bytes(11)).decode().rstrip("=")


def dimensions(raw: bytes) -> tuple[int, int] | None:
    """Width and height of a picture; None for what is no picture."""
    if raw.startswith(b"\x89PNG\r\n\x1a\n") and len(raw) >= 24:
        return struct.unpack(">II", raw[16:24])
    if raw[:6] in (b"GIF87a", b"GIF89a") and len(raw) >= 10:
        return struct.unpack("<HH", raw[6:10])
    if raw.startswith(b"\xff\xd8"):
        return _jpeg(raw)
    if raw.startswith(b"BM") and len(raw) >= 26:
        width, height = struct.unpack("<ii", raw[18:26])
        return width, abs(height)
    return None


def _jpeg(raw: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(raw) and raw[at] == 0xFF:
        marker, length = raw[at + 1], int.from_bytes(raw[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", raw[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None
