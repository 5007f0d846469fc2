//! A toy chat platform in memory, and the connector for it: an example of a connector, and a test of the chat layer.
//!
//! The platform shares the difficult properties of Telegram. The ids of messages count in each chat. Updates come in
//! batches, with one cursor for the whole account, and are repeated until they are acknowledged. The platform
//! recognizes no repeated message. A text has at most 200 units of UTF-16. A chat can get another id. The
//! platform chooses the ids of threads. There are no forms.
//!
//! # Layout
//!
//! * `toy_platform`: the platform as people and tests see it, with the switches for faults.
//! * `toy_history`: past messages, and the messages of Baton.
//! * `toy_threads`: the threads of Baton.
//! * This file: the connector itself.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_chat::connector::{
    AccountCapabilities, Acknowledgment, ActionAnswer, ActionKind, ActionResponder, Actor,
    AnswerTimeLimits, BatchCursor, ButtonLimits, Capabilities, ChatAction, ChatGap, ChatId,
    ChatInfo, ConnectionStates, Connector, ConnectorAbilities, ConnectorError, EventBatch,
    EventSink, FirstAnswer, IncomingMessage, MovedChat, OutgoingFileLimits, OutgoingMessage,
    PlatformTime, ReadableMessage, Refusal, RequestFailure, SendKey, SendTarget, Sender, Urgency,
};
use baton_chat::text::TextFormat;
use baton_chat::text::chunks::{LengthLimit, LengthUnit};
use baton_core::message::Author;
use baton_core::name::{AccountName, ChannelName, ExternalId};
use tokio_util::sync::CancellationToken;

mod toy_history;
mod toy_platform;
mod toy_threads;

pub use toy_platform::{ToyMessage, ToyPlatform};
use toy_platform::{ToyMove, ToyState, ToyUpdate};
pub use toy_threads::ToyThread;

/// The name of the stream of updates.
const READER: &str = "updates";

/// The longest wait for updates. Then the platform answers without updates.
const LONGEST_POLL: Duration = Duration::from_millis(100);

/// The maximum number of updates of one batch.
const BATCH: usize = 100;

const FORMAT: TextFormat = TextFormat {
    render: str::to_owned,
    bold_marks: ["**", "**"],
    small_print: "",
    limit: LengthLimit {
        size: 200,
        unit: LengthUnit::Utf16,
    },
};

const CAPABILITIES: Capabilities = Capabilities {
    text: FORMAT,
    files: OutgoingFileLimits {
        count: 0,
        size: 0,
        together: 0,
        permits_empty: true,
        caption: None,
    },
    buttons: Some(ButtonLimits {
        count: 8,
        label: 30,
    }),
    form_fields: None,
};

/// The connector for the toy platform.
pub struct ToyConnector {
    platform: ToyPlatform,
    connections: ConnectionStates,
}

impl ToyConnector {
    /// Creates the connector for one run of the program.
    pub fn new(platform: ToyPlatform) -> Self {
        Self {
            platform,
            connections: ConnectionStates::default(),
        }
    }

    /// Waits for the update with this number, and for later ones. The request acknowledges the earlier updates. Returns no
    /// updates if none come for a while.
    async fn fetch_updates(&self, from: usize) -> (usize, Vec<ToyUpdate>) {
        self.platform.modify(|state| {
            state.acknowledged = state.acknowledged.max(from);
        });
        let mut changes = self.platform.state.subscribe();
        let ready =
            changes.wait_for(|state| state.repeats_from.is_some() || state.updates.len() > from);
        drop(tokio::time::timeout(LONGEST_POLL, ready).await);
        self.platform.modify(|state| {
            let from = state.repeats_from.take().unwrap_or(from);
            let updates = state.updates.iter().skip(from).take(BATCH);
            (from, updates.cloned().collect())
        })
    }

    /// The batch of these updates. Its cursor comes after them.
    fn batch(&self, from: usize, updates: &[ToyUpdate]) -> EventBatch {
        let mut batch = EventBatch {
            cursor: (!updates.is_empty()).then(|| BatchCursor {
                reader: READER.to_owned(),
                position: (from + updates.len()).to_string(),
            }),
            ..EventBatch::default()
        };
        for update in updates {
            match update {
                ToyUpdate::Message { chat, number } => {
                    let message = self.platform.modify(|state| {
                        let found = state.message(chat, *number)?;
                        Some(incoming(chat, *number, found))
                    });
                    batch.messages.extend(message);
                }
                ToyUpdate::Gap { chat, after } => batch.gaps.push(ChatGap {
                    chat: chat.clone(),
                    after: after.to_string().into(),
                }),
                ToyUpdate::Thread(created) => batch.threads.push(created.clone()),
                ToyUpdate::Press { .. } | ToyUpdate::Moved(_) => {}
            }
        }
        batch
    }

    async fn pass_updates(&self, events: &dyn EventSink) -> Result<(), String> {
        let stored = events.batch_cursor(READER).await;
        let stored = stored.map_err(|error| error.to_string())?;
        let mut from = stored.and_then(|it| it.parse().ok()).unwrap_or_default();
        loop {
            let fetch = events.begin_fetch();
            let (begins, updates) = self.fetch_updates(from).await;
            for update in &updates {
                if let ToyUpdate::Moved(ToyMove { from, to }) = update
                    && events.chat_moved(from, to).await.is_err()
                {
                    return Ok(());
                }
            }
            let batch = EventBatch {
                caught_up: (updates.len() < BATCH).then_some(fetch),
                ..self.batch(begins, &updates)
            };
            if events.take_batch(batch).await.is_err() {
                // The program ends. The platform gives these updates again.
                return Ok(());
            }
            // The commit is done, so the next request may acknowledge.
            from = begins + updates.len();
            for update in updates {
                if let ToyUpdate::Press { chat, button } = update {
                    let responder = ToyResponder(self.platform.clone());
                    events.take_action(press(chat, button), Box::new(responder));
                }
            }
        }
    }
}

#[async_trait]
impl Connector for ToyConnector {
    fn channel(&self) -> ChannelName {
        "toy".into()
    }

    fn account(&self) -> AccountName {
        "default".into()
    }

    fn capabilities(&self, _chat: &ChatId) -> &Capabilities {
        &CAPABILITIES
    }

    fn account_capabilities(&self) -> AccountCapabilities {
        AccountCapabilities {
            parallel: 8,
            acknowledgment: Acknowledgment::AfterCommit,
            recognizes_repeats: true,
        }
    }

    fn connections(&self) -> ConnectionStates {
        self.connections.clone()
    }

    async fn run(
        &self,
        events: Arc<dyn EventSink>,
        shutdown: CancellationToken,
    ) -> Result<(), String> {
        tokio::select! {
            () = shutdown.cancelled() => Ok(()),
            ended = self.pass_updates(&*events) => ended,
        }
    }

    async fn fetch_chat(&self, chat: &ChatId) -> Result<ChatInfo, ConnectorError> {
        Ok(toy_threads::chat_info(chat))
    }

    async fn send(
        &self,
        target: &SendTarget,
        message: &OutgoingMessage,
        _key: Option<&SendKey>,
        _urgency: Urgency,
    ) -> Result<Option<ExternalId>, ConnectorError> {
        check_length(&message.text)?;
        self.platform.modify(|state| {
            // The message of progress is none of those that a test counts.
            if !message.is_silent {
                state.count_send();
                if state.refused.remove(&state.sends) {
                    return Err(refused(Refusal::Other));
                }
            }
            check_move(state, &target.chat)?;
            state.check_thread(&target.chat)?;
            let quoted = target.reply_to.as_ref();
            if quoted.is_some_and(|quoted| quoted.space() != target.chat.as_str()) {
                return Err(refused(Refusal::CannotQuote));
            }
            let quoted = quoted.map(number_of);
            if quoted.is_some_and(|quoted| state.message(&target.chat, quoted).is_none()) {
                return Err(refused(Refusal::CannotQuote));
            }
            let sent = ToyMessage {
                text: Some(message.text.clone()),
                is_ours: true,
                reply_to: quoted,
                buttons: message.buttons.clone(),
                is_silent: message.is_silent,
                is_edited: false,
            };
            let number = state.add(&target.chat, sent);
            // A progress message is silent. A test wants to lose the answer to another message.
            if !message.is_silent && state.lost_answers > 0 {
                state.lost_answers -= 1;
                let lost = "the answer of the toy platform was lost";
                return Err(ConnectorError::new(RequestFailure::Unknown, lost));
            }
            Ok(Some(external_id(&target.chat, number)))
        })
    }

    fn abilities(&self) -> ConnectorAbilities<'_> {
        ConnectorAbilities {
            history: Some(self),
            revisions: Some(self),
            named_threads: Some(self),
            ..ConnectorAbilities::default()
        }
    }
}

/// The id of a message. The number alone names a message in every chat.
fn external_id(chat: &ChatId, number: usize) -> ExternalId {
    ExternalId::within(chat.as_str(), &number.to_string())
}

fn number_of(message: &ExternalId) -> usize {
    message.as_str().parse().unwrap_or_default()
}

/// A message in the form of the chat layer.
fn incoming(chat: &ChatId, number: usize, message: &ToyMessage) -> IncomingMessage {
    let name = if message.is_ours { "baton" } else { "ada" };
    IncomingMessage::Readable(Box::new(ReadableMessage {
        id: external_id(chat, number),
        chat: chat.clone(),
        position: number.to_string().into(),
        workspace: None,
        is_direct: false,
        sender: Sender {
            author: author(name),
            is_us: message.is_ours,
            is_bot: message.is_ours,
            roles: None,
        },
        is_from_person: true,
        mentions_us: false,
        is_silent: message.is_silent,
        text: message.text.clone().unwrap_or_default(),
        button_names: message
            .buttons
            .iter()
            .map(|button| button.name.clone())
            .collect(),
        files: Vec::new(),
        reply_to: message.reply_to.map(|quoted| external_id(chat, quoted)),
        sent_at: None,
        edited_at: message.is_edited.then_some(PlatformTime(0)),
        part_ids: Vec::new(),
        is_joined: false,
    }))
}

fn author(name: &str) -> Author {
    Author {
        id: name.into(),
        name: name.to_owned(),
    }
}

fn press(chat: ChatId, button: String) -> ChatAction {
    ChatAction {
        chat,
        info: None,
        workspace: None,
        actor: Actor {
            author: author("ada"),
            is_us: false,
            is_bot: false,
            roles: Vec::new(),
            is_moderator: false,
            is_administrator: false,
        },
        kind: ActionKind::Press(button),
    }
}

fn check_length(text: &str) -> Result<(), ConnectorError> {
    if FORMAT.limit.measure_text(text) > FORMAT.limit.size {
        return Err(refused(Refusal::TooLarge));
    }
    Ok(())
}

fn refused(refusal: Refusal) -> ConnectorError {
    let message = format!("the toy platform refused the request: {refusal:?}");
    ConnectorError::new(RequestFailure::Refused(refusal), message)
}

/// Refuses a request to a chat that has another id.
fn check_move(state: &ToyState, chat: &ChatId) -> Result<(), ConnectorError> {
    match state.move_of(chat) {
        None => Ok(()),
        Some(ToyMove { from, to }) => {
            let message = format!("the toy platform says that the chat {from} is {to} now");
            Err(ConnectorError::chat_moved(MovedChat { from, to }, message))
        }
    }
}

fn no_such_message() -> ConnectorError {
    refused(Refusal::NoSuchMessage)
}

/// Answers a press with a text.
struct ToyResponder(ToyPlatform);

#[async_trait]
impl ActionResponder for ToyResponder {
    fn action_id(&self) -> String {
        "a press".to_owned()
    }

    fn time_limits(&self) -> AnswerTimeLimits {
        AnswerTimeLimits {
            first: Duration::from_secs(15),
            later: Duration::from_mins(15),
        }
    }

    async fn answer_first(&self, first: &FirstAnswer) -> Result<(), ConnectorError> {
        match first {
            FirstAnswer::Message(answer) => self.follow_up(answer).await,
            FirstAnswer::Form(_) => Err(refused(Refusal::Other)),
            FirstAnswer::Announcement => Ok(()),
        }
    }

    async fn follow_up(&self, answer: &ActionAnswer) -> Result<(), ConnectorError> {
        self.0
            .modify(|state| state.answers.push(answer.text.clone()));
        Ok(())
    }
}
