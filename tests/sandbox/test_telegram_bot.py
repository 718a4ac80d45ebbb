"""The real python-telegram-bot against the Telegram stand-in: polling, webhook, every error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChatAdministrators,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    Update,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    filters,
)

from tests import servers
from tests.sandbox.outside import PATIENCE_S, Sandbox
from tests.stack import wait_until

GO = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go", style="success")]])

# Its own word for intervals that will be timedeltas one day.
pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")


def addresses(sandbox: Sandbox) -> dict[str, str]:
    return {
        "token": sandbox.bot_token,
        "base_url": f"{sandbox.url}/telegram/bot",
        "base_file_url": f"{sandbox.url}/telegram/file/bot",
    }


@asynccontextmanager
async def application(sandbox: Sandbox) -> Any:
    """A bot that greets, shares, downloads and edits; not yet started."""
    names = addresses(sandbox)
    app = (
        Application.builder()
        .token(names["token"])
        .base_url(names["base_url"])
        .base_file_url(names["base_file_url"])
        .build()
    )

    async def start(update: Update, context: Any) -> None:
        assert update.effective_message is not None
        args = " ".join(context.args)
        await update.effective_message.reply_html(f"Karibu <b>{args}</b>", reply_markup=GO)

    async def press(update: Update, _: Any) -> None:
        query = update.callback_query
        assert query is not None
        await query.answer("Saved", show_alert=True)
        await query.edit_message_text(f"Pressed {query.data}")

    async def document(update: Update, _: Any) -> None:
        message = update.effective_message
        assert message is not None
        assert message.document is not None
        raw = await (await message.document.get_file()).download_as_bytearray()
        await message.reply_document(bytes(raw).upper(), filename="upper.txt", caption="Done")

    async def contact(update: Update, _: Any) -> None:
        message = update.effective_message
        assert message is not None
        assert message.contact is not None
        assert message.from_user is not None
        own = message.contact.user_id == message.from_user.id and message.forward_origin is None
        await message.reply_text(f"{message.contact.phone_number} {'own' if own else 'foreign'}")

    async def membership(update: Update, _: Any) -> None:
        app.bot_data["status"] = update.my_chat_member.new_chat_member.status  # type: ignore[union-attr]

    app.add_handler(CommandHandler("start", start))
    app.add_handler(CallbackQueryHandler(press))
    app.add_handler(MessageHandler(filters.Document.ALL, document))
    app.add_handler(MessageHandler(filters.CONTACT, contact))
    app.add_handler(ChatMemberHandler(membership))
    async with app:
        await app.start()
        yield app
        await app.stop()


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 100))  # type: ignore[arg-type]


async def act(sandbox: Sandbox, door: str, **body: Any) -> dict[str, Any]:
    return await asyncio.to_thread(sandbox.act, door, **body)


async def until(sandbox: Sandbox, chat: int, text: str) -> dict[str, Any]:
    """The newest message, once it says this."""
    for _ in range(1000):
        message = await asyncio.to_thread(sandbox.last, chat)
        if text in message["text"]:
            return message
        await asyncio.sleep(0.03)
    raise AssertionError(f"{text!r} never came; the last was {message!r}")


async def converse(sandbox: Sandbox, asha: int) -> None:
    """What the bot above can do, from the side of a person."""
    await act(sandbox, "say", from_=asha, text="/start tuma")
    hello = await until(sandbox, asha, "Karibu")
    assert hello["entities"] == [{"type": "bold", "offset": 7, "length": 4}]
    assert hello["keyboard"] == [[{"label": "Go", "data": "go", "style": "success"}]]
    pressed = await act(sandbox, "press", from_=asha, label="Go", wait=PATIENCE_S)
    assert pressed["answer"]["text"] == "Saved"
    edited = await until(sandbox, asha, "Pressed go")
    assert edited["message_id"] == hello["message_id"]
    await act(sandbox, "document", from_=asha, name="names.txt", content="asha")
    sent = await until(sandbox, asha, "Done")
    raw = await asyncio.to_thread(lambda: sandbox.get(sent["document"]["url"]).content)
    assert (sent["document"]["name"], raw) == ("upper.txt", b"ASHA")
    await act(sandbox, "contact", from_=asha)
    assert await until(sandbox, asha, "254708374149 own")
    await act(sandbox, "contact", from_=asha, forwarded_from="Somebody")
    assert await until(sandbox, asha, "254708374149 foreign")


def test_a_conversation_by_polling(sandbox: Sandbox) -> None:
    asha = sandbox.person(starts=False, first_name="Asha")

    async def work() -> None:
        async with application(sandbox) as app:
            await app.updater.start_polling(timeout=2, allowed_updates=Update.ALL_TYPES)
            await converse(sandbox, asha)
            await act(sandbox, "block", from_=asha)
            for _ in range(1000):
                if "status" in app.bot_data:
                    break
                await asyncio.sleep(0.03)
            assert app.bot_data["status"] == "kicked"
            with pytest.raises(Forbidden, match="bot was blocked by the user"):
                await app.bot.send_message(asha, "x")
            await app.updater.stop()

    run(work)


def test_a_conversation_by_webhook(sandbox: Sandbox) -> None:
    asha = sandbox.person(starts=False)
    port = servers.free_port()

    async def work() -> None:
        async with application(sandbox) as app:
            server = await asyncio.start_server(door(app), "127.0.0.1", port)
            await app.bot.set_webhook(f"http://127.0.0.1:{port}/x", secret_token="s3cret")
            try:
                await converse(sandbox, asha)
                info = await app.bot.get_webhook_info()
                assert info.pending_update_count == 0
            finally:
                await app.bot.delete_webhook()
                server.close()

    run(work)


def door(app: Any) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """The least HTTP server that takes updates."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split()[0])
        body = await reader.readexactly(length)
        assert "x-telegram-bot-api-secret-token: s3cret" in head
        await app.update_queue.put(Update.de_json(json.loads(body), app.bot))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return serve


def with_bot(sandbox: Sandbox, work: Callable[[Bot], Awaitable[None]], **more: Any) -> None:
    async def whole() -> None:
        async with Bot(**addresses(sandbox) | more) as bot:
            await work(bot)

    run(whole)


def test_errors_have_their_classes(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    (admin,) = sandbox.settings.telegram.admin_ids
    group = sandbox.act("groups", members={admin: "creator"})["id"]
    new = sandbox.act("migrate", chat=group)["id"]

    async def work(bot: Bot) -> None:
        sent = await bot.send_message(asha, "x", reply_markup=GO)
        with pytest.raises(BadRequest, match="Message is not modified"):
            await sent.edit_text("x", reply_markup=GO)
        with pytest.raises(BadRequest, match="Message to edit not found"):
            await bot.edit_message_text("y", asha, 1)
        long = InlineKeyboardMarkup([[InlineKeyboardButton("a", callback_data="x" * 65)]])
        with pytest.raises(BadRequest, match="Button_data_invalid"):
            await bot.send_message(asha, "x", reply_markup=long)
        with pytest.raises(BadRequest, match="Can't parse entities"):
            await bot.send_message(asha, "a < b", parse_mode="HTML")
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(5, "x")
        with pytest.raises(BadRequest, match="Query is too old"):
            await bot.answer_callback_query("1")
        with pytest.raises(Forbidden, match="can't initiate conversation"):
            await bot.send_message(admin, "x")
        with pytest.raises(ChatMigrated) as migrated:
            await bot.send_message(group, "x")
        assert migrated.value.new_chat_id == new

    with_bot(sandbox, work)


def test_faults_have_their_classes(sandbox: Sandbox) -> None:
    asha = sandbox.person()

    async def strike(
        bot: Bot, kind: type[TelegramError], patience_s: float = 60, **faults: Any
    ) -> TelegramError:
        await asyncio.to_thread(sandbox.faults, telegram=faults)
        with pytest.raises(kind) as error:
            await bot.send_message(asha, "x", read_timeout=patience_s)
        return error.value

    async def work(bot: Bot) -> None:
        once = {"next": 1}
        flood = await strike(bot, RetryAfter, http_429=once, retry_after_seconds=7)
        assert isinstance(flood, RetryAfter)
        assert flood.retry_after in (7, timedelta(seconds=7))
        await strike(bot, NetworkError, http_500=once)
        await strike(bot, NetworkError, down=once)
        await strike(bot, NetworkError, drop=once)
        await strike(bot, TimedOut, 0.3, hang=once)
        await asyncio.to_thread(sandbox.faults, telegram={"conflict": once})
        with pytest.raises(Conflict):
            await bot.get_updates()

    with_bot(sandbox, work)
    # The last two were delivered all the same.
    wait_until(lambda: len(sandbox.look(asha)["messages"]) == 1 + 2)


def test_a_wrong_token_is_invalid(sandbox: Sandbox) -> None:
    async def work() -> None:
        bot = Bot(**addresses(sandbox) | {"token": "1:wrong"})
        with pytest.raises(InvalidToken):
            await bot.initialize()
        await bot.shutdown()

    run(work)


def test_a_second_poller_is_a_conflict(sandbox: Sandbox) -> None:
    async def work(bot: Bot) -> None:
        older = asyncio.create_task(bot.get_updates(timeout=30))
        async with Bot(**addresses(sandbox)) as other:
            while not older.done():  # the older one may not have come yet
                with suppress(Conflict):
                    await other.get_updates(timeout=1)
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await older

    with_bot(sandbox, work)


def test_groups_commands_and_keyboards_are_read_back(sandbox: Sandbox) -> None:
    asha = sandbox.person()
    (admin,) = sandbox.settings.telegram.admin_ids
    ops = sandbox.settings.telegram.ops_chat_id

    async def work(bot: Bot) -> None:
        leaders = await bot.get_chat_administrators(ops)
        chat = await bot.get_chat(ops)
        member = await bot.get_chat_member(ops, admin)
        commands = [BotCommand("tenants", "Every tenant")]
        scope = BotCommandScopeChatAdministrators(ops)
        await bot.set_my_commands(commands, scope=scope, language_code="sw")
        assert list(await bot.get_my_commands(scope=scope, language_code="sw")) == commands
        await bot.delete_my_commands(scope=scope, language_code="sw")
        keys = ReplyKeyboardMarkup([[KeyboardButton("Share", request_contact=True)]])
        await bot.send_message(asha, "Share your phone", reply_markup=keys)
        await bot.send_chat_action(asha, "typing")
        card = await bot.send_message(ops, "Card")
        await card.pin()
        copy = await bot.copy_message(asha, ops, card.message_id)

        assert [leader.status for leader in leaders] == ["creator", "administrator"]
        assert (chat.type, chat.title) == ("supergroup", "Tuma operations")
        assert (member.status, member.user.id) == ("creator", admin)
        assert copy.message_id > card.message_id

    with_bot(sandbox, work)
    seen = sandbox.look(asha)

    assert seen["reply_keyboard"]["keyboard"] == [[{"text": "Share", "request_contact": True}]]
    assert seen["messages"][-1]["text"] == "Card"
    assert seen["typing"] is False  # the copy came after


@pytest.mark.parametrize("kind", ["sticker", "voice", "location", "dice", "video_note"])
def test_odd_things_are_understood(sandbox: Sandbox, kind: str) -> None:
    asha = sandbox.person()
    sandbox.act("other", from_=asha, kind=kind)
    (raw,) = sandbox.updates()
    update = Update.de_json(raw, None)

    assert update.effective_message is not None
    assert update.effective_message.effective_attachment is not None


def test_presses_and_forwards_are_understood(sandbox: Sandbox) -> None:
    asha, juma = sandbox.person(), sandbox.person("254700000002", first_name="Juma")
    number = sandbox.ok(
        "sendMessage",
        chat_id=asha,
        text="x",
        reply_markup={"inline_keyboard": [[{"text": "a", "callback_data": "d"}]]},
    )["message_id"]
    sandbox.act("say", from_=asha, text="passed on", forwarded_from=juma)
    sandbox.faults(telegram={"message_inaccessible": {"next": 1}})
    sandbox.act("press", from_=asha, message_id=number, data="d")
    said, pressed = (Update.de_json(raw, None) for raw in sandbox.updates())

    assert said.message is not None
    assert said.message.forward_origin is not None
    assert said.message.forward_origin.to_dict()["sender_user"]["first_name"] == "Juma"
    assert isinstance(pressed.callback_query, CallbackQuery)
    assert pressed.callback_query.message is not None
    assert not pressed.callback_query.message.is_accessible
