//! The cookie of a sign-in. A browser keeps a secret in a cookie that no script can read. The secret
//! differs from the person's token, and is valid until the person signs out, gets another token, or a
//! month has passed. The store holds only digests, so that sign-ins survive a restart, and a thief of
//! the store cannot sign in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use baton_core::clock::{Wall, millis};
use baton_core::hex::hex;
use baton_core::name::PersonId;
use baton_core::store::SignIn;
use rustls::crypto::ring;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::access_state::AccessState;
use super::api_error::ApiError;
use super::authentication::{CookieCaller, WebCaller, find_account};

/// Prefix of the name of the cookie.
const COOKIE: &str = "baton_session";
/// Validity of a sign-in.
const HOLDS: Duration = Duration::from_hours(24 * 30);
/// The length of the secret in random bytes.
const SECRET: usize = 32;

/// The name of the cookie, with the port. Browsers send cookies to all ports of a host, so two Batons on one
/// host would otherwise overwrite each other's cookie.
pub(crate) fn cookie_name(listening: SocketAddr) -> String {
    format!("{COOKIE}_{}", listening.port())
}

/// Finds the owner of the cookie. An invalid cookie is removed, and the request goes on as that of a
/// guest. The invalid cookie does not count as a wrong token, because a browser sends old cookies by
/// itself.
pub(crate) async fn recognize_cookie(
    State(access): State<Arc<AccessState>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let jar = CookieJar::from_headers(request.headers());
    let Some(cookie) = jar.get(&cookie_name(access.listening)) else {
        return Ok(next.run(request).await);
    };
    let caller = match parse_secret(cookie) {
        Some(secret) => find_caller(&access, secret).await?,
        None => None,
    };
    let worthless = caller.is_none();
    if let Some(caller) = caller {
        request.extensions_mut().insert(CookieCaller(caller));
    }
    let response = next.run(request).await;
    if worthless && !response.headers().contains_key(header::SET_COOKIE) {
        return Ok((remove_cookie(&access, jar), response).into_response());
    }
    Ok(response)
}

async fn find_caller(access: &AccessState, secret: &str) -> Result<Option<WebCaller>, ApiError> {
    let Some(stored) = access.store.signed_in(&sign_in_key(secret)).await? else {
        return Ok(None);
    };
    if stored.until <= access.settings.clock.wall() {
        return Ok(None);
    }
    // A person who was removed, or has a new token, is no longer signed in.
    let known = find_account(&access.settings, &stored.person).filter(|(token, _)| {
        let now = sign_in_proof(secret, token);
        now.as_bytes().ct_eq(stored.proof.as_bytes()).into()
    });
    Ok(known.map(|(_, caller)| caller))
}

/// Stores a new sign-in, and makes its cookie. `secure` keeps the cookie from plain connections.
pub(crate) async fn create_cookie(
    access: &AccessState,
    person: PersonId,
    token: &SecretString,
    secure: bool,
) -> Result<Cookie<'static>, ApiError> {
    let secret = generate_secret()?;
    let until = access.settings.clock.wall().0.saturating_add(millis(HOLDS));
    access
        .store
        .sign_in(SignIn {
            key: sign_in_key(&secret),
            person,
            proof: sign_in_proof(&secret, token),
            until: Wall(until),
        })
        .await?;
    let mut cookie = build_cookie(access, secret, secure);
    cookie.set_max_age(Some(HOLDS.try_into().unwrap_or_default()));
    Ok(cookie)
}

/// Ends the sign-in of the cookie, and removes the cookie from the browser.
pub(crate) async fn revoke_cookie(
    access: &AccessState,
    jar: CookieJar,
) -> Result<CookieJar, ApiError> {
    if let Some(secret) = jar
        .get(&cookie_name(access.listening))
        .and_then(parse_secret)
    {
        access.store.sign_out(&sign_in_key(secret)).await?;
    }
    Ok(remove_cookie(access, jar))
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

fn remove_cookie(access: &AccessState, jar: CookieJar) -> CookieJar {
    jar.remove(build_cookie(access, String::new(), false))
}

fn build_cookie(access: &AccessState, value: String, secure: bool) -> Cookie<'static> {
    Cookie::build((cookie_name(access.listening), value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .build()
}
