//! Panics are bugs in Baton. The work of the task counts as failed, and all other tasks go on.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use futures_util::FutureExt;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::retry::RetryPolicy;
use crate::store::StoreError;

/// The panic of a task. The panic message is only for the log, because it may contain anything.
#[derive(Debug)]
pub struct CaughtPanic(String);

impl CaughtPanic {
    fn new(payload: &(dyn Any + Send)) -> Self {
        let message = payload.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| payload.downcast_ref().copied());
        Self(message.unwrap_or("without a message").to_owned())
    }
}

impl From<CaughtPanic> for StoreError {
    fn from(panicked: CaughtPanic) -> Self {
        Self::Failed {
            detail: panicked.to_string(),
        }
    }
}

impl fmt::Display for CaughtPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked: {}", self.0)
    }
}

/// Runs `future`, and catches its panic. State shared with other tasks must be consistent after each step.
pub async fn caught<T>(future: impl Future<Output = T>) -> Result<T, CaughtPanic> {
    let caught = AssertUnwindSafe(future).catch_unwind().await;
    caught.map_err(|payload| CaughtPanic::new(&*payload))
}

/// Runs `future`. A panic loses only the work of this future, and the log names the work.
pub async fn contain(work: impl fmt::Display, future: impl Future<Output = ()>) {
    if let Err(panicked) = caught(future).await {
        tracing::error!(%work, %panicked, "a task of Baton panicked; Baton continues without the task");
    }
}

/// Runs a function, and catches its panic.
pub fn catch_sync_panic<T>(work: impl FnOnce() -> T) -> Result<T, CaughtPanic> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| CaughtPanic::new(&*payload))
}

/// Panics if a task with work of the store has panicked. Such tasks catch panics wherever the work can be
/// given back. After any other panic, only a restart can recover the work.
pub(crate) fn propagate_panic(task: Result<(), JoinError>) {
    if let Err(error) = task
        && let Ok(payload) = error.try_into_panic()
    {
        resume_unwind(payload);
    }
}

/// Runs a part of Baton until the part ends by itself, and restarts the part after a panic. Each pause is twice as long
/// as the one before, up to the longest. A run longer than the longest pause resets the pauses. `None` if `stop` was
/// cancelled during a pause.
pub async fn run_again<T, R: Future<Output = T>>(
    part: &str,
    clock: &dyn Clock,
    retry: RetryPolicy,
    stop: &CancellationToken,
    run: impl Fn() -> R,
) -> Option<T> {
    let mut times = 0;
    loop {
        let begun = clock.steady();
        let panicked = match caught(run()).await {
            Ok(ended) => return Some(ended),
            Err(panicked) => panicked,
        };
        if clock.steady().since(begun) > retry.longest_pause {
            times = 0;
        }
        times += 1;
        let pause = retry.max_pause(times);
        tracing::error!(part, %panicked, ?pause, "a part of Baton panicked, and starts again after a pause");
        tokio::select! {
            () = clock.sleep_until(clock.steady().after(pause)) => {}
            () = stop.cancelled() => return None,
        }
    }
}
