"""Taking erased people out of what is spooled: a pseudonym for the number, and no words.

Their texts keep their place and price, so that what is held for a campaign stays explained. Such a
text is stored with the others and stops at the hand-over, where its price is given back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from core.contacts import erased
from core.database import execute, is_postgres
from core.messaging.bulk import spool
from core.messaging.bulk.spool import Chunk, Written


def without_erased(tenant_id: int, chunk: Chunk) -> Chunk:
    """Return a chunk without those who were erased since it was written, under the book's lock."""
    names = erased.among(tenant_id, chunk.msisdns)
    return veiled(chunk, names) if names else chunk


def veiled(chunk: Chunk, names: Mapping[str, str]) -> Chunk:
    """Return a chunk with pseudonyms for some numbers, and nothing in their texts."""
    texts, which = list(chunk.texts), list(chunk.which)
    msisdns = [names.get(msisdn, msisdn) for msisdn in chunk.msisdns]
    for at, (before, after) in enumerate(zip(chunk.msisdns, msisdns, strict=True)):
        if before != after:
            _, is_unicode, segments = texts[which[at]]
            which[at] = len(texts)
            texts.append(("", is_unicode, segments))
    return replace(chunk, msisdns=msisdns, texts=_kept(texts, which), which=which)


def _kept(texts: list[Written], which: Sequence[int]) -> list[Written]:
    """Blank the words that nobody gets any more; each stays in its place."""
    used = set(which)
    return [text if at in used else ("", False, 0) for at, text in enumerate(texts)]


def find(batch_ids: Iterable[str], msisdn: str) -> Iterator[tuple[str, int]]:
    """Find the chunks of some campaigns that a number is in, by the bytes they are made of."""
    where = "position(%s in rows) > 0" if is_postgres() else "instr(rows, %s) > 0"
    for batch_id in batch_ids:
        rows = execute(
            f"SELECT number FROM spool WHERE batch_id = %s AND {where} ORDER BY number",  # noqa: S608
            (batch_id, msisdn.encode()),
        ).fetchall()
        yield from ((batch_id, row[0]) for row in rows)


def veil(places: Iterable[tuple[str, int]], msisdn: str, pseudonym: str) -> int:
    """Take a number out of chunks that still wait, in the caller's transaction.

    Returns how many chunks that were.
    """
    done = 0
    for batch_id, number in sorted(places):
        chunk = spool.look(batch_id, number)
        if chunk is not None and msisdn in chunk.msisdns:
            spool.put_back(batch_id, veiled(chunk, {msisdn: pseudonym}))
            done += 1
    return done
