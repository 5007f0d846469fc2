//! Refusals that do not depend on the handler of a call, described in one place.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, OpenApi, PathItem, Ref, ResponseBuilder};

/// Refusals of every call.
const ALWAYS: [(&str, &str); 3] = [
    (
        "403",
        "a request from another origin, or for operators only",
    ),
    ("421", "the host name of the request is not configured"),
    ("503", "the store is unavailable; see `Retry-After`"),
];
/// Refusals of calls with a path parameter or a query.
const PARAMETERS: [(&str, &str); 1] = [("400", "a parameter is invalid")];
/// Refusals of calls with a body.
const BODY: [(&str, &str); 3] = [
    ("400", "the body cannot be read"),
    ("408", "the body came too slowly"),
    ("413", "the body is too long"),
];
/// Refusals of POST calls, with or without a body: a content type that a form on another website can
/// send. And of other calls with a body.
const POSTED: [(&str, &str); 1] = [("415", "this address does not accept this `Content-Type`")];
/// Refusals of calls that identify the caller.
const CALLER: [(&str, &str); 2] = [
    ("401", "no valid sign-in"),
    (
        "429",
        "a wrong token, after too many wrong tokens from this address; see `Retry-After`",
    ),
];

/// Describes the ways to sign in, and the refusals of every operation.
pub(super) fn describe_refusals(description: &mut OpenApi, cookie: &str) {
    let components = description.components.get_or_insert_default();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme("token", bearer);
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie)));
    components.add_security_scheme("cookie", cookie);
    for item in description.paths.paths.values_mut() {
        let PathItem {
            get,
            post,
            patch,
            delete,
            ..
        } = item;
        for operation in [&mut *get, &mut *post, &mut *patch].into_iter().flatten() {
            add_for_caller(operation);
        }
        for operation in [&mut *post, &mut *patch].into_iter().flatten() {
            add_refusals(operation, &POSTED);
        }
        for operation in [get, post, patch, delete].into_iter().flatten() {
            add_for_all(operation);
        }
    }
}

fn add_for_all(operation: &mut Operation) {
    add_refusals(operation, &ALWAYS);
    if operation.request_body.is_some() {
        add_refusals(operation, &BODY);
    }
    if operation
        .parameters
        .as_ref()
        .is_some_and(|all| !all.is_empty())
    {
        add_refusals(operation, &PARAMETERS);
    }
}

/// Signing out needs no valid sign-in; every other call does.
fn add_for_caller(operation: &mut Operation) {
    add_refusals(operation, &CALLER);
    // On loopback, and on a public page, no token is needed.
    let none: [&str; 0] = [];
    operation.security = Some(vec![
        SecurityRequirement::default(),
        SecurityRequirement::new("token", none),
        SecurityRequirement::new("cookie", none),
    ]);
}

/// The handler's own description of a status is more precise, and stays.
fn add_refusals(operation: &mut Operation, refusals: &[(&str, &str)]) {
    for (code, description) in refusals {
        let responses = &mut operation.responses.responses;
        responses.entry((*code).to_owned()).or_insert_with(|| {
            let body = Content::new(Some(Ref::from_schema_name("ErrorBody")));
            let refusal = ResponseBuilder::new().description(*description);
            refusal.content("application/json", body).build().into()
        });
    }
}
