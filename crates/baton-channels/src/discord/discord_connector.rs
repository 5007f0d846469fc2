//! Discord as a connector, and the abilities of Discord.

use std::sync::Arc;

use async_trait::async_trait;
use baton_chat::connector::{
    AccountCapabilities, Acknowledgment, ButtonLimits, Capabilities, ChatId, ChatInfo,
    ConnectionStates, Connector, ConnectorAbilities, ConnectorError, EventSink, OutgoingFileLimits,
    OutgoingMessage, SendKey, SendTarget, Urgency,
};
use baton_core::name::{AccountName, ChannelName, ExternalId};
use tokio_util::sync::CancellationToken;

use super::channel_conversion::convert_channel;
use super::discord_account::DiscordAccount;
use super::discord_id::parse_id;
use super::{ACCOUNT, CHANNEL, discord_markdown, discord_sizes, gateway, message_sending};

/// The maximum number of deliveries at once. Discord limits each channel separately, and the whole bot to 50 requests a
/// second.
const PARALLEL: usize = 32;

/// The abilities of Discord.
const CAPABILITIES: Capabilities = Capabilities {
    text: discord_markdown::FORMAT,
    files: OutgoingFileLimits {
        count: discord_sizes::FILES,
        size: discord_sizes::FILE,
        // The text and the multipart framing need the rest of the request.
        together: discord_sizes::REQUEST - discord_sizes::MIB,
        permits_empty: true,
        caption: None,
    },
    buttons: Some(ButtonLimits {
        count: discord_sizes::BUTTONS * discord_sizes::ROWS,
        label: discord_sizes::BUTTON,
    }),
    form_fields: Some(discord_sizes::FIELDS),
};

/// Discord as a connector.
pub(super) struct DiscordConnector {
    pub(super) account: Arc<DiscordAccount>,
}

#[async_trait]
impl Connector for DiscordConnector {
    fn channel(&self) -> ChannelName {
        CHANNEL.into()
    }

    fn account(&self) -> AccountName {
        ACCOUNT.into()
    }

    fn capabilities(&self, _chat: &ChatId) -> &Capabilities {
        &CAPABILITIES
    }

    fn account_capabilities(&self) -> AccountCapabilities {
        AccountCapabilities {
            parallel: PARALLEL,
            acknowledgment: Acknowledgment::OnSend,
            recognizes_repeats: true,
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
        gateway::run_shards(&self.account, &events, shutdown).await
    }

    async fn fetch_chat(&self, chat: &ChatId) -> Result<ChatInfo, ConnectorError> {
        let channel = parse_id(chat.as_str())?;
        let channel = self.account.rest.fetch_channel(channel).await?;
        let us = self.account.wait_for_ids().await.user;
        Ok(convert_channel(&channel, None, us))
    }

    async fn send(
        &self,
        target: &SendTarget,
        message: &OutgoingMessage,
        key: Option<&SendKey>,
        urgency: Urgency,
    ) -> Result<Option<ExternalId>, ConnectorError> {
        message_sending::send_message(&self.account, target, message, key, urgency).await
    }

    fn abilities(&self) -> ConnectorAbilities<'_> {
        ConnectorAbilities {
            history: Some(self),
            revisions: Some(self),
            threads: Some(self),
            named_threads: None,
            reactions: Some(self),
            typing: Some(self),
            drafts: None,
            downloads: Some(self),
            roles: Some(self),
        }
    }
}
