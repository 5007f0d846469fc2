//! The page's style sheets, scripts and pictures, built into the program.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use baton_core::hex::hex;
use rust_embed::RustEmbed;

use crate::web::http::api_error::ApiError;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct PageAssets;

/// Serves one asset. A browser caches the asset, and checks each time whether the asset has changed.
pub(crate) async fn serve_asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = PageAssets::get(&path) else {
        return ApiError::not_found("there is no such file").into_response();
    };
    let hash = hex(file.metadata.sha256_hash());
    let etag = format!("\"{hash}\"");
    let kept = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        // The tag may have a suffix of the compression; the content is the same.
        .is_some_and(|tags| tags.contains(&hash));
    let caching = [
        (header::ETAG, etag),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    if kept {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let kind = mime_guess::from_path(&path).first_or_octet_stream();
    let kind = match kind.type_() {
        mime_guess::mime::TEXT => format!("{}; charset=utf-8", kind.essence_str()),
        _ => kind.essence_str().to_owned(),
    };
    (caching, [(header::CONTENT_TYPE, kind)], file.data).into_response()
}
