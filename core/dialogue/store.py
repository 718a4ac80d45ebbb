"""Where a conversation stands: one row a person and channel, saved over the version read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import msgspec
import peewee

from core import clock, ids
from core.database import InstantField, Model, execute_unflushed, single, transaction

# How long an unfinished conversation can be gone on with.
KEPT = timedelta(minutes=10)


class ChatRow(Model):
    """One person's conversation on one channel. Nothing secret is ever in it."""

    channel = peewee.CharField(max_length=12)
    address = peewee.CharField(max_length=40)
    id = peewee.CharField(max_length=30)
    flow = peewee.CharField(max_length=40)
    answers = peewee.TextField()
    asked = peewee.CharField(max_length=60)
    shown = peewee.TextField()
    version = peewee.IntegerField()
    updated_at = InstantField(index=True)

    class Meta:
        primary_key = peewee.CompositeKey("channel", "address")
        table_name = "chat"


@dataclass(slots=True)
class Chat:
    """A conversation in hand. `answers` are kept in the order they were given."""

    channel: str
    address: str
    flow: str
    id: str = field(default_factory=lambda: ids.new("dlg"))
    answers: dict[str, str] = field(default_factory=dict)
    asked: str = ""
    shown: list[str] = field(default_factory=list)
    version: int = 0
    is_fresh: bool = True


def load(channel: str, address: str) -> Chat | None:
    """Read a conversation that can still be gone on with."""
    row = ChatRow.get_or_none(ChatRow.channel == channel, ChatRow.address == address)
    if row is None:
        return None
    return Chat(
        channel=channel,
        address=address,
        id=row.id,
        flow=row.flow,
        answers=msgspec.json.decode(row.answers, type=dict[str, str]),
        asked=row.asked,
        shown=msgspec.json.decode(row.shown, type=list[str]),
        version=row.version,
        is_fresh=row.updated_at > clock.now() - KEPT,
    )


# A power cut may take the last of them on PostgreSQL, as the death of a worker may: acts know their
# repeats. An act waits for the disk, and takes along what was saved before it.
_BEGIN = """
    INSERT INTO chat (id, flow, answers, asked, shown, version, updated_at, channel, address)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (channel, address) DO NOTHING RETURNING version
"""
_GO_ON = """
    UPDATE chat SET id = %s, flow = %s, answers = %s, asked = %s, shown = %s, version = %s,
                    updated_at = %s
    WHERE channel = %s AND address = %s AND version = %s RETURNING version
"""


def save(chat: Chat) -> bool:
    """Write a conversation over the version that was read; False when somebody else was faster."""
    values: list[object] = [
        chat.id,
        chat.flow,
        msgspec.json.encode(chat.answers).decode(),
        chat.asked,
        msgspec.json.encode(chat.shown).decode(),
        chat.version + 1,
        clock.ms(),
        chat.channel,
        chat.address,
    ]
    statement = _BEGIN
    if chat.version:
        statement, values = _GO_ON, [*values, chat.version]
    saved = single(lambda: execute_unflushed(statement, values))
    if saved is not None:
        chat.version += 1
    return saved is not None


def forget_before(moment_ms: int) -> int:
    """Delete conversations nobody has gone on with. Returns how many."""
    with transaction():
        return int(ChatRow.delete().where(ChatRow.updated_at < moment_ms).execute())
