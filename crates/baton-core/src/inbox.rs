//! What a channel calls when somebody wrote, pressed stop, decided, or asked for a retry.

use std::sync::Arc;

use crate::approval::{Approval, Decision};
use crate::clock::{Clock, Wall};
use crate::dispatcher::Running;
use crate::files::Files;
use crate::id::{ApprovalId, ConversationId, MessageId, Seq};
use crate::message::Author;
use crate::name::{PersonId, PersonaName};
use crate::persona::Personas;
use crate::place::{Place, Route};
use crate::store::{
    ControlError, Decide, DecideError, Ingest, Ingested, Stopped, Store, StoreError, Subject,
};

/// The way in, for channels. Cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    store: Arc<dyn Store>,
    running: Running,
    personas: Personas,
    waiting_limit: u32,
    clock: Arc<dyn Clock>,
    files: Option<Arc<Files>>,
}

/// Why a turn that asks was not stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StopAskingError {
    /// It asks no more.
    #[error(transparent)]
    Over(#[from] DecideError),
    /// It could not be stopped.
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl Inbox {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        running: Running,
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

    /// Where files are kept; `None` where none are taken.
    pub fn files(&self) -> Option<&Arc<Files>> {
        self.files.as_ref()
    }

    /// The calendar's time, for people.
    pub(crate) fn now(&self) -> Wall {
        self.clock.wall()
    }

    /// Who can answer.
    pub fn personas(&self) -> &Personas {
        &self.personas
    }

    /// What is kept, for reading and for the queue that outside workers pull from.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The conversation of a place and a persona; `None` where there is no such persona.
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

    /// Keeps what was read. Only after this returned `Ok` may the platform be told that we have it.
    pub async fn ingest(&self, ingest: impl Into<Ingest>) -> Result<Vec<Ingested>, StoreError> {
        self.store.ingest(ingest.into()).await
    }

    /// Takes a message back: withdraws it where it waits, stops the turn where one runs. A running
    /// turn is reached directly; neither other turns nor the store's writer are waited for.
    pub async fn stop(&self, message: MessageId, by: &PersonId) -> Result<(), ControlError> {
        if self.running.stop_message(message, by) {
            return Ok(());
        }
        if let Stopped::Running(turn) = self.store.stop(message, by).await? {
            self.running.stop_turn(turn, by);
        }
        Ok(())
    }

    /// Stops the turn that asks. What is over stops nothing: its turn may be at something else by now.
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

    /// Stops what runs in a conversation, directly. Returns whether anything did.
    pub fn stop_conversation(&self, conversation: ConversationId, by: &PersonId) -> bool {
        self.running.stop_conversation(conversation, by)
    }

    /// Lets a dead, withdrawn or refused message, or a dead delivery, be tried again.
    pub async fn replay(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError> {
        self.store.replay(id, by).await
    }

    /// Decides what an agent asks, and returns it as it is now. The turn that waits is told by the
    /// commit itself; neither other turns nor deliveries are waited for. An `operator` decides
    /// whatever is asked.
    pub async fn decide(
        &self,
        approval: ApprovalId,
        decision: Decision,
        by: Author,
        operator: bool,
    ) -> Result<Approval, DecideError> {
        let decide = Decide {
            approval,
            decision: decision.bounded()?,
            by,
            operator,
        };
        self.store.decide(decide).await
    }
}
