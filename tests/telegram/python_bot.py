"""A bot written with python-telegram-bot, for the tests `with_telegram_clients` of baton-testkit.

The server is named by BOT_API, and the token by BOT_TOKEN. With BOT_SECRET, the bot gets its updates by a
webhook instead of polls. grammy_bot.js has the same commands.
"""

import os
import socket

from telegram import (
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    ReplyParameters,
    TelegramObject,
    Update,
)
from telegram.constants import ChatAction
from telegram.error import ChatMigrated, RetryAfter, TelegramError
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    MessageReactionHandler,
    TypeHandler,
    filters,
)

Context = ContextTypes.DEFAULT_TYPE

# The library gives durations as the type of the standard library.
os.environ["PTB_TIMEDELTA"] = "1"

# Events without an answer of their own; /seen tells them.
seen: list[str] = []

# The fields of later versions of the Bot API than the library's.
LATER = {"can_send_welcome_messages", "supports_join_request_queries"}


def unknown_fields(value, path: str) -> list[str]:
    """The fields of an object that the library does not know."""
    if isinstance(value, (list, tuple)):
        return [field for item in value for field in unknown_fields(item, path)]
    if not isinstance(value, TelegramObject):
        return []
    found = [f"{path}.{name}" for name in value.api_kwargs if name not in LATER]
    names = {name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())}
    for name in names - {"api_kwargs", "_bot", "_id_attrs"}:
        found += unknown_fields(getattr(value, name, None), f"{path}.{name}")
    return found


async def check_update(update: Update, context: Context) -> None:
    seen.extend(unknown_fields(update, "update"))


async def start(update: Update, context: Context) -> None:
    message, me = update.message, await context.bot.get_me()
    seen.extend(unknown_fields(me, "me"))
    await message.reply_text(
        f"Hello {update.effective_user.first_name}, I am @{me.username}",
        reply_parameters=ReplyParameters(message.message_id),
    )


async def echo(update: Update, context: Context) -> None:
    await update.message.reply_text(update.message.text, do_quote=True)


async def edited(update: Update, context: Context) -> None:
    await update.edited_message.reply_text(f"edited: {update.edited_message.text}")


async def menu(update: Update, context: Context) -> None:
    keyboard = [
        [InlineKeyboardButton("Yes", callback_data="yes"), InlineKeyboardButton("No", callback_data="no")],
        [InlineKeyboardButton("Docs", url="https://example.org")],
    ]
    await update.message.reply_text("Choose:", reply_markup=InlineKeyboardMarkup(keyboard))


async def press(update: Update, context: Context) -> None:
    query = update.callback_query
    if not query.message.is_accessible:
        await query.answer("The message is gone", show_alert=True)
        return
    await query.answer(f"You chose {query.data}")
    await query.edit_message_text(f"Chosen: {query.data}")


async def files(update: Update, context: Context) -> None:
    message, picture = update.message, b"\x89PNG a picture"
    await message.reply_chat_action(ChatAction.UPLOAD_DOCUMENT)
    await message.reply_photo(picture, caption="a photo", filename="a.png")
    sent = await message.reply_document(b"some notes", filename="notes.txt")
    await message.reply_voice(b"OggS", filename="voice.ogg")
    album = await message.reply_media_group([InputMediaPhoto(picture, caption="one"), InputMediaPhoto(picture)])
    seen.extend(unknown_fields([sent, album], "sent"))
    await message.reply_document(sent.document.file_id, caption="again")


async def download(update: Update, context: Context) -> None:
    message = update.message
    attachment = message.effective_attachment
    attachment = attachment[-1] if isinstance(attachment, tuple) else attachment
    file = await attachment.get_file()
    seen.extend(unknown_fields(file, "file"))
    content = bytes(await file.download_as_bytearray()).decode()
    album = " of an album" if message.media_group_id else ""
    await message.reply_text(f"{len(content)} bytes{album}: {content}")


async def react(update: Update, context: Context) -> None:
    await update.message.set_reaction("👍")


async def reaction(update: Update, context: Context) -> None:
    change = update.message_reaction
    emojis = "".join(kind.emoji for kind in change.new_reaction) or "nothing"
    seen.append(f"{change.user.first_name} reacts with {emojis}")


async def topics(update: Update, context: Context) -> None:
    chat, name = update.effective_chat, context.args[0]
    topic = await chat.create_forum_topic(name)
    sent = await chat.send_message("first", message_thread_id=topic.message_thread_id)
    seen.extend(unknown_fields([topic, sent], "topic"))
    is_there = sent.is_topic_message and sent.message_thread_id == topic.message_thread_id
    seen.append(f"sent to its topic: {str(is_there).lower()}")
    await chat.edit_forum_topic(topic.message_thread_id, name=f"{name} 2")
    await chat.close_forum_topic(topic.message_thread_id)
    await chat.reopen_forum_topic(topic.message_thread_id)
    await update.message.reply_text(f"topic {topic.name}")


async def untopic(update: Update, context: Context) -> None:
    await update.effective_chat.delete_forum_topic(update.message.message_thread_id)


async def topic_event(update: Update, context: Context) -> None:
    message = update.message
    if message.forum_topic_created:
        seen.append(f"created: {message.forum_topic_created.name}")
    elif message.forum_topic_edited:
        seen.append(f"renamed: {message.forum_topic_edited.name}")
    elif message.forum_topic_closed:
        seen.append("closed")
    elif message.forum_topic_reopened:
        seen.append("reopened")


async def moved(update: Update, context: Context) -> None:
    message = update.message
    seen.append("moved to" if message.migrate_to_chat_id else "moved from")


async def commands(update: Update, context: Context) -> None:
    scope = BotCommandScopeChat(update.effective_chat.id)
    await context.bot.set_my_commands([BotCommand("start", "Begin"), BotCommand("menu", "Choose")])
    await context.bot.set_my_commands([BotCommand("seen", "Tell")], scope=scope, language_code="de")
    everywhere = await context.bot.get_my_commands()
    here = await context.bot.get_my_commands(scope=scope, language_code="de")
    await context.bot.delete_my_commands(scope=scope, language_code="de")
    await update.message.reply_text(" ".join(command.command for command in everywhere + here))


async def members(update: Update, context: Context) -> None:
    chat = await context.bot.get_chat(context.args[0])
    administrators = await chat.get_administrators()
    member = await chat.get_member(update.effective_user.id)
    seen.extend(unknown_fields([chat, administrators, member], "chat"))
    statuses = ", ".join(sorted(administrator.status for administrator in administrators))
    await update.message.reply_text(f"{chat.title} ({chat.type}): {statuses}; you: {member.status}")


async def remove(update: Update, context: Context) -> None:
    sent = [await update.message.reply_text(f"soon gone {number}") for number in range(3)]
    await sent[0].delete()
    await update.effective_chat.delete_messages([message.message_id for message in sent[1:]])
    await update.message.reply_text("removed")


async def draft(update: Update, context: Context) -> None:
    chat = update.effective_chat
    await chat.send_message_draft(draft_id=7, text="Thinking about")
    await chat.send_message_draft(draft_id=7, text="Thinking about it")


async def bot_member(update: Update, context: Context) -> None:
    change = update.my_chat_member
    seen.append(f"in {change.chat.title}: {change.old_chat_member.status}, then {change.new_chat_member.status}")


async def write_to(update: Update, context: Context) -> None:
    await context.bot.send_message(context.args[0], "Anyone there?")


async def tell_seen(update: Update, context: Context) -> None:
    await update.message.reply_text("\n".join(seen) or "nothing")
    seen.clear()


async def tell_error(update: object, context: Context) -> None:
    """Tells the class and the details of an error."""
    error = context.error
    text = type(error).__name__
    if isinstance(error, RetryAfter):
        text += f" {error.retry_after.total_seconds():.0f}"
    elif isinstance(error, ChatMigrated):
        text += f" {error.new_chat_id}"
    elif isinstance(error, TelegramError):
        text += f" {error.message}"
    else:
        text += f" {error!r}"
    if isinstance(update, Update):
        await context.bot.send_message(update.effective_chat.id, text)
    else:
        seen.append(text)


def main() -> None:
    api, token, secret = os.environ["BOT_API"], os.environ["BOT_TOKEN"], os.environ.get("BOT_SECRET")
    builder = Application.builder().token(token).base_url(f"{api}/bot").base_file_url(f"{api}/file/bot")
    application = builder.build()
    application.add_handler(TypeHandler(Update, check_update), group=-1)
    for name, answer in {
        "start": start, "menu": menu, "files": files, "react": react, "topics": topics, "untopic": untopic,
        "commands": commands, "members": members, "remove": remove, "draft": draft, "write": write_to,
        "seen": tell_seen,
    }.items():
        application.add_handler(CommandHandler(name, answer, filters=filters.UpdateType.MESSAGE))
    event = filters.StatusUpdate
    topic_events = event.FORUM_TOPIC_CREATED | event.FORUM_TOPIC_EDITED | event.FORUM_TOPIC_CLOSED
    application.add_handler(MessageHandler(topic_events | event.FORUM_TOPIC_REOPENED, topic_event))
    application.add_handler(MessageHandler(event.MIGRATE, moved))
    application.add_handler(MessageHandler(filters.UpdateType.EDITED_MESSAGE, edited))
    application.add_handler(MessageHandler(filters.Document.ALL | filters.PHOTO | filters.VOICE, download))
    application.add_handler(MessageHandler(filters.UpdateType.MESSAGE & filters.TEXT & ~filters.COMMAND, echo))
    application.add_handler(CallbackQueryHandler(press))
    application.add_handler(MessageReactionHandler(reaction))
    application.add_handler(ChatMemberHandler(bot_member, ChatMemberHandler.MY_CHAT_MEMBER))
    application.add_error_handler(tell_error)
    if secret is None:
        application.run_polling(allowed_updates=Update.ALL_TYPES)
    else:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        application.run_webhook(
            unix=listener,
            url_path="updates",
            webhook_url=f"http://127.0.0.1:{listener.getsockname()[1]}/updates",
            secret_token=secret,
            allowed_updates=Update.ALL_TYPES,
        )


if __name__ == "__main__":
    main()
