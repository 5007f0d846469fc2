//! What we say.

use baton_core::channel::{DeliverError, Sent};
use baton_core::delivery::{Delivery, Operation};
use serde_json::json;

use super::Shared;
use super::post::Post;
use super::rest::{RestError, Upload};
use super::route::ReplyRoute;
use super::text::{self, Texts};

/// Carries a delivery out.
pub(super) async fn deliver(shared: &Shared, delivery: &Delivery) -> Result<Sent, DeliverError> {
    let route: ReplyRoute =
        serde_json::from_value(delivery.reply_route.clone()).map_err(|error| {
            DeliverError::Never {
                reason: format!("nothing says where on Discord this goes: {error}"),
            }
        })?;
    let mut post = Post::new(shared, route, delivery.id.0);
    let said = async {
        if delivery.maybe_repeated {
            post.look().await?;
        }
        say(&mut post, &delivery.operation, shared.settings.messages).await
    };
    let platform_id = said.await.map_err(RestError::into_deliver)?;
    Ok(Sent { platform_id })
}

/// Returns the id of the first message.
async fn say(
    post: &mut Post<'_>,
    operation: &Operation,
    most: usize,
) -> Result<Option<String>, RestError> {
    let Texts { messages, whole } = text::messages(operation.text(), most);
    let mut files: Vec<_> = whole
        .into_iter()
        .map(|whole| Upload {
            name: text::FILE.to_owned(),
            bytes: whole.into(),
        })
        .collect();
    let mut first = None;
    for (number, message) in messages.iter().enumerate() {
        let last = number + 1 == messages.len();
        let files = if last {
            std::mem::take(&mut files)
        } else {
            Vec::new()
        };
        let id = post
            .send(number, json!({ "content": message }), files)
            .await?;
        first.get_or_insert(id);
    }
    Ok(first.map(|id| id.to_string()))
}
