//! Telegram as a connector, and the abilities of Telegram.

use std::sync::Arc;

use async_trait::async_trait;
use baton_chat::connector::{
    AccountCapabilities, Acknowledgment, ButtonLimits, Capabilities, ChatId, ChatInfo, ChatKind,
    ConnectionStates, Connector, ConnectorAbilities, ConnectorError, EventSink, OutgoingFileLimits,
    OutgoingMessage, SendKey, SendTarget, Urgency,
};
use baton_chat::text::TextFormat;
use baton_core::name::{AccountName, ChannelName, ExternalId};
use tokio_util::sync::CancellationToken;

use super::chat_address::ChatAddress;
use super::telegram_account::TelegramAccount;
use super::telegram_settings::Rendering;
use super::{
    ACCOUNT, CHANNEL, sending::telegram_sending, telegram_markdown, telegram_sizes,
    updates::update_receiver,
};

/// The maximum number of deliveries at once. Telegram limits the whole bot to about 30 messages a second.
const PARALLEL: usize = 32;

const ENTITIES: Capabilities = capabilities(telegram_markdown::FORMAT, telegram_sizes::UPLOAD);
const RICH: Capabilities = capabilities(telegram_markdown::RICH_FORMAT, telegram_sizes::UPLOAD);
/// The abilities of a server of one's own.
const LOCAL_ENTITIES: Capabilities =
    capabilities(telegram_markdown::FORMAT, telegram_sizes::LOCAL_UPLOAD);
const LOCAL_RICH: Capabilities =
    capabilities(telegram_markdown::RICH_FORMAT, telegram_sizes::LOCAL_UPLOAD);

const fn capabilities(text: TextFormat, upload: u64) -> Capabilities {
    Capabilities {
        text,
        files: OutgoingFileLimits {
            count: telegram_sizes::FILES,
            size: upload,
            together: upload,
            // `file must be non-empty`
            permits_empty: false,
            caption: Some(telegram_sizes::CAPTION),
        },
        buttons: Some(ButtonLimits {
            count: telegram_sizes::BUTTONS,
            label: telegram_sizes::BUTTON,
        }),
        // A form is a message that asks for a reply, and a reply is one text.
        form_fields: Some(1),
    }
}

/// Telegram as a connector.
pub(super) struct TelegramConnector {
    pub(super) account: Arc<TelegramAccount>,
}

#[async_trait]
impl Connector for TelegramConnector {
    fn channel(&self) -> ChannelName {
        CHANNEL.into()
    }

    fn account(&self) -> AccountName {
        ACCOUNT.into()
    }

    fn capabilities(&self, _chat: &ChatId) -> &Capabilities {
        let settings = &self.account.settings;
        match (settings.rendering, settings.server_files.is_some()) {
            (Rendering::Entities, false) => &ENTITIES,
            (Rendering::Rich, false) => &RICH,
            (Rendering::Entities, true) => &LOCAL_ENTITIES,
            (Rendering::Rich, true) => &LOCAL_RICH,
        }
    }

    fn account_capabilities(&self) -> AccountCapabilities {
        AccountCapabilities {
            parallel: PARALLEL,
            acknowledgment: Acknowledgment::AfterCommit,
            recognizes_repeats: false,
        }
    }

    fn connections(&self) -> ConnectionStates {
        self.account.connections.clone()
    }

    async fn run(
        &self,
        events: Arc<dyn EventSink>,
        shutdown: CancellationToken,
    ) -> Result<(), String> {
        update_receiver::pass_updates(&self.account, &events, shutdown).await
    }

    /// The facts are in the id: only private chats have positive numbers, and only topics have a second number.
    async fn fetch_chat(&self, chat: &ChatId) -> Result<ChatInfo, ConnectorError> {
        Ok(describe_chat(ChatAddress::parse_chat(chat)?))
    }

    async fn send(
        &self,
        target: &SendTarget,
        message: &OutgoingMessage,
        key: Option<&SendKey>,
        urgency: Urgency,
    ) -> Result<Option<ExternalId>, ConnectorError> {
        telegram_sending::send_message(&self.account, target, message, key, urgency).await
    }

    fn abilities(&self) -> ConnectorAbilities<'_> {
        ConnectorAbilities {
            revisions: Some(self),
            reactions: Some(self),
            typing: Some(self),
            drafts: Some(self),
            downloads: Some(self),
            named_threads: Some(self),
            ..ConnectorAbilities::default()
        }
    }
}

/// The facts that the address alone tells. No update tells whether Baton created a topic.
fn describe_chat(address: ChatAddress) -> ChatInfo {
    let kind = match address.topic {
        _ if address.is_private() => ChatKind::Direct,
        None => ChatKind::Channel,
        Some(_) => ChatKind::Thread {
            parent: Some(address.whole_chat().into()),
            is_ours: false,
        },
    };
    ChatInfo {
        workspace: None,
        kind,
    }
}
