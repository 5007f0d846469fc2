//! The requests for updates.

use std::time::Duration;

use baton_chat::http::json_repair;
use baton_chat::http::response_body::{LONGEST, ResponseBody};
use serde_json::{Value, json};

use super::api_calls::method_request;
use super::success_answer::read_result;
use super::{BotApi, BotApiError, BotApiResult};
use crate::telegram::conversion::update_conversion::READ_UPDATES;

/// The longest time that Telegram holds a request for updates without an update (`getUpdates`).
pub(crate) const LONGEST_POLL: Duration = Duration::from_secs(50);

/// The time limit of a request for updates.
const POLL_LIMIT: Duration = Duration::from_secs(65);

/// The field with the number of an update. Telegram writes the number first.
const NUMBER: &str = "\"update_id\":";

/// The bytes at the beginning of an answer in which Baton looks for the number of the first update.
const HEAD: usize = 1024;

impl BotApi {
    /// Waits up to `wait` for updates from `offset` on, at most `most` of them. The request acknowledges all earlier
    /// updates.
    ///
    /// An answer above [`LONGEST`] bytes is an error. If the answer has only one update, the result has the number of the
    /// update without its content, so that no update stops the ones behind it.
    pub(crate) async fn fetch_updates(
        &self,
        offset: Option<i64>,
        wait: Duration,
        most: usize,
    ) -> BotApiResult<Vec<Value>> {
        let mut body = json!({
            "limit": most,
            "timeout": wait.min(LONGEST_POLL).as_secs(),
            "allowed_updates": READ_UPDATES,
        });
        if let Some(offset) = offset {
            body["offset"] = offset.into();
        }
        let request = method_request("getUpdates", &body).time_limit(POLL_LIMIT);
        match self.client.fetch_body(request).await? {
            ResponseBody::Whole(answer) => parse_updates(&answer),
            ResponseBody::Beginning(head) => {
                // Without a number in sight, the update has at least the number of the offset.
                let number = (most == 1).then(|| find_number(&head).or(offset)).flatten();
                let number = number.ok_or_else(|| BotApiError::UnreadableAnswer {
                    reason: format!("the answer is longer than {LONGEST} bytes"),
                })?;
                tracing::error!(
                    update = number,
                    "an update of Telegram is longer than {LONGEST} bytes, and is left out"
                );
                Ok(vec![json!({ "update_id": number })])
            }
        }
    }
}

fn parse_updates(answer: &[u8]) -> BotApiResult<Vec<Value>> {
    // Without JSON, the answer comes from a proxy. Another try may reach Telegram.
    let answer = json_repair::parse_json(answer).map_err(|error| BotApiError::Unknown {
        reason: format!("the answer is not JSON: {error}"),
    })?;
    read_result(answer)
}

/// The number of the first update of an answer.
fn find_number(answer: &[u8]) -> Option<i64> {
    let head = String::from_utf8_lossy(&answer[..answer.len().min(HEAD)]);
    let (_, rest) = head.split_once(NUMBER)?;
    let rest = rest.trim_start();
    let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
    rest[..end].parse().ok()
}
