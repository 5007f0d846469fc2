//! One request to a platform.

use reqwest::Method;
use serde::Serialize;

use super::rate_limit_buckets::RateLimitKey;
use crate::connector::{OutgoingFile, Urgency};

/// A request to a platform.
pub struct PlatformRequest {
    pub(super) method: Method,
    /// The path below the address of the API.
    pub(super) path: String,
    /// The key of the rate limit; `None` if the path holds a secret. A key is shown in the log.
    pub(super) key: Option<RateLimitKey>,
    /// The body, in JSON.
    pub(super) body: Option<Result<String, serde_json::Error>>,
    pub(super) files: Vec<OutgoingFile>,
    pub(super) urgency: Urgency,
}

impl PlatformRequest {
    /// A request to a path such as `channels/1/messages`. Each kind of path has a rate limit, separately for
    /// the first id in the path.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let path = path.into();
        Self {
            key: Some(RateLimitKey::of_request(&method, &path)),
            ..Self::with_secret_path(method, path)
        }
    }

    /// A request to a path that holds a secret in place of the authorization. Such a path never repeats, so the
    /// request never waits for a rate limit.
    pub fn with_secret_path(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            key: None,
            body: None,
            files: Vec::new(),
            urgency: Urgency::CanWait,
        }
    }

    /// Sets the body. The platform gets the fields in the order of the struct.
    #[must_use]
    pub fn json(self, body: &impl Serialize) -> Self {
        let body = Some(serde_json::to_string(body));
        Self { body, ..self }
    }

    /// Sets the files that are sent with the body. A request without a body sends no files.
    #[must_use]
    pub fn files(self, files: Vec<OutgoingFile>) -> Self {
        Self { files, ..self }
    }

    /// Sets whether the request waits for a rate limit. By default, the request waits for at most 5 s
    /// ([`Urgency::CanWait`]).
    #[must_use]
    pub fn urgency(self, urgency: Urgency) -> Self {
        Self { urgency, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_path_is_in_no_key() {
        let path = "interactions/1/secret/callback".to_owned();
        let request = PlatformRequest::with_secret_path(Method::POST, path);
        assert_eq!(request.key, None);
        let request = PlatformRequest::new(Method::POST, "channels/1/messages");
        let key = request.key.map(|key| key.to_string());
        assert_eq!(key.as_deref(), Some("POST channels/:id/messages"));
    }
}
