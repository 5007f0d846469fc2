//! Errors of requests to a platform.

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;

use crate::connector::{ConnectorError, Refusal, RequestFailure};

/// A refusal of a request, in the platform's own format.
pub trait PlatformRefusal: fmt::Display + Sized {
    /// The name of the platform, for people.
    const PLATFORM: &'static str;

    /// Reads the answer to a refused request. The body can be empty, or in another format.
    fn from_answer(status: StatusCode, body: &[u8]) -> Self;

    /// Whether the platform itself wrote this answer. A proxy in front of the platform can refuse requests for a
    /// while, and another try then reaches the platform.
    fn is_from_platform(status: StatusCode, body: &[u8]) -> bool;

    /// The reason for the chat layer, with advice for the operator.
    fn reason(&self) -> (Refusal, Option<&'static str>);
}

/// The reason why a request failed. `R` is the refusal of the platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError<R: PlatformRefusal> {
    /// A rate limit.
    #[error("{} asks for a pause of {} s", R::PLATFORM, after.as_secs_f64())]
    RateLimited {
        /// The pause until another try.
        after: Duration,
    },
    /// The request did not reach the platform.
    #[error("the request did not reach {}: {reason}", R::PLATFORM)]
    Unreachable {
        /// The failure in words, without the address.
        reason: String,
    },
    /// The platform may have done the request, but no answer from the platform tells the outcome.
    #[error("the outcome of a request to {} is unknown: {reason}", R::PLATFORM)]
    Unknown {
        /// The failure in words, without the address.
        reason: String,
    },
    /// The platform did the request, but the answer is unreadable. Another try would give the same answer.
    #[error("{}'s answer is unreadable: {reason}", R::PLATFORM)]
    UnreadableAnswer {
        /// The failure in words, without the text of people.
        reason: String,
    },
    /// The platform refused the request.
    #[error("{} refused the request: {}", R::PLATFORM, .0)]
    Refused(R),
}

impl<R: PlatformRefusal> RequestError<R> {
    /// The pause that the platform asks for.
    pub fn requested_pause(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { after } => Some(*after),
            _ => None,
        }
    }

    /// The error of an answer with a status other than success.
    pub(super) fn from_answer(status: StatusCode, body: &[u8]) -> Self {
        if R::is_from_platform(status, body) {
            return Self::from_refusal(status, body);
        }
        let (status, platform) = (status.as_u16(), R::PLATFORM);
        Self::Unknown {
            reason: format!("the answer with status {status} is not from {platform}"),
        }
    }

    /// The error of an answer with a status other than success, from the platform itself. From status 500 on, the
    /// outcome is unknown.
    pub(super) fn from_refusal(status: StatusCode, body: &[u8]) -> Self {
        if !status.is_server_error() {
            return Self::Refused(R::from_answer(status, body));
        }
        Self::Unknown {
            reason: format!("the status is {}", status.as_u16()),
        }
    }

    /// Converts an error without the address, because the address may hold a secret. The text is that of the deepest
    /// cause. An error of the HTTP library itself can show the address, so its own text is never used.
    pub(super) fn from_transport(error: &reqwest::Error) -> Self {
        let mut reason = String::new();
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
        while let Some(error) = cause {
            if !error.is::<reqwest::Error>() {
                reason = error.to_string();
            }
            cause = error.source();
        }
        if reason.is_empty() {
            reason = if error.is_timeout() {
                "the request took too long".to_owned()
            } else {
                "the connection failed".to_owned()
            };
        }
        if error.is_connect() || error.is_builder() {
            Self::Unreachable { reason }
        } else {
            Self::Unknown { reason }
        }
    }
}

impl<R: PlatformRefusal> From<RequestError<R>> for ConnectorError {
    fn from(error: RequestError<R>) -> Self {
        let mut hint = None;
        let failure = match &error {
            RequestError::RateLimited { after } => RequestFailure::NotTaken {
                after: Some(*after),
            },
            RequestError::Unreachable { .. } => RequestFailure::NotTaken { after: None },
            RequestError::Unknown { .. } => RequestFailure::Unknown,
            RequestError::UnreadableAnswer { .. } => RequestFailure::UnreadableAnswer,
            RequestError::Refused(refusal) => {
                let (reason, advice) = refusal.reason();
                hint = advice;
                RequestFailure::Refused(reason)
            }
        };
        Self {
            failure,
            message: error.to_string(),
            hint,
            moved: None,
        }
    }
}
