"""Buttons: under a message, or in place of the phone's keyboard."""

from __future__ import annotations

from typing import Any

from sandbox.telegram.errors import Refusal, bad
from sandbox.telegram.texts import checked_url

Markup = dict[str, Any]
Button = dict[str, Any]

BUTTONS_MAX = 100
DATA_BYTES_MAX = 64
COPY_MAX = 256
STYLES = ("primary", "success", "danger")
_ASKING = ("request_contact", "request_location", "request_poll", "request_users", "request_chat")


def read_markup(given: object, *, is_private: bool) -> Markup | None:
    """A reply markup as the message will carry it; None without one.

    Raises: Refusal.
    """
    if given in (None, ""):
        return None
    if not isinstance(given, dict):
        raise bad("Object expected as reply markup")
    if rows := _rows(given, "keyboard"):
        return _reply_keyboard(given, rows, is_private)
    if rows := _rows(given, "inline_keyboard"):
        return {"inline_keyboard": _inline(rows)}
    if given.get("remove_keyboard"):
        return {"remove_keyboard": True, "selective": bool(given.get("selective"))}
    if given.get("force_reply"):
        return {"force_reply": True} | _asked(given, "selective", "input_field_placeholder")
    return None


def inline_only(markup: Markup | None) -> Markup | None:
    """What an edit may carry.

    Raises: Refusal.
    """
    if markup is not None and not is_inline(markup):
        raise bad("inline keyboard expected")
    return markup


def is_inline(markup: Markup | None) -> bool:
    """Whether these are buttons under the message itself."""
    return markup is not None and "inline_keyboard" in markup


def buttons(markup: Markup | None) -> list[Button]:
    """All buttons of either kind, in order."""
    markup = markup or {}
    rows = markup.get("inline_keyboard") or markup.get("keyboard") or []
    return [button for row in rows for button in row]


def _rows(given: Markup, name: str) -> list[list[Any]]:
    rows = given.get(name)
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise bad(f'Field "{name}" must be of type Array')
    if not all(isinstance(row, list) for row in rows):
        of = " of the InlineKeyboardMarkup" if name == "inline_keyboard" else ""
        raise bad(f'Field "{name}"{of} must be an Array of Arrays')
    if sum(map(len, rows)) > BUTTONS_MAX:
        raise bad("reply markup is too long")
    return rows


def _reply_keyboard(given: Markup, rows: list[list[Any]], is_private: bool) -> Markup | None:
    made = [[_key(button, is_private) for button in row] for row in rows]
    made = [row for row in made if row]
    if not made:
        return None
    options = ("resize_keyboard", "one_time_keyboard", "is_persistent", "selective")
    return {"keyboard": made} | _asked(given, *options, "input_field_placeholder")


def _asked(given: Markup, *names: str) -> Markup:
    return {name: given[name] for name in names if given.get(name)}


def _key(given: object, is_private: bool) -> Button:
    why = "can't parse keyboard button: "
    if isinstance(given, str):
        given = {"text": given}
    if not isinstance(given, dict):
        raise bad(f"{why}KeyboardButton must be a String or an Object")
    key = {"text": _text(given, why)} | _style(given, why)
    if not key["text"]:
        raise bad("keyboard button text must be non-empty")
    for name in _ASKING:
        if given.get(name):
            if not is_private:
                raise _private_only(name)
            return key | {name: given[name]}
    if isinstance(given.get("web_app"), dict):
        return key | {"web_app": {"url": _web_app(given["web_app"], "keyboard button Web App")}}
    return key


def _private_only(name: str) -> Refusal:
    what = {
        "request_contact": "phone number",
        "request_location": "location",
        "request_poll": "poll",
        "request_users": "users",
        "request_chat": "chats",
    }[name]
    return bad(f"{what} can be requested in private chats only")


def _inline(rows: list[list[Any]]) -> list[list[Button]]:
    made = [[_inline_button(button) for button in row] for row in rows]
    return [row for row in made if row]


def _inline_button(given: object) -> Button:
    why = "can't parse inline keyboard button: "
    if not isinstance(given, dict):
        raise bad(f"{why}InlineKeyboardButton must be an Object")
    button = {"text": _text(given, why)} | _style(given, why)
    act = _act(given, why)
    if not button["text"]:
        raise bad("inline keyboard button text must be non-empty")
    return button | act


def _text(given: Markup, why: str) -> str:
    if "text" not in given:
        raise bad(f'{why}Can\'t find field "text"')
    text = given["text"]
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise bad(f'{why}Field "text" must be of type String')
    return str(text).strip()


def _style(given: Markup, why: str) -> Button:
    style = given.get("style")
    if style in (None, ""):
        return {}
    if style not in STYLES:
        raise bad(f"{why}invalid button style specified")
    return {"style": style}


def _act(given: Markup, why: str) -> Button:
    if url := given.get("url"):
        return {"url": _checked(str(url), "inline keyboard button URL")}
    if data := given.get("callback_data"):
        if len(str(data).encode()) > DATA_BYTES_MAX:
            raise bad("BUTTON_DATA_INVALID")
        return {"callback_data": str(data)}
    for name in ("switch_inline_query", "switch_inline_query_current_chat"):
        if name in given:
            return {name: str(given[name])}
    if isinstance(login := given.get("login_url"), dict):
        return {"url": _web_app(login, "inline keyboard button login")}
    if isinstance(app := given.get("web_app"), dict):
        return {"web_app": {"url": _web_app(app, "inline keyboard button Web App")}}
    if isinstance(copy := given.get("copy_text"), dict):
        text = str(copy.get("text", ""))
        if not 1 <= len(text) <= COPY_MAX:
            raise bad("BUTTON_COPY_TEXT_INVALID")
        return {"copy_text": {"text": text}}
    raise bad(f"{why}Text buttons are unallowed in the inline keyboard")


def _checked(url: str, what: str) -> str:
    if url.startswith("tg://user?id="):
        return url
    try:
        return checked_url(url)
    except ValueError as error:
        raise bad(f"{what} '{url}' is invalid: {error}") from None


def _web_app(given: Markup, what: str) -> str:
    url = str(given.get("url", ""))
    if not url.lower().startswith("https://"):
        raise bad(f"{what} URL '{url}' is invalid: Only HTTPS links are allowed")
    return _checked(url, f"{what} URL")
