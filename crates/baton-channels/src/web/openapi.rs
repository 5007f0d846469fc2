//! The API's routes and description, made from one list, so that every route has a description.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, on};
use pastey::paste;
use utoipa::{OpenApi, Path};
use utoipa_axum::PathItemExt;

use super::app::App;
use super::feed::StatusEvent;
use super::stream::{PingEvent, ReadyEvent};
use super::writing::{DoneEvent, WritingEvent};
use super::{
    change_mark, claiming, commanding, completing, controls, deciding, files, operators, origin,
    patching, posting, reading, session, stats, stream,
};

mod refusals;

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
    components(schemas(StatusEvent, WritingEvent, DoneEvent, ReadyEvent, PingEvent)),
)]
struct Description;

/// The `utoipa::path` of a handler gives its path, parameters and responses.
macro_rules! routes {
    ($($module:ident::$handler:ident),+ $(,)?) => { paste! {
        #[derive(OpenApi)]
        #[openapi(paths($($module::$handler),+))]
        struct Routes;

        /// The routes under `/api`.
        pub(crate) fn routes() -> Router<Arc<App>> {
            Router::new()$(.route(
                &$module::[<__path_ $handler>]::path(),
                on(methods::<$module::[<__path_ $handler>]>(), $module::$handler)
                    .route_layer(from_fn(origin::check_type)),
            ))+
        }
    } };
}

routes!(
    posting::post,
    reading::comments,
    reading::comment,
    patching::patch,
    change_mark::change_mark,
    files::send,
    files::file,
    controls::stop,
    controls::retry,
    commanding::command,
    deciding::approvals,
    deciding::approval,
    deciding::decide,
    stream::stream,
    stats::stats,
    claiming::pending,
    claiming::claim,
    claiming::claim_next,
    claiming::heartbeat,
    completing::complete,
    completing::fail,
    session::who,
    session::sign_in,
    session::sign_out,
    operators::status,
    operators::trace,
    operators::dead,
    operators::replay,
    operators::drop_dead,
);

fn methods<P: Path>() -> MethodFilter {
    let filters = P::methods()
        .into_iter()
        .map(|method| method.to_method_filter());
    filters
        .reduce(MethodFilter::or)
        .expect("a handler has a method")
}

/// The API's description as JSON. Made at the first request, because the JSON needs more memory than the rest
/// of an idle Baton.
pub(crate) async fn description(State(app): State<Arc<App>>) -> impl IntoResponse {
    let json = app.description.get_or_init(|| {
        let mut description = Description::openapi();
        description.merge(Routes::openapi());
        refusals::describe(&mut description, &session::cookie_name(app.listening));
        let json = serde_json::to_vec(&description);
        json.expect("plain fields are always JSON").into()
    });
    ([(CONTENT_TYPE, "application/json")], json.clone())
}
