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

use super::acp_errors::AcpError;
use super::permission_request::{PermissionOptions, PermissionRequest};
use super::update_handler::UpdateHandler;
use super::wire::{IncomingMessages, OutgoingMessages};
use crate::policy;

/// Limit of open requests of the agent, together with answers not yet read by the agent. Above the limit,
/// Baton reads no more output.
const AT_ONCE: usize = 64;

/// The agent's answer to a request.
pub(super) type AgentAnswer = Result<Value, Error>;

/// The exchange with an agent. A drop closes the agent's input.
pub(super) struct AcpExchange<'a, 'h> {
    io: &'a TurnIo,
    incoming: IncomingMessages<'h>,
    outgoing: OutgoingMessages,
    pub(super) updates: &'h mut UpdateHandler<'a>,
    /// The open questions to people.
    questions: FuturesUnordered<PendingQuestion<'a>>,
    /// The agent's requests that wait for these questions.
    open: Vec<(RawJsonRpcId, AbortHandle)>,
    /// The id of Baton's last request.
    last_id: i64,
    /// The effect of a stop.
    stop: StopEffect,
}

type PendingQuestion<'a> = Abortable<BoxFuture<'a, DecidedRequest>>;

/// A question with its verdict.
struct DecidedRequest {
    request: RawJsonRpcId,
    tool: String,
    options: PermissionOptions,
    verdict: Result<Verdict, TurnOver>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StopEffect {
    /// The prompt is not sent yet, so the talk ends at once.
    Leaves,
    /// Baton sends a cancel to the agent.
    Cancels,
    /// The cancel is sent.
    Cancelled,
}

impl<'a, 'h> AcpExchange<'a, 'h> {
    pub(super) fn new(
        io: &'a TurnIo,
        incoming: IncomingMessages<'h>,
        outgoing: OutgoingMessages,
        updates: &'h mut UpdateHandler<'a>,
    ) -> Self {
        Self {
            io,
            incoming,
            outgoing,
            updates,
            questions: FuturesUnordered::new(),
            open: Vec::new(),
            last_id: 0,
            stop: StopEffect::Leaves,
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.io.stop.is_cancelled()
    }

    /// From now on, a stop cancels the prompt.
    pub(super) fn let_stop_cancel(&mut self) {
        self.stop = StopEffect::Cancels;
    }

    /// Sends a request, and handles the agent's output until the answer.
    pub(super) async fn send_request<R: JsonRpcRequest>(
        &mut self,
        request: &R,
    ) -> Result<AgentAnswer, AcpError> {
        self.last_id += 1;
        let id = RawJsonRpcId::from(self.last_id);
        let (method, params) = request
            .to_untyped_message()
            .map_err(AcpError::Refused)?
            .into_parts();
        let message = RawJsonRpcMessage::request(method, params, id.clone());
        self.outgoing
            .queue_message(&message.map_err(AcpError::Refused)?);
        loop {
            let may_read = self.open.len() + self.outgoing.queued_answers() < AT_ONCE;
            tokio::select! {
                biased;
                () = self.io.stop.cancelled(), if self.stop != StopEffect::Cancelled => self.cancel_prompt()?,
                Some(decided) = self.questions.next(), if !self.questions.is_empty() => {
                    // Withdrawn questions are already answered.
                    if let Ok(decided) = decided {
                        self.answer_request(decided).await?;
                    }
                }
                () = self.outgoing.write_queued(), if self.outgoing.is_due() => {}
                message = self.incoming.next(), if may_read => {
                    if let Some(answer) = self.handle_message(message?, &id).await? {
                        return Ok(answer);
                    }
                }
            }
        }
    }

    /// Handles a message. Returns the answer if the message answers the request with this id.
    async fn handle_message(
        &mut self,
        message: RawJsonRpcMessage,
        id: &RawJsonRpcId,
    ) -> Result<Option<AgentAnswer>, AcpError> {
        match message {
            RawJsonRpcMessage::Response(response) if response.id() == id => {
                return Ok(Some(match response {
                    RawJsonRpcResponse::Result { result, .. } => Ok(result),
                    RawJsonRpcResponse::Error { error, .. } => Err(error.into_acp_error()),
                }));
            }
            RawJsonRpcMessage::Response(response) => {
                tracing::debug!(id = %response.id(), "an agent answered an unknown request");
            }
            RawJsonRpcMessage::Notification(notification) => {
                let params = params_value(notification.params);
                if *notification.method == *PROTOCOL_LEVEL_METHOD_NAMES.cancel_request {
                    self.withdraw_request(&params);
                    return Ok(None);
                }
                self.updates
                    .handle_notification(&notification.method, params)
                    .await?;
            }
            RawJsonRpcMessage::Request(request) => self.handle_request(request).await?,
        }
        Ok(None)
    }

    async fn handle_request(&mut self, request: RawJsonRpcRequest) -> Result<(), AcpError> {
        let RawJsonRpcRequest { id, method, params } = request;
        if *method != *CLIENT_METHOD_NAMES.session_request_permission {
            tracing::debug!(%method, "an agent called a method that Baton does not offer");
            self.queue_response(id, Err(Error::method_not_found()));
            return Ok(());
        }
        let Some(request) = PermissionRequest::parse_request(&params_value(params)) else {
            tracing::warn!("an agent asked for a permission, but the request cannot be read");
            self.queue_response(id, Err(Error::invalid_params()));
            return Ok(());
        };
        if self.stop != StopEffect::Cancels {
            self.queue_outcome(id, RequestPermissionOutcome::Cancelled);
            return Ok(());
        }
        let PermissionRequest { tool, options } = request;
        let judged = self.updates.judge_request(tool, &options).await;
        let once = options.offers_once();
        let (handle, registration) = AbortHandle::new_pair();
        self.open.push((id.clone(), handle));
        let decided = |verdict| DecidedRequest {
            request: id,
            tool: judged.tool,
            options,
            verdict,
        };
        let verdict = match judged.ruling {
            policy::Ruling::Allowed if once => Verdict::Allowed,
            policy::Ruling::Denied { why: reason } => Verdict::Denied { reason },
            policy::Ruling::Allowed | policy::Ruling::Ask { .. } => {
                let (io, question) = (self.io, judged.question);
                let question_future: BoxFuture<'a, _> =
                    Box::pin(async move { decided(io.ask(question).await) });
                self.questions
                    .push(Abortable::new(question_future, registration));
                return Ok(());
            }
        };
        self.answer_request(decided(Ok(verdict))).await
    }

    async fn answer_request(&mut self, decided: DecidedRequest) -> Result<(), AcpError> {
        let verdict = decided.verdict?;
        match &verdict {
            Verdict::Denied { .. } => self.updates.show_denial(&decided.tool).await,
            _ => self.updates.begin_effects().await?,
        }
        self.open.retain(|(open, _)| *open != decided.request);
        self.queue_outcome(decided.request, decided.options.choose_outcome(&verdict));
        Ok(())
    }

    /// Handles the agent's withdrawal of a request. People need not decide any more.
    fn withdraw_request(&mut self, params: &Value) {
        let Ok(withdrawal) = CancelRequestNotification::deserialize(params) else {
            tracing::debug!("an agent cancelled a request without naming the request");
            return;
        };
        let id = RawJsonRpcId::from(withdrawal.request_id);
        let Some(at) = self.open.iter().position(|(open, _)| *open == id) else {
            // The request was already answered.
            return;
        };
        let (id, question_future) = self.open.swap_remove(at);
        question_future.abort();
        self.queue_response(id, Err(Error::request_cancelled()));
    }

    /// Cancels the prompt, and answers all open requests as cancelled.
    fn cancel_prompt(&mut self) -> Result<(), AcpError> {
        let session = match (self.stop, self.updates.session()) {
            (StopEffect::Cancels, Some(session)) => session.to_string(),
            _ => return Err(AcpError::Stopped),
        };
        self.stop = StopEffect::Cancelled;
        self.questions.clear();
        for (request, _) in std::mem::take(&mut self.open) {
            self.queue_outcome(request, RequestPermissionOutcome::Cancelled);
        }
        let cancel = CancelNotification::new(session).to_untyped_message();
        let (method, params) = cancel.map_err(AcpError::Refused)?.into_parts();
        let message = RawJsonRpcMessage::notification(method, params);
        self.outgoing
            .queue_message(&message.map_err(AcpError::Refused)?);
        Ok(())
    }

    fn queue_outcome(&mut self, request: RawJsonRpcId, outcome: RequestPermissionOutcome) {
        let response = serde_json::to_value(RequestPermissionResponse::new(outcome));
        self.queue_response(request, response.map_err(Error::into_internal_error));
    }

    fn queue_response(&mut self, request: RawJsonRpcId, answer: AgentAnswer) {
        self.outgoing
            .queue_message(&RawJsonRpcMessage::response(request, answer));
    }
}

fn params_value(params: Option<RawJsonRpcParams>) -> Value {
    params.map_or(Value::Null, RawJsonRpcParams::into_value)
}
