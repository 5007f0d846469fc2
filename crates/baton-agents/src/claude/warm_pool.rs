//! Children kept after their turn, so that the next turn of their conversation begins at once. Baton keeps
//! one child per conversation, with limits on number and time. A turn never waits for a kept child.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use baton_core::clock::Clock;
use baton_core::id::ConversationId;
use tokio::io::AsyncReadExt;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::{Instrument, info_span};

use super::cli_process::CliProcess;
use super::events::Event;

/// Size of the read buffer for the output of an idle child, in bytes.
const PIECE: usize = 8 * 1024;

/// The kept children. A drop ends them.
pub(super) struct WarmPool {
    clock: Arc<dyn Clock>,
    /// How long Baton keeps a child; zero keeps none.
    limit: Duration,
    /// The maximum number of kept children.
    at_most: usize,
    /// The kept children; the last used child is the last.
    clis: Mutex<Vec<WarmCli>>,
}

struct WarmCli {
    conversation: ConversationId,
    order: oneshot::Sender<WarmOrder>,
    /// Returns the child after the order to continue.
    waiting: JoinHandle<Option<CliProcess>>,
}

/// The order to a kept child.
enum WarmOrder {
    Continue,
    End,
}

impl WarmPool {
    pub(super) fn new(limit: Duration, at_most: usize, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            limit,
            at_most,
            clis: Mutex::default(),
        }
    }

    /// Whether Baton keeps children at all.
    pub(super) fn is_on(&self) -> bool {
        !self.limit.is_zero() && self.at_most > 0
    }

    /// Returns the child of this conversation, if the child still lives.
    pub(super) async fn take_cli(&self, conversation: ConversationId) -> Option<CliProcess> {
        let entry = {
            let mut clis = self.lock_clis();
            let at = clis
                .iter()
                .position(|entry| entry.conversation == conversation)?;
            clis.remove(at)
        };
        let _ = entry.order.send(WarmOrder::Continue);
        entry.waiting.await.ok().flatten()
    }

    /// Keeps an idle child. If too many are kept, the least recently used child ends.
    pub(super) fn keep_cli(&self, conversation: ConversationId, cli: CliProcess) {
        let (order, ordered) = oneshot::channel();
        let waiting = wait_for_order(cli, Arc::clone(&self.clock), self.limit, ordered);
        // The child belongs to no turn while it waits, so the span of its last turn would mislead.
        let span = info_span!(parent: None, "warm_cli", conversation = conversation.0);
        let waiting = tokio::spawn(waiting.instrument(span));
        let mut clis = self.lock_clis();
        clis.retain(|entry| !entry.waiting.is_finished());
        clis.push(WarmCli {
            conversation,
            order,
            waiting,
        });
        while clis.len() > self.at_most {
            let _ = clis.remove(0).order.send(WarmOrder::End);
        }
    }

    fn lock_clis(&self) -> MutexGuard<'_, Vec<WarmCli>> {
        // Every change under the lock is complete.
        self.clis.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until the child may continue. Ends the child on another order, at the time limit, or at any
/// activity.
async fn wait_for_order(
    mut cli: CliProcess,
    clock: Arc<dyn Clock>,
    limit: Duration,
    mut ordered: oneshot::Receiver<WarmOrder>,
) -> Option<CliProcess> {
    let until = clock.steady().after(limit);
    let mut buffer = vec![0; PIECE];
    loop {
        tokio::select! {
            biased;
            () = cli.child.wait_until_ended() => break,
            // Without a sender, nobody can use the child, so the child ends.
            order = &mut ordered => match order {
                Ok(WarmOrder::Continue) => return Some(cli),
                Ok(WarmOrder::End) | Err(_) => break,
            },
            () = clock.sleep_until(until) => break,
            read = cli.stdout.read(&mut buffer) => match read {
                Ok(read @ 1..) => {
                    if cli.reader.push(&buffer[..read]).iter().any(is_activity) {
                        tracing::info!("a warm Claude CLI began to work by itself, and was ended");
                        break;
                    }
                }
                Ok(0) | Err(_) => break,
            },
            () = cli.complaints.read_stream(&mut cli.stderr), if cli.stderr_open => {
                cli.stderr_open = false;
            }
        }
    }
    cli.shut_down(&*clock).await;
    None
}

/// Whether an event is an activity. Without a turn, nobody could see or stop the activity.
fn is_activity(event: &Event) -> bool {
    match event {
        Event::SessionStarted(_)
        | Event::SessionChanged { .. }
        | Event::TextDelta(_)
        | Event::ToolStarted(_)
        | Event::Request(_)
        | Event::Finished(_) => true,
        Event::State(state) => state == "running",
        Event::BackgroundTasks(tasks) => !tasks.is_empty(),
        _ => false,
    }
}
