//! Signing in and out. A browser keeps a secret in a cookie that no script can read. The secret
//! differs from the person's token, and is valid until the person signs out, gets another token, or a
//! month has passed. The store holds only digests, so that sign-ins survive a restart, and a thief of
//! the store cannot sign in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use baton_core::clock::{Wall, millis};
use baton_core::hex::hex;
use baton_core::store::SignIn;
use rustls::crypto::ring;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::{WebCaller, find_account};
use crate::web::http::extractors::Json;
use crate::web::http::{authentication, client_address};

/// Prefix of the name of the cookie.
const COOKIE: &str = "baton_session";
/// Validity of a sign-in.
const HOLDS: Duration = Duration::from_hours(24 * 30);
/// The length of the secret in random bytes.
const SECRET: usize = 32;
/// Maximum length of a token, in bytes.
const LONGEST_TOKEN: usize = 1_024;

/// The name of the cookie, with the port. Browsers send cookies to all ports of a host, so two Batons on one
/// host would otherwise overwrite each other's cookie.
pub(crate) fn cookie_name(listening: SocketAddr) -> String {
    format!("{COOKIE}_{}", listening.port())
}

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
            operator: caller.is_operator(),
            id: caller.id.to_string(),
            name: caller.name,
        }
    }
}

/// Sign in with a token.
///
/// The response sets a cookie that is valid for a month, or until this browser signs out.
#[utoipa::path(post, path = "/api/session", tag = "session", request_body = SignInRequest, responses(
    (status = 200, description = "signed in; the cookie is set", body = SignedIn),
    (status = 401, description = "not one of our tokens", body = ErrorBody),
    (status = 429, description = "not one of our tokens, as were too many from this address", body = ErrorBody),
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
    let caller = authentication::authenticate_token(&app, address, token).await?;
    let caller = caller.filter(|_| token.expose_secret().len() <= LONGEST_TOKEN);
    let caller = caller.ok_or_else(|| {
        ApiError::unauthorized("this token is not one of ours; copy it again, whole")
    })?;
    let secret = generate_secret()?;
    let until = app.settings.clock.wall().0.saturating_add(millis(HOLDS));
    app.store()
        .sign_in(SignIn {
            key: sign_in_key(&secret),
            person: caller.id.clone(),
            proof: sign_in_proof(&secret, token),
            until: Wall(until),
        })
        .await?;
    let secure = client_address::came_over_tls(&app.settings, peer, &headers);
    let mut cookie = build_cookie(&app, secret, secure);
    cookie.set_max_age(Some(HOLDS.try_into().unwrap_or_default()));
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
    if let Some(secret) = jar.get(&cookie_name(app.listening)).and_then(parse_secret) {
        app.store().sign_out(&sign_in_key(secret)).await?;
    }
    Ok((StatusCode::NO_CONTENT, remove_cookie(&app, jar)))
}

/// Read the id and the name of the caller.
#[utoipa::path(get, path = "/api/session", tag = "session", responses(
    (status = 200, description = "who calls", body = SignedIn),
    (status = 401, description = "nobody it knows", body = ErrorBody),
))]
pub(crate) async fn read_caller(caller: WebCaller) -> axum::Json<SignedIn> {
    axum::Json(caller.into())
}

/// The caller according to the cookie; attached to the request.
#[derive(Clone)]
pub(crate) struct CookieCaller(pub(crate) WebCaller);

/// Finds the owner of the cookie. An invalid cookie is removed, and the request goes on as that of a
/// guest. The invalid cookie does not count as a wrong token, because a browser sends old cookies by
/// itself.
pub(crate) async fn recognize_cookie(
    State(app): State<Arc<AppState>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let jar = CookieJar::from_headers(request.headers());
    let Some(cookie) = jar.get(&cookie_name(app.listening)) else {
        return Ok(next.run(request).await);
    };
    let caller = match parse_secret(cookie) {
        Some(secret) => find_caller(&app, secret).await?,
        None => None,
    };
    let worthless = caller.is_none();
    if let Some(caller) = caller {
        request.extensions_mut().insert(CookieCaller(caller));
    }
    let response = next.run(request).await;
    if worthless && !response.headers().contains_key(header::SET_COOKIE) {
        return Ok((remove_cookie(&app, jar), response).into_response());
    }
    Ok(response)
}

async fn find_caller(app: &AppState, secret: &str) -> Result<Option<WebCaller>, ApiError> {
    let Some(stored) = app.store().signed_in(&sign_in_key(secret)).await? else {
        return Ok(None);
    };
    if stored.until <= app.settings.clock.wall() {
        return Ok(None);
    }
    // A person who was removed, or has a new token, is no longer signed in.
    let known = find_account(&app.settings, &stored.person).filter(|(token, _)| {
        let now = sign_in_proof(secret, token);
        now.as_bytes().ct_eq(stored.proof.as_bytes()).into()
    });
    Ok(known.map(|(_, caller)| caller))
}

fn generate_secret() -> Result<String, ApiError> {
    let mut bytes = [0; SECRET];
    let filled = ring::default_provider().secure_random.fill(&mut bytes);
    filled.map_err(|_| ApiError::busy("the system gives no random numbers", 5))?;
    Ok(hex(bytes))
}

/// The key of a sign-in in the store.
fn sign_in_key(secret: &str) -> String {
    hex(Sha256::digest(format!("key {secret}")))
}

/// A digest that binds the sign-in to the person's token.
fn sign_in_proof(secret: &str, token: &SecretString) -> String {
    hex(Sha256::digest(format!(
        "proof {secret} {}",
        token.expose_secret()
    )))
}

/// The secret in a cookie; `None` if the cookie is not one of Baton's.
fn parse_secret<'a>(cookie: &'a Cookie<'_>) -> Option<&'a str> {
    let secret = cookie.value();
    let ours = secret.len() == 2 * SECRET && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    ours.then_some(secret)
}

fn remove_cookie(app: &AppState, jar: CookieJar) -> CookieJar {
    jar.remove(build_cookie(app, String::new(), false))
}

fn build_cookie(app: &AppState, value: String, secure: bool) -> Cookie<'static> {
    Cookie::build((cookie_name(app.listening), value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .build()
}
