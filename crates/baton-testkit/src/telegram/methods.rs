//! The methods of the Bot API.

use serde_json::{Value, json};

use super::answer::{ApiError, Done};
use super::chat_objects::{ChatKind, Draft, SentFile, Standing};
use super::requests::Call;
use super::webhook;
use super::world::World;

mod bot_commands;
mod editing;
mod sending;
mod topic_methods;

pub(super) use topic_methods::names_general;

/// The largest file that `getFile` gives.
const DOWNLOAD: usize = 20 << 20;

pub(super) fn perform_method(world: &mut World, method: &str, call: &Call) -> Done {
    match method {
        "getMe" => Ok(describe_bot(world)),
        "getChat" => describe_chat(world, call),
        "getChatMember" => describe_member(world, call),
        "getChatAdministrators" => list_administrators(world, call),
        "getUpdates" => Ok(json!([])),
        "setWebhook" => webhook::set_webhook(world, call),
        "deleteWebhook" => Ok(webhook::delete_webhook(world, call)),
        "getWebhookInfo" => Ok(webhook::describe_webhook(world)),
        "sendMessage" | "sendRichMessage" => sending::send_text(world, call),
        "sendPhoto" => sending::send_file(world, call, "photo"),
        "sendDocument" => sending::send_file(world, call, "document"),
        "sendVoice" => sending::send_file(world, call, "voice"),
        "sendMediaGroup" => sending::send_album(world, call),
        "sendChatAction" => show_action(world, call),
        "sendMessageDraft" | "sendRichMessageDraft" => show_draft(world, call),
        "editMessageText" => editing::edit_text(world, call),
        "editMessageCaption" => editing::edit_caption(world, call),
        "editMessageReplyMarkup" => editing::edit_buttons(world, call),
        "deleteMessage" => editing::delete_message(world, call),
        "deleteMessages" => editing::delete_messages(world, call),
        "editEphemeralMessageText" => editing::edit_ephemeral_text(world, call),
        "deleteEphemeralMessage" => editing::delete_ephemeral(world, call),
        "setMessageReaction" => editing::set_reaction(world, call),
        "answerCallbackQuery" => answer_query(world, call),
        "setMyCommands" => Ok(bot_commands::set_commands(world, call)),
        "getMyCommands" => Ok(bot_commands::list_commands(world, call)),
        "deleteMyCommands" => Ok(bot_commands::delete_commands(world, call)),
        "createForumTopic" => topic_methods::create_topic(world, call),
        "editForumTopic" => topic_methods::rename_topic(world, call),
        "closeForumTopic" => topic_methods::set_closed(world, call, true),
        "reopenForumTopic" => topic_methods::set_closed(world, call, false),
        "deleteForumTopic" => topic_methods::delete_topic(world, call),
        "getFile" => locate_file(world, call),
        _ => {
            world.violation(method, "the fake does not have this method");
            Err(ApiError::new(404, "Not Found: method not found"))
        }
    }
}

fn describe_bot(world: &World) -> Value {
    let mut json = world.user_json(world.bot);
    json["can_join_groups"] = json!(true);
    json["can_read_all_group_messages"] = json!(world.reads_all);
    let lacking = [
        "supports_guest_queries",
        "supports_inline_queries",
        "supports_join_request_queries",
        "can_connect_to_business",
        "can_manage_bots",
        "has_main_web_app",
    ];
    for name in lacking {
        json[name] = json!(false);
    }
    json["has_topics_enabled"] = json!(world.has_topics);
    json["allows_users_to_create_topics"] = json!(world.has_topics);
    json
}

fn describe_chat(world: &World, call: &Call) -> Done {
    let chat = world.usable(call.chat())?;
    let mut json = world.chat_json(chat);
    json["accent_color_id"] = json!(0);
    json["max_reaction_count"] = json!(11);
    json["accepted_gift_types"] = json!({
        "unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false, "premium_subscription": false,
        "gifts_from_channels": false,
    });
    Ok(json)
}

fn describe_member(world: &World, call: &Call) -> Done {
    let chat = world.usable(call.chat())?;
    let user = call.number("user_id").unwrap_or(0);
    if !world.users.contains_key(&user) {
        return Err(ApiError::bad_request("PARTICIPANT_ID_INVALID"));
    }
    let standing = chat.members.get(&user).unwrap_or(&Standing::Left);
    Ok(world.member_json(user, standing))
}

fn list_administrators(world: &World, call: &Call) -> Done {
    let chat = world.usable(call.chat())?;
    if chat.kind == ChatKind::Private {
        return Err(ApiError::bad_request(
            "there are no administrators in the private chat",
        ));
    }
    let is_admin =
        |standing: &Standing| matches!(standing, Standing::Owner | Standing::Administrator(_));
    let admins = chat
        .members
        .iter()
        .filter(|(_, standing)| is_admin(standing));
    // Other bots are left out; the bot itself is included.
    let shown = admins
        .filter(|(id, _)| **id == world.bot || world.users.get(id).is_some_and(|user| !user.bot));
    Ok(shown
        .map(|(id, standing)| world.member_json(*id, standing))
        .collect())
}

/// Shows the bot as typing. Telegram does not check the topic.
fn show_action(world: &mut World, call: &Call) -> Done {
    let chat = world.usable(call.chat())?.id;
    let now = world.clock.steady();
    world.chat_mut(chat).typing = Some((now, call.number("message_thread_id")));
    Ok(json!(true))
}

/// Shows a draft. Telegram does not check the topic.
fn show_draft(world: &mut World, call: &Call) -> Done {
    let chat = world.usable(call.chat())?;
    if chat.kind != ChatKind::Private || chat.refuses_drafts {
        return Err(ApiError::bad_request("TEXTDRAFT_PEER_INVALID"));
    }
    let (chat, at) = (chat.id, world.clock.steady());
    let id = call.number("draft_id").unwrap_or(0);
    let rich = call.body.get("rich_message");
    let text = match rich {
        Some(rich) => super::rich::source_text(rich),
        None => call.text("text").unwrap_or_default().to_owned(),
    };
    let is_rich = rich.is_some();
    let entities = call.get("entities").as_array().cloned().unwrap_or_default();
    let drafts = &mut world.chat_mut(chat).drafts;
    let times = drafts.get(&id).map_or(0, |draft| draft.times) + 1;
    let topic = call.number("message_thread_id");
    let (can_stop, keep_on_stop) = (call.is("can_stop"), call.is("keep_on_stop"));
    drafts.insert(
        id,
        Draft {
            id,
            topic,
            text,
            entities,
            is_rich,
            can_stop,
            keep_on_stop,
            at,
            times,
        },
    );
    Ok(json!(true))
}

fn answer_query(world: &mut World, call: &Call) -> Done {
    let id = call.text("callback_query_id").unwrap_or_default();
    match world.queries.get_mut(id) {
        Some(query) if query.answer.is_none() => {
            query.answer = Some(Value::Object(call.body.clone()));
            Ok(json!(true))
        }
        _ => {
            let what = "query is too old and response timeout expired or query ID is invalid";
            Err(ApiError::bad_request(what))
        }
    }
}

fn locate_file(world: &mut World, call: &Call) -> Done {
    let id = call.text("file_id").unwrap_or_default();
    let id = id.strip_prefix("small-").unwrap_or(id);
    let file = world.files.get(id).cloned();
    let file = file.ok_or_else(|| {
        ApiError::bad_request("wrong file_id or the file is temporarily unavailable")
    })?;
    if file.size > DOWNLOAD && !world.local_files.has_folder() {
        return Err(ApiError::bad_request("file is too big"));
    }
    let local = world.local_files.give_path(&world.token, &file);
    let path = local.map_or_else(|| file_path(&file), |path| path.display().to_string());
    Ok(json!({
        "file_id": file.id, "file_unique_id": format!("u{}", file.id), "file_size": file.size,
        "file_path": path,
    }))
}

/// The path of a file for the download.
pub(super) fn file_path(file: &SentFile) -> String {
    let ending = file
        .name
        .rsplit_once('.')
        .map_or("bin", |(_, ending)| ending);
    format!("{}s/{}.{ending}", file.field, file.id)
}
