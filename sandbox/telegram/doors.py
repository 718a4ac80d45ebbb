"""The people's side: doors for tests and for the handset page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, cast

import falcon

from sandbox.numbers import is_msisdn, msisdn
from sandbox.replies import App, Invalid, read_object, write
from sandbox.telegram.errors import Refusal
from sandbox.telegram.files import UPLOAD_MAX
from sandbox.telegram.fingers import OTHERS, Fingers, card_of, origin_of
from sandbox.telegram.messages import Message
from sandbox.telegram.people import SUPERGROUPS_FROM, Chat, Json, Person, Status
from sandbox.telegram.telegram import Telegram
from sandbox.telegram.updates import KINDS
from sandbox.world import World

WAIT_MAX_SECONDS = 30.0
STATUSES = ("creator", "administrator", "member", "restricted", "left", "kicked")
_STRANGERS_FROM = 600_000_001


def add_routes(app: App, world: World) -> None:
    """Hang the doors into an application."""
    app.add_route("/telegram/people", People(world))
    app.add_route("/telegram/groups", Groups(world))
    app.add_route("/telegram/chats", Chats(world))
    app.add_route("/telegram/chats/{number:int}", OneChat(world))
    for name, act in ACTS.items():
        app.add_route(f"/telegram/{name}", Act(world, act))


class Body:
    """What a door was given, with the names in it looked up."""

    def __init__(self, telegram: Telegram, given: Json) -> None:
        self.telegram = telegram
        self.given = given
        self.fingers = Fingers(telegram)

    def text(self, name: str) -> str:
        """A text; empty without one."""
        value = self.given.get(name, "")
        if not isinstance(value, str | int | float):
            raise Invalid(f"{name} is a text.")
        return str(value)

    def number(self, name: str) -> int:
        """A whole number; 0 without one."""
        value = self.given.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int):
            raise Invalid(f"{name} is a whole number.")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        return bool(self.given.get(name, default))

    def person(self, name: str = "from") -> Person:
        """Somebody by their id, or by their phone."""
        return find_person(self.telegram, self.given.get(name), name)

    def chat(self, person: Person, name: str = "chat") -> Chat:
        """The chat that is meant; without one, the person's own with the bot."""
        number = self.number(name) or person.id
        chat = self.telegram.chats.get(number)
        if chat is None or (chat.person is not None and chat.person is not person):
            raise Invalid(f"{name} is the id of a chat this person is in.")
        return chat

    def message(self, chat: Chat) -> Message:
        """The message that is meant; deleted ones count."""
        message = self.telegram.find(chat.id, self.number("message_id"))
        if message is None:
            raise Invalid("There is no such message.")
        return message


def find_person(telegram: Telegram, given: object, name: str) -> Person:
    """Somebody by their id, or by their phone.

    Raises: Invalid.
    """
    number = str(given if given is not None else "")
    person = telegram.people.get(int(number)) if number.isdecimal() else None
    if person is None and is_msisdn(phone := msisdn(number)):
        person = next((one for one in telegram.people.values() if one.phone == phone), None)
    if person is None:
        raise Invalid(f"{name} is the id or the phone of somebody on Telegram.")
    return person


class Door:
    """A resource that sees Telegram as it is now."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def telegram(self) -> Telegram:
        """The present life."""
        return self._world.telegram


class People(Door):
    """GET and POST /telegram/people"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Everybody."""
        telegram = self.telegram
        write(resp, {"people": [show_person(telegram, one) for one in telegram.people.values()]})

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Make somebody, or change who has this id or phone; the same again is harmless."""
        telegram = self.telegram
        body = Body(telegram, read_object(req))
        with telegram.lock:
            person = self._found(body) or self._made(body)
            for name in ("first_name", "last_name", "username", "language_code"):
                if name in body.given:
                    setattr(person, name, body.text(name))
            person.is_deactivated = body.flag("deactivated", person.is_deactivated)
            write(resp, show_person(telegram, person))

    @staticmethod
    def _phone(body: Body) -> str:
        phone = msisdn(body.text("phone"))
        if phone and not 7 <= len(phone) <= 15:
            raise Invalid("phone is a number with its country code.")
        return phone

    def _found(self, body: Body) -> Person | None:
        phone = self._phone(body)
        person = body.telegram.people.get(body.number("id"))
        if person is None and phone and "id" not in body.given:
            people = body.telegram.people.values()
            person = next((one for one in people if one.phone == phone), None)
        if person is not None and phone:
            person.phone = phone
        return person

    def _made(self, body: Body) -> Person:
        phone, number = self._phone(body), body.number("id")
        people = body.telegram.people
        if not number and is_msisdn(phone):
            number = int(phone[3:])  # easy to recognise
        while not number or number in body.telegram.chats:
            number = max([_STRANGERS_FROM - 1, *(one for one in people if one < 700_000_000)]) + 1
        if not 0 < number < 2**52:
            raise Invalid("id is a positive number below 2**52.")
        name = body.text("first_name") or "Somebody"
        return body.telegram.meet(Person(number, name, phone=phone, language_code="en"))


class Groups(Door):
    """POST /telegram/groups"""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Make a group; without a `bot` status the bot is a plain member."""
        telegram = self.telegram
        body = Body(telegram, read_object(req))
        with telegram.lock:
            is_super = body.text("type") == "supergroup"
            number = body.number("id") or self._free(is_super)
            if number >= 0 or number in telegram.chats:
                raise Invalid("id is a negative number that no chat has.")
            given = body.given.get("members") or {}
            if not isinstance(given, dict):
                raise Invalid("members is an object of ids and statuses.")
            members = {
                find_person(telegram, one, "members").id: read_status(status)
                for one, status in given.items()
            }
            members[telegram.bot.id] = "left"
            title = body.text("title") or "A group"
            chat = telegram.open_group(number, title, members)
            status = read_status(body.text("bot") or "member")
            by = telegram.people.get(next(iter(members)), telegram.bot)
            body.fingers.change_member(chat, telegram.bot, status, by)
            write(resp, show_chat(telegram, chat))

    def _free(self, is_super: bool) -> int:
        number = SUPERGROUPS_FROM - 2_000_000_001 if is_super else -5001
        while number in self.telegram.chats:
            number -= 1
        return number


class Chats(Door):
    """GET /telegram/chats"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Every chat without its messages; ?as= somebody, only theirs."""
        telegram = self.telegram
        me = read_me(telegram, req)
        with telegram.lock:
            shown = [
                show_chat(telegram, chat)
                for chat in telegram.chats.values()
                if me is None or chat.person is me or chat.has(me.id)
            ]
        write(resp, {"life": telegram.life, "chats": shown})


class OneChat(Door):
    """GET /telegram/chats/<id>"""

    def on_get(self, req: falcon.Request, resp: falcon.Response, number: int) -> None:
        """A chat as somebody sees it, from version `since` on; `wait` that long for news."""
        telegram = self.telegram
        since = req.get_param_as_int("since") or 0
        wait = min(req.get_param_as_float("wait") or 0.0, WAIT_MAX_SECONDS)
        chat = telegram.chats.get(number)
        if chat is None:
            raise Invalid("There is no such chat.")
        me = read_me(telegram, req) or chat.person
        limit = req.get_param_as_int("limit", min_value=0)
        if wait > 0:
            telegram.wait(chat, since, wait)
        with telegram.lock:
            write(resp, look(telegram, chat, me, since, limit))


def look(
    telegram: Telegram, chat: Chat, me: Person | None, since: int = 0, limit: int | None = None
) -> Json:
    """What somebody sees of a chat that changed after a version."""
    number = me.id if me else 0
    fresh = [one for one in telegram.messages(chat.id) if one.version > since]
    there = [one.for_person(number) for one in fresh if not one.is_deleted]
    return show_chat(telegram, chat) | {
        "life": telegram.life,
        "messages": there if limit is None else there[len(there) - limit :] if limit else [],
        "deleted": [one.id for one in fresh if one.is_deleted],
        "alerts": telegram.queries.shown_to(number, chat.id, since),
        "reply_keyboard": chat.keyboard,
        "typing": chat.is_typing(),
        "pinned": chat.pinned,
        "menu_button": chat.menu_button,
        "commands": telegram.profile.commands_for(me, chat) if me else [],
    }


def show_person(telegram: Telegram, person: Person) -> Json:
    """Somebody, as this side knows them."""
    chat = telegram.chats[person.id]
    return person.user() | {
        "name": person.name,
        "phone": person.phone,
        "chat": person.id,
        "started": chat.is_started,
        "blocked": chat.status(telegram.bot.id) == "kicked",
        "deactivated": person.is_deactivated,
    }


def show_chat(telegram: Telegram, chat: Chat) -> Json:
    """A chat without its messages."""
    shown: Json = {"id": chat.id, "type": chat.kind, "title": chat.title, "version": chat.version}
    if chat.is_private:
        shown["started"] = chat.is_started
        shown["blocked"] = chat.status(telegram.bot.id) == "kicked"
        shown["title"] = telegram.profile.words("name", "")
    else:
        shown["members"] = {str(one): status for one, status in chat.members.items()}
        shown["migrated_to"] = chat.migrated_to or None
    return shown


def show_all(telegram: Telegram, phone: str, limit: int | None, *, messages: bool) -> Json:
    """Everything held, for GET /state; a phone narrows it to the chat of its owner."""
    with telegram.lock:
        chats = [
            look(telegram, chat, chat.person, limit=limit)
            if messages
            else show_chat(telegram, chat)
            for chat in telegram.chats.values()
            if not phone or (chat.person is not None and chat.person.phone == phone)
        ]
        calls = list(telegram.calls)
        pending = telegram.updates.pending()
        return {
            "bot": telegram.bot.user(),
            "people": [show_person(telegram, one) for one in telegram.people.values()],
            "chats": chats,
            "commands": telegram.profile.every(),
            "calls": calls if limit is None else calls[len(calls) - limit :] if limit else [],
            "counts": dict(telegram.counts),
            "updates": {
                "pending": len(pending),
                "next_id": telegram.updates.next_id,
                "polled": telegram.updates.is_polled(),
                "allowed": sorted(telegram.updates.allowed),
            },
            "webhook": {"set": bool(telegram.webhook.setup.url)},
            "unanswered_presses": telegram.queries.unanswered(),
        }


def read_me(telegram: Telegram, req: falcon.Request) -> Person | None:
    """Through whose eyes: ?as= an id or phone."""
    given = req.get_param("as")
    return find_person(telegram, given, "as") if given else None


def read_status(given: object) -> Status:
    """A part somebody can have in a chat.

    Raises: Invalid.
    """
    if given not in STATUSES:
        raise Invalid(f"status is one of: {', '.join(STATUSES)}.")
    return cast(Status, given)


class Act(Door):
    """POST /telegram/<what a person does>"""

    def __init__(self, world: World, act: Any) -> None:
        super().__init__(world)
        self._act = act

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Do it; what Telegram itself would refuse is 422 here."""
        try:
            write(resp, self._act(Body(self.telegram, read_object(req))))
        except Refusal as refusal:
            raise Invalid(str(refusal)) from None


def say(body: Body) -> Json:
    """`from`, `chat`, `text`; `reply_to`, `anonymous`, `forwarded_from` (id, or a name)."""
    person = body.person()
    chat = body.chat(person)
    if not body.text("text").strip():
        raise Invalid("text is empty.")
    if body.flag("anonymous") and (chat.is_private or not chat.is_led_by(person.id)):
        raise Invalid("Only administrators of a group can be anonymous.")
    sent = body.fingers.say(
        person,
        chat,
        body.text("text"),
        reply_to=body.number("reply_to"),
        is_anonymous=body.flag("anonymous"),
        forwarded_from=_origin(body),
    )
    return {"message_id": sent[-1].id, "messages": [one.id for one in sent], "chat": chat.id}


def _origin(body: Body) -> Json | None:
    given = body.given.get("forwarded_from")
    if given in (None, "", False):
        return None
    try:
        return origin_of(find_person(body.telegram, given, "forwarded_from"))
    except Invalid:
        return origin_of(None, str(given))


def press(body: Body) -> Json:
    """`from`, `chat`, `message_id`, and `data` or `label`; `wait` seconds for the answer."""
    person = body.person()
    chat = body.chat(person)
    data = body.text("data")
    message: Message | None = None
    if data:
        message = body.message(chat)
    else:
        message, button = body.fingers.button(chat, body.number("message_id"), body.text("label"))
        if message is None:
            return _press_key(body, person, chat, button)
        if "callback_data" not in button:
            kept = {"url": button.get("url"), "copied": button.get("copy_text", {}).get("text")}
            return {name: value for name, value in kept.items() if value}
        data = button["callback_data"]
    if message.sender is not body.telegram.bot:
        raise Invalid("Only the bot's messages have buttons.")
    if not chat.is_private and not chat.has(person.id):
        raise Invalid("That person is not in the group.")
    query = body.fingers.press(person, message, data)
    patience = min(float(body.given.get("wait") or 0), WAIT_MAX_SECONDS)
    answer = body.telegram.queries.wait(query, patience)
    return {"callback_query_id": query.id, "message_id": message.id, "data": data, "answer": answer}


def _press_key(body: Body, person: Person, chat: Chat, button: Json) -> Json:
    """A key of the reply keyboard says its label, or shares the phone."""
    if button.get("request_contact"):
        return contact(body)
    sent = body.fingers.say(person, chat, button["text"])
    return {"message_id": sent[-1].id, "chat": chat.id}


def contact(body: Body) -> Json:
    """`from`, `chat`; `of` somebody else, `phone` a bare number; `forwarded_from`, `plus`."""
    person = body.person()
    chat = body.chat(person)
    if body.text("phone"):
        card: Json = {"phone_number": body.text("phone"), "first_name": body.text("name") or "Card"}
    else:
        owner = body.person("of") if "of" in body.given else person
        if not owner.phone:
            raise Invalid("That person has no phone.")
        card = card_of(owner, has_plus=body.flag("plus"))
    message = body.fingers.share_contact(person, chat, card, origin=_origin(body))
    return {"message_id": message.id, "chat": chat.id}


def document(body: Body) -> Json:
    """`from`, `chat`, `name`, and `content` (text), `base64` or a `size` of zeros; `caption`."""
    person = body.person()
    chat = body.chat(person)
    kept = body.telegram.files.keep_document(
        body.text("name") or "file.bin", _raw(body), body.text("mime_type")
    )
    message = body.fingers.send(person, chat, document=kept, text=body.text("caption"))
    return {"message_id": message.id, "chat": chat.id, "file_id": kept.file_id}


def photo(body: Body) -> Json:
    """`from`, `chat`, `base64` of a picture; `caption`."""
    person = body.person()
    chat = body.chat(person)
    sizes = body.telegram.files.keep_photo(_raw(body))
    message = body.fingers.send(person, chat, photo=sizes, text=body.text("caption"))
    return {"message_id": message.id, "chat": chat.id, "file_id": sizes[-1].file_id}


def _raw(body: Body) -> bytes:
    if size := body.number("size"):
        if not 0 < size <= UPLOAD_MAX:
            raise Invalid(f"size is at most {UPLOAD_MAX}.")
        return bytes(size)
    if given := body.text("base64"):
        try:
            return base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            raise Invalid("base64 is not base64.") from None
    return body.text("content").encode()


def other(body: Body) -> Json:
    """`from`, `chat`, `kind`: something a bot for texts has no use for."""
    person = body.person()
    chat = body.chat(person)
    kind = body.text("kind")
    if kind not in OTHERS:
        raise Invalid(f"kind is one of: {', '.join(OTHERS)}.")
    message = body.fingers.send(person, chat, other=OTHERS[kind])
    return {"message_id": message.id, "chat": chat.id}


def edit(body: Body) -> Json:
    """`from`, `chat`, `message_id`, `text`: an own message says something else."""
    person = body.person()
    message = body.fingers.edit(person, body.message(body.chat(person)), body.text("text"))
    return {"message_id": message.id, "chat": message.chat.id}


def clear(body: Body) -> Json:
    """`from`: the private chat is deleted for both sides, and the bot hears nothing."""
    person = body.person()
    body.fingers.clear(body.telegram.chats[person.id])
    return {"chat": person.id}


def block(body: Body) -> Json:
    """`from`; `"blocked": false` takes it back."""
    person = body.person()
    body.fingers.set_blocked(person, body.flag("blocked", True))
    return show_person(body.telegram, person)


def change_member(body: Body) -> Json:
    """`chat`, `who` (an id, or "bot"), `status`, `by`: somebody comes, goes or rises."""
    by = body.person("by")
    chat = body.chat(by)
    if chat.is_private:
        raise Invalid("chat is a group.")
    who = body.telegram.bot if body.text("who") == "bot" else body.person("who")
    body.fingers.change_member(chat, who, read_status(body.text("status")), by)
    return show_chat(body.telegram, chat)


def migrate(body: Body) -> Json:
    """`chat`, `by`; `to`: a basic group becomes a supergroup."""
    telegram = body.telegram
    chat = telegram.chats.get(body.number("chat"))
    if chat is None:
        raise Invalid("chat is the id of a group.")
    leaders = [one for one in chat.members if one in telegram.people]
    by = body.person("by") if "by" in body.given else telegram.people[leaders[0]]
    to = body.number("to") or SUPERGROUPS_FROM - 3_000_000_000 + chat.id
    return show_chat(telegram, body.fingers.migrate(chat, by, to))


def raw_update(body: Body) -> Json:
    """Any update, as it is: for what this sandbox does not know."""
    kinds = [kind for kind in body.given if kind != "update_id"]
    if len(kinds) != 1 or not isinstance(body.given[kinds[0]], dict):
        raise Invalid(f"An update is one object under its kind, like {KINDS[0]}.")
    telegram = body.telegram
    with telegram.lock:
        number = telegram.updates.next_id
        telegram.updates.add(kinds[0], body.given[kinds[0]], "raw")
        return {"update_id": number}


ACTS: Mapping[str, Any] = {
    "say": say,
    "press": press,
    "contact": contact,
    "document": document,
    "photo": photo,
    "other": other,
    "edit": edit,
    "clear": clear,
    "block": block,
    "member": change_member,
    "migrate": migrate,
    "update": raw_update,
}
