//! A request as received.

use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::{HeaderMap, Method, header};
use serde_json::Value;

use super::{LARGEST_BODY, Upload};

/// A completely received request.
pub(super) struct Received {
    pub(super) method: String,
    /// The path below `/api/v10`.
    pub(super) path: String,
    pub(super) query: String,
    headers: HeaderMap,
    pub(super) body: Result<Content, String>,
}

pub(super) enum Content {
    None,
    Json(Value),
    Form {
        json: Option<Value>,
        files: Vec<Upload>,
    },
}

impl Received {
    pub(super) async fn read(request: Request) -> Self {
        let method = request.method().clone();
        let headers = request.headers().clone();
        let whole = request.uri().path();
        let path = whole
            .strip_prefix("/api/v10")
            .map_or_else(|| format!("(not below /api/v10) {whole}"), str::to_owned);
        let query = request.uri().query().unwrap_or_default().to_owned();
        let body = Content::read(request, &method).await;
        Self {
            method: method.to_string(),
            path,
            query,
            headers,
            body,
        }
    }

    pub(super) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Content {
    async fn read(request: Request, method: &Method) -> Result<Self, String> {
        let media_type = request.headers().get(header::CONTENT_TYPE);
        let media_type = media_type
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        if media_type.starts_with("multipart/form-data") {
            let form = Multipart::from_request(request, &()).await;
            return Self::form(form.map_err(|error| error.to_string())?).await;
        }
        let bytes = axum::body::to_bytes(request.into_body(), LARGEST_BODY).await;
        let bytes = bytes.map_err(|error| error.to_string())?;
        if bytes.is_empty() {
            return Ok(Self::None);
        }
        if method == Method::GET || !media_type.starts_with("application/json") {
            return Err(format!("a body of type {media_type:?}"));
        }
        let value = serde_json::from_slice(&bytes).map_err(|error| format!("no JSON: {error}"))?;
        Ok(Self::Json(value))
    }

    async fn form(mut form: Multipart) -> Result<Self, String> {
        let (mut json, mut files) = (None, Vec::new());
        while let Some(field) = form.next_field().await.map_err(|error| error.to_string())? {
            let name = field.name().unwrap_or_default().to_owned();
            let number = name
                .strip_prefix("files[")
                .and_then(|rest| rest.strip_suffix(']'));
            let number = number.and_then(|number| number.parse().ok());
            let file_name = field.file_name().unwrap_or_default().to_owned();
            let media_type = field.content_type().map(str::to_owned);
            let bytes = field.bytes().await.map_err(|error| error.to_string())?;
            match number {
                Some(_) if file_name.is_empty() => return Err(format!("{name} has no filename")),
                Some(number) => files.push(Upload {
                    number,
                    name: file_name,
                    media_type,
                    bytes,
                }),
                None if name == "payload_json" => {
                    let value = serde_json::from_slice(&bytes);
                    json = Some(value.map_err(|error| format!("payload_json: {error}"))?);
                }
                None => return Err(format!("a part with the unknown name {name:?}")),
            }
        }
        Ok(Self::Form { json, files })
    }
}
