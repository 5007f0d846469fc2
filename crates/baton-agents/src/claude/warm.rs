//! Children that are kept after their turn, so that the next one of their conversation begins at once:
//! one a conversation, so many in all, for so long. Nothing waits for them: they are an offer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use baton_core::clock::Clock;
use baton_core::id::ConversationId;
use tokio::io::AsyncReadExt;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::cli::Cli;
use super::events::Event;

/// How much is read at once of what one says that has nothing to say, in bytes.
const PIECE: usize = 8 * 1024;

/// The children that are kept. Dropped, they end.
pub(super) struct Warm {
    clock: Arc<dyn Clock>,
    /// How long one is kept; not at all where zero.
    limit: Duration,
    /// How many are.
    at_most: usize,
    /// The one that was used last is the last.
    kept: Mutex<Vec<Kept>>,
}

struct Kept {
    conversation: ConversationId,
    order: oneshot::Sender<Order>,
    /// Returns it, where it is to go on.
    waits: JoinHandle<Option<Cli>>,
}

/// What becomes of one.
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

    /// Whether any is kept at all.
    pub(super) fn is_on(&self) -> bool {
        !self.limit.is_zero() && self.at_most > 0
    }

    /// The one of this conversation, where it still lives.
    pub(super) async fn take(&self, conversation: ConversationId) -> Option<Cli> {
        let kept = {
            let mut kept = self.kept();
            let at = kept.iter().position(|it| it.conversation == conversation)?;
            kept.remove(at)
        };
        let _ = kept.order.send(Order::GoOn);
        kept.waits.await.ok().flatten()
    }

    /// Keeps one, which has nothing to do. The one that was not used for the longest makes room.
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
        // Every change under the lock is whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits with one until it is to go on; ends it where it is not, or where it does anything.
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
            () = cli.child.ended() => break,
            // Where nobody is left to order anything, it ends.
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
            () = cli.complaints.overhear(&mut cli.stderr), if cli.stderr_open => {
                cli.stderr_open = false;
            }
        }
    }
    cli.end(&*clock).await;
    None
}

/// Whether it does something, which nobody would see and nobody could stop.
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
