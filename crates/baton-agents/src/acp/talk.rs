//! The exchange with an agent. Baton sends one request at a time, and handles the agent's updates and
//! requests in between.

use agent_client_protocol::v1::schema::{
    CLIENT_METHOD_NAMES, CancelNotification, CancelRequestNotification,
    PROTOCOL_LEVEL_METHOD_NAMES, RequestPermissionOutcome, RequestPermissionResponse,
};
use agent_client_protocol::{
    Error, JsonRpcMessage, JsonRpcRequest, RawJsonRpcId, RawJsonRpcMessage, RawJsonRpcParams,
    RawJsonRpcRequest, RawJsonRpcResponse,
};
use baton_core::agent::{TurnIo, TurnOver};
use baton_core::approval::Verdict;
use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::stream::FuturesUnordered;
use serde::Deserialize;
use serde_json::Value;

use super::failure::Trouble;
use super::hearing::Hearing;
use super::permission::{Options, Request};
use super::wire::{Incoming, Outgoing};
use crate::policy;

/// Limit of open requests of the agent, together with answers not yet read by the agent. Above the limit,
/// Baton reads no more output.
const AT_ONCE: usize = 64;

/// The agent's answer to a request.
pub(super) type Answer = Result<Value, Error>;

/// The exchange with an agent. A drop closes the agent's input.
pub(super) struct Talk<'a, 'h> {
    io: &'a TurnIo,
    incoming: Incoming<'h>,
    outgoing: Outgoing,
    pub(super) hearing: &'h mut Hearing<'a>,
    /// The open questions to people.
    asking: FuturesUnordered<Asking<'a>>,
    /// The agent's requests that wait for these questions.
    open: Vec<(RawJsonRpcId, AbortHandle)>,
    /// The id of Baton's last request.
    last: i64,
    /// The effect of a stop.
    stop: Stop,
}

type Asking<'a> = Abortable<BoxFuture<'a, Asked>>;

/// A question with its verdict.
struct Asked {
    request: RawJsonRpcId,
    tool: String,
    options: Options,
    verdict: Result<Verdict, TurnOver>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// The prompt is not sent yet, so the talk ends at once.
    Leaves,
    /// Baton sends a cancel to the agent.
    Cancels,
    /// The cancel is sent.
    Cancelled,
}

impl<'a, 'h> Talk<'a, 'h> {
    pub(super) fn new(
        io: &'a TurnIo,
        incoming: Incoming<'h>,
        outgoing: Outgoing,
        hearing: &'h mut Hearing<'a>,
    ) -> Self {
        Self {
            io,
            incoming,
            outgoing,
            hearing,
            asking: FuturesUnordered::new(),
            open: Vec::new(),
            last: 0,
            stop: Stop::Leaves,
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.io.stop.is_cancelled()
    }

    /// From now on, a stop cancels the prompt.
    pub(super) fn stop_cancels(&mut self) {
        self.stop = Stop::Cancels;
    }

    /// Sends a request, and handles the agent's output until the answer.
    pub(super) async fn request<R: JsonRpcRequest>(
        &mut self,
        request: &R,
    ) -> Result<Answer, Trouble> {
        self.last += 1;
        let id = RawJsonRpcId::from(self.last);
        let (method, params) = request
            .to_untyped_message()
            .map_err(Trouble::Refused)?
            .into_parts();
        let message = RawJsonRpcMessage::request(method, params, id.clone());
        self.outgoing.tell(&message.map_err(Trouble::Refused)?);
        loop {
            let reads = self.open.len() + self.outgoing.answers() < AT_ONCE;
            tokio::select! {
                biased;
                () = self.io.stop.cancelled(), if self.stop != Stop::Cancelled => self.stop()?,
                Some(asked) = self.asking.next(), if !self.asking.is_empty() => {
                    // Withdrawn questions are already answered.
                    if let Ok(asked) = asked {
                        self.answered(asked).await?;
                    }
                }
                () = self.outgoing.flow(), if self.outgoing.is_due() => {}
                message = self.incoming.next(), if reads => {
                    if let Some(answer) = self.heard(message?, &id).await? {
                        return Ok(answer);
                    }
                }
            }
        }
    }

    /// Handles a message. Returns the answer if the message answers the request with this id.
    async fn heard(
        &mut self,
        message: RawJsonRpcMessage,
        id: &RawJsonRpcId,
    ) -> Result<Option<Answer>, Trouble> {
        match message {
            RawJsonRpcMessage::Response(response) if response.id() == id => {
                return Ok(Some(match response {
                    RawJsonRpcResponse::Result { result, .. } => Ok(result),
                    RawJsonRpcResponse::Error { error, .. } => Err(error.into_acp_error()),
                }));
            }
            RawJsonRpcMessage::Response(response) => {
                tracing::debug!(id = %response.id(), "an agent answers what it was not asked");
            }
            RawJsonRpcMessage::Notification(told) => {
                let params = params(told.params);
                if *told.method == *PROTOCOL_LEVEL_METHOD_NAMES.cancel_request {
                    self.taken_back(&params);
                    return Ok(None);
                }
                self.hearing.notified(&told.method, params).await?;
            }
            RawJsonRpcMessage::Request(request) => self.requested(request).await?,
        }
        Ok(None)
    }

    async fn requested(&mut self, request: RawJsonRpcRequest) -> Result<(), Trouble> {
        let RawJsonRpcRequest { id, method, params } = request;
        if *method != *CLIENT_METHOD_NAMES.session_request_permission {
            tracing::debug!(%method, "an agent asks for what it was not offered");
            self.tell(id, Err(Error::method_not_found()));
            return Ok(());
        }
        let Some(request) = Request::read(&self::params(params)) else {
            tracing::warn!("an agent asks for a permission, and does not say what for");
            self.tell(id, Err(Error::invalid_params()));
            return Ok(());
        };
        if self.stop != Stop::Cancels {
            self.tell_outcome(id, RequestPermissionOutcome::Cancelled);
            return Ok(());
        }
        let Request { tool, options } = request;
        let asks = self.hearing.asks(tool, &options).await;
        let once = options.has_once();
        let (handle, registration) = AbortHandle::new_pair();
        self.open.push((id.clone(), handle));
        let asked = |verdict| Asked {
            request: id,
            tool: asks.tool,
            options,
            verdict,
        };
        let verdict = match asks.judged {
            policy::Ruling::Allowed if once => Verdict::Allowed,
            policy::Ruling::Denied { why: reason } => Verdict::Denied { reason },
            policy::Ruling::Allowed | policy::Ruling::Ask { .. } => {
                let (io, question) = (self.io, asks.question);
                let asking: BoxFuture<'a, _> =
                    Box::pin(async move { asked(io.ask(question).await) });
                self.asking.push(Abortable::new(asking, registration));
                return Ok(());
            }
        };
        self.answered(asked(Ok(verdict))).await
    }

    async fn answered(&mut self, asked: Asked) -> Result<(), Trouble> {
        let verdict = asked.verdict?;
        match &verdict {
            Verdict::Denied { .. } => self.hearing.denied(&asked.tool).await,
            _ => self.hearing.begin_effects().await?,
        }
        self.open.retain(|(open, _)| *open != asked.request);
        self.tell_outcome(asked.request, asked.options.outcome(&verdict));
        Ok(())
    }

    /// Handles the agent's withdrawal of a request. People need not decide any more.
    fn taken_back(&mut self, params: &Value) {
        let Ok(taken_back) = CancelRequestNotification::deserialize(params) else {
            tracing::debug!("an agent takes something back, and does not say what");
            return;
        };
        let id = RawJsonRpcId::from(taken_back.request_id);
        let Some(at) = self.open.iter().position(|(open, _)| *open == id) else {
            // The request was already answered.
            return;
        };
        let (id, asking) = self.open.swap_remove(at);
        asking.abort();
        self.tell(id, Err(Error::request_cancelled()));
    }

    /// Cancels the prompt, and answers all open requests as cancelled.
    fn stop(&mut self) -> Result<(), Trouble> {
        let session = match (self.stop, self.hearing.session()) {
            (Stop::Cancels, Some(session)) => session.to_string(),
            _ => return Err(Trouble::Stopped),
        };
        self.stop = Stop::Cancelled;
        self.asking.clear();
        for (request, _) in std::mem::take(&mut self.open) {
            self.tell_outcome(request, RequestPermissionOutcome::Cancelled);
        }
        let cancel = CancelNotification::new(session).to_untyped_message();
        let (method, params) = cancel.map_err(Trouble::Refused)?.into_parts();
        let message = RawJsonRpcMessage::notification(method, params);
        self.outgoing.tell(&message.map_err(Trouble::Refused)?);
        Ok(())
    }

    fn tell_outcome(&mut self, request: RawJsonRpcId, outcome: RequestPermissionOutcome) {
        let response = serde_json::to_value(RequestPermissionResponse::new(outcome));
        self.tell(request, response.map_err(Error::into_internal_error));
    }

    fn tell(&mut self, request: RawJsonRpcId, answer: Answer) {
        self.outgoing
            .tell(&RawJsonRpcMessage::response(request, answer));
    }
}

fn params(params: Option<RawJsonRpcParams>) -> Value {
    params.map_or(Value::Null, RawJsonRpcParams::into_value)
}
