//! The commands of a store under a layer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::approval::Approval;
use baton_core::clock::{Steady, Wall};
use baton_core::id::{ApprovalId, ConversationId, Fence, Generation, MessageId, Seq, TurnId};
use baton_core::name::{
    AccountName, AgentName, ChannelName, ExternalId, PersonId, SessionId, WorkerId,
};
use baton_core::place::Place;
use baton_core::slots::Slot;
use baton_core::store::{
    Adoption, ApprovalStore, Ask, Asked, Attach, ChatMove, ClaimError, ClaimMessage, ClaimNext,
    Claimed, ControlError, ControlStore, CursorMove, CursorStore, Decide, DecideError,
    DeliveryAttempt, DeliveryFailure, DeliveryPart, DeliveryStore, Edited, FilesInUse, Finish, Gap,
    GapStore, IncompleteChat, IncompleteId, IncompleteMessage, IncompleteMessageStore, Ingest,
    Ingested, KeepTranscript, LeaseError, ListedTopic, MessageEdited, MessageStore,
    MessagesDeleted, MoveReport, OutcomeError, PartReceipt, PlaceStore, PostReply, Posted,
    PruneTopics, PrunedTopics, RenewError, ReplaceTopic, ReserveTopic, Reserved, SignIn,
    SignInStore, Stopped, StoreError, StoredTopic, Subject, TimeStore, TopicAddress, TopicError,
    TopicReport, TopicStore, TurnStore, Work,
};
use serde_json::Value;
use tokio::sync::watch;

use super::{Layer, Layered};

#[async_trait]
impl<L: Layer> MessageStore for Layered<L> {
    async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError> {
        self.layer.asked("ingest");
        self.layer.ingest(Arc::clone(&self.inner), ingest).await
    }

    async fn message_edited(&self, edited: MessageEdited) -> Result<Edited, StoreError> {
        write!(self.message_edited(edited))
    }

    async fn messages_deleted(
        &self,
        deleted: MessagesDeleted,
    ) -> Result<Vec<MessageId>, StoreError> {
        write!(self.messages_deleted(deleted))
    }
}

#[async_trait]
impl<L: Layer> IncompleteMessageStore for Layered<L> {
    async fn incomplete_chats(
        &self,
        channel: &ChannelName,
        account: &AccountName,
    ) -> Result<Vec<IncompleteChat>, StoreError> {
        self.layer.asked("incomplete_chats");
        self.read().await.incomplete_chats(channel, account).await
    }

    async fn first_incomplete(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        chat: &str,
    ) -> Result<Option<IncompleteMessage>, StoreError> {
        self.layer.asked("first_incomplete");
        let store = self.read().await;
        store.first_incomplete(channel, account, chat).await
    }

    async fn incomplete_message(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        external_id: &ExternalId,
    ) -> Result<Option<IncompleteMessage>, StoreError> {
        self.layer.asked("incomplete_message");
        let store = self.read().await;
        store
            .incomplete_message(channel, account, external_id)
            .await
    }

    async fn revise_incomplete(
        &self,
        id: IncompleteId,
        content: String,
    ) -> Result<bool, StoreError> {
        write!(self.revise_incomplete(id, content))
    }

    async fn drop_incomplete(&self, id: IncompleteId) -> Result<bool, StoreError> {
        write!(self.drop_incomplete(id))
    }
}

#[async_trait]
impl<L: Layer> CursorStore for Layered<L> {
    async fn cursor(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        reader: &str,
    ) -> Result<Option<String>, StoreError> {
        self.layer.asked("cursor");
        self.read().await.cursor(channel, account, reader).await
    }

    async fn set_cursor(&self, cursor: CursorMove) -> Result<(), StoreError> {
        write!(self.set_cursor(cursor))
    }
}

#[async_trait]
impl<L: Layer> GapStore for Layered<L> {
    async fn gaps(
        &self,
        channel: &ChannelName,
        account: &AccountName,
    ) -> Result<Vec<Gap>, StoreError> {
        self.layer.asked("gaps");
        self.read().await.gaps(channel, account).await
    }

    async fn gap_closed(&self, gap: Gap) -> Result<(), StoreError> {
        write!(self.gap_closed(gap))
    }
}

#[async_trait]
impl<L: Layer> PlaceStore for Layered<L> {
    async fn move_chat(&self, chat: ChatMove) -> Result<MoveReport, StoreError> {
        write!(self.move_chat(chat))
    }

    async fn moved_chats(
        &self,
        channel: &ChannelName,
        account: &AccountName,
    ) -> Result<Vec<ChatMove>, StoreError> {
        self.layer.asked("moved_chats");
        self.read().await.moved_chats(channel, account).await
    }
}

#[async_trait]
impl<L: Layer> TurnStore for Layered<L> {
    async fn attach(&self, attach: Attach) -> Result<Work, StoreError> {
        let work = write!(self.attach(attach))?;
        Ok(self.layer.work(work))
    }

    async fn claim(&self, claim: ClaimMessage) -> Result<Claimed, ClaimError> {
        write!(self.claim(claim))
    }

    async fn claim_next(&self, claim: ClaimNext) -> Result<Option<Claimed>, StoreError> {
        self.layer.claim_next(Arc::clone(&self.inner), claim).await
    }

    async fn renew(&self, message: MessageId, worker: &WorkerId) -> Result<Duration, RenewError> {
        let worker = worker.clone();
        write!(self.renew(message, &worker))
    }

    async fn begin_effects(&self, turn: TurnId, fence: Fence) -> Result<(), LeaseError> {
        write!(self.begin_effects(turn, fence))
    }

    async fn keep_session(
        &self,
        turn: TurnId,
        fence: Fence,
        session: &SessionId,
    ) -> Result<(), LeaseError> {
        let session = session.clone();
        write!(self.keep_session(turn, fence, &session))
    }

    async fn keep_transcript(&self, kept: KeepTranscript) -> Result<(), LeaseError> {
        write!(self.keep_transcript(kept))
    }

    async fn finish(
        &self,
        finish: Finish,
        slot: Option<Slot<AgentName>>,
    ) -> Result<(), LeaseError> {
        self.layer.asked("finish");
        let inner = Arc::clone(&self.inner);
        self.layer.finish(inner, finish, slot).await
    }
}

#[async_trait]
impl<L: Layer> DeliveryStore for Layered<L> {
    async fn post_reply(&self, post: PostReply) -> Result<Posted, StoreError> {
        write!(self.post_reply(post))
    }

    async fn begin_parts(
        &self,
        attempt: DeliveryAttempt,
        contents: Vec<Value>,
    ) -> Result<Vec<DeliveryPart>, OutcomeError> {
        write!(self.begin_parts(attempt, contents))
    }

    async fn replace_parts(
        &self,
        attempt: DeliveryAttempt,
        first: usize,
        contents: Vec<Value>,
    ) -> Result<(), OutcomeError> {
        write!(self.replace_parts(attempt, first, contents))
    }

    async fn part_sent(
        &self,
        attempt: DeliveryAttempt,
        part: usize,
        receipt: PartReceipt,
    ) -> Result<(), OutcomeError> {
        write!(self.part_sent(attempt, part, receipt))
    }

    async fn delivery_sent(
        &self,
        attempt: DeliveryAttempt,
        platform_id: Option<String>,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), OutcomeError> {
        write!(self.delivery_sent(attempt, platform_id, slot))
    }

    async fn delivery_failed(
        &self,
        attempt: DeliveryAttempt,
        failure: DeliveryFailure,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), OutcomeError> {
        write!(self.delivery_failed(attempt, failure, slot))
    }
}

#[async_trait]
impl<L: Layer> ApprovalStore for Layered<L> {
    async fn ask(&self, ask: Ask) -> Result<Asked, LeaseError> {
        write!(self.ask(ask))
    }

    async fn withdraw_question(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError> {
        write!(self.withdraw_question(turn, fence, approval))
    }

    async fn decide(&self, decide: Decide) -> Result<Approval, DecideError> {
        write!(self.decide(decide))
    }

    async fn take_verdict(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError> {
        write!(self.take_verdict(turn, fence, approval))
    }
}

#[async_trait]
impl<L: Layer> TopicStore for Layered<L> {
    async fn reserve_topic(&self, reserve: ReserveTopic) -> Result<Reserved, StoreError> {
        write!(self.reserve_topic(reserve))
    }

    async fn topic_created(
        &self,
        conversation: ConversationId,
        fence: Fence,
        platform_id: &str,
    ) -> Result<(), TopicError> {
        let platform_id = platform_id.to_owned();
        write!(self.topic_created(conversation, fence, &platform_id))
    }

    async fn adopt_topic(
        &self,
        conversation: ConversationId,
        fence: Fence,
        platform_id: &str,
    ) -> Result<Adoption, TopicError> {
        let platform_id = platform_id.to_owned();
        write!(self.adopt_topic(conversation, fence, &platform_id))
    }

    async fn replace_topic(&self, replace: ReplaceTopic) -> Result<Reserved, StoreError> {
        write!(self.replace_topic(replace))
    }

    async fn topic_of(
        &self,
        conversation: ConversationId,
    ) -> Result<Option<StoredTopic>, StoreError> {
        self.read().await.topic_of(conversation).await
    }

    async fn topic_place(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        platform_id: &str,
    ) -> Result<Option<Place>, StoreError> {
        let store = self.read().await;
        store.topic_place(channel, account, platform_id).await
    }

    async fn report_topic(&self, report: TopicReport) -> Result<(), StoreError> {
        write!(self.report_topic(report))
    }

    async fn claim_topic_name(&self, topic: TopicAddress, name: &str) -> Result<bool, StoreError> {
        let name = name.to_owned();
        write!(self.claim_topic_name(topic, &name))
    }

    async fn list_topics(&self) -> Result<Vec<ListedTopic>, StoreError> {
        self.read().await.list_topics().await
    }

    async fn prune_topics(&self, prune: PruneTopics) -> Result<PrunedTopics, StoreError> {
        write!(self.prune_topics(prune))
    }
}

#[async_trait]
impl<L: Layer> ControlStore for Layered<L> {
    async fn stop(&self, message: MessageId, by: &PersonId) -> Result<Stopped, ControlError> {
        let by = by.clone();
        write!(self.stop(message, &by))
    }

    async fn replay(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError> {
        let by = by.clone();
        write!(self.replay(id, &by))
    }

    async fn drop_dead(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError> {
        let by = by.clone();
        write!(self.drop_dead(id, &by))
    }

    async fn reset(&self, conversation: ConversationId) -> Result<(), StoreError> {
        write!(self.reset(conversation))
    }

    async fn reset_session(
        &self,
        conversation: ConversationId,
        generation: Generation,
    ) -> Result<bool, StoreError> {
        write!(self.reset_session(conversation, generation))
    }

    async fn set_model(
        &self,
        conversation: ConversationId,
        model: Option<String>,
    ) -> Result<(), StoreError> {
        write!(self.set_model(conversation, model))
    }

    async fn set_muted(
        &self,
        conversation: ConversationId,
        is_muted: bool,
    ) -> Result<(), StoreError> {
        write!(self.set_muted(conversation, is_muted))
    }
}

#[async_trait]
impl<L: Layer> TimeStore for Layered<L> {
    async fn expire(&self) -> Result<Option<Steady>, StoreError> {
        write!(self.expire())
    }

    fn next_deadline(&self) -> watch::Receiver<Option<Steady>> {
        self.inner.next_deadline()
    }

    async fn forget_events(&self, before: Wall) -> Result<usize, StoreError> {
        write!(self.forget_events(before))
    }

    async fn files_in_use(&self) -> Result<FilesInUse, StoreError> {
        self.read().await.files_in_use().await
    }
}

#[async_trait]
impl<L: Layer> SignInStore for Layered<L> {
    async fn sign_in(&self, sign_in: SignIn) -> Result<(), StoreError> {
        write!(self.sign_in(sign_in))
    }

    async fn signed_in(&self, key: &str) -> Result<Option<SignIn>, StoreError> {
        self.read().await.signed_in(key).await
    }

    async fn sign_out(&self, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        write!(self.sign_out(&key))
    }
}
