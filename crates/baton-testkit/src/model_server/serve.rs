//! The HTTP server of the model server.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, header};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::answer::Form;
use super::{Asked, Shared};
use crate::script::last_said;
use crate::wire::{driven, written};

#[derive(Clone)]
pub(super) struct Serving {
    pub(super) shared: Arc<Shared>,
    pub(super) down: CancellationToken,
}

pub(super) async fn models(State(serving): State<Serving>) -> Json<Value> {
    let script = serving
        .shared
        .script
        .lock()
        .expect("nothing panics while it is held");
    let models = script
        .models
        .iter()
        .map(|name| json!({"id": name, "object": "model"}));
    Json(json!({"object": "list", "data": models.collect::<Vec<_>>()}))
}

pub(super) async fn completions(
    State(Serving { shared, down }): State<Serving>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response<Body> {
    let authorization = headers.get(header::AUTHORIZATION);
    let answer = {
        let mut script = shared
            .script
            .lock()
            .expect("nothing panics while it is held");
        let next = script.next.take(last_said(&body));
        next.unwrap_or_else(|| (script.always)(&body))
    };
    shared.visits.note(Asked {
        body,
        authorization: authorization
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
    });
    let mut caller = shared.visits.caller();
    let response = Response::builder();
    match answer.0 {
        Form::Nothing => {
            down.cancelled().await;
            caller.is_served();
            response.status(503).body(Body::empty())
        }
        Form::Response {
            status,
            content_type,
            retry_after,
            body,
            end,
        } => {
            let mut response = response
                .status(status)
                .header(header::CONTENT_TYPE, content_type);
            if let Some(value) = retry_after {
                response = response.header(header::RETRY_AFTER, value);
            }
            response.body(written(body.into(), end, caller, down))
        }
        Form::Driven(pieces) => response
            .header(header::CONTENT_TYPE, "text/event-stream")
            .body(driven(pieces, caller, down)),
    }
    .expect("the headers are well formed")
}
