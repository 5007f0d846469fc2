//! Error responses of the API: a code for programs and a message for people.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use baton_core::authority::Forbidden;
use baton_core::inbox::StopAskingError;
use baton_core::said::NotSaid;
use baton_core::store::{
    ClaimError, ControlError, DecideError, LeaseError, RenewError, StoreError,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::size_limits::BODY_LIMIT;

/// An error response. The message holds no private data.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    word: &'static str,
    message: String,
    /// Value of the `Retry-After` header, in whole seconds.
    retry_after: Option<u64>,
}

/// The body of an error response.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// Always `false`.
    success: bool,
    /// Always `error`.
    #[schema(example = "error")]
    status: &'static str,
    /// The error code, for programs.
    #[schema(example = "invalid_text")]
    error: &'static str,
    /// A message for people: the problem, its subject, and the next step.
    message: String,
}

impl ApiError {
    pub(crate) fn new(
        status: StatusCode,
        word: &'static str,
        message: impl std::fmt::Display,
    ) -> Self {
        Self {
            status,
            word,
            message: message.to_string(),
            retry_after: None,
        }
    }

    pub(crate) fn invalid(word: &'static str, message: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, word, message)
    }

    pub(crate) fn not_found(message: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(crate) fn conflict(message: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    pub(crate) fn forbidden(message: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    pub(crate) fn unauthorized(message: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    pub(crate) fn too_many(
        word: &'static str,
        message: impl std::fmt::Display,
        retry_after: u64,
    ) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, word, message)
        }
    }

    /// The service is busy; the caller may try again after `retry_after` seconds.
    pub(crate) fn busy(what: &str, retry_after: u64) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                format!("{what}; try again in {retry_after} s"),
            )
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            success: false,
            status: "error",
            error: self.word,
            message: self.message,
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

impl From<StoreError> for ApiError {
    /// A store error names files of this machine. The error is therefore written to the log, and the caller
    /// gets only an id that finds the log line. A full disk is named, because the caller may know an
    /// operator.
    fn from(error: StoreError) -> Self {
        let id = uuid::Uuid::now_v7().simple().to_string().split_off(24);
        tracing::error!(id, %error, "a request failed");
        let why = match error {
            StoreError::Full { .. } => ": the disk is full",
            _ => "",
        };
        let message = format!(
            "Baton could not read or store the data{why}; try again in a while (error {id})"
        );
        Self {
            retry_after: Some(5),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_failed", message)
        }
    }
}

impl From<ClaimError> for ApiError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::Unknown(_) => Self::not_found(error),
            ClaimError::NotClaimable { .. } => Self::new(
                StatusCode::CONFLICT,
                "not_claimable",
                format!("{error}; claim another message"),
            ),
            ClaimError::NotItsTurn { .. } => Self::new(StatusCode::CONFLICT, "not_its_turn", error),
            ClaimError::Store(error) => error.into(),
        }
    }
}

impl From<RenewError> for ApiError {
    fn from(error: RenewError) -> Self {
        match error {
            RenewError::Unknown(_) => Self::not_found(error),
            RenewError::NotHeld(_) => Self::new(
                StatusCode::CONFLICT,
                "not_held",
                format!("{error}: the lease ended, or this worker never had it; drop the work"),
            ),
            RenewError::Store(error) => error.into(),
        }
    }
}

impl From<LeaseError> for ApiError {
    fn from(error: LeaseError) -> Self {
        match error {
            LeaseError::Lost(_) => Self::new(StatusCode::CONFLICT, "not_held", error),
            LeaseError::Store(error) => error.into(),
        }
    }
}

impl From<Forbidden> for ApiError {
    fn from(error: Forbidden) -> Self {
        match error {
            Forbidden::Guest => Self::unauthorized(error),
            // A closed place counts as missing, so that its existence stays hidden.
            Forbidden::Outside => Self::not_found(error),
            _ => Self::forbidden(error),
        }
    }
}

impl From<ControlError> for ApiError {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Unknown(_) => Self::not_found(error),
            ControlError::NotPossible { .. }
            | ControlError::NobodyAnswers { .. }
            | ControlError::NobodyCarries { .. } => Self::conflict(error),
            ControlError::Store(error) => error.into(),
        }
    }
}

impl From<NotSaid> for ApiError {
    fn from(error: NotSaid) -> Self {
        Self::invalid("invalid_text", error)
    }
}

impl From<DecideError> for ApiError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Unknown(_) => Self::not_found(error),
            DecideError::Over { .. } => Self::new(StatusCode::CONFLICT, "over", error),
            DecideError::NotYours { .. } => Self::new(StatusCode::FORBIDDEN, "not_yours", error),
            DecideError::NotAnAnswer { .. } => Self::invalid("not_an_answer", error),
            DecideError::NotSaid(error) => error.into(),
            DecideError::Store(error) => error.into(),
        }
    }
}

impl From<StopAskingError> for ApiError {
    fn from(error: StopAskingError) -> Self {
        match error {
            StopAskingError::Over(error) => error.into(),
            StopAskingError::Control(error) => error.into(),
        }
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        let text = rejection.body_text();
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                format!(
                    "the request is longer than {} KiB; send less",
                    BODY_LIMIT / 1024
                ),
            ),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::not_json(),
            _ => Self::invalid("invalid_json", text),
        }
    }
}

impl ApiError {
    pub(crate) fn not_a_file() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_a_file",
            "send the file itself, with `Content-Type: application/octet-stream`",
        )
    }

    pub(crate) fn no_such_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "no_such_method",
            "this address does not accept the method; `Allow` lists the accepted ones",
        )
    }

    pub(crate) fn not_json() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_json",
            "send `Content-Type: application/json`",
        )
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::invalid("invalid_query", rejection.body_text())
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::invalid("invalid_path", rejection.body_text())
    }
}
