//! One request to a platform.

use std::time::Duration;

use reqwest::Method;
use serde::Serialize;

use super::multipart_form::FilePart;
use super::rate_limit_buckets::RateLimitKey;
use crate::connector::{OutgoingFile, Urgency};

/// A request to a platform.
pub struct PlatformRequest {
    pub(super) method: Method,
    /// The path below the address of the API.
    pub(super) path: String,
    pub(super) limit: RequestLimit,
    /// The body, in JSON.
    pub(super) body: Option<Result<String, serde_json::Error>>,
    pub(super) files: Vec<FilePart>,
    pub(super) urgency: Urgency,
    /// `None` for the usual time limit.
    pub(super) time_limit: Option<Duration>,
}

/// The rate limit of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RequestLimit {
    /// A limit that the client keeps.
    Bucket(RateLimitKey),
    /// Limits that the connector keeps. The text names the request in the log.
    OfConnector(String),
    /// A limit of its own, because the path holds a secret and never repeats. No log shows the path.
    SecretPath,
}

impl RequestLimit {
    /// The key of the limit that the client keeps.
    pub(super) fn key(&self) -> Option<&RateLimitKey> {
        match self {
            Self::Bucket(key) => Some(key),
            Self::OfConnector(_) | Self::SecretPath => None,
        }
    }

    /// The name of the answer, for the log.
    pub(super) fn answer_name(&self) -> String {
        match self {
            Self::Bucket(key) => key.to_string(),
            Self::OfConnector(name) => name.clone(),
            Self::SecretPath => "an answer".to_owned(),
        }
    }

    /// Whether the request has the header of authorization. A secret in the path takes its place.
    pub(super) fn is_authorized(&self) -> bool {
        *self != Self::SecretPath
    }
}

impl PlatformRequest {
    /// A request to a path such as `channels/1/messages`. Each kind of path has a rate limit, separately for
    /// the first id in the path.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let path = path.into();
        let limit = RequestLimit::Bucket(RateLimitKey::of_request(&method, &path));
        Self::with_limit(method, path, limit)
    }

    /// A request to a path of a platform whose rate limits the connector keeps itself. The request waits for no limit.
    /// A refusal because of a limit is returned at once, as
    /// [`RateLimited`](super::request_error::RequestError::RateLimited).
    pub fn without_bucket(method: Method, path: impl Into<String>) -> Self {
        let path = path.into();
        let name = RateLimitKey::of_request(&method, &path).to_string();
        Self::with_limit(method, path, RequestLimit::OfConnector(name))
    }

    /// A request to a path that holds a secret in place of the authorization. Such a path never repeats, so the
    /// request never waits for a rate limit.
    pub fn with_secret_path(method: Method, path: String) -> Self {
        Self::with_limit(method, path, RequestLimit::SecretPath)
    }

    fn with_limit(method: Method, path: String, limit: RequestLimit) -> Self {
        Self {
            method,
            path,
            limit,
            body: None,
            files: Vec::new(),
            urgency: Urgency::CanWait,
            time_limit: None,
        }
    }

    /// Sets the body. The platform gets the fields in the order of the struct.
    #[must_use]
    pub fn json(self, body: &impl Serialize) -> Self {
        let body = Some(serde_json::to_string(body));
        Self { body, ..self }
    }

    /// Sets the files that are sent with the body. The form layout of the platform names their parts. A request without
    /// a body sends no files.
    #[must_use]
    pub fn files(self, files: Vec<OutgoingFile>) -> Self {
        let files = files.into_iter();
        let files = files.map(|file| FilePart { part: None, file }).collect();
        Self { files, ..self }
    }

    /// Adds a file with a name for its part, such as `document`.
    #[must_use]
    pub fn named_file(mut self, part: impl Into<String>, file: OutgoingFile) -> Self {
        let part = Some(part.into());
        self.files.push(FilePart { part, file });
        self
    }

    /// Sets the time limit, from the connection to the end of the answer. By default, the limit is 20 s, and 2 min with
    /// files. A long poll needs more than the time that the platform waits.
    #[must_use]
    pub fn time_limit(self, limit: Duration) -> Self {
        let time_limit = Some(limit);
        Self { time_limit, ..self }
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
        assert_eq!(request.limit.key(), None);
        assert_eq!(request.limit.answer_name(), "an answer");
        assert!(!request.limit.is_authorized());
        let request = PlatformRequest::new(Method::POST, "channels/1/messages");
        let key = request.limit.key().map(ToString::to_string);
        assert_eq!(key.as_deref(), Some("POST channels/:id/messages"));
        assert!(request.limit.is_authorized());
    }

    #[test]
    fn a_request_without_bucket_has_a_name_and_the_authorization() {
        let request = PlatformRequest::without_bucket(Method::POST, "getUpdates?offset=7");
        assert_eq!(request.limit.key(), None);
        assert_eq!(request.limit.answer_name(), "POST getUpdates");
        assert!(request.limit.is_authorized());
    }
}
