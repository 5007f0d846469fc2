//! Requests to the running Baton, over its own HTTP API.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::instance::RunningDaemon;

/// The time limit of a request. The server runs on this machine.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// The largest answer, in bytes.
const LONGEST: usize = 64 << 20;

/// The reason for the failure of a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DaemonClientError {
    /// The running Baton does not answer as expected.
    #[error(
        "the Baton at http://{address} (process {pid}) does not answer: {reason}; read its log, or stop the \
         process with `kill {pid}` and start Baton again"
    )]
    Silent {
        address: SocketAddr,
        pid: u32,
        reason: String,
    },
    /// The running Baton refused the request.
    #[error("{0}")]
    Refused(String),
}

/// A client of the running Baton.
pub(crate) struct DaemonClient {
    daemon: RunningDaemon,
    client: reqwest::Client,
}

#[derive(Deserialize)]
struct DaemonRefusal {
    message: String,
}

impl DaemonClient {
    /// A client of the Baton in `daemon`.
    pub(crate) fn new(daemon: RunningDaemon) -> Result<Self, DaemonClientError> {
        // The connection is plain HTTP on this machine, so no certificates are needed. Reading certificates
        // takes time.
        let client = reqwest::Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .timeout(REQUEST_LIMIT)
            .build();
        match client {
            Ok(client) => Ok(Self { daemon, client }),
            Err(error) => Err(no_answer_error(&daemon, &error)),
        }
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.daemon.pid
    }

    /// The address of the server.
    pub(crate) fn address(&self) -> SocketAddr {
        self.daemon.address
    }

    /// Sends a GET request. `path` are the unescaped segments of the path below `/api`.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, DaemonClientError> {
        self.send_request(Method::GET, path, query, None).await
    }

    /// Sends a POST request without fields. The API requires a JSON body for every POST, so that no other web page can
    /// post.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
    ) -> Result<T, DaemonClientError> {
        self.post_body(path, &serde_json::json!({})).await
    }

    /// Sends a POST request with a JSON body.
    pub(crate) async fn post_body<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, DaemonClientError> {
        let body = serde_json::to_value(body).map_err(|error| self.no_answer(&error))?;
        self.send_request(Method::POST, path, &[], Some(body)).await
    }

    async fn send_request<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<T, DaemonClientError> {
        let address = reachable_address(self.daemon.address);
        let mut url = url::Url::parse(&format!("http://{address}/api"))
            .map_err(|error| self.no_answer(&error))?;
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let mut response = request
            .bearer_auth(self.daemon.token.expose_secret())
            .send()
            .await
            .map_err(|error| self.no_answer(&error))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(piece) = response
            .chunk()
            .await
            .map_err(|error| self.no_answer(&error))?
        {
            body.extend_from_slice(&piece);
            if body.len() > LONGEST {
                return Err(self.no_answer(&"the answer is too long"));
            }
        }
        if status.is_success() {
            serde_json::from_slice(&body).map_err(|error| self.no_answer(&error))
        } else {
            Err(DaemonClientError::Refused(parse_refusal(status, &body)))
        }
    }

    fn no_answer(&self, reason: &dyn std::fmt::Display) -> DaemonClientError {
        no_answer_error(&self.daemon, reason)
    }
}

fn no_answer_error(daemon: &RunningDaemon, reason: &dyn std::fmt::Display) -> DaemonClientError {
    DaemonClientError::Silent {
        address: daemon.address,
        pid: daemon.pid,
        reason: reason.to_string(),
    }
}

fn parse_refusal(status: StatusCode, body: &[u8]) -> String {
    match serde_json::from_slice::<DaemonRefusal>(body) {
        Ok(DaemonRefusal { message }) => message,
        Err(_) => format!("the running Baton answered with status {status}"),
    }
}

/// The address of a Baton for connections from this machine. A server on the unspecified address also listens
/// on the loopback address.
fn reachable_address(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
