//! The crash harness: stops the world at any commit, or between a platform call and its record;
//! starts again from the files as they are; and checks the promises.
//!
//! * [`World`]: what stops, and when.
//! * [`promises`]: what Baton promises (the README lists it), as checks.
//! * [`workload`]: conversations, failing turns and outside workers, to crash in every place.
//! * [`faults`]: wrong stores that the harness must catch.

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

/// Where the world stops. The first is number 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashAt {
    /// Before that command which writes reaches the store.
    Before(u64),
    /// After its commit, before its caller hears of it.
    After(u64),
    /// After that call to the platform was carried out, before we hear of it.
    Call(u64),
}

/// One run of the program, as seen from outside: whether it still lives, and how far it is.
///
/// When it stops, nothing in it goes on: commands never return, work is not passed on, and nobody
/// is told anything; what the store was carrying out already, it carries out.
pub struct World {
    crash_at: Option<CrashAt>,
    stopped: CancellationToken,
    progress: watch::Sender<Progress>,
    /// Every turn that this run was handed.
    claims: Mutex<Vec<Claim>>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Commands that write and have reached the store.
    pub begun: u64,
    /// Those that are carried out.
    pub done: u64,
    /// Calls that the platform has carried out.
    pub calls: u64,
}

impl World {
    /// A world that stops there; `None` for never by itself.
    pub fn new(crash_at: Option<CrashAt>) -> Arc<Self> {
        Arc::new(Self {
            crash_at,
            stopped: CancellationToken::new(),
            progress: watch::Sender::new(Progress::default()),
            claims: Mutex::new(Vec::new()),
        })
    }

    /// The store as this world sees it. `gone` is dropped when nobody in it holds the store any
    /// more.
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

    /// Stops it here and now.
    pub fn stop(&self) {
        self.stopped.cancel();
    }

    /// Whether it stopped.
    pub fn is_stopped(&self) -> bool {
        self.stopped.is_cancelled()
    }

    /// Waits until it stops.
    pub async fn stopped(&self) {
        self.stopped.cancelled().await;
    }

    /// Waits until the store has carried out what reached it.
    pub async fn quiet(&self) {
        let mut progress = self.progress.subscribe();
        let quiet = progress.wait_for(|progress| progress.begun == progress.done);
        drop(within("the store carries out what reached it", quiet).await);
    }

    /// How far it is, and what tells of each step.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Every turn that it was handed.
    pub fn claims(&self) -> Vec<Claim> {
        let claims = self.claims.lock();
        claims.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The platform has carried out a call; returns where the world goes on.
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

    /// Returns at once, or never.
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
        // Counted, it is carried out, even if the world stops in this instant.
        let world = Arc::clone(self);
        // A caller that goes away does not take back what it sent.
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

    /// Passes on what it is handed, as long as the world goes on.
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
            // A stopped world does not even say that nothing more comes.
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
