"""Messages changed, deleted and pinned, and presses answered."""

from __future__ import annotations

import time

from sandbox.telegram.errors import bad
from sandbox.telegram.fields import Fields
from sandbox.telegram.keyboards import inline_only, is_inline, read_markup
from sandbox.telegram.messages import Message
from sandbox.telegram.methods.sending import read_caption, read_text
from sandbox.telegram.telegram import Telegram
from sandbox.telegram.texts import Formatted

DELETE_SECONDS = 48 * 3600
DELETED_AT_ONCE_MAX = 100
_SAME = (
    "message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)


def edit_message_text(telegram: Telegram, fields: Fields) -> object:
    """Other words."""
    words = read_text(telegram, fields)
    message = _own(telegram, fields)
    if not message.is_text:
        raise bad("there is no text in the message to edit")
    return _changed(telegram, fields, message, words)


def edit_message_caption(telegram: Telegram, fields: Fields) -> object:
    """Other words under a picture or file."""
    caption = read_caption(telegram, fields)
    message = _own(telegram, fields)
    if not message.has_media:
        raise bad("there is no caption in the message to edit")
    return _changed(telegram, fields, message, caption)


def edit_message_reply_markup(telegram: Telegram, fields: Fields) -> object:
    """Other buttons."""
    message = _own(telegram, fields)
    return _changed(telegram, fields, message, Formatted(message.text, message.entities))


def _own(telegram: Telegram, fields: Fields) -> Message:
    """The message to edit, if the bot may."""
    if not fields.has("chat_id") and not fields.number("message_id"):
        raise bad("message identifier is not specified")
    chat = telegram.reach(fields.text("chat_id"), "edit")
    message = telegram.message(chat, fields.number("message_id"), "message to edit")
    if message.sender is not telegram.bot or message.origin or message.other:
        raise bad("message can't be edited")
    if message.markup is not None and not is_inline(message.markup):
        raise bad("message can't be edited")
    telegram.limits.count(chat)
    return message


def _changed(telegram: Telegram, fields: Fields, message: Message, words: Formatted) -> object:
    given = fields.json("reply_markup", "reply keyboard markup")
    markup = inline_only(read_markup(given, is_private=message.chat.is_private))
    before = message.content()
    if (words.text, words.entities, markup) == before:
        raise bad(_SAME)
    has_new_words = (words.text, words.entities) != before[:2]
    message.put(words)
    message.markup = markup
    message.edits += 1
    if has_new_words:
        # People see "edited" for new words, not for new buttons.
        message.edit_date = int(time.time())
    telegram.touch(message.chat, message)
    return telegram.shown(message)


def delete_message(telegram: Telegram, fields: Fields) -> object:
    """Take one away."""
    if not fields.has("chat_id"):
        raise bad("chat identifier is not specified")
    if not fields.number("message_id"):
        raise bad("message identifier is not specified")
    chat = telegram.reach(fields.text("chat_id"), "write")
    message = telegram.message(chat, fields.number("message_id"), "message to delete")
    if not _may_delete(telegram, message):
        raise bad("message can't be deleted")
    telegram.delete(message)
    return True


def delete_messages(telegram: Telegram, fields: Fields) -> object:
    """Take several away; those that are not there do not matter."""
    given = fields.json("message_ids", "message identifiers")
    if not isinstance(given, list) or not given:
        raise bad("message identifiers are not specified")
    if len(given) > DELETED_AT_ONCE_MAX:
        raise bad("too many message identifiers specified")
    chat = telegram.reach(fields.text("chat_id"), "write")
    found = [telegram.find(chat.id, int(one)) for one in given if str(one).isdecimal()]
    there = [one for one in found if one is not None and not one.is_deleted]
    if not all(_may_delete(telegram, one) for one in there):
        raise bad("message can't be deleted")
    for message in there:
        telegram.delete(message)
    return True


def _may_delete(telegram: Telegram, message: Message) -> bool:
    chat = message.chat
    if "migrate_to_chat_id" in message.other or "migrate_from_chat_id" in message.other:
        return False
    if chat.kind != "private" and chat.is_led_by(telegram.bot.id):
        return True
    is_young = time.time() - message.date < DELETE_SECONDS
    return is_young and (chat.is_private or message.sender is telegram.bot)


def pin_chat_message(telegram: Telegram, fields: Fields) -> object:
    """Keep a message in sight."""
    chat = telegram.reach(fields.text("chat_id"), "write")
    message = telegram.message(chat, fields.number("message_id"), "message to pin")
    if not chat.is_private and not chat.is_led_by(telegram.bot.id):
        raise bad("not enough rights to manage pinned messages in the chat")
    if message.id in chat.pinned:
        chat.pinned.remove(message.id)
    chat.pinned.append(message.id)
    other = {"pinned_message": message.for_bot()}
    silent = fields.flag("disable_notification")
    notice = telegram.write(chat, telegram.bot, other=other, is_silent=silent)
    telegram.tell("message", notice)
    return True


def unpin_chat_message(telegram: Telegram, fields: Fields) -> object:
    """Let one go, the newest unless it is named."""
    chat = telegram.reach(fields.text("chat_id"), "write")
    number = fields.number("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if number not in chat.pinned:
        raise bad("message to unpin not found")
    chat.pinned.remove(number)
    telegram.touch(chat)
    return True


def unpin_all_chat_messages(telegram: Telegram, fields: Fields) -> object:
    """Let all go."""
    chat = telegram.reach(fields.text("chat_id"), "write")
    chat.pinned.clear()
    telegram.touch(chat)
    return True


def answer_callback_query(telegram: Telegram, fields: Fields) -> object:
    """Stop the wheel on a button, with some words or without."""
    telegram.version += 1
    query = telegram.queries.answer(
        fields.text("callback_query_id"),
        fields.text("text"),
        fields.flag("show_alert"),
        fields.text("url"),
        telegram.version,
    )
    if query.chat_id in telegram.chats:
        telegram.touch(telegram.chats[query.chat_id])
    return True


METHODS = {
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "pinChatMessage": pin_chat_message,
    "unpinChatMessage": unpin_chat_message,
    "unpinAllChatMessages": unpin_all_chat_messages,
    "answerCallbackQuery": answer_callback_query,
}
