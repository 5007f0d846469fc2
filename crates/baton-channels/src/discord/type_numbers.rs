//! Discord's numbers for types, styles and flags, from the pages below <https://docs.discord.com/developers/>.
//! Each set has only the numbers that Baton uses.

use serde::{Deserialize, Serialize};

/// The type of a channel (`resources/channel#channel-object-channel-types`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(super) struct ChannelType(u64);

impl ChannelType {
    /// A direct message channel with one person.
    pub(super) const DM: Self = Self(1);
    pub(super) const ANNOUNCEMENT_THREAD: Self = Self(10);
    pub(super) const PUBLIC_THREAD: Self = Self(11);
    pub(super) const PRIVATE_THREAD: Self = Self(12);
}

/// The flags of a message, a bit set (`resources/message#message-object-message-flags`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct MessageFlags(u64);

impl MessageFlags {
    /// Only the person who sent the interaction sees the message.
    pub(super) const EPHEMERAL: Self = Self(1 << 6);
    /// The message causes no notification.
    pub(super) const SUPPRESS_NOTIFICATIONS: Self = Self(1 << 12);

    /// Whether all flags of `others` are set.
    pub(super) fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

/// The permission to administer a server, as a bit of a set (`topics/permissions`).
pub(super) const ADMINISTRATOR: u64 = 1 << 3;
/// The permission to manage messages. `/reset` in a server needs this permission or [`ADMINISTRATOR`].
pub(super) const MANAGE_MESSAGES: u64 = 1 << 13;

/// The type of a component (`components/reference#component-object-component-types`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct ComponentType(u64);

impl ComponentType {
    pub(super) const ACTION_ROW: Self = Self(1);
    pub(super) const BUTTON: Self = Self(2);
    pub(super) const TEXT_INPUT: Self = Self(4);
    /// A label with a field of a form.
    pub(super) const LABEL: Self = Self(18);
}

/// The style of a button (`components/reference#button-button-styles`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct ButtonStyle(u64);

impl ButtonStyle {
    pub(super) const PRIMARY: Self = Self(1);
    pub(super) const SECONDARY: Self = Self(2);
    pub(super) const SUCCESS: Self = Self(3);
    pub(super) const DANGER: Self = Self(4);
}

/// The style of a text field (`components/reference#text-input-text-input-styles`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct TextInputStyle(u64);

impl TextInputStyle {
    /// Several lines.
    pub(super) const PARAGRAPH: Self = Self(2);
}

/// The type of the first answer to an interaction
/// (`interactions/receiving-and-responding#interaction-response-object-interaction-callback-type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct CallbackType(u64);

impl CallbackType {
    pub(super) const CHANNEL_MESSAGE_WITH_SOURCE: Self = Self(4);
    pub(super) const DEFERRED_CHANNEL_MESSAGE_WITH_SOURCE: Self = Self(5);
    pub(super) const MODAL: Self = Self(9);
}

/// The type of a command
/// (`interactions/application-commands#application-command-object-application-command-types`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct CommandType(u64);

impl CommandType {
    /// A command that a person writes.
    pub(super) const CHAT_INPUT: Self = Self(1);
    /// The command that begins an activity.
    pub(super) const PRIMARY_ENTRY_POINT: Self = Self(4);
}

/// The type of an option of a command
/// (`interactions/application-commands#application-command-object-application-command-option-type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct OptionType(u64);

impl OptionType {
    pub(super) const STRING: Self = Self(3);
}

/// A context in which Discord offers a command
/// (`interactions/receiving-and-responding#interaction-object-interaction-context-types`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct CommandContext(u64);

impl CommandContext {
    /// In servers.
    pub(super) const GUILD: Self = Self(0);
    /// In direct messages with the bot.
    pub(super) const BOT_DM: Self = Self(1);
}
