//! What a call is refused with before, or however, its handler does anything: said once for all.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, OpenApi, PathItem, Ref, ResponseBuilder};

use crate::web::session::COOKIE;

/// Of every call.
const ALWAYS: [(&str, &str); 3] = [
    (
        "403",
        "a page from elsewhere calls, or only an operator may",
    ),
    (
        "421",
        "the server is called by a name that is not configured",
    ),
    ("503", "the store cannot just now; see `Retry-After`"),
];
/// Of those that have a path or a query to read.
const PARAMETERS: [(&str, &str); 1] = [("400", "a parameter means nothing")];
/// Of those that have a body to read.
const BODY: [(&str, &str); 3] = [
    ("400", "the body cannot be read"),
    ("408", "the body came too slowly"),
    ("413", "the body is too long"),
];
/// Of whatever is posted, with a body or without: what a form on another's page can send is not taken.
const POSTED: [(&str, &str); 1] = [("415", "`Content-Type` is another than this address takes")];
/// Of those that ask who calls.
const CALLER: [(&str, &str); 2] = [
    ("401", "nobody who may"),
    (
        "429",
        "a wrong token, as were too many from this address; see `Retry-After`",
    ),
];

/// Describes how one signs in, and what every operation may be refused with.
pub(super) fn describe(description: &mut OpenApi) {
    let components = description.components.get_or_insert_default();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme("token", bearer);
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE)));
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
        if let Some(post) = post {
            add(post, &POSTED);
        }
        for operation in [get, post, patch, delete].into_iter().flatten() {
            add_for_all(operation);
        }
    }
}

fn add_for_all(operation: &mut Operation) {
    add(operation, &ALWAYS);
    if operation.request_body.is_some() {
        add(operation, &BODY);
    }
    if operation
        .parameters
        .as_ref()
        .is_some_and(|all| !all.is_empty())
    {
        add(operation, &PARAMETERS);
    }
}

/// Whoever signs out need not be anybody; all else asks.
fn add_for_caller(operation: &mut Operation) {
    add(operation, &CALLER);
    // On loopback, and on a public page, nothing need be shown.
    let none: [&str; 0] = [];
    operation.security = Some(vec![
        SecurityRequirement::default(),
        SecurityRequirement::new("token", none),
        SecurityRequirement::new("cookie", none),
    ]);
}

/// What the handler says itself is more to the point.
fn add(operation: &mut Operation, refusals: &[(&str, &str)]) {
    for (code, description) in refusals {
        let responses = &mut operation.responses.responses;
        responses.entry((*code).to_owned()).or_insert_with(|| {
            let body = Content::new(Some(Ref::from_schema_name("ErrorBody")));
            let refusal = ResponseBuilder::new().description(*description);
            refusal.content("application/json", body).build().into()
        });
    }
}
