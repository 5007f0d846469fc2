//! Finds a model server and its models.

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use url::Url;

use super::completion_request;

/// How long a server on the same machine or network may take to list its models.
const PROBE_LIMIT: Duration = Duration::from_millis(500);
/// Limit of the list, in bytes.
const LIST_LIMIT: usize = 1024 * 1024;

/// Why a server has no list of models.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The URL is no HTTP address.
    #[error("{0} is no address of a model server: it must begin with http:// or https://")]
    BaseUrl(String),
    /// No server answers at the address.
    #[error("no model server answers at {server}")]
    NoAnswer {
        /// Host and port.
        server: String,
        /// The cause.
        source: reqwest::Error,
    },
    /// The answer does not come from a model server.
    #[error("the server at {server} is no model server (status {status})")]
    NotTheApi {
        /// Host and port.
        server: String,
        /// The HTTP status of the answer.
        status: StatusCode,
    },
}

#[derive(Deserialize)]
struct ModelList {
    /// Ollama without models sends null.
    data: Option<Vec<ListedModel>>,
}

#[derive(Deserialize)]
struct ListedModel {
    id: String,
}

/// Returns the names of a server's models. The server has half a second to answer.
pub async fn probe(base_url: &Url) -> Result<Vec<String>, ProbeError> {
    let server = completion_request::server_name(base_url);
    let url = completion_request::endpoint_url(base_url, &["models"])
        .ok_or_else(|| ProbeError::BaseUrl(server.clone()))?;
    let no_answer = |error: reqwest::Error| ProbeError::NoAnswer {
        server: server.clone(),
        source: error.without_url(),
    };
    let http = completion_request::client_builder(base_url)
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
    match serde_json::from_slice::<ModelList>(&list) {
        Ok(ModelList { data }) if status.is_success() => {
            Ok(data.into_iter().flatten().map(|model| model.id).collect())
        }
        _ => Err(ProbeError::NotTheApi { server, status }),
    }
}
