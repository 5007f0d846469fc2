//! One shard, with a new connection after each loss.

use std::sync::Arc;

use baton_core::clock::Steady;
use tokio_util::sync::CancellationToken;

use super::Gateway;
use super::connection_end::{End, Loss, Lost};
use super::connection_state::{ConnectionStage, ConnectionState};
use super::gateway_connection::Connection;
use super::gateway_frame::Session;
use super::reconnect_plan::Retries;
use super::session_starts::Permit;
use crate::discord::gateway_events::Events;

pub(super) struct Shard {
    pub(super) gateway: Arc<Gateway>,
    pub(super) number: u32,
    pub(super) events: Events,
    session: Option<Session>,
    retries: Retries,
    failures: u32,
    last_loss: Option<String>,
}

impl Shard {
    pub(super) fn new(gateway: &Arc<Gateway>, number: u32, events: Events) -> Self {
        Self {
            gateway: Arc::clone(gateway),
            number,
            events,
            session: None,
            retries: Retries::default(),
            failures: 0,
            last_loss: None,
        }
    }

    /// Keeps the shard connected until `shutdown`. Returns an error if no further try can succeed.
    pub(super) async fn keep(mut self, shutdown: CancellationToken) -> Result<(), String> {
        let clock = Arc::clone(&self.gateway.clock);
        loop {
            let permit = tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                permit = self.permit() => permit,
            };
            let begun = clock.steady();
            let resumes = self.session.is_some();
            let lost = match self.connect(permit, &shutdown).await {
                End::Stopped => return Ok(()),
                End::Refused(reason) => return Err(reason.to_owned()),
                End::Lost(lost) => lost,
            };
            let until = self.lost(&lost, begun, resumes);
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                () = clock.sleep_until(until) => {}
            }
        }
    }

    /// The permit for a new session; `None` if the shard can resume a session.
    async fn permit(&self) -> Option<Permit> {
        if self.session.is_some() {
            return None;
        }
        let spent = |until| self.show(ConnectionStage::SpentForToday { until });
        Some(self.gateway.starts.permit(self.number, spent).await)
    }

    async fn connect(&mut self, permit: Option<Permit>, shutdown: &CancellationToken) -> End {
        self.show(ConnectionStage::Connecting);
        let mut session = self.session.take();
        let connection = Connection {
            gateway: &self.gateway,
            shard: self.number,
            events: &self.events,
            session: &mut session,
            permit,
        };
        let live = || {
            if self.failures > 0 {
                tracing::info!(
                    shard = self.number,
                    "the connection to Discord is there again"
                );
            }
            self.show(ConnectionStage::Live);
        };
        let end = connection.run(shutdown, live).await;
        self.session = session;
        end
    }

    /// Handles a lost connection. Returns the time of the next try.
    fn lost(&mut self, lost: &Lost, begun: Steady, resumed: bool) -> Steady {
        let now = self.gateway.clock.steady();
        let next = self.retries.lost(lost, now, resumed, fastrand::f64());
        if next.anew {
            self.session = None;
        }
        let until = begun.after(next.after).max(now);
        let (shard, pause) = (self.number, until.since(now).as_secs_f64());
        let (reason, failures) = (lost.why.to_string(), next.failures);
        let goes_on = self.session.is_some();
        if lost.why == Loss::Asked && failures == 1 {
            tracing::info!(shard, %reason, "the connection to Discord is made anew");
        } else {
            tracing::warn!(
                shard, %reason, failures, resumes = goes_on, pause_seconds = pause,
                "the connection to Discord is lost, and made again after a pause"
            );
        }
        self.failures = failures;
        self.last_loss = Some(reason);
        self.show(ConnectionStage::Waiting { until });
        until
    }

    fn show(&self, stage: ConnectionStage) {
        let shown = ConnectionState {
            stage,
            since: self.gateway.clock.wall(),
            failures: if stage == ConnectionStage::Live {
                0
            } else {
                self.failures
            },
            last_loss: self.last_loss.clone(),
        };
        self.gateway.connections.set(self.number, shown);
    }
}
