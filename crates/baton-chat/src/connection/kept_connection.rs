//! One connection of an account, made anew after each loss.

use baton_core::clock::Steady;
use tokio_util::sync::CancellationToken;

use super::connection_end::{ConnectionEnd, LossReason};
use super::connection_keeper::ConnectionKeeper;
use super::connection_run::ConnectionRun;
use super::reconnect_plan::ReconnectPlanner;
use crate::connector::{ConnectionStage, ConnectionState};

/// Keeps shard `number` connected until `shutdown`. Returns an error if no further try can succeed.
pub(super) async fn keep_connected(
    keeper: &ConnectionKeeper,
    number: u32,
    mut run: impl ConnectionRun,
    shutdown: &CancellationToken,
) -> Result<(), String> {
    let clock = &keeper.clock;
    let mut planner = ReconnectPlanner::default();
    let mut report = ConnectionReport {
        keeper,
        shard: number,
        failures: 0,
        last_loss: None,
    };
    loop {
        let spent = |until| report.set_stage(ConnectionStage::SpentForToday { until });
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            () = run.wait_for_permission(&spent) => {}
        }
        let (begun, resumed) = (clock.steady(), run.resumes());
        report.set_stage(ConnectionStage::Connecting);
        let lost = match run.run_once(&|| report.set_live(), shutdown).await {
            ConnectionEnd::Stopped => return Ok(()),
            ConnectionEnd::Refused(reason) => return Err(reason),
            ConnectionEnd::Lost(lost) => lost,
        };
        let now = clock.steady();
        let plan = planner.plan_reconnect(&lost, now, resumed, fastrand::f64());
        if plan.anew {
            run.forget_session();
        }
        let until = begun.after(plan.after).max(now);
        report.failures = plan.failures;
        report.record_loss(&lost.why, run.resumes(), now, until);
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            () = clock.sleep_until(until) => {}
        }
    }
}

/// The state of one connection, for the log and for operators.
struct ConnectionReport<'a> {
    keeper: &'a ConnectionKeeper,
    shard: u32,
    /// The failures in a row.
    failures: u32,
    last_loss: Option<String>,
}

impl ConnectionReport<'_> {
    fn set_live(&self) {
        let (shard, platform) = (self.shard, self.keeper.platform);
        if self.failures > 0 {
            tracing::info!(shard, "the connection to {platform} is restored");
        }
        self.set_stage(ConnectionStage::Live);
    }

    /// Records a loss. `resumes` says whether the next connection, at `until`, resumes the session.
    fn record_loss(&mut self, why: &LossReason, resumes: bool, now: Steady, until: Steady) {
        let (shard, platform, failures) = (self.shard, self.keeper.platform, self.failures);
        let reason = why.describe(platform);
        if *why == LossReason::ReconnectAsked && failures == 1 {
            tracing::info!(shard, %reason, "Baton reconnects to {platform}");
        } else {
            let pause_seconds = until.since(now).as_secs_f64();
            tracing::warn!(
                shard, %reason, failures, resumes, pause_seconds,
                "the connection to {platform} is lost; Baton reconnects after a pause"
            );
        }
        self.last_loss = Some(reason);
        self.set_stage(ConnectionStage::Waiting { until });
    }

    fn set_stage(&self, stage: ConnectionStage) {
        let is_live = stage == ConnectionStage::Live;
        let reported = ConnectionState {
            stage,
            since: self.keeper.clock.wall(),
            failures: if is_live { 0 } else { self.failures },
            last_loss: self.last_loss.clone(),
        };
        self.keeper.states.set_state(self.shard, reported);
    }
}
