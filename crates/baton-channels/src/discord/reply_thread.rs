//! Creates threads for the answers to a message, and reopens archived threads.

use reqwest::Method;
use serde_json::json;

use super::discord_id::Id;
use super::reply_route::ReplyRoute;
use super::rest::{Call, RestError, code};
use super::wire::Message;
use super::{Shared, limits};

/// Creates the thread of the answered message, unless the thread exists.
pub(super) async fn make(shared: &Shared, route: ReplyRoute) -> Result<(), RestError> {
    let ReplyRoute {
        channel, message, ..
    } = route;
    let path = format!("channels/{channel}/messages/{message}");
    let asked: Result<Message, _> = shared.rest.call(Call::new(Method::GET, &*path)).await;
    let name = asked.map(|asked| title(&asked.content)).unwrap_or_default();
    let name = if name.is_empty() { "Baton" } else { &name };
    let body = json!({ "name": name });
    let call = Call::new(Method::POST, format!("{path}/threads")).body(&body);
    match shared.rest.done(call).await {
        Err(error) if error.code() == Some(code::HAS_THREAD) => Ok(()),
        made => made,
    }
}

/// Reopens an archived thread. Usually Discord reopens a thread for a new message without this request.
pub(super) async fn reopen(shared: &Shared, thread: Id) -> Result<(), RestError> {
    let body = json!({ "archived": false });
    let call = Call::new(Method::PATCH, format!("channels/{thread}")).body(&body);
    shared.rest.done(call).await
}

/// The name of a thread: the first line of the message, without mentions.
fn title(content: &str) -> String {
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
        assert_eq!(title("<@5> what is  this?\nmore"), "what is this?");
        assert_eq!(title(&"x".repeat(500)).chars().count(), limits::THREAD_NAME);
    }
}
