//! The routes, and what every request passes through first.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware;
use axum::routing::get;
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::app::App;
use super::error::ApiError;
use super::{assets, openapi, origin, pace, page, session};

/// The longest request body, in bytes: room for the longest text, each character of it escaped.
pub(crate) const BODY_LIMIT: usize = 256 * 1024;

/// What browsers are told about everything we send: nothing of it is to be run, framed or loaded
/// from elsewhere, and nothing of its address is to be told to others.
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

/// The whole server.
pub(crate) fn router(app: Arc<App>) -> Router {
    let guarded = openapi::routes()
        .route("/api/openapi.json", get(openapi::description))
        .route("/", get(page::default_room))
        .route("/r/{room}", get(page::room))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            session::recognize,
        ))
        .route("/assets/{*path}", get(assets::asset))
        .fallback(|| async { ApiError::not_found("there is nothing at this address") })
        .method_not_allowed_fallback(|| async { ApiError::no_such_method() })
        .layer(middleware::from_fn_with_state(Arc::clone(&app), pace::keep))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            origin::check,
        ));
    let mut router = Router::new()
        .merge(guarded)
        // For whoever only asks whether we are alive, under whatever name.
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
        .with_state(app)
}
