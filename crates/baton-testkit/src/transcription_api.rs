//! A fake server with the transcriptions API of `OpenAI`.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::agent_run::within;

/// A request to the server.
#[derive(Debug)]
pub struct TranscriptionRequest {
    /// The path.
    pub path: String,
    /// The header `authorization`.
    pub authorization: Option<String>,
    /// The multipart body as text, with `�` for other bytes.
    pub body: String,
}

/// A fake server on its own port. Dropping the value stops the server.
pub struct TranscriptionApi {
    address: SocketAddr,
    shared: Arc<ApiState>,
    requests: tokio::sync::Mutex<mpsc::UnboundedReceiver<TranscriptionRequest>>,
    _stop: DropGuard,
}

struct ApiState {
    answers: Mutex<VecDeque<(StatusCode, String)>>,
    requests: mpsc::UnboundedSender<TranscriptionRequest>,
}

impl TranscriptionApi {
    /// Starts a server. Without a queued answer, it answers 503.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound port has an address");
        let (sender, requests) = mpsc::unbounded_channel();
        let shared = Arc::new(ApiState {
            answers: Mutex::default(),
            requests: sender,
        });
        let app = Router::new()
            .fallback(answer_request)
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&shared));
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            tokio::select! {
                _ = axum::serve(listener, app).into_future() => {}
                () = stopped => {}
            }
        });
        Self {
            address,
            shared,
            requests: tokio::sync::Mutex::new(requests),
            _stop: stop.drop_guard(),
        }
    }

    /// The address for the configuration.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Queues the answer to the next request.
    pub fn next(&self, status: u16, body: &str) {
        let status = StatusCode::from_u16(status).expect("a status");
        let answers = self.shared.answers.lock();
        let mut answers = answers.unwrap_or_else(PoisonError::into_inner);
        answers.push_back((status, body.to_owned()));
    }

    /// The next request.
    pub async fn next_request(&self) -> TranscriptionRequest {
        let request = async { self.requests.lock().await.recv().await };
        let request = within("the server is asked", request).await;
        request.expect("the server lives")
    }
}

async fn answer_request(
    State(shared): State<Arc<ApiState>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let authorization = headers.get("authorization");
    let authorization = authorization.and_then(|value| value.to_str().ok());
    let _ = shared.requests.send(TranscriptionRequest {
        path: uri.path().to_owned(),
        authorization: authorization.map(str::to_owned),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let answers = shared.answers.lock();
    let answer = answers.unwrap_or_else(PoisonError::into_inner).pop_front();
    answer.unwrap_or_else(|| (StatusCode::SERVICE_UNAVAILABLE, "busy".to_owned()))
}
