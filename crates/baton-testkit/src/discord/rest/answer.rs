//! Answers and errors.

use serde_json::{Value, json};

/// An HTTP answer.
pub(in super::super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(in super::super) body: Vec<u8>,
}

impl Answer {
    pub(in super::super) fn header(&mut self, name: &'static str, value: impl std::fmt::Display) {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_string()));
    }

    pub(super) fn json(value: &Value) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "application/json".to_owned())],
            body: value.to_string().into_bytes(),
        }
    }
}

/// Discord's error: a status, an error code and a message.
#[derive(Debug)]
pub(in super::super) struct ApiError {
    status: u16,
    code: u32,
    message: String,
    errors: Option<Value>,
}

impl ApiError {
    pub(in super::super) fn new(status: u16, code: u32, message: &str) -> Self {
        Self {
            status,
            code,
            message: message.to_owned(),
            errors: None,
        }
    }

    /// The error "Invalid Form Body", with the list of faults.
    pub(in super::super) fn form(faults: &[String]) -> Self {
        let errors = faults
            .iter()
            .map(|fault| json!({"code": "INVALID", "message": fault}));
        let errors = json!({"_errors": errors.collect::<Vec<_>>()});
        Self {
            errors: Some(errors),
            ..Self::new(400, 50035, "Invalid Form Body")
        }
    }
}

impl ApiError {
    /// The error "Invalid Form Body", with each fault under the path of its field.
    pub(in super::super) fn of_fields(errors: Value) -> Self {
        Self {
            errors: Some(errors),
            ..Self::new(400, 50035, "Invalid Form Body")
        }
    }
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        let mut body = json!({"message": error.message, "code": error.code});
        if let Some(errors) = error.errors {
            body["errors"] = errors;
        }
        Self {
            status: error.status,
            ..Self::json(&body)
        }
    }
}
