//! The server's side of HTTP.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, header};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::answer::{End, Form};
use super::{Asked, Shared};

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
        let next = script.next.pop_front();
        next.unwrap_or_else(|| (script.always)(&body))
    };
    shared.asked.send_modify(|asked| {
        asked.push(Asked {
            body,
            authorization: authorization
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        });
    });
    let mut caller = Caller {
        hung_up: Some(shared.hung_up.clone()),
    };
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
            if let Some(seconds) = retry_after {
                response = response.header(header::RETRY_AFTER, seconds);
            }
            response.body(written(body.into(), end, caller, down))
        }
        Form::Driven(pieces) => response
            .header(header::CONTENT_TYPE, "text/event-stream")
            .body(driven(pieces, caller, down)),
    }
    .expect("the headers are well formed")
}

/// Knows whether the caller stayed to the end.
struct Caller {
    hung_up: Option<watch::Sender<usize>>,
}

impl Caller {
    fn is_served(&mut self) {
        self.hung_up = None;
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        if let Some(hung_up) = &self.hung_up {
            hung_up.send_modify(|count| *count += 1);
        }
    }
}

fn written(pieces: VecDeque<Vec<u8>>, end: End, caller: Caller, down: CancellationToken) -> Body {
    let state = (pieces, caller, down);
    Body::from_stream(stream::unfold(
        state,
        move |(mut pieces, mut caller, down)| async move {
            // A piece is sent before the next is asked for, so that they arrive as they were cut.
            tokio::task::yield_now().await;
            if let Some(piece) = pieces.pop_front() {
                if pieces.is_empty() && end == End::Whole {
                    caller.is_served();
                }
                return Some((Ok(piece), (pieces, caller, down)));
            }
            match end {
                End::Whole => return None,
                End::Break => {}
                End::Silence => down.cancelled().await,
            }
            caller.is_served();
            Some((Err(broken()), (pieces, caller, down)))
        },
    ))
}

fn driven(
    pieces: mpsc::UnboundedReceiver<Vec<u8>>,
    caller: Caller,
    down: CancellationToken,
) -> Body {
    let state = (pieces, caller, down);
    Body::from_stream(stream::unfold(
        state,
        async |(mut pieces, mut caller, down)| {
            tokio::task::yield_now().await;
            let piece = tokio::select! {
                piece = pieces.recv() => piece,
                () = down.cancelled() => None,
            };
            let piece = match piece {
                Some(piece) if piece.is_empty() => {
                    caller.is_served();
                    return None;
                }
                Some(piece) => Ok(piece),
                None => {
                    caller.is_served();
                    Err(broken())
                }
            };
            Some((piece, (pieces, caller, down)))
        },
    ))
}

fn broken() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "the script breaks the connection",
    )
}
