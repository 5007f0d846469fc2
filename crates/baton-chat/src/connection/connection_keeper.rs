//! Keeps all connections of one account.

use std::sync::Arc;

use baton_core::clock::Clock;
use baton_core::panics::run_again;
use baton_core::retry::RetryPolicy;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::connection_run::ConnectionRun;
use super::kept_connection::keep_connected;
use crate::connector::ConnectionStates;

/// Keeps the connections of one account, called shards, and reports their states.
pub struct ConnectionKeeper {
    /// The name of the platform, for the log.
    pub platform: &'static str,
    /// The clock of all pauses.
    pub clock: Arc<dyn Clock>,
    /// The states of the connections, for operators.
    pub states: ConnectionStates,
}

impl ConnectionKeeper {
    /// Keeps this number of shards until `shutdown`. `new_run` makes the run of the shard with a number. Each shard
    /// starts again after a panic, with a new run. If the platform refuses one shard for good, all shards end, and the
    /// error is the reason for operators.
    pub async fn keep_shards<R: ConnectionRun>(
        self,
        shards: u32,
        shutdown: &CancellationToken,
        new_run: impl Fn(u32) -> R + Send + Sync + 'static,
    ) -> Result<(), String> {
        let shared = Arc::new((self, new_run));
        let mut tasks = JoinSet::new();
        for number in 0..shards {
            let (shared, shutdown) = (Arc::clone(&shared), shutdown.clone());
            tasks.spawn(async move {
                let (keeper, new_run) = &*shared;
                let part = format!("shard {number} of {}", keeper.platform);
                let run = || keep_connected(keeper, number, new_run(number), &shutdown);
                let retry = RetryPolicy::default();
                let kept = run_again(&part, &*keeper.clock, retry, &shutdown, run);
                kept.await.unwrap_or(Ok(()))
            });
        }
        let mut ended = Ok(());
        while let Some(result) = tasks.join_next().await {
            ended = result.unwrap_or_else(|_| Err("the task of a shard panicked".to_owned()));
            if ended.is_err() {
                break;
            }
        }
        tasks.shutdown().await;
        ended
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use baton_core::clock::SystemClock;
    use tokio::sync::Barrier;

    use super::*;
    use crate::connection::{ConnectionEnd, ConnectionLoss, LossReason};

    /// A long poll without a session. The first poll fails. The second goes on, until all are live and one is refused.
    struct LongPoll {
        number: u32,
        polls: u32,
        all_live: Arc<Barrier>,
    }

    #[async_trait]
    impl ConnectionRun for LongPoll {
        async fn run_once(
            &mut self,
            live: &(dyn Fn() + Sync),
            shutdown: &CancellationToken,
        ) -> ConnectionEnd {
            self.polls += 1;
            if self.polls == 1 {
                let why = LossReason::Unreachable("no route".to_owned());
                return ConnectionEnd::Lost(ConnectionLoss::before_accepted(why));
            }
            live();
            self.all_live.wait().await;
            if self.number == 0 {
                return ConnectionEnd::Refused("the token is unknown".to_owned());
            }
            shutdown.cancelled().await;
            ConnectionEnd::Stopped
        }
    }

    #[tokio::test]
    async fn each_connection_returns_after_a_loss_and_a_refusal_ends_all() {
        let states = ConnectionStates::default();
        let keeper = ConnectionKeeper {
            platform: "Telegram",
            clock: SystemClock::shared(),
            states: states.clone(),
        };
        let all_live = Arc::new(Barrier::new(3));
        let new_run = move |number| LongPoll {
            number,
            polls: 0,
            all_live: Arc::clone(&all_live),
        };
        let shutdown = CancellationToken::new();
        let ended = keeper.keep_shards(3, &shutdown, new_run).await;
        assert_eq!(ended, Err("the token is unknown".to_owned()));
        let states = states.current_states();
        assert_eq!(states.len(), 3);
        for state in states.into_values() {
            let loss = state.last_loss.unwrap();
            assert_eq!(loss, "Telegram cannot be reached: no route");
            assert_eq!(state.failures, 0);
        }
    }
}
