//! Faulty stores, each with one fault that the harness must detect. A harness that accepts a correct store
//! proves little without them. Two further plants make Baton's own tasks panic, and Baton must survive these
//! panics.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use baton_core::delivery::Operation;
use baton_core::name::AgentName;
use baton_core::place::{QueueMode, Route};
use baton_core::slots::Slot;
use baton_core::store::{Finish, Ingest, Ingested, LeaseError, PostReply, Store, StoreError};

use crate::layered::{Layer, Layered};

/// A planted fault of a store. The default has no fault.
#[derive(Clone, Copy)]
pub struct Plant {
    /// Wraps the store.
    pub store: fn(Arc<dyn Store>) -> Arc<dyn Store>,
    /// Changes the store's file after opening.
    pub file: fn(&Path),
}

impl Default for Plant {
    fn default() -> Self {
        Self {
            store: |store| store,
            file: |_| {},
        }
    }
}

impl Plant {
    /// The store accepts a finish with any fence.
    pub fn no_fence_check() -> Self {
        Self {
            store: |store| Layered::over(NoFenceCheck, store),
            ..Self::default()
        }
    }

    /// The cursor moves before the messages up to the cursor are stored.
    pub fn cursor_first() -> Self {
        Self {
            store: |store| Layered::over(CursorFirst, store),
            ..Self::default()
        }
    }

    /// A reply enters the outbox in a separate transaction, after the finish.
    pub fn reply_apart() -> Self {
        Self {
            store: |store| Layered::over(ReplyApart, store),
            ..Self::default()
        }
    }

    /// The first call of each of these commands panics: in the sender, in the timekeeper, and at the end of a
    /// turn.
    pub fn panics_once() -> Self {
        Self {
            store: |store| {
                let commands = ["finish", "delivery_sent", "expire"];
                commands.into_iter().fold(store, PanicsOnce::over)
            },
            ..Self::default()
        }
    }

    /// The first turn that reports side effects panics.
    pub fn panics_at_effects() -> Self {
        Self {
            store: |store| PanicsOnce::over(store, "begin_effects"),
            ..Self::default()
        }
    }

    /// No unique index limits a conversation to one running turn.
    pub fn no_unique_index() -> Self {
        Self {
            file: |path| {
                let connection = rusqlite::Connection::open(path).expect("the file opens");
                connection
                    .execute_batch(
                        "DROP INDEX IF EXISTS turn_one_running;
                         CREATE INDEX turn_one_running ON turn (conversation)
                         WHERE state = 'running'",
                    )
                    .expect("the index can be replaced");
            },
            ..Self::default()
        }
    }
}

/// Panics at the first call of one command, in the caller's task.
struct PanicsOnce {
    command: &'static str,
    done: AtomicBool,
}

impl PanicsOnce {
    fn over(store: Arc<dyn Store>, command: &'static str) -> Arc<dyn Store> {
        let done = AtomicBool::new(false);
        Layered::over(Self { command, done }, store)
    }
}

impl Layer for PanicsOnce {
    fn asked(&self, command: &'static str) {
        if command == self.command {
            let panicked = self.done.swap(true, Ordering::SeqCst);
            assert!(panicked, "a planted fault in {command}");
        }
    }
}

struct NoFenceCheck;

#[async_trait]
impl Layer for NoFenceCheck {
    async fn finish(
        &self,
        store: Arc<dyn Store>,
        mut finish: Finish,
        slot: Option<Slot<AgentName>>,
    ) -> Result<(), LeaseError> {
        // Replaces the claim with the current claim of the message, so every writer is accepted.
        if let Some(message) = finish.taken.first()
            && let Some(turn) = store.turn_of(*message).await?
        {
            finish.turn = turn.id;
            finish.fence = turn.fence;
        }
        store.finish(finish, slot).await
    }
}

struct CursorFirst;

#[async_trait]
impl Layer for CursorFirst {
    async fn ingest(
        &self,
        store: Arc<dyn Store>,
        mut ingest: Ingest,
    ) -> Result<Vec<Ingested>, StoreError> {
        if let Some(cursor) = ingest.cursor.take() {
            store.set_cursor(cursor).await?;
        }
        store.ingest(ingest).await
    }
}

struct ReplyApart;

#[async_trait]
impl Layer for ReplyApart {
    async fn finish(
        &self,
        store: Arc<dyn Store>,
        mut finish: Finish,
        slot: Option<Slot<AgentName>>,
    ) -> Result<(), LeaseError> {
        let (replies, rest) = std::mem::take(&mut finish.deliveries)
            .into_iter()
            .partition(|delivery| matches!(delivery.operation, Operation::Reply { .. }));
        finish.deliveries = rest;
        let replies: Vec<baton_core::delivery::NewDelivery> = replies;
        store.finish(finish, slot).await?;
        for reply in replies {
            let Some(message) = store.message(reply.message).await? else {
                continue;
            };
            let post = PostReply {
                route: Route {
                    place: message.place,
                    persona: message.persona,
                    agent: crate::baton::AGENT.into(),
                    mode: QueueMode::Queue,
                    waiting_limit: u32::MAX,
                },
                external_id: None,
                message: Some(message.id),
                text: reply.operation.text().to_owned(),
                extra: serde_json::Value::Null,
            };
            store.post_reply(post).await?;
        }
        Ok(())
    }
}
