//! The connection of one client.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::Clock;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::line_reader::{ClientLine, LineReader};
use super::socket_server::{EventKeeper, EventRefusal, KeptMessage};
use crate::bridge_message::{BridgeAnswer, BridgeMessage, HookDecision, LONGEST_LINE};

/// The longest wait for a client that does not read its answers.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// The longest time in which a client sends nothing and waits for nothing.
const IDLE_PATIENCE: Duration = Duration::from_mins(10);

/// The decision about one event, with the number of the event. `None` if there is no decision.
type LateDecision = BoxFuture<'static, (Option<u64>, Option<HookDecision>)>;

/// A client of the socket. Its lines are kept one after the other, so their order stays.
pub(super) struct ClientConnection {
    lines: LineReader<OwnedReadHalf>,
    output: OwnedWriteHalf,
    keeper: Arc<dyn EventKeeper>,
    clock: Arc<dyn Clock>,
    permits: Arc<Semaphore>,
    /// `None` while the client only waits for decisions.
    permit: Option<OwnedSemaphorePermit>,
    undecided: FuturesUnordered<LateDecision>,
}

impl ClientConnection {
    pub(super) fn new(
        stream: UnixStream,
        permit: OwnedSemaphorePermit,
        keeper: Arc<dyn EventKeeper>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (input, output) = stream.into_split();
        Self {
            lines: LineReader::new(input),
            output,
            keeper,
            clock,
            permits: Arc::clone(permit.semaphore()),
            permit: Some(permit),
            undecided: FuturesUnordered::new(),
        }
    }

    /// Serves the client until its end, or until `end`. A client without an answer sends its events again.
    pub(super) async fn serve(mut self, end: CancellationToken) {
        loop {
            let idle_until = self.clock.steady().after(IDLE_PATIENCE);
            let step = tokio::select! {
                () = end.cancelled() => return,
                Some((sequence, decision)) = self.undecided.next() => {
                    self.write_decision(sequence, decision).await
                }
                line = self.lines.next_line() => self.take_line(line).await,
                () = self.clock.sleep_until(idle_until), if self.undecided.is_empty() => return,
            };
            match step {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::debug!("a client of the bridge's socket is gone: {error}");
                    return;
                }
            }
        }
    }

    /// Keeps a line and answers. Returns whether the client stays.
    async fn take_line(&mut self, line: io::Result<ClientLine>) -> io::Result<bool> {
        let line = match line? {
            ClientLine::Whole(line) => line,
            ClientLine::End => return Ok(false),
            ClientLine::TooLong => {
                let reason =
                    format!("a line has at most {LONGEST_LINE} bytes; send a shorter content");
                self.write_answer(&refusal(None, reason, false)).await?;
                return Ok(false);
            }
        };
        if self.permit.is_none() {
            let permit = Arc::clone(&self.permits).acquire_owned().await;
            self.permit = permit.ok();
        }
        let answer = match BridgeMessage::parse_line(&line) {
            Ok(message) => self.keep_message(message).await,
            Err(error) => refusal(None, error.to_string(), false),
        };
        if !self.undecided.is_empty() {
            self.permit = None;
        }
        self.write_answer(&answer).await?;
        Ok(true)
    }

    async fn keep_message(&mut self, message: BridgeMessage) -> BridgeAnswer {
        let sequence = message.sequence;
        match self.keeper.keep_event(message).await {
            Ok(KeptMessage::Done) => BridgeAnswer::Kept {
                sequence,
                decision_follows: false,
            },
            Ok(KeptMessage::Undecided(decision)) => {
                self.undecided.push(wait_for(sequence, decision));
                BridgeAnswer::Kept {
                    sequence,
                    decision_follows: true,
                }
            }
            Err(EventRefusal { reason, retry }) => refusal(sequence, reason, retry),
        }
    }

    async fn write_decision(
        &mut self,
        sequence: Option<u64>,
        decision: Option<HookDecision>,
    ) -> io::Result<bool> {
        let answer = match decision {
            Some(decision) => BridgeAnswer::Decision { sequence, decision },
            None => refusal(sequence, "nobody decided".to_owned(), false),
        };
        self.write_answer(&answer).await?;
        Ok(true)
    }

    async fn write_answer(&mut self, answer: &BridgeAnswer) -> io::Result<()> {
        let line = answer.to_line();
        let written = timeout(WRITE_PATIENCE, self.output.write_all(line.as_bytes())).await;
        written.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

fn wait_for(sequence: Option<u64>, decision: oneshot::Receiver<HookDecision>) -> LateDecision {
    decision
        .map(move |decision| (sequence, decision.ok()))
        .boxed()
}

fn refusal(sequence: Option<u64>, reason: String, retry: bool) -> BridgeAnswer {
    BridgeAnswer::Refused {
        sequence,
        reason,
        retry,
    }
}
