//! Signing in and out.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::CookieJar;
use baton_core::authority::Right;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::WebCaller;
use crate::web::http::extractors::Json;
use crate::web::http::{authentication, client_address, sign_in_cookie};

/// Maximum length of a token, in bytes.
const LONGEST_TOKEN: usize = 1_024;

/// A request to sign in.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SignInRequest {
    /// The token of the person.
    #[schema(value_type = String, max_length = 1024)]
    token: SecretString,
}

/// The signed-in caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedIn {
    /// Always `success`.
    status: &'static str,
    /// The stable id of the person.
    id: String,
    /// The name of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Whether the person is an operator, who also sees status, traces and dead letters.
    operator: bool,
}

impl From<WebCaller> for SignedIn {
    fn from(caller: WebCaller) -> Self {
        Self {
            status: "success",
            operator: caller.has_right(Right::SeeEverything),
            id: caller.id().to_string(),
            name: caller.name,
        }
    }
}

/// Sign in with a token.
///
/// The response sets a cookie that is valid for a month, or until this browser signs out.
#[utoipa::path(post, path = "/api/session", tag = "session", request_body = SignInRequest, responses(
    (status = 200, description = "signed in; the cookie is set", body = SignedIn),
    (status = 401, description = "nobody has this token", body = ErrorBody),
    (status = 429, description = "nobody has this token, and too many wrong tokens came from this address", body = ErrorBody),
))]
pub(crate) async fn sign_in(
    State(app): State<Arc<AppState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    jar: CookieJar,
    Json(request): Json<SignInRequest>,
) -> Result<(CookieJar, axum::Json<SignedIn>), ApiError> {
    let address = client_address::find_address(&app.settings, peer, &headers);
    let token = &request.token;
    let caller = authentication::authenticate_token(&app.access, address, token).await?;
    let caller = caller.filter(|_| token.expose_secret().len() <= LONGEST_TOKEN);
    let caller = caller.ok_or_else(|| {
        ApiError::unauthorized("nobody here has this token; copy the whole token again")
    })?;
    let secure = client_address::came_over_tls(&app.settings, peer, &headers);
    let person = caller.id().clone();
    let cookie = sign_in_cookie::create_cookie(&app.access, person, token, secure).await?;
    Ok((jar.add(cookie), axum::Json(caller.into())))
}

/// Sign out. The cookie becomes invalid.
#[utoipa::path(delete, path = "/api/session", tag = "session", responses(
    (status = 204, description = "signed out"),
))]
pub(crate) async fn sign_out(
    State(app): State<Arc<AppState>>,
    jar: CookieJar,
) -> Result<(StatusCode, CookieJar), ApiError> {
    let jar = sign_in_cookie::revoke_cookie(&app.access, jar).await?;
    Ok((StatusCode::NO_CONTENT, jar))
}

/// Read the id and the name of the caller.
#[utoipa::path(get, path = "/api/session", tag = "session", responses(
    (status = 200, description = "the caller", body = SignedIn),
    (status = 401, description = "an unknown caller", body = ErrorBody),
))]
pub(crate) async fn read_caller(caller: WebCaller) -> axum::Json<SignedIn> {
    axum::Json(caller.into())
}
