//! Creates named threads: each conversation has at most one, even if the answer to a creation is lost.
//!
//! The name of a new thread has a mark with the reservation. After a creation with an unknown outcome, nobody creates
//! another thread until the platform has given all its events since. If an event reports the thread, the conversation
//! adopts the thread. Then the thread gets its title as the name, without the mark.

use std::time::Duration;

use baton_core::clock::Steady;
use baton_core::id::{ConversationId, Fence};
use baton_core::inbox::Inbox;
use baton_core::store::{
    Adoption, NOT_NOW, ReplaceTopic, Reserved, StoreError, StoredTopic, TopicError, TopicNews,
};
use baton_core::topic::TopicNamer;

use super::reply_thread::{self, LEASE};
use super::reported_threads::record_report;
use super::thread_mark::ThreadMark;
use super::thread_title::thread_title;
use super::threads_in_making::{HeldReservation, ThreadCreation};
use crate::ChatLayer;
use crate::backoff::BackoffTimer;
use crate::connector::{
    ChatId, ConnectorError, CreatedThread, NamedThreads, Refusal, RequestFailure, ThreadReport,
};
use crate::ingest::store_retry::wait_for_store;
use crate::reply_route::ReplyRoute;

/// The longest wait of one try for news about a thread. Then other deliveries get their turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// The chat and the title of a thread to create.
struct ThreadOrigin {
    chat: ChatId,
    title: String,
}

/// A thread that must lose the mark in its name.
pub(crate) struct MarkedThread {
    thread: ChatId,
    title: String,
}

/// The creation of the thread of one conversation.
struct ThreadMaker<'a> {
    layer: &'a ChatLayer,
    inbox: Inbox,
    threads: &'a dyn NamedThreads,
    conversation: ConversationId,
    route: &'a ReplyRoute,
}

/// Finds the thread of the conversation, or creates the thread. If `gone` names a thread that was deleted, another thread
/// replaces the deleted one. Of several tasks that want the same thread at once, one makes the request.
pub(super) async fn prepare_named_thread(
    layer: &ChatLayer,
    threads: &dyn NamedThreads,
    conversation: ConversationId,
    route: &ReplyRoute,
    gone: Option<&ChatId>,
) -> Result<ChatId, ConnectorError> {
    let maker = ThreadMaker {
        layer,
        inbox: layer.wait_for_inbox().await,
        threads,
        conversation,
        route,
    };
    let reservation = layer.threads.reservation(conversation);
    let mut held = reservation.lock().await;
    let thread = maker.find_or_create(&mut held, gone).await?;
    *held = None;
    layer.threads.forget(conversation);
    Ok(thread)
}

impl ThreadMaker<'_> {
    async fn find_or_create(
        &self,
        held: &mut Option<HeldReservation>,
        gone: Option<&ChatId>,
    ) -> Result<ChatId, ConnectorError> {
        let clock = self.layer.clock();
        let give_up = clock.steady().after(PATIENCE);
        if let Some(gone) = gone {
            let reserved = self.replace(gone).await?;
            self.note_reserved(held, &reserved);
        }
        loop {
            // News from here on ends the wait below.
            let mut news = self.layer.thread_news.subscribe();
            let fence = held.as_ref().map(|held| held.fence);
            let reserved =
                reply_thread::reserve_thread(&self.inbox, self.conversation, fence).await?;
            self.note_reserved(held, &reserved);
            if let Reserved::Ready { platform_id } = reserved {
                return Ok(platform_id.into());
            }
            let mut wake = give_up;
            if let Some(held) = held {
                let now = clock.steady();
                if held.creation.is_possible(now, &self.layer.thread_news) {
                    if let Some(thread) = self.create(held).await? {
                        return Ok(thread);
                    }
                    continue;
                }
                wake = held.creation.settles_at().map_or(wake, |at| wake.min(at));
            }
            if clock.steady() >= give_up {
                let failure = RequestFailure::NotTaken { after: None };
                let waits = "the platform has not reported yet whether a thread was created";
                return Err(ConnectorError::new(failure, waits));
            }
            tokio::select! {
                _ = news.changed() => {}
                () = clock.sleep_until(wake) => {}
            }
        }
    }

    /// Forgets the deleted thread, and reserves the next one.
    async fn replace(&self, gone: &ChatId) -> Result<Reserved, ConnectorError> {
        let replace = ReplaceTopic {
            conversation: self.conversation,
            gone: gone.to_string(),
            lease: LEASE,
        };
        let replaced = self.inbox.store().replace_topic(replace).await;
        let reserved = replaced.map_err(|error| not_now(&error))?;
        if matches!(reserved, Reserved::Yours(_)) {
            let conversation = self.conversation;
            tracing::warn!(%conversation, thread = %gone, "a thread was deleted, and is created again");
        }
        Ok(reserved)
    }

    /// Keeps the result of a reservation for the next try.
    fn note_reserved(&self, held: &mut Option<HeldReservation>, reserved: &Reserved) {
        let (fence, creation) = match reserved {
            Reserved::Yours(fence) if held.as_ref().is_some_and(|held| held.fence == *fence) => {
                return;
            }
            Reserved::Yours(fence) => (*fence, ThreadCreation::Possible),
            Reserved::Inherited(fence) => {
                let since = self.layer.clock().steady();
                (*fence, ThreadCreation::in_doubt(Some(since)))
            }
            Reserved::Taken | Reserved::Ready { .. } => {
                *held = None;
                return;
            }
        };
        *held = Some(HeldReservation { fence, creation });
    }

    /// Makes one request for the thread. Returns `None` if the conversation may have a thread without a known id.
    async fn create(&self, held: &mut HeldReservation) -> Result<Option<ChatId>, ConnectorError> {
        let mut origin = self.origin().await?;
        let topic = self.read_topic().await?;
        // The next thread has the name of the deleted one.
        if let Some(title) = topic.title.filter(|title| !title.trim().is_empty()) {
            origin.title = title;
        }
        let data = self.inbox.views().data_id();
        let mark = ThreadMark::new(&data, &topic.place, self.conversation, held.fence);
        let name = mark.mark_title(&origin.title, self.threads.longest_name());
        // Counts if this task ends before the answer.
        held.creation = ThreadCreation::in_doubt(None);
        let thread = match self.threads.create(&origin.chat, &name).await {
            Ok(thread) => thread,
            Err(error) => {
                let is_unknown = matches!(
                    error.failure,
                    RequestFailure::Unknown | RequestFailure::UnreadableAnswer
                );
                if !is_unknown {
                    held.creation = ThreadCreation::Possible;
                    return Err(error);
                }
                tracing::warn!(%error, %name, "nobody knows whether a thread was created; Baton waits for the platform's report");
                let since: Steady = self.layer.clock().steady();
                held.creation = ThreadCreation::in_doubt(Some(since));
                return Ok(None);
            }
        };
        match self.adopt(held.fence, &thread).await {
            Ok(Adoption::Adopted) => {
                let title = origin.title;
                let marked = MarkedThread {
                    thread: thread.clone(),
                    title,
                };
                marked.remove_mark(self.layer).await;
            }
            Ok(Adoption::Known) => {}
            Err(error @ TopicError::TakenOver(..)) => {
                tracing::warn!(%error, %name, "a thread is an orphan; Baton never writes there");
                return Ok(None);
            }
            // The platform's report is stored before its acknowledgment. Until then, the reservation and the doubt of its
            // next holder keep others from creating another thread. Nothing is sent before: after a kill, the next
            // process knows by the missing id that the thread is empty.
            Err(TopicError::Store(error)) => {
                tracing::warn!(%error, "a created thread is not stored yet");
                held.creation = ThreadCreation::in_doubt(Some(self.layer.clock().steady()));
                return Err(not_now(&error));
            }
        }
        Ok(Some(thread))
    }

    async fn adopt(&self, fence: Fence, thread: &ChatId) -> Result<Adoption, TopicError> {
        let store = self.inbox.store();
        let conversation = self.conversation;
        store
            .adopt_topic(conversation, fence, thread.as_str())
            .await
    }

    /// Reads the reserved topic.
    async fn read_topic(&self) -> Result<StoredTopic, ConnectorError> {
        let topic = self.inbox.store().topic_of(self.conversation).await;
        let topic = topic.map_err(|error| not_now(&error))?;
        topic.ok_or_else(|| {
            let failure = RequestFailure::NotTaken { after: None };
            ConnectorError::new(failure, "the reservation of a thread is not there yet")
        })
    }

    /// The chat and the title of the thread. A message in a deleted thread tells only the chat around the thread.
    async fn origin(&self) -> Result<ThreadOrigin, ConnectorError> {
        let (layer, route) = (self.layer, self.route);
        let chat = if route.thread {
            route.chat.clone()
        } else {
            let known = layer.find_chat(&route.chat).await?;
            let parent = known.parent().cloned();
            parent.ok_or_else(|| {
                let refused = RequestFailure::Refused(Refusal::ThreadGone);
                let message = "a thread was deleted, and the chat around the thread is unknown";
                ConnectorError::new(refused, message)
            })?
        };
        let (channel, account) = (layer.connector.channel(), layer.connector.account());
        let views = self.inbox.views();
        let message = views.message_by_external_id(&channel, &account, &route.message);
        let message = message.await.map_err(|error| not_now(&error))?;
        let text = message.map(|message| message.text).unwrap_or_default();
        Ok(ThreadOrigin {
            chat,
            title: thread_title(&text, self.threads.longest_name()),
        })
    }
}

impl MarkedThread {
    /// Removes the mark from the name; best effort, because the mark harms nobody.
    pub(crate) async fn remove_mark(self, layer: &ChatLayer) {
        let Some(threads) = layer.connector.named_threads() else {
            return;
        };
        if let Err(error) = threads.rename(&self.thread, &self.title).await {
            let thread = &self.thread;
            tracing::debug!(%thread, %error, "a thread keeps the mark in its name");
        }
    }
}

/// Handles the platform's report of a thread that Baton created. If the answer to the creation was lost, the conversation
/// adopts the thread. Returns an adopted thread, whose name still has the mark. While the store fails, the function waits.
/// Fails only if the store is closed.
pub(crate) async fn adopt_reported_thread(
    layer: &ChatLayer,
    inbox: &Inbox,
    created: CreatedThread,
) -> Result<Option<MarkedThread>, StoreError> {
    let CreatedThread { thread, name } = created;
    let Some((mark, title)) = ThreadMark::parse_name(&name) else {
        return Ok(None);
    };
    let (store, conversation) = (inbox.store(), mark.conversation);
    let mut pause = BackoffTimer::default();
    let topic = loop {
        match store.topic_of(conversation).await {
            Ok(topic) => break topic,
            Err(error) => wait_for_store(layer, error, &mut pause).await?,
        }
    };
    let data = inbox.views().data_id();
    let is_ours = topic.is_some_and(|StoredTopic { place, .. }| {
        place.channel == layer.connector.channel()
            && place.account == layer.connector.account()
            && ThreadMark::new(&data, &place, conversation, mark.fence) == mark
    });
    if !is_ours {
        tracing::warn!(%thread, %name, "a thread belongs to no conversation; Baton never writes there");
        return Ok(None);
    }
    let adoption = loop {
        let adopted = store.adopt_topic(conversation, mark.fence, thread.as_str());
        match adopted.await {
            Ok(adoption) => break adoption,
            Err(error @ TopicError::TakenOver(..)) => {
                tracing::warn!(%error, %name, "a thread is an orphan; Baton never writes there");
                return Ok(None);
            }
            Err(TopicError::Store(error)) => wait_for_store(layer, error, &mut pause).await?,
        }
    };
    let title = title.to_owned();
    let report = ThreadReport {
        thread: thread.clone(),
        news: TopicNews::Named {
            name: title.clone(),
            by: TopicNamer::Baton,
        },
    };
    record_report(layer, inbox, report).await?;
    if adoption == Adoption::Known {
        return Ok(None);
    }
    layer.thread_news.note_adoption();
    Ok(Some(MarkedThread { thread, title }))
}

/// The error of a request that waits for the store.
pub(super) fn not_now(error: &StoreError) -> ConnectorError {
    tracing::error!(%error, "the thread of a reply cannot be read or reserved yet");
    ConnectorError::new(RequestFailure::NotTaken { after: None }, NOT_NOW)
}
