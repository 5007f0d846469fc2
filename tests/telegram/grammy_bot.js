// A bot written with grammY, for the tests `with_telegram_clients` of baton-testkit.
//
// The server is named by BOT_API, and the token by BOT_TOKEN. With BOT_SECRET, the bot gets its updates by a
// webhook instead of polls. With BOT_TYPES, the bot writes all updates and answers into this file at its end, as
// a TypeScript program that compiles if they have the types of @grammyjs/types. python_bot.py has the same commands.

import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { API_CONSTANTS, Bot, GrammyError, HttpError, InlineKeyboard, InputFile, InputMediaBuilder, webhookCallback } from "grammy";

const { BOT_API, BOT_TOKEN, BOT_SECRET, BOT_TYPES } = process.env;
const bot = new Bot(BOT_TOKEN, { client: { apiRoot: BOT_API } });

// Events without an answer of their own; /seen tells them.
let seen = [];
// The updates and answers, as lines of TypeScript.
const received = [];

/** Notes a value. @param {string} type */
function note(type, value) {
  // The types require that a message inside another message has this field, without a value.
  const inner = (key, message) => key === "reply_to_message" && typeof message === "object" && message[key] === undefined
    ? { ...message, [key]: "undefined" }
    : message;
  const text = JSON.stringify(value, inner).replaceAll('"reply_to_message":"undefined"', '"reply_to_message":undefined');
  received.push(`export const value${received.length}: ${type} = ${text};`);
}

bot.api.config.use(async (previous, method, payload, signal) => {
  const answer = await previous(method, payload, signal);
  if (answer.ok) note(`ReturnType<Methods["${method}"]>`, answer.result);
  return answer;
});

bot.use(async (ctx, next) => {
  note("Update", ctx.update);
  await next();
});

bot.command("start", async (ctx) => {
  const me = await ctx.api.getMe();
  await ctx.reply(`Hello ${ctx.from.first_name}, I am @${me.username}`, {
    reply_parameters: { message_id: ctx.msg.message_id },
  });
});

bot.command("menu", async (ctx) => {
  const keyboard = new InlineKeyboard().text("Yes", "yes").text("No", "no").row().url("Docs", "https://example.org");
  await ctx.reply("Choose:", { reply_markup: keyboard });
});

bot.on("callback_query:data", async (ctx) => {
  const { data, message } = ctx.callbackQuery;
  if (message.date === 0) {
    await ctx.answerCallbackQuery({ text: "The message is gone", show_alert: true });
    return;
  }
  await ctx.answerCallbackQuery(`You chose ${data}`);
  await ctx.editMessageText(`Chosen: ${data}`);
});

bot.command("files", async (ctx) => {
  const picture = () => new InputFile(Buffer.from("\x89PNG a picture", "latin1"), "a.png");
  await ctx.replyWithChatAction("upload_document");
  await ctx.replyWithPhoto(picture(), { caption: "a photo" });
  const sent = await ctx.replyWithDocument(new InputFile(Buffer.from("some notes"), "notes.txt"));
  await ctx.replyWithVoice(new InputFile(Buffer.from("OggS"), "voice.ogg"));
  await ctx.replyWithMediaGroup([
    InputMediaBuilder.photo(picture(), { caption: "one" }),
    InputMediaBuilder.photo(picture()),
  ]);
  await ctx.replyWithDocument(sent.document.file_id, { caption: "again" });
});

bot.on([":document", ":photo", ":voice"], async (ctx) => {
  const file = await ctx.getFile();
  const content = await (await fetch(`${BOT_API}/file/bot${BOT_TOKEN}/${file.file_path}`)).text();
  const album = ctx.msg.media_group_id === undefined ? "" : " of an album";
  await ctx.reply(`${content.length} bytes${album}: ${content}`);
});

bot.command("react", (ctx) => ctx.react("👍"));

bot.on("message_reaction", (ctx) => {
  const { user, new_reaction: reactions } = ctx.messageReaction;
  const emojis = reactions.map((reaction) => reaction.emoji).join("") || "nothing";
  seen.push(`${user.first_name} reacts with ${emojis}`);
});

bot.command("topics", async (ctx) => {
  const topic = await ctx.createForumTopic(ctx.match);
  const id = topic.message_thread_id;
  const sent = await ctx.api.sendMessage(ctx.chat.id, "first", { message_thread_id: id });
  seen.push(`sent to its topic: ${sent.is_topic_message && sent.message_thread_id === id}`);
  await ctx.api.editForumTopic(ctx.chat.id, id, { name: `${ctx.match} 2` });
  await ctx.api.closeForumTopic(ctx.chat.id, id);
  await ctx.api.reopenForumTopic(ctx.chat.id, id);
  await ctx.reply(`topic ${topic.name}`);
});

bot.command("untopic", (ctx) => ctx.deleteForumTopic());

bot.on("message:forum_topic_created", (ctx) => void seen.push(`created: ${ctx.msg.forum_topic_created.name}`));
bot.on("message:forum_topic_edited", (ctx) => void seen.push(`renamed: ${ctx.msg.forum_topic_edited.name}`));
bot.on("message:forum_topic_closed", () => void seen.push("closed"));
bot.on("message:forum_topic_reopened", () => void seen.push("reopened"));
bot.on("message:migrate_to_chat_id", () => void seen.push("moved to"));
bot.on("message:migrate_from_chat_id", () => void seen.push("moved from"));

bot.command("commands", async (ctx) => {
  const here = { scope: { type: "chat", chat_id: ctx.chat.id }, language_code: "de" };
  await ctx.api.setMyCommands([
    { command: "start", description: "Begin" },
    { command: "menu", description: "Choose" },
  ]);
  await ctx.api.setMyCommands([{ command: "seen", description: "Tell" }], here);
  const commands = [...(await ctx.api.getMyCommands()), ...(await ctx.api.getMyCommands(here))];
  await ctx.api.deleteMyCommands(here);
  await ctx.reply(commands.map((command) => command.command).join(" "));
});

bot.command("members", async (ctx) => {
  const chat = await ctx.api.getChat(ctx.match);
  const administrators = await ctx.api.getChatAdministrators(chat.id);
  const member = await ctx.api.getChatMember(chat.id, ctx.from.id);
  const statuses = administrators.map((administrator) => administrator.status).sort().join(", ");
  await ctx.reply(`${chat.title} (${chat.type}): ${statuses}; you: ${member.status}`);
});

bot.command("remove", async (ctx) => {
  const sent = [];
  for (let number = 0; number < 3; number += 1) sent.push(await ctx.reply(`soon gone ${number}`));
  const [first, ...rest] = sent.map((message) => message.message_id);
  await ctx.api.deleteMessage(ctx.chat.id, first);
  await ctx.deleteMessages(rest);
  await ctx.reply("removed");
});

bot.command("draft", async (ctx) => {
  await ctx.api.sendMessageDraft(ctx.chat.id, 7, "Thinking about");
  await ctx.api.sendMessageDraft(ctx.chat.id, 7, "Thinking about it");
});

// Methods that are newer than python-telegram-bot.
bot.command("rich", async (ctx) => {
  const heading = { type: "heading", size: 2, text: "Plan" };
  const steps = { type: "paragraph", text: ["first ", { type: "bold", text: "this" }] };
  const sent = await ctx.api.sendRichMessage(ctx.chat.id, { blocks: [heading, steps] });
  await ctx.api.editMessageText(ctx.chat.id, sent.message_id, { markdown: "# Done" });
  await ctx.api.sendMessageDraft(ctx.chat.id, 8, "Working", { can_stop: true });
});

bot.on("stopped_message_generation", (ctx) => void seen.push(`stopped ${ctx.update.stopped_message_generation.draft_id}`));

bot.command("quietly", async (ctx) => {
  const parameters = { ephemeral_message_parameters: { receiver_user_id: ctx.from.id } };
  const sent = await ctx.reply("Only you see this", parameters);
  const { ephemeral_message_id: id } = sent;
  await ctx.api.editEphemeralMessageText(ctx.chat.id, ctx.from.id, id, "Nobody else saw this");
  await ctx.api.deleteEphemeralMessage(ctx.chat.id, ctx.from.id, id);
  await ctx.reply(`message ${id} of ${sent.receiver_user.first_name} came and went`);
});

bot.on("my_chat_member", (ctx) => {
  const { chat, old_chat_member: before, new_chat_member: now } = ctx.myChatMember;
  seen.push(`in ${chat.title}: ${before.status}, then ${now.status}`);
});

bot.command("write", (ctx) => ctx.api.sendMessage(ctx.match, "Anyone there?"));

bot.command("seen", async (ctx) => {
  await ctx.reply(seen.join("\n") || "nothing");
  seen = [];
});

bot.on("edited_message:text", (ctx) => ctx.reply(`edited: ${ctx.msg.text}`));
bot.on("message:text", (ctx) => ctx.reply(ctx.msg.text, { reply_parameters: { message_id: ctx.msg.message_id } }));

/** The class and the details of an error. */
function describe(error) {
  if (error instanceof GrammyError) {
    const { retry_after: wait, migrate_to_chat_id: chat } = error.parameters;
    return `GrammyError ${error.error_code} ${wait ?? chat ?? error.description}`;
  }
  return error instanceof HttpError ? "HttpError" : `another error: ${error}`;
}

bot.catch(({ error, ctx }) => ctx.reply(describe(error)));

/** Writes all that was received as a program. */
function writeTypes() {
  if (BOT_TYPES === undefined) return;
  const types = fileURLToPath(import.meta.resolve("@grammyjs/types"));
  const head = [
    `import type { ApiMethods, Update } from ${JSON.stringify(types)};`,
    "type Methods = ApiMethods<never>;",
  ];
  writeFileSync(BOT_TYPES, [...head, ...received, ""].join("\n"));
}

/** Polls until a signal. After an error that ends the polls, the bot tells the error and begins again. */
async function poll() {
  let stopped = false;
  process.once("SIGTERM", () => {
    stopped = true;
    void bot.stop();
  });
  while (!stopped) {
    try {
      await bot.start({ allowed_updates: API_CONSTANTS.ALL_UPDATE_TYPES });
    } catch (error) {
      // No other program takes the place of a bot with a wrong token.
      if (!(error instanceof GrammyError && error.error_code === 409)) throw error;
      seen.push(describe(error));
    }
  }
}

/** Serves a webhook until a signal. */
async function serve() {
  await bot.init();
  const server = createServer(webhookCallback(bot, "http", { secretToken: BOT_SECRET }));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  await bot.api.setWebhook(`http://127.0.0.1:${server.address().port}/updates`, {
    secret_token: BOT_SECRET,
    allowed_updates: API_CONSTANTS.ALL_UPDATE_TYPES,
  });
  await new Promise((resolve) => process.once("SIGTERM", resolve));
  server.close();
}

await (BOT_SECRET === undefined ? poll() : serve());
writeTypes();
