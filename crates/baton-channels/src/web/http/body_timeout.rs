//! The minimum speed of a request's body. A client with a stalled or very slow body is cut off.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use baton_core::clock::{Clock, Steady};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::api_error::ApiError;

/// The time limit for a very short body.
const FIRST: Duration = Duration::from_secs(30);
/// Number of bytes that extend the time limit by one second. The slowest phones send more in a second.
const BYTES_PER_SECOND: u64 = 4_096;

/// Refuses a request whose body comes too slowly.
pub(crate) async fn enforce_pace(
    State(clock): State<Arc<dyn Clock>>,
    request: Request,
    next: Next,
) -> Response {
    let late = Arc::new(AtomicBool::new(false));
    let request = request.map(|body| Body::new(PacedBody::new(body, clock, Arc::clone(&late))));
    let response = next.run(request).await;
    if late.load(Ordering::Relaxed) {
        return ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            "too_slow",
            "the body of the request came too slowly; send the request again",
        )
        .into_response();
    }
    response
}

/// A body that fails after too slow a transfer.
struct PacedBody {
    body: Body,
    clock: Arc<dyn Clock>,
    begin: Steady,
    bytes: u64,
    /// Runs while the body waits for more data.
    timer: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    late: Arc<AtomicBool>,
}

#[derive(Debug, thiserror::Error)]
#[error("the body came too slowly")]
struct TooSlow;

impl PacedBody {
    fn new(body: Body, clock: Arc<dyn Clock>, late: Arc<AtomicBool>) -> Self {
        Self {
            begin: clock.steady(),
            body,
            clock,
            bytes: 0,
            timer: None,
            late,
        }
    }

    /// The time limit for the bytes received so far.
    fn body_deadline(&self) -> Steady {
        let more = Duration::from_secs(self.bytes / BYTES_PER_SECOND);
        self.begin.after(FIRST + more)
    }

    fn deadline_timer(&mut self) -> &mut Pin<Box<dyn Future<Output = ()> + Send>> {
        let (clock, due) = (&self.clock, self.body_deadline());
        self.timer.get_or_insert_with(|| {
            let clock = Arc::clone(clock);
            Box::pin(async move { clock.sleep_until(due).await })
        })
    }
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            if let Some(Ok(frame)) = &frame {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                self.bytes += bytes as u64;
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        loop {
            ready!(self.deadline_timer().as_mut().poll(context));
            self.timer = None;
            if self.clock.steady() >= self.body_deadline() {
                self.late.store(true, Ordering::Relaxed);
                return Poll::Ready(Some(Err(TooSlow.into())));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
