//! Answers with the status of success. Telegram's own answers say `"ok": true`. A proxy can answer with anything.

use std::time::Duration;

use baton_chat::http::rate_limit_response::LONGEST;
use baton_chat::http::request_error::PlatformRefusal;
use baton_chat::http::tolerant_parsing::parse_value;
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{BotApiError, BotApiResult, TelegramRefusal};

/// The kind of an answer in logs.
const WHAT: &str = "an answer of Telegram";

/// The pause of a refusal that names none.
const USUAL_PAUSE: Duration = Duration::from_secs(1);

/// The form of every answer of Telegram with a result.
#[derive(Deserialize)]
struct Answer<T> {
    result: T,
}

/// Reads the result of an answer.
pub(super) fn read_result<T: DeserializeOwned>(answer: Value) -> BotApiResult<T> {
    check_success(&answer)?;
    let answer: Result<Answer<T>, _> = parse_value(WHAT, answer);
    answer
        .map(|answer| answer.result)
        .map_err(|error| BotApiError::UnreadableAnswer {
            reason: error.to_string(),
        })
}

/// Checks that an answer tells a success. Without `ok`, the answer is not Telegram's, so nobody knows the outcome.
pub(super) fn check_success(answer: &Value) -> BotApiResult {
    match answer["ok"].as_bool() {
        Some(true) => Ok(()),
        Some(false) => Err(read_refusal(answer)),
        None => Err(BotApiError::Unknown {
            reason: "the answer is not from Telegram".to_owned(),
        }),
    }
}

/// The refusal in an answer with the status of success. The body repeats the real status.
fn read_refusal(answer: &Value) -> BotApiError {
    let code = answer["error_code"].as_u64();
    let code = code.and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok());
    let code = code.unwrap_or(StatusCode::BAD_REQUEST);
    let refusal = TelegramRefusal::from_answer(code, answer.to_string().as_bytes());
    if code == StatusCode::TOO_MANY_REQUESTS {
        let after = refusal.retry_after.unwrap_or(USUAL_PAUSE).min(LONGEST);
        return BotApiError::RateLimited { after };
    }
    if code.is_server_error() {
        return BotApiError::Unknown {
            reason: refusal.to_string(),
        };
    }
    BotApiError::Refused(refusal)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(answer: Value) -> BotApiResult<i64> {
        read_result(answer)
    }

    #[test]
    fn only_an_answer_of_telegram_is_a_success() {
        assert_eq!(read(json!({ "ok": true, "result": 7 })), Ok(7));
        for foreign in [json!({}), json!(null), json!([]), json!({ "result": 7 })] {
            let unknown = matches!(read(foreign.clone()), Err(BotApiError::Unknown { .. }));
            assert!(unknown, "{foreign}");
        }
        let empty = json!({ "ok": true });
        assert!(check_success(&empty).is_ok());
        assert!(matches!(
            read(empty),
            Err(BotApiError::UnreadableAnswer { .. })
        ));
    }

    #[test]
    fn a_refusal_counts_as_its_own_code_says() {
        let read = |code: Value| {
            read(json!({ "ok": false, "error_code": code, "description": "no", "parameters": { "retry_after": 7 } }))
                .unwrap_err()
        };
        assert!(matches!(read(json!(403)), BotApiError::Refused(it) if it.code == 403));
        assert!(matches!(read(Value::Null), BotApiError::Refused(it) if it.code == 400));
        assert!(matches!(read(json!(502)), BotApiError::Unknown { .. }));
        let limited = read(json!(429));
        assert_eq!(limited.requested_pause(), Some(Duration::from_secs(7)));
    }
}
