//! Signing in and out: the token in a cookie that no script can read.

use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use baton_core::hex::hex;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use utoipa::ToSchema;

use super::access::Caller;
use super::app::App;
use super::error::{ApiError, ErrorBody};
use super::extract::Json;
use super::{access, client};

/// The cookie's name.
pub(crate) const COOKIE: &str = "baton_session";
/// The longest token that is looked at, in bytes.
const LONGEST_TOKEN: usize = 1_024;

/// Somebody signs in.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SignIn {
    /// Theirs alone.
    #[schema(value_type = String)]
    token: SecretString,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedIn {
    /// Always `success`.
    status: &'static str,
    /// Their stable id.
    id: String,
    /// The name they go by.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Whether they also see status, traces and dead letters.
    operator: bool,
}

impl From<Caller> for SignedIn {
    fn from(caller: Caller) -> Self {
        Self {
            status: "success",
            operator: caller.is_operator(),
            id: caller.id.to_string(),
            name: caller.name,
        }
    }
}

/// Sign in: sets a cookie that holds for this browser until it is closed.
#[utoipa::path(post, path = "/api/session", tag = "session", request_body = SignIn, responses(
    (status = 200, description = "signed in; the cookie is set", body = SignedIn),
    (status = 401, description = "not one of our tokens", body = ErrorBody),
    (status = 429, description = "too many wrong tokens from this address", body = ErrorBody),
))]
pub(crate) async fn sign_in(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    jar: CookieJar,
    Json(sign_in): Json<SignIn>,
) -> Result<(CookieJar, axum::Json<SignedIn>), ApiError> {
    let address = client::address(&app.settings, peer, &headers);
    let caller = access::sign_in(&app, address, &sign_in.token)?.ok_or_else(|| {
        ApiError::unauthorized("this token is not one of ours; copy it again, whole")
    })?;
    let secure = client::came_over_tls(&app.settings, peer, &headers);
    // A token may hold what a cookie may not.
    let cookie = cookie(hex(sign_in.token.expose_secret()), secure);
    Ok((jar.add(cookie), axum::Json(caller.into())))
}

/// Sign out: takes the cookie back.
#[utoipa::path(delete, path = "/api/session", tag = "session", responses(
    (status = 204, description = "signed out"),
))]
pub(crate) async fn sign_out(jar: CookieJar) -> (StatusCode, CookieJar) {
    (
        StatusCode::NO_CONTENT,
        jar.remove(cookie(String::new(), false)),
    )
}

/// Who you are, as far as this server can tell.
#[utoipa::path(get, path = "/api/session", tag = "session", responses(
    (status = 200, description = "who calls", body = SignedIn),
    (status = 401, description = "nobody it knows", body = ErrorBody),
))]
pub(crate) async fn who(caller: Caller) -> axum::Json<SignedIn> {
    axum::Json(caller.into())
}

fn cookie(value: String, secure: bool) -> Cookie<'static> {
    Cookie::build((COOKIE, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .build()
}

/// The token that a cookie holds; `None` where it is not one of ours.
pub(crate) fn token_of_cookie(cookie: &Cookie<'_>) -> Option<SecretString> {
    let hex = cookie.value().as_bytes();
    let digits = hex.iter().all(u8::is_ascii_hexdigit);
    if !digits || hex.len() % 2 != 0 || hex.len() > 2 * LONGEST_TOKEN {
        return None;
    }
    let bytes = hex.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    let token = String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()?;
    Some(SecretString::from(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_from_its_cookie() {
        let token = "ä; \" \\ \u{1f680}=,";
        let cookie = cookie(hex(token), false);
        let back = token_of_cookie(&cookie).unwrap();
        assert_eq!(back.expose_secret(), token);
    }

    #[test]
    fn a_broken_cookie_holds_no_token() {
        for value in ["1", "zz", "+1", "ff", &"61".repeat(LONGEST_TOKEN + 1)] {
            let broken = Cookie::new(COOKIE, value.to_owned());
            assert!(token_of_cookie(&broken).is_none(), "{value:?}");
        }
    }
}
