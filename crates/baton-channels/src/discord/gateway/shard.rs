//! One shard, with a new connection after each loss.

use std::sync::Arc;

use baton_chat::connector::{ConnectionStage, ConnectionState};
use baton_core::clock::Steady;
use tokio_util::sync::CancellationToken;

use super::connection_end::{ConnectionEnd, ConnectionLoss, LossReason};
use super::gateway_connection::GatewayConnection;
use super::gateway_context::GatewayContext;
use super::gateway_frame::GatewaySession;
use super::reconnect_plan::ReconnectPlanner;
use super::session_starts::SessionPermit;
use crate::discord::gateway_events::ShardEventHandler;

pub(super) struct GatewayShard {
    pub(super) gateway: Arc<GatewayContext>,
    pub(super) number: u32,
    pub(super) events: ShardEventHandler,
    session: Option<GatewaySession>,
    retries: ReconnectPlanner,
    failures: u32,
    last_loss: Option<String>,
}

impl GatewayShard {
    pub(super) fn new(
        gateway: &Arc<GatewayContext>,
        number: u32,
        events: ShardEventHandler,
    ) -> Self {
        Self {
            gateway: Arc::clone(gateway),
            number,
            events,
            session: None,
            retries: ReconnectPlanner::default(),
            failures: 0,
            last_loss: None,
        }
    }

    /// Keeps the shard connected until `shutdown`. Returns an error if no further try can succeed.
    pub(super) async fn keep_connected(
        mut self,
        shutdown: CancellationToken,
    ) -> Result<(), String> {
        let clock = Arc::clone(&self.gateway.clock);
        loop {
            let permit = tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                permit = self.wait_for_permit() => permit,
            };
            let begun = clock.steady();
            let resumes = self.session.is_some();
            let lost = match self.run_connection(permit, &shutdown).await {
                ConnectionEnd::Stopped => return Ok(()),
                ConnectionEnd::Refused(reason) => return Err(reason.to_owned()),
                ConnectionEnd::Lost(lost) => lost,
            };
            let until = self.handle_loss(&lost, begun, resumes);
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                () = clock.sleep_until(until) => {}
            }
        }
    }

    /// The permit for a new session; `None` if the shard can resume a session.
    async fn wait_for_permit(&self) -> Option<SessionPermit> {
        if self.session.is_some() {
            return None;
        }
        let spent = |until| self.report_stage(ConnectionStage::SpentForToday { until });
        Some(
            self.gateway
                .starts
                .wait_for_permit(self.number, spent)
                .await,
        )
    }

    async fn run_connection(
        &mut self,
        permit: Option<SessionPermit>,
        shutdown: &CancellationToken,
    ) -> ConnectionEnd {
        self.report_stage(ConnectionStage::Connecting);
        let mut session = self.session.take();
        let connection = GatewayConnection {
            gateway: &self.gateway,
            shard: self.number,
            events: &self.events,
            session: &mut session,
            permit,
        };
        let live = || {
            if self.failures > 0 {
                tracing::info!(shard = self.number, "the connection to Discord is restored");
            }
            self.report_stage(ConnectionStage::Live);
        };
        let end = connection.run(shutdown, live).await;
        self.session = session;
        end
    }

    /// Handles a lost connection. Returns the time of the next try.
    fn handle_loss(&mut self, lost: &ConnectionLoss, begun: Steady, resumed: bool) -> Steady {
        let now = self.gateway.clock.steady();
        let next = self
            .retries
            .plan_reconnect(lost, now, resumed, fastrand::f64());
        if next.anew {
            self.session = None;
        }
        let until = begun.after(next.after).max(now);
        let (shard, pause) = (self.number, until.since(now).as_secs_f64());
        let (reason, failures) = (lost.why.to_string(), next.failures);
        let goes_on = self.session.is_some();
        if lost.why == LossReason::ReconnectAsked && failures == 1 {
            tracing::info!(shard, %reason, "Baton reconnects to Discord");
        } else {
            tracing::warn!(
                shard, %reason, failures, resumes = goes_on, pause_seconds = pause,
                "the connection to Discord is lost; Baton reconnects after a pause"
            );
        }
        self.failures = failures;
        self.last_loss = Some(reason);
        self.report_stage(ConnectionStage::Waiting { until });
        until
    }

    fn report_stage(&self, stage: ConnectionStage) {
        let reported = ConnectionState {
            stage,
            since: self.gateway.clock.wall(),
            failures: if stage == ConnectionStage::Live {
                0
            } else {
                self.failures
            },
            last_loss: self.last_loss.clone(),
        };
        self.gateway.connections.set_state(self.number, reported);
    }
}
