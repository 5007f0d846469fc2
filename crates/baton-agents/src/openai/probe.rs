//! Whether a model server is there, and which models it has.

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use url::Url;

use super::request;

/// How long a server on the same machine or network may take to say which models it has.
const PROBE_LIMIT: Duration = Duration::from_millis(500);
/// How long that list may be, in bytes.
const LIST_LIMIT: usize = 1024 * 1024;

/// Why no models are known.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// Such an address cannot be called.
    #[error("{0} is no address of a model server: it must begin with http:// or https://")]
    BaseUrl(String),
    /// Nothing answers there.
    #[error("no model server answers at {server}")]
    NoAnswer {
        /// Host and port.
        server: String,
        /// What happened.
        source: reqwest::Error,
    },
    /// Something else answers there.
    #[error("what answers at {server} is no model server (status {status})")]
    NotTheApi {
        /// Host and port.
        server: String,
        /// What it answered.
        status: StatusCode,
    },
}

#[derive(Deserialize)]
struct List {
    /// Ollama without any model says null.
    data: Option<Vec<Model>>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
}

/// Asks a server, for half a second at most, which models it has.
pub async fn probe(base_url: &Url) -> Result<Vec<String>, ProbeError> {
    let server = request::server(base_url);
    let url = request::endpoint(base_url, &["models"])
        .ok_or_else(|| ProbeError::BaseUrl(server.clone()))?;
    let no_answer = |error: reqwest::Error| ProbeError::NoAnswer {
        server: server.clone(),
        source: error.without_url(),
    };
    let http = request::client(base_url)
        .timeout(PROBE_LIMIT)
        .build()
        .map_err(no_answer)?;
    let mut response = http.get(url).send().await.map_err(no_answer)?;
    let status = response.status();
    let mut list = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(no_answer)? {
        list.extend_from_slice(&piece);
        if list.len() > LIST_LIMIT {
            break;
        }
    }
    match serde_json::from_slice::<List>(&list) {
        Ok(List { data }) if status.is_success() => {
            Ok(data.into_iter().flatten().map(|model| model.id).collect())
        }
        _ => Err(ProbeError::NotTheApi { server, status }),
    }
}
