//! A server with the transcriptions API of `OpenAI`.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::agent::PublicText;
use baton_core::files::Received;
use baton_core::speech::{SpeechError, TRANSCRIPT_LIMIT, Transcriber};
use reqwest::multipart::{Form, Part};
use reqwest::{Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::audio_container::{detect_container, with_ending};
use crate::openai::{client_builder, endpoint_url, message_in, server_name};
use crate::safe_text;

/// How long a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The maximum size of an answer, in bytes. JSON can write a character of one byte in six.
const ANSWER_LIMIT: usize = 6 * TRANSCRIPT_LIMIT + 64 * 1024;

/// The configuration of a transcription server.
#[derive(Clone)]
pub struct TranscriptionServerSettings {
    /// The address of the server, see [`transcription_url`].
    pub url: Url,
    /// The API key, sent as a bearer token.
    pub api_key: Option<SecretString>,
    /// The model, by the server's name.
    pub model: String,
    /// The language of the recordings, such as `de`. Without it, the server recognises the language.
    pub language: Option<String>,
}

impl fmt::Debug for TranscriptionServerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TranscriptionServerSettings")
            // The whole URL may contain a password.
            .field("server", &server_name(&self.url))
            .field("api_key", &self.api_key)
            .field("model", &self.model)
            .field("language", &self.language)
            .finish()
    }
}

/// The reason why a transcriber could not be created.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptionServerError {
    /// The address is no HTTP address.
    #[error(
        "the address of a transcription server must begin with http:// or https://, for example \
         http://127.0.0.1:8080"
    )]
    Address,
    /// The HTTP client could not be created.
    #[error("no HTTP client could be made for the transcription server {server}")]
    Client {
        /// Host and port.
        server: String,
        /// The cause.
        source: reqwest::Error,
    },
}

/// Writes down recordings with a server.
pub struct TranscriptionServer {
    settings: TranscriptionServerSettings,
    url: Url,
    http: reqwest::Client,
}

#[derive(Deserialize)]
struct Transcription {
    text: String,
}

/// The address for requests: the server's address, and the path of the API. A path that ends in `/v1` gets only the
/// rest, and a complete path stays. `None` if the address is not HTTP.
pub fn transcription_url(base: &Url) -> Option<Url> {
    let path = base.path().trim_end_matches('/');
    let rest: &[&str] = match path.rsplit('/').next() {
        Some("transcriptions" | "inference") => &[],
        Some("v1") => &["audio", "transcriptions"],
        _ => &["v1", "audio", "transcriptions"],
    };
    endpoint_url(base, rest)
}

impl TranscriptionServer {
    /// Creates a transcriber. A missing server shows only at the first recording.
    pub fn new(settings: TranscriptionServerSettings) -> Result<Self, TranscriptionServerError> {
        let url = transcription_url(&settings.url).ok_or(TranscriptionServerError::Address)?;
        let http = client_builder(&settings.url).connect_timeout(CONNECT_LIMIT);
        let http = http
            .build()
            .map_err(|source| TranscriptionServerError::Client {
                server: server_name(&settings.url),
                source: source.without_url(),
            })?;
        Ok(Self {
            settings,
            url,
            http,
        })
    }

    fn request_form(&self, name: &str, bytes: Vec<u8>) -> Result<Form, SpeechError> {
        let (name, media_type) = match detect_container(&bytes) {
            Some((ending, media_type)) => (with_ending(name, ending), media_type),
            None => (name.to_owned(), "application/octet-stream"),
        };
        let file = Part::bytes(bytes).file_name(name).mime_str(media_type);
        let file = file
            .map_err(|error| SpeechError::new("the recording cannot be sent").with_detail(error))?;
        let form = Form::new()
            .part("file", file)
            .text("model", self.settings.model.clone())
            .text("response_format", "json");
        Ok(match &self.settings.language {
            Some(language) => form.text("language", language.clone()),
            None => form,
        })
    }

    fn refusal(&self, status: StatusCode, body: &str) -> SpeechError {
        let number = status.as_u16();
        let words = match number {
            401 | 403 => {
                // Providers repeat parts of the key in their error text.
                let words = "the transcription server refused the request ({}): the api_key of [speech] is missing \
                             or wrong";
                return SpeechError::new(PublicText::of(words, &[&number]));
            }
            300..=399 | 404 | 405 => {
                "the address of the transcription server is wrong ({}); correct the url of [speech]"
            }
            413 => "the recording is too large for the transcription server ({})",
            429 | 500.. => "the transcription server cannot write down the recording now ({})",
            _ => "the transcription server refused the recording ({})",
        };
        let message = message_in(body).unwrap_or_default();
        let message = safe_text::safe_beginning(&message, &self.settings.api_key);
        SpeechError::new(PublicText::of(words, &[&number])).with_detail(message)
    }
}

#[async_trait]
impl Transcriber for TranscriptionServer {
    async fn transcribe(&self, recording: &Received) -> Result<String, SpeechError> {
        let missing = || SpeechError::new("the file is missing");
        let opened = recording.open().await.ok_or_else(missing)?;
        let bytes = opened.bytes(recording.size).await;
        let bytes = bytes
            .map_err(|error| SpeechError::new("the recording cannot be read").with_detail(error))?;
        let mut call = self.http.post(self.url.clone());
        if let Some(key) = &self.settings.api_key {
            call = call.bearer_auth(key.expose_secret());
        }
        let form = self.request_form(&recording.name, bytes)?;
        let response = call.multipart(form).send().await.map_err(unreachable)?;
        let status = response.status();
        let body = read_body(response).await?;
        if !status.is_success() {
            return Err(self.refusal(status, &String::from_utf8_lossy(&body)));
        }
        let answer: Transcription = serde_json::from_slice(&body).map_err(|error| {
            let words = "the transcription server sent no transcript; check the url of [speech]";
            SpeechError::new(words).with_detail(error)
        })?;
        Ok(answer.text)
    }
}

/// Reads the body of an answer, up to the limit.
async fn read_body(mut response: Response) -> Result<Vec<u8>, SpeechError> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(unreachable)? {
        if body.len() + piece.len() > ANSWER_LIMIT {
            return Err(SpeechError::transcript_too_long());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn unreachable(error: reqwest::Error) -> SpeechError {
    let words = if error.is_connect() {
        "the transcription server cannot be reached"
    } else {
        "the connection to the transcription server broke"
    };
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    SpeechError::new(words).with_detail(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_the_api() {
        for (base, whole) in [
            ("http://h:8080", "http://h:8080/v1/audio/transcriptions"),
            ("http://h/", "http://h/v1/audio/transcriptions"),
            ("https://h/v1", "https://h/v1/audio/transcriptions"),
            (
                "https://h/openai/v1/",
                "https://h/openai/v1/audio/transcriptions",
            ),
            ("http://h/inference", "http://h/inference"),
            ("http://h/a/transcriptions", "http://h/a/transcriptions"),
        ] {
            let url = transcription_url(&base.parse().unwrap()).unwrap();
            assert_eq!(url.as_str(), whole);
        }
        assert_eq!(transcription_url(&"ftp://h".parse().unwrap()), None);
    }
}
