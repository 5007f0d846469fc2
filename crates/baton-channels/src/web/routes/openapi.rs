//! The API's routes and description, made from one list, so that every route has a description.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, on};
use pastey::paste;
use utoipa::{OpenApi, Path};
use utoipa_axum::PathItemExt;

use super::comments::{change_mark, comment_pages, message_controls, new_comments};
use super::event_stream::{PingEvent, ReadyEvent};
use super::worker_queue::{claims, completions, done_mark};
use super::{
    approval_endpoints, command_endpoint, event_stream, file_transfers, operator_endpoints,
    sign_in, stats, topic_endpoints,
};
use crate::web::app_state::AppState;
use crate::web::http::{origin_check, sign_in_cookie};
use crate::web::live::feed_event::StatusEvent;
use crate::web::live::live_turns::{DoneEvent, WritingEvent};

mod refusal_responses;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Baton",
        description = "The comment stream, the queue for outside workers, and the views for operators. Sign in \
            by `Authorization: Bearer TOKEN` or `POST /api/session`; on loopback without accounts, no sign-in is needed. Every refusal is a JSON object with `status`, `error` and `message`.",
        license(name = "Apache-2.0"),
    ),
    tags(
        (name = "comments", description = "Comments"),
        (name = "approvals", description = "Approvals: questions of agents that people decide"),
        (name = "queue", description = "The queue for outside workers"),
        (name = "session", description = "The caller"),
        (name = "operators", description = "For operators"),
    ),
    components(schemas(StatusEvent, WritingEvent, DoneEvent, ReadyEvent, PingEvent)),
)]
struct ApiDescription;

/// The `utoipa::path` of a handler gives its path, parameters and responses.
macro_rules! routes {
    ($($module:ident::$handler:ident),+ $(,)?) => { paste! {
        #[derive(OpenApi)]
        #[openapi(paths($($module::$handler),+))]
        struct RouteDescriptions;

        /// The routes under `/api`.
        pub(crate) fn api_routes() -> Router<Arc<AppState>> {
            Router::new()$(.route(
                &$module::[<__path_ $handler>]::path(),
                on(method_filter::<$module::[<__path_ $handler>]>(), $module::$handler)
                    .route_layer(from_fn_with_state(
                        file_transfers::UPLOAD_PATH,
                        origin_check::check_content_type,
                    )),
            ))+
        }
    } };
}

routes!(
    new_comments::post_comment,
    comment_pages::list_comments,
    comment_pages::read_comment,
    done_mark::patch_comment,
    change_mark::read_change_mark,
    file_transfers::upload_file,
    file_transfers::download_file,
    message_controls::stop_message,
    message_controls::retry_message,
    command_endpoint::run_command,
    approval_endpoints::list_approvals,
    approval_endpoints::read_approval,
    approval_endpoints::decide_approval,
    event_stream::stream_events,
    stats::read_stats,
    claims::list_pending,
    claims::claim_message,
    claims::claim_next,
    claims::renew_lease,
    completions::complete_claim,
    completions::fail_claim,
    sign_in::read_caller,
    sign_in::sign_in,
    sign_in::sign_out,
    operator_endpoints::read_status,
    operator_endpoints::read_trace,
    operator_endpoints::list_dead_letters,
    operator_endpoints::replay_dead_letter,
    operator_endpoints::drop_dead_letter,
    topic_endpoints::list_topics,
    topic_endpoints::prune_topics,
);

fn method_filter<P: Path>() -> MethodFilter {
    let filters = P::methods()
        .into_iter()
        .map(|method| method.to_method_filter());
    filters
        .reduce(MethodFilter::or)
        .expect("a handler has a method")
}

/// The API's description as JSON. Made at the first request, because the JSON needs more memory than the rest
/// of an idle Baton.
pub(crate) async fn serve_description(State(app): State<Arc<AppState>>) -> impl IntoResponse {
    let json = app.description.get_or_init(|| {
        let mut description = ApiDescription::openapi();
        description.merge(RouteDescriptions::openapi());
        refusal_responses::describe_refusals(
            &mut description,
            &sign_in_cookie::cookie_name(app.access.listening),
        );
        let json = serde_json::to_vec(&description);
        json.expect("plain fields are always JSON").into()
    });
    ([(CONTENT_TYPE, "application/json")], json.clone())
}
