//! Children kept after their turn, so that the next turn of their conversation begins at once. Baton keeps
//! one child per conversation, with limits on number and time. A turn never waits for a kept child.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use baton_core::clock::Clock;
use baton_core::id::ConversationId;
use tokio::io::AsyncReadExt;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::cli::Cli;
use super::events::Event;

/// Size of the read buffer for the output of an idle child, in bytes.
const PIECE: usize = 8 * 1024;

/// The kept children. A drop ends them.
pub(super) struct Warm {
    clock: Arc<dyn Clock>,
    /// How long Baton keeps a child; zero keeps none.
    limit: Duration,
    /// The maximum number of kept children.
    at_most: usize,
    /// The kept children; the last used child is the last.
    kept: Mutex<Vec<Kept>>,
}

struct Kept {
    conversation: ConversationId,
    order: oneshot::Sender<Order>,
    /// Returns the child after the order to continue.
    waits: JoinHandle<Option<Cli>>,
}

/// The order to a kept child.
enum Order {
    GoOn,
    End,
}

impl Warm {
    pub(super) fn new(limit: Duration, at_most: usize, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            limit,
            at_most,
            kept: Mutex::default(),
        }
    }

    /// Whether Baton keeps children at all.
    pub(super) fn is_on(&self) -> bool {
        !self.limit.is_zero() && self.at_most > 0
    }

    /// Returns the child of this conversation, if the child still lives.
    pub(super) async fn take(&self, conversation: ConversationId) -> Option<Cli> {
        let kept = {
            let mut kept = self.kept();
            let at = kept.iter().position(|it| it.conversation == conversation)?;
            kept.remove(at)
        };
        let _ = kept.order.send(Order::GoOn);
        kept.waits.await.ok().flatten()
    }

    /// Keeps an idle child. If too many are kept, the least recently used child ends.
    pub(super) fn keep(&self, conversation: ConversationId, cli: Cli) {
        let (order, ordered) = oneshot::channel();
        let waits = tokio::spawn(wait(cli, Arc::clone(&self.clock), self.limit, ordered));
        let mut kept = self.kept();
        kept.retain(|it| !it.waits.is_finished());
        kept.push(Kept {
            conversation,
            order,
            waits,
        });
        while kept.len() > self.at_most {
            let _ = kept.remove(0).order.send(Order::End);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        // Every change under the lock is complete.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until the child may continue. Ends the child on another order, at the time limit, or at any
/// activity.
async fn wait(
    mut cli: Cli,
    clock: Arc<dyn Clock>,
    limit: Duration,
    mut ordered: oneshot::Receiver<Order>,
) -> Option<Cli> {
    let until = clock.steady().after(limit);
    let mut buffer = vec![0; PIECE];
    loop {
        tokio::select! {
            biased;
            () = cli.child.wait_until_ended() => break,
            // Without a sender, nobody can use the child, so the child ends.
            order = &mut ordered => match order {
                Ok(Order::GoOn) => return Some(cli),
                Ok(Order::End) | Err(_) => break,
            },
            () = clock.sleep_until(until) => break,
            read = cli.stdout.read(&mut buffer) => match read {
                Ok(read @ 1..) => {
                    if cli.reader.push(&buffer[..read]).iter().any(is_work) {
                        tracing::info!("a Claude CLI began something by itself, and was ended");
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
    cli.end(&*clock).await;
    None
}

/// Whether an event is an activity. Without a turn, nobody could see or stop the activity.
fn is_work(event: &Event) -> bool {
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
