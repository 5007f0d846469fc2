//! Downloads of files by address, and their faults. The name of these requests for
//! [`Telegram::fail_next`](super::Telegram::fail_next), and in the list of requests, is `file`.

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream;
use serde_json::Value;

use super::answer::{Answer, ApiError};
use super::faults::Fault;
use super::requests::{Asked, respond};
use super::{Shared, methods};
use crate::connection::Wire;
use crate::held::Held;

/// The method of a fault for these requests.
const METHOD: &str = "file";

/// Answers a request for a file; `rest` is the path after `/file/bot`.
pub(super) fn answer(shared: &Shared, wire: &Wire, rest: &str) -> Response {
    let (file, fault) = shared.change(|world| {
        let path = rest.split_once('/');
        let path = path.filter(|(token, _)| *token == world.token);
        let file = path.and_then(|(_, path)| {
            let mut files = world.files.values();
            files.find(|file| methods::file_path(file) == path).cloned()
        });
        world.asked.push(Asked {
            method: METHOD.to_owned(),
            body: Value::Null,
            at: world.clock.steady(),
            status: 200,
        });
        (file, world.faults.take_next(METHOD))
    });
    let Some(file) = file else {
        return respond(ApiError::new(404, "Not Found").into());
    };
    match fault {
        // A late request differs only where a request changes something.
        None | Some(Fault::Migrate(_) | Fault::Late(_)) => whole(file.bytes.to_vec()),
        Some(Fault::Hold(held)) => halting(file.bytes, held),
        Some(Fault::Status(status)) => respond(Answer::html(status)),
        Some(Fault::Body(body)) => respond(Answer::json(200, &body)),
        Some(Fault::Error(code, text, parameters)) => {
            let error = ApiError::new(code, text).with_parameters(parameters);
            respond(error.into())
        }
        Some(Fault::Limited(seconds)) => respond(ApiError::too_fast(seconds).into()),
        Some(Fault::Cut | Fault::LoseAnswer) => {
            wire.cut();
            Response::default()
        }
    }
}

fn whole(body: Vec<u8>) -> Response {
    respond(Answer {
        status: 200,
        headers: vec![("content-type", "application/octet-stream".to_owned())],
        body,
    })
}

/// A download that stops after the first half, until the test releases the rest.
fn halting(mut bytes: Bytes, held: Held) -> Response {
    let first = bytes.split_to(bytes.len() / 2);
    let parts = stream::unfold((Some(first), Some(bytes)), move |parts| {
        let held = held.clone();
        async move {
            match parts {
                (Some(first), rest) => Some((Ok::<_, std::io::Error>(first), (None, rest))),
                (None, Some(rest)) => {
                    let _ = held.0.acquire().await;
                    Some((Ok(rest), (None, None)))
                }
                (None, None) => None,
            }
        }
    });
    Response::new(Body::from_stream(parts))
}
