//! The commands about the conversations of a chat: `/sessions`, `/rename`, `/mute` and `/unmute`. Only platforms with named
//! threads have these commands.

use std::collections::BTreeMap;
use std::fmt::Write;

use baton_core::authority::{Forbidden, Right};
use baton_core::commands::CommandError;
use baton_core::store::{ConversationsQuery, ListedConversation, StoreError};

use super::action_context::{ActionContext, ActionTask, FirstResponse, NOT_ALLOWED, render_error};
use super::persistent_responder::PersistentResponder;
use crate::backoff::BackoffTimer;
use crate::connector::{ActionAnswer, ChatId, NamedThreads};
use crate::offered_commands::conversation_specs::{MUTE, RENAME, SESSIONS, THREAD_NAME, UNMUTE};

/// The maximum number of listed conversations.
const LISTED: usize = 20;

/// The maximum number of conversations to read for a list. The person may not see some of them.
const READ: usize = 100;

/// The maximum length of a message's excerpt, in characters.
const EXCERPT: usize = 40;

const MAY_NOT_RENAME: &str = "Only people who may manage messages here can rename this topic.";

/// A command about the conversations of a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConversationCommand {
    /// Lists the conversations of the chat.
    Sessions,
    /// Renames the thread.
    Rename(String),
    /// Sets whether the messages of the conversation come without a notification.
    SetMuted(bool),
}

/// Chooses the first answer to a command; `None` for other commands.
pub(super) fn choose_response(
    context: &ActionContext<'_>,
    name: &str,
    options: &BTreeMap<String, String>,
) -> Option<FirstResponse> {
    let command = match name {
        SESSIONS => ConversationCommand::Sessions,
        RENAME => {
            let name = options.get(THREAD_NAME).map_or("", String::as_str);
            ConversationCommand::Rename(name.trim().to_owned())
        }
        MUTE => ConversationCommand::SetMuted(true),
        UNMUTE => ConversationCommand::SetMuted(false),
        _ => return None,
    };
    let threads = context.layer.connector.named_threads()?;
    Some(match check_command(context, threads, &command) {
        Ok(()) => FirstResponse::Deferred(ActionTask::Conversation(command)),
        Err(why) => FirstResponse::text(why),
    })
}

/// Checks the right of the person, and the name of a thread. An error is the text for the person.
fn check_command(
    context: &ActionContext<'_>,
    threads: &dyn NamedThreads,
    command: &ConversationCommand,
) -> Result<(), String> {
    let right = match command {
        ConversationCommand::Sessions => Right::ReadStatus,
        ConversationCommand::Rename(_) => Right::Rename,
        ConversationCommand::SetMuted(_) => Right::Mute,
    };
    context
        .person
        .check_right(right)
        .map_err(|error| match error {
            Forbidden::NotModerator => MAY_NOT_RENAME.to_owned(),
            _ => NOT_ALLOWED.to_owned(),
        })?;
    let ConversationCommand::Rename(name) = command else {
        return Ok(());
    };
    let longest = threads.longest_name();
    match name.chars().count() {
        0 => Err("write it as: /rename NAME".to_owned()),
        length if length > longest => Err(format!(
            "A name has at most {longest} characters, and this one {length}."
        )),
        _ if name.chars().any(char::is_control) => Err("A name is one line.".to_owned()),
        _ => Ok(()),
    }
}

/// Runs a command; returns the answer to show.
pub(super) async fn run_command(
    context: &ActionContext<'_>,
    responder: &PersistentResponder,
    command: ConversationCommand,
) -> ActionAnswer {
    let done = match command {
        ConversationCommand::Sessions => list_sessions(context).await,
        ConversationCommand::Rename(name) => return rename_thread(context, responder, &name).await,
        ConversationCommand::SetMuted(is_muted) => set_muted(context, is_muted).await,
    };
    ActionAnswer::text(done.unwrap_or_else(|error| render_error(&error)))
}

async fn rename_thread(
    context: &ActionContext<'_>,
    responder: &PersistentResponder,
    name: &str,
) -> ActionAnswer {
    let Some(threads) = context.layer.connector.named_threads() else {
        return ActionAnswer::text("This command no longer exists.");
    };
    let chat = context.layer.places.moved.current_chat(context.chat);
    let mut pause = BackoffTimer::default();
    let renamed = loop {
        match threads.rename(&chat, name).await {
            Err(error) if responder.wait_for_next_try(&error, &mut pause).await => {}
            done => break done,
        }
    };
    ActionAnswer::text(match renamed {
        Ok(()) => "The topic has its new name.".to_owned(),
        Err(error) => format!("The topic is not renamed: {}", render_error(&error)),
    })
}

async fn set_muted(context: &ActionContext<'_>, is_muted: bool) -> Result<String, CommandError> {
    let place = context.find_place().await;
    let persona = &context.answering.persona;
    let store = context.inbox.store();
    let here = store.conversation(&place, persona).await?;
    let here = here.ok_or_else(|| CommandError::Nothing(persona.clone()))?;
    store.set_muted(here.id, is_muted).await?;
    let text = if is_muted {
        "From now on, messages in this conversation come without a sound, except approvals. /unmute ends this."
    } else {
        "From now on, messages in this conversation come with a sound again."
    };
    Ok(text.to_owned())
}

/// Lists the conversations of the chat and of its threads, as far as the person may read their state.
async fn list_sessions(context: &ActionContext<'_>) -> Result<String, CommandError> {
    let here = context.find_place().await;
    let listed = read_conversations(context).await?;
    let mut list = String::new();
    let mut count = 0;
    for conversation in listed {
        let chat = chat_of(&conversation);
        if !may_read(context, chat.as_ref()).await {
            continue;
        }
        count += 1;
        if count > LISTED {
            list.push_str("- and more\n");
            break;
        }
        let place = if conversation.place == here {
            "here".to_owned()
        } else {
            render_place(context, chat.as_ref())
        };
        let _ = writeln!(list, "- {}", render_line(&conversation, &place));
    }
    if list.is_empty() {
        return Ok("Nobody has written to the bot in this chat yet.".to_owned());
    }
    Ok(list.trim_end().to_owned())
}

/// The conversations of the outermost chat around the chat of the command.
async fn read_conversations(
    context: &ActionContext<'_>,
) -> Result<Vec<ListedConversation>, StoreError> {
    let connector = &context.layer.connector;
    let chat = context.layer.places.moved.current_chat(context.chat);
    // A thread has an id within that of its chat, as the moves of chats assume too.
    let whole = chat.as_str().split('/').next().unwrap_or_default();
    let query = ConversationsQuery {
        channel: connector.channel(),
        account: connector.account(),
        chat: whole.to_owned(),
        limit: READ,
    };
    context.inbox.store().conversations(query).await
}

/// The chat of a conversation; `None` for a thread that does not exist yet.
fn chat_of(conversation: &ListedConversation) -> Option<ChatId> {
    let address = match &conversation.topic {
        Some(topic) => topic.as_str(),
        // The address names the message, until the thread exists.
        None => Some(conversation.place.address.as_str()).filter(|it| !it.contains(' '))?,
    };
    Some(address.into())
}

/// Whether the person may read the state of a conversation in this chat. A thread can have settings of its own.
async fn may_read(context: &ActionContext<'_>, chat: Option<&ChatId>) -> bool {
    let Some(chat) = chat else {
        return true;
    };
    let Ok(known) = context.layer.find_chat(chat).await else {
        return false;
    };
    let answering = context.layer.places.answer_settings(chat, &known);
    answering.is_some_and(|answering| {
        let person = answering.describe_actor(context.actor);
        person.has_right(Right::ReadStatus)
    })
}

fn render_place(context: &ActionContext<'_>, chat: Option<&ChatId>) -> String {
    let Some(chat) = chat else {
        return "a topic to come".to_owned();
    };
    let threads = context.layer.connector.named_threads();
    match threads.and_then(|threads| threads.link(chat)) {
        Some(link) => format!("[topic]({link})"),
        None => format!("`{chat}`"),
    }
}

fn render_line(conversation: &ListedConversation, place: &str) -> String {
    let mut line = format!("**{}**, {place}: ", conversation.persona);
    line.push_str(if conversation.is_running {
        "answering"
    } else {
        "idle"
    });
    if conversation.waiting > 0 {
        let _ = write!(line, ", {} waiting", conversation.waiting);
    }
    if let Some(model) = &conversation.model {
        let _ = write!(line, ", model `{model}`");
    }
    if conversation.is_muted {
        line.push_str(", muted");
    }
    if let Some((number, text)) = &conversation.newest {
        let _ = write!(line, "; message {number}: `{}`", render_excerpt(text));
    }
    line
}

/// One line without backticks, so the excerpt cannot contain markup.
fn render_excerpt(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ").replace('`', "'");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.is_empty() => "…".to_owned(),
        None => line,
    }
}
