"""What somebody in a private chat has done, taken out of an update without asking anyone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from telegram import Contact, Message, Update, User

from core import clock, phone
from core.errors import Invalid

__all__ = ["Heard", "Kind", "hear"]

TEXT_MAX = 4096


class Kind(StrEnum):
    """What kind of thing it was."""

    COMMAND = "command"
    TYPED = "typed"
    PRESSED = "pressed"
    OWN_PHONE = "own_phone"
    OTHER_PHONE = "other_phone"
    BAD_PHONE = "bad_phone"
    FILE = "file"
    EDITED = "edited"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing done. `text` is what was typed, a command's name, a phone, or a button's data.

    `message_id` is the person's own message, or for a press the one that carries the button.
    """

    update_id: int
    chat_id: int
    name: str
    language: str
    kind: Kind
    text: str = ""
    rest: str = ""
    message_id: int = 0
    said_ms: int = 0
    file_name: str = ""
    file_bytes: int = 0
    is_photo: bool = False
    why: Invalid | None = None

    @property
    def is_full(self) -> bool:
        """Whether it is as long as a message can be: an app has cut it, and the rest follows."""
        return self.kind is Kind.TYPED and len(self.text) >= TEXT_MAX


def hear(update: Update) -> Heard | None:
    """Read an update of a private chat; None when nobody did anything in it."""
    if (press := update.callback_query) is not None:
        place = press.message.message_id if press.message is not None else 0
        return _by(press.from_user, update, Kind.PRESSED, press.data or "", place)
    if (edited := update.edited_message) is not None and edited.from_user is not None:
        return _by(edited.from_user, update, Kind.EDITED, "", edited.message_id)
    if (message := update.message) is not None and message.from_user is not None:
        return _message(update, message, message.from_user)
    return None


def _by(
    user: User,
    update: Update,
    kind: Kind,
    text: str,
    message_id: int,
    *,
    rest: str = "",
    said_ms: int = 0,
    why: Invalid | None = None,
) -> Heard:
    spoken = (user.language_code or "").partition("-")[0].lower()
    return Heard(
        update.update_id,
        user.id,
        " ".join(user.full_name.split())[:120],
        spoken if spoken.isalpha() else "",
        kind,
        text,
        rest,
        message_id,
        said_ms,
        why=why,
    )


def _message(update: Update, message: Message, user: User) -> Heard:
    said_ms = clock.to_ms(message.date)
    place = message.message_id
    if message.contact is not None:
        kind, text, why = _phone(message, message.contact, user)
        return _by(user, update, kind, text, place, said_ms=said_ms, why=why)
    if message.document is not None:
        file = message.document
        heard = _by(user, update, Kind.FILE, file.file_id, place, said_ms=said_ms)
        name = (file.file_name or "")[:200]
        return replace(heard, file_name=name, file_bytes=file.file_size or 0)
    if message.photo:
        # In several sizes, the largest last: a paper held before the camera is read best there.
        photo = message.photo[-1]
        heard = _by(user, update, Kind.FILE, photo.file_id, place, said_ms=said_ms)
        size = photo.file_size or 0
        return replace(heard, file_name="photo.jpg", file_bytes=size, is_photo=True)
    text = message.text or ""
    if not text:
        return _by(user, update, Kind.ODD, "", place, said_ms=said_ms)
    if text.startswith("/") and len(text) > 1 and text[1].isalpha():
        name, _, rest = text[1:].partition(" ")
        name = name.partition("\n")[0].partition("@")[0].lower()
        return _by(user, update, Kind.COMMAND, name, place, rest=rest.strip(), said_ms=said_ms)
    return _by(user, update, Kind.TYPED, text, place, said_ms=said_ms)


def _phone(message: Message, contact: Contact, user: User) -> tuple[Kind, str, Invalid | None]:
    """Read a shared contact. It proves a phone when it is the sender's own card, shared just now.

    Telegram makes no promise in its documentation; that the card names its sender and was not
    forwarded is what bots have long relied on. The vCard is the sender's to write, and ignored.
    """
    digits = "".join(filter(str.isdigit, contact.phone_number))
    try:
        msisdn = phone.parse(f"+{digits}" if not digits.startswith("0") else digits)
    except Invalid as wrong:
        return Kind.BAD_PHONE, "", wrong
    is_own = contact.user_id == user.id and message.forward_origin is None
    is_own = is_own and message.via_bot is None
    return (Kind.OWN_PHONE if is_own else Kind.OTHER_PHONE), msisdn, None
