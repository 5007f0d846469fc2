//! The HTTP server of the API.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri, header};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::answer::{Form, pieces};
use super::sheet::{Block, Sheet, error, whole};
use super::{Asked, Shared, held};
use crate::wire::{Caller, End, driven, written};

#[derive(Clone)]
pub(super) struct Serving {
    pub(super) shared: Arc<Shared>,
    pub(super) down: CancellationToken,
}

/// `POST /v1/messages`
pub(super) async fn messages(
    State(Serving { shared, down }): State<Serving>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response<Body> {
    let asked = Asked {
        key: key(&headers),
        session: word(&headers, "x-claude-code-session-id"),
        body,
    };
    let streamed = asked.body["stream"] == true;
    if !asked.is_of_a_conversation() {
        held(&shared.asides).push(asked);
        let title = Block::Text(json!({"title": "A title"}).to_string());
        return message(&[title], streamed, shared.visits.caller(), down);
    }
    let answer = shared.answer(asked);
    let mut caller = shared.visits.caller();
    match answer.0 {
        Form::Nothing => {
            down.cancelled().await;
            caller.is_served();
            document(503, None, &error("api_error", "the script is over"))
        }
        Form::Error {
            status,
            message,
            retry_after,
        } => {
            caller.is_served();
            document(status, retry_after, &error(kind(status), &message))
        }
        Form::Message(blocks) => message(&blocks, streamed, caller, down),
        Form::Cut { text, then, end } => {
            let mut sheet = Sheet::default();
            let pieces = [Sheet::begin(), sheet.say(&text), then];
            let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
            events(written(pieces.collect(), end, caller, down))
        }
        Form::Driven(pieces) => events(driven(pieces, caller, down)),
    }
}

/// `POST /v1/messages/count_tokens`: counts each word as one token.
pub(super) async fn count_tokens(Json(body): Json<Value>) -> Json<Value> {
    Json(json!({"input_tokens": body.to_string().split_whitespace().count()}))
}

/// Records an unknown request and answers 404.
pub(super) async fn unknown(
    State(Serving { shared, .. }): State<Serving>,
    method: Method,
    uri: Uri,
) -> Response<Body> {
    held(&shared.unknown).push(format!("{method} {}", uri.path()));
    document(404, None, &error("not_found_error", "Not Found"))
}

fn message(
    blocks: &[Block],
    streamed: bool,
    mut caller: Caller,
    down: CancellationToken,
) -> Response<Body> {
    if streamed {
        events(written(pieces(blocks).into(), End::Whole, caller, down))
    } else {
        caller.is_served();
        document(200, None, &whole(blocks))
    }
}

fn events(body: Body) -> Response<Body> {
    Response::builder()
        .header(header::CONTENT_TYPE, "text/event-stream")
        .body(body)
        .expect("the header is well formed")
}

fn document(status: u16, retry_after: Option<u64>, document: &Value) -> Response<Body> {
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(seconds) = retry_after {
        response = response.header(header::RETRY_AFTER, seconds);
    }
    response
        .body(document.to_string().into())
        .expect("a status that HTTP knows")
}

/// The API's error type for a status.
fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        400..500 => "invalid_request_error",
        _ => "api_error",
    }
}

fn word(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

fn key(headers: &HeaderMap) -> Option<String> {
    word(headers, "x-api-key").or_else(|| {
        let bearer = word(headers, "authorization")?;
        Some(bearer.strip_prefix("Bearer ")?.to_owned())
    })
}
