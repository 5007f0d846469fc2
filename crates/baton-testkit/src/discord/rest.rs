//! The HTTP API: each request is read, checked, counted, carried out and answered.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use baton_core::clock::Steady;
use serde_json::{Value, json};

use super::Shared;
use super::check::{DESCRIPTION, Operation, Values, as_described, query_values};
use super::faults::{Fault, limited};
use super::limits::bucket;
use super::rules;
use super::snowflake::Snowflake;
use super::world::World;
use crate::connection::Wire;

mod answer;
mod channels;
mod commands;
mod interactions;
mod messages;
mod reactions;
mod received;
mod servers;
mod threads;

pub(super) use answer::{Answer, ApiError};
pub(super) use messages::Draft;
use received::{Content, Received};

/// The largest accepted body, in bytes. Discord's proxy has such a limit too.
pub(super) const LARGEST_BODY: usize = 110 << 20;

/// A request to the fake.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path below `/api/v10`.
    pub path: String,
    /// The id of the operation in Discord's description.
    pub operation: String,
    /// The body, or the JSON part of the body.
    pub body: Value,
    /// The time of arrival.
    pub at: Steady,
    /// The status of the answer; 0 before the answer, and after a lost answer.
    pub status: u16,
}

/// A file of a request.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) media_type: Option<String>,
    pub(super) bytes: Bytes,
}

/// The result of an operation: an object, or no content (204).
pub(super) type Done = Result<Option<Value>, ApiError>;

/// A request as the operations see it.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) path: &'a Values,
    pub(super) query: &'a Values,
    pub(super) body: &'a Value,
    pub(super) uploads: &'a [Upload],
}

impl Call<'_> {
    /// An id from the path.
    fn id(&self, name: &str) -> Snowflake {
        // The check against the description has validated the id.
        self.path
            .get(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(Snowflake(0))
    }

    fn query_id(&self, name: &str) -> Option<Snowflake> {
        self.query.get(name).and_then(|text| text.parse().ok())
    }

    fn query_is(&self, name: &str, value: &str) -> bool {
        self.query.get(name).is_some_and(|given| given == value)
    }

    fn query_number(&self, name: &str, default: usize) -> usize {
        self.query
            .get(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    }
}

pub(super) fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    let received = Received::read(request).await;
    let (index, outcome) = shared.change(|world| take(world, received));
    let answer = match outcome {
        Outcome::Answer(answer) => answer,
        Outcome::Later(answer, held) => {
            tokio::select! {
                _ = held.0.acquire() => {}
                () = shared.gone.cancelled() => wire.cut(),
            }
            answer
        }
        Outcome::Cut => {
            wire.cut();
            return Response::default();
        }
    };
    let body = shared.change(|world| {
        world.asked[index].status = answer.status;
        world.odd.of_answer(answer.body)
    });
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    response
        .body(Body::from(body))
        .expect("the fake's headers are valid")
}

enum Outcome {
    Answer(Answer),
    Later(Answer, super::faults::Held),
    Cut,
}

fn take(world: &mut World, received: Received) -> (usize, Outcome) {
    let now = world.clock.steady();
    let index = world.asked.len();
    let found = DESCRIPTION.find(&received.method, &received.path);
    let operation = found
        .as_ref()
        .map_or_else(String::new, |(operation, _)| operation.id.clone());
    world.asked.push(Asked {
        method: received.method.clone(),
        path: received.path.clone(),
        operation,
        body: Value::Null,
        at: now,
        status: 0,
    });
    let asked = format!("{} {}", received.method, received.path);
    let Some((operation, path)) = found else {
        world.violation(&asked, "not in the cut of Discord's description");
        return (
            index,
            Outcome::Answer(ApiError::new(404, 0, "404: Not Found").into()),
        );
    };
    // The check comes before the fault, so a wrong request counts as a violation even if the fault hides it.
    let request = checked(world, index, &asked, received, operation, &path);
    let fault = world.faults.next(&operation.id);
    // Discord's proxy gives these answers before Discord reads the request.
    match fault {
        Some(Fault::Cut) => return (index, Outcome::Cut),
        Some(Fault::Limited(scope, wait)) => {
            let answer = limited(scope, wait, &bucket(&operation.id));
            return (index, Outcome::Answer(answer));
        }
        Some(Fault::Status(status)) => {
            let body = "<html><title>upstream connect error</title></html>".into();
            let headers = vec![("content-type", "text/html".to_owned())];
            return (
                index,
                Outcome::Answer(Answer {
                    status,
                    headers,
                    body,
                }),
            );
        }
        Some(Fault::Answer {
            status,
            headers,
            body,
        }) => {
            return (
                index,
                Outcome::Answer(Answer {
                    status,
                    headers,
                    body,
                }),
            );
        }
        Some(Fault::Error(status, code, message)) => {
            return (
                index,
                Outcome::Answer(ApiError::new(status, code, message).into()),
            );
        }
        Some(Fault::LoseAnswer | Fault::Hold(_)) | None => {}
    }
    let told = match world.faults.limits.take(operation, &path, now) {
        Ok(told) => told,
        Err(answer) => return (index, Outcome::Answer(answer)),
    };
    let done = request.and_then(|request| done(world, &asked, operation, &path, &request));
    let mut answer = match done {
        Ok(Some(value)) => Answer {
            status: operation.status.unwrap_or(200),
            ..Answer::json(&value)
        },
        Ok(None) => Answer {
            status: StatusCode::NO_CONTENT.as_u16(),
            headers: Vec::new(),
            body: Vec::new(),
        },
        Err(error) => error.into(),
    };
    if let Some(told) = told {
        told.tell(&mut answer);
    }
    match fault {
        Some(Fault::LoseAnswer) => (index, Outcome::Cut),
        Some(Fault::Hold(held)) => (index, Outcome::Later(answer, held)),
        _ => (index, Outcome::Answer(answer)),
    }
}

/// The parts of a valid request.
struct Checked {
    query: Values,
    body: Value,
    uploads: Vec<Upload>,
}

/// Checks a request, and returns its parts if valid.
fn checked(
    world: &mut World,
    index: usize,
    asked: &str,
    received: Received,
    operation: &'static Operation,
    path: &Values,
) -> Result<Checked, ApiError> {
    let mut faults = Vec::new();
    faults.extend(rules::user_agent(received.header(header::USER_AGENT)));
    let authorization = received.header(header::AUTHORIZATION);
    if !operation.open || authorization.is_some() {
        let token = authorization.unwrap_or_default().strip_prefix("Bot ");
        if token.is_none() {
            faults.push("Authorization is not of the form: Bot token".to_owned());
        }
        if token != Some(world.token.as_str()) {
            report(world, asked, &faults);
            return Err(ApiError::new(401, 0, "401: Unauthorized"));
        }
    }
    let query = query_values(&received.query).unwrap_or_else(|| {
        faults.push("the query cannot be read".to_owned());
        Values::new()
    });
    let (mut body, uploads) = match received.body {
        Ok(Content::None) => (None, Vec::new()),
        Ok(Content::Json(body)) => (Some(body), Vec::new()),
        Ok(Content::Form { json, files }) => {
            if !operation.multipart {
                faults.push("a form, where only JSON is read".to_owned());
            }
            (Some(json.unwrap_or_else(|| json!({}))), files)
        }
        Err(what) => {
            faults.push(what);
            (Some(json!({})), Vec::new())
        }
    };
    if let Some(body) = &mut body {
        as_described(body);
    }
    faults.extend(DESCRIPTION.faults(operation, path, &query, body.as_ref()));
    let body = body.unwrap_or(Value::Null);
    faults.extend(rules::of_operation(&operation.id, &body, &uploads));
    world.asked[index].body = body.clone();
    faults.extend(rules::too_large(&uploads, rules::LARGEST_FILE));
    report(world, asked, &faults);
    if rules::too_large(&uploads, world.largest_file).is_some() {
        return Err(ApiError::new(413, 40005, "Request entity too large"));
    }
    if !faults.is_empty() {
        return Err(ApiError::form(&faults));
    }
    Ok(Checked {
        query,
        body,
        uploads,
    })
}

/// Carries out a request.
fn done(
    world: &mut World,
    asked: &str,
    operation: &'static Operation,
    path: &Values,
    request: &Checked,
) -> Done {
    let call = Call {
        path,
        query: &request.query,
        body: &request.body,
        uploads: &request.uploads,
    };
    let done = perform(world, asked, &operation.id, &call);
    if let (Ok(answer), true) = (&done, world.faults.checks_answers) {
        let faults = DESCRIPTION.answer_faults(operation, answer.as_ref());
        let faults: Vec<String> = faults
            .iter()
            .map(|fault| format!("answered: {fault}"))
            .collect();
        report(world, asked, &faults);
    }
    if world.faults.unknown_fields {
        return done.map(|value| {
            value.map(|mut value| {
                super::gateway::add_unknown_fields(&mut value);
                value
            })
        });
    }
    done
}

fn report(world: &mut World, asked: &str, faults: &[String]) {
    for fault in faults {
        world.violation(asked, fault);
    }
}

fn perform(world: &mut World, asked: &str, operation: &str, call: &Call<'_>) -> Done {
    match operation {
        "get_bot_gateway" => Ok(Some(servers::gateway(world))),
        "get_my_user" => Ok(Some(world.own_user_json())),
        "get_my_application" => Ok(Some(world.application_json())),
        "list_my_guilds" => Ok(Some(servers::mine(world, call))),
        "get_guild" => servers::guild(world, call),
        "list_guild_channels" => servers::channels(world, call),
        "get_guild_member" => servers::member(world, call),
        "list_guild_roles" => servers::roles(world, call),
        "get_active_guild_threads" => threads::active(world, call),
        "create_dm" => channels::create_direct(world, call),
        "get_channel" => channels::get(world, call),
        "update_channel" => channels::update(world, call),
        "delete_channel" => channels::delete(world, call),
        "trigger_typing_indicator" => channels::typing(world, call),
        "list_messages" => messages::list(world, call),
        "get_message" => messages::get(world, call),
        "create_message" => messages::create(world, asked, call),
        "update_message" => messages::update(world, asked, call),
        "delete_message" => messages::delete(world, call),
        "add_my_message_reaction" => reactions::add(world, call),
        "delete_my_message_reaction" => reactions::remove(world, call, world.bot),
        "delete_user_message_reaction" => reactions::remove(world, call, call.id("user_id")),
        "create_thread_from_message" => threads::from_message(world, call),
        "create_thread" => threads::alone(world, call),
        "list_public_archived_threads" => threads::archived(world, call),
        "list_thread_members" => threads::members(world, call),
        "join_thread" => threads::add(world, call, world.bot),
        "add_thread_member" => threads::add(world, call, call.id("user_id")),
        "leave_thread" => threads::remove(world, call, world.bot),
        "delete_thread_member" => threads::remove(world, call, call.id("user_id")),
        "create_interaction_response" => interactions::callback(world, asked, call),
        webhook if webhook.contains("webhook") => {
            interactions::webhook(world, asked, webhook, call)
        }
        command => commands::perform(world, command, call),
    }
}
