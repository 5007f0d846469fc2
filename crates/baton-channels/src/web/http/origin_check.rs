//! Refuses requests from foreign web pages. A browser sends Baton's cookie, and reaches loopback, on behalf
//! of any page. The Host header must therefore name this server. An Origin header must name this server's own
//! page.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header, uri::Authority};
use axum::middleware::Next;
use axum::response::Response;

use super::access_state::AccessState;
use super::api_error::ApiError;

/// The content type of posts.
const JSON: &str = "application/json";
/// The content type of an uploaded file, whatever the content.
const FILE: &str = "application/octet-stream";

/// Refuses requests for another host, and requests from a foreign page.
pub(crate) async fn check_origin(
    State(access): State<Arc<AccessState>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let host = requested_host(request.headers(), request.uri())?;
    if !is_our_host(&host, access.listening, &access.settings.hosts) {
        return Err(ApiError::new(
            StatusCode::MISDIRECTED_REQUEST,
            "unknown_host",
            format!(
                "the host name {:?} is not configured; to allow the name, add it to `hosts` in [server]",
                host.as_str()
            ),
        ));
    }
    if !from_our_page(request.headers(), &host, &access.settings.hosts) {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "foreign_origin",
            "pages of other origins may neither read nor write here",
        ));
    }
    Ok(next.run(request).await)
}

/// Refuses content types that an HTML form on a foreign page can send. Checked only for existing calls: for
/// other calls, the wrong method is the better error. Posts to `upload_path` hold a file, and all other posts hold
/// JSON.
pub(crate) async fn check_content_type(
    State(upload_path): State<&'static str>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if request.method() == Method::POST {
        let (path, headers) = (request.uri().path(), request.headers());
        if path == upload_path {
            if !has_content_type(headers, FILE) {
                return Err(ApiError::not_a_file());
            }
        } else if !has_content_type(headers, JSON) {
            return Err(ApiError::not_json());
        }
    }
    Ok(next.run(request).await)
}

fn requested_host(headers: &HeaderMap, uri: &Uri) -> Result<Authority, ApiError> {
    let named = match headers.get(header::HOST) {
        Some(host) => Authority::try_from(host.as_bytes()).ok(),
        None => uri.authority().cloned(),
    };
    named
        // A host of the form `user@host` is an attempt to mislead.
        .filter(|host| !host.as_str().contains('@'))
        .ok_or_else(|| ApiError::invalid("no_host", "the request has no Host header; send one"))
}

/// Whether a Host header can be trusted against DNS rebinding: a configured name, `localhost`, or an IP
/// address on which this server listens.
fn is_our_host(host: &Authority, listening: SocketAddr, hosts: &[String]) -> bool {
    if hosts
        .iter()
        .any(|ours| same_authority(ours, host.as_str()) || ours.eq_ignore_ascii_case(host.host()))
    {
        return true;
    }
    match parse_ip(host.host()) {
        Some(ip) => ip.is_loopback() || ip == listening.ip() || listening.ip().is_unspecified(),
        None => host.host().eq_ignore_ascii_case("localhost"),
    }
}

fn parse_ip(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()
}

fn from_our_page(headers: &HeaderMap, host: &Authority, hosts: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let origin = origin.to_str().ok().and_then(|origin| {
        origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"))
    });
    origin.is_some_and(|origin| {
        same_authority(origin, host.as_str())
            // A proxy may use another host name than the browser.
            || hosts.iter().any(|ours| same_authority(origin, ours))
    })
}

/// Whether two spellings mean the same host and port. A default port (80 or 443) may be left out.
fn same_authority(one: &str, other: &str) -> bool {
    fn without_default_port(authority: &str) -> &str {
        authority
            .strip_suffix(":80")
            .or_else(|| authority.strip_suffix(":443"))
            .unwrap_or(authority)
    }
    without_default_port(one).eq_ignore_ascii_case(without_default_port(other))
}

fn has_content_type(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_ours(host: &str, listening: &str, hosts: &[&str]) -> bool {
        let hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
        is_our_host(&host.parse().unwrap(), listening.parse().unwrap(), &hosts)
    }

    #[test]
    fn a_name_must_be_configured_and_an_address_must_be_bound() {
        for host in ["localhost", "LOCALHOST:7420", "127.0.0.1:1", "[::1]:7420"] {
            assert!(is_ours(host, "127.0.0.1:7420", &[]), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:7420", "10.0.0.1"] {
            assert!(!is_ours(host, "127.0.0.1:7420", &[]), "{host}");
        }
        assert!(is_ours("10.0.0.1:7420", "0.0.0.0:7420", &[]));
        assert!(!is_ours("evil.example", "0.0.0.0:7420", &[]));
        assert!(is_ours("chat.example", "0.0.0.0:7420", &["chat.example"]));
        assert!(is_ours(
            "Chat.Example:443",
            "0.0.0.0:7420",
            &["chat.example"]
        ));
        assert!(is_ours(
            "chat.example:8443",
            "0.0.0.0:1",
            &["chat.example:8443"]
        ));
    }

    fn from(origin: &str, host: &str, hosts: &[&str]) -> bool {
        let hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
        let headers = [(header::ORIGIN, origin.parse().unwrap())]
            .into_iter()
            .collect();
        from_our_page(&headers, &host.parse().unwrap(), &hosts)
    }

    #[test]
    fn only_our_own_page_may_call() {
        assert!(from("http://localhost:7420", "localhost:7420", &[]));
        assert!(from("https://chat.example", "chat.example", &[]));
        assert!(from(
            "https://chat.example",
            "10.0.0.1:7420",
            &["chat.example"]
        ));
        for origin in [
            "null",
            "http://evil.example",
            "http://localhost:3000",
            "http://localhost",
            "http://127.0.0.1:7420",
            "file://localhost:7420",
            "http://localhost:7420.evil.example",
        ] {
            assert!(!from(origin, "localhost:7420", &[]), "{origin}");
        }
    }
}
