//! Handles the events of a connection. Only the methods that [`EventSink`] names wait.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use baton_core::authority::Right;
use baton_core::inbox::Inbox;
use baton_core::name::ExternalId;
use baton_core::panics::contain;
use baton_core::store::StoreError;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::account_cursor::read_cursor;
use super::backfill_job::plan_backfill;
use super::batch_ingest::{self, HeardBatch, StoredBatch};
use super::ingest_worker::{IngestJob, IngestWorkers, message_revisions};
use super::message_completion::start_completing;
use crate::ChatLayer;
use crate::actions::persistent_responder::PersistentResponder;
use crate::actions::{action_dispatch, control_reactions};
use crate::connector::{
    ActionAnswer, ActionResponder, ActorStanding, ChatAccess, ChatAction, ChatId, ChatInfo,
    ChatKind, DraftStop, EventBatch, EventSink, FetchMark, IncomingMessage, ListedChat,
    NewestMessage, ReactionAdded, ThreadReport, WorkspaceId,
};
use crate::delivery::named_thread::adopt_reported_thread;
use crate::delivery::reported_threads::{name_after_prompt, record_report};
use crate::moved_chats;
use crate::status::draft_stops;

/// The handler of the events of one connection.
#[derive(Clone)]
pub(crate) struct EventHandler {
    layer: Arc<ChatLayer>,
    inbox: Inbox,
    workers: Arc<IngestWorkers>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    /// The number of the connection.
    connection: u32,
}

impl EventHandler {
    pub(crate) fn new(
        layer: &Arc<ChatLayer>,
        inbox: &Inbox,
        shutdown: CancellationToken,
    ) -> Arc<Self> {
        let events = Arc::new(Self {
            layer: Arc::clone(layer),
            inbox: inbox.clone(),
            workers: IngestWorkers::new(shutdown.clone()),
            tasks: TaskTracker::new(),
            shutdown,
            connection: 0,
        });
        if layer.gives_batches() {
            start_completing(layer, inbox, &events.tasks, &events.shutdown);
            let reader = Arc::clone(&events);
            events.spawn_task("the gaps of an earlier process", async move {
                reader.read_stored_gaps().await;
            });
        }
        events
    }

    /// Reads the gaps that an earlier process did not close. The first batch waits for the same turn.
    async fn read_stored_gaps(&self) {
        let open_gaps = &self.workers.open_gaps;
        let chats = tokio::select! {
            () = self.shutdown.cancelled() => return,
            turn = open_gaps.take_turn(&self.layer, &self.inbox) => match turn {
                Ok(turn) => turn.open_chats(),
                Err(error) => {
                    tracing::debug!(%error, "the gaps are read at the next start");
                    return;
                }
            },
        };
        for chat in chats {
            self.hand_job(chat, IngestJob::Gap);
        }
    }

    /// Stores a batch.
    async fn ingest_batch(&self, batch: EventBatch) -> Result<(), StoreError> {
        let (mut heard, mut unplaced) = (Vec::new(), Vec::new());
        for message in batch.messages {
            match message {
                IncomingMessage::Unreadable(message) if message.chat.is_none() => {
                    unplaced.push(*message);
                }
                message => heard.extend(self.listens_to(&message).map(|chat| (chat, message))),
            }
        }
        for created in batch.threads {
            let adopted = adopt_reported_thread(&self.layer, &self.inbox, created);
            if let Some(adopted) = adopted.await? {
                let layer = Arc::clone(&self.layer);
                self.spawn_task("the name of a thread", async move {
                    adopted.remove_mark(&layer).await;
                });
            }
        }
        let mut gaps = batch.gaps;
        gaps.retain(|gap| !self.is_elsewhere(&gap.chat));
        let heard = HeardBatch {
            messages: heard,
            unplaced,
            cursor: batch.cursor,
            gaps,
        };
        if !heard.is_empty() {
            let open_gaps = &self.workers.open_gaps;
            let stored = batch_ingest::ingest_batch(&self.layer, &self.inbox, open_gaps, heard);
            let StoredBatch { with_gap, prompts } = stored.await?;
            for chat in with_gap {
                self.hand_job(chat, IngestJob::Gap);
            }
            for (chat, prompt) in prompts {
                let (layer, inbox) = (Arc::clone(&self.layer), self.inbox.clone());
                let named = name_after_prompt(layer, inbox, chat, prompt);
                self.spawn_task("the name of a thread", named);
            }
        }
        if let Some(fetch) = batch.caught_up {
            self.layer.thread_news.catch_up(fetch);
        }
        Ok(())
    }

    /// Waits until all tasks have ended.
    pub(crate) async fn wait_until_ended(&self) {
        self.workers.wait_until_ended().await;
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Starts a task. A panic ends only this task.
    fn spawn_task(&self, work: &'static str, future: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(contain(work, future));
    }

    /// A responder for an action that arrives now.
    fn keep_trying(&self, responder: Box<dyn ActionResponder>) -> PersistentResponder {
        PersistentResponder::new(responder, self.layer.clock(), &self.shutdown)
    }

    fn spawn_directs_check(&self) {
        // Direct chats belong to the first connection. A platform with batches announces gaps instead.
        if self.connection != 0 || self.layer.gives_batches() {
            return;
        }
        let events = self.clone();
        self.spawn_task("the check of direct chats", async move {
            events.check_directs().await;
        });
    }

    /// Starts a check of the waiting messages for edits and deletions during the outage.
    async fn review_waiting(&self) {
        let waiting = message_revisions::read_waiting(&self.layer, self.inbox.views());
        let waiting = match waiting.await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::error!(%error, "waiting messages are not checked for edits");
                return;
            }
        };
        let routes = waiting.iter().filter_map(message_revisions::reply_route_of);
        let chats: BTreeSet<ChatId> = routes.map(|route| route.chat).collect();
        for chat in chats {
            self.hand_job(chat, IngestJob::Review);
        }
    }

    /// Checks direct chats for missed messages. For chats of workspaces, the platform tells the last message.
    async fn check_directs(&self) {
        let layer = &self.layer;
        match layer
            .direct_chats
            .read_all(&*layer.connector, &self.inbox)
            .await
        {
            Ok(directs) => directs
                .into_iter()
                .for_each(|chat| self.hand_job(chat, IngestJob::CheckAgain)),
            Err(error) => tracing::error!(%error, "the list of direct chats cannot be read"),
        }
    }

    /// Reads all chats of this connection again, after a message from an unknown chat.
    fn check_all_chats(&self) {
        for chat in self.workers.checked_chats(self.connection) {
            self.hand_job(chat, IngestJob::CheckAgain);
        }
        self.spawn_directs_check();
    }

    /// The chat of a message, unless Baton does not listen there.
    fn listens_to(&self, message: &IncomingMessage) -> Option<ChatId> {
        let Some(chat) = message.chat() else {
            let id = message.id().map(ToString::to_string);
            tracing::error!(external_id = id, "the chat of a message is unreadable");
            return None;
        };
        let elsewhere = self.is_elsewhere(chat);
        let is_direct = matches!(message, IncomingMessage::Readable(message) if message.is_direct);
        let is_ours = !elsewhere && (!is_direct || self.layer.settings.direct.is_some());
        is_ours.then(|| chat.clone())
    }

    /// The chat of an edited message, unless Baton does not listen there, or edited its own message. Baton edits its own
    /// progress messages all the time.
    fn listens_to_edit(&self, message: &IncomingMessage) -> Option<ChatId> {
        let is_ours = matches!(message, IncomingMessage::Readable(it) if it.sender.is_us);
        self.listens_to(message).filter(|_| !is_ours)
    }

    /// Whether Baton certainly does not listen in this chat.
    fn is_elsewhere(&self, chat: &ChatId) -> bool {
        let known = self.layer.places.known_chat(chat);
        known.is_some_and(|known| !self.is_covered(chat, &known))
    }

    fn is_covered(&self, chat: &ChatId, known: &ChatInfo) -> bool {
        self.layer.places.answer_settings(chat, known).is_some()
    }

    fn hand_job(&self, chat: ChatId, job: IngestJob) {
        let whose = (chat, self.connection);
        self.workers.hand_job(&self.layer, &self.inbox, whose, job);
    }
}

#[async_trait]
impl EventSink for EventHandler {
    fn for_connection(&self, number: u32) -> Arc<dyn EventSink> {
        Arc::new(Self {
            connection: number,
            ..self.clone()
        })
    }

    /// Handles a new session. Events between the two sessions are lost.
    fn begin_session(&self) {
        self.workers.begin_session(self.connection);
        let events = self.clone();
        self.spawn_task("the review of waiting messages", async move {
            events.review_waiting().await;
        });
        // Once for all connections.
        self.spawn_directs_check();
    }

    /// Handles the chats of a workspace: at the start of a session, after an outage of the workspace, or after an
    /// invitation. A new thread comes here too.
    fn list_chats(&self, chats: Vec<ListedChat>) {
        if self.layer.gives_batches() {
            // The gaps tell the missed messages, and the cursors belong to the gaps.
            for chat in chats {
                self.layer.places.remember_chat(&chat.id, chat.info);
            }
            return;
        }
        // Only chats around threads forget their cursors: a thread reads the cursor of the chat around it.
        let channels = chats
            .iter()
            .filter(|chat| chat.info.kind == ChatKind::Channel);
        self.workers.forget_cursors(channels.map(|chat| &chat.id));
        for chat in chats {
            let places = &self.layer.places;
            places.remember_chat(&chat.id, chat.info.clone());
            if chat.access == ChatAccess::Archived || !self.is_covered(&chat.id, &chat.info) {
                continue;
            }
            if chat.access == ChatAccess::Hidden {
                if let NewestMessage::At(last) = chat.newest {
                    self.hand_job(chat.id, IngestJob::Hidden(last));
                }
                continue;
            }
            let job = plan_backfill(&chat);
            self.hand_job(chat.id, job);
        }
    }

    fn remember_chat(&self, chat: &ChatId, info: ChatInfo) {
        self.layer.places.remember_chat(chat, info);
    }

    fn forget_chat(&self, chat: &ChatId) {
        self.layer.places.forget_chat(chat);
    }

    async fn chat_moved(&self, from: &ChatId, to: &ChatId) -> Result<(), StoreError> {
        tokio::select! {
            // The platform reports the move again: an answer to a request to the earlier id tells the move.
            () = self.shutdown.cancelled() => Err(StoreError::Closed),
            moved = moved_chats::record_move(&self.layer, from, to) => moved,
        }
    }

    fn take_message(&self, message: IncomingMessage) {
        if self.layer.gives_batches() {
            let (chat, id) = (message.chat(), message.id());
            tracing::error!(
                ?chat, external_id = ?id,
                "a message is left out: the connector gives batches, and must not give a single message"
            );
            return;
        }
        if message.chat().is_none() {
            self.check_all_chats();
        }
        if let Some(chat) = self.listens_to(&message) {
            self.hand_job(chat, IngestJob::NewMessage(message));
        }
    }

    fn begin_fetch(&self) -> FetchMark {
        self.layer.thread_news.begin_fetch()
    }

    async fn until_outdated(&self, fetch: FetchMark) {
        self.layer.thread_news.until_outdated(fetch).await;
    }

    async fn report_thread(&self, report: ThreadReport) -> Result<(), StoreError> {
        if self.is_elsewhere(&report.thread) {
            return Ok(());
        }
        tokio::select! {
            // The platform repeats the report at the next start.
            () = self.shutdown.cancelled() => Err(StoreError::Closed),
            recorded = record_report(&self.layer, &self.inbox, report) => recorded,
        }
    }

    async fn take_batch(&self, batch: EventBatch) -> Result<(), StoreError> {
        tokio::select! {
            // The platform repeats the batch at the next start.
            () = self.shutdown.cancelled() => Err(StoreError::Closed),
            stored = self.ingest_batch(batch) => stored,
        }
    }

    async fn batch_cursor(&self, reader: &str) -> Result<Option<String>, StoreError> {
        let reader = batch_ingest::cursor_reader(reader);
        read_cursor(&*self.layer.connector, &self.inbox, &reader).await
    }

    fn take_edit(&self, message: IncomingMessage) {
        if let Some(chat) = self.listens_to_edit(&message) {
            self.hand_job(chat, IngestJob::Edited(message, None));
        }
    }

    async fn store_edit(&self, message: IncomingMessage) -> Result<(), StoreError> {
        let Some(chat) = self.listens_to_edit(&message) else {
            return Ok(());
        };
        let (done, stored) = oneshot::channel();
        self.hand_job(chat, IngestJob::Edited(message, Some(done)));
        // Without an answer, the worker has logged why the edit is left out, or the program ends.
        let is_stored = stored.await.is_ok();
        if !is_stored && self.shutdown.is_cancelled() {
            return Err(StoreError::Closed);
        }
        Ok(())
    }

    fn take_deletions(&self, chat: ChatId, messages: Vec<ExternalId>) {
        if !self.is_elsewhere(&chat) && !messages.is_empty() {
            self.hand_job(chat, IngestJob::Deleted(messages));
        }
    }

    fn take_reaction(&self, reaction: ReactionAdded) {
        let (layer, inbox) = (Arc::clone(&self.layer), self.inbox.clone());
        self.spawn_task(
            "a reaction",
            control_reactions::handle_reaction(layer, inbox, reaction),
        );
    }

    fn take_action(&self, action: ChatAction, responder: Box<dyn ActionResponder>) {
        let (layer, inbox) = (Arc::clone(&self.layer), self.inbox.clone());
        let shutdown = self.shutdown.clone();
        let responder = self.keep_trying(responder);
        let answer = action_dispatch::answer_action(layer, inbox, shutdown, action, responder);
        self.spawn_task("an action", answer);
    }

    fn answer_action(&self, answer: ActionAnswer, responder: Box<dyn ActionResponder>) {
        let responder = self.keep_trying(responder);
        let answer = action_dispatch::answer_only(responder, answer);
        self.spawn_task("an action", answer);
    }

    fn standing_of(&self, action: &ChatAction) -> ActorStanding {
        let places = &self.layer.places;
        let known = places.known_chat(&action.chat);
        let known = known.or_else(|| action.info.clone());
        let answering = known.and_then(|known| places.answer_settings(&action.chat, &known));
        match answering {
            None => ActorStanding::Elsewhere,
            Some(it) if it.describe_actor(&action.actor).has_right(Right::Speak) => {
                ActorStanding::Answered
            }
            Some(_) => ActorStanding::NotAnswered,
        }
    }

    fn take_unreadable_action(&self, responder: Box<dyn ActionResponder>) {
        let responder = self.keep_trying(responder);
        self.spawn_task(
            "an unreadable action",
            action_dispatch::answer_unreadable_action(responder),
        );
    }

    fn stop_draft(&self, stop: DraftStop) {
        let (layer, inbox) = (Arc::clone(&self.layer), self.inbox.clone());
        let stopped = draft_stops::stop_drafted_turn(layer, inbox, stop);
        self.spawn_task("the stop button of a draft", stopped);
    }

    /// A lost event may be a message, so the chat is read again.
    fn report_lost(&self, chat: Option<ChatId>) {
        if self.layer.gives_batches() {
            tracing::error!(
                ?chat,
                "a lost event is not looked for: the connector gives batches, and must announce a gap"
            );
            return;
        }
        let Some(chat) = chat else {
            self.check_all_chats();
            return;
        };
        if !self.is_elsewhere(&chat) {
            self.hand_job(chat, IngestJob::CheckAgain);
        }
    }

    fn is_configured(&self, workspace: &WorkspaceId) -> bool {
        self.layer.places.is_ours(workspace)
    }
}
