"""The tables of the Telegram bot."""

from __future__ import annotations

import peewee

from core.database import InstantField, Model


class TelegramUpdate(Model):
    """One update, as Telegram sent it: sealed, and blanked once it has been handled.

    Somebody's PIN or phone number may be in it. The id stays, so that a repetition is recognised.
    """

    update_id = peewee.BigIntegerField(primary_key=True)
    body = peewee.TextField()
    received_at = InstantField(index=True)
    handled_at = InstantField(null=True)


TelegramUpdate.add_index(
    TelegramUpdate.index(
        TelegramUpdate.update_id, where=peewee.SQL("handled_at IS NULL"), name="telegram_waiting"
    )
)


class TelegramView(Model):
    """What the bot showed last in a private chat, and which turn of the conversation that was.

    `message_id` is the one screen that is edited in place; None when there is nothing to edit.
    """

    chat_id = peewee.BigIntegerField(primary_key=True)
    message_id = peewee.BigIntegerField(null=True)
    version = peewee.IntegerField(default=0)
    asks = peewee.CharField(max_length=10, default="")
    is_kept = peewee.BooleanField(default=False)
    drawn_at = InstantField()


class TelegramMove(Model):
    """A group that became a supergroup, and the id it has since then."""

    old_id = peewee.BigIntegerField(primary_key=True)
    new_id = peewee.BigIntegerField()
    moved_at = InstantField()


class TelegramSecret(Model):
    """A message that shows a key and is to be taken away."""

    chat_id = peewee.BigIntegerField()
    message_id = peewee.BigIntegerField()
    due_at = InstantField(index=True)

    class Meta:
        primary_key = peewee.CompositeKey("chat_id", "message_id")
