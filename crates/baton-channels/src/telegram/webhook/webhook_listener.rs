//! The listener for Telegram's calls of the webhook: plain HTTP behind a proxy that takes the TLS off.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use baton_chat::http::{json_repair, tolerant_parsing};
use baton_core::clock::{Clock, Steady};
use baton_core::panics::contain;
use futures_util::StreamExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::service_fn;

use super::webhook_intake::ArrivedUpdate;
use super::webhook_settings::WebhookSettings;

/// The header with the secret (`setWebhook`).
const SECRET: &str = "x-telegram-bot-api-secret-token";

/// The maximum size of a request, in bytes. Telegram's largest updates are far smaller.
const LARGEST: usize = 4 << 20;

/// The time limits for the head of a request, for the whole request, and for reading an answer.
const HEAD: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(30);
const UNREAD: Duration = Duration::from_secs(10);

/// The longest wait for a commit. Telegram and most proxies wait for 60 seconds.
const COMMIT: Duration = Duration::from_secs(25);

/// The pause after which Telegram sends an update again that Baton could not store, in seconds.
const SEND_AGAIN: u64 = 5;

/// The most connections at once. Telegram opens fewer.
const MOST_CONNECTIONS: usize = 64;

/// The pause after a failed `accept`, usually because no file descriptor is left.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The shortest time between two lines in the log about refused requests. Everybody on the internet can send requests.
const REFUSAL_PAUSE: Duration = Duration::from_mins(1);

/// The time for the last answers during the shutdown.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// The part of the listener that checks requests.
pub(crate) struct WebhookGate {
    webhook: WebhookSettings,
    arrivals: mpsc::Sender<ArrivedUpdate>,
    clock: Arc<dyn Clock>,
    /// The time of the last line in the log about a refused request.
    last_refusal: Mutex<Option<Steady>>,
}

/// Why a request gets no 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum RefusedCall {
    #[error("the path is not the one of the webhook")]
    WrongPath,
    #[error("the method is not POST")]
    WrongMethod,
    #[error("the header with the secret is missing, or the secret is wrong")]
    WrongSecret,
    #[error("the body is too large")]
    TooLarge,
    #[error("the body came too slowly")]
    TooSlow,
    #[error("the connection broke")]
    Broken,
    #[error("the update could not be stored in time")]
    NotStored,
}

impl RefusedCall {
    fn status(self) -> StatusCode {
        match self {
            Self::WrongPath => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::WrongSecret => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::NotStored => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for RefusedCall {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        if self == Self::NotStored {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(SEND_AGAIN));
        }
        (self.status(), headers).into_response()
    }
}

impl WebhookGate {
    pub(crate) fn new(
        webhook: WebhookSettings,
        arrivals: mpsc::Sender<ArrivedUpdate>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            webhook,
            arrivals,
            clock,
            last_refusal: Mutex::default(),
        }
    }

    /// Answers one request: 200 after the commit of its update.
    async fn answer_call(&self, request: Request<Incoming>) -> Response {
        match self.take_call(request).await {
            Ok(()) => StatusCode::OK.into_response(),
            Err(refused) => {
                self.log_refusal(refused);
                refused.into_response()
            }
        }
    }

    async fn take_call(&self, request: Request<Incoming>) -> Result<(), RefusedCall> {
        if request.uri().path() != self.webhook.url.path() {
            return Err(RefusedCall::WrongPath);
        }
        if request.method() != Method::POST {
            return Err(RefusedCall::WrongMethod);
        }
        let given = request.headers().get(SECRET);
        if !given.is_some_and(|given| self.webhook.secret.is_given(given.as_bytes())) {
            return Err(RefusedCall::WrongSecret);
        }
        let body = self.read_body(request).await?;
        let (stored, is_stored) = oneshot::channel();
        let arrived = ArrivedUpdate {
            raw: parse_update(&body),
            stored,
        };
        let commit = async {
            self.arrivals.send(arrived).await.ok()?;
            is_stored.await.ok()
        };
        tokio::select! {
            stored = commit => stored.ok_or(RefusedCall::NotStored),
            // The update stays in the queue, and Baton recognizes a repetition by Telegram.
            () = self.clock.sleep_until(self.clock.steady().after(COMMIT)) => Err(RefusedCall::NotStored),
        }
    }

    async fn read_body(&self, request: Request<Incoming>) -> Result<Vec<u8>, RefusedCall> {
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| length > LARGEST) {
            return Err(RefusedCall::TooLarge);
        }
        let mut chunks = Body::new(request.into_body()).into_data_stream();
        let read = async {
            let mut body = Vec::new();
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk.map_err(|_| RefusedCall::Broken)?;
                if body.len() + chunk.len() > LARGEST {
                    return Err(RefusedCall::TooLarge);
                }
                body.extend_from_slice(&chunk);
            }
            Ok(body)
        };
        tokio::select! {
            body = read => body,
            () = self.clock.sleep_until(self.clock.steady().after(WHOLE)) => Err(RefusedCall::TooSlow),
        }
    }

    fn log_refusal(&self, refused: RefusedCall) {
        let now = self.clock.steady();
        let last = self.last_refusal.lock();
        let mut last = last.unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| now.since(last) >= REFUSAL_PAUSE) {
            *last = Some(now);
            tracing::warn!(
                status = refused.status().as_u16(), reason = %refused,
                "a request to the webhook of Telegram is refused; further refusals of the next minute are not logged"
            );
        }
    }
}

/// Reads an update. Text that is no JSON is kept as text, so that the log and the store name it. A repetition would not
/// help.
fn parse_update(body: &[u8]) -> Value {
    json_repair::parse_json(body).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(body);
        tolerant_parsing::cut_bytes(&text, tolerant_parsing::RAW).into()
    })
}

/// Serves requests until the shutdown, and until the last request is answered.
pub(crate) async fn serve_calls(
    listener: TcpListener,
    gate: WebhookGate,
    shutdown: CancellationToken,
) {
    let clock = Arc::clone(&gate.clock);
    let gate = Arc::new(gate);
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut http = http1::Builder::new();
    // One request for each connection: a proxy on the same machine opens a new one at once.
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .keep_alive(false);
    let mut connections = JoinSet::new();
    loop {
        let accepted = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (permit, accept_call(&listener, &*clock).await)
        };
        let (permit, stream) = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = accepted => accepted,
        };
        let gate = Arc::clone(&gate);
        let service = service_fn(move |request: Request<Incoming>| {
            let gate = Arc::clone(&gate);
            async move { Ok::<_, Infallible>(gate.answer_call(request).await) }
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(UNREAD));
        let stream = TokioIo::new(Box::pin(stream));
        let connection = http.serve_connection(stream, TowerToHyperService::new(service));
        let served = async move {
            let _permit = permit;
            if let Err(error) = pin!(connection).await {
                tracing::debug!(%error, "a connection to the webhook of Telegram ended early");
            }
        };
        connections.spawn(contain("a connection to the webhook of Telegram", served));
    }
    drop(listener);
    tokio::select! {
        () = async { while connections.join_next().await.is_some() {} } => {}
        () = clock.sleep_until(clock.steady().after(LAST_ANSWERS)) => {}
    }
}

async fn accept_call(listener: &TcpListener, clock: &dyn Clock) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::error!(%error, "a connection to the webhook of Telegram could not be accepted; Baton tries again");
                clock.sleep_until(clock.steady().after(AFTER_FAILURE)).await;
            }
        }
    }
}
