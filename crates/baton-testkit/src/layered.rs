//! A store with a layer between the store and its callers. The crash harness stops the world in such a layer,
//! and planted faults are layers too.

use std::sync::Arc;

use async_trait::async_trait;
use baton_core::name::AgentName;
use baton_core::slots::Slot;
use baton_core::store::{
    ClaimNext, Claimed, Finish, Ingest, Ingested, LeaseError, Store, StoreError, Work,
};
use futures_util::future::BoxFuture;

/// A layer between a store and its callers. The default methods pass each command on unchanged.
#[async_trait]
pub trait Layer: Send + Sync + 'static {
    /// Called before each writing command, with the name of the command. A layer can panic here.
    fn asked(&self, _command: &'static str) {}

    /// Carries out a writing command. The future `command` owns the store and runs the command when awaited.
    async fn write<T: Send + 'static>(&self, command: BoxFuture<'static, T>) -> T {
        command.await
    }

    /// Called before each read; returns when the read may go on.
    async fn before_read(&self) {}

    /// Passes the stream of work from the store to the process.
    fn work(&self, work: Work) -> Work {
        work
    }

    /// Carries out [`MessageStore::ingest`](baton_core::store::MessageStore::ingest).
    async fn ingest(
        &self,
        store: Arc<dyn Store>,
        ingest: Ingest,
    ) -> Result<Vec<Ingested>, StoreError> {
        let command = async move { store.ingest(ingest).await };
        self.write(Box::pin(command)).await
    }

    /// Carries out [`TurnStore::claim_next`](baton_core::store::TurnStore::claim_next).
    async fn claim_next(
        &self,
        store: Arc<dyn Store>,
        claim: ClaimNext,
    ) -> Result<Option<Claimed>, StoreError> {
        let command = async move { store.claim_next(claim).await };
        self.write(Box::pin(command)).await
    }

    /// Carries out [`TurnStore::finish`](baton_core::store::TurnStore::finish).
    async fn finish(
        &self,
        store: Arc<dyn Store>,
        finish: Finish,
        slot: Option<Slot<AgentName>>,
    ) -> Result<(), LeaseError> {
        let command = async move { store.finish(finish, slot).await };
        self.write(Box::pin(command)).await
    }
}

/// A store under a layer.
pub struct Layered<L> {
    layer: L,
    inner: Arc<dyn Store>,
}

impl<L: Layer> Layered<L> {
    /// Puts `layer` over `inner`.
    pub fn over(layer: L, inner: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(Self { layer, inner })
    }

    async fn write<T: Send + 'static>(
        &self,
        command: impl FnOnce(Arc<dyn Store>) -> BoxFuture<'static, T>,
    ) -> T {
        let command = command(Arc::clone(&self.inner));
        self.layer.write(command).await
    }

    async fn read(&self) -> &dyn Store {
        self.layer.before_read().await;
        &*self.inner
    }
}

/// Turns a command into a future that owns its arguments.
macro_rules! write {
    ($self:ident.$command:ident($($argument:expr),*)) => {{
        $self.layer.asked(stringify!($command));
        $self.write(|store| Box::pin(async move { store.$command($($argument),*).await })).await
    }};
}

// These modules use the macro, and therefore come after it.
mod layered_commands;
mod layered_views;

#[async_trait]
impl<L: Layer> Store for Layered<L> {
    async fn close(&self) {
        write!(self.close());
    }
}
