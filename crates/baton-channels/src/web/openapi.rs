//! The API's routes and its description, made together so that neither is without the other.

use std::sync::Arc;

use axum::Router;
use bytes::Bytes;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;
use super::feed::StatusEvent;
use super::stream::ReadyEvent;
use super::writing::{DoneEvent, WritingEvent};
use super::{
    claiming, commanding, completing, controls, deciding, files, operators, posting, reading,
    session, stats, stream,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Baton",
        description = "The comment stream, the queue that outside workers pull from, and what an operator looks at. Sign in by `Authorization: Bearer TOKEN` or `POST /api/session`; on loopback without accounts there is no need to. Every refusal is a JSON object with `status`, `error` and `message`.",
        license(name = "Apache-2.0"),
    ),
    tags(
        (name = "comments", description = "What is said"),
        (name = "approvals", description = "What agents wait for people to decide"),
        (name = "queue", description = "What outside workers answer"),
        (name = "session", description = "Who calls"),
        (name = "operators", description = "For whoever runs it"),
    ),
    components(schemas(StatusEvent, WritingEvent, DoneEvent, ReadyEvent)),
)]
struct Description;

/// The routes under `/api`, and their description as JSON, spelled out once.
pub(crate) fn api() -> (Router<Arc<App>>, Bytes) {
    let (router, description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(posting::post, reading::comments))
        .routes(routes!(reading::comment))
        .routes(routes!(files::send))
        .routes(routes!(files::file))
        .routes(routes!(controls::stop))
        .routes(routes!(controls::retry))
        .routes(routes!(commanding::command))
        .routes(routes!(deciding::approvals))
        .routes(routes!(deciding::approval, deciding::decide))
        .routes(routes!(stream::stream))
        .routes(routes!(stats::stats))
        .routes(routes!(claiming::pending))
        .routes(routes!(claiming::claim))
        .routes(routes!(claiming::claim_next))
        .routes(routes!(claiming::heartbeat))
        .routes(routes!(completing::complete))
        .routes(routes!(completing::fail))
        .routes(routes!(session::who, session::sign_in, session::sign_out))
        .routes(routes!(operators::status))
        .routes(routes!(operators::trace))
        .routes(routes!(operators::dead))
        .routes(routes!(operators::replay))
        .routes(routes!(operators::drop_dead))
        .split_for_parts();
    let json = serde_json::to_vec(&description).expect("plain fields are always JSON");
    (router, json.into())
}
