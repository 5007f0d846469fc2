//! Creates threads for the answers to a message, and reopens archived threads.

use reqwest::Method;
use serde_json::json;

use super::discord_id::Id;
use super::reply_route::ReplyRoute;
use super::rest::{RestError, RestRequest, code};
use super::wire::DiscordMessage;
use super::{BotState, limits};

/// Creates the thread of the answered message, unless the thread exists.
pub(super) async fn create_thread(shared: &BotState, route: ReplyRoute) -> Result<(), RestError> {
    let ReplyRoute {
        channel, message, ..
    } = route;
    let path = format!("channels/{channel}/messages/{message}");
    let asked: Result<DiscordMessage, _> = shared
        .rest
        .fetch_json(RestRequest::new(Method::GET, &*path))
        .await;
    let name = asked
        .map(|asked| thread_name(&asked.content))
        .unwrap_or_default();
    let name = if name.is_empty() { "Baton" } else { &name };
    let body = json!({ "name": name });
    let call = RestRequest::new(Method::POST, format!("{path}/threads")).body(&body);
    match shared.rest.send_request(call).await {
        Err(error) if error.code() == Some(code::HAS_THREAD) => Ok(()),
        made => made,
    }
}

/// Reopens an archived thread. Usually Discord reopens a thread for a new message without this request.
pub(super) async fn reopen_thread(shared: &BotState, thread: Id) -> Result<(), RestError> {
    let body = json!({ "archived": false });
    let call = RestRequest::new(Method::PATCH, format!("channels/{thread}")).body(&body);
    shared.rest.send_request(call).await
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
