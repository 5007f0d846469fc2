//! The views of a store under a layer.

use async_trait::async_trait;
use baton_core::approval::Approval;
use baton_core::id::{ApprovalId, MessageId, Seq, TurnId};
use baton_core::message::Message;
use baton_core::name::{AccountName, ChannelName, DataId, ExternalId, PersonaName};
use baton_core::place::Place;
use baton_core::store::{
    ApprovalViews, ApprovalsQuery, Change, ConversationView, ConversationsQuery, Counts,
    DeadLetter, ListedConversation, MessageViews, Places, Post, QueueViews, Queued, StoreError,
    StoreViews, Timeline, TimelinePage, TimelineViews, TraceLine, TurnSaid, TurnView, WaitingQuery,
};
use tokio::sync::broadcast;

use super::{Layer, Layered};

#[async_trait]
impl<L: Layer> MessageViews for Layered<L> {
    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.read().await.message(id).await
    }

    async fn message_by_external_id(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        id: &ExternalId,
    ) -> Result<Option<Message>, StoreError> {
        let store = self.read().await;
        store.message_by_external_id(channel, account, id).await
    }

    async fn turn_of(&self, message: MessageId) -> Result<Option<TurnView>, StoreError> {
        self.read().await.turn_of(message).await
    }

    async fn said_in(&self, message: MessageId, turn: TurnId) -> Result<TurnSaid, StoreError> {
        self.read().await.said_in(message, turn).await
    }

    async fn conversation(
        &self,
        place: &Place,
        persona: &PersonaName,
    ) -> Result<Option<ConversationView>, StoreError> {
        self.read().await.conversation(place, persona).await
    }

    async fn conversations(
        &self,
        query: ConversationsQuery,
    ) -> Result<Vec<ListedConversation>, StoreError> {
        self.read().await.conversations(query).await
    }
}

#[async_trait]
impl<L: Layer> ApprovalViews for Layered<L> {
    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, StoreError> {
        self.read().await.approval(id).await
    }

    async fn sent_card(&self, id: ApprovalId) -> Result<Option<String>, StoreError> {
        self.read().await.sent_card(id).await
    }

    async fn approvals(&self, query: ApprovalsQuery) -> Result<Vec<Approval>, StoreError> {
        self.read().await.approvals(query).await
    }
}

#[async_trait]
impl<L: Layer> TimelineViews for Layered<L> {
    async fn timeline(&self, query: Timeline) -> Result<TimelinePage, StoreError> {
        self.read().await.timeline(query).await
    }

    async fn post(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        id: &str,
    ) -> Result<Option<Post>, StoreError> {
        self.read().await.post(channel, account, id).await
    }

    async fn newest(&self) -> Result<Seq, StoreError> {
        self.read().await.newest().await
    }

    async fn newest_in(&self, places: Places) -> Result<Seq, StoreError> {
        self.read().await.newest_in(places).await
    }

    async fn history(
        &self,
        place: &Place,
        persona: &PersonaName,
        limit: usize,
    ) -> Result<Vec<Post>, StoreError> {
        self.read().await.history(place, persona, limit).await
    }
}

#[async_trait]
impl<L: Layer> QueueViews for Layered<L> {
    async fn waiting(&self, query: WaitingQuery, bytes: usize) -> Result<Vec<Message>, StoreError> {
        self.read().await.waiting(query, bytes).await
    }

    async fn queue(&self, query: WaitingQuery) -> Result<Vec<Queued>, StoreError> {
        self.read().await.queue(query).await
    }

    async fn counts_outside(&self, places: Vec<Place>) -> Result<Counts, StoreError> {
        self.read().await.counts_outside(places).await
    }

    async fn trace(&self, id: Seq) -> Result<Vec<TraceLine>, StoreError> {
        self.read().await.trace(id).await
    }

    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.read().await.dead(limit).await
    }
}

impl<L: Layer> StoreViews for Layered<L> {
    fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.changes()
    }

    fn data_id(&self) -> DataId {
        self.inner.data_id()
    }
}
