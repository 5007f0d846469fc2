//! The interface for channels: store a message, stop a turn, decide an approval, retry.

use std::sync::Arc;

use crate::approval::{Approval, Decision};
use crate::authority::Principal;
use crate::clock::{Clock, Wall};
use crate::files::Files;
use crate::id::{ApprovalId, ConversationId, MessageId, Seq, TurnId};
use crate::name::{PersonId, PersonaName};
use crate::persona::Personas;
use crate::place::{Place, Route};
use crate::running_turns::RunningTurns;
use crate::store::{
    ControlError, Decide, DecideError, Ingest, Ingested, Store, StoreError, StoreViews, Subject,
};

/// The interface for channels. Cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    store: Arc<dyn Store>,
    running: RunningTurns,
    personas: Personas,
    waiting_limit: u32,
    clock: Arc<dyn Clock>,
    files: Option<Arc<Files>>,
}

/// The reason why the turn of an approval was not stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StopAskingError {
    /// The approval is over.
    #[error(transparent)]
    Over(#[from] DecideError),
    /// The stop failed.
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl Inbox {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        running: RunningTurns,
        personas: Personas,
        waiting_limit: u32,
        clock: Arc<dyn Clock>,
        files: Option<Arc<Files>>,
    ) -> Self {
        Self {
            store,
            running,
            personas,
            waiting_limit,
            clock,
            files,
        }
    }

    /// The files folder; `None` if Baton accepts no files.
    pub fn files(&self) -> Option<&Arc<Files>> {
        self.files.as_ref()
    }

    /// The wall-clock time, for people.
    pub(crate) fn wall_time(&self) -> Wall {
        self.clock.wall()
    }

    /// The configured personas.
    pub fn personas(&self) -> &Personas {
        &self.personas
    }

    /// The reads of the store, for views.
    pub fn views(&self) -> &dyn StoreViews {
        &*self.store
    }

    /// The whole store. A narrower trait would promise too much: a channel moves cursors, records edits and
    /// posted replies, claims and ends turns for outside workers, signs people in, and controls conversations.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The route of a message to a persona in a place; `None` if the persona does not exist.
    pub fn route(&self, place: Place, persona: &PersonaName) -> Option<Route> {
        let persona = self.personas.get(persona)?;
        Some(Route {
            place,
            persona: persona.name.clone(),
            agent: persona.agent.clone(),
            mode: persona.mode,
            waiting_limit: self.waiting_limit,
        })
    }

    /// Stores messages. The channel may acknowledge them to the platform only after `Ok`.
    pub async fn ingest(&self, ingest: impl Into<Ingest>) -> Result<Vec<Ingested>, StoreError> {
        self.store.ingest(ingest.into()).await
    }

    /// Stops a message: withdraws a waiting message, or stops the running turn. A turn of this process is
    /// stopped directly, without waiting for other turns or for the store.
    pub async fn stop(&self, message: MessageId, by: &PersonId) -> Result<(), ControlError> {
        if self.running.stop_message(message, by) {
            return Ok(());
        }
        self.store.stop(message, by).await.map(drop)
    }

    /// Stops the turn that waits for an approval. Refused if the approval is over, because the turn may have
    /// moved on to other work.
    pub async fn stop_asking(
        &self,
        asked: &Approval,
        by: &PersonId,
    ) -> Result<(), StopAskingError> {
        if let Some(outcome) = asked.outcome() {
            let id = asked.id;
            return Err(DecideError::Over { id, outcome }.into());
        }
        Ok(self.stop(asked.message, by).await?)
    }

    /// Stops the running turn of a conversation directly. Returns whether a turn was stopped.
    pub fn stop_conversation(&self, conversation: ConversationId, by: &PersonId) -> bool {
        self.running.stop_conversation(conversation, by)
    }

    /// Stops exactly this turn of this process, and no other turn of its conversation. Returns whether the turn was
    /// stopped.
    pub fn stop_turn(&self, turn: TurnId, by: &PersonId) -> bool {
        self.running.stop_turn(turn, by)
    }

    /// Retries a dead, withdrawn or refused message, or a dead delivery.
    pub async fn replay(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError> {
        self.store.replay(id, by).await
    }

    /// Decides an approval, and returns the changed approval. The commit gives the verdict directly to the
    /// waiting turn, without waiting for other turns or deliveries. The store refuses a person who may not
    /// decide.
    pub async fn decide(
        &self,
        approval: ApprovalId,
        decision: Decision,
        by: Principal,
    ) -> Result<Approval, DecideError> {
        let decide = Decide {
            approval,
            decision: decision.enforce_limits()?,
            by,
        };
        self.store.decide(decide).await
    }
}
