//! The crash harness. It stops the world at any commit, or between a platform call and its record. Then it
//! starts Baton again on the remaining files, and checks the promises.
//!
//! * [`World`]: one run of the program, and the point of its crash.
//! * [`promises`]: the promises of Baton (listed in the README), as checks.
//! * [`workload`]: conversations, failing turns and outside workers, for a crash at every point.
//! * [`faults`]: faulty stores that the harness must detect.

use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use baton_core::store::{Store, TurnEffect, Work};
use baton_core::turn::Claim;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::agent_run::within;
use crate::layered::{Layer, Layered};

pub mod faults;
pub mod promises;
pub mod workload;

/// The point of a crash. Commands and calls are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashAt {
    /// Before this writing command reaches the store.
    Before(u64),
    /// After the commit of this writing command, before the caller gets the result.
    After(u64),
    /// After the platform has carried out this call, before Baton gets the answer.
    Call(u64),
}

/// One run of the program, as seen from outside: whether the run is alive, and its progress.
///
/// In a stopped world nothing goes on: commands never return, and no work or change is passed on. The store
/// still finishes commands already begun.
pub struct World {
    crash_at: Option<CrashAt>,
    stopped: CancellationToken,
    progress: watch::Sender<Progress>,
    /// Every claim that this run got from the store.
    claims: Mutex<Vec<Claim>>,
}

/// The progress of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Writing commands that have reached the store.
    pub begun: u64,
    /// Writing commands that the store has carried out.
    pub done: u64,
    /// Calls that the platform has carried out.
    pub calls: u64,
}

impl World {
    /// Creates a world that crashes at `crash_at`, or never by itself.
    pub fn new(crash_at: Option<CrashAt>) -> Arc<Self> {
        Arc::new(Self {
            crash_at,
            stopped: CancellationToken::new(),
            progress: watch::Sender::new(Progress::default()),
            claims: Mutex::new(Vec::new()),
        })
    }

    /// The store as this world sees the store. `gone` is dropped when nothing in the world holds the store
    /// any more.
    pub fn store(
        self: &Arc<Self>,
        inner: Arc<dyn Store>,
        gone: mpsc::Sender<()>,
    ) -> Arc<dyn Store> {
        let layer = CrashLayer {
            world: Arc::clone(self),
            _gone: gone,
        };
        Layered::over(layer, inner)
    }

    /// Stops the world now.
    pub fn stop(&self) {
        self.stopped.cancel();
    }

    /// Whether the world has stopped.
    pub fn is_stopped(&self) -> bool {
        self.stopped.is_cancelled()
    }

    /// Waits until the world stops.
    pub async fn stopped(&self) {
        self.stopped.cancelled().await;
    }

    /// Waits until the store has carried out all commands begun.
    pub async fn quiet(&self) {
        let mut progress = self.progress.subscribe();
        let quiet = progress.wait_for(|progress| progress.begun == progress.done);
        drop(within("the store carries out what reached it", quiet).await);
    }

    /// A receiver of the progress.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Every claim that this run got from the store.
    pub fn claims(&self) -> Vec<Claim> {
        let claims = self.claims.lock();
        claims.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts a call that the platform has carried out. Returns only if the world goes on.
    pub async fn after_platform_call(&self) {
        let mut call = 0;
        self.progress.send_modify(|progress| {
            progress.calls += 1;
            call = progress.calls;
        });
        if self.crash_at == Some(CrashAt::Call(call)) {
            self.stop();
        }
        self.go_on().await;
    }

    /// Returns at once in a running world, never in a stopped one.
    async fn go_on(&self) {
        if self.is_stopped() {
            std::future::pending::<()>().await;
        }
    }

    async fn write<T: Send + 'static>(self: &Arc<Self>, command: BoxFuture<'static, T>) -> T {
        self.go_on().await;
        let mut number = 0;
        let reached = self.progress.send_if_modified(|progress| {
            number = progress.begun + 1;
            if self.crash_at == Some(CrashAt::Before(number)) {
                self.stop();
            }
            let reaches_the_store = !self.is_stopped();
            if reaches_the_store {
                progress.begun = number;
            }
            reaches_the_store
        });
        if !reached {
            std::future::pending::<()>().await;
        }
        // A counted command is carried out even if the world stops now.
        let world = Arc::clone(self);
        // A separate task, so that a dropped caller does not cancel the command.
        let carried_out = tokio::spawn(async move {
            let answer = command.await;
            if world.crash_at == Some(CrashAt::After(number)) {
                world.stop();
            }
            world.progress.send_modify(|progress| progress.done += 1);
            answer
        });
        let answer = carried_out.await;
        self.go_on().await;
        answer.expect("a store does not panic")
    }

    /// Passes on all items of `from` until the world stops.
    fn pass_on<T: Send + 'static>(
        self: &Arc<Self>,
        mut from: mpsc::UnboundedReceiver<T>,
        seen: impl Fn(&World, &T) + Send + 'static,
    ) -> mpsc::UnboundedReceiver<T> {
        let (to, passed_on) = mpsc::unbounded_channel();
        let world = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                let next = tokio::select! {
                    biased;
                    () = world.stopped() => break,
                    () = to.closed() => return,
                    next = from.recv() => next,
                };
                let Some(next) = next else { return };
                seen(&world, &next);
                let _ = to.send(next);
            }
            // A stopped world does not even close the channel.
            to.closed().await;
        });
        passed_on
    }
}

struct CrashLayer {
    world: Arc<World>,
    _gone: mpsc::Sender<()>,
}

#[async_trait]
impl Layer for CrashLayer {
    async fn write<T: Send + 'static>(&self, command: BoxFuture<'static, T>) -> T {
        self.world.write(command).await
    }

    async fn before_read(&self) {
        self.world.go_on().await;
    }

    fn work(&self, work: Work) -> Work {
        Work {
            turns: self.world.pass_on(work.turns, |world, effect| {
                if let TurnEffect::Start(started) = effect {
                    let mut claims = world.claims.lock().unwrap_or_else(PoisonError::into_inner);
                    claims.push(started.claim.clone());
                }
            }),
            deliveries: self.world.pass_on(work.deliveries, |_, _| {}),
        }
    }
}
