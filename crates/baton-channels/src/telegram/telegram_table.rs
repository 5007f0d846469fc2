//! `[channels.telegram]`: a bot on Telegram.

use std::collections::BTreeMap;
use std::path::PathBuf;

use baton_chat::ChatChannel;
use baton_chat::chat_settings::ChatSettings;
use baton_chat::connector::ChatId;
use baton_config::{
    AddressSchemes, AnsweringTable, ChannelOpenError, ChannelSecrets, ChatKeys, ChatTable,
    DescriptionTables, DirectTable, PLACES, PlaceTable, ScopeKey, SecretLocation,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::actions::menu_languages::TRANSLATION_RULES;
use super::chat_address::ChatAddress;
use super::send_budget::budget_limits::BudgetLimits;
use super::telegram_settings::Rendering;
use super::webhook::webhook_table::WebhookTable;
use super::{CHANNEL, TelegramSettings, open_channel};

/// The key of the bot's token.
const TOKEN: &str = "token";

/// The key of the group or topic of a place.
const CHAT: &str = "chat";

/// The key of the webhook's secret.
const WEBHOOK_SECRET: &str = "webhook.secret";

/// Why a table cannot turn on reactions.
const NO_REACTIONS: &str = "Telegram has no reactions ⏹ and 🔁; people use /stop and /retry";

/// Why a place cannot be a private chat.
const IS_PERSON: &str = "this is the number of a person, and a group has a negative number; for private chats, use the \
     table `direct`";

/// Why a table cannot name the files of a server.
const NO_OWN_SERVER: &str =
    "only a Bot API server of your own has a folder with files; name its address with `server`";

/// Why the folder of a server is refused.
const NOT_ABSOLUTE: &str = "the folder of the Bot API server needs an absolute path";

/// A bot on Telegram.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TelegramTable {
    /// The location of the bot's token.
    token: SecretLocation,
    /// The address of the Bot API server; only for a server of your own, for proxies and for tests.
    server: Option<String>,
    /// The folder with the files of a server of your own that runs with `--local`; an absolute path.
    server_files: Option<PathBuf>,
    /// The most messages for one reply. A longer reply is sent as a file.
    #[schemars(range(min = 1, max = 50))]
    messages: Option<usize>,
    /// The form of replies.
    #[serde(default)]
    rendering: Rendering,
    /// The most messages that the bot sends, below Telegram's own limits.
    #[serde(default)]
    limits: BudgetLimits,
    /// The webhook. Without this table, Baton asks Telegram for updates.
    webhook: Option<WebhookTable>,
    /// Translations of the descriptions of commands: by language in two letters, then by the command's own name.
    #[serde(default)]
    commands: DescriptionTables,
    /// The groups and topics in which the bot answers.
    #[serde(default)]
    places: BTreeMap<String, TelegramPlace>,
    /// The settings for private chats. Without this table, the bot does not answer in private chats.
    direct: Option<DirectTable>,
}

/// `[channels.telegram.places.NAME]`: a group or topic in which the bot answers.
// The schema refuses unknown keys, because the refusal of serde does not support `flatten`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct TelegramPlace {
    /// The id of a group, such as `-1001234567890`, with all its topics. With `/` and a number, the id of one topic.
    chat: Option<String>,
    #[serde(flatten)]
    answering: AnsweringTable,
}

impl TelegramPlace {
    /// Whether the place is a private chat, whose settings are those of [`TelegramTable::direct`].
    fn is_private_chat(&self) -> bool {
        let chat = self.chat.as_deref().map(ChatId::from);
        let address = chat.and_then(|chat| ChatAddress::parse_chat(&chat).ok());
        address.is_some_and(ChatAddress::is_private)
    }
}

impl PlaceTable for TelegramPlace {
    type Id = ChatAddress;

    fn scope_keys(&self) -> Vec<ScopeKey<'_>> {
        vec![ScopeKey::of_chat(CHAT, self.chat.as_deref())]
    }

    fn shared_keys(&self) -> &AnsweringTable {
        &self.answering
    }
}

impl ChatTable for TelegramTable {
    type Place = TelegramPlace;

    const CHANNEL: &'static str = CHANNEL;

    fn shared_keys(&self) -> ChatKeys<'_, TelegramPlace> {
        let webhook = self.webhook.as_ref().and_then(|it| it.secret.as_ref());
        let webhook = webhook.map(|secret| (WEBHOOK_SECRET, secret));
        ChatKeys {
            secrets: [(TOKEN, &self.token)].into_iter().chain(webhook).collect(),
            messages: self.messages,
            places: &self.places,
            direct: self.direct.as_ref(),
        }
    }

    fn check_own_keys(&self, report: &mut dyn FnMut(&[&str], &str)) {
        AddressSchemes::HTTP.check_address("server", self.server.as_deref(), report);
        self.commands
            .to_translations()
            .report_invalid("commands", &TRANSLATION_RULES, report);
        if let Some(folder) = &self.server_files {
            if self.server.is_none() {
                report(&["server_files"], NO_OWN_SERVER);
            } else if !folder.is_absolute() {
                report(&["server_files"], NOT_ABSOLUTE);
            }
        }
        for (name, place) in &self.places {
            if place.is_private_chat() {
                report(&[PLACES, name, CHAT], IS_PERSON);
            }
            if place.answering.wants_reactions() {
                report(&[PLACES, name, "reactions"], NO_REACTIONS);
            }
        }
        if let Some(webhook) = &self.webhook {
            webhook.check_values(self.server.is_some(), report);
        }
        let direct = self.direct.as_ref();
        if direct.is_some_and(DirectTable::wants_reactions) {
            report(&["direct", "reactions"], NO_REACTIONS);
        }
    }

    fn open_chat_channel(
        &self,
        secrets: &ChannelSecrets,
        chat: ChatSettings,
    ) -> Result<ChatChannel, ChannelOpenError> {
        let usual = TelegramSettings::new(secrets.read_key(TOKEN), chat);
        let webhook = match &self.webhook {
            Some(webhook) => webhook.open_listener(secrets.read_key(WEBHOOK_SECRET))?,
            None => None,
        };
        let settings = TelegramSettings {
            server: AddressSchemes::HTTP
                .parse_address(self.server.as_deref())
                .unwrap_or(usual.server),
            server_files: self.server_files.clone(),
            limits: self.limits,
            rendering: self.rendering,
            webhook,
            translations: self
                .commands
                .to_translations()
                .valid_translations(&TRANSLATION_RULES),
            ..usual
        };
        open_channel(settings).map_err(ChannelOpenError::new)
    }
}
