//! Answers and errors.

use serde_json::{Value, json};

/// An HTTP answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// The result of a method.
pub(super) type Done = Result<Value, ApiError>;

impl Answer {
    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: value.to_string().into_bytes(),
        }
    }

    /// The answer of the proxy in front of Telegram.
    pub(super) fn html(status: u16) -> Self {
        Self {
            status,
            headers: vec![("content-type", "text/html".to_owned())],
            body: format!("<html><head><title>{status} Bad Gateway</title></head></html>")
                .into_bytes(),
        }
    }
}

impl From<Done> for Answer {
    fn from(done: Done) -> Self {
        match done {
            Ok(result) => Self::json(200, &json!({"ok": true, "result": result})),
            Err(error) => error.into(),
        }
    }
}

/// Telegram's error: a code, a description, and perhaps parameters.
#[derive(Clone, Debug)]
pub(super) struct ApiError {
    code: u16,
    description: String,
    parameters: Value,
}

impl ApiError {
    pub(super) fn new(code: u16, description: &str) -> Self {
        Self {
            code,
            description: description.to_owned(),
            parameters: Value::Null,
        }
    }

    pub(super) fn bad_request(what: &str) -> Self {
        Self::new(400, &format!("Bad Request: {what}"))
    }

    pub(super) fn too_fast(seconds: u64) -> Self {
        Self::new(429, &format!("Too Many Requests: retry after {seconds}"))
            .with_parameters(json!({"retry_after": seconds}))
    }

    pub(super) fn with_parameters(self, parameters: Value) -> Self {
        Self { parameters, ..self }
    }
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        let mut body =
            json!({"ok": false, "error_code": error.code, "description": error.description});
        let wait = error.parameters["retry_after"].as_u64();
        if !error.parameters.is_null() {
            body["parameters"] = error.parameters;
        }
        let mut answer = Self::json(error.code, &body);
        if let Some(seconds) = wait {
            answer.headers.push(("retry-after", seconds.to_string()));
        }
        answer
    }
}
