//! The routes, and the layers for every request.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware;
use axum::routing::get;
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use tracing::{Span, debug_span};

use super::{assets, openapi, page};
use crate::web::app_state::AppState;
use crate::web::http::api_error::ApiError;
use crate::web::http::size_limits::BODY_LIMIT;
use crate::web::http::{body_timeout, origin_check, sign_in_cookie};

/// The length of a path in the log, in bytes. Clients choose the path, and a longer one says no more.
const LOGGED_PATH: usize = 256;

/// Security headers of all responses. Browsers may not run, frame or load foreign content with the page, and
/// may not tell its address to other sites.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// The router of the whole server.
pub(crate) fn build_router(app: Arc<AppState>) -> Router {
    let guarded = openapi::api_routes()
        .route("/api/openapi.json", get(openapi::serve_description))
        .route("/", get(page::serve_default_room))
        .route("/r/{room}", get(page::serve_room))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app.access),
            sign_in_cookie::recognize_cookie,
        ))
        .route("/assets/{*path}", get(assets::serve_asset))
        .fallback(|| async { ApiError::not_found("there is nothing at this address") })
        .method_not_allowed_fallback(|| async { ApiError::no_such_method() })
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app.settings.clock),
            body_timeout::enforce_pace,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app.access),
            origin_check::check_origin,
        ));
    let mut router = Router::new()
        .merge(guarded)
        // A health check may use any host name.
        .route("/healthz", get(|| async { "ok\n" }))
        .layer(
            ServiceBuilder::new()
                .layer(CompressionLayer::new())
                .layer(DefaultBodyLimit::max(BODY_LIMIT)),
        );
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, value));
    }
    router
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        // Only the span: the requests themselves are not logged. The span covers streamed bodies too.
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(new_request_span)
                .on_request(())
                .on_response(())
                .on_body_chunk(())
                .on_eos(())
                .on_failure(()),
        )
        .with_state(app)
}

/// The span of a request. The span leaves out the query, because a query may hold a token.
fn new_request_span(request: &Request) -> Span {
    let path = request.uri().path();
    let path = &path[..path.floor_char_boundary(LOGGED_PATH)];
    debug_span!("request", method = request.method().as_str(), path)
}
