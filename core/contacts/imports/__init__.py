"""Files of contacts: taken in, understood, stored row by row, and what was left out and why.

`begin` takes a file in and sets it to work; `one` says how far it is; `rejections` gives the rows
that were left out. What calls this from outside needs nothing but these names.
"""

from core.contacts.imports.layouts import Column, Kind, Layout, Meaning
from core.contacts.imports.models import Import, ImportStatus
from core.contacts.imports.queries import (
    Preview,
    Rejection,
    layout,
    listing,
    one,
    preview,
    rejections,
)
from core.contacts.imports.receiving import SIZE_MAX
from core.contacts.imports.uploading import begin, discard, start

__all__ = [
    "Column",
    "Import",
    "ImportStatus",
    "Kind",
    "Layout",
    "Meaning",
    "Preview",
    "Rejection",
    "SIZE_MAX",
    "begin",
    "discard",
    "layout",
    "listing",
    "one",
    "preview",
    "rejections",
    "start",
]
