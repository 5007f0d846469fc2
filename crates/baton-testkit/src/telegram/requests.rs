//! The HTTP server: each request is read, checked, counted, carried out and answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, FromRequest as _, Multipart, Request, State};
use axum::http::header;
use axum::response::Response;
use baton_core::clock::Steady;
use serde_json::{Map, Value, json};

use super::Shared;
use super::answer::{Answer, ApiError, Done};
use super::budget::is_counted;
use super::chat_objects::ChatKind;
use super::check::DESCRIPTION;
use super::faults::Fault;
use super::file_downloads;
use super::late_request::LateRequest;
use super::methods;
use super::rules::broken_rules;
use super::world::World;
use crate::connection::Wire;
use crate::held::Held;
use crate::query::{percent_decoded, query_values};

/// The room in a body besides one file of the largest size, in bytes.
const BODY_SPARE: usize = 10 << 20;

/// A request to the fake.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method, such as `sendMessage`.
    pub method: String,
    /// The parameters as JSON. Files are `attach://NAME`.
    pub body: Value,
    /// The time of arrival.
    pub at: Steady,
    /// The status of the answer; 0 before the answer, and after a lost answer.
    pub status: u16,
}

/// A file of a request.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    /// The name of the part.
    pub(super) part: String,
    /// The name of the file.
    pub(super) name: String,
    pub(super) media_type: Option<String>,
    pub(super) bytes: Bytes,
}

/// A checked request, for the methods.
pub(super) struct Call {
    pub(super) body: Map<String, Value>,
    pub(super) uploads: Vec<Upload>,
}

impl Call {
    pub(super) fn get(&self, name: &str) -> &Value {
        self.body.get(name).unwrap_or(&Value::Null)
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.get(name).as_i64()
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).as_str()
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.get(name) == &json!(true)
    }

    /// The chat. The fake knows no chat by a user name, and answers "chat not found".
    pub(super) fn chat(&self) -> i64 {
        let id = self.get("chat_id");
        id.as_i64()
            .or_else(|| id.as_str()?.parse().ok())
            .unwrap_or(0)
    }
}

/// The parameters of a request, as read from the wire.
struct Received {
    /// The parameters as JSON, from a JSON body.
    json: Map<String, Value>,
    /// The parameters as texts, from the query or a form.
    texts: BTreeMap<String, String>,
    uploads: Vec<Upload>,
}

impl Received {
    /// Reads a request with a body of at most `most` bytes.
    async fn read(request: Request, most: usize) -> Result<Self, String> {
        let query = request.uri().query().unwrap_or_default();
        let texts = query_values(query).ok_or("the query cannot be read")?;
        let mut received = Self {
            json: Map::new(),
            texts,
            uploads: Vec::new(),
        };
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        // The whole body is read in any case: an answer before its end breaks the connection of a client that
        // still writes.
        let (parts, body) = request.into_parts();
        let bytes = axum::body::to_bytes(body, most).await;
        let bytes = bytes.map_err(|error| error.to_string())?;
        if kind.starts_with("multipart/form-data") {
            let request = Request::from_parts(parts, Body::from(bytes));
            let form = Multipart::from_request(request, &())
                .await
                .map_err(|error| error.to_string())?;
            received.read_form(form).await?;
            return Ok(received);
        }
        if bytes.is_empty() {
            return Ok(received);
        }
        if kind.starts_with("application/json") {
            received.json = serde_json::from_slice(&bytes)
                .map_err(|error| format!("no JSON object: {error}"))?;
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            let form = std::str::from_utf8(&bytes).ok().and_then(query_values);
            received
                .texts
                .extend(form.ok_or("the form cannot be read")?);
        } else {
            return Err(format!("a body of type {kind:?}"));
        }
        Ok(received)
    }

    async fn read_form(&mut self, mut form: Multipart) -> Result<(), String> {
        while let Some(field) = form.next_field().await.map_err(|error| error.to_string())? {
            let part = field.name().unwrap_or_default().to_owned();
            let file_name = field.file_name().map(str::to_owned);
            let media_type = field.content_type().map(str::to_owned);
            let bytes = field.bytes().await.map_err(|error| error.to_string())?;
            if let Some(name) = file_name {
                self.uploads.push(Upload {
                    part,
                    name,
                    media_type,
                    bytes,
                });
            } else {
                let text = String::from_utf8(bytes.to_vec())
                    .map_err(|_| format!("{part} is not UTF-8"))?;
                self.texts.insert(part, text);
            }
        }
        Ok(())
    }
}

enum Outcome {
    Answer(Answer),
    Later(Answer, Held),
    Late(LateRequest),
    Cut,
    /// A request for updates, which waits.
    Poll(Call),
}

pub(super) async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    let path = percent_decoded(request.uri().path()).unwrap_or_default();
    if let Some(rest) = path.strip_prefix("/file/bot") {
        return file_downloads::answer(&shared, &wire, rest);
    }
    let Some((token, method)) = path
        .strip_prefix("/bot")
        .and_then(|rest| rest.split_once('/'))
    else {
        return respond(ApiError::new(404, "Not Found").into());
    };
    let refused = wrong_token(&shared.lock(), token);
    if let Some(error) = refused {
        return respond(error.into());
    }
    let most = shared.lock().local_files.largest_upload() + BODY_SPARE;
    let received = Received::read(request, most).await;
    let (index, outcome) = shared.change(|world| take(world, method, received));
    let answer = match outcome {
        Outcome::Answer(answer) => answer,
        Outcome::Later(answer, held) => {
            tokio::select! {
                _ = held.0.acquire() => {}
                () = shared.gone.cancelled() => wire.cut(),
            }
            answer
        }
        Outcome::Late(late) => late.arrive(&shared).await,
        Outcome::Poll(call) => super::updates::poll(&shared, &call).await.into(),
        Outcome::Cut => {
            wire.cut();
            return Response::default();
        }
    };
    shared.change(|world| world.asked[index].status = answer.status);
    respond(answer)
}

pub(super) fn respond(answer: Answer) -> Response {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    response
        .body(Body::from(answer.body))
        .expect("the fake's headers are valid")
}

/// The error for another token: 404 for a token of another form, 401 for one that Telegram does not know.
fn wrong_token(world: &World, token: &str) -> Option<ApiError> {
    if token == world.token {
        return None;
    }
    let has_form = token
        .split_once(':')
        .is_some_and(|(id, secret)| id.parse::<i64>().is_ok() && !secret.is_empty());
    Some(if has_form {
        ApiError::new(401, "Unauthorized")
    } else {
        ApiError::new(404, "Not Found")
    })
}

fn take(world: &mut World, method: &str, received: Result<Received, String>) -> (usize, Outcome) {
    let index = world.asked.len();
    let at = world.clock.steady();
    let found = DESCRIPTION.find(method);
    let method = found.as_ref().map_or(method, |(name, _)| name);
    world.asked.push(Asked {
        method: method.to_owned(),
        body: Value::Null,
        at,
        status: 0,
    });
    let Some((method, shape)) = found else {
        world.violation(method, "not a method of the Bot API");
        return (
            index,
            Outcome::Answer(ApiError::new(404, "Not Found: method not found").into()),
        );
    };
    // The check comes before the fault, so a wrong request counts as a violation even if the fault hides it.
    let call = checked(world, index, method, shape, received);
    let fault = world.faults.take_next(method);
    let refused = match fault.clone() {
        Some(Fault::Cut) => return (index, Outcome::Cut),
        Some(Fault::Limited(seconds)) => {
            if let Some(budget) = world.budget.as_mut().filter(|_| is_counted(method)) {
                budget.ban_for(Duration::from_secs(seconds), None, at);
            }
            Some(ApiError::too_fast(seconds).into())
        }
        Some(Fault::Status(status)) => Some(Answer::html(status)),
        Some(Fault::Body(body)) => Some(Answer::json(200, &body)),
        Some(Fault::Error(code, text, parameters)) => {
            Some(ApiError::new(code, text).with_parameters(parameters).into())
        }
        Some(Fault::Migrate(migration)) => {
            world.finish_migration(migration);
            None
        }
        Some(Fault::LoseAnswer | Fault::Hold(_) | Fault::Late(_)) | None => None,
    };
    if let Some(answer) = refused {
        return (index, Outcome::Answer(answer));
    }
    let call = match (call, &fault) {
        (Ok(call), Some(Fault::Late(held))) => {
            let held = held.clone();
            let late = LateRequest {
                method,
                shape,
                call,
                held,
            };
            return (index, Outcome::Late(late));
        }
        (call, _) => call,
    };
    let done = match call {
        Ok(call) if method == "getUpdates" && fault.is_none() => {
            return (index, Outcome::Poll(call));
        }
        Ok(call) => done(world, method, shape, &call),
        Err(error) => Err(error),
    };
    match fault {
        Some(Fault::LoseAnswer) => (index, Outcome::Cut),
        Some(Fault::Hold(held)) => (index, Outcome::Later(done.into(), held)),
        _ => (index, Outcome::Answer(done.into())),
    }
}

/// Checks a request, and returns its parts if valid.
fn checked(
    world: &mut World,
    index: usize,
    method: &str,
    shape: &'static super::check::MethodShape,
    received: Result<Received, String>,
) -> Result<Call, ApiError> {
    let received = received.map_err(|what| {
        world.violation(method, &what);
        ApiError::bad_request(&what)
    })?;
    let mut body = DESCRIPTION.read_texts(shape, received.texts);
    body.extend(received.json);
    body.retain(|_, value| !value.is_null());
    let uploads = received.uploads;
    // A file whose part has the name of a parameter is the value of this parameter.
    let mut unused = Vec::new();
    for upload in &uploads {
        let reference = format!("attach://{}", upload.part);
        let is_used = Value::Object(body.clone()).to_string().contains(&reference);
        if shape.has_field(&upload.part) {
            body.insert(upload.part.clone(), json!(reference));
        } else if !is_used {
            unused.push(format!("the file {:?} is not used", upload.part));
        }
    }
    world.asked[index].body = Value::Object(body.clone());
    let has_upload = |name: &str| uploads.iter().any(|upload| upload.part == name);
    let mut faults = DESCRIPTION.request_faults(shape, &body, &has_upload);
    faults.extend(unused);
    if let Some(first) = faults.first() {
        let error = ApiError::bad_request(first);
        for fault in &faults {
            world.violation(method, fault);
        }
        return Err(error);
    }
    let largest_upload = world.local_files.largest_upload();
    let broken = broken_rules(method, &body, &uploads, largest_upload);
    for rule in &broken {
        world.violation(method, &rule.what);
    }
    match broken.first() {
        Some(rule) => Err(ApiError::bad_request(&rule.answer)),
        None => Ok(Call { body, uploads }),
    }
}

/// Carries out a request.
pub(super) fn done(
    world: &mut World,
    method: &str,
    shape: &super::check::MethodShape,
    call: &Call,
) -> Done {
    if methods::names_general(world, call) {
        world.violation(
            method,
            "message_thread_id is 1, and General has no thread id",
        );
    }
    if is_counted(method) {
        let now = world.clock.steady();
        let chat = call.chat();
        let is_private = world
            .chats
            .get(&chat)
            .is_some_and(|chat| chat.kind == ChatKind::Private);
        if let Some(budget) = &mut world.budget {
            budget.take(chat, is_private, now)?;
        }
    }
    let done = methods::perform_method(world, method, call);
    if let Ok(answer) = &done {
        for fault in DESCRIPTION.answer_faults(shape, answer) {
            world.violation(method, &format!("answered: {fault}"));
        }
    }
    done
}
