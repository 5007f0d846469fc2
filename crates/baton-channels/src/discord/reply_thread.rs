//! Creates threads for the answers to a message, and reopens archived threads.

use super::discord_id::Id;
use super::reply_route::ReplyRoute;
use super::rest::{CreateThread, ModifyChannel, RestError, code};
use super::wire::IncomingMessage;
use super::{BotState, limits};

/// Creates the thread of the answered message, unless the thread exists.
pub(super) async fn create_thread(shared: &BotState, route: ReplyRoute) -> Result<(), RestError> {
    let ReplyRoute {
        channel, message, ..
    } = route;
    let content = match shared.rest.fetch_message(channel, message).await {
        Ok(IncomingMessage::Read(asked)) => Some(asked.content),
        Ok(IncomingMessage::Unreadable(asked)) => asked.content,
        Err(_) => None,
    };
    let name = content.map(|content| thread_name(&content));
    let name = name.filter(|name| !name.is_empty());
    let thread = CreateThread {
        name: name.as_deref().unwrap_or("Baton"),
    };
    let made = shared
        .rest
        .create_thread_from_message(channel, message, thread);
    match made.await {
        Err(error) if error.code() == Some(code::HAS_THREAD) => Ok(()),
        made => made,
    }
}

/// Reopens an archived thread. Usually Discord reopens a thread for a new message without this request.
pub(super) async fn reopen_thread(shared: &BotState, thread: Id) -> Result<(), RestError> {
    let change = ModifyChannel { archived: false };
    shared.rest.modify_channel(thread, change).await
}

/// The name of a thread: the first line of the message, without mentions.
fn thread_name(content: &str) -> String {
    let line = content.lines().next().unwrap_or_default();
    let words = line
        .split_whitespace()
        .filter(|word| !word.starts_with("<@"));
    let words: Vec<_> = words.collect();
    words.join(" ").chars().take(limits::THREAD_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_named_after_what_was_asked() {
        assert_eq!(thread_name("<@5> what is  this?\nmore"), "what is this?");
        assert_eq!(
            thread_name(&"x".repeat(500)).chars().count(),
            limits::THREAD_NAME
        );
    }
}
