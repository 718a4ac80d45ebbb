"""Five thousand odd files: each is refused in words, or every row of it is accounted for."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable

from core.contacts import imports
from core.contacts.imports import reading, receiving, sources, working
from core.contacts.imports.delimited import Broken
from core.contacts.imports.values import line
from core.contacts.models import Contact
from core.errors import Refused
from core.tenants.profiles import Profile
from tests.contacts.imports.scene import BY, COUNTS, packed, pieces, workbook

FILES = 5000
STORED = 60
BITS = [
    "0712345678", "+254722345678", "254733345678.0", "2.54712E+11", "712345679", "Simu", "Phone",
    "Jina", "Name", "Lugha", "sw", "Asha", "Zoë", "نور", "😀", "\u202e", "=1+1", '"', '""', "'",
    ",", ";", "\t", "|", "\n", "\r\n", "\r", "\0", "\x1a", "\ufeff", " ", "\u00a0", "sep=;\n",
    "x" * 300, "1" * 40, "\u2028", "\x85", "\x0c", "a,b,c,d", '"open\n', "0712345678\n" * 3,
    "0" * 20, "-", "%", "\\N", "{{name}}", "\U0010ffff", ",,,,,,", "tel:0744345678",
]  # fmt: skip
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
TABLE = [("Phone", "Name", "Due")] + [(f"07{n:08d}", f"Asha {n}", n / 3) for n in range(12)]


def odd_text(chance: random.Random) -> bytes:
    text = "".join(chance.choices(BITS, k=chance.randrange(1, 60)))
    if chance.random() < 0.5:
        text = "Phone,Name\n0712345678,Asha\n" + text
    return text.encode(chance.choice(ENCODINGS), "replace")


def odd_bytes(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(0, 3000))


def bent_text(chance: random.Random) -> bytes:
    """A good file with some bytes changed, taken out or doubled."""
    rows = [",".join(map(str, row)) for row in TABLE]
    return bent("\n".join(rows).encode(chance.choice(ENCODINGS[:5])), chance)


def bent_workbook(chance: random.Random) -> bytes:
    return bent(workbook(TABLE), chance)


def bent_part(chance: random.Random) -> bytes:
    """A workbook that is packed well, and wrong inside."""
    with zipfile.ZipFile(io.BytesIO(workbook(TABLE, styles="<styleSheet/>"))) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    name = chance.choice(sorted(parts))
    parts[name] = bent(parts[name], chance)
    if chance.random() < 0.2:
        del parts[chance.choice(sorted(parts))]
    return packed(parts)


def bent(content: bytes, chance: random.Random) -> bytes:
    out = bytearray(content)
    for _ in range(chance.randrange(1, 8)):
        at = chance.randrange(len(out) + 1)
        match chance.randrange(4):
            case 0:
                out[at : at + 1] = chance.randbytes(1)
            case 1:
                del out[at : at + chance.randrange(1, 20)]
            case 2:
                out[at:at] = out[at : at + chance.randrange(1, 40)]
            case _:
                out[at:at] = chance.choice(BITS).encode()
    return bytes(out)


MAKERS: list[Callable[[random.Random], bytes]] = [
    odd_text, odd_text, bent_text, bent_part, bent_workbook, odd_bytes,
]  # fmt: skip


def odd_file(seed: int) -> bytes:
    chance = random.Random(seed)
    return chance.choice(MAKERS)(chance)


def account_for(content: bytes) -> str:
    """Take a file apart as an import does, and see that no row of it is lost."""
    try:
        upload = receiving.receive(pieces(content, 700), io.BytesIO())
        layout = sources.find_layout(upload.file, upload.kind, upload.encoding, {})
        source = sources.open_source(upload.file, upload.size, layout)
        given = [list(batch) for batch in source.batches()]
        upload.file.seek(0)
        again = sources.open_source(upload.file, upload.size, layout)
        windows = list(reading.Reader(again, layout).windows())
    except Refused as refusal:
        return f"{refusal.code}: {refusal.words('sw')}"[: len(refusal.code)]
    rows = [row for batch in given for row in batch][layout.above :]
    taken = [entry for window in windows for entry in window.entries]
    assert sum(window.rows for window in windows) == sum(map(says_something, rows))
    assert len({entry[1] for entry in taken}) == len(taken)
    assert windows[-1].done == 1.0
    return "read"


def says_something(row: list[str]) -> bool:
    """Say whether a person would call it a row."""
    return isinstance(row, Broken) or any(map(line, row))


def test_no_odd_file_is_too_odd() -> None:
    ends: dict[str, int] = {}
    for seed in range(FILES):
        end = account_for(odd_file(seed))
        ends[end] = ends.get(end, 0) + 1

    # The files are odd in many ways, and not so odd that hardly one is read.
    assert sum(ends.values()) == FILES
    assert ends["read"] > FILES // 5
    assert len(ends) > 5


def test_an_odd_file_ends_well_in_the_tables_too(make_tenant: Callable[..., Profile]) -> None:
    mine = make_tenant().tenant_id
    done = 0
    for seed in range(10_000, 10_000 + 10 * STORED):
        try:
            begun = imports.begin(mine, "a.csv", pieces(odd_file(seed)), **BY)
        except Refused:
            continue
        working.run(begun.id)
        row = imports.one(mine, begun.id)
        rows, *ends = (getattr(row, name) for name in COUNTS)
        assert row.status in ("completed", "failed")
        assert rows == sum(ends)
        assert len(list(imports.rejections(mine, row.id))) == row.rejected
        done += 1
        if done == STORED:
            break

    assert done == STORED
    assert Contact.select().where(Contact.tenant_id == mine).count() > 0
