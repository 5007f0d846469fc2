//! The forms of requests with files.

use reqwest::Body;
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value};

use super::stored_body::StoredBody;
use crate::connector::{FileContent, OutgoingFile};

/// The layout of a request with files.
#[derive(Clone, Copy, Debug)]
pub enum FormLayout {
    /// The whole body is one part in JSON, as on Discord.
    JsonPart {
        /// The name of the part with the JSON.
        json_part: &'static str,
        /// The name of the part for a file with this number, from 0.
        file_part: fn(usize) -> String,
    },
    /// Each field of the body is a part of its own, as on Telegram. A text is sent as it is, another value as JSON. Null
    /// fields are left out.
    FieldParts {
        /// The name of the part for a file with this number, from 0, if the request does not name the part itself.
        file_part: fn(usize) -> String,
    },
}

/// A file of a request.
#[derive(Clone, Debug)]
pub(super) struct FilePart {
    /// The name of the part; `None` for the name of the layout.
    pub(super) part: Option<String>,
    pub(super) file: OutgoingFile,
}

/// A form that cannot be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum FormWriteError {
    /// The body is not an object.
    #[error("the body of a request with files has no fields: {0}")]
    NoFields(#[from] serde_json::Error),
    /// A stored file cannot be opened.
    #[error("a file of the request cannot be opened: {0}")]
    File(std::io::Error),
    /// The HTTP library refused a part.
    #[error("a part of the form is invalid")]
    Part(#[from] reqwest::Error),
}

impl FormLayout {
    /// Writes a form with the body, which is JSON, and the files.
    pub(super) async fn write_form(
        self,
        body: &str,
        files: &[FilePart],
    ) -> Result<Form, FormWriteError> {
        let mut form = Form::new();
        let file_part = match self {
            Self::JsonPart {
                json_part,
                file_part,
            } => {
                let json = Part::text(body.to_owned()).mime_str("application/json")?;
                form = form.part(json_part, json);
                file_part
            }
            Self::FieldParts { file_part } => {
                for (name, text) in list_text_parts(body)? {
                    form = form.text(name, text);
                }
                file_part
            }
        };
        for (number, FilePart { part, file }) in files.iter().enumerate() {
            let name = part.clone().unwrap_or_else(|| file_part(number));
            let part = match &file.content {
                FileContent::Bytes(bytes) => Part::stream(bytes.clone()),
                FileContent::Stored(stored) => {
                    let opened = stored.open().await.map_err(FormWriteError::File)?;
                    let size = opened.size;
                    Part::stream_with_length(Body::wrap(StoredBody::new(opened)), size)
                }
            };
            form = form.part(name, part.file_name(file.name.clone()));
        }
        Ok(form)
    }
}

/// The fields of a JSON object as text parts.
fn list_text_parts(body: &str) -> Result<Vec<(String, String)>, serde_json::Error> {
    let fields: Map<String, Value> = serde_json::from_str(body)?;
    let parts = fields.into_iter().filter_map(|(name, value)| match value {
        Value::Null => None,
        Value::String(text) => Some((name, text)),
        other => Some((name, other.to_string())),
    });
    Ok(parts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_is_a_text_part() {
        let body = r#"{
            "chat_id": -1001234567890123, "caption": "a \"b\"\n<c>", "silent": true, "thread": null,
            "reply": {"message_id": 7}, "media": [{"type": "photo", "media": "attach://file0"}]
        }"#;
        let mut parts = list_text_parts(body).unwrap();
        parts.sort();
        let parts: Vec<_> = parts
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        assert_eq!(parts[0], ("caption", "a \"b\"\n<c>"));
        assert_eq!(parts[1], ("chat_id", "-1001234567890123"));
        let media: Value = serde_json::from_str(parts[2].1).unwrap();
        assert_eq!(media[0]["media"], "attach://file0");
        assert_eq!(parts[3], ("reply", r#"{"message_id":7}"#));
        assert_eq!(parts[4], ("silent", "true"));
        assert_eq!(parts.len(), 5);
    }

    #[tokio::test]
    async fn a_body_without_fields_is_an_error() {
        let layout = FormLayout::FieldParts {
            file_part: |number| format!("file{number}"),
        };
        for body in ["[1]", "7", "\"text\""] {
            let error = layout.write_form(body, &[]).await.unwrap_err();
            assert!(matches!(error, FormWriteError::NoFields(_)), "{body}");
        }
    }
}
